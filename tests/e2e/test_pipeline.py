"""Pipelines: stages in their order, killed and resumed at every stage, refused when they make no sense."""

import json
import os
import random
import signal
import subprocess
import threading
from unittest import mock

from api_server import ApiServer
from harness import SLUICE, RunTest, json_lines, main, wait_for

CHAIN = {"stages": {
    "extract": {"body": {"model": "m-small", "messages": [{"role": "user", "content": "extract {{title}}"}]}},
    "analyse": {"after": "extract",
                "body": {"model": "m-small", "messages": [{"role": "user", "content": "analyse {{extract.text}}"}]}},
    "summarise": {"after": "analyse", "model": "m-large", "concurrency": 2,
                  "body": {"messages": [{"role": "user", "content": "summarise {{analyse.text}}"}]}}}}
RETRIEVAL = {"stages": {
    "embed": {"body": {"model": "m-embed", "input": "{{title}}"}},
    "cache": {"url": "/cache", "body": {"key": "{{title}}"}, "finish_when": "cache.body.hit"},
    "search": {"after": ["embed", "cache"], "url": "/search", "body": {"vector": "{{json embed.body.data.0.embedding}}"}},
    "answer": {"after": "search", "body": {"model": "m-small", "messages": [
        {"role": "user", "content": "{{search.body.hits.0.text}}"}]}}}}


def name_of(path, body):
    """The stage that a request is of."""
    if path in ("/cache", "/search"):
        return path[1:]
    if "input" in body:
        return "embed"
    words = body["messages"][0]["content"].split()
    return words[0] if words[0] in CHAIN["stages"] else "answer"


class Api(ApiServer):
    """Answers each stage with something of its own, writes down what was asked, and can be made to wait."""

    def __init__(self):
        self.asked = []
        self.keys = set()  # that were sent
        self.blocked = None  # the stage that gets no answer
        self.failing = None  # the stage that is refused
        self.open = threading.Event()
        self.now, self.peak = {}, {}
        super().__init__()

    def answer(self, request):
        body = request.json()
        stage = name_of(request.path.partition("?")[0], body)
        self.asked.append((stage, body))
        self.keys.add(request.headers.get("Authorization"))
        with self.lock:
            self.now[stage] = self.now.get(stage, 0) + 1
            self.peak[stage] = max(self.peak.get(stage, 0), self.now[stage])
        if stage == self.blocked:
            self.open.wait(60)
        status, answer = self.answer_of(stage, body)
        with self.lock:
            self.now[stage] -= 1
        request.reply(answer, status)

    def answer_of(self, stage, body):
        if stage == self.failing:
            return 400, {"error": {"message": "the model says no", "code": "no"}}
        if stage == "embed":
            return 200, {"data": [{"index": 0, "embedding": [0.5, -1]}], "usage": {"prompt_tokens": 2, "total_tokens": 2}}
        if stage == "cache":
            return 200, {"hit": body["key"] == "T2"}
        if stage == "search":
            return 200, {"hits": [{"text": f"found by {body['vector']}"}]}
        return 200, {"choices": [{"message": {"content": body["messages"][0]["content"].upper()}}],
                     "usage": {"prompt_tokens": 3, "completion_tokens": 4}}

    def count(self, stage):
        return sum(1 for asked, _ in self.asked if asked == stage)

    def close(self):
        self.open.set()
        super().close()


class PipelineTest(RunTest):
    def api(self):
        return self.until_end(Api())

    def write(self, name, content):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(content if isinstance(content, str) else json.dumps(content))
        return self.path(name)

    def write_rows(self, n):
        ids = [f"row-{i}" for i in range(n)]
        self.write("in.jsonl", "".join(json.dumps({"custom_id": i, "title": f"T{k}"}) + "\n"
                                       for k, i in enumerate(ids)))
        return ids

    def options(self, api, pipeline):
        return ["--url", api.url, "--pipeline", self.write("pipeline.json", pipeline), "--ui", "none"]

    def test_each_stage_gets_what_the_ones_before_it_answered(self):
        api, ids = self.api(), self.write_rows(40)
        code, err = self.run_sluice(*self.options(api, CHAIN))
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        results = {r["custom_id"]: r for r in json_lines(self.results)}
        said = results["row-7"]["response"]["body"]["choices"][0]["message"]["content"]
        self.assertEqual(said, "SUMMARISE ANALYSE EXTRACT T7")
        self.assertEqual(sorted(results["row-7"]["stages"]), ["analyse", "extract", "summarise"])
        self.assertEqual(results["row-7"]["sluice"]["attempts"], 3)
        self.assertEqual(results["row-7"]["sluice"]["tokens_out"], 12)
        self.assertEqual([api.count(s) for s in CHAIN["stages"]], [40, 40, 40])
        self.assertLessEqual(api.peak["summarise"], 2)
        self.assertEqual([b["model"] for s, b in api.asked if s == "summarise"][0], "m-large")

    def test_retrieval_ends_early_on_a_hit(self):
        api, ids = self.api(), self.write_rows(4)
        code, err = self.run_sluice(*self.options(api, RETRIEVAL))
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        results = {r["custom_id"]: r for r in json_lines(self.results)}
        self.assertEqual(results["row-2"]["response"]["body"], {"hit": True})
        self.assertIsNone(results["row-2"]["stages"]["answer"])
        self.assertEqual(results["row-1"]["stages"]["search"]["body"]["hits"][0]["text"], "found by [0.5, -1]")
        self.assertEqual([api.count(s) for s in RETRIEVAL["stages"]], [4, 4, 3, 3])

    def test_killed_and_resumed_at_every_stage(self):
        """What had been answered is not asked again; what was under way is."""
        for pipeline in (CHAIN, RETRIEVAL):
            for blocked in pipeline["stages"]:
                with self.subTest(blocked):
                    api, ids = self.api(), self.write_rows(2)
                    self.forget_run()
                    api.blocked = blocked
                    process = self.start(*self.options(api, pipeline))
                    before = [s for s in pipeline["stages"] if s != blocked and not self.comes_after(pipeline, s, blocked)]
                    kept = sum(1 for _ in before) * 2
                    wait_for(lambda: api.count(blocked) == 2 and self.stage_records() == kept, f"two rows at {blocked}")
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    api.blocked = None
                    api.open.set()
                    code, err = self.run_sluice(*self.options(api, pipeline))
                    self.assertEqual(code, 0, err)
                    self.assert_exactly_once(ids)
                    for stage in pipeline["stages"]:
                        self.assertEqual(api.count(stage), 4 if stage == blocked else 2, stage)

    @staticmethod
    def comes_after(pipeline, stage, other):
        after = pipeline["stages"][stage].get("after", [])
        after = [after] if isinstance(after, str) else after
        return other in after or any(PipelineTest.comes_after(pipeline, s, other) for s in after)

    def stage_records(self):
        return sum(1 for r in json_lines(self.journal) if r["event"] == "stage")

    def test_killed_at_any_moment(self):
        """Only what was in flight at a kill may be asked twice."""
        mock = self.mock("--latency", "4ms", "--errors", "0.05")
        ids, kills, rng = self.write_rows(400), 0, random.Random(11)
        options = self.options(mock, CHAIN) + ["-c", "4", "--max-attempts", "20"]
        while kills < 8:
            process = self.start(*options)
            goal = self.done_count() + rng.randrange(1, 40)
            wait_for(lambda: self.done_count() >= goal or process.poll() is not None, f"{goal} results")
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        code, err = self.run_sluice(*options)
        self.assertEqual(code, 0, err)
        self.assert_exactly_once(ids)
        in_flight = 4 + 4 + 2
        self.assertLessEqual(mock.stats()["by_status"]["200"], 3 * len(ids) + kills * in_flight)

    def test_a_failed_row_is_tried_again_from_where_it_failed(self):
        api = self.api()
        self.write_rows(3)
        api.failing = "summarise"
        code, _ = self.run_sluice(*self.options(api, CHAIN))
        self.assertEqual(code, 1)
        self.assertEqual([api.count(s) for s in CHAIN["stages"]], [3, 3, 3])
        self.assertEqual({r["stages"]["summarise"]["failed"] for r in json_lines(self.errors)}, {True})
        api.failing = None
        code, err = self.run_sluice(*self.options(api, CHAIN), "--retry-failed")
        self.assertEqual(code, 0, err)
        self.assertEqual([api.count(s) for s in CHAIN["stages"]], [3, 3, 6])

    def test_a_run_without_its_pipeline_says_so(self):
        api = self.api()
        self.write_rows(1)
        self.run_sluice(*self.options(api, CHAIN))
        code, err = self.run_sluice("--url", api.url, "--ui", "none", "--accept-changed")
        self.assertEqual(code, 0)
        self.assertIn("the requests of --pipeline", err)
        self.assertNotIn("--template", err)

    def test_rows_may_be_csv(self):
        api = self.api()
        self.input = self.write("in.csv", "custom_id,title\nx,\"a, \"\"b\"\"\"\n")
        code, err = self.run_sluice(*self.options(api, CHAIN), "-o", self.results, source=self.input)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(api.asked[0][1]["messages"][0]["content"], 'extract a, "b"')

    def test_a_row_without_a_field_is_bad_input(self):
        api = self.api()
        self.write("in.jsonl", '{"custom_id":"a","title":"T"}\n{"custom_id":"b","name":"T"}\n')
        code, _ = self.run_sluice(*self.options(api, CHAIN))
        self.assertEqual(code, 1)
        error = json_lines(self.errors)[0]
        self.assertEqual(error["sluice"]["outcome"], "bad_input")
        self.assertIn('no field "title"', error["error"]["message"])
        self.assertEqual(len(api.asked), 3)

    def test_what_makes_no_sense_is_refused_before_anything_is_sent(self):
        chat = {"body": {"model": "m", "messages": []}}
        bad = (({"stages": {"a": {**chat, "after": "b"}, "b": {**chat, "after": "a"}}}, "comes after itself"),
               ({"stages": {"a": {**chat, "after": "x"}}}, "names the unknown stage"),
               ({"stages": {"a": {"body": {"input": "{{b.text}}"}, "after": []}, "b": chat}}, "is not before this stage"),
               ({"stages": {"a": {**chat, "endpoint": "nowhere"}}}, 'unknown --endpoint "nowhere"'),
               ({"stages": {"a": {"body": {"input": "see {{json x}}"}}}}, "must be a whole string"),
               ({"stages": {"a": {**chat, "model": "n"}}}, "names a model twice"),
               ({"stages": {"a": {"body": {"input": "{{extrat.text}}"}}}}, "unknown stage extrat"),
               ({"stages": {"a": {**chat, "when": "extrat.text == 'x'"}}}, "unknown stage extrat"),
               ({"stages": {"a": {"model": "{{b.text}}", "body": {}}, "b": chat}}, "is not before this stage"),
               ({"stages": {"a": {**chat, "provider": "nobody"}}}, "unknown provider"),
               ('{"stages":', "not JSON"), ({}, "object"), ({"steps": {}}, "unknown member 'steps'"))
        api = self.api()
        self.write_rows(1)
        for pipeline, says in bad:
            with self.subTest(says):
                code, err = self.run_sluice(*self.options(api, pipeline))
                self.assertEqual(code, 2, err)
                self.assertIn(says, err)
        code, err = self.run_sluice("--url", api.url, "--pipeline", self.path("none.json"), "--ui", "none")
        self.assertEqual(code, 2)
        self.assertIn("No such file", err)
        self.assertEqual(api.asked, [])

    def test_check_fills_the_first_stages(self):
        self.write("in.jsonl", '{"custom_id":"a","title":"T"}\n{"custom_id":"b"}\n')
        pipeline = self.write("pipeline.json", RETRIEVAL)
        done = subprocess.run([SLUICE, "check", "--json", "--pipeline", pipeline, self.input], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        said = json.loads(done.stdout)
        self.assertEqual(said["first_request"], {"model": "m-embed", "input": "T"})
        self.assertEqual(said["stages"][2], {"name": "search", "after": ["embed", "cache"]})
        self.assertIn('no field "title"', said["problems"][0]["message"])
        done = subprocess.run([SLUICE, "check", "--pipeline", pipeline, self.input], capture_output=True, text=True, check=False)
        self.assertIn("search after embed, cache", done.stdout)
        self.assertIn("of the first stages only", done.stdout)
        body = {"model": "m", "max_tokens": 1, "messages": []}
        pipeline = self.write("pipeline.json", {"stages": {"a": {"provider": "anthropic", "body": body}}})
        done = subprocess.run([SLUICE, "check", "--pipeline", pipeline, self.input], capture_output=True, text=True, check=False)
        self.assertIn("/v1/messages", done.stdout)

    def test_an_address_out_of_an_answer_gets_no_key(self):
        api, other = self.api(), self.api()
        self.write_rows(1)
        api.answer_of = lambda stage, body: (200, {"next": other.url + "/search", "there": "x\r\nHost: y/../z"})
        pipeline = {"stages": {"cache": {"url": "/cache", "body": {"key": "k"}},
                               "search": {"after": "cache", "url": "{{cache.body.next}}?q={{cache.body.there}}",
                                          "body": {"vector": 1}}}}
        with mock.patch.dict(os.environ, OPENAI_API_KEY="sk-of-the-run"):
            code, err = self.run_sluice(*self.options(api, pipeline), "--provider", "openai")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual((api.keys, other.keys), ({"Bearer sk-of-the-run"}, {None}))
        self.assertEqual(other.count("search"), 1)

    def test_a_stage_may_have_an_endpoint_of_its_own(self):
        first, second = self.api(), self.api()
        self.write_rows(3)
        pipeline = {"stages": {**CHAIN["stages"], "summarise": {**CHAIN["stages"]["summarise"], "endpoint": "big"}}}
        options = ["--endpoint", f"small={first.url}", "--endpoint", f"big={second.url}",
                   "--pipeline", self.write("pipeline.json", pipeline), "--ui", "none"]
        code, err = self.run_sluice(*options)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([first.count(s) for s in CHAIN["stages"]], [3, 3, 0])
        self.assertEqual(second.count("summarise"), 3)


if __name__ == "__main__":
    main()
