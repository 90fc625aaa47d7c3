"""Several endpoints: work is shared, one that fails leaves its work to the others, and no key goes where it
does not belong."""

import collections
import os
import unittest

from api_server import ApiServer
from harness import RunTest, json_lines, wait_for

ANSWER = {"object": "chat.completion", "choices": [{"message": {"content": ""}}],
          "usage": {"prompt_tokens": 1, "completion_tokens": 1}}


class Recorder(ApiServer):
    """An API that keeps the credentials it was shown; status 200 or another."""

    def __init__(self, status):
        self.status, self.seen = status, collections.Counter()
        super().__init__()

    def answer(self, request):
        self.seen[request.headers.get("Authorization", "none")] += 1
        request.reply(ANSWER if self.status == 200 else {"error": {"message": "no"}}, self.status)


class EndpointsTest(RunTest):
    def recorder(self, status=200):
        return self.until_end(Recorder(status))

    def test_work_is_shared_and_keys_stay_at_home(self):
        east, west, bare = self.recorder(), self.recorder(), self.recorder()
        ids = self.write_items(120)
        env = {**os.environ, "EAST_KEY": "sk-east", "WEST_KEY": "sk-west", "OPENAI_API_KEY": "sk-usual"}
        code, err = self.run_sluice(
            "--endpoint", f"east={east.url},key-env=EAST_KEY,weight=2",
            "--endpoint", f"west={west.url},key-env=WEST_KEY",
            "--endpoint", f"bare={bare.url}",
            "-c", "4", "--ui", "none", env=env)
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        self.assertEqual(set(east.seen), {"Bearer sk-east"})
        self.assertEqual(set(west.seen), {"Bearer sk-west"})
        self.assertEqual(set(bare.seen), {"none"})
        told = collections.Counter(r["sluice"]["endpoint"] for r in json_lines(self.results))
        self.assertEqual(told, {"east": sum(east.seen.values()), "west": sum(west.seen.values()),
                                "bare": sum(bare.seen.values())})

    def test_one_that_dies_leaves_its_work_to_the_other(self):
        dying, other = self.mock("--latency", "20ms"), self.mock("--latency", "20ms")
        ids = self.write_items(300)
        run = self.start("--endpoint", f"dying={dying.url}", "--endpoint", f"other={other.url}",
                         "-c", "4", "--ui", "none")
        wait_for(lambda: self.done_count() > 40, "some results")
        dying.process.kill()
        _, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0, err)
        self.assert_exactly_once(ids)
        self.assertEqual(json_lines(self.errors), [])

    def test_what_one_refuses_goes_to_its_fallback(self):
        broken, good = self.recorder(500), self.recorder()
        ids = self.write_items(30)
        code, err = self.run_sluice(
            "--endpoint", f"broken={broken.url},fallback=good",
            "--endpoint", f"good={good.url},weight=0", "-c", "2", "--ui", "none")
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        self.assertEqual(sum(good.seen.values()), 30)

    def test_an_item_that_one_rejects_goes_to_its_fallback(self):
        """Along the chain, once each; none that follow are tried for what the last one rejects, too."""
        first, second, good = self.recorder(400), self.recorder(400), self.recorder()
        chain = ["--endpoint", f"first={first.url},fallback=second",
                 "--endpoint", f"second={second.url},weight=0,fallback=last"]
        ids = self.write_items(30)
        code, err = self.run_sluice(*chain, "--endpoint", f"last={good.url},weight=0", "--ui", "none")
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        self.assertEqual([sum(s.seen.values()) for s in (first, second, good)], [30, 30, 30])
        self.forget_run()
        first.seen.clear(), second.seen.clear()
        ids = self.write_items(5)
        code, err = self.run_sluice("--endpoint", f"first={first.url},fallback=second",
                                    "--endpoint", f"second={second.url},weight=0,fallback=first", "--ui", "none")
        self.assertEqual(code, 1, err)
        self.assert_exactly_once(ids)
        self.assertEqual([sum(s.seen.values()) for s in (first, second)], [5, 5])

    def test_a_held_endpoint_leaves_its_work_to_its_fallback(self):
        limited, other = self.mock("--window", "5/30", "--latency", "5ms"), self.mock("--latency", "5ms")
        ids = self.write_items(60)
        code, err = self.run_sluice("--endpoint", f"limited={limited.url},fallback=other",
                                    "--endpoint", f"other={other.url},weight=0", "-c", "2", "--ui", "none")
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        told = collections.Counter(r["sluice"]["endpoint"] for r in json_lines(self.results))
        self.assertEqual(told, {"limited": 5, "other": 55})
        self.assertLess(self.last_stop()["elapsed_ms"], 20000)

    def test_wrong_endpoints_are_refused_before_anything_is_sent(self):
        good = self.recorder()
        self.write_items(2)
        for options, says in ((["--endpoint", f"a={good.url},fallback=b"], '"b"'),
                              (["--endpoint", f"a={good.url},secret=x"], "secret"),
                              (["--endpoint", f"a={good.url}", "--url", good.url], "--url"),
                              (["--endpoint", f"a={good.url}", "--key-env", "PATH"], "its own key"),
                              (["--endpoint", f"a={good.url},key-env=NOT_SET_HERE"], "endpoint a: --key-env"),
                              (["--endpoint", f"a={good.url},key-env=sk-hush"], "never the key itself")):
            code, err = self.run_sluice(*options, "--ui", "none")
            self.assertEqual(code, 2, err)
            self.assertIn(says, err)
            self.assertNotIn("hush", err)
        self.assertFalse(good.seen)


if __name__ == "__main__":
    unittest.main()
