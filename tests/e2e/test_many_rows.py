"""The Items screen over a ledger of very many items: each key costs next to nothing.  What a key costs is
the processor time of the run until the screen shows it, so that other load on the machine does not count;
MANY_ROWS=1000000 asks for the full million."""

import json
import os

from harness import SLUICE, RunTest, chat_line, main, wait_for
from terminal import Terminal

ROWS = int(os.environ.get("MANY_ROWS", "200000"))
ALLOWED_S = 0.1


class ManyRows(RunTest):
    def prepare(self):
        """A finished run of a bad line and a good one, whose files then grow by items that have ended ok."""
        mock = self.mock("--latency", "0")
        self.write_input(["not json", chat_line("item-2")])
        code, err = self.run_sluice("--url", mock.url, "--ui", "none")
        self.assertEqual(code, 1, err)
        line = chat_line("item-%d")
        result = json.dumps({"custom_id": "item-%d", "id": "sluice-%d", "response": {
            "status_code": 200, "request_id": "r", "body": {"choices": []}}, "error": None,
            "metadata": None, "sluice": {"line": 0, "attempts": 1, "latency_ms": 1.2}})
        result = result.replace('"line": 0', '"line": %d')
        with open(self.input, "a", encoding="utf-8") as lines, \
                open(self.results, "a", encoding="utf-8") as results:
            for n in range(3, ROWS + 1):
                lines.write(line % n + "\n")
                results.write(result % (n, n, n) + "\n")
        t = Terminal([SLUICE, "run", self.input, "--url", mock.url])
        self.addCleanup(t.close)
        t.see("DONE", f"ok {ROWS - 1}", patience=60)
        return t

    def cost(self, t, keys, *words):
        """Seconds of processor time from the keys until the screen shows the words."""
        def used_by(pid):
            with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
                return int(f.read().split()[0]) / 1e9

        def used():
            return used_by(t.process.pid) + used_by(t.run_pid())

        start = used()
        t.keys(keys)
        t.see(*words)
        return used() - start

    def test_each_key_is_answered_at_once(self):
        t = self.prepare()
        self.assertLess(self.cost(t, "2", "last outcome", "item-2 "), ALLOWED_S)
        self.assertLess(self.cost(t, "G", f"item-{ROWS}"), ALLOWED_S)
        self.assertLess(self.cost(t, "g", "item-2 "), ALLOWED_S)
        self.assertLess(self.cost(t, "/state:ok\r", f"of {ROWS - 1}"), ALLOWED_S)
        self.assertLess(self.cost(t, "G", f"item-{ROWS}"), ALLOWED_S)
        self.assertLess(self.cost(t, ":filter state:failed\r", "items: state:failed", "bad_input"), ALLOWED_S)
        # Text is looked for in the background: the first matches come before the search is over.
        self.assertLess(self.cost(t, ":filter item-77\r", "item-77 "), ALLOWED_S)
        matches = sum(str(n).startswith("77") for n in range(2, ROWS + 1))
        t.see(f"of {matches}")
        wait_for(lambda: "searched" not in "\n".join(t.text()), "the end of the search")
        # From item to item, and to the one that failed, wherever it is.
        t.keys("q2G")
        t.see(f" {ROWS} item-{ROWS}")
        self.assertLess(self.cost(t, "\r", "[text]", f"(line {ROWS})"), ALLOWED_S)
        self.assertLess(self.cost(t, "K", f"(line {ROWS - 1})"), ALLOWED_S)
        self.assertLess(self.cost(t, "J", f"(line {ROWS})"), ALLOWED_S)
        self.assertLess(self.cost(t, "F", "1 (line 1)", "bad_input"), ALLOWED_S)


if __name__ == "__main__":
    main()
