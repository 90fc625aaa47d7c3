"""libcurl sends a request again by itself when a connection that it kept ends without an answer.  Each that left
is counted and told, and --max-attempts bounds them: the server may have worked, and be paid, for all of them."""

import json
import sys
import time

from faults import FaultTest, chat_line, json_lines, main, rounds, wait_for
from fault_server import FaultServer, Gone

BODY = {"id": "x", "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"},
                                "finish_reason": "stop"}]}


class Dropper(FaultServer):
    """Answers the first request of a connection, reads the second and ends the connection.  From `all_from`
    requests on it reads each and answers none."""

    all_from = sys.maxsize

    def _talk(self, c):
        n = 0
        while not self.closing:
            c.read_request()
            n += 1
            with self.lock:
                self.requests.append((time.monotonic(), json.loads(c.body)["messages"][0]["content"]))
            if n == 2 or self.count() > self.all_from:
                raise Gone
            c.answer(BODY)


class Resent(FaultTest):
    def begin(self, n):
        server = Dropper()
        self.addCleanup(server.close)
        ids = [f"i{i}" for i in range(n)]
        self.write_input(chat_line(i, i) for i in ids)
        return server, ids

    def resent(self):
        return [r for r in json_lines(self.journal) if r.get("event") == "resent"]

    def test_every_one_is_counted_and_told(self):
        server, ids = self.begin(rounds(60, 2000))
        code, err = self.run_sluice("--url", server.url, "-c", "4", "--ui", "plain")
        self.assertEqual(code, 0, err)
        self.assert_exactly_once(ids)
        again = sum(r["times"] for r in self.resent())
        self.assertGreater(again, 0)
        self.assertEqual(self.last_stop()["session"]["requests"], server.count())
        self.assertEqual(self.last_stop()["session"]["resent"], again)
        self.assertEqual(server.count(), len(ids) + again)
        self.assertEqual(sum(r["charged"] for r in self.resent()), again)
        self.assertEqual(sum(r["sluice"].get("resent", 0) for r in json_lines(self.results)), again)
        self.assertIn(f"resent     {again} of them", err)

    def test_max_attempts_bounds_them(self):
        """A server that answers at first, then reads and drops all."""
        server, ids = self.begin(12)
        server.all_from = 6
        process = self.start("--url", server.url, "-c", "4", "--ui", "none", "--max-attempts", "3")
        # the run holds back more and more, so that not many more come in a minute
        wait_for(lambda: process.poll() is not None or server.count() >= 18, "attempts")
        process.terminate()
        process.wait(30)
        charged = {i: 0 for i in ids}
        for r in self.resent():
            charged[r["id"]] += r["charged"]
        self.assertTrue(all(n < 3 for n in charged.values()), charged)

    def test_a_rested_connection_is_not_charged(self):
        """It may have been closed in the very moment: told, at nobody's cost."""
        server, ids = self.begin(rounds(4, 10))
        code, err = self.run_sluice("--url", server.url, "-c", "1", "--window", "1/1.3", "--pace", "fixed",
                                    "--ui", "none", "--max-attempts", "1")
        self.assertEqual(code, 0, err)
        self.assert_exactly_once(ids)
        self.assertTrue(self.resent())
        self.assertEqual(sum(r["charged"] for r in self.resent()), 0)
        self.assertEqual(server.count(), self.last_stop()["session"]["requests"])


if __name__ == "__main__":
    main()
