"""What a run costs: tokens as billed, prices by model, costs that answers state, budgets, estimates."""

import base64
import json
import os
import subprocess
import threading
import unittest

from api_server import ApiServer
from harness import SLUICE, RunTest, json_lines

USAGE = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}


class Api(ApiServer):
    """Answers each request as answer_of(path, body) says: (type, data, headers)."""

    def __init__(self, answer_of):
        self.answer_of = answer_of
        self.requests = self.together = self.most_together = 0
        super().__init__()

    def answer(self, request):
        with self.lock:
            self.requests += 1
            self.together += 1
            self.most_together = max(self.most_together, self.together)
        kind, data, headers = self.answer_of(request.path, request.json())
        with self.lock:
            self.together -= 1
        request.reply(data, headers={"Content-Type": kind, **headers})


def chat(usage, model="m", stream=False, **headers):
    """A chat answer, streamed or not."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if not stream:
        body = {"id": "c", "object": "chat.completion", "model": model, "usage": usage, "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]}
        return "application/json", json.dumps(body).encode(), headers
    chunk = {"id": "c", "object": "chat.completion.chunk", "model": model}
    chunks = [{**chunk, "choices": [{"index": 0, "delta": {"content": "hi"}}], "usage": None},
              {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": None},
              {**chunk, "choices": [], "usage": usage}]
    return sse(chunks, done=True), headers


def sse(events, done=False):
    text = "".join(f"data: {json.dumps(e)}\n\n" for e in events) + ("data: [DONE]\n\n" if done else "")
    return text.encode()


def answer_chat(usage, model="m", **headers):
    def answer(_, body):
        got = chat(usage, body.get("model", model), body.get("stream", False), **headers)
        return got if len(got) == 3 else ("text/event-stream", *got)
    return answer


class MoneyTest(RunTest):
    def serve(self, answer):
        return self.until_end(Api(answer))

    def write_models(self, *models):
        self.write_input(json.dumps({"custom_id": f"{i}", "url": "/v1/chat/completions", "method": "POST", "body": {
            **({"model": m} if m else {}), "messages": [{"role": "user", "content": f"{i}"}]}})
            for i, m in enumerate(models))

    def go(self, api, *options, code=0, env=None):
        """A run; its last metrics."""
        got, err = self.run_sluice("--url", api.url, "--ui", "json", *options,
                                   **({"env": {**os.environ, **env}} if env else {}))
        self.assertEqual(got, code, err)
        return json.loads([line for line in err.splitlines() if line.startswith("{")][-1])

    def summary(self, api, *options, code=0):
        got, err = self.run_sluice("--url", api.url, "--ui", "plain", *options)
        self.assertEqual(got, code, err)
        return err


class Tokens(MoneyTest):
    def tokens(self, answer, *options):
        self.forget_run()
        self.write_models("m")
        self.go(self.serve(answer), *options)
        sluice = json_lines(self.results)[0]["sluice"]
        return tuple(sluice.get(k, 0) for k in ("tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write"))

    def test_reasoning_beside_the_output_is_billed(self):
        usage = {**USAGE, "total_tokens": 11500, "completion_tokens_details": {"reasoning_tokens": 10000}}
        for options in ((), ("--stream",)):
            self.assertEqual(self.tokens(answer_chat(usage), *options), (1000, 10500, 0, 0))
            self.forget_run()
            self.write_models("m", "m")
            last = self.go(self.serve(answer_chat(usage)), "--price", "3,15", *options)
            self.assertAlmostEqual(last["cost"]["usd"], 0.321)
            self.assertEqual((last["tokens_in"], last["tokens_out"]), (2000, 21000))

    def test_a_total_stands_in_for_what_is_missing(self):
        for options in ((), ("--stream",)):
            self.assertEqual(self.tokens(answer_chat({"prompt_tokens": 10, "total_tokens": 30}), *options),
                             (10, 20, 0, 0))

    def test_usage_may_stand_in_any_chunk(self):
        chunk = {"id": "c", "object": "chat.completion.chunk", "model": "m"}
        texts = [{**chunk, "choices": [{"index": 0, "delta": {"content": t}}]} for t in "abc"]
        end = {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        growing = [{**USAGE, "completion_tokens": n, "total_tokens": 1000 + n} for n in (1, 2, 500)]
        streams = {"every": [{**t, "usage": u} for t, u in zip(texts, growing)] + [end],
                   "first": [{**texts[0], "usage": USAGE}, *({**t, "usage": None} for t in texts[1:]), end],
                   "with the end": [*texts, {**end, "usage": USAGE}],
                   "in the choice": [*texts, {**chunk, "choices": [{**end["choices"][0], "usage": USAGE}]}],
                   "x_groq": [*texts, {**end, "x_groq": {"id": "r", "usage": USAGE}}]}
        for name, events in streams.items():
            with self.subTest(name):
                self.assertEqual(self.tokens(lambda *_, e=events: ("text/event-stream", sse(e, done=True), {}),
                                             "--stream"), (1000, 500, 0, 0))

    def test_cached_input_has_its_own_price(self):
        usage = {**USAGE, "prompt_tokens": 10000, "total_tokens": 10500, "prompt_tokens_details": {"cached_tokens": 9728}}
        for options in ((), ("--stream",)):
            self.assertEqual(self.tokens(answer_chat(usage), *options), (10000, 500, 9728, 0))
            self.forget_run()
            self.write_models("m", "m")
            last = self.go(self.serve(answer_chat(usage)), "--price", "2.5,10,1.25", *options)
            self.assertAlmostEqual(last["cost"]["usd"], 2 * (272 * 2.5 + 9728 * 1.25 + 500 * 10) / 1e6, places=6)
            self.assertEqual(last["tokens_cached"], 2 * 9728)
            self.assertIn("20.0k in (19.5k cached), 1.0k out", self.report())
            self.assertEqual(json.loads(self.report("--json"))["tokens_cached"], 2 * 9728)

    def test_anthropic_counts_its_cache_beside_the_input(self):
        usage = {"input_tokens": 50, "cache_creation_input_tokens": 200, "cache_read_input_tokens": 1000,
                 "output_tokens": 7}
        message = {"id": "m", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "end_turn",
                   "content": [{"type": "text", "text": "hi"}]}

        def answer(_, body):
            if not body.get("stream"):
                return "application/json", json.dumps({**message, "usage": usage}).encode(), {}
            events = [{"type": "message_start", "message": {**message, "content": [], "stop_reason": None,
                                                            "usage": {**usage, "output_tokens": 1}}},
                      {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                      {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
                      {"type": "content_block_stop", "index": 0},
                      # some gateways repeat what they do not know as 0
                      {"type": "message_delta", "delta": {"stop_reason": "end_turn"},
                       "usage": {"input_tokens": 0, "output_tokens": 7}},
                      {"type": "message_stop"}]
            return "text/event-stream", sse(events), {}

        for options in ((), ("--stream",)):
            self.forget_run()
            self.write_input([json.dumps({"custom_id": "a", "params": {
                "model": "claude", "max_tokens": 10, "messages": [{"role": "user", "content": "x"}]}})])
            last = self.go(self.serve(answer), "--price", "claude=3,15,0.3,3.75", *options)
            sluice = json_lines(self.results)[0]["sluice"]
            self.assertEqual([sluice[k] for k in ("tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write")],
                             [1250, 7, 1000, 200])
            self.assertIn("1.2k in (1.0k cached, 200 written to the cache), 7 out", self.report())
            self.assertAlmostEqual(last["cost"]["usd"], (50 * 3 + 1000 * .3 + 200 * 3.75 + 7 * 15) / 1e6, places=7)

    def test_responses_report_at_their_end(self):
        usage = {"input_tokens": 75, "input_tokens_details": {"cached_tokens": 32}, "output_tokens": 1186,
                 "output_tokens_details": {"reasoning_tokens": 1024}, "total_tokens": 1261}
        response = {"id": "r", "object": "response", "status": "completed", "model": "gpt-m", "output": [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]}]}

        def answer(_, body):
            if not body.get("stream"):
                return "application/json", json.dumps({**response, "usage": usage}).encode(), {}
            return "text/event-stream", sse([
                {"type": "response.created", "response": {**response, "output": [], "usage": None}},
                {"type": "response.completed", "response": {**response, "usage": usage}}]), {}

        for options in ((), ("--stream",)):
            self.forget_run()
            self.write_input([json.dumps({"custom_id": "a", "url": "/v1/responses", "method": "POST",
                                          "body": {"model": "gpt-m", "input": "x"}})])
            self.go(self.serve(answer), *options)
            sluice = json_lines(self.results)[0]["sluice"]
            self.assertEqual([sluice[k] for k in ("tokens_in", "tokens_out", "tokens_cached")], [75, 1186, 32])

    def test_native_apis_have_their_own_words(self):
        bodies = {"/v1beta/models/gemini-2.5-pro:generateContent": json.dumps({
                      "candidates": [{"content": {"parts": [{"text": "hi"}]}}], "modelVersion": "gemini-2.5-pro",
                      "usageMetadata": {"promptTokenCount": 12, "candidatesTokenCount": 70, "thoughtsTokenCount": 90,
                                        "cachedContentTokenCount": 4, "totalTokenCount": 172}}),
                  "/model/m/converse": json.dumps({"usage": {"inputTokens": 12, "outputTokens": 160, "totalTokens": 176,
                                                             "cacheReadInputTokens": 4}}),
                  "/api/chat": '{"message":{"content":"h"},"done":false}\n'
                               '{"done":true,"prompt_eval_count":12,"eval_count":160}\n',
                  "/v2/chat": json.dumps({"usage": {"billed_units": {"input_tokens": 12, "output_tokens": 160},
                                                    "tokens": {"input_tokens": 900, "output_tokens": 900}}})}
        self.write_input(json.dumps({"custom_id": path, "url": path, "method": "POST", "body": {"contents": []}})
                         for path in bodies)
        last = self.go(self.serve(lambda path, _: ("application/json", bodies[path].encode(), {})), "--provider", "raw",
                       "--price", "1,1", "--price", "gemini-2.5-pro=2,2")
        got = {r["custom_id"]: r["sluice"] for r in json_lines(self.results)}
        self.assertEqual({path: (s["tokens_in"], s["tokens_out"]) for path, s in got.items()},
                         {path: (16 if "converse" in path else 12, 160) for path in bodies})
        self.assertEqual(got["/v1beta/models/gemini-2.5-pro:generateContent"]["model"], "gemini-2.5-pro")
        self.assertAlmostEqual(last["cost"]["usd"], (172 * 2 + 172 * 2 + 176) / 1e6, places=9)

    def test_absurd_counts_hurt_nothing(self):
        usage = {"prompt_tokens": -5, "completion_tokens": "7", "total_tokens": 1e300, "cost": -3,
                 "prompt_tokens_details": {"cached_tokens": 1e18}, "completion_tokens_details": [1]}
        self.write_models("m", "m")
        last = self.go(self.serve(answer_chat(usage, x_litellm_response_cost="nan")), "--price", "3,15")
        self.assertEqual(last["items"]["ok"], 2)
        self.assertLess(last["cost"]["usd"], 0.02)


class Prices(MoneyTest):
    def test_each_model_has_its_price(self):
        api = self.serve(answer_chat(USAGE))
        self.write_models("gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-mini", "openai/gpt-4o", "gpt-4o-mini-audio")
        options = ("--price", "gpt-4o=2,4", "--price", "gpt-4o-mini=0.2,0.4")
        last = self.go(api, *options)
        usd = {m["model"]: m["usd"] for m in last["cost"]["models"]}
        self.assertEqual({m: u and round(u, 6) for m, u in usd.items()},
                         {"gpt-4o": .004, "gpt-4o-2024-08-06": .004, "openai/gpt-4o": .004, "gpt-4o-mini": .0004,
                          "gpt-4o-mini-audio": None})
        self.assertEqual(last["cost"]["unpriced"], 1)
        self.assertAlmostEqual(last["cost"]["usd"], .0124, places=6)
        text = self.report()
        self.assertIn("$0.01 and ? for 1 answer without a price", text)
        self.assertIn("gpt-4o-mini-audio: ?, 1.0k in, 500 out, 1 answer\n", text)
        self.assertIn("gpt-4o-mini: < $0.01", text)
        report = json.loads(self.report("--json"))
        self.assertEqual({m["model"]: m["usd"] for m in report["models"]}, usd)

    def test_a_name_may_be_escaped(self):
        line = json.dumps({"custom_id": "a", "url": "/v1/chat/completions", "method": "POST",
                           "body": {"model": "openai/gpt-m", "messages": [{"role": "user", "content": "x"}]}})
        self.write_input([line.replace("openai/", "openai\\/")])
        last = self.go(self.serve(answer_chat(USAGE)), "--price", "openai/gpt-m=2,4", "--price", "gpt-m=50,50")
        self.assertAlmostEqual(last["cost"]["usd"], .004, places=6)
        self.assertEqual(json_lines(self.results)[0]["sluice"]["model"], "openai/gpt-m")

    def test_a_path_names_a_model_that_no_answer_names(self):
        path = "/model/big/converse"
        self.write_input([json.dumps({"custom_id": "a", "url": path, "method": "POST", "body": {"messages": []}})])
        answer = json.dumps({"usage": {"inputTokens": 1000, "outputTokens": 500, "totalTokens": 1500}}).encode()
        last = self.go(self.serve(lambda *_: ("application/json", answer, {})), "--provider", "raw",
                       "--price", "big=2,4", "--price", "1,1")
        self.assertAlmostEqual(last["cost"]["usd"], .004, places=6)

    def test_the_rest_has_the_price_of_all(self):
        self.write_models("a", "b", "c")
        last = self.go(self.serve(answer_chat(USAGE)), "--price", "10,20", "--price", "a=1,2")
        self.assertAlmostEqual(last["cost"]["usd"], .002 + 2 * .02, places=6)

    def test_the_answer_names_the_model_where_only_that_has_a_price(self):
        def answer(_, body):
            return chat(USAGE, "gpt-4o-2024-08-06")

        self.write_models("my-deployment", None)
        last = self.go(self.serve(answer), "--price", "gpt-4o=2,4")
        self.assertAlmostEqual(last["cost"]["usd"], .008, places=6)
        self.assertEqual([m["model"] for m in last["cost"]["models"]], ["gpt-4o-2024-08-06"])
        self.assertEqual({r["sluice"]["model"] for r in json_lines(self.results)}, {"gpt-4o-2024-08-06"})

    def test_the_configuration_file_has_prices(self):
        config = self.path("config")
        with open(config, "w", encoding="utf-8") as f:
            f.write("[prices]\na = 1,2\nanthropic.claude-v2:0 = 3,6,1\n* = 100,100\nb = 5,5\n")
        self.write_models("a", "b", "anthropic.claude-v2:0")
        last = self.go(self.serve(answer_chat(USAGE)), "--config", config, "--price", "b=0,0")
        self.assertEqual({m["model"]: round(m["usd"], 6) for m in last["cost"]["models"]},
                         {"a": .002, "b": 0, "anthropic.claude-v2:0": .006})
        check = subprocess.run([SLUICE, "check", self.input, "--config", config, "--json"], capture_output=True,
                               text=True, check=True)
        self.assertGreater(json.loads(check.stdout)["cost_in_usd"], 0)
        with open(config, "a", encoding="utf-8") as f:
            f.write("c = cheap\n")
        got, err = self.run_sluice("--url", "http://127.0.0.1:1", "--config", config)
        self.assertEqual(got, 2)
        self.assertIn("config:6", err)

    def test_wrong_prices_are_refused(self):
        self.write_models("a")
        for price in ("1", "a=1", "a=1,2,3,4,5", "a=1,x", "=1,2", "gpt*=1,2", "1,-1", ""):
            got, err = self.run_sluice("--url", "http://127.0.0.1:1", "--price", price)
            self.assertEqual(got, 2, price)
            self.assertIn("--price takes", err)

    def test_stated_costs_win(self):
        for usage, headers, usd in (({**USAGE, "cost": .25}, {}, .25), (USAGE, {"x_litellm_response_cost": "0.125"}, .125),
                                    ({**USAGE, "cost": .25}, {"x_litellm_response_cost": "0.5"}, .5),
                                    ({**USAGE, "cost": 0}, {}, 0)):
            for options in ((), ("--stream",)):
                self.forget_run()
                self.write_models("m")
                last = self.go(self.serve(answer_chat(usage, **headers)), "--price", "3,15", *options)
                self.assertEqual(last["cost"]["usd"], usd)
                self.assertEqual(json_lines(self.results)[0]["sluice"]["cost_usd"], usd)

    def test_what_is_not_known_is_not_zero(self):
        api = self.serve(answer_chat(USAGE))
        self.write_models("a", "b")
        text = self.summary(api)
        self.assertNotIn("$", text)
        self.assertIn("cost       ? for 2 answers without a price", text)
        self.assertIsNone(self.go(api)["cost"]["usd"])
        self.forget_run()
        text = self.summary(api, "--price", "a=0.001,0.001")
        self.assertIn("cost       < $0.01 and ? for 1 answer without a price", text)
        self.assertIn("model      a: < $0.01", text)
        self.assertIn("model      b: ?", text)

    def test_a_price_of_another_model_leaves_the_cost_unknown(self):
        api = self.serve(answer_chat(USAGE))
        self.write_models("a")
        self.assertIn("cost       ? for 1 answer without a price", self.summary(api, "--price", "b=1,2"))
        self.assertIn("?", self.report())
        self.assertNotIn("$", self.report())

    def test_one_model_makes_no_table(self):
        api = self.serve(answer_chat(USAGE))
        self.write_models("a", "a")
        text = self.summary(api, "--price", "3,15")
        self.assertIn("cost       $0.02", text)
        self.assertNotIn("  model ", text)
        self.assertNotIn("  model ", self.report())

    def test_a_resume_restores_what_was_spent_by_model(self):
        usage = {"a": USAGE, "b": {**USAGE, "cost": .25},
                 "c": {**USAGE, "prompt_tokens_details": {"cached_tokens": 400}}}
        api = self.serve(lambda _, body: chat(usage[body["model"]], body["model"]))
        self.write_models("a", "b", "c", "a")
        options = ("--price", "a=1,2", "--price", "c=10,20,1")
        first = self.go(api, *options)
        self.assertAlmostEqual(first["cost"]["usd"], .004 + .25 + (600 * 10 + 400 + 500 * 20) / 1e6, places=6)
        again = self.go(api, *options)
        self.assertEqual(api.requests, 4)
        self.assertEqual(again["cost"]["models"], first["cost"]["models"])
        self.assertEqual(again["cost"]["usd"], first["cost"]["usd"])

    def test_a_first_session_includes_no_other(self):
        api = self.serve(answer_chat(USAGE))
        self.write_models("a")
        self.assertNotIn("earlier sessions", self.summary(api, "--price", "3,15"))
        self.write_models("a", "a")
        self.assertIn("cost       $0.02, earlier sessions included", self.summary(api, "--price", "3,15"))

    def test_stages_of_several_models_are_restored(self):
        pipeline = self.path("p.json")
        with open(pipeline, "w", encoding="utf-8") as f:
            json.dump({"stages": {
                "one": {"url": "/v1/chat/completions", "body": {"model": "a", "messages": []}},
                "two": {"after": ["one"], "url": "/v1/chat/completions", "body": {"model": "b", "messages": []}}}}, f)
        api = self.serve(answer_chat(USAGE))
        self.write_input(json.dumps({"custom_id": f"{i}"}) for i in range(3))
        options = ("--pipeline", pipeline, "--price", "a=1,2", "--price", "b=10,20")
        got, err = self.run_sluice("--url", api.url, "--ui", "json", *options)
        self.assertEqual(got, 0, err)
        first = json.loads(err.splitlines()[-1])
        self.assertEqual({m["model"]: round(m["usd"], 6) for m in first["cost"]["models"]}, {"a": .006, "b": .06})
        again = self.go(api, *options)
        self.assertAlmostEqual(again["cost"]["usd"], first["cost"]["usd"], places=6)


class Budgets(MoneyTest):
    def test_a_budget_counts_stated_costs(self):
        api = self.serve(answer_chat({**USAGE, "cost": .25}))
        self.write_models(*["m"] * 20)
        last = self.go(api, "--budget-usd", "1", code=3)
        self.assertLessEqual(last["cost"]["usd"], 1.25)
        self.assertGreaterEqual(last["cost"]["usd"], .75)
        last = self.go(api, "--budget-usd", "2", code=3)
        self.assertLessEqual(last["cost"]["usd"], 2.25)

    def test_a_budget_that_cannot_be_counted_stops_at_once(self):
        api = self.serve(answer_chat(USAGE))
        self.write_models(*["m"] * 20)
        last = self.go(api, "--budget-usd", "1", code=3)
        self.assertEqual(api.requests, 1)
        self.assertIn("give --price", last["note"])

    def test_a_budget_counts_each_model_with_its_price(self):
        api = self.serve(answer_chat(USAGE))
        self.write_models(*["a", "b"] * 20)
        last = self.go(api, "--budget-usd", "0.1", "--price", "a=1,2", "--price", "b=10,20", "-c", "1", code=3)
        self.assertTrue(.06 <= last["cost"]["usd"] <= .1, last["cost"])
        self.assertIn("budget reached", last["note"])

    def test_an_estimate_alone_stops_nothing(self):
        api = self.serve(answer_chat(USAGE))
        self.write_input([json.dumps({"custom_id": f"{i}", "url": "/v1/chat/completions", "body": {
            "model": "m", "messages": [{"role": "user", "content": "word " * 40000}]}}) for i in range(3)])
        last = self.go(api, "--budget-tokens", "20000")
        self.assertEqual(last["items"]["ok"], 3)

    def test_images_count_flat_until_measured(self):
        api = self.serve(answer_chat(USAGE))
        image = "data:image/png;base64," + base64.b64encode(os.urandom(600000)).decode()
        self.write_input([json.dumps({"custom_id": f"{i}", "url": "/v1/chat/completions", "body": {
            "model": "m", "messages": [{"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": image}}]}]}}) for i in range(8)])
        last = self.go(api, "--budget-tokens", "20000", "-c", "8")
        self.assertEqual(last["items"]["ok"], 8)
        check = subprocess.run([SLUICE, "check", self.input, "--json"], capture_output=True, text=True, check=True)
        self.assertLess(json.loads(check.stdout)["tokens_in"], 8 * 1100)


class Figures(MoneyTest):
    def test_what_is_in_flight_is_projected(self):
        ask = threading.Event()

        def answer(_, body):
            ask.wait(60)
            return chat(USAGE)

        api = self.serve(answer)
        self.addCleanup(ask.set)
        self.write_models(*["m"] * 10)
        process = self.start("--url", api.url, "--ui", "json", "--price", "3,15", "-c", "2")
        seen = None
        for line in process.stderr:
            seen = json.loads(line)
            if seen["items"]["in_flight"] and seen["total_estimate"] == 10:
                break
        self.assertGreater(seen["cost"]["projected_usd"], 0)
        ask.set()
        process.communicate()

    def test_figures_of_items_are_those_of_asked_items(self):
        api = self.serve(answer_chat(USAGE))
        cache = self.path("cache")
        self.write_models(*["a"] * 4)
        self.go(api, "--price", "1,2", "--cache", cache)
        self.forget_run()
        self.write_models(*["a"] * 8)
        last = self.go(api, "--price", "1,2", "--cache", cache)
        self.assertEqual(last["cached"], 4)
        self.assertAlmostEqual(last["cost"]["usd"], 4 * .002, places=6)
        self.assertAlmostEqual(last["cost"]["projected_usd"], 4 * .002, places=6)
        self.assertEqual(last["cost"]["models"][0]["answers"], 4)

    def test_shares_of_a_pack_add_up(self):
        def answer(_, body):
            n = len(body["input"])
            data = [{"object": "embedding", "index": i, "embedding": [1]} for i in range(n)]
            return "application/json", json.dumps({"object": "list", "data": data, "model": "e", "usage": {
                "prompt_tokens": 10 * n, "total_tokens": 10 * n, "cost": .001 * n}}).encode(), {}

        api = self.serve(answer)
        self.write_input(json.dumps({"custom_id": f"{i}", "url": "/v1/embeddings", "body": {
            "model": "e", "input": [f"text {i}"]}}) for i in range(20))
        last = self.go(api, "--pack", "10", "--price", "1,1")
        self.assertEqual(last["tokens_in"], 200)
        self.assertAlmostEqual(last["cost"]["usd"], .02, places=6)
        self.assertAlmostEqual(sum(r["sluice"]["cost_usd"] for r in json_lines(self.results)), .02, places=6)
        again = self.go(api, "--pack", "10", "--price", "1,1")
        self.assertAlmostEqual(again["cost"]["usd"], .02, places=6)


if __name__ == "__main__":
    unittest.main()
