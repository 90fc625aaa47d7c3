"""Items found and sorted by what their answers and records have: in the dashboard, by ctl, and over files."""

import csv
import json
import os
import subprocess

from harness import PATIENCE, SLUICE, RunTest, chat_line, json_lines, main, wait_for
from terminal import Terminal

ANSWERS = [{"has": "<7>", "text": "Your \"REFUND\" is on its way, café", "finish": "length", "latency": "900ms"},
           {"has": "<9>", "status": 400, "body": {"error": {"message": "no refund for this"}}},
           {"has": "never", "text": "late", "latency": "60s"},
           {"has": "<", "text": "The sluice is open"}]


class Finding(RunTest):
    """Thirty items, of which 7 is slow, cut short and about a refund, and 9 failed."""

    def setUp(self):
        super().setUp()
        self.env = dict(os.environ, XDG_STATE_HOME=self.path("state"), XDG_CONFIG_HOME=self.path("config"))
        with open(self.path("answers.jsonl"), "w", encoding="utf-8") as f:
            f.writelines(json.dumps(a) + "\n" for a in ANSWERS)
        self.server = self.mock("--latency", "1ms", "--answers", self.path("answers.jsonl"))
        self.write_input(chat_line(f"item-{i:02}", text=f"<{i}>") for i in range(30))

    def open(self, *argv, size=(120, 40)):
        t = Terminal([SLUICE, *argv], *size, env={k: self.env[k] for k in ("XDG_STATE_HOME", "XDG_CONFIG_HOME")})
        self.addCleanup(t.close)
        return t

    def finish(self):
        code, err = self.run_sluice("--url", self.server.url, "--ui", "none", "--price", "0.15,0.60", env=self.env)
        self.assertEqual(code, 1, err)

    def leave(self, t):
        t.keys("\x03")
        self.assertEqual(t.process.wait(PATIENCE), 0)

    def test_answers_are_searched_and_columns_chosen_in_a_view(self):
        self.finish()
        t = self.open("view", self.results)
        t.see("DONE")
        t.keys("2")
        t.see("latency", "out answer", "The sluice is open")
        t.keys("/answer:refund\r\x0c")
        t.see("items: answer:refund", "Your \"REFUND\" is on its ~", "item-09")
        self.assertNotIn("item-08", "\n".join(t.text()))
        t.keys("/answer:refund finish:length latency:>500ms\r\x0c")
        t.see("── 1 ──", "item-07")
        t.keys("/latency:5\r\x0c")
        t.see("\"5\": latency: takes >5s, <200ms, 1s-2s")
        t.keys("q:columns ended,answer,cost,finish\r:sort -latency\r\x0c")
        t.see("by latency, descending", "finish", "> item-07", "length", "café", "$0.000")
        # what is kept is there next time; the rest of the file stays
        os.makedirs(self.path("config/sluice"))
        with open(self.path("config/sluice/config"), "w", encoding="utf-8") as f:
            f.write("# mine\n[ui]\ncolumns = model\ntheme = nord\n\n[run]\nprice = 1,2")
        t.keys(":columns keep\r")
        t.see("saved columns and order in ~/.config/sluice/config")
        with open(self.path("config/sluice/config"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "# mine\n[ui]\ncolumns = item,state,ended,answer,cost,finish\ntheme = nord\n\n"
                             "[run]\nprice = 1,2\n[ui]\nsort = -latency\n")
        self.leave(t)
        t = self.open("view", self.results, size=(80, 24))
        t.see("DONE")
        t.keys("2")
        t.see("by latency, descending", "> item-07", "answer", "cost")
        t.keys(" j /tag:yes\r\x0c")
        t.see("items: tag:yes", "2 tagged", "── 2 tagged, 2 ──")
        t.keys("U")
        t.see("none")
        self.leave(t)
        # narrow: item and state stay
        t = self.open("view", self.results, size=(40, 10))
        t.see("DONE")
        t.keys("2")
        t.see("item", "state", "> item-07")
        self.leave(t)

    def test_a_search_finds_what_comes_while_the_run_goes_on(self):
        t = self.open("run", self.input, "--url", self.server.url, "-c", "2", "--max-attempts", "1", size=(100, 30))
        t.keys("2/answer:refund\r")
        t.see("items: answer:refund", "item-07", "item-09")
        t.keys(f":write {self.path('found.csv')} where answer:refund\r")
        t.see("2 items written")
        with open(self.path("found.csv"), encoding="utf-8", newline="") as f:
            self.assertEqual([row["custom_id"] for row in csv.DictReader(f)], ["item-07", "item-09"])
        t.keys(":retry where answer:refund code:4xx\r")
        t.see("1 items queued again")
        t.keys("qq")
        t.see("DONE")
        t.keys("q")
        self.assertEqual(t.process.wait(PATIENCE), 1)

    def ctl(self, *words, code=0):
        done = subprocess.run([SLUICE, "ctl", *words], env=self.env, capture_output=True, text=True, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, check=False)
        if code is None:
            return done.returncode == 0
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr if code else done.stdout

    def test_ctl_takes_the_same_words_and_orders(self):
        with open(self.input, "a", encoding="utf-8") as f:
            f.writelines(chat_line(f"more-{i}", text="never") + "\n" for i in range(3))
        process = self.start("--url", self.server.url, "--ui", "none", "-c", "4", env=self.env)
        wait_for(lambda: self.ctl("items", code=None), "the run")
        wait_for(lambda: json.loads(self.ctl("items", "ok", "--json"))["total"] >= 29, "the answers")
        found = json.loads(self.ctl("items", "answer:refund", "--json", "--facts"))["rows"]
        self.assertEqual([r["id"] for r in found], ["item-07", "item-09"])
        facts = found[0]["facts"]
        self.assertGreater(facts["latency_s"], 0.5)
        self.assertEqual((facts["finish"], facts["answer"]), ("length", "Your \"REFUND\" is on its way, café"))
        self.assertIsInstance(facts["tokens_out"], int)
        first = json.loads(self.ctl("items", "--sort", "latency", "--descending", "--limit", "1", "--json"))["rows"]
        self.assertEqual(first[0]["id"], "item-07")
        self.assertIn("REFUND", self.ctl("items", "finish:length", "--facts"))
        self.ctl("in", "tag", "item-03")
        self.assertEqual([r["id"] for r in json.loads(self.ctl("items", "tag:yes", "--json"))["rows"]], ["item-03"])
        self.assertIn("latency: takes >5s", self.ctl("items", "latency:fast", code=1))
        self.assertIn("did you mean latency:", self.ctl("items", "latncy:>5s", code=1))
        self.ctl("in", "stop")
        process.wait(PATIENCE)
        self.assertEqual(len(json_lines(self.results)), len({r["custom_id"] for r in json_lines(self.results)}))


if __name__ == "__main__":
    main()
