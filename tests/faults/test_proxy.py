"""The proxy wants credentials (407), hangs, or is gone: said clearly, no item is burnt, and the run goes on
within 5 s of the cure."""

import os
import time

from faults import FaultTest, main, wait_for, whole_lines

RECOVERY = 5.0


class Proxy(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.ids = self.write_items(60)

    def begin(self, scheme="http"):
        environment = {**os.environ, "http_proxy": self.http.url, "https_proxy": self.http.url,
                       "no_proxy": ""}
        return self.start("--url", f"{scheme}://api.example/now", "-c", "4", "--ui", "none",
                          "--connect-timeout", "1s", "--first-byte-timeout", "1s", env=environment)

    def said(self, words):
        wait_for(lambda: any(words in str(r) for r in whole_lines(self.journal)), words)

    def recovers(self, process):
        self.http.mode, cured = "good", time.monotonic()
        wait_for(lambda: self.done_count() > 0, "a result after the cure")
        self.assertLess(time.monotonic() - cured, RECOVERY)
        self.assertEqual(process.wait(60), 0)
        self.assert_invariant(self.ids)

    def test_it_wants_credentials(self):
        self.http.mode = "proxy_auth"
        process = self.begin()
        self.said("proxy")
        wait_for(lambda: self.http.count() >= 6, "probes")
        self.recovers(process)

    def test_it_wants_credentials_for_a_tunnel(self):
        self.http.mode = "proxy_auth"
        process = self.begin("https")
        self.said("407")
        process.terminate()
        self.assertEqual(process.wait(30), 3)

    def test_it_hangs(self):
        self.http.mode = "mute"
        process = self.begin()
        self.said("no answer")
        self.recovers(process)

    def test_it_hangs_for_a_tunnel(self):
        self.http.mode = "mute"
        process = self.begin("https")
        self.said("within 1")
        process.terminate()
        self.assertEqual(process.wait(30), 3)

    def test_it_is_gone(self):
        self.http.stop()
        process = self.begin()
        self.said("refused")
        self.http.start()
        self.recovers(process)


if __name__ == "__main__":
    main()
