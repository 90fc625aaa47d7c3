"""`sluice serve`: live calls, which pass through to the endpoint while their client waits."""

import http.client
import json
import os
import signal
import socket
import threading

from api_server import ApiServer
from harness import PATIENCE, is_sanitized, main, memory, wait_for
from serving import Server, ServeTest, chat_lines

KEY = "sk-upstream-0123456789abcdef"
CHAT = "/v1/chat/completions"
BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**BODY, "stream": True}
PATHS = {CHAT: BODY, "/v1/completions": {"model": "m", "prompt": "hi"}, "/v1/responses": {"model": "m", "input": "hi"},
         "/v1/embeddings": {"model": "m", "input": "hi"}, "/v1/moderations": {"input": "hi"},
         "/v1/messages": {**BODY, "max_tokens": 9}}


def answer_text(text="hello"):
    return {"id": "x", "object": "chat.completion", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2}}


def event(text=None, **more):
    delta = {"delta": {"content": text}, "finish_reason": None} if text else {"delta": {}, "finish_reason": "stop"}
    return b"data: " + json.dumps({"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, **delta}],
                                   **more}).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
SOON = {"retry-after-ms": "20"}
CLAUDE = {
    "start": b'event: message_start\ndata: {"type":"message_start","message":{"id":"a","type":"message","role":'
             b'"assistant","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\n',
    "overloaded": b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'}


class Scripted(ApiServer):
    """Each request is answered by the next of these functions, the last one again and again."""

    def __init__(self, *script):
        self.script, self.seen = list(script), []
        super().__init__()

    def answer(self, request):
        with self.lock:
            self.seen.append(request)
            play = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        play(request)


def plain(body, status=200, **headers):
    return lambda request: request.reply(body, status, {k.replace("_", "-"): v for k, v in headers.items()})


def begin_stream(request, **headers):
    request.send_response(200)
    for name, value in {"Content-Type": "text/event-stream", "Connection": "close", **headers}.items():
        request.send_header(name, value)
    request.end_headers()
    request.close_connection = True


def streams(*pieces, **headers):
    def play(request):
        begin_stream(request, **headers)
        for piece in pieces:
            request.wfile.write(piece)
    return play


def drops(request):
    request.close_connection = True
    request.connection.shutdown(socket.SHUT_RDWR)


class Stream:
    """A client's view of a stream that is under way."""

    def __init__(self, server, body=None, path=CHAT, buffer=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", server.port))
        data = json.dumps(body or STREAM).encode()
        self.socket.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(data)) + data)

    def answer(self):
        self.response = http.client.HTTPResponse(self.socket)
        self.response.begin()
        return self.response

    def events(self, n):
        """The next n events as they came."""
        out = b""
        while out.count(b"\n\n") < n:
            line = self.response.readline()
            if not line:
                break
            out += line
        return out

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


class LiveTest(ServeTest):
    def setUp(self):
        super().setUp()
        os.environ["OPENAI_API_KEY"] = os.environ["ANTHROPIC_API_KEY"] = KEY
        self.addCleanup(os.environ.pop, "OPENAI_API_KEY")
        self.addCleanup(os.environ.pop, "ANTHROPIC_API_KEY")

    def before(self, *script, options=(), pace=("--pace", "fixed", "-c", "8"), endpoint=None):
        """A service before a scripted API."""
        self.upstream = self.until_end(Scripted(*script))
        where = ("--endpoint", f"a={self.upstream.url},{endpoint}") if endpoint else ("--url", self.upstream.url)
        return self.until_end(Server(self.folder, *where, *pace, *options))

    def stream(self, server, *args, **more):
        return self.until_end(Stream(server, *args, **more))


class Calls(LiveTest):
    def test_every_path_passes_through(self):
        def play(request):
            request.reply({"error": {"message": request.path, "code": "teapot"}}, 418)

        server = self.before(play)
        for path, body in PATHS.items():
            status, headers, answer = server.ask("POST", path, body)
            self.assertEqual((status, answer["error"]["message"]), (418, path))
            self.assertEqual(self.upstream.seen[-1].json(), body)
            self.assertTrue(headers["request-id" if path == "/v1/messages" else "x-request-id"])
        self.assertEqual(server.ask("GET", CHAT)[0], 405)
        self.assertEqual(server.ask("POST", CHAT + "/x", BODY)[0], 404)

    def test_keys_stay_on_their_side(self):
        def play(request):
            key = request.headers.get("Authorization") or request.headers["x-api-key"]
            if request.json().get("stream"):
                begin_stream(request, **{"x-request-id": key})
                whole = event("your key is " + key) + event() + DONE
                for i in range(0, len(whole), 7):
                    request.wfile.write(whole[i:i + 7])
            else:
                request.reply(answer_text(key), headers={"x-request-id": "up-1", "x-ratelimit-note": key, "Set-Cookie": "a",
                                                         "openai-organization": "acme", "x-ratelimit-limit-requests": "9"})

        server = self.before(play)
        mine = {"Authorization": "Bearer client-secret", "x-api-key": "client-secret", "Cookie": "client-secret",
                "Connection": "x-evil", "x-evil": "1", "OpenAI-Organization": "mine", "anthropic-beta": "b-1",
                "X-Client-Request-Id": "call-7", "Idempotency-Key": "i-1"}
        status, headers, answer = server.ask("POST", CHAT, BODY, mine)
        self.assertEqual(status, 200)
        self.assertEqual((headers["x-request-id"], headers["x-ratelimit-limit-requests"]), ("up-1", "9"))
        self.assertNotIn(KEY, str(headers) + json.dumps(answer))
        self.assertIn("[redacted]", answer["choices"][0]["message"]["content"])
        for name in ("Set-Cookie", "openai-organization", "Connection"):
            self.assertIsNone(headers[name])
        came = self.upstream.seen[-1].headers
        self.assertNotIn("client-secret", str(came))
        self.assertEqual(came["Authorization"], "Bearer " + KEY)
        self.assertEqual((came["anthropic-beta"], came["x-client-request-id"], came["idempotency-key"]),
                         ("b-1", "call-7", "i-1"))
        for name in ("Cookie", "x-evil", "OpenAI-Organization", "x-api-key"):
            self.assertIsNone(came[name], name)
        for path, body in ((CHAT, STREAM), ("/v1/messages", {**STREAM, "max_tokens": 1})):
            status, headers, answer = server.ask("POST", path, body, mine)
            self.assertEqual(status, 200)
            self.assertNotIn(KEY, str(headers) + answer.decode())
            self.assertIn(b"your key is", answer)
        self.assertEqual(self.upstream.seen[-1].headers["x-api-key"], KEY)
        self.assertNotIn("client-secret", str(self.upstream.seen[-1].headers))
        self.assertNotIn(KEY, server.log_text())

    def test_a_stream_goes_on_as_it_comes(self):
        more = threading.Event()

        def play(request):
            begin_stream(request)
            request.wfile.write(b": keepalive\n\n" + event("one")[:9])
            request.wfile.write(event("one")[9:])
            more.wait(PATIENCE)
            request.wfile.write(event("two") + event() + DONE)

        server = self.before(play)
        stream = self.stream(server)
        answer = stream.answer()
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "text/event-stream"))
        self.assertEqual(stream.events(2), b": keepalive\n\n" + event("one"))
        more.set()
        self.assertEqual(answer.read(), event("two") + event() + DONE)
        self.assertIn("stream", self.upstream.seen[0].json())
        self.assertNotIn("stream_options", self.upstream.seen[0].json())

    def test_what_is_wrong_is_said_in_the_form_of_the_api(self):
        server = self.before(plain(answer_text()))
        for body in (b"", b"{", b"[]", b'{"model":7}', b'{"model":"m",}'):
            for path in (CHAT, "/v1/messages"):
                status, _, answer = server.ask("POST", path, body)
                self.assertEqual(status, 400, (body, answer))
                self.assertTrue(answer["error"]["message"])
                self.assertEqual(answer.get("type"), "error" if path == "/v1/messages" else None)
        large = self.until_end(socket.create_connection(("127.0.0.1", server.port), PATIENCE))
        large.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n"
                      % (CHAT.encode(), 65 << 20))
        self.assertIn(b" 413 ", large.recv(100))
        self.assertEqual(self.upstream.seen, [])
        self.assertEqual(server.ask("POST", CHAT, {**BODY, "x": "y" * (3 << 20)})[0], 200)

    def test_models_that_no_endpoint_takes_are_not_found(self):
        upstream = self.until_end(Scripted(plain(answer_text())))
        server = self.until_end(Server(self.folder, "--endpoint", f"a={upstream.url},models=m-a",
                                       "--endpoint", f"b={upstream.url},models=m-b", "--default-model", "m-b"))
        self.assertEqual(server.ask("POST", CHAT, {**BODY, "model": "m-a"})[0], 200)
        status, _, answer = server.ask("POST", CHAT, BODY)
        self.assertEqual((status, answer["error"]["code"]), (404, "model_not_found"))
        self.assertEqual(server.ask("POST", CHAT, {"messages": []})[0], 200)
        self.assertEqual(upstream.seen[-1].json(), {"model": "m-b", "messages": []})


class Failures(LiveTest):
    def test_failures_before_the_first_event_are_tried_again(self):
        good = streams(event("fine"), event(), DONE)
        for bad in (plain({"error": {"message": "later"}}, 503, Retry_After="0"), plain({"error": {}}, 429, retry_after_ms="20"),
                    plain({}, 500, retry_after_ms="20"), drops, streams(**SOON), streams(b": wait\n\n", **SOON),
                    streams(b'data: {"error":{"message":"busy"}}\n\n', **SOON), plain(b"<html>", 200, retry_after_ms="20")):
            server = self.before(bad, good)
            status, _, answer = server.ask("POST", CHAT, STREAM)
            self.assertEqual((status, answer), (200, event("fine") + event() + DONE))
            self.assertEqual(len(self.upstream.seen), 2)
            server.end(signal.SIGKILL)

    def test_a_broken_stream_ends_with_an_error_of_the_api(self):
        for path, first, own in ((CHAT, event("one"), b'data: {"error":'), ("/v1/completions", event("one"), b'data: {"error":'),
                                 ("/v1/responses", b'event: response.created\ndata: {"type":"response.created","response":'
                                  b'{"id":"r","output":[]},"sequence_number":0}\n\n', b'event: error\ndata: {"type":"error",'),
                                 ("/v1/messages", CLAUDE["start"], b'event: error\ndata: {"type":"error","error":{"type":')):
            server = self.before(streams(first, first[:9]))
            status, _, answer = server.ask("POST", path, {**PATHS[path], "stream": True})
            self.assertEqual(status, 200)
            self.assertTrue(answer.startswith(first), answer)
            self.assertIn(own, answer)
            last = json.loads(answer.rpartition(b"data: ")[2])
            self.assertIn("cut", last["error"]["message"])
            self.assertEqual(len(self.upstream.seen), 1)
            server.end(signal.SIGKILL)

    def test_an_error_event_of_the_endpoint_passes_once(self):
        server = self.before(lambda request: (begin_stream(request), request.wfile.write(CLAUDE["start"]),
                                              waits.wait(PATIENCE), request.wfile.write(CLAUDE["overloaded"])))
        waits = threading.Event()
        stream = self.stream(server, PATHS["/v1/messages"] | {"stream": True}, "/v1/messages")
        stream.answer()
        self.assertEqual(stream.events(1), CLAUDE["start"])
        waits.set()
        self.assertEqual(stream.response.read(), CLAUDE["overloaded"])

    def test_the_last_failure_is_the_answer(self):
        for play, status, words in (
                (plain({"error": {"message": "no such model", "code": "model_not_found"}}, 404), 404, "no such model"),
                (plain({"error": {"message": "bad field"}}, 400), 400, "bad field"),
                (plain({"error": {"message": "wrong key " + KEY}}, 401), 502, "rejects the service's key"),
                (plain({"error": {"message": "pay", "code": "insufficient_quota"}}, 429), 429, "pay"),
                (plain({"error": {"message": "broken"}}, 500), 500, "broken"),
                (plain(b"<html>", 502), 502, "HTTP 502"), (plain({"choices": []}), 502, ""), (drops, 502, "")):
            server = self.before(play, options=("--max-attempts", "1"))
            got, _, answer = server.ask("POST", CHAT, BODY)
            self.assertEqual(got, status, answer)
            self.assertIn(words, answer["error"]["message"])
            self.assertNotIn(KEY, json.dumps(answer))
            server.end(signal.SIGKILL)

    def test_a_fallback_takes_over(self):
        bad = self.until_end(Scripted(plain({"error": {"message": "no"}}, 404)))
        good = self.until_end(Scripted(plain(answer_text())))
        server = self.until_end(Server(self.folder, "--endpoint", f"a={bad.url},fallback=b",
                                       "--endpoint", f"b={good.url},weight=0"))
        self.assertEqual(server.ask("POST", CHAT, BODY)[0], 200)
        self.assertEqual((len(bad.seen), len(good.seen)), (1, 1))

    def test_an_endpoint_that_takes_nothing_is_said_so_at_once(self):
        server = self.before(plain({"error": {"message": "come back tomorrow"}}, 429, Retry_After="3000"))
        status, headers, answer = server.ask("POST", CHAT, BODY)
        self.assertEqual((status, answer["error"]["message"]), (429, "come back tomorrow"))
        status, headers, answer = server.ask("POST", CHAT, BODY)
        self.assertEqual(status, 503, answer)
        self.assertGreater(int(headers["Retry-After"]), 2000)
        self.assertEqual(len(self.upstream.seen), 1)


class Keys(LiveTest):
    def locked(self, endpoint):
        """A service before an API that wants the key of `self.right`."""
        def play(request):
            good = request.headers["Authorization"] == "Bearer " + self.right
            request.reply(answer_text() if good else {"error": {"message": "wrong key"}}, 200 if good else 401)

        self.right = "sk-first-0123456789"
        self.write_key()
        return self.before(play, endpoint=endpoint)

    def write_key(self):
        with open(self.path("key"), "w", encoding="utf-8") as f:
            f.write(self.right)
        os.chmod(self.path("key"), 0o600)

    def test_a_new_key_is_found_by_the_call_that_was_refused(self):
        for endpoint in ("key-file=" + self.path("key"), "key-command=cat " + self.path("key")):
            server = self.locked(endpoint)
            self.assertEqual(server.ask("POST", CHAT, BODY)[0], 200)
            self.right = "sk-second-0123456789"
            self.write_key()
            status, _, answer = server.ask("POST", CHAT, BODY)
            self.assertEqual(status, 200, answer)
            self.assertEqual(server.ask("POST", CHAT, BODY)[0], 200)
            server.end(signal.SIGKILL)

    def test_a_key_that_comes_late(self):
        server = self.locked("key-file=" + self.path("key"))
        self.right = "sk-second-0123456789"
        status, _, answer = server.ask("POST", CHAT, BODY)
        self.assertEqual((status, answer["error"]["code"]), (502, "upstream_auth"))
        self.write_key()
        wait_for(lambda: server.ask("POST", CHAT, BODY)[0] == 200, "the new key")


class Limits(LiveTest):
    def hold(self, more):
        def play(request):
            more.wait(PATIENCE)
            request.reply(answer_text())
        return play

    def test_the_queue_is_bounded(self):
        more = threading.Event()
        server = self.before(self.hold(more), options=("--max-live", "2"), pace=("--pace", "fixed", "-c", "1"))
        waiting = [self.stream(server, BODY) for _ in range(1)]
        wait_for(lambda: self.upstream.seen, "a request")
        waiting += [self.stream(server, BODY) for _ in range(2)]
        for path, kind in ((CHAT, "rate_limit_error"), ("/v1/messages", "rate_limit_error")):
            answers = wait_for(lambda: (a := server.ask("POST", path, PATHS[path]))[0] == 429 and a, "a refusal") \
                if path == CHAT else server.ask("POST", path, PATHS[path])
            status, headers, answer = answers
            self.assertEqual((status, headers["Retry-After"], answer["error"]["type"]), (429, "1", kind))
        more.set()
        self.assertEqual([s.answer().status for s in waiting], [200] * 3)

    def test_nobody_waits_longer_than_live_wait(self):
        more = threading.Event()
        self.addCleanup(more.set)
        server = self.before(self.hold(more), options=("--live-wait", "300ms"), pace=("--pace", "fixed", "-c", "1"))
        self.stream(server, BODY)
        wait_for(lambda: self.upstream.seen, "a request")
        status, headers, answer = server.ask("POST", CHAT, BODY)
        self.assertEqual((status, headers["Retry-After"]), (429, "1"), answer)

    def test_a_client_that_leaves_cancels_its_call(self):
        gone = threading.Event()

        def play(request):
            begin_stream(request)
            try:
                request.wfile.write(event("one"))
                while not gone.wait(0.01):
                    request.wfile.write(b": ping\n\n")
            except ConnectionError:
                gone.set()
                raise

        server = self.before(play, plain(answer_text()), pace=("--pace", "fixed", "-c", "1"))
        stream = self.stream(server)
        stream.answer()
        stream.events(1)
        waits = self.stream(server, BODY)
        waits.close()
        # the server looks once a second
        wait_for(lambda: server.log_text().count(" POST "), "the end of the waiting one")
        stream.close()
        self.assertTrue(gone.wait(PATIENCE))
        self.assertEqual(server.ask("POST", CHAT, BODY)[0], 200)
        self.assertEqual(len(self.upstream.seen), 2)

    def test_a_slow_reader_pauses_its_endpoint_only(self):
        piece = event("x" * 8000)
        sent = [0]

        def play(request):
            begin_stream(request)
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
            for _ in range(2000):
                request.wfile.write(piece)
                sent[0] += 1
            request.wfile.write(event() + DONE)

        server = self.before(play, plain(answer_text()))
        before = memory(server.process.pid)
        stream = self.stream(server, buffer=1 << 14)
        stream.answer()
        stream.events(1)
        # the sender stands still long before its end
        last = [-1]

        def stands():
            if sent[0] == last[0] and sent[0]:
                return True
            last[0] = sent[0]
            self.assertEqual(server.ask("POST", CHAT, BODY)[0], 200)
            return False

        wait_for(stands, "a pause")
        self.assertLess(sent[0], 1500)
        if not is_sanitized():
            self.assertLess(memory(server.process.pid) - before, 8 << 20)
        rest = stream.response.read()
        self.assertEqual(rest.count(b"x" * 8000), 1999)
        self.assertTrue(rest.endswith(DONE))

    def test_the_end_of_the_service_waits_for_streams(self):
        more = threading.Event()

        def play(request):
            begin_stream(request)
            request.wfile.write(event("one"))
            more.wait(PATIENCE)
            request.wfile.write(event() + DONE)

        server = self.before(play)
        stream = self.stream(server)
        stream.answer()
        stream.events(1)
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: server.ask("GET", "/healthz")[0] == 503, "the end")
        status, _, answer = server.ask("POST", "/v1/messages", PATHS["/v1/messages"])
        self.assertEqual((status, answer["error"]["type"]), (503, "overloaded_error"))
        more.set()
        self.assertEqual(stream.response.read(), event() + DONE)
        self.assertEqual(server.process.wait(PATIENCE), 0)


class Batches(LiveTest):
    def test_live_calls_go_before_a_batch_and_leave_it_a_share(self):
        order, lock = [], threading.Lock()

        def play(request):
            with lock:
                order.append(request.json()["messages"][0]["content"])
            request.reply(answer_text())

        server = self.before(play, pace=("--pace", "fixed", "-c", "1"))
        batch = server.create(server.upload(chat_lines(400, "batch")))
        wait_for(lambda: "batch" in order, "a line")
        live = {**BODY, "messages": [{"role": "user", "content": "live"}]}

        def ask():
            for _ in range(20):
                self.assertEqual(server.ask("POST", CHAT, live)[0], 200)

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        first, last = order.index("live"), len(order) - order[::-1].index("live")
        among = order[first:last]
        self.assertEqual(among.count("live"), 120)
        # at least one of 16, and few more: clients in Python leave gaps
        self.assertGreaterEqual(among.count("batch"), 6)
        self.assertLess(among.count("batch"), 120)
        self.assertEqual(server.wait_for_end(batch)["request_counts"]["completed"], 400)

    def test_kill_9_with_open_streams_loses_no_line(self):
        server = self.before(lambda r: streams(event("a"), *[b": ping\n\n"] * 9)(r) if r.json().get("stream")
                             else r.reply(answer_text()))
        batch = server.create(server.upload(chat_lines(300)))
        open_streams = [self.stream(server) for _ in range(3)]
        wait_for(lambda: server.batch(batch)["request_counts"]["completed"] > 20, "some lines")
        server.end(signal.SIGKILL)
        for stream in open_streams:
            stream.close()
        server = self.until_end(Server(self.folder, "--url", self.upstream.url))
        ended = server.wait_for_end(batch)
        self.assertEqual(ended["request_counts"], {"total": 300, "completed": 300, "failed": 0})
        self.assert_every_line_once(server, ended, [f"item-{i}" for i in range(300)])


if __name__ == "__main__":
    main()
