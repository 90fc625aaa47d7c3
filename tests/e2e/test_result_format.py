"""--result-format anthropic: result lines as Anthropic's batch results have them."""

import json
import unittest

from harness import RunTest, json_lines


def message_line(item_id, text="hello", **more):
    params = {"model": "claude-small", "max_tokens": 20, "messages": [{"role": "user", "content": text}]}
    return json.dumps({"custom_id": item_id, "params": params, **more})


class ResultFormatTest(RunTest):
    def setUp(self):
        super().setUp()
        self.server = self.mock("--latency", "1ms")
        self.ids = [f"m-{i}" for i in range(40)]

    def run_messages(self, *options):
        return self.run_sluice("--url", self.server.url, "--provider", "anthropic", "--ui", "none", *options)

    def read_results(self):
        with open(self.results, "rb") as f:
            return f.read()

    def write_messages(self, *more):
        self.write_input([message_line(i, metadata={"n": i}) for i in self.ids] + list(more))

    def test_lines_are_those_of_anthropic(self):
        self.write_messages('{"custom_id":"broken","params":')
        code, err = self.run_messages("--result-format", "anthropic")
        self.assertEqual((code, err), (1, ""))
        self.assert_exactly_once(self.ids + ["41"])
        for line in json_lines(self.results):
            self.assertEqual(line["result"]["type"], "succeeded")
            self.assertEqual(line["result"]["message"]["type"], "message")
            self.assertEqual(line["metadata"], {"n": line["custom_id"]})
            self.assertEqual(line["sluice"]["status"], 200)
            self.assertNotIn("response", line)
        (failed,) = json_lines(self.errors)
        self.assertEqual(failed["result"]["type"], "errored")
        error = failed["result"]["error"]
        self.assertEqual((error["type"], error["error"]["type"]), ("error", "invalid_request_error"))
        self.assertIn("line 41", error["error"]["message"])
        report = json.loads(self.report("--json"))
        self.assertEqual((report["items"]["ok"], report["items"]["failed"]), (40, 1))

    def test_a_stopped_run_goes_on_and_asks_nothing_twice(self):
        self.write_messages()
        code, err = self.run_messages("--result-format", "anthropic", "--budget-tokens", "200", "-c", "2")
        self.assertEqual(code, 3, err)
        done = self.done_count()
        self.assertTrue(0 < done < 40)
        with open(self.results, "ab") as f:
            f.write(b'{"custom_id":"m-39","result":{"type":"succeeded","mess')
        code, err = self.run_messages("--result-format", "anthropic")
        self.assertEqual(code, 0, err)
        self.assert_exactly_once(self.ids)
        self.assertEqual(self.server.stats()["by_status"]["200"], 40)

    def test_one_file_has_one_form(self):
        self.write_messages()
        for first, second, said in (("openai", "anthropic", "in OpenAI's form"),
                                    ("anthropic", "openai", "resume with --result-format anthropic")):
            with self.subTest(first=first):
                self.forget_run()
                self.assertEqual(self.run_messages("--result-format", first)[0], 0)
                before = self.server.stats()["requests"], self.read_results()
                code, err = self.run_messages("--result-format", second)
                self.assertEqual(code, 2, err)
                self.assertIn(said, err)
                self.assertEqual((self.server.stats()["requests"], self.read_results()), before)
                self.assertEqual(self.run_messages("--result-format", first), (0, ""))

    def test_identical_requests_share_an_answer(self):
        """An answer is read back from its line."""
        self.write_messages()
        code, err = self.run_messages("--result-format", "anthropic", "--dedupe", "-c", "1")
        self.assertEqual((code, err), (0, ""))
        messages = {json.dumps(r["result"]["message"]) for r in json_lines(self.results)}
        self.assertEqual(len(messages), 1)
        self.assertEqual(self.server.stats()["by_status"]["200"], 1)


if __name__ == "__main__":
    unittest.main()
