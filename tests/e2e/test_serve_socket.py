"""The WebSocket of the service, by a client that we did not write, and by hostile bytes."""

import asyncio
import base64
import json
import signal
import socket
import struct
import subprocess
import threading
import time

import websockets
from api_server import ApiServer
from harness import PATIENCE, SLUICE, main, memory, wait_for
from serving import Server, ServeTest

KEY = base64.b64encode(bytes(range(16))).decode()


def handshake(host="h", **more):
    headers = {"Host": host, "Connection": "keep-alive, Upgrade", "Upgrade": "websocket",
               "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13", **more}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
    return f"GET /stream HTTP/1.1\r\n{lines}\r\n".encode()


def frame(data, opcode=1, fin=True, masked=True):
    if len(data) < 126:
        length = bytes([(128 if masked else 0) | len(data)])
    else:
        length = bytes([(128 if masked else 0) | 127]) + struct.pack(">Q", len(data))
    return bytes([(128 if fin else 0) | opcode]) + length + (bytes(4) if masked else b"") + data


class Played(ApiServer):
    """Streams of odd kinds, by the prompt."""

    def __init__(self):
        self.asked = []
        super().__init__()

    def answer(self, request):
        self.asked.append(request.json())
        prompt = self.asked[-1]["messages"][0]["content"]
        token = lambda text: "data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}) + "\n\n"
        end = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
        if prompt == "refused":
            request.reply({"error": {"message": "no such model", "code": "model_not_found"}}, 404)
        elif prompt == "whole":
            request.reply({"choices": [{"message": {"content": "no stream"}, "finish_reason": "stop"}]})
        else:
            body = {"tokens": token('H\u00e9"l') + token("") + token("lo\n") + end,
                    "breaks": token("half") + 'data: {"error":{"message":"overloaded","code":"busy"}}\n\n',
                    "cut": token("half")}[prompt]
            request.send_response(200)
            request.send_header("Content-Type", "text/event-stream")
            request.send_header("Content-Length", str(len(body) + (prompt == "cut")))
            request.end_headers()
            for event in body.encode().split(b"\n\n"):  # each in its time
                request.wfile.write(event + b"\n\n" if event else b"")
                time.sleep(0.01)
            request.close_connection = True


class Silent(ApiServer):
    """Answers nothing, and sees the end of the connection."""

    def __init__(self):
        self.asked, self.left = threading.Event(), threading.Event()
        super().__init__()

    def answer(self, request):
        self.asked.set()
        try:
            if not request.connection.recv(1):
                self.left.set()
        except ConnectionError:
            self.left.set()
        request.close_connection = True


class Socket(ServeTest):
    def client(self, server, **more):
        return websockets.connect(f"ws://127.0.0.1:{server.port}/stream", open_timeout=PATIENCE, **more)

    def raw(self, server, data, **more):
        """What the server sends to these bytes until it closes; the connection when it does not."""
        connection = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        self.addCleanup(connection.close)
        connection.sendall(handshake(**more) + data)
        got = b""
        while True:
            piece = connection.recv(65536)
            if not piece:
                return got
            got += piece

    @staticmethod
    async def messages(client):
        """The messages of one answer."""
        got = []
        while True:
            got.append(json.loads(await asyncio.wait_for(client.recv(), PATIENCE)))
            if "token" not in got[-1]:
                return got

    def test_tokens_and_their_end(self):
        server = self.serve("--default-model", "m")

        async def go():
            async with self.client(server) as client:
                for prompt in ("one", "two"):
                    await client.send(json.dumps({"prompt": prompt}))
                    got = await self.messages(client)
                    self.assertEqual(got[-1], {"done": True})
                    self.assertGreater(len(got), 2)
                    self.assertTrue(all(list(m) == ["token"] and m["token"] for m in got[:-1]), got)

        asyncio.run(go())
        wait_for(lambda: "GET /stream" in server.log_text(), "a line of the log")

    def test_tokens_are_those_of_the_endpoint(self):
        played = self.until_end(Played())
        server = self.until_end(Server(self.folder, "--url", played.url, "--default-model", "m", "--max-attempts", "1"))
        answers = {"tokens": [{"token": 'H\u00e9"l'}, {"token": "lo\n"}, {"done": True}],
                   "breaks": [{"token": "half"}, {"error": {"message": "overloaded", "code": "busy"}}],
                   "whole": [{"token": "no stream"}, {"done": True}]}

        async def go():
            async with self.client(server) as client:
                for prompt, expected in answers.items():
                    await client.send(json.dumps({"prompt": prompt}))
                    self.assertEqual(await self.messages(client), expected)
                for prompt in ("cut", "refused"):
                    await client.send(json.dumps({"prompt": prompt}))
                    self.assertEqual(list((await self.messages(client))[-1]), ["error"])

        asyncio.run(go())
        self.assertEqual(played.asked[0], {"model": "m", "messages": [{"role": "user", "content": "tokens"}],
                                           "stream": True})

    def test_prompts_with_ids_are_answered_at_once(self):
        server = self.serve("--default-model", "m")

        async def go():
            async with self.client(server) as client:
                for i in ("a", 7, "c\u00e9"):
                    await client.send(json.dumps({"prompt": f"prompt {i}", "id": i}))
                open_ids, tokens = {"a", 7, "c\u00e9"}, {}
                while open_ids:
                    message = json.loads(await asyncio.wait_for(client.recv(), PATIENCE))
                    if "done" in message:
                        open_ids.remove(message["id"])
                    else:
                        tokens[message["id"]] = tokens.get(message["id"], "") + message["token"]
                self.assertEqual(set(tokens), {"a", 7, "c\u00e9"})

        asyncio.run(go())

    def test_what_is_no_prompt_is_told_and_the_socket_stays(self):
        server = self.serve()
        wrong = (("nonsense", "missing_required_parameter"), ("[]", "missing_required_parameter"),
                 ('{"prompt":7}', "missing_required_parameter"), ('{"prompt":"x","id":[1]}', "invalid_type"),
                 (json.dumps({"prompt": "x", "id": "x" * 200}), "invalid_type"), ('{"prompt":"x"}', None),
                 ('{"prompt":"x","model":5}', None))

        async def go():
            async with self.client(server) as client:
                for text, code in wrong:
                    await client.send(text)
                    got = (await self.messages(client))[-1]
                    self.assertTrue(got["error"]["message"], got)
                    if code:
                        self.assertEqual(got["error"]["code"], code)
                await client.send('{"prompt":"x","model":"m"}')
                self.assertEqual((await self.messages(client))[-1], {"done": True})

        asyncio.run(go())

    def test_one_prompt_at_a_time_without_ids(self):
        server = self.serve("--default-model", "m")

        async def go():
            async with self.client(server) as client:
                await client.send('{"prompt":"' + "long " * 50 + '"}')
                await client.send('{"prompt":"second"}')
                codes = []
                while True:
                    message = json.loads(await asyncio.wait_for(client.recv(), PATIENCE))
                    if "error" in message:
                        codes.append(message["error"]["code"])
                    if "done" in message:
                        break
                self.assertEqual(codes, ["prompt_in_progress"])

        asyncio.run(go())

    def test_a_client_that_leaves_cancels_its_call(self):
        slow = self.until_end(Silent())
        server = self.until_end(Server(self.folder, "--url", slow.url, "--default-model", "m"))

        async def go():
            async with self.client(server) as client:
                await client.send('{"prompt":"x"}')
                await asyncio.sleep(0)
                wait_for(slow.asked.is_set, "the request")

        asyncio.run(go())
        wait_for(slow.left.is_set, "its end")

    def test_tokens_of_clients(self):
        file = self.path("tokens")
        token = subprocess.run([SLUICE, "serve", "--token-file", file, "--new-token", "ann"], capture_output=True,
                               text=True, check=True).stdout.strip()
        server = self.serve("--default-model", "m", "--token-file", file)

        async def refused(**more):
            with self.assertRaises(websockets.InvalidStatusCode) as refusal:
                async with self.client(server, **more):
                    pass
            return refusal.exception.status_code

        async def answered(protocol, **more):
            async with self.client(server, **more) as client:
                self.assertEqual(client.subprotocol, protocol)
                await client.send('{"prompt":"x"}')
                self.assertEqual((await self.messages(client))[-1], {"done": True})

        self.assertEqual(asyncio.run(refused()), 401)
        self.assertEqual(asyncio.run(refused(subprotocols=["sluice", "bearer.nonsense"])), 401)
        self.assertEqual(asyncio.run(refused(subprotocols=["bearer." + token])), 400)
        asyncio.run(answered("sluice", subprotocols=["bearer." + token, "sluice"]))
        asyncio.run(answered(None, extra_headers={"Authorization": "Bearer " + token}))
        self.assertNotIn(token, server.log_text())

    def test_handshakes_that_are_refused(self):
        server = self.serve("--default-model", "m")
        for headers, status in (({"Upgrade": None}, 426), ({"Connection": "close"}, 426),
                                ({"Sec-WebSocket-Version": "8"}, 426), ({"Sec-WebSocket-Key": None}, 400),
                                ({"Sec-WebSocket-Key": "short=="}, 400), ({"Origin": "http://evil.example"}, 403)):
            with self.subTest(headers=headers):
                got = self.raw(server, b"", **{"Connection": "close, Upgrade", **headers})
                self.assertEqual(got.split()[1], str(status).encode(), got)
        # the example of RFC 6455
        got = self.raw(server, frame(struct.pack(">H", 1000), 8), **{"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
        self.assertIn(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", got)
        self.assertEqual(got[-4:], b"\x88\x02" + struct.pack(">H", 1000))

    def test_hostile_frames_close_the_socket(self):
        server = self.serve("--default-model", "m")
        close = lambda code: b"\x88" if code is None else struct.pack(">H", code)
        for data, code in ((frame(b"x", masked=False), 1002), (frame(b"\xff\xfe"), 1007), (frame(b"x", 3), 1002),
                           (frame(b"x", 2) + frame(b"", 8), 1003), (frame(b"x" * 200, 9), None), (frame(b"x", 0), 1002),
                           (b"\xf1" + frame(b"x")[1:], 1002), (frame(b"x" * (1 << 20) + b"y"), 1009),
                           (frame(b"x", 9, fin=False), None)):
            with self.subTest(data=data[:20]):
                got = self.raw(server, data)
                self.assertIn(close(code), got[got.index(b"\r\n\r\n"):])
        self.assertEqual(server.get("/healthz")["status"], "ok")

    def test_a_client_that_does_not_read_is_dropped(self):
        server = self.serve("--default-model", "m")
        before = memory(server.process.pid)
        connection = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        self.addCleanup(connection.close)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(handshake())
        text = frame(b'{"id":' + b"1" * 120 + b"}")  # each has an error as its answer
        connection.settimeout(0.5)
        end = time.monotonic() + PATIENCE
        with self.assertRaises((ConnectionError, BrokenPipeError)):
            while time.monotonic() < end:
                try:
                    connection.sendall(text * 1000)
                except TimeoutError:
                    connection.settimeout(0.5)
        self.assertLess(memory(server.process.pid) - before, 20 << 20)
        self.assertEqual(server.get("/healthz")["status"], "ok")

    def test_the_end_of_the_service_says_so(self):
        server = self.serve("--default-model", "m")

        async def go():
            async with self.client(server) as client:
                await client.ping()
                server.process.send_signal(signal.SIGTERM)
                with self.assertRaises(websockets.ConnectionClosed) as closed:
                    await asyncio.wait_for(client.recv(), PATIENCE)
                self.assertEqual(closed.exception.rcvd.code, 1001)

        asyncio.run(go())
        self.assertEqual(server.process.wait(PATIENCE), 0)


if __name__ == "__main__":
    main()
