"""--pack: embeddings that share requests, each with a result of its own."""

import json
import random
import signal

from harness import RunTest, json_lines, main, wait_for


def embedding_line(item_id, text, model="m-embed", **body):
    return json.dumps({"custom_id": item_id, "method": "POST", "url": "/v1/embeddings",
                       "body": {"model": model, "input": text, **body}})


class PackTest(RunTest):
    def write_embeddings(self, n, models=1, bad=()):
        ids = [f"item-{i}" for i in range(n)]
        self.write_input(embedding_line(item_id, f"text {i}{' BADTEXT' if i in bad else ''}", f"m-{i % models}")
                         for i, item_id in enumerate(ids))
        return ids

    def bodies(self, path=None):
        return {r["custom_id"]: r["response"]["body"] for r in json_lines(path or self.results)}

    def test_packed_answers_are_those_of_items_alone(self):
        ids = self.write_embeddings(300, models=2)
        alone, packed = self.mock("--latency", "5ms"), self.mock("--latency", "5ms")
        other = self.path("alone.jsonl")
        code, err = self.run_sluice("--url", alone.url, "--ui", "none", "-o", other)
        self.assertEqual((code, err), (0, ""))
        code, err = self.run_sluice("--url", packed.url, "--ui", "none", "-c", "4", "--pack", "50")
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        mine, theirs = self.bodies(), self.bodies(other)
        for item_id in ids:
            self.assertEqual(mine[item_id]["data"], theirs[item_id]["data"])
            self.assertEqual(mine[item_id]["model"], theirs[item_id]["model"])
            self.assertEqual(list(mine[item_id]), list(theirs[item_id]))
        stats = packed.stats()
        self.assertEqual(alone.stats()["requests"], 300)
        self.assertEqual(stats["requests"], 6)
        told = sum(r["sluice"]["tokens_in"] for r in json_lines(self.results))
        self.assertEqual(told, stats["tokens_in"])
        self.assertEqual(told, sum(b["usage"]["total_tokens"] for b in mine.values()))
        session = self.last_stop()["session"]
        self.assertEqual((session["requests"], session["packed_items"], session["packed_requests"]), (6, 300, 6))

    def test_bad_inputs_and_small_servers(self):
        bad = (3, 77, 78, 199)
        ids = self.write_embeddings(200, bad=bad)
        server = self.mock("--latency", "1ms", "--embed-max", "20", "--embed-bad", "BADTEXT")
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "-c", "2", "--pack", "64")
        self.assertEqual(code, 1, err)
        self.assert_exactly_once(ids)
        failed = json_lines(self.errors)
        self.assertEqual(sorted(r["custom_id"] for r in failed), sorted(f"item-{i}" for i in bad))
        for r in failed:
            self.assertEqual(r["response"]["body"]["error"]["message"], "An input is not valid.")
        attempts = [r for r in json_lines(self.journal) if r["event"] == "attempt"]
        self.assertEqual(len(attempts), len(bad))
        self.assertLess(server.stats()["requests"], 100)

    def test_errors_and_rate_limits(self):
        ids = self.write_embeddings(2000)
        server = self.mock("--latency", "2ms", "--errors", "0.1", "--window", "20/0.2", "--retry-after", "ms")
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "-c", "8", "--pack", "32", "--max-attempts", "30")
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        self.last_stop()

    def test_killed_and_resumed(self):
        ids = self.write_embeddings(6000, models=3, bad=(17, 3000))
        server = self.mock("--latency", "2ms", "--errors", "0.05", "--embed-bad", "BADTEXT", "--embed-max", "100")
        options = ("--url", server.url, "-c", "8", "--ui", "none", "--pack", "128", "--max-attempts", "30")
        rng = random.Random(6)
        kills = 0
        for goal in sorted(rng.sample(range(1, 5500), 8)):
            process = self.start(*options)
            wait_for(lambda: self.done_count() >= goal or process.poll() is not None, f"{goal} results")
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.wait()
        code, err = self.run_sluice(*options)
        self.assertEqual(code, 1, err)
        self.assertGreaterEqual(kills, 4)
        self.assert_exactly_once(ids)
        self.assertEqual(sorted(r["custom_id"] for r in json_lines(self.errors)), ["item-17", "item-3000"])

    def test_rows_are_packed_too(self):
        self.write_input(json.dumps({"custom_id": f"row-{i}", "text": f"t {i}"}) for i in range(40))
        template = self.path("template.json")
        with open(template, "w", encoding="utf-8") as f:
            f.write('{"model": "m-embed", "input": "{{text}}", "encoding_format": "float"}')
        server = self.mock("--latency", "1ms")
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "--template", template, "--pack", "10")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(server.stats()["requests"], 4)
        self.assert_exactly_once([f"row-{i}" for i in range(40)])

    def write_rows(self, n, bad=()):
        self.write_input(json.dumps({"custom_id": f"row-{i}", "text": f"t {i}{' BADTEXT' if i in bad else ''}"})
                         for i in range(n))
        pipeline = self.path("pipeline.json")
        with open(pipeline, "w", encoding="utf-8") as f:
            json.dump({"stages": {
                "embed": {"body": {"model": "m-embed", "input": "{{text}}"}},
                "ask": {"after": "embed", "body": {"model": "m", "messages": [
                    {"role": "user", "content": "{{embed.body.data.0.embedding.0}} of {{text}}"}]}}}}, f)
        return pipeline, [f"row-{i}" for i in range(n)]

    def embeddings_of_rows(self, path):
        return {r["custom_id"]: r["stages"]["embed"]["body"] for r in json_lines(path)}

    def test_stages_are_packed_too(self):
        pipeline, ids = self.write_rows(300, bad=(7, 250))
        alone, packed = (self.mock("--latency", "2ms", "--embed-bad", "BADTEXT") for _ in range(2))
        other, options = self.path("alone.jsonl"), ("--pipeline", pipeline, "--ui", "none", "-c", "8")
        code, err = self.run_sluice("--url", alone.url, "-o", other, *options)
        self.assertEqual(code, 1, err)
        code, err = self.run_sluice("--url", packed.url, "--pack", "50", *options)
        self.assertEqual(code, 1, err)
        self.assert_exactly_once(ids)
        self.assertEqual(sorted(r["custom_id"] for r in json_lines(self.errors)), ["row-250", "row-7"])
        mine, theirs = self.embeddings_of_rows(self.results), self.embeddings_of_rows(other)
        self.assertEqual(len(mine), 298)
        for row, body in mine.items():
            self.assertEqual(body["data"], theirs[row]["data"])
        self.assertLess(packed.stats()["requests"], 298 + 40)
        told = sum(r["sluice"]["tokens_in"] for r in json_lines(self.results))
        self.assertEqual(told, packed.stats()["tokens_in"])
        session = self.last_stop()["session"]
        self.assertGreater(session["packed_items"], 200)
        self.assertEqual(session["requests"], packed.stats()["requests"])

    def test_packed_stages_killed_and_resumed(self):
        pipeline, ids = self.write_rows(1500)
        server = self.mock("--latency", "3ms", "--errors", "0.05", "--embed-max", "20")
        options = ("--url", server.url, "--pipeline", pipeline, "-c", "8", "--ui", "none", "--pack", "32",
                   "--max-attempts", "30")
        for goal in (50, 400, 900):
            process = self.start(*options)
            wait_for(lambda goal=goal, process=process: self.done_count() >= goal or process.poll() is not None,
                     f"{goal} results")
            process.send_signal(signal.SIGKILL)
            process.wait()
        code, err = self.run_sluice(*options)
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        for body in self.embeddings_of_rows(self.results).values():
            self.assertEqual(len(body["data"]), 1)

    def test_what_packs_of_stages_answered_is_cached(self):
        pipeline, ids = self.write_rows(400)
        server = self.mock("--latency", "1ms")
        options = ("--url", server.url, "--pipeline", pipeline, "-c", "8", "--ui", "none", "--pack", "32",
                   "--cache", self.path("cache"))
        code, err = self.run_sluice(*options)
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        before = server.stats()["requests"]
        code, err = self.run_sluice("-o", self.path("again.jsonl"), *options)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(server.stats()["requests"], before)
        self.assertEqual(self.embeddings_of_rows(self.path("again.jsonl")), self.embeddings_of_rows(self.results))

    def test_fallbacks_get_only_what_failed(self):
        # the long ones go alone, and could take short ones along when they are tried again
        ids = [f"item-{i}" for i in range(1000)]
        self.write_input(embedding_line(item_id, f"{i} ".ljust(240 if i < 50 else 16, "x"))
                         for i, item_id in enumerate(ids))
        first, spare = self.mock("--latency", "30ms", "--errors", "0.3"), self.mock("--latency", "1ms")
        code, err = self.run_sluice("--endpoint", f"first={first.url},fallback=spare", "--ui", "none", "-c", "4",
                                    "--endpoint", f"spare={spare.url},weight=0", "--pack", "8", "--pack-tokens", "100")
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        attempts = {r["sluice"]["attempts"] for r in json_lines(self.results) if r["sluice"]["endpoint"] == "spare"}
        self.assertTrue(attempts)
        self.assertNotIn(1, attempts)

    def test_it_is_refused_with_what_is_not_packed(self):
        self.write_embeddings(1)
        code, err = self.run_sluice("--url", "http://127.0.0.1:1", "--pack", "8", "--stream")
        self.assertEqual(code, 2)
        self.assertIn("--pack or --stream, not both", err)


if __name__ == "__main__":
    main()
