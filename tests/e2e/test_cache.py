"""Answers used again: --cache over runs, kills and endpoints; --dedupe within one."""

import glob
import json
import os
import signal
import subprocess
import unittest

from harness import SLUICE, RunTest, chat_line, json_lines, wait_for

KEY = "sk-test-do-not-keep-0123456789"


class CacheTest(RunTest):
    def setUp(self):
        super().setUp()
        self.cache = self.path("cache")
        self.env = {**os.environ, "OPENAI_API_KEY": KEY}

    def run_once(self, output, *options, **more):
        """One run with results of its own; returns them."""
        path = self.path(output)
        code, err = self.run_sluice("-o", path, "--ui", "none", *options, env=self.env, **more)
        self.assertEqual(code, 0, err)
        return json_lines(path)

    def cached_run(self, output, url, *options):
        return self.run_once(output, "--url", url, "--cache", self.cache, *options)

    def test_the_second_run_makes_no_request(self):
        mock = self.mock("--latency", "1ms")
        ids = self.write_items(300)
        first = self.cached_run("a.jsonl", mock.url)
        self.assertEqual(mock.stats()["requests"], 300)
        again = self.cached_run("b.jsonl", mock.url)
        self.assertEqual(mock.stats()["requests"], 300)
        self.assertEqual(sorted(r["custom_id"] for r in again), sorted(ids))
        # equal requests were asked each by itself: any of their answers may be the one that is kept
        bodies = [r["response"]["body"] for r in first]
        for r in again:
            self.assertIn(r["response"]["body"], bodies)
            self.assertEqual(r["sluice"]["attempts"], 0)
            self.assertIs(r["sluice"]["cached"], True)
            self.assertNotIn("tokens_in", r["sluice"])

    def test_a_hit_costs_no_rate_and_no_budget(self):
        mock = self.mock("--latency", "1ms")
        self.write_items(200)
        self.cached_run("a.jsonl", mock.url, "--dedupe")
        # by its rate this would take hours
        self.cached_run("b.jsonl", mock.url, "--rpm", "1", "-c", "1", "--budget-tokens", "1")
        self.assertEqual(mock.stats()["requests"], 1)

    def test_streams_and_plain_answers_are_the_same(self):
        mock = self.mock("--latency", "1ms")
        self.write_input(chat_line(f"i{i}", f"text {i}") for i in range(20))
        self.cached_run("a.jsonl", mock.url, "--stream")
        self.cached_run("b.jsonl", mock.url)
        self.cached_run("c.jsonl", mock.url, "--stream")
        self.assertEqual(mock.stats()["requests"], 20)

    def test_templates_and_other_spellings(self):
        mock = self.mock("--latency", "1ms")
        template = self.path("t.json")
        with open(template, "w", encoding="utf-8") as f:
            f.write('{"messages":[{"content":"{{text}}","role":"user"}], "model":"m-small"}')
        with open(self.input, "w", encoding="utf-8") as f:
            f.write('{"text":"h\\u00e9llo/","custom_id":"r1"}\n{"custom_id":"r2","text":"hé\\u006clo\\/"}\n')
        self.cached_run("a.jsonl", mock.url, "--template", template, "-c", "1", "--dedupe")
        self.assertEqual(mock.stats()["requests"], 1)
        self.write_input([chat_line("r3", "héllo/")])
        self.cached_run("b.jsonl", mock.url + "/v1")
        self.assertEqual(mock.stats()["requests"], 1)

    def test_another_address_model_or_header_is_another_request(self):
        one, two = self.mock("--latency", "1ms"), self.mock("--latency", "1ms")
        self.write_input([chat_line("a", "x")])
        self.cached_run("a.jsonl", one.url)
        self.cached_run("b.jsonl", two.url)
        self.cached_run("c.jsonl", one.url, "-H", "OpenAI-Beta: x")
        self.assertEqual((one.stats()["requests"], two.stats()["requests"]), (2, 1))
        # another key is not, nor is a header that only traces it
        self.env["OPENAI_API_KEY"] = KEY[::-1]
        self.cached_run("d.jsonl", one.url, "-H", "X-Secret-Thing: 1", "-H", "X-Request-Id: 7")
        self.assertEqual(one.stats()["requests"], 2)

    def test_several_endpoints(self):
        mocks = [self.mock("--latency", "1ms") for _ in range(2)]
        options = [o for i, m in enumerate(mocks) for o in ("--endpoint", f"e{i}={m.url}")]
        self.write_input(chat_line(f"i{i}", f"text {i % 40}") for i in range(80))
        first = self.run_once("a.jsonl", "--cache", self.cache, "--dedupe", *options)
        self.assertEqual(sum(m.stats()["requests"] for m in mocks), 40)
        self.assertTrue(all(m.stats()["requests"] for m in mocks))
        again = self.run_once("b.jsonl", "--cache", self.cache, *options)
        self.assertEqual(sum(m.stats()["requests"] for m in mocks), 40)
        self.assertEqual(len(first), len(again))

    def test_stages_of_a_pipeline(self):
        mock = self.mock("--latency", "1ms")
        pipeline = self.path("p.json")
        ask = {"model": "m", "messages": [{"role": "user", "content": "{{text}}"}]}
        more = {"model": "m", "messages": [{"role": "user", "content": "{{first.text}} {{more}}"}]}
        with open(pipeline, "w", encoding="utf-8") as f:
            json.dump({"stages": {"first": {"body": ask}, "second": {"after": "first", "body": more}}}, f)
        self.write_input(json.dumps({"custom_id": f"i{i}", "text": f"text {i}", "more": "x"}) for i in range(50))
        self.cached_run("a.jsonl", mock.url, "--pipeline", pipeline)
        self.assertEqual(mock.stats()["requests"], 100)
        again = self.cached_run("b.jsonl", mock.url, "--pipeline", pipeline)
        self.assertEqual((mock.stats()["requests"], len(again)), (100, 50))
        self.write_input(json.dumps({"custom_id": f"i{i}", "text": f"text {i}", "more": "y"}) for i in range(50))
        self.cached_run("c.jsonl", mock.url, "--pipeline", pipeline)
        self.assertEqual(mock.stats()["requests"], 150)
        code, err = self.run_sluice("--url", mock.url, "--pipeline", pipeline, "--dedupe")
        self.assertEqual(code, 2)
        self.assertIn("--pipeline or --dedupe, not both", err)

    def test_packed_embeddings(self):
        def lines(prefix, texts):
            return (json.dumps({"custom_id": f"{prefix}{i}", "method": "POST", "url": "/v1/embeddings",
                                "body": {"model": "m-embed", "input": text}}) for i, text in enumerate(texts))

        mock = self.mock("--latency", "1ms")
        texts = [f"text {i % 60}" for i in range(120)]
        self.write_input(lines("a", texts))
        first = self.cached_run("a.jsonl", mock.url, "--pack", "16", "--dedupe")
        asked = mock.stats()["requests"]
        self.assertLessEqual(asked, 30)
        self.write_input(lines("b", texts[::-1]))
        again = self.cached_run("b.jsonl", mock.url, "--pack", "16")
        self.assertEqual(mock.stats()["requests"], asked)
        vector = {}
        for results, order in ((first, texts), (again, texts[::-1])):
            self.assertEqual(len(results), 120)
            for r in results:
                text = order[int(r["custom_id"][1:])]
                found = r["response"]["body"]["data"][0]["embedding"]
                self.assertEqual(vector.setdefault(text, found), found)
        self.assertEqual(len({str(v) for v in vector.values()}), 60)
        self.write_input(lines("c", texts + ["one more", "and another"]))
        self.cached_run("c.jsonl", mock.url, "--pack", "16")
        self.assertLessEqual(mock.stats()["requests"], asked + 2)

    def test_no_secret_is_in_the_file(self):
        mock = self.mock("--latency", "1ms")
        self.write_input([chat_line("a", "the-prompt-is-not-there-either"),
                          json.dumps({"custom_id": "b", "url": "/v1/chat/completions?key=in-the-query-1",
                                      "method": "POST", "body": {"model": "m", "messages": []}})])
        self.cached_run("a.jsonl", mock.url.replace("//", "//user:in-the-address-1@"),
                        "-H", "X-Token: in-a-header-1", "--allow-http")
        files = glob.glob(self.cache + "/*")
        self.assertTrue(files)
        for path in files:
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            with open(path, "rb") as f:
                content = f.read()
            for secret in (KEY, "in-the-query-1", "in-the-address-1", "in-a-header-1", "the-prompt-is-not"):
                self.assertNotIn(secret.encode(), content)
        self.assertEqual(os.stat(self.cache).st_mode & 0o777, 0o700)

    def test_killed_in_the_middle(self):
        mock = self.mock("--latency", "2ms")
        self.write_input(chat_line(f"i{i}", f"text {i}") for i in range(3000))
        ids = [f"i{i}" for i in range(3000)]
        for goal in (300, 900, 1700):
            process = self.start("--url", mock.url, "--ui", "none", "-c", "16", "--cache", self.cache, "--dedupe",
                                 env=self.env)
            wait_for(lambda: self.done_count() >= goal or process.poll() is not None, f"{goal} results")
            process.send_signal(signal.SIGKILL)
            process.wait()
        code, err = self.run_sluice("--url", mock.url, "--ui", "none", "--cache", self.cache, "--dedupe",
                                    env=self.env)
        self.assertEqual(code, 0, err)
        self.assert_exactly_once(ids)
        asked = mock.stats()["requests"]
        # another run has most of them: those of a quarter of a second a kill are lost
        again = self.cached_run("b.jsonl", mock.url)
        self.assertEqual(len(again), 3000)
        self.assertLess(mock.stats()["requests"] - asked, 2500)
        self.cached_run("c.jsonl", mock.url)
        self.assertEqual(sum(1 for r in json_lines(self.path("c.jsonl")) if r["sluice"].get("cached")), 3000)

    def test_two_runs_at_once(self):
        mock = self.mock("--latency", "2ms")
        self.write_input(chat_line(f"i{i}", f"text {i}") for i in range(1000))
        runs = [self.start("-o", self.path(f"{name}.jsonl"), "--url", mock.url, "--ui", "none", "-c", "16",
                           "--cache", self.cache, env=self.env) for name in "ab"]
        for run in runs:
            _, err = run.communicate(timeout=60)
            self.assertEqual((run.returncode, err), (0, b""))
        asked = mock.stats()["requests"]
        self.assertLessEqual(asked, 2000)
        self.cached_run("c.jsonl", mock.url)
        self.assertEqual(mock.stats()["requests"], asked)
        for name in "ab":
            warnings = [r for r in json_lines(self.path(f"{name}.journal")) if r["event"] == "warning"]
            self.assertEqual(warnings, [])

    def test_one_that_cannot_be_used_is_refused_before_anything_is_sent(self):
        mock = self.mock("--latency", "1ms")
        self.write_items(5)
        os.mkdir(self.cache)
        with open(self.cache + "/cache.sqlite", "w", encoding="ascii") as f:
            f.write("no database at all")
        for folder, says in ((self.cache, "remove it: file is not a database"),
                             (self.cache + "/cache.sqlite", "Not a directory"),
                             (self.cache + "/cache.sqlite/x", "cannot be created")):
            code, err = self.run_sluice("--url", mock.url, "--ui", "none", "--cache", folder)
            self.assertEqual(code, 2)
            self.assertTrue(err.startswith("sluice: --cache " + folder), err)
            self.assertIn(says, err)
            self.assertEqual(err.count("\n"), 1)
        self.assertEqual(mock.stats()["requests"], 0)
        self.assertFalse(os.path.exists(self.results))
        os.remove(self.cache + "/cache.sqlite")
        self.cached_run("a.jsonl", mock.url)

    def test_one_that_is_damaged_meanwhile_stops_nothing(self):
        mock = self.mock("--latency", "100ms", "--sigma", "0")
        self.write_input(chat_line(f"i{i}", f"text {i}") for i in range(80))
        process = self.start("--url", mock.url, "--ui", "none", "-c", "4", "--cache", self.cache, env=self.env)
        wait_for(lambda: self.done_count() >= 8, "some results")
        for path in glob.glob(self.cache + "/*"):
            with open(path, "r+b") as f:
                f.write(b"x" * os.path.getsize(path))
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assert_exactly_once([f"i{i}" for i in range(80)])
        warnings = [r["text"] for r in json_lines(self.journal) if r["event"] == "warning"]
        self.assertIn("--cache", warnings)
        self.assertLessEqual(len(warnings), 2)

    def test_a_full_disk_stops_nothing(self):
        os.mkdir(self.cache)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", self.cache], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.cache])
        mock = self.mock("--latency", "1ms")
        self.write_input(chat_line(f"i{i}", f"text {i}") for i in range(1000))
        self.cached_run("a.jsonl", mock.url)
        warnings = [r for r in json_lines(self.path("a.journal")) if r["event"] == "warning"]
        self.assertEqual(len(warnings), 1)
        self.assertIn("no longer cached", warnings[0]["detail"])
        self.cached_run("b.jsonl", mock.url)

    def test_counts_in_stop_record_and_report(self):
        mock = self.mock("--latency", "1ms")
        self.write_input(chat_line(f"i{i}", f"text {i % 4}") for i in range(12))
        self.cached_run("a.jsonl", mock.url, "--dedupe")
        self.cached_run("b.jsonl", mock.url, "--dedupe")
        stop = [r for r in json_lines(self.path("b.journal")) if r["event"] == "stop"][-1]
        self.assertEqual((stop["session"]["cached"], stop["session"]["shared"], stop["session"]["requests"]), (4, 8, 0))
        out = subprocess.run([SLUICE, "report", "--json", self.path("b.jsonl")], capture_output=True, check=True)
        told = json.loads(out.stdout)
        self.assertEqual((told["cached"], told["shared"], told["attempts"]), (4, 8, 0))


class DedupeTest(RunTest):
    def test_a_thousand_lines_of_ten_requests_make_ten_calls(self):
        mock = self.mock("--latency", "5ms")
        self.write_input(chat_line(f"i{i}", f"text {i % 10}") for i in range(1000))
        code, err = self.run_sluice("--url", mock.url, "--ui", "none", "--dedupe")
        self.assertEqual(code, 0, err)
        self.assertEqual(mock.stats()["requests"], 10)
        self.assert_exactly_once([f"i{i}" for i in range(1000)])
        body = {}
        for r in json_lines(self.results):
            kind = int(r["custom_id"][1:]) % 10
            self.assertEqual(body.setdefault(kind, r["response"]["body"]), r["response"]["body"])

    def test_failures_are_retried_by_one_for_all(self):
        mock = self.mock("--latency", "2ms", "--errors", "0.3", "--seed", "5")
        self.write_input(chat_line(f"i{i}", f"text {i % 10}") for i in range(1000))
        code, err = self.run_sluice("--url", mock.url, "--ui", "none", "--dedupe", "--max-attempts", "20")
        self.assertEqual(code, 0, err)
        self.assertEqual(mock.stats()["by_status"]["200"], 10)
        self.assert_exactly_once([f"i{i}" for i in range(1000)])

    def test_what_was_asked_in_another_way_is_not_shared(self):
        mock = self.mock("--latency", "1ms")
        template = self.path("t.json")
        options = ("--url", mock.url, "--ui", "none", "--dedupe", "--template", template,
                   "--accept-changed")

        def run_rows(n, word):
            """Rows of one text under ids of their own."""
            self.write_input(json.dumps({"custom_id": f"i{i}", "text": "x"}) for i in range(n))
            with open(template, "w", encoding="utf-8") as f:
                f.write('{"model": "m", "messages": [{"role": "user", "content": "%s {{text}}"}]}' % word)
            code, err = self.run_sluice(*options)
            self.assertEqual(code, 0, err)
            return mock.stats()["requests"]

        self.assertEqual(run_rows(2, "old"), 1)
        self.assertEqual(run_rows(3, "old"), 1)
        self.assertEqual(run_rows(5, "new"), 2)
        # nor later: what the items of each session were asked is not known
        self.assertEqual(run_rows(7, "new"), 3)
        same = {r["custom_id"]: r["sluice"].get("same_as_line") for r in json_lines(self.results)}
        self.assertEqual([same[f"i{i}"] for i in range(7)], [None, 1, 1, None, 4, None, 6])

    def test_killed_and_resumed(self):
        mock = self.mock("--latency", "30ms", "--sigma", "0")
        self.write_input(chat_line(f"i{i}", f"text {i % 100}") for i in range(3000))
        process = self.start("--url", mock.url, "--ui", "none", "--dedupe", "-c", "4")
        wait_for(lambda: self.done_count() >= 900, "900 results")
        process.send_signal(signal.SIGKILL)
        process.wait()
        code, err = self.run_sluice("--url", mock.url, "--ui", "none", "--dedupe", "-c", "4")
        self.assertEqual(code, 0, err)
        self.assert_exactly_once([f"i{i}" for i in range(3000)])
        # what was in flight at the kill was asked twice
        self.assertLessEqual(mock.stats()["answered"], 100 + 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
