"""Everything fails for a while: 500, 503, 401, no name resolution, a server that restarts.  The run holds, one
probe at a time, no item is burnt, and it goes on within 5 s of the cure."""

import os
import time

from faults import FaultTest, main, needs_shim, rounds, wait_for, whole_lines

RECOVERY = 5.0  # seconds
OUTAGE = rounds(3, 30)  # seconds; long enough for the gap between probes to have grown to its most


class Outages(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.ids = self.write_items(300)

    def begin(self, url=None, **popen):
        """A run under way, at 150 requests a second."""
        process = self.start("--url", url or self.http.url + "/now", "-c", "8", "--ui", "plain",
                             "--rpm", "9000", "--connect-timeout", "1s", **popen)
        wait_for(lambda: self.done_count() > 20, "the first results")
        return process

    def outage(self, seconds=OUTAGE):
        """Lets time pass: this is what the fault is made of."""
        time.sleep(seconds)

    def recovers(self, process):
        """From now on all is well: the next result comes soon, and in the end everything is ok."""
        done, cured = self.done_count(), time.monotonic()
        wait_for(lambda: self.done_count() > done, "a result after the cure", 30)
        self.assertLess(time.monotonic() - cured, RECOVERY)
        self.assertEqual(process.wait(60), 0, process.stderr.read())
        self.assert_invariant(self.ids)

    def test_everything_answers(self):
        def fails(mode):
            process = self.begin()
            self.http.mode = mode
            self.outage()
            probes = [t for t in self.http.times(mode) if t > time.monotonic() - 2]
            self.assertLess(len(probes), 8, "while all fails only probes go out")
            self.http.mode = "good"
            self.recovers(process)

        self.side_by_side(fails, ("broken", "unavailable", "unauthorized"))

    def test_a_wrong_key_from_the_start(self):
        self.http.mode = "unauthorized"
        process = self.start("--url", self.http.url + "/now", "-c", "8", "--ui", "none")
        wait_for(lambda: self.http.count() > 2, "probes")
        self.http.mode = "good"
        self.recovers(process)

    def test_the_server_restarts(self):
        process = self.begin()
        self.http.stop()
        self.outage()
        self.http.start()
        self.recovers(process)

    def test_connections_accepted_and_closed(self):
        process = self.begin()
        self.http.mode = "slam"
        self.http.drop_all()
        self.outage()
        self.http.mode = "good"
        self.recovers(process)

    @needs_shim
    def test_names_cannot_be_resolved(self):
        """libcurl keeps a name for a minute, so the fault begins before the run does."""
        gone = self.path("no-dns")
        open(gone, "w", encoding="utf-8").close()
        process = self.start("--url", f"http://api.faults:{self.http.port}/now", "-c", "8",
                             "--ui", "none",
                             env=self.shim(call="resolve", **{"while": gone}))
        wait_for(lambda: any("resolve host" in str(r) for r in whole_lines(self.journal)), "errors")
        self.outage()
        self.assertEqual(self.http.count(), 0)
        os.remove(gone)
        self.recovers(process)


if __name__ == "__main__":
    main()
