"""--expect: answers that are no use although their status is 200."""

import collections
import json
import unittest

from harness import RunTest, json_lines


class ExpectTest(RunTest):
    def test_what_is_not_as_expected_fails_on_its_own_budget(self):
        server = self.mock("--latency", "1ms")
        ids = self.write_items(4)
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "--expect", "json", "--expect-attempts", "2")
        self.assertEqual(code, 1, err)
        self.assert_exactly_once(ids)
        failed = json_lines(self.errors)
        self.assertEqual(collections.Counter(r["sluice"]["outcome"] for r in failed), {"bad_response": 4})
        for r in failed:
            self.assertEqual(r["sluice"]["attempts"], 2)
            self.assertEqual(r["error"]["code"], "expect_json")
            self.assertEqual(r["response"]["status_code"], 200)
        self.assertEqual(server.stats()["requests"], 8)

    def test_what_is_as_expected_is_ok(self):
        server = self.mock("--latency", "1ms")
        self.write_items(3)
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "--expect-nonempty", "--expect",
                                    "object=chat.completion")
        self.assertEqual((code, err), (0, ""))

    def test_streams_are_judged_at_their_end(self):
        server = self.mock("--latency", "1ms")
        hello = [{"role": "user", "content": "hi"}]
        lines = {"/v1/chat/completions": {"model": "m", "messages": hello},
                 "/v1/completions": {"model": "m", "prompt": "hi"},
                 "/v1/responses": {"model": "gpt-m", "input": "hi"},
                 "/v1/messages": {"model": "m", "max_tokens": 999, "messages": hello}}
        self.write_input(json.dumps({"custom_id": url, "method": "POST", "url": url, "body": body})
                         for url, body in lines.items())
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "--stream", "--expect", "finish_reason=stop",
                                    "--expect-nonempty")
        self.assertEqual((code, err), (0, ""))
        self.forget_run()
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "--stream", "--expect", "finish_reason=length",
                                    "--expect-attempts", "2")
        self.assertEqual(code, 1, err)
        failed = json_lines(self.errors)
        self.assertEqual([(r["error"]["code"], r["sluice"]["attempts"]) for r in failed],
                         [("expect_finish_reason", 2)] * len(lines))
        self.assertEqual(server.stats()["requests"], 3 * len(lines))

    def test_nonsense_is_refused_before_anything_is_sent(self):
        self.write_items(1)
        code, err = self.run_sluice("--url", "http://127.0.0.1:1", "--expect", "yaml")
        self.assertEqual(code, 2)
        self.assertIn("finish_reason=stop", err)


if __name__ == "__main__":
    unittest.main()
