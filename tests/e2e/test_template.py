"""--template: rows in place of requests."""

import json
import os
import subprocess
import unittest

from harness import SLUICE, SOURCE, RunTest, json_lines

EXAMPLES = os.path.join(SOURCE, "examples")


class TemplateTest(RunTest):
    def setUp(self):
        super().setUp()
        self.server = self.mock("--latency", "1ms")
        self.template = self.path("template.json")
        self.write_template('{"model":"m-small","messages":[{"role":"user","content":"{{q}}"}],"n":{{n}}}')

    def write_template(self, text):
        with open(self.template, "w", encoding="utf-8") as f:
            f.write(text)

    def run_rows(self, rows, *options):
        self.write_input(json.dumps(row) for row in rows)
        return self.run_sluice("--url", self.server.url, "--ui", "none", "--template", self.template, *options)

    def test_rows_become_requests(self):
        code, err = self.run_rows([{"custom_id": f"r{i}", "q": f"quote \" {i}", "n": i + 1} for i in range(5)])
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once([f"r{i}" for i in range(5)])

    def test_a_row_that_lacks_a_field_fails_alone(self):
        code, _ = self.run_rows([{"custom_id": "a", "q": "x", "n": 1}, {"custom_id": "b", "q": "x"}])
        self.assertEqual(code, 1)
        (failed,) = json_lines(self.errors)
        self.assertEqual(failed["sluice"]["outcome"], "bad_input")
        self.assertIn('line 2: the row has no field "n"', failed["error"]["message"])

    def test_a_finished_row_is_not_sent_again_and_a_changed_template_is_said(self):
        rows = [{"custom_id": f"r{i}", "q": "x", "n": 1} for i in range(3)]
        self.run_rows(rows)
        self.write_template('{"model":"m-large","messages":[{"role":"user","content":"{{q}}"}]}')
        code, err = self.run_rows(rows + [{"custom_id": "r3", "q": "x"}], "--accept-changed")
        self.assertEqual(code, 0, err)
        self.assertIn("--template", err)
        self.assertEqual(self.server.stats()["requests"], 4)

    def test_a_wrong_template_is_refused_before_anything_is_sent(self):
        self.write_template('{"model":"{{x}"}')
        code, err = self.run_rows([{"q": 1}])
        self.assertEqual(code, 2)
        self.assertIn("template.json: line 1: a {{ without its }}", err)
        self.assertEqual(self.server.stats()["requests"], 0)

    def write_csv(self, text):
        path = self.path("in.csv")
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        self.write_template('{"model":"m-small","messages":[{"role":"user","content":"{{q}}"}]}')
        return path

    def run_csv(self, path, *options):
        run = subprocess.run([SLUICE, "run", path, "--url", self.server.url, "--ui", "none", "--template",
                              self.template, "-o", self.results, *options], capture_output=True, text=True,
                             check=False)
        return run.returncode, run.stderr

    def test_csv_records_are_rows(self):
        rows = "".join(f'r{i},"line one\r\nline ""two"", {i}"\r\n' for i in range(40))
        path = self.write_csv("\ufeffid,q\r\n" + rows + "\r\nlast,end")
        self.assertEqual(self.run_csv(path), (0, ""))
        self.assert_exactly_once([f"r{i}" for i in range(40)] + ["last"])
        lines = {r["custom_id"]: r["sluice"]["line"] for r in json_lines(self.results)}
        self.assertEqual((lines["r0"], lines["r1"], lines["last"]), (2, 4, 83))
        self.assertEqual(self.run_csv(path), (0, ""))
        self.assertEqual(self.server.stats()["requests"], 41)

    def test_a_wrong_csv_record_fails_alone(self):
        path = self.write_csv("id,q\na,x\nb\nc,x,y\nd,x\n")
        code, _ = self.run_csv(path)
        self.assertEqual(code, 1)
        self.assertEqual(sorted(r["custom_id"] for r in json_lines(self.results)), ["a", "d"])
        self.assertEqual(sorted(r["custom_id"] for r in json_lines(self.errors)), ["b", "c"])
        messages = sorted(r["error"]["message"] for r in json_lines(self.errors))
        self.assertEqual(messages, ["line 3: 1 fields where the header has 2", "line 4: 3 fields where the header has 2"])

    def test_rows_have_no_other_format(self):
        code, err = self.run_rows([{"q": "x", "n": 1}], "--format", "openai")
        self.assertEqual(code, 2)
        self.assertIn("--format", err)
        self.assertEqual(self.server.stats()["requests"], 0)

    def test_a_wrong_record_takes_no_other_ones_id(self):
        """Numbered ids and a header line: record N stands on line N + 1."""
        path = self.write_csv("id,q\n1\n2,x\n3,x\n")
        code, _ = self.run_csv(path)
        self.assertEqual(code, 1)
        self.assertEqual(sorted(r["custom_id"] for r in json_lines(self.results)), ["2", "3"])
        self.assertEqual([r["custom_id"] for r in json_lines(self.errors)], ["1"])

    def test_csv_comes_through_a_pipe(self):
        path = self.write_csv("id,q\na,\"x\ny\"\nb,z\n")
        with open(path, encoding="utf-8") as rows:
            run = subprocess.run([SLUICE, "run", "-", "--format", "csv", "--url", self.server.url, "--ui", "none",
                                  "--template", self.template, "-o", self.results], stdin=rows, capture_output=True,
                                 text=True, check=False)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assert_exactly_once(["a", "b"])

    def test_csv_without_a_template_is_refused(self):
        path = self.write_csv("id,q\na,x\n")
        run = subprocess.run([SLUICE, "run", path, "--url", self.server.url], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 2)
        self.assertIn("--template", run.stderr)

    def test_the_csv_example_is_checked_and_runs(self):
        self.run_example("template-rows.csv", "template-csv.json", ["ticket-1", "ticket-2"],
                         '"content": "Login, again\\n\\nSince \\"today\\" I cannot\\nlog in."')

    def test_the_example_is_checked_and_runs(self):
        self.run_example("template-rows.jsonl", "template.json", ["ticket-1", "ticket-2", "ticket-3"],
                         '"max_tokens": 5')

    def run_example(self, rows, template, ids, shown):
        rows, template = os.path.join(EXAMPLES, rows), os.path.join(EXAMPLES, template)
        check = subprocess.run([SLUICE, "check", rows, "--template", template], capture_output=True, text=True,
                               check=False)
        self.assertEqual(check.returncode, 0, check.stderr)
        self.assertIn(shown, check.stdout)
        run = subprocess.run([SLUICE, "run", rows, "--template", template, "-o", self.results, "--url",
                              self.server.url, "--ui", "none"], capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assert_exactly_once(ids)


if __name__ == "__main__":
    unittest.main()
