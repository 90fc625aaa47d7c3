"""Refusals as they are met in the field: statuses with two meanings, refused stream_options, requests larger
than the limit, errors in every form. Each test has a small server that plays the oddity."""

import json
import os
import re
import unittest

from api_server import ApiServer
from harness import RunTest, chat_line, json_lines

USAGE = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
EVENTS = ({"role": "assistant", "content": ""}, {"content": "On"}, {"content": "e"})
KEY = "sk-SECRET-0123456789abcdef"


def chat(text="One"):
    return {"id": "c", "object": "chat.completion", "usage": USAGE, "choices": [
        {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}


def stream(usage):
    def event(**members):
        return "data: " + json.dumps({"id": "c", "object": "chat.completion.chunk", **members}) + "\n\n"
    text = "".join(event(choices=[{"index": 0, "delta": delta, "finish_reason": None}]) for delta in EVENTS)
    text += event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    return text + (event(choices=[], usage=USAGE) if usage else "") + "data: [DONE]\n\n"


def good(body):
    """What the API answers when nothing is wrong."""
    if "input" in body:
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        return 200, {"object": "list", "model": "m", "usage": {"prompt_tokens": 4, "total_tokens": 4}, "data": [
            {"object": "embedding", "index": i, "embedding": [0.5]} for i in range(len(texts))]}
    return 200, stream("stream_options" in body) if body.get("stream") else chat()


class Odd(ApiServer):
    """A server that answers by a function of (body, text, how many-th request with this text), which returns
    status and body; None: the good answer. `drop`: it closes a used connection without an answer."""

    def __init__(self, answer_of, drop=False):
        self.answer_of, self.drop, self.bodies = answer_of, drop, []
        super().__init__()

    def answer(self, request):
        body = request.json()
        text = body["messages"][-1]["content"] if "messages" in body else body["input"]
        with self.lock:
            self.bodies.append(body)
            nth = sum(1 for b in self.bodies if "messages" not in b or b["messages"][-1]["content"] == text)
        if self.drop and request.served > 1:
            request.close_connection = True
            return
        status, reply = self.answer_of(body, text, nth) or good(body)
        kind = "text/event-stream" if str(reply).startswith("data: ") else "application/json"
        request.reply(reply.encode() if isinstance(reply, str) else reply, status, {"Content-Type": kind})


def error(message, **members):
    return {"error": {"message": message, **members}}


class OddTest(RunTest):
    def odd(self, answer, **options):
        return self.until_end(Odd(answer, **options))

    def write_texts(self, *texts, **more):
        lines = [json.loads(chat_line(text, text)) for text in texts]
        for line in lines:
            line["body"].update(more)
        self.write_input(map(json.dumps, lines))

    def outcomes(self):
        """The final line of every item."""
        return {r["custom_id"]: r for r in json_lines(self.results) + json_lines(self.errors)}

    def assert_all_told(self, odd, err=None):
        """Results, report and journal agree with what the server saw."""
        n = len(odd.bodies)
        self.assertEqual(sum(r["sluice"]["attempts"] for r in self.outcomes().values()), n)
        self.assertEqual(self.last_stop()["session"]["requests"], n)
        told = json.loads(self.report("--json"))
        self.assertEqual((told["attempts"], told["requests"]), (n, n))
        self.assertEqual(told["retries"], n - len(self.outcomes()))
        if err is not None:
            self.assertIn(f"  attempts   {n}, ", err)
            self.assertIn(f" {n - len(self.outcomes())} retries", err)


class StreamOptions(OddTest):
    FORMS = (
        (422, error("stream_options: extra inputs are not permitted")),
        (400, error("Unrecognized request argument supplied: stream_options", type="invalid_request_error")),
        (400, error("Unknown parameter: 'stream_options'.", param="stream_options", code="unknown_parameter")),
        (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"],
                           "msg": "Extra inputs are not permitted", "input": {"include_usage": True}}]}),
        (400, {"detail": "Extra parameters ['stream_options'] are not allowed"}),
        (400, [error('Invalid JSON payload received. Unknown name "stream_options": Cannot find field.', code=400)]),
        (422, "Failed to deserialize the JSON body: unknown field `stream_options` at line 1"),
        (500, {"detail": "create() got an unexpected keyword argument 'stream_options'"}),
        (200, "data: " + json.dumps(error("unknown field stream_options", code=400)) + "\n\n"),
    )

    def refusing(self, status, reply):
        return self.odd(lambda body, *_: (status, reply) if "stream_options" in body else None)

    def test_sent_again_without_and_remembered(self):
        for form in self.FORMS:
            with self.subTest(form):
                self.forget_run()
                odd = self.refusing(*form)
                self.write_texts(*"abcdefgh")
                code, err = self.run_sluice("--url", odd.url, "--stream", "-c", "2", "--max-attempts", "1",
                                            "--ui", "plain")
                self.assertEqual(code, 0, err)
                asked = sum(1 for b in odd.bodies if "stream_options" in b)
                self.assertIn(asked, (1, 2))  # those in flight by then
                self.assertEqual(len(odd.bodies), 8 + asked)
                self.assertTrue(all(b["stream"] for b in odd.bodies))
                self.assert_all_told(odd, err)
                self.assertEqual(err.count("refuses stream_options"), 1, err)
                for r in json_lines(self.results):
                    self.assertNotIn("tokens_out", r["sluice"])
                    self.assertEqual(r["sluice"]["estimated_out"], 2)
                self.assertIn("estimated  about ", err)
                self.assertIn("16 out, which answers did not report", err)
                self.assertIn("16 out, which answers did not report", self.report())
                self.assertEqual(json.loads(self.report("--json"))["estimated_out"], 16)

    def test_usage_is_reported_where_nobody_refuses(self):
        odd = self.odd(lambda *_: None)
        self.write_texts("a")
        code, err = self.run_sluice("--url", odd.url, "--stream", "--ui", "plain")
        self.assertEqual(code, 0, err)
        self.assertEqual(json_lines(self.results)[0]["sluice"]["tokens_out"], 2)
        self.assertNotIn("estimated", err)

    def test_those_of_the_line_stay(self):
        """They are the user's: nothing is taken out of a body."""
        odd = self.refusing(*self.FORMS[1])
        self.write_texts("a", "b", stream=True, stream_options={"include_usage": True})
        code, err = self.run_sluice("--url", odd.url, "--ui", "plain")
        self.assertEqual(code, 1, err)
        self.assertEqual(len(odd.bodies), 2)
        self.assertIn("Unrecognized request argument supplied: stream_options", err)

    def test_a_copied_request_in_another_error_names_nothing(self):
        detail = {"detail": [{"type": "missing", "loc": ["body", "model"], "msg": "Field required",
                              "input": {"stream_options": {"include_usage": True}}}]}
        odd = self.odd(lambda *_: (422, detail))
        self.write_texts("a", "b")
        code, err = self.run_sluice("--url", odd.url, "--stream", "--ui", "plain")
        self.assertEqual(code, 1, err)
        self.assertEqual(len(odd.bodies), 2)
        self.assertIn("body.model: Field required", err)

    def test_stages_of_one_server_learn_it_together(self):
        odd = self.refusing(*self.FORMS[0])
        with open(self.path("p.json"), "w", encoding="utf-8") as f:
            json.dump({"stages": {
                "one": {"body": {"model": "m", "messages": [{"role": "user", "content": "{{title}}"}]}},
                "two": {"after": "one", "body": {"model": "n", "messages": [
                    {"role": "user", "content": "{{one.text}}"}]}}}}, f)
        self.write_input(json.dumps({"custom_id": i, "title": i}) for i in "abcd")
        code, err = self.run_sluice("--url", odd.url, "--pipeline", self.path("p.json"), "--stream", "-c", "1",
                                    "--max-attempts", "1", "--ui", "plain")
        self.assertEqual(code, 0, err)
        self.assertEqual(sum(1 for b in odd.bodies if "stream_options" in b), 1)
        self.assertEqual(len(odd.bodies), 9)
        self.assertEqual(sum(r["sluice"]["attempts"] for r in json_lines(self.results)), 9)
        self.assertEqual(sum(r["sluice"]["retries"] for r in json_lines(self.results)), 1)

    def test_the_cache_and_shared_calls_do_not_mind(self):
        odd = self.refusing(*self.FORMS[0])
        lines = [chat_line(f"{text}{i}", text) for text in "ab" for i in range(3)]
        for expected in (2 + 1, 0):
            self.forget_run()
            self.write_input(lines)
            before = len(odd.bodies)
            code, err = self.run_sluice("--url", odd.url, "--stream", "-c", "1", "--cache", self.path("cache"),
                                        "--dedupe", "--ui", "plain")
            self.assertEqual(code, 0, err)
            self.assertEqual(len(odd.bodies) - before, expected)
            self.assertEqual(len(json_lines(self.results)), 6)


class Statuses(OddTest):
    def test_transient_ones_are_tried_again(self):
        statuses = (408, 409, 423, 424, 425, 498, 499, 500, 502, 503, 504, 520, 529)
        flex = error("Flex tier capacity exceeded", type="invalid_request_error", code="capacity_exceeded")

        def answer(_, text, nth):
            if nth > 2:
                return None
            return (498, flex) if text == "flex" else (int(text), error("try again later"))

        def tried(more):
            odd = self.odd(answer)
            self.write_texts("flex", *map(str, statuses))
            code, err = self.run_sluice("--url", odd.url, "--ui", "plain", *more)
            self.assertEqual(code, 0, err)
            self.assertEqual(len(odd.bodies), 3 * (len(statuses) + 1))
            self.assert_all_told(odd, err)

        self.side_by_side(tried, ((), ("--stream",)))

    AT_FAULT = {
        "vllm": (500, {"object": "error", "message": "bad", "type": "BadRequestError", "code": 400}),
        "vllm-text": (500, "The decoder prompt (length 9000) is longer than the maximum model length of 4096"),
        "openai": (500, error("no such tool", type="invalid_request_error")),
        "context": (503, error("This model's maximum context length is 16384 tokens. However, you requested 122946 "
                               "tokens. Please reduce the length of the messages", code="context_length_exceeded")),
        "cohere": (498, {"id": "1", "message": "the request contains a deny-listed token"}),
        "tgi": (424, {"error": "Input validation error: `inputs` must have less than 4096 tokens",
                      "error_type": "validation"}),
        "gemini": (529, [error("the prompt is no text", code=529, status="INVALID_ARGUMENT")]),
        "client": (400, error("you requested 9000 tokens, the limit is 4096", code="context_length_exceeded")),
        "page": (413, "<html><head><title>413 Request Entity Too Large</title></head></html>"),
    }

    def test_an_input_at_fault_fails_at_once(self):
        for more in ((), ("--stream",)):
            with self.subTest(more):
                self.forget_run()
                odd = self.odd(lambda _, text, __: self.AT_FAULT.get(text))
                self.write_texts("ok", *self.AT_FAULT)
                code, err = self.run_sluice("--url", odd.url, "--ui", "plain", *more)
                self.assertEqual(code, 1, err)
                self.assertEqual(len(odd.bodies), 1 + len(self.AT_FAULT))
                self.assertEqual({r["custom_id"]: r["sluice"]["outcome"] for r in json_lines(self.errors)},
                                 dict.fromkeys(self.AT_FAULT, "client_error"))


class TooLarge(OddTest):
    WORDS = ("Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Requested "
             "45411. The input or output tokens must be reduced in order to run successfully.")

    def test_it_fails_alone_with_the_words_of_the_server(self):
        for status in (429, 413, 400):
            for more in ((), ("--stream",)):
                with self.subTest((status, more)):
                    self.forget_run()
                    odd = self.odd(lambda _, text, __: (status, error(
                        self.WORDS, type="tokens", code="rate_limit_exceeded")) if text == "5" else None)
                    self.write_texts(*map(str, range(30)))
                    code, err = self.run_sluice("--url", odd.url, "--ui", "plain", *more)
                    self.assertEqual(code, 1, err)
                    self.assertEqual(len(odd.bodies), 30)
                    self.assertEqual([r["sluice"]["outcome"] for r in json_lines(self.errors)], ["too_large"])
                    self.assertIn(self.WORDS, err)
                    self.assertIn(self.WORDS, self.report())
                    # the lane neither held nor learned a limit
                    self.assertNotIn("held until", err)
                    self.assertEqual([r for r in json_lines(self.journal) if r["event"] in ("learnt", "change")], [])

    def test_one_that_only_has_to_wait_waits(self):
        words = "Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 20ms"
        odd = self.odd(lambda _, text, nth: (429, error(words, type="tokens", code="rate_limit_exceeded"))
                       if text == "1" and nth < 3 else None)
        self.write_texts(*"012")
        code, err = self.run_sluice("--url", odd.url, "--max-attempts", "1", "--ui", "plain")
        self.assertEqual(code, 0, err)
        self.assertEqual(len(odd.bodies), 5)

    def test_a_pack_is_halved(self):
        def answer(body, *_):
            n = len(body["input"]) if isinstance(body["input"], list) else 1
            return (429, error(f"Request too large: Limit 3000, Requested {n * 1000}")) if n > 3 else None
        odd = self.odd(answer)
        self.write_input(json.dumps({"custom_id": f"e{i}", "method": "POST", "url": "/v1/embeddings", "body": {
            "model": "e", "input": f"text {i}"}}) for i in range(16))
        code, err = self.run_sluice("--url", odd.url, "--pack", "8", "-c", "1", "--ui", "plain")
        self.assertEqual(code, 0, err)
        self.assertEqual(len(json_lines(self.results)), 16)

    def test_a_fallback_may_take_it(self):
        small = self.odd(lambda *_: (429, error(self.WORDS)))
        large = self.odd(lambda *_: None)
        self.write_texts("a")
        code, err = self.run_sluice("--endpoint", f"small={small.url},fallback=large",
                                    "--endpoint", f"large={large.url},weight=0", "--ui", "plain")
        self.assertEqual(code, 0, err)
        self.assertEqual((len(small.bodies), len(large.bodies)), (1, 1))


class Words(OddTest):
    FORMS = {
        "openai": (error("spoken by openai", type="t"), "spoken by openai"),
        "gemini": ([error("spoken by gemini", code=400)], "spoken by gemini"),
        "fastapi": ({"detail": [{"loc": ["body", "n"], "msg": "spoken by fastapi"}]}, "body.n: spoken by fastapi"),
        "detail": ({"detail": "spoken by detail"}, "spoken by detail"),
        "message": ({"message": "spoken by message"}, "spoken by message"),
        "string": ({"error": "spoken by string"}, "spoken by string"),
        "errors": ({"errors": [{"message": "spoken by errors"}]}, "spoken by errors"),
        "apigee": ({"fault": {"faultstring": "spoken by apigee"}}, "spoken by apigee"),
        "aws": ({"Message": "spoken by aws"}, "spoken by aws"),
        "text": ("spoken by text\n", "spoken by text"),
        "page": ("<html><title>spoken by page</title><body>x</body></html>", "spoken by page"),
        "screen": ({"message": "spoken\x1b[2Jby screen"}, "spoken\\x1b[2Jby screen"),
        "key": (error(f"spoken of {KEY} by key"), "spoken of "),
    }

    def answer(self, _, text, __):
        return 400, self.FORMS[text][0]

    def run_with_key(self, odd, *options):
        code, err = self.run_sluice("--url", odd.url, *options, env={**os.environ, "OPENAI_API_KEY": KEY})
        self.assertNotIn(KEY, err)
        self.assertNotIn("\x1b", err)
        return code, err

    def test_they_are_told_in_every_mode(self):
        for form, (_, words) in self.FORMS.items():
            with self.subTest(form):
                self.forget_run()
                odd = self.odd(self.answer)
                self.write_texts(form)
                code, err = self.run_with_key(odd, "--ui", "plain")
                self.assertEqual(code, 1, err)
                warning, summary = err.split("in.jsonl: DONE")
                self.assertIn(words, warning)
                told = re.search(f"  error      (1 time 4xx client( \\(400\\))?, last item {form}: .*)\n", summary)
                self.assertTrue(told, summary)
                self.assertEqual(told[1].count("400"), 1, "the status is said once")
                self.assertIn(words, summary)
                self.assertIn(words, self.report())
                self.assertNotIn(KEY, self.report())
                told = json.loads(self.report("--json"))["errors"]
                self.assertEqual([(e["outcome"], e["status"], e["attempts"], e["sample"]) for e in told],
                                 [("client_error", 400, 1, form)])
                self.assertIn(words, told[0]["message"])
                self.forget_run()
                code, err = self.run_with_key(odd, "--ui", "json")
                self.assertEqual(code, 1, err)
                last = json.loads(err.splitlines()[-1])["errors"]
                self.assertEqual([(e["outcome"], e["attempts"], e["failed"], e["sample"]) for e in last],
                                 [("client_error", 1, 1, form)])
                self.assertIn(words, last[0]["message"])

    def test_so_are_those_of_what_is_tried_again(self):
        odd = self.odd(lambda _, text, nth: (503, error("the model is being loaded")) if nth < 3 else None)
        self.write_texts(*"abc")
        code, err = self.run_sluice("--url", odd.url, "--ui", "plain")
        self.assertEqual(code, 0, err)
        self.assertIn("  error      6 times 5xx server (503), last item ", err)
        self.assertIn(": the model is being loaded", err)
        self.assertIn("  error       6 times server_error (503), last item ", self.report())


class Resent(OddTest):
    def test_every_request_that_left_is_told(self):
        odd = self.odd(lambda *_: None, drop=True)
        self.write_texts(*map(str, range(12)))
        for more in ((), ("--stream",)):
            with self.subTest(more):
                self.forget_run()
                del odd.bodies[:]
                code, err = self.run_sluice("--url", odd.url, "-c", "2", "--ui", "plain", *more)
                self.assertEqual(code, 0, err)
                self.assertGreater(len(odd.bodies), 12)
                self.assert_all_told(odd, err)


if __name__ == "__main__":
    unittest.main()
