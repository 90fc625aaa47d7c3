"""An HTTP server that does everything wrong, one fault a path: http://127.0.0.1:PORT/FAULT/anything.
Raw sockets and a thread a connection, so that every byte of an answer is under control.  The functions
below the class are the list of faults; each gets the open connection after the request has been read."""

import json
import socket
import ssl
import struct
import threading
import time
import urllib.parse
import zlib

GOOD = {"id": "chatcmpl-1", "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1}}
FAULTS = {}

# What must never reach a terminal as it is: clear screen, clipboard (OSC 52), a bell, carriage return,
# right-to-left override, C1 CSI, zero-width joiner. The letters between make it findable.
EVIL = "EVIL\x1b[2JA\x1b]52;c;ZXZpbA==\x07B\rC\u202eD\u009b31mE\u200dF"


def fault(function):
    FAULTS[function.__name__] = function
    return function


class Gone(Exception):
    """The client closed the connection."""


class Connection:
    """One connection and the request that was read from it last."""

    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.read_so_far = b""
        self.path = self.query = self.headers = self.body = None

    def _until(self, mark):
        while mark not in self.read_so_far:
            data = self.sock.recv(65536)
            if not data:
                raise Gone
            self.read_so_far += data
        head, self.read_so_far = self.read_so_far.split(mark, 1)
        return head

    def read_request(self):
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        target = head[0].split(" ")[1]
        self.headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in head[1:])}
        length = int(self.headers.get("content-length", 0))
        while len(self.read_so_far) < length:
            data = self.sock.recv(65536)
            if not data:
                raise Gone
            self.read_so_far += data
        self.body, self.read_so_far = self.read_so_far[:length], self.read_so_far[length:]
        parts = urllib.parse.urlsplit(target)
        self.path = parts.path.strip("/").split("/")
        self.query = dict(urllib.parse.parse_qsl(parts.query))

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            raise Gone from None

    def head(self, status=200, *lines):
        self.send(b"".join(line.encode("latin-1") + b"\r\n"
                           for line in (f"HTTP/1.1 {status} x", *lines, "")))

    def answer(self, body=None, status=200, *lines):
        """A faultless answer with this body (bytes, or an object for JSON)."""
        body = GOOD if body is None else body
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.head(status, f"Content-Length: {len(body)}", "Content-Type: application/json", *lines)
        self.send(body)

    def reset(self):
        """Ends the connection with RST in place of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def forever(self, piece, every=0):
        """Sends piece again and again until the client gives up."""
        while not self.server.closing:
            self.send(piece)
            time.sleep(every)
        raise Gone

    def silence(self):
        """Says nothing until the client gives up."""
        try:
            while not self.server.closing and self.sock.recv(65536):
                pass
        except OSError:
            pass
        raise Gone


class FaultServer:
    """Serves until close().  `mode`: what the path /now/... does, to be changed at any time.  `requests`:
    (time, fault) of each request that was read.  `tls`: an SSLContext, also to be changed."""

    def __init__(self, tls=None, port=0):
        self.mode, self.tls = "good", tls
        self.usages = {}
        self.requests, self.last_headers, self.last_body = [], None, None
        self.open_connections, self.most_connections = 0, 0
        self.lock = threading.Lock()
        self.port = port
        self.start()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def start(self):
        """Listens, after stop() at the same port again."""
        self.closing = False
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.connections = set()
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def stop(self):
        """As when the process dies: the port refuses, all connections end."""
        self.closing = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.drop_all()

    close = stop

    def drop_all(self):
        """Ends all connections there are."""
        with self.lock:
            for sock in self.connections:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def count(self, name=None):
        """Requests that met this fault, or all."""
        with self.lock:
            return sum(1 for _, n in self.requests if name in (None, n))

    def times(self, name):
        with self.lock:
            return [t for t, n in self.requests if n == name]

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with self.lock:
            self.connections.add(sock)
            self.open_connections += 1
            self.most_connections = max(self.most_connections, self.open_connections)
        raw = sock
        try:
            if self.mode == "slam":
                return
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            self._talk(Connection(self, sock))
        except (Gone, OSError, ssl.SSLError):
            pass
        finally:
            with self.lock:
                self.connections.discard(raw)
                self.open_connections -= 1
            sock.close()

    def _talk(self, connection):
        while not self.closing:
            connection.read_request()
            name = connection.path[0]
            name = self.mode if name not in FAULTS else name
            if name == "slam":
                return
            with self.lock:
                self.requests.append((time.monotonic(), name))
                self.last_headers, self.last_body = connection.headers, connection.body
            FAULTS[name](connection)


# ---- the faults ----

@fault
def good(c):
    """None: a whole answer."""
    c.answer()


@fault
def slow(c):
    """A whole answer after 200 ms."""
    time.sleep(0.2)
    c.answer()


@fault
def cut_length(c):
    """The connection ends before Content-Length bytes have come."""
    c.head(200, "Content-Length: 1000", "Content-Type: application/json")
    c.send(b'{"id":"x","choices":[')
    raise Gone


@fault
def cut_chunked(c):
    """The connection ends between two chunks, what came is valid JSON."""
    c.head(200, "Transfer-Encoding: chunked", "Content-Type: application/json")
    c.send(b"2\r\n{}\r\n")
    raise Gone


@fault
def cut_inside_chunk(c):
    """The connection ends inside a chunk."""
    c.head(200, "Transfer-Encoding: chunked", "Content-Type: application/json")
    c.send(b"ff\r\n{\"id\":")
    raise Gone


@fault
def garbage(c):
    """No HTTP at all."""
    c.send(b"\x16\x03\x01\x00\xffSSH-2.0-OpenSSH_9.2\r\n\r\n" + bytes(range(256)))
    raise Gone


@fault
def html(c):
    """A captive portal: HTML with status 200."""
    page = b"<html><body>Please log in \xe2\x80\xae\x1b[31m</body></html>"
    c.head(200, f"Content-Length: {len(page)}", "Content-Type: text/html")
    c.send(page)


@fault
def evil(c):
    """An error whose texts would command a terminal."""
    c.answer({"error": {"message": EVIL, "code": EVIL, "type": EVIL}}, 400, f"X-Request-Id: {EVIL[:4]}")


@fault
def evil_raw(c):
    """The same as bare bytes."""
    c.answer((EVIL + "\n" + EVIL + "\t\xff").encode("utf-8", "replace") + b"\xff\x9b2J", 400)


@fault
def long_line(c):
    """A megabyte without a line break."""
    c.answer({**GOOD, "choices": [{"message": {"content": EVIL + "x" * (1 << 20)}}]})


@fault
def empty(c):
    """Status 200 and no body."""
    c.head(200, "Content-Length: 0")


@fault
def error_object(c):
    """An error with status 200."""
    c.answer({"error": {"message": "overloaded, come back later", "type": "server_error"}})


@fault
def big_integer(c):
    """2^63 and more where counts are expected."""
    c.answer(b'{"id":"x","choices":[{"text":"a"}],"n":9223372036854775808,'
             b'"usage":{"prompt_tokens":9223372036854775808,"completion_tokens":1e400}}')


@fault
def deep(c):
    """JSON 100,000 levels deep."""
    c.answer(b'{"id":"x","choices":' + b"[" * 100000 + b"]" * 100000 + b"}")


@fault
def duplicate_keys(c):
    """The same member twice."""
    c.answer(b'{"id":"a","id":"b","choices":[{"text":"a"}],"usage":{"prompt_tokens":1,"prompt_tokens":2}}')


@fault
def invalid_utf8(c):
    """Bytes that are no UTF-8 inside a JSON string."""
    c.answer(b'{"id":"x","choices":[{"text":"\xff\xc0\x80 and \xed\xa0\x80"}]}')


@fault
def nul_escape(c):
    """A NUL, correctly escaped, in a string and in a key."""
    c.answer(b'{"id":"a\\u0000b","k\\u0000":1,"choices":[{"text":"a"}]}')


@fault
def nul_byte(c):
    """A raw NUL inside a JSON string, which is not allowed."""
    c.answer(b'{"id":"a\x00b","choices":[]}')


@fault
def line_breaks(c):
    """JSON over many lines, with every kind of line break."""
    c.answer(b'{\r\n "id": "x",\n\r "choices": [\n{"text":"a"}]\n}\n\n')


@fault
def huge_header(c):
    """A header without end (as much as the client takes)."""
    c.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    c.forever(b"x" * 65536)


@fault
def many_headers(c):
    """Headers without end."""
    c.send(b"HTTP/1.1 200 OK\r\n")
    c.forever(b"X-Another: " + b"y" * 1000 + b"\r\n")


@fault
def endless_body(c):
    """A body without end."""
    c.head(200, "Transfer-Encoding: chunked", "Content-Type: application/json")
    c.forever(b"10000\r\n" + b" " * 65536 + b"\r\n")


@fault
def bomb(c):
    """1 GB of blanks, gzipped 1:1000."""
    pack = zlib.compressobj(9, wbits=31)
    c.head(200, "Content-Encoding: gzip", "Content-Type: application/json")
    for _ in range(1024):
        c.send(pack.compress(b" " * (1 << 20)) + pack.flush(zlib.Z_SYNC_FLUSH))
    raise Gone


@fault
def drip(c):
    """One byte every 400 ms."""
    c.head(200, "Content-Length: 100000", "Content-Type: application/json")
    c.forever(b" ", every=0.4)


@fault
def drip_headers(c):
    """Headers that come one byte every 100 ms."""
    c.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    c.forever(b"x", every=0.1)


@fault
def stall(c):
    """Half an answer, then nothing."""
    c.head(200, "Content-Length: 100", "Content-Type: application/json")
    c.send(b'{"id":')
    c.silence()


@fault
def mute(c):
    """Takes the request and never answers."""
    c.silence()


@fault
def closed(c):
    """Takes the request and closes the connection."""
    raise Gone


@fault
def reset(c):
    """Resets the connection in the middle of the body."""
    c.head(200, "Content-Length: 1000", "Content-Type: application/json")
    c.send(b'{"id":')
    time.sleep(0.05)
    c.reset()


@fault
def half_closed(c):
    """Answers, promises to keep the connection, and closes its side of it."""
    c.answer(None, 200, "Connection: keep-alive")
    c.sock.shutdown(socket.SHUT_WR)
    c.silence()


@fault
def flood_1xx(c):
    """Interim answers without end."""
    c.forever(b"HTTP/1.1 102 Processing\r\nX-N: 1\r\n\r\n" * 64)


@fault
def some_1xx(c):
    """A hundred interim answers, then a good one."""
    c.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 100)
    c.answer()


@fault
def two_lengths(c):
    """Two Content-Length headers that differ, as in request smuggling."""
    c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 100000\r\n\r\n{}")
    raise Gone


@fault
def negative_length(c):
    """A negative Content-Length."""
    c.send(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}")
    raise Gone


@fault
def bad_chunk(c):
    """A chunk size that is no number."""
    c.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")
    raise Gone


@fault
def bad_gzip(c):
    """Says gzip and is not."""
    c.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\nnot gzip!!")


@fault
def refused(c):
    """429 with the Retry-After lines of the path: /refused/1/86400/v1... has two of them."""
    values = c.path[1:c.path.index("v1")]
    c.answer({"error": {"message": "slow down"}}, 429,
             *(f"Retry-After: {urllib.parse.unquote(v)}" for v in values))


@fault
def status(c):
    """The status of the path: /status/500/..."""
    c.answer({"error": {"message": f"status {c.path[1]}"}}, int(c.path[1]))


@fault
def broken(c):
    """500 for everything."""
    c.answer({"error": {"message": "it broke"}}, 500)


@fault
def unauthorized(c):
    """401 for everything."""
    c.answer({"error": {"message": "no such key"}}, 401)


@fault
def unavailable(c):
    """503 for everything."""
    c.answer({"error": {"message": "not now"}}, 503)


@fault
def proxy_auth(c):
    """407, as a proxy that wants credentials."""
    c.answer(b"", 407, 'Proxy-Authenticate: Basic realm="x"')


@fault
def echo(c):
    """The request's own headers in a header, in the body and in an error's text; the status of the path."""
    said = c.headers.get("authorization", "") + c.headers.get("x-api-key", "")
    body = {"id": "x", "choices": [{"text": "a"}], "you_sent": c.headers, "url": c.path, "once": "ESCAPED",
            "twice": said.replace("/", "\\/"), "percent": urllib.parse.quote(said, safe=" ")}
    if c.path[1] != "200":
        body["error"] = {"message": f"bad key {said}", "code": said}
    escaped = said.replace("/", "\\/").replace("+", "\\u002B")
    c.answer(json.dumps(body).replace("ESCAPED", escaped).encode(), int(c.path[1]),
             f"X-Request-Id: {said}", f"X-Echo: {said}")


@fault
def usage(c):
    """A good answer with the usage that the server was told, by name."""
    c.answer(b'{"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant",'
             b'"content":"hi"},"finish_reason":"stop"}],"usage":' + c.server.usages[c.path[1]].encode() + b"}")


@fault
def usage_stream(c):
    """The same as a stream of events."""
    data = "".join(f"data: {json.dumps(e)}\n\n" for e in (chat_event({"content": "hi"}), chat_event({}, "stop")))
    data += 'data: {"id":"x","object":"chat.completion.chunk","choices":[],"usage":'
    data += c.server.usages[c.path[1]] + "}\n\ndata: [DONE]\n\n"
    c.head(200, "Content-Type: text/event-stream", f"Content-Length: {len(data)}")
    c.send(data.encode())


@fault
def usage_pack(c):
    """Embeddings with such a usage."""
    inputs = json.loads(c.body)["input"]
    n = len(inputs) if isinstance(inputs, list) else 1
    data = [{"object": "embedding", "index": i, "embedding": [0.5]} for i in range(n)]
    c.answer(b'{"object":"list","model":"m","data":' + json.dumps(data).encode() + b',"usage":' +
             c.server.usages[c.path[1]].encode() + b"}")


def key_of(c):
    """The secret of the request, whatever its header."""
    return (c.headers.get("authorization", "").removeprefix("Bearer ") + c.headers.get("x-api-key", "") +
            c.headers.get("x-line-token", ""))


def chat_event(delta, reason=None):
    return {"id": "x", "object": "chat.completion.chunk", "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def stream_events(form, key):
    """A stream that says the key: cut through in the middle, a character an event, and so on."""
    half = len(key) // 2
    parts = {"chars": list(key), "coded": [key], "part": [key[:half], key[half:half + 4]]}.get(form, [key[:half], key[half:]])
    end = [chat_event({}, "stop"), "[DONE]"]
    if form == "tool":
        return [chat_event({"tool_calls": [{"index": 0, "id": key, "type": "function",
                                            "function": {"name": key, "arguments": ""}}]})] + \
            [chat_event({"tool_calls": [{"index": 0, "function": {"arguments": p}}]}) for p in parts] + end
    if form == "refusal":
        return [chat_event({"refusal": p}) for p in parts] + end
    if form == "error":
        return [chat_event({"content": "x"}),
                {"error": {"message": f"bad key {key}", "type": "server_error", "code": key}}]
    if form == "messages":
        return [{"type": "message_start", "message": {"id": key, "type": "message", "role": "assistant", "content": [],
                                                      "usage": {"input_tokens": 1, "output_tokens": 1}}},
                {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}] + \
            [{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": p}} for p in parts] + \
            [{"type": "content_block_stop", "index": 0},
             {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
             {"type": "message_stop"}]
    if form == "responses":
        return [{"type": "response.created", "response": {"id": key, "object": "response", "output": []}},
                {"type": "response.output_item.added", "output_index": 0,
                 "item": {"type": "message", "id": "m", "role": "assistant", "content": []}},
                {"type": "response.content_part.added", "output_index": 0, "content_index": 0,
                 "part": {"type": "output_text", "text": ""}}] + \
            [{"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": p}
             for p in parts] + \
            [{"type": "response.completed", "response": {"id": key, "object": "response", "status": "completed",
                                                         "usage": {"input_tokens": 1, "output_tokens": 2}}}]
    return [chat_event({"content": p}) for p in parts] + ([] if form in ("cut", "part") else end)


@fault
def echo_stream(c):
    """A stream of events that says the request's own key, in the form that the path names."""
    key, form = key_of(c), c.path[1]
    data = b""
    for event in stream_events(form, key):
        text = event if isinstance(event, str) else json.dumps(event)
        if form == "coded":
            text = text.replace(key, "".join(f"\\u{ord(x):04x}" for x in key))
        data += f"data: {text}\n\n".encode()
    c.head(200, "Content-Type: text/event-stream", f"Content-Length: {len(data)}")
    c.send(data)


@fault
def echo_embeddings(c):
    """Embeddings whose model is the request's own key, coded; the status of the path."""
    inputs = json.loads(c.body)["input"]
    inputs = inputs if isinstance(inputs, list) else [inputs]
    coded = "".join(f"\\u{ord(x):04x}" for x in key_of(c))
    body = {"object": "list", "model": "KEY", "usage": {"prompt_tokens": len(inputs), "total_tokens": len(inputs)},
            "data": [{"object": "embedding", "index": i, "embedding": [0.5], "key": "KEY"} for i in range(len(inputs))]}
    if c.path[1] != "200":
        body = {"error": {"message": "bad KEY", "code": "KEY"}}
    c.answer(json.dumps(body).replace("KEY", coded).encode(), int(c.path[1]))


@fault
def echo_coded(c):
    """The request's own key, each of its characters as \\u00xx, in the body and in an error's texts."""
    key = key_of(c)
    body = json.dumps({"id": "x", "object": "chat.completion", "usage": {},
                       "choices": [{"index": 0, "message": {"role": "assistant", "content": "KEY"},
                                    "finish_reason": "stop"}],
                       **({"error": {"message": "bad KEY", "code": "KEY"}} if c.path[1] != "200" else {})})
    c.answer(body.replace("KEY", "".join(f"\\u{ord(x):04x}" for x in key)).encode(), int(c.path[1]),
             f"X-Request-Id: {urllib.parse.quote(key, safe='')}")


@fault
def redirect(c):
    """302 to another place of the same server."""
    c.answer(b"", 302, f"Location: {c.server.url}/good/v1/elsewhere")
