"""Where the parts of a service meet: tokens and sockets, live calls and limits, keys and answers."""

import asyncio
import hashlib
import json
import os
import socket
import subprocess
import threading

import websockets
from harness import PATIENCE, SLUICE, main, wait_for
from serving import Server
from test_live import BODY, CHAT, KEY, STREAM, LiveTest, begin_stream, event, streams
from test_serve_fair import Client
from test_serve_models import Upstream


class SeamTest(LiveTest):
    def write_tokens(self, **limits):
        """A token file in which each client's token is its name."""
        path = self.path("tokens")
        with open(path + ".new", "w", encoding="utf-8") as f:
            for name, words in limits.items():
                f.write(f"{name}:{hashlib.sha256(name.encode()).hexdigest()} {words}\n")
        os.rename(path + ".new", path)
        return path

    def client(self, server, token="", **more):
        headers = {"Authorization": "Bearer " + token} if token else {}
        return websockets.connect(f"ws://127.0.0.1:{server.port}/stream", extra_headers=headers, open_timeout=PATIENCE,
                                  **more)

    @staticmethod
    async def prompt(client, text="hi", model="m"):
        """The messages of its answer."""
        await client.send(json.dumps({"prompt": text, "model": model}))
        got = []
        while not got or "token" in got[-1]:
            got.append(json.loads(await asyncio.wait_for(client.recv(), PATIENCE)))
        return got

    def clients(self, server):
        """What the operator sees of each client."""
        out = subprocess.run([SLUICE, "ctl", str(server.process.pid), "clients", "--json"], capture_output=True,
                             check=True, timeout=PATIENCE).stdout
        return {c["name"]: c for c in json.loads(out)["clients"]}


class Tokens(SeamTest):
    def test_a_socket_closes_when_its_token_is_gone(self):
        server = self.serve("--token-file", self.write_tokens(ann="", bob=""))

        async def go():
            async with self.client(server, "ann") as ann, self.client(server, "bob") as bob:
                self.assertEqual((await self.prompt(ann))[-1], {"done": True})
                self.write_tokens(bob="rpm=1000")
                with self.assertRaises(websockets.ConnectionClosed) as closed:
                    await asyncio.wait_for(ann.recv(), PATIENCE)
                self.assertEqual(closed.exception.rcvd.code, 1008)
                self.assertEqual((await self.prompt(bob))[-1], {"done": True})

        asyncio.run(go())

    def test_a_prompt_after_its_token_is_gone_is_not_asked(self):
        server = self.serve("--token-file", self.write_tokens(ann=""))

        async def go():
            async with self.client(server, "ann") as ann:
                before = self.api.stats()["requests"]
                self.write_tokens(bob="")
                await ann.send('{"prompt":"x","model":"m"}')
                with self.assertRaises(websockets.ConnectionClosed):
                    await asyncio.wait_for(ann.recv(), PATIENCE)
                self.assertEqual(self.api.stats()["requests"], before)

        asyncio.run(go())


class Counted(SeamTest):
    """What is used counts, whatever the endpoint says of it."""

    options = ("--price", "0,1000000")  # a dollar a token of an answer

    def limited(self, play):
        server = self.before(play, options=(*self.options, "--token-file", self.write_tokens(ann="usd=5 rpm=99")))
        return server, Client(server, "ann")

    def test_pieces_of_a_stream_without_usage(self):
        server, ann = self.limited(streams(*(event("word") for _ in range(6)), event(), b"data: [DONE]\n\n"))
        self.assertEqual(ann.ask("POST", CHAT, STREAM)[0], 200)
        self.assertEqual(self.clients(server)["ann"]["usd_today"], 6)
        self.assertEqual(ann.ask("POST", CHAT, BODY)[0], 429)

    def test_pieces_on_a_socket(self):
        server, _ = self.limited(streams(*(event("word") for _ in range(6)), event(), b"data: [DONE]\n\n"))

        async def go():
            async with self.client(server, "ann") as ann:
                self.assertEqual((await self.prompt(ann))[-1], {"done": True})
                self.assertEqual((await self.prompt(ann))[-1]["error"]["code"], "insufficient_quota")

        asyncio.run(go())

    def test_pieces_that_came_before_the_client_left(self):
        def play(request):
            begin_stream(request)
            for _ in range(6):
                request.wfile.write(event("word"))
            request.connection.settimeout(PATIENCE)
            request.rfile.read(1)  # until the service hangs up

        server, _ = self.limited(play)
        data = json.dumps(STREAM).encode()
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as s:
            s.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nContent-Length: %d\r\n\r\n"
                      % (CHAT.encode(), len(data)) + data)
            got = b""
            while got.count(b"word") < 6:
                got += s.recv(65536)
        wait_for(lambda: self.clients(server)["ann"]["usd_today"] == 6, "what had come counts")


class Keys(SeamTest):
    def test_an_error_event_before_any_other_is_cleaned(self):
        def play(request):
            begin_stream(request)
            error = json.dumps({"error": {"message": "bad " + KEY, "code": KEY}}).replace("/", "\\/")
            request.wfile.write(f"data: {error}\n\n".encode())

        server = self.before(play, options=("--max-attempts", "1"))
        status, _, answer = server.ask("POST", CHAT, STREAM)
        self.assertEqual(status, 502)
        self.assertIn("bad [redacted]", answer["error"]["message"])

        async def go():
            async with self.client(server) as client:
                self.assertIn("bad [redacted]", (await self.prompt(client))[-1]["error"]["message"])

        asyncio.run(go())
        self.assertNotIn(KEY, server.log_text())


class Models(SeamTest):
    def two(self):
        """Endpoints a, with "one", and b, with "two" and a model that its list leaves out; a service in front."""
        self.a = self.until_end(Upstream(["one"]))
        self.b = self.until_end(Upstream(["two"], aliases={"hidden"}))
        server = self.until_end(Server(self.folder, "--endpoint", f"a={self.a.url}", "--endpoint", f"b={self.b.url}"))
        wait_for(lambda: len(server.get("/v1/models")["data"]) == 2, "the models")
        return server

    def test_prompts_of_a_socket_go_where_their_models_are(self):
        server = self.two()

        async def go():
            async with self.client(server) as client:
                for model in ("one", "two", "hidden"):
                    self.assertEqual((await self.prompt(client, model=model))[-1], {"done": True})
                self.assertEqual((await self.prompt(client, model="nope"))[-1]["error"]["code"], "model_not_found")

        asyncio.run(go())
        self.assertEqual((self.a.asked, self.b.asked), (["one"], ["two", "hidden"]))

    def test_a_client_that_leaves_while_its_model_is_looked_for(self):
        server, asked, go_on = self.two(), threading.Event(), threading.Event()
        answer = self.b.answer

        def slow(request):
            if request.path.endswith("/unknown"):
                asked.set()
                go_on.wait(PATIENCE)
            answer(request)

        self.b.answer = slow

        async def go():
            async with self.client(server) as client:
                await client.send('{"prompt":"x","model":"unknown"}')
                await asyncio.to_thread(asked.wait, PATIENCE)
                await client.send('{"prompt":"x","model":"unknown"}')
                error = json.loads(await asyncio.wait_for(client.recv(), PATIENCE))["error"]
                self.assertEqual(error["code"], "prompt_in_progress")

        asyncio.run(go())
        wait_for(lambda: "GET /stream" in server.log_text(), "the end of the socket")
        go_on.set()
        self.assertEqual(server.ask("POST", CHAT, {**BODY, "model": "unknown"})[0], 404)
        self.assertEqual(server.end(), 0)


class Simple(SeamTest):
    def test_a_refusal_of_the_endpoint_keeps_its_status(self):
        refusals = ((400, {}), (404, {}), (429, {"retry-after": "7"}))
        for status, headers in refusals:
            play = lambda request, s=status, h=headers: request.reply({"error": {"message": "no", "code": "c"}}, s, h)
            server = self.before(play, options=("--max-attempts", "1", "--live-wait", "1s"))
            got, told, answer = server.ask("POST", "/complete", {"prompt": "x", "model": "m"})
            self.assertEqual((got, answer["error"]["code"], answer["error"]["message"]), (status, "c", "no"))
            self.assertEqual(told["Retry-After"], headers.get("retry-after"))
            server.end()


    def test_a_stream_that_was_not_asked_for_is_no_answer(self):
        server = self.before(streams(event("word"), event(), b"data: [DONE]\n\n"))
        status, headers, answer = server.ask("POST", "/complete", {"prompt": "x", "model": "m"})
        self.assertEqual((status, headers["Content-Type"]), (502, "application/json"), answer)
        self.assertEqual(answer["error"]["code"], "upstream_error")


class Handshakes(SeamTest):
    def test_only_a_get_of_http_1_1_becomes_a_socket(self):
        server = self.serve()
        for line in (b"GET /stream HTTP/1.0", b"HEAD /stream HTTP/1.1"):
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as s:
                s.sendall(line + b"\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n"
                          b"Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\nSec-WebSocket-Version: 13\r\n\r\n")
                got = b""
                while piece := s.recv(65536):
                    got += piece
            self.assertEqual(got.split()[1:2], [b"426"], got)


if __name__ == "__main__":
    main()
