"""Answers that are none although their status is 2xx, and good answers in an odd form.  The first are
judged by what they say and never kept; the second are taken as they are and never paid for twice."""

import collections
import json
import os
import shutil
import struct
import unittest

from api_server import ApiServer
from harness import RunTest, TlsServer, chat_line, json_lines, main

PATHS = {
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
    "embeddings": "/v1/embeddings",
}
EVENTS = "text/event-stream"
BOM = b"\xef\xbb\xbf"
SOON = [("retry-after-ms", "1")]
STREAMED = {"unstreamed": (), "streamed": ("--stream",)}


def request_line(api, case):
    """An item that asks the API for a case of the server's."""
    body = {"chat": {"messages": [{"role": "user", "content": case}]}, "completions": {"prompt": case},
            "responses": {"input": case}, "embeddings": {"input": case},
            "messages": {"max_tokens": 9, "messages": [{"role": "user", "content": case}]}}[api]
    return json.dumps({"custom_id": f"{api} {case}", "method": "POST", "url": PATHS[api],
                       "body": {"model": "gpt-m", **body}})


def case_of(body):
    """The case that a request asks for, also as one of several in a pack."""
    said = body.get("prompt") or body.get("input") or body["messages"][0]["content"]
    return said if isinstance(said, str) else said[0]


def chat(text="hey", finish="stop", **message):
    return {"id": "c", "object": "chat.completion", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}]}


def good(api, body):
    """A good answer of the API."""
    if api == "embeddings":
        inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
        return {"object": "list", "data": [{"index": i, "embedding": [0.5]} for i in range(len(inputs))]}
    return {"chat": chat(), "completions": {"choices": [{"index": 0, "text": "hey", "finish_reason": "stop"}]},
            "messages": {"type": "message", "content": [{"type": "text", "text": "hey"}],
                         "stop_reason": "end_turn"},
            "responses": {"object": "response", "status": "completed", "output": [
                {"type": "message", "content": [{"type": "output_text", "text": "hey"}]}]}}[api]


def events(*objects, done=True):
    data = b"".join(b"data: " + json.dumps(o).encode() + b"\n\n" for o in objects)
    return data + b"data: [DONE]\n\n" * done


def chunks(*deltas, finish="stop"):
    choices = [{"index": 0, "delta": d} for d in deltas] + [{"index": 0, "delta": {}, "finish_reason": finish}]
    return [{"id": "c", "object": "chat.completion.chunk", "choices": [c]} for c in choices]


HEY = chunks({"role": "assistant", "content": "he"}, {"content": "y"})


class Reply:
    """Bytes, and how they come."""

    def __init__(self, body, kind="application/json", framing="length", headers=()):
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.kind, self.framing, self.headers = kind, framing, headers


class Server(ApiServer):
    """Answers each request by a function of (API, body, the how many-th with this body)."""

    def __init__(self, answer_of):
        self.answer_of, self.seen, self.requests = answer_of, collections.Counter(), 0
        super().__init__()

    def answer(self, request):
        with self.lock:
            nth = self.seen[request.path, request.body]
            self.requests += 1
            self.seen[request.path, request.body] += 1
        api = next(a for a, path in PATHS.items() if request.path.endswith(path))
        send(request, self.answer_of(api, request.json(), nth))


def send(request, reply):
    request.send_response(200)
    for name, value in [("Content-Type", reply.kind)] * bool(reply.kind) + list(reply.headers):
        request.send_header(name, value)
    if reply.framing == "length":
        request.send_header("Content-Length", str(len(reply.body)))
    elif reply.framing == "close":
        request.send_header("Connection", "close")
    else:
        request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    if reply.framing in ("length", "close"):
        request.wfile.write(reply.body)
        return
    size = 1 if reply.framing == "bytes" else len(reply.body)
    for at in range(0, len(reply.body), size):
        piece = reply.body[at:at + size]
        request.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    if reply.framing == "cut":
        request.close_connection = True
    else:
        request.wfile.write(b"0\r\n\r\n")


def error(code=None, **more):
    return {"error": {"message": "said so", "code": code, **more}}


# case: (outcome, {API: body}); each is also sent as the only event of a stream
NO_ANSWERS = {
    "null": ("bad_response", {"chat": {"id": None, "choices": None}, "messages": {"content": None},
                              "embeddings": {"data": None}, "responses": {"output": None}}),
    "empty": ("bad_response", {"chat": {"choices": []}, "completions": {"choices": []}, "embeddings": {"data": []},
                               "messages": {}, "responses": {}}),
    "no message": ("bad_response", {"chat": {"choices": [{"index": 0, "message": None, "finish_reason": "stop"}]},
                                    "completions": {"choices": [{"index": 0, "text": None}]}}),
    "finish": ("bad_response", {"chat": chat("he", "error"), "completions": {"choices": [
        {"text": "he", "finish_reason": "error"}]}}),
    "status": ("bad_response", {"responses": {"status": "failed", "error": None, "output": []}}),
    "other code": ("bad_response", {a: {"code": 17, "message": "said so"} for a in PATHS}),
    "text": ("bad_response", {a: {"error": "said so, at some length"} for a in PATHS}),
    "code": ("server_error", {a: {"code": 503, "message": "said so"} for a in PATHS}),
    "error": ("server_error", {a: error(502) for a in PATHS}),
    "word": ("server_error", {a: error(None, type="overloaded_error") for a in PATHS}),
    "list": ("server_error", {a: [error("503", status="UNAVAILABLE")] for a in PATHS}),
    "in the choice": ("server_error", {"chat": {"choices": [
        {"index": 0, "message": {"content": "he"}, "finish_reason": "error", "error": {"code": 502}}]}}),
    "failed": ("server_error", {"responses": {"status": "failed", "output": [],
                                              "error": {"code": "server_error", "message": "said so"}}}),
    "type": ("server_error", {"messages": {"type": "error", "error": {"type": "api_error", "message": "said so"}}}),
    "ping": ("bad_response", {a: {"type": "ping"} for a in PATHS}),
    "fault": ("client_error", {a: error(400, type="invalid_request_error") for a in PATHS}),
}
LIMITS = {
    "object": error(429), "quoted": error("429"), "word": error("rate_limit_exceeded"),
    "bare": {"code": 429, "message": "said so"}, "list": [error(429, status="RESOURCE_EXHAUSTED")],
    "text": {"error": "Too Many Requests"}, "type": {"type": "error", "error": {"type": "rate_limit_error"}},
}
# Errors in the middle of streams, behind a part of an answer
MID_STREAM = {
    "event": events(HEY[0], error(502)),
    "named": events(HEY[0], done=False) + b'event: error\ndata: {"code":502,"message":"said so"}\n\n',
    "chunk": events(HEY[0], {**chunks(finish="error")[0], **error(502)}),
    "choice": events(HEY[0], {"choices": [{"index": 0, "delta": {}, "finish_reason": "error",
                                           "error": {"code": 502}}]}),
    "bare": events(HEY[0], {"code": 502, "message": "said so"}),
    "no event": events(HEY[0], done=False) + b'{"error":{"code":502,"message":"said so"}}\n',
    "field": events(HEY[0], done=False) + b'error: {"code":502,"message":"said so"}\n\n',
    "list": events(HEY[0], [error(502)]),
}
WHOLE = events(*HEY)
OPEN = events(*HEY, done=False)
# Good answers to chats in odd forms
FORMS = {
    "no end mark": Reply(OPEN, EVENTS),
    "no end mark, chunked": Reply(OPEN, EVENTS, "chunked"),
    "no end mark, until the end": Reply(OPEN, EVENTS, "close"),
    "no end mark, without a blank line": Reply(OPEN.rstrip(), EVENTS),
    "another type": Reply(WHOLE, "text/plain"),
    "the type of JSON": Reply(WHOLE, "application/json"),
    "no type": Reply(WHOLE, None),
    "no type, no end mark": Reply(OPEN, None, "chunked"),
    "no type, byte by byte": Reply(WHOLE, None, "bytes"),
    "a comment first": Reply(b": wait\n\n" + WHOLE, "text/plain"),
    "a ping first": Reply(b'event: ping\ndata: {"type": "ping"}\n\n' + WHOLE, EVENTS),
    "a ping without a name": Reply(b'data: {"type": "ping"}\n\n' + WHOLE, EVENTS),
    "a ping that is no JSON": Reply(b"event: ping\ndata: 12:00\n\n" + WHOLE, EVENTS),
    "blanks first": Reply(b"\n\n" + WHOLE, EVENTS, "bytes"),
    "BOM": Reply(BOM + WHOLE, EVENTS),
    "BOM, no type": Reply(BOM + WHOLE, None, "bytes"),
    "a whole answer in an event": Reply(events(chat()), EVENTS),
    "a whole answer in an event, no end mark": Reply(events(chat(), done=False), EVENTS),
    "JSON": Reply(chat()),
    "JSON as a stream": Reply(chat(), EVENTS),
    "JSON as a stream, blanks first": Reply(b"\r\n \n" + json.dumps(chat()).encode(), EVENTS, "bytes"),
    "JSON without a type": Reply(chat(), None),
    "JSON, BOM": Reply(BOM + json.dumps(chat()).encode()),
    "JSON, BOM, as a stream": Reply(BOM + json.dumps(chat()).encode(), EVENTS, "bytes"),
    "JSON, end mark": Reply(json.dumps(chat()).encode() + b"data: [DONE]\n\n"),
    "JSON, end mark, as a stream": Reply(json.dumps(chat()).encode() + b"\n\ndata: [DONE]\n\n", EVENTS),
    "JSON, blanks": Reply(b"\n\n \t" + json.dumps(chat()).encode() + b"\r\n\n"),
}
CALL = {"id": "x", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLS = {
    "chat": (chat(None, "tool_calls", tool_calls=[CALL]),
             events(*chunks({"role": "assistant", "content": None, "tool_calls": [{"index": 0, **CALL}]},
                            finish="tool_calls"))),
    "messages": ({"type": "message", "content": [{"type": "tool_use", "id": "x", "name": "f", "input": {}}],
                  "stop_reason": "tool_use"},
                 events({"type": "message_start", "message": {"type": "message", "content": []}},
                        {"type": "content_block_start", "index": 0,
                         "content_block": {"type": "tool_use", "id": "x", "name": "f", "input": {}}},
                        {"type": "content_block_delta", "index": 0,
                         "delta": {"type": "input_json_delta", "partial_json": "{}"}},
                        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
                        {"type": "message_stop"}, done=False)),
    "responses": ({"status": "completed", "output": [{"type": "function_call", "name": "f", "arguments": "{}"}]},
                  events({"type": "response.completed", "response": {"status": "completed", "output": [
                      {"type": "function_call", "name": "f", "arguments": "{}"}]}}, done=False)),
}


class OddAnswers(RunTest):
    def server(self, answer):
        return self.until_end(Server(answer))

    def run_at(self, server, lines, *options):
        """A run of these lines that finds nothing of an earlier one but its cache."""
        self.forget_run()
        self.write_input(lines)
        return self.run_sluice("--url", server.url, "--provider", "openai", "--pace", "fixed", "-c", "2",
                               "--ui", "none", *options)

    def test_what_is_no_answer_fails_by_what_it_says(self):
        def answer(api, body, _nth):
            said = NO_ANSWERS[case_of(body)][1][api]
            if body.get("stream"):
                return Reply(events(said), EVENTS, headers=SOON)
            return Reply(said, EVENTS if case_of(body) == "error" else "application/json", headers=SOON)

        server = self.server(answer)
        for case, (outcome, bodies) in NO_ANSWERS.items():
            for how, options in STREAMED.items():
                with self.subTest(f"{case}, {how}"):
                    code, err = self.run_at(server, [request_line(a, case) for a in bodies],
                                            "--max-attempts", "2", *options)
                    self.assertEqual(code, 1, err)
                    failed = json_lines(self.errors)
                    attempts = 1 if outcome == "client_error" else 2
                    self.assertEqual({r["custom_id"]: (r["sluice"]["outcome"], r["sluice"]["attempts"])
                                      for r in failed}, {f"{a} {case}": (outcome, attempts) for a in bodies})
                    self.assertTrue(all(r["response"]["status_code"] == 200 for r in failed))

    def test_errors_in_the_middle_of_a_stream_are_judged_by_their_code(self):
        server = self.server(lambda api, body, nth: Reply(MID_STREAM[case_of(body)], EVENTS))
        for case in MID_STREAM:
            with self.subTest(case):
                code, err = self.run_at(server, [request_line("chat", case)], "--stream", "--max-attempts", "1")
                self.assertEqual(code, 1, err)
                self.assertEqual(json_lines(self.errors)[0]["sluice"]["outcome"], "server_error")

    def test_a_limit_behind_a_2xx_waits_and_spends_no_attempt(self):
        def answer(api, body, nth):
            if nth >= 2:
                return Reply(good(api, body))
            limit = LIMITS[case_of(body)]
            return Reply(events(limit), EVENTS) if body.get("stream") else Reply(limit)

        def waits(how):
            server = self.server(answer)
            lines = [request_line(api, case) for api in PATHS for case in LIMITS]
            code, err = self.run_at(server, lines, "--max-attempts", "1", *STREAMED[how])
            self.assertEqual(code, 0, err)
            self.assertEqual(server.requests, 3 * len(lines))

        self.side_by_side(waits, STREAMED)

    def test_a_quota_behind_a_2xx_holds(self):
        """The item is not failed: it is asked again when the quota may be there."""
        said = {"day": error(429, type="tokens"), "paid": error(None, type="insufficient_quota")}
        said["day"]["error"]["message"] = "Limit reached on tokens per day (TPD)"
        for case, body in said.items():
            with self.subTest(case):
                server = self.server(lambda api, b, nth, body=body: Reply(body))
                self.write_input([request_line("chat", case)])
                process = self.start("--url", server.url, "--ui", "plain", "--max-attempts", "1")
                line = next(text for text in process.stderr if b"quota" in text)
                self.assertIn(b"held", line)
                process.terminate()
                process.communicate()
                self.assertEqual(self.last_stop()["items"]["failed"], 0)
                self.forget_run()

    def test_good_answers_are_taken_in_any_form(self):
        server = self.server(lambda api, body, nth: FORMS[case_of(body)])
        for how, options in STREAMED.items():
            with self.subTest(how):
                server.requests = 0
                code, err = self.run_at(server, [request_line("chat", case) for case in FORMS],
                                        "--expect", "text", "--max-attempts", "1", *options)
                self.assertEqual((code, err), (0, ""), [r["custom_id"] for r in json_lines(self.errors)])
                for r in json_lines(self.results):
                    choice = r["response"]["body"]["choices"][0]
                    self.assertEqual(choice["message"], {"role": "assistant", "content": "hey"}, r["custom_id"])
                    self.assertEqual(choice["finish_reason"], "stop")
                self.assertEqual(server.requests, len(FORMS))

    def test_streams_of_all_dialects_end_without_an_end_mark(self):
        said = {
            "completions": [{"choices": [{"index": 0, "text": "hey", "finish_reason": "stop"}]}],
            "messages": [{"type": "message_start", "message": {"type": "message", "content": []}},
                         {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                         {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hey"}},
                         {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}],
            "responses": [{"type": "response.done", "response": good("responses", {})}],
        }
        server = self.server(lambda api, body, nth: Reply(events(*said[api], done=False), EVENTS, "chunked"))
        code, err = self.run_at(server, [request_line(api, "x") for api in said], "--stream", "--expect", "text")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(server.requests, len(said))

    def test_a_cut_stream_stays_cut(self):
        server = self.server(lambda api, body, nth: Reply(OPEN if nth else events(HEY[0], done=False), EVENTS,
                                                          "cut" if case_of(body) == "cut" else "length"))
        code, err = self.run_at(server, [request_line("chat", "cut"), request_line("chat", "short")], "--stream",
                                "--max-attempts", "2")
        self.assertEqual(code, 1, err)
        failed = json_lines(self.errors)
        self.assertEqual([r["custom_id"] for r in failed], ["chat cut"])
        self.assertIn("the stream was cut", failed[0]["error"]["message"])
        self.assertEqual(json_lines(self.results)[0]["sluice"]["attempts"], 2)

    def test_empty_answers_of_the_api_are_ok(self):
        said = {"stop": chat(""), "filter": chat(None, "content_filter"), "refusal": chat(None, refusal="no"),
                "calls": CALLS["chat"][0],
                "none": {"choices": [{"message": {"role": "assistant"}, "finish_reason": "length"}]}}
        server = self.server(lambda api, body, nth: Reply(said[case_of(body)]))
        code, err = self.run_at(server, [request_line("chat", case) for case in said])
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(server.requests, len(said))

    def test_only_answers_are_cached_and_shared(self):
        """A cache holds what was an answer, in whatever form it came, and nothing else."""
        def answer(api, body, nth):
            if case_of(body) == "null" and not nth:
                return Reply(NO_ANSWERS["null"][1]["chat"])
            return FORMS["no end mark" if body.get("stream") else "JSON, end mark"]

        server = self.server(answer)
        twice = [json.dumps({**json.loads(request_line("chat", case)), "custom_id": f"{case} {i}"})
                 for case in ("null", "x") for i in range(2)]
        cache = ("--cache", self.path("cache"), "--dedupe")
        code, err = self.run_at(server, twice, "--max-attempts", "1", *cache)
        self.assertEqual(code, 1, err)
        self.assertEqual([r["custom_id"] for r in json_lines(self.errors)], ["null 0"])
        self.assertEqual(server.requests, 3)
        code, err = self.run_at(server, twice, "--stream", "--max-attempts", "1", *cache)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(server.requests, 3)
        self.assertTrue(all({"cached", "same_as_line"} & set(r["sluice"]) for r in json_lines(self.results)))

    def test_answers_that_an_earlier_release_kept_are_judged_again(self):
        """A plain call's 2xx is kept whatever it holds; it is no answer to the same call as a chat."""
        server = self.server(lambda api, body, nth: Reply({"choices": None}) if not nth else Reply(chat()))
        line = json.loads(request_line("chat", "x"))
        cache = ("--cache", self.path("cache"))
        code, err = self.run_at(server, [json.dumps(line)], "--provider", "raw", *cache)
        self.assertEqual((code, err), (0, ""))
        code, err = self.run_at(server, [json.dumps(line)], *cache)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(json_lines(self.results)[0]["response"]["body"], chat())

    def test_packs(self):
        """A pack without data is asked for again; one in an odd form is split as any other."""
        def answer(api, body, nth):
            if not nth:
                return Reply({"data": None})
            return Reply(BOM + json.dumps(good(api, body)).encode() + b"\n")

        server = self.server(answer)
        code, err = self.run_at(server, [request_line("embeddings", str(i)) for i in range(8)], "--pack", "4",
                                "--max-attempts", "5")
        self.assertEqual(code, 0, err)
        self.assertEqual(len(json_lines(self.results)), 8)

    def test_a_pack_with_a_bad_item_behind_a_2xx_is_split(self):
        server = self.server(lambda api, body, nth: Reply(error(400) if "bad" in body["input"] else good(api, body)))
        lines = [request_line("embeddings", case) for case in ("1", "2", "bad", "4", "5", "6", "7", "8")]
        code, err = self.run_at(server, lines, "--pack", "8", "--max-attempts", "1")
        self.assertEqual(code, 1, err)
        self.assertEqual([(r["custom_id"], r["sluice"]["outcome"]) for r in json_lines(self.errors)],
                         [("embeddings bad", "client_error")])

    def test_stages(self):
        """A stage's answer in an odd form feeds the next; one that is none is asked for again."""
        def answer(api, body, nth):
            if case_of(body) == "T":
                return FORMS["JSON, BOM"] if nth else Reply({"choices": None})
            return Reply(chat(case_of(body)))

        server = self.server(answer)
        with open(self.path("pipeline.json"), "w", encoding="utf-8") as f:
            json.dump({"stages": {
                "a": {"body": {"model": "m", "messages": [{"role": "user", "content": "{{title}}"}]}},
                "b": {"after": "a",
                      "body": {"model": "m", "messages": [{"role": "user", "content": "{{a.text}} you"}]}},
            }}, f)
        self.write_input([json.dumps({"custom_id": "r", "title": "T"})])
        code, err = self.run_sluice("--url", server.url, "--pipeline", self.path("pipeline.json"), "--ui", "none")
        self.assertEqual(code, 0, err)
        self.assertEqual(json_lines(self.results)[0]["response"]["body"], chat("hey you"))
        self.assertEqual(server.requests, 3)

    def test_tool_calls_meet_an_expectation_but_for_text(self):
        server = self.server(lambda api, body, nth: Reply(CALLS[api][1], EVENTS) if body.get("stream")
                             else Reply(CALLS[api][0]))
        for how, options in STREAMED.items():
            for expected, is_met in {"--expect-nonempty": True, "--expect=json": True, "--expect=text": False}.items():
                with self.subTest(f"{expected}, {how}"):
                    server.requests = 0
                    code, err = self.run_at(server, [request_line(api, "x") for api in CALLS], expected,
                                            "--expect-attempts", "1", *options)
                    self.assertEqual(code, 0 if is_met else 1, err)
                    self.assertEqual(server.requests, len(CALLS))
                    self.assertEqual({r["error"]["code"] for r in json_lines(self.errors)},
                                     set() if is_met else {"expect_text"})

    def test_a_plain_call_is_ok_by_its_status(self):
        server = self.server(lambda api, body, nth: Reply(error(429)))
        code, err = self.run_at(server, [request_line("chat", "x")], "--provider", "raw")
        self.assertEqual((code, err), (0, ""))


class EarlyServer(TlsServer):
    """HTTP/2 over TLS, by hand: answers each request once its head has come, and takes no more of it than
    the first window.  `behind` is how it ends the stream once the client has seen the answer: an error code,
    "goaway", or None: not at all.  When these come in one go, libcurl 7.88 does not deliver the answer."""

    DATA, HEADERS, RST, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7

    def __init__(self, folder, behind, length=True):
        self.behind, self.length, self.requests = behind, length, 0
        super().__init__(folder, "h2")

    @staticmethod
    def frame(kind, flags, stream, payload=b""):
        return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload

    def answer(self, stream):
        """A whole answer, and a ping, which is answered when that was seen."""
        body = json.dumps(chat()).encode()
        head = b"\x88" + b"\x0f\x10\x10application/json"
        if self.length:
            head += b"\x0f\x0d" + bytes([len(str(len(body)))]) + str(len(body)).encode()
        return (self.frame(self.HEADERS, 4, stream, head) + self.frame(self.DATA, 1, stream, body) +
                self.frame(self.PING, 0, 0, struct.pack(">Q", stream)))

    def end(self, stream):
        if self.behind is None:
            return b""
        if self.behind == "goaway":
            return self.frame(self.GOAWAY, 0, 0, struct.pack(">II", stream, 0))
        return self.frame(self.RST, 0, stream, struct.pack(">I", self.behind))

    def serve(self, connection):
        try:
            with self.context.wrap_socket(connection, server_side=True) as tls:
                stream = tls.makefile("rb")
                stream.read(24)
                tls.sendall(self.frame(self.SETTINGS, 0, 0))
                while True:
                    head = stream.read(9)
                    if len(head) < 9:
                        return
                    length, kind, number = int.from_bytes(head[:3], "big"), head[3], int.from_bytes(head[5:], "big")
                    payload = stream.read(length)
                    if kind == self.SETTINGS and not head[4] & 1:
                        tls.sendall(self.frame(self.SETTINGS, 1, 0))
                    if kind == self.HEADERS:
                        self.requests += 1
                        tls.sendall(self.answer(number))
                    if kind == self.PING:
                        tls.sendall(self.end(struct.unpack(">Q", payload)[0]))
        except OSError:
            pass


@unittest.skipUnless(shutil.which("openssl"), "no openssl to make a certificate with")
class EarlyAnswers(RunTest):
    def test_an_answer_before_the_request_was_read_counts(self):
        """The server takes no more than the first window of the request, and its answer was whole."""
        self.make_certificate()
        environment = {**os.environ, "CURL_CA_BUNDLE": self.path("cert.pem"), "OPENAI_API_KEY": "k"}
        no_error, cancel = 0, 8
        for behind, length in ((no_error, True), (no_error, False), (cancel, True), ("goaway", True), (None, True)):
            with self.subTest(f"{behind}, length {length}"):
                server = self.until_end(EarlyServer(self.folder, behind, length))
                self.forget_run()
                self.write_input(chat_line(f"item-{i}", "x" * 300000) for i in range(3))
                code, err = self.run_sluice("--url", server.url, "--ui", "none", "-c", "1", "--max-attempts", "1",
                                            "--idle-timeout", "20s", env=environment)
                self.assertEqual(code, 0, err + str([r["error"] for r in json_lines(self.errors)]))
                self.assertEqual(server.requests, 3)


if __name__ == "__main__":
    main()
