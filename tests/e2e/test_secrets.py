"""The key goes to the endpoint and nowhere else."""

import http.server
import json
import os
import threading
import unittest

from harness import RunTest, chat_line, main

KEY = "sk-test-0123456789-secret"


class Listener(http.server.ThreadingHTTPServer):
    """Keeps the headers of every request and echoes the key back in header and body."""

    def __init__(self):
        self.seen = []
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.seen.append(dict(self.headers))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps({"id": "1", "choices": [], "usage": {}}).encode()
        redirect = self.path.startswith("/redirect")
        self.send_response(302 if redirect else 200)
        if redirect:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Secrets(RunTest):
    def listener(self):
        server = Listener()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def test_only_the_endpoint_sees_the_key(self):
        home, other = self.listener(), self.listener()
        away = json.dumps({"custom_id": "away", "method": "POST", "url": other.url + "/x",
                           "body": {"a": 1}})
        self.write_input([chat_line("home"), away])
        code, err = self.run_sluice("--url", home.url, "--provider", "openai",
                                    env={**os.environ, "OPENAI_API_KEY": KEY})
        self.assertEqual(code, 0, err)
        self.assertEqual(home.seen[0].get("Authorization"), "Bearer " + KEY)
        self.assertNotIn("Authorization", other.seen[0])

    def test_a_redirect_is_not_followed(self):
        home = self.listener()
        self.write_input([json.dumps({"custom_id": "r", "method": "POST", "body": {"a": 1},
                                      "url": home.url + "/redirect"})])
        code, _ = self.run_sluice("--url", home.url, env={**os.environ, "OPENAI_API_KEY": KEY})
        self.assertEqual(code, 1)
        self.assertEqual(len(home.seen), 1)

    def test_the_key_is_in_no_file_and_no_message(self):
        home = self.listener()
        key_file = self.path("key")
        with open(os.open(key_file, os.O_CREAT | os.O_WRONLY, 0o644), "w", encoding="utf-8") as f:
            f.write(KEY + "\n")
        self.write_input([chat_line("a"), "not json"])
        _, err = self.run_sluice("--url", home.url, "--key-file", key_file)
        self.assertIn("can be read by others", err)
        self.assertEqual(home.seen[0].get("Authorization"), "Bearer " + KEY)
        for path in (self.results, self.errors, self.journal):
            with open(path, encoding="utf-8") as f:
                self.assertNotIn(KEY, f.read() + err, path)


if __name__ == "__main__":
    main()
