"""Streamed answers: results are those of unstreamed ones, whatever the network does to the events."""

import json
import os
import signal
import subprocess
import unittest

from api_server import ApiServer
from harness import SLUICE, SOURCE, RunTest, json_lines, wait_for

DATA = os.path.join(SOURCE, "tests", "data", "stream")
BODIES = {
    "/v1/chat/completions": {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
    "/v1/completions": {"model": "m", "prompt": "hi"},
    "/v1/responses": {"model": "gpt-m", "input": "hi"},
    "/v1/messages": {"model": "m", "max_tokens": 999, "messages": [{"role": "user", "content": "hi"}]},
}
OVERLOADED = (b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error",'
              b'"message":"Overloaded"}}\n\n')


class Streamer(ApiServer):
    """An API that answers every request by a function of (its body, the how many-th with this body):
    a list of byte strings that are sent one by one, where None breaks the connection; or a tuple of
    status, headers and body, for what is no stream."""

    def __init__(self, answer_of):
        self.answer_of, self.bodies = answer_of, []
        super().__init__()

    def answer(self, request):
        body = request.json()
        with self.lock:
            n = self.bodies.count(body)
            self.bodies.append(body)
        pieces = self.answer_of(body, n)
        if isinstance(pieces, tuple):
            status, headers, data = pieces
            request.reply(data, status, headers)
            return
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream; charset=utf-8")
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        for piece in pieces:
            if piece is None:
                request.close_connection = True
                return
            request.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        request.wfile.write(b"0\r\n\r\n")


def recorded(name):
    with open(os.path.join(DATA, name), "rb") as f:
        return f.read()


def shape(value):
    """The names in a JSON value, whatever they hold."""
    if isinstance(value, dict):
        return {name: shape(v) for name, v in value.items()}
    if isinstance(value, list):
        return [shape(v) for v in value[:1]]
    return None


class StreamTest(RunTest):
    def streamer(self, answer):
        return self.until_end(Streamer(answer))

    def write_bodies(self, n=1, **more):
        lines = [{"custom_id": f"{path}-{i}", "method": "POST", "url": path, "body": {**body, **more}}
                 for path, body in BODIES.items() for i in range(n)]
        self.write_input(map(json.dumps, lines))
        return [line["custom_id"] for line in lines]

    def run_ok(self, *options):
        code, err = self.run_sluice(*options, "--ui", "none")
        self.assertEqual((code, err), (0, ""))
        return {r["custom_id"]: r for r in json_lines(self.results)}

    def test_results_are_as_without(self):
        mock = self.mock("--latency", "10ms")
        ids = self.write_bodies()
        plain = self.run_ok("--url", mock.url)
        self.forget_run()
        streamed = self.run_ok("--url", mock.url, "--stream")
        self.assert_exactly_once(ids)
        for item in ids:
            body = streamed[item]["response"]["body"]
            expected = shape(plain[item]["response"]["body"])
            if item.startswith("/v1/completions"):
                expected.pop("system_fingerprint")
            self.assertEqual(shape(body), expected)
            sluice = streamed[item]["sluice"]
            self.assertGreater(sluice["tokens_out"], 0)
            self.assertGreater(sluice["tokens_per_s"], 0)
            self.assertLessEqual(sluice["first_token_ms"], sluice["latency_ms"])
            self.assertGreaterEqual(sluice["gap_ms"], 0)
            self.assertNotIn("first_token_ms", plain[item]["sluice"])
        report = json.loads(subprocess.run([SLUICE, "report", "--json", self.results], capture_output=True,
                                           check=True, timeout=20).stdout)
        self.assertLessEqual(report["first_token_ms"]["p50"], report["latency_ms"]["max"])
        self.assertGreaterEqual(report["gap_ms"]["avg"], 0)
        self.assertGreater(report["stream_tokens_per_s"], 0)
        self.assertGreater(report["last_stop"]["session"]["streams"]["tokens_per_s"], 0)

    def test_what_is_asked_for(self):
        server = self.streamer(lambda *_: [recorded("chat.sse")])
        chat, path = BODIES["/v1/chat/completions"], "/v1/chat/completions"
        lines = [{**chat, "n": 1}, {**chat, "n": 2, "stream": True},
                 {**chat, "n": 3, "stream_options": {"x": 1}},
                 {**chat, "n": 4, "stream": True, "stream_options": {"include_usage": False}},
                 {**chat, "n": 5, "stream_options": {}}]
        self.write_input(json.dumps({"custom_id": str(b["n"]), "method": "POST", "url": path, "body": b})
                         for b in lines)
        self.run_ok("--url", server.url, "--stream", "-c", "1")
        got = {b["n"]: b for b in server.bodies}
        self.assertEqual([got[n]["stream"] for n in range(1, 6)], [True] * 5)
        self.assertEqual([got[n]["stream_options"] for n in range(1, 6)],
                         [{"include_usage": True}, {"include_usage": True}, {"x": 1, "include_usage": True},
                          {"include_usage": False}, {"include_usage": True}])
        for body in got.values():
            self.assertEqual(body["messages"], chat["messages"])

    def test_a_line_has_the_last_word(self):
        mock = self.mock("--latency", "5ms")
        ids = self.write_bodies(stream=False)
        results = self.run_ok("--url", mock.url, "--stream")
        for item in ids:
            self.assertNotIn("first_token_ms", results[item]["sluice"])

    def test_a_line_can_ask_by_itself(self):
        mock = self.mock("--latency", "5ms")
        ids = self.write_bodies(stream=True)
        results = self.run_ok("--url", mock.url)
        for item in ids:
            self.assertGreater(results[item]["sluice"]["tokens_out"], 0)
            self.assertIn("first_token_ms", results[item]["sluice"])

    def test_recorded_streams_in_small_pieces(self):
        names = sorted(n[:-4] for n in os.listdir(DATA) if n.endswith(".sse"))

        def answer(body, _):
            text = recorded(body["model"] + ".sse")
            return [text[i:i + 97] for i in range(0, len(text), 97)]

        server = self.streamer(answer)
        paths = {"completion": "completions", "messages": "messages", "responses": "responses"}
        self.write_input(json.dumps({"custom_id": n, "body": {"model": n, "messages": []}, "method": "POST",
                                     "url": "/v1/" + paths.get(n.split("-")[0], "chat/completions")}) for n in names)
        results = self.run_ok("--url", server.url, "--stream")
        for name in names:
            self.assertEqual(results[name]["response"]["body"], json.loads(recorded(name + ".json")), name)

    def test_the_end_counts_and_not_the_last_chunk(self):
        server = self.streamer(lambda *_: [recorded("chat.sse"), None])
        self.write_items(3)
        results = self.run_ok("--url", server.url, "--stream")
        self.assertEqual([r["sluice"]["attempts"] for r in results.values()], [1] * 3)

    def test_a_cut_stream_is_tried_again(self):
        text = recorded("messages.sse")
        server = self.streamer(lambda _, n: [text[:len(text) // 2], None] if n == 0 else [text])
        self.write_input([json.dumps({"custom_id": "a", "params": BODIES["/v1/messages"]})])
        results = self.run_ok("--url", server.url, "--stream")
        self.assertEqual(results["a"]["sluice"]["attempts"], 2)
        attempts = [r for r in json_lines(self.journal) if r.get("event") == "attempt"]
        self.assertEqual([a["outcome"] for a in attempts], ["bad_response"])

    def test_an_error_event_is_judged_by_its_name(self):
        server = self.streamer(lambda _, n: [OVERLOADED] if n == 0 else [recorded("messages.sse")])
        self.write_input([json.dumps({"custom_id": "a", "params": BODIES["/v1/messages"]})])
        results = self.run_ok("--url", server.url, "--stream")
        self.assertEqual(results["a"]["sluice"]["attempts"], 2)
        attempts = [r for r in json_lines(self.journal) if r.get("event") == "attempt"]
        self.assertEqual([a["outcome"] for a in attempts], ["server_error"])

    def test_what_is_no_stream_is_judged_as_without(self):
        plain = json.dumps(json.loads(recorded("chat.json"))).encode()
        refusal = b'{"error":{"message":"%s","type":"%s"}}'
        kinds = {"text/event-stream": "events", "application/json": "json"}
        answers = {}
        for kind, name in kinds.items():
            answers[f"plain-{name}"] = lambda n, kind=kind: (200, {"Content-Type": kind}, plain)
            answers[f"wrong-{name}"] = lambda n, kind=kind: (
                400, {"Content-Type": kind}, refusal % (b"no such model", b"invalid_request_error"))
            answers[f"limit-{name}"] = lambda n, kind=kind: [recorded("chat.sse")] if n else (
                429, {"Content-Type": kind, "Retry-After": "0.2"}, refusal % (b"slow down", b"requests"))
        # neither events nor JSON: a proxy's words
        answers["wrong-words"] = lambda n: (400, {"Content-Type": "text/event-stream"}, b"upstream: no such model")
        # a limit that shows behind a 200, with the wait in its header
        answers["event"] = lambda n: [recorded("chat.sse")] if n else (
            200, {"Content-Type": "text/event-stream", "retry-after-ms": "250"},
            b"event: error\ndata: " + refusal % (b"slow down", b"rate_limit_exceeded") + b"\n\n")
        server = self.streamer(lambda body, n: answers[body["model"]](n))
        self.write_input(json.dumps({"custom_id": m, "method": "POST", "url": "/v1/chat/completions",
                                     "body": {"model": m, "messages": []}}) for m in answers)
        code, err = self.run_sluice("--url", server.url, "--stream", "-c", "1", "--ui", "none")
        self.assertEqual(code, 1, err)
        self.assert_exactly_once(list(answers))
        ok = {r["custom_id"]: r for r in json_lines(self.results)}
        for m, r in ok.items():
            self.assertEqual(r["response"]["body"], json.loads(plain), m)
            self.assertEqual(r["sluice"]["attempts"], 1 if m.startswith("plain") else 2, m)
        failed = {r["custom_id"]: r for r in json_lines(self.errors)}
        self.assertEqual(set(failed), {"wrong-events", "wrong-json", "wrong-words"})
        for r in failed.values():
            self.assertEqual((r["sluice"]["outcome"], r["sluice"]["attempts"]), ("client_error", 1))
            self.assertIn("no such model", json.dumps(r["response"]["body"]))
        limited = [a for a in json_lines(self.journal) if a.get("outcome") == "rate_limited"]
        self.assertEqual(len(limited), 3)
        self.assertGreaterEqual(min(a["wait_ms"] for a in limited), 200, limited)

    def test_a_silent_stream_times_out(self):
        def answer(_, n):
            yield recorded("chat.sse")[:300]
            if n == 0:
                wait_for(lambda: len(server.bodies) > 1, "the second attempt")
                yield None
            yield recorded("chat.sse")[300:]

        server = self.streamer(answer)
        self.write_items(1)
        results = self.run_ok("--url", server.url, "--stream", "--idle-timeout", "300ms")
        self.assertEqual(results["item-0"]["sluice"]["attempts"], 2)
        attempts = [r for r in json_lines(self.journal) if r.get("event") == "attempt"]
        self.assertEqual([a["outcome"] for a in attempts], ["timeout"])

    def test_a_whole_stream_does_not_wait_for_its_connection(self):
        def answer(body, n):
            yield recorded("chat.sse")
            wait_for(lambda: self.done_count() == 3, "results of streams that are whole")

        server = self.streamer(answer)
        self.write_items(3)
        results = self.run_ok("--url", server.url, "--stream", "--idle-timeout", "50s")
        for r in results.values():
            self.assertEqual(r["sluice"]["attempts"], 1)
            self.assertLess(r["sluice"]["latency_ms"], 40000)

    def test_a_cut_response_keeps_its_text(self):
        text = recorded("responses.sse")
        server = self.streamer(lambda *_: [text[:text.index(b'" How"')], None])
        self.write_input([json.dumps({"custom_id": "a", "method": "POST", "url": "/v1/responses",
                                      "body": BODIES["/v1/responses"]})])
        code, _ = self.run_sluice("--url", server.url, "--stream", "--max-attempts", "1", "--ui", "none")
        self.assertEqual(code, 1)
        failed = json_lines(self.errors)[0]
        self.assertIn("the stream was cut", failed["error"]["message"])
        self.assertIn("Hi there!", json.dumps(failed))

    def test_an_endless_answer_is_bounded(self):
        chunk = b'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % (b"x" * 1000)
        server = self.streamer(lambda *_: [chunk] * 100)
        self.write_items(1)
        code, _ = self.run_sluice("--url", server.url, "--stream", "--max-response", "20000", "--ui", "none")
        self.assertEqual(code, 1)
        self.assertEqual(json_lines(self.errors)[0]["sluice"]["outcome"], "too_large")

    def test_cut_and_killed(self):
        mock = self.mock("--latency", "20ms", "--stream-cut", "0.2", "--stream-rate", "2000")
        ids = self.write_items(300)
        run = self.start("--url", mock.url, "--stream", "-c", "16", "--max-attempts", "20", "--ui", "none")
        wait_for(lambda: self.done_count() > 60, "some results")
        run.send_signal(signal.SIGKILL)
        run.communicate()
        results = self.run_ok("--url", mock.url, "--stream", "-c", "16", "--max-attempts", "20")
        self.assert_exactly_once(ids)
        self.assertTrue(all(r["response"]["body"]["choices"][0]["finish_reason"] for r in results.values()))
        self.assertTrue(any(r["sluice"]["attempts"] > 1 for r in results.values()))

    def test_more_than_a_thousand_at_once(self):
        # rather slow streams: all of them are open before the first one ends
        mock = self.mock("--latency", "100ms", "--stream-rate", "20", "--tokens-out", "100")
        ids = self.write_items(1200)
        results = self.run_ok("--url", mock.url, "--stream", "-c", "1200")
        self.assert_exactly_once(ids)
        self.assertTrue(all(r["sluice"]["attempts"] == 1 for r in results.values()))
        self.assertGreater(mock.stats()["peak_in_flight"], 1000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
