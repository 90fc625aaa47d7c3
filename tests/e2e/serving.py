"""A `sluice serve` for tests, and a client of it that speaks plain HTTP."""

import http.client
import json
import os
import signal
import subprocess

from harness import PATIENCE, SLUICE, RunTest, chat_line, wait_for

ENDED = ("completed", "failed", "expired", "cancelled")


def form(fields, boundary="B"):
    """A multipart form of (name, filename or None, bytes)."""
    parts = []
    for name, filename, data in fields:
        more = f'; filename="{filename}"' if filename else ""
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()
                     + data + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def file_form(data, name="a.jsonl"):
    """The form that uploads a batch's file."""
    return form([("purpose", None, b"batch"), ("file", name, data)])


def batch_of(file, endpoint="/v1/chat/completions", window="24h", **more):
    """The body that creates a batch."""
    return {"input_file_id": file, "endpoint": endpoint, "completion_window": window, **more}


class Server:
    """`sluice serve` over a folder, on a free port."""

    def __init__(self, folder, *options, listen="127.0.0.1:0", env=None, program=(SLUICE,)):
        self.log = os.path.join(folder, "serve.log")
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*program, "serve", "--data", os.path.join(folder, "data"), "--listen", listen, *options],
                stdout=subprocess.PIPE, stderr=log, text=True, env=env)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            self.close()
            raise AssertionError(self.log_text())
        self.port = int(self.url.rsplit(":", 1)[1]) if self.url.startswith("http") else 0

    def log_text(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def ask(self, method, path, body=None, headers=None):
        """Status, headers and body: JSON where that is its type."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = dict(headers or {})
        if isinstance(body, dict):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, headers, encode_chunked=hasattr(body, "__next__"))
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if answer.headers.get("Content-Type") == "application/json":
            data = json.loads(data)
        return answer.status, answer.headers, data

    def get(self, path):
        status, _, data = self.ask("GET", path)
        assert status == 200, (path, status, data)
        return data

    def upload_form(self, body, boundary="B", **headers):
        return self.ask("POST", "/v1/files", body,
                        {"Content-Type": f"multipart/form-data; boundary={boundary}", **headers})

    def upload(self, lines, name="in.jsonl"):
        """The id of a new file of these lines."""
        data = "".join(line + "\n" for line in lines).encode() if not isinstance(lines, bytes) else lines
        status, _, made = self.upload_form(file_form(data, name))
        assert status == 200, made
        return made["id"]

    def post_batch(self, file, headers=None, **more):
        """Status and answer."""
        return self.ask("POST", "/v1/batches", batch_of(file, **more), headers)[::2]

    def create(self, file, **more):
        """The id of a new batch."""
        status, made = self.post_batch(file, **more)
        assert status == 200, made
        return made["id"]

    def batch(self, batch):
        return self.get(f"/v1/batches/{batch}")

    def all_batches(self):
        after = ""
        while True:
            page = self.get("/v1/batches?limit=100" + after)
            yield from page["data"]
            if not page["has_more"]:
                return
            after = "&after=" + page["last_id"]

    def wait_for_end(self, batch):
        return wait_for(lambda: (b := self.batch(batch))["status"] in ENDED and b, f"the end of {batch}")

    def wait_for_messages(self, batch):
        """A batch of messages that has ended."""
        return wait_for(lambda: (b := self.get("/v1/messages/batches/" + batch))["processing_status"] == "ended" and b,
                        f"the end of {batch}")

    def wait_for_job(self, job):
        """A job of the simple service with its results."""
        return wait_for(lambda: "results" in (j := self.get("/batch/" + job)) and j, f"the end of {job}")

    def lines(self, file):
        return [json.loads(line) for line in self.get(f"/v1/files/{file}/content").splitlines()]

    def end(self, number=signal.SIGTERM):
        """Its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        self.process.stdout.close()
        if "Sanitizer" in self.log_text() or "runtime error" in self.log_text():
            raise AssertionError(self.log_text())


class ServeTest(RunTest):
    """A test with a mock API and a service in front of it."""

    mock_options = ("--latency", "5ms")

    def setUp(self):
        super().setUp()
        self.api = self.mock(*self.mock_options)

    def serve(self, *options, **more):
        return self.until_end(Server(self.folder, "--url", self.api.url, *options, **more))

    def assert_every_line_once(self, server, ended, ids):
        """Each id has one line, in one of the two files."""
        seen = [line["custom_id"] for name in ("output_file_id", "error_file_id") if ended[name]
                for line in server.lines(ended[name])]
        self.assertEqual(sorted(seen), sorted(ids))
        return seen


def chat_lines(n, text="hello"):
    return [chat_line(f"item-{i}", text) for i in range(n)]
