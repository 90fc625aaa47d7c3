"""Settings that change what is sent, changed since the last session: refused, unless the answers are kept
(--accept-changed) or asked again (--redo-changed). Settings that do not are said."""

import json
import os
import subprocess
import time

from api_server import ApiServer
from harness import PATIENCE, SLUICE, RunTest, json_lines, main, wait_for

ITEMS = 12


class Echo(ApiServer):
    """Answers with what it was asked; notes it."""

    def __init__(self):
        self.asked, self.wait_s, self.refuses = [], 0.0, lambda text: False
        super().__init__()

    def answer(self, request):
        text = request.json()["messages"][0]["content"]
        time.sleep(self.wait_s)
        self.asked.append(text)
        if self.refuses(text):
            request.reply({"error": {"message": "no"}}, 400)
            return
        said = f"<{text}>" + request.headers.get("X-Style", "")
        request.reply({"choices": [{"message": {"content": said}}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})


class Redo(RunTest):
    def setUp(self):
        super().setUp()
        self.api = self.until_end(Echo())
        self.template, self.pipeline = self.path("t.json"), self.path("p.json")
        self.ids = [f"r{i}" for i in range(ITEMS)]
        self.write_input(json.dumps({"custom_id": i, "text": i}) for i in self.ids)
        self.fill("first {{text}}")

    def fill(self, text):
        with open(self.template, "w", encoding="utf-8") as f:
            json.dump({"model": "m", "messages": [{"role": "user", "content": text}]}, f)

    def stages(self, **texts):
        stages, before = {}, {}
        for name, text in texts.items():
            stages[name] = {**before, "body": {"model": "m", "messages": [{"role": "user", "content": text}]}}
            before = {"after": name}
        with open(self.pipeline, "w", encoding="utf-8") as f:
            json.dump({"stages": stages}, f)

    def run_rows(self, *options, code=0, source=None, rows=True, **popen):
        self.api.asked.clear()
        rows = ("--template", self.template) if rows else ()
        process = self.start("--url", self.api.url, "--ui", "none", *rows, *options, source=source, **popen)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, code, err)
        return err.decode()

    def answers(self):
        return {line["custom_id"]: line["response"]["body"]["choices"][0]["message"]["content"]
                for line in json_lines(self.results)}

    def assert_all(self, pattern, ids=None):
        """Of each item the last line; void ones before it stay until the next start."""
        self.assertEqual(self.answers(), {i: pattern.format(i) for i in ids or self.ids})
        self.assertEqual(json_lines(self.errors), [])

    def test_a_changed_template(self):
        self.run_rows()
        self.fill("second {{text}}")
        for _ in range(2):
            err = self.run_rows(code=2)
            self.assertIn('--template changed since line 1, "r0", ended as ok', err)
            self.assertIn("--redo-changed", err)
            self.assertEqual(self.api.asked, [])
        self.assert_all("<first {}>")
        self.assertIn("--template", self.run_rows("--accept-changed"))
        self.assertEqual(self.run_rows("--accept-changed"), "")
        self.assertEqual(self.api.asked, [])
        self.run_rows("--redo-changed")
        self.assertEqual(len(self.api.asked), ITEMS)
        self.run_rows("--redo-changed")
        self.run_rows()
        self.assertEqual(self.api.asked, [])
        self.assert_all("<second {}>")
        self.assert_exactly_once(self.ids)
        self.assertEqual(len(json_lines(self.path("in.results.void.jsonl"))), ITEMS)
        self.assertIn(f"{ITEMS} ok + 0 failed", self.report())

    def test_what_was_kept_and_what_is_new(self):
        """Results of two templates: each one knows which made it."""
        self.run_rows("--first", "5")
        self.fill("second {{text}}")
        self.run_rows("--accept-changed", "--first", "8")
        self.assertEqual(len(self.api.asked), 3)
        self.run_rows(code=2)  # the first five are of another template still
        self.run_rows("--redo-changed")
        self.assertEqual(len(self.api.asked), ITEMS - 3)
        self.assert_all("<second {}>")
        self.fill("first {{text}}")
        self.run_rows(code=2)
        self.run_rows("--redo-changed", "--first", "4")
        self.assertEqual(len(self.api.asked), 4)
        self.assertIn("--template changed", self.run_rows(code=2))
        self.run_rows("--redo-changed")
        self.assertEqual(len(self.api.asked), ITEMS - 4)
        self.assert_all("<first {}>")

    def test_no_line_can_be_taken_for_a_void_one(self):
        """A void line is known by its place and content: after one, lines name their session."""
        def sessions():
            return [line["sluice"].get("session") for line in json_lines(self.results)]

        self.run_rows()
        self.assertEqual(sessions(), [None] * ITEMS)
        self.fill("second {{text}}")
        self.run_rows("--redo-changed")
        self.assertEqual(sessions()[ITEMS:], [2] * ITEMS)
        self.fill("first {{text}}")
        self.run_rows("--redo-changed")
        self.assertEqual(sessions()[ITEMS:], [3] * ITEMS)
        self.assert_all("<first {}>")

    def test_killed_while_it_asks_again(self):
        self.run_rows()
        self.fill("second {{text}}")
        self.api.asked.clear()
        self.api.wait_s = 0.03
        process = self.start("--url", self.api.url, "--ui", "none", "--template", self.template, "-c", "1",
                             "--redo-changed")
        wait_for(lambda: len(self.api.asked) > 4, "requests")
        process.kill()
        process.communicate()
        done = len(self.api.asked)
        self.api.wait_s = 0
        self.run_rows()  # what it took back is taken back
        self.assertLessEqual(len(self.api.asked), ITEMS - done + 2)
        self.assert_all("<second {}>")

    def test_failed_items_are_asked_again_too(self):
        self.api.refuses = lambda text: text.endswith(("r3", "r5"))
        self.run_rows(code=1)
        self.api.refuses = lambda text: False
        self.fill("second {{text}}")
        self.assertIn("--template", self.run_rows("--retry-failed", code=2))
        self.run_rows("--retry-failed", "--accept-changed")
        self.assertEqual(sorted(self.api.asked), ["second r3", "second r5"])
        self.run_rows("--redo-changed")
        self.assertEqual(len(self.api.asked), ITEMS - 2)
        self.assert_all("<second {}>")

    def test_only_failed_items(self):
        self.api.refuses = lambda text: True
        self.run_rows(code=1)
        self.api.refuses = lambda text: False
        self.fill("second {{text}}")
        self.assertIn("ended as failed", self.run_rows(code=2))
        self.run_rows("--retry-failed")
        self.assert_all("<second {}>")

    def test_a_changed_line(self):
        self.run_rows()
        lines = [json.dumps({"custom_id": i, "text": i}) for i in self.ids]
        lines[4] = json.dumps({"custom_id": "r4", "text": "new"})
        self.write_input(lines)
        err = self.run_rows(code=2)
        self.assertIn('line 5 changed since "r4" ended as ok', err)
        self.assertIn("--redo-changed", err)
        self.run_rows("--redo-changed")
        self.assertEqual(self.api.asked, ["first new"])
        self.run_rows()
        self.assertEqual(self.answers()["r4"], "<first new>")
        self.assert_exactly_once(self.ids)

    def test_a_line_that_is_no_request_any_more(self):
        self.run_rows()
        before = json_lines(self.results)
        lines = [json.dumps({"custom_id": i, "text": i}) for i in self.ids]
        lines[4] = json.dumps({"custom_id": "r4", "txt": "r4"})
        self.write_input(lines)
        self.assertIn('line 5 changed since "r4" ended as ok', self.run_rows(code=2))
        self.run_rows("--accept-changed")
        self.assertEqual((json_lines(self.results), json_lines(self.errors)), (before, []))
        self.assertIn("did you mean", self.run_rows("--redo-changed", code=1) + str(json_lines(self.errors)))
        self.assertEqual([e["custom_id"] for e in json_lines(self.errors)], ["r4"])
        self.assertEqual(self.api.asked, [])
        lines[4] = json.dumps({"custom_id": "r4", "text": "r4"})
        self.write_input(lines)
        self.run_rows()
        self.assert_exactly_once(self.ids)

    def test_headers(self):
        self.run_rows("-H", "X-Style: old", "-H", "X-Request-Id: 1")
        self.run_rows("-H", "X-Request-Id: 2", "-H", "x-style:  old ")  # who asks, and the same
        self.assertEqual(self.api.asked, [])
        err = self.run_rows("-H", "X-Style: new", code=2)
        self.assertIn("a header (-H) changed since", err)
        self.run_rows("-H", "X-Style: new", "--redo-changed")
        self.assert_all("<first {}>new")

    def test_of_a_pipe(self):
        with open(self.input, "rb") as f:
            self.run_rows("-o", self.results, source="-", stdin=f)
        self.fill("second {{text}}")
        with open(self.input, "rb") as f:
            self.assertIn("--template changed", self.run_rows("-o", self.results, source="-", stdin=f, code=2))
        self.assertIn("--template changed", self.run_rows(code=2))
        with open(self.input, "rb") as f:
            self.run_rows("-o", self.results, "--redo-changed", source="-", stdin=f)
        self.assert_all("<second {}>")

    def test_rows_that_are_no_requests_any_more(self):
        """By a template that asks for a field that they lack, or without it: their answers are not lost."""
        self.run_rows()
        before = json_lines(self.results)
        self.fill("second {{txt}}")
        self.assertIn("--template changed since line 1", self.run_rows(code=2))
        self.assertIn('no field "txt"; did you mean "text"', self.run_rows("--redo-changed", code=2))
        self.run_rows("--accept-changed")
        self.assertIn("--template changed since line 1", self.run_rows(code=2, rows=False))
        self.run_rows("--accept-changed", rows=False)
        self.assertEqual(self.api.asked, [])
        self.assertEqual(json_lines(self.results), before)
        self.assertEqual(json_lines(self.errors), [])
        self.fill("third {{text}}")
        self.run_rows("--redo-changed")
        self.assert_all("<third {}>")

    def exported(self, *command):
        out = self.path("out.jsonl")
        if os.path.exists(out):
            os.remove(out)
        subprocess.run([SLUICE, *command, *(("-o", out) if command[0] == "export" else (out,))], check=True,
                       capture_output=True, timeout=PATIENCE)
        wait_for(lambda: os.path.exists(out), "the file")
        return [(line["custom_id"], line["text"]) for line in json_lines(out)]

    def test_exports_have_the_answers_of_now(self):
        """Void lines are in the results until the next start; what is asked again has no answer."""
        self.run_rows("--first", "9")
        self.fill("second {{text}}")
        self.run_rows("--redo-changed")
        self.assertEqual(len(json_lines(self.results)), ITEMS + 9)
        second = [(i, f"<second {i}>") for i in self.ids]
        self.assertEqual(self.exported("export", self.results), second)
        self.fill("third {{text}}")
        self.api.wait_s = 0.1
        self.api.asked.clear()
        process = self.start("--url", self.api.url, "--ui", "none", "--template", self.template, "-c", "1",
                             "--redo-changed")
        wait_for(lambda: len(self.api.asked) > 3, "answers")
        for command in (("ctl", str(process.pid), "write"), ("export", self.results)):
            got = self.exported(*command)
            answered = [(i, text) for i, text in got if text]
            self.assertGreater(len(answered), 1)
            self.assertEqual(answered, [(i, f"<third {i}>") for i in self.ids[:len(answered)]], command)
            self.assertEqual(len({i for i, _ in got}), len(got))
        process.kill()
        process.communicate()
        self.assertLess(len(self.exported("export", self.results)), ITEMS)
        self.api.wait_s = 0
        self.run_rows("--redo-changed")
        last = json_lines(self.results)[-1]["custom_id"]
        self.assertEqual(self.exported("export", self.results, "--order", "done")[-1], (last, f"<third {last}>"))
        self.assertEqual(self.exported("export", self.results), [(i, f"<third {i}>") for i in self.ids])

    def test_a_pipeline(self):
        pipeline = lambda *options, **more: self.run_rows("--pipeline", self.pipeline, *options, rows=False, **more)
        self.stages(a="a {{text}}", b="b {{a.text}}")
        pipeline()
        self.assertEqual(len(self.api.asked), 2 * ITEMS)
        self.stages(a="a {{text}}", b="new {{a.text}}")
        self.assertIn("--pipeline changed since", pipeline(code=2))
        pipeline("--redo-changed")
        self.assertEqual(len(self.api.asked), ITEMS, "the stage that has not changed keeps its answers")
        self.assertEqual({line["custom_id"]: line["stages"]["b"]["body"]["choices"][0]["message"]["content"]
                          for line in json_lines(self.results)}, {i: f"<new <a {i}>>" for i in self.ids})
        pipeline()
        self.assertEqual(self.api.asked, [])

    def test_other_settings_are_said(self):
        self.run_rows("--key-env", "MY_KEY", env={**os.environ, "MY_KEY": "sk-0123456789"})
        for options, words in ((("-c", "3"), "the pace"), (("--max-attempts", "4"), "retries and timeouts"),
                               (("--stream",), "--stream"), (("--pack", "4"), "--pack")):
            with self.subTest(options):
                err = self.run_rows("--key-env", "MY_KEY", *options, env={**os.environ, "MY_KEY": "sk-0123456789"})
                self.assertIn("differ from the last session", err)
                self.assertIn(words, err)
                self.assertEqual(err.count("\n"), 1)
        self.assertIn("the source of the key", self.run_rows("--key-command", "echo sk-0123456789"))
        self.assertIn("origin", self.run_rows("--url", self.until_end(Echo()).url))

    def test_a_ledger_without_the_record(self):
        """Of an earlier release, whose start records lack the new members."""
        self.run_rows("-H", "X-Style: old")
        with open(self.journal, encoding="utf-8") as f:
            records = [json.loads(line) for line in f]
        for r in records:
            for name in ("answer_headers", "keys", "pace", "retries", "stream", "pack", "template", "pipeline"):
                r.pop(name, None)
        with open(self.journal, "w", encoding="utf-8") as f:
            f.writelines(json.dumps(r, separators=(",", ":")) + "\n" for r in records)
        self.fill("second {{text}}")
        self.run_rows("-H", "X-Style: new", "-c", "3")
        self.assertEqual(self.api.asked, [])
        self.write_input([json.dumps({"custom_id": i, "text": i}) for i in self.ids + ["more"]])
        self.ids.append("more")
        self.run_rows("-H", "X-Style: new")
        self.assertEqual(self.api.asked, ["second more"])
        self.fill("third {{text}}")
        self.assertIn('line 13, "more"', self.run_rows("-H", "X-Style: new", code=2))

    def test_lost_results_are_noticed_after_it(self):
        self.run_rows()
        self.fill("second {{text}}")
        self.run_rows("--redo-changed")
        with open(self.results, "rb") as f:
            lines = f.readlines()
        with open(self.results, "wb") as f:
            f.writelines(lines[:-2])
        self.assertIn("2 are lost", self.run_rows(code=2))

    def test_both_answers_count_against_the_budget(self):
        """1 token in and 1 out each."""
        self.run_rows("--budget-tokens", "1000")
        self.fill("second {{text}}")
        self.run_rows("--budget-tokens", "1000", "--redo-changed")
        self.write_input(json.dumps({"custom_id": i, "text": i}) for i in self.ids + ["more", "most"])
        budget = str(4 * ITEMS)
        self.assertIn("budget", self.run_rows("--budget-tokens", budget, code=3))
        self.assertEqual(self.api.asked, [])

    def test_both(self):
        self.assertIn("not both", self.run_rows("--redo-changed", "--accept-changed", code=2))


if __name__ == "__main__":
    main()
