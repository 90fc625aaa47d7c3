"""An API that a test plays itself, in its own process: a subclass says what it answers."""

import http.server
import itertools
import json
import threading


class Request(http.server.BaseHTTPRequestHandler):
    """One request: `path`, `headers`, and its body as bytes; and how it is answered."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    served = 0  # of the connection, this one included

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.served += 1
        try:
            self.server.answer(self)
        except ConnectionError:  # the run was killed, or has hung up
            self.close_connection = True

    def json(self):
        return json.loads(self.body)

    def reply(self, body, status=200, headers=()):
        """A whole answer: bytes, or what becomes JSON, with more headers."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **dict(headers)}.items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class ApiServer(http.server.ThreadingHTTPServer):
    """Listens on a free port until close(), with a thread for each connection."""

    request_queue_size = 128

    def __init__(self):
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Request)
        self.url = f"http://127.0.0.1:{self.server_port}"
        # the default interval makes each end wait for half a second
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, request):
        """Answers with request.reply(), or by hand."""
        raise NotImplementedError

    def handle_error(self, *_):
        """A run that ends breaks connections."""

    def close(self):
        self.shutdown()
        self.server_close()


class InTurn(ApiServer):
    """Its nth answer is the nth of these (status, body), over and over."""

    def __init__(self, answers):
        self.answers = itertools.cycle(answers)
        super().__init__()

    def answer(self, request):
        with self.lock:
            status, body = next(self.answers)
        request.reply(body, status)
