"""The examples of docs/serve.md; those for SDKs run in tests/sdk."""

import asyncio
import json
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import unittest
import urllib.request

import websockets
from harness import PATIENCE, SLUICE, SOURCE, main
from nginx import start_nginx
from serving import ServeTest, chat_lines, file_form


AROUND = """daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/err;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen unix:{folder}/probe; }}
  @
}}
"""


class Examples(ServeTest):
    def test_a_batch_with_curl(self):
        server = self.serve()
        done = subprocess.run(["sh", "examples/serve.sh"], cwd=SOURCE, capture_output=True, text=True, check=True,
                              timeout=PATIENCE, env={**os.environ, "SLUICE_URL": server.url, "no_proxy": "*"})
        with open(os.path.join(SOURCE, "examples/again.jsonl"), encoding="utf-8") as f:
            ids = sorted(json.loads(line)["custom_id"] for line in f)
        self.assertEqual(sorted(json.loads(line)["custom_id"] for line in done.stdout.splitlines()), ids)

    def test_live_calls_with_curl(self):
        server = self.serve()
        done = subprocess.run(["sh", "examples/serve-live.sh"], cwd=SOURCE, capture_output=True, text=True, check=True,
                              timeout=PATIENCE, env={**os.environ, "SLUICE_URL": server.url, "no_proxy": "*"})
        whole, streamed = done.stdout.splitlines()
        self.assertRegex(whole, r"^[A-Z].*\.$")
        self.assertRegex(streamed, r"^[A-Z].*\.$")

    def test_a_prompt_on_a_socket_with_python(self):
        token = subprocess.run([SLUICE, "serve", "--token-file", self.path("tokens"), "--new-token", "ann"],
                               capture_output=True, text=True, check=True, timeout=PATIENCE).stdout.strip()
        server = self.serve("--default-model", "m", "--token-file", self.path("tokens"))

        def example(token):
            return subprocess.run([sys.executable, "examples/serve-stream.py", "Name a lake."], cwd=SOURCE,
                                  capture_output=True, text=True, check=False, timeout=PATIENCE,
                                  env={**os.environ, "SLUICE_URL": server.url, "SLUICE_TOKEN": token})

        self.assertRegex(example(token).stdout, r"^[A-Z].*\.\n$")
        self.assertIn("401", example("nobody").stderr)

    def test_the_unit_starts_a_service(self):
        with open(os.path.join(SOURCE, "examples/sluice.service"), encoding="utf-8") as f:
            unit = f.read().replace("\\\n", " ")
        self.assertIn("\nType=notify\n", unit)
        command = re.search("^ExecStart=(.*)$", unit, re.MULTILINE)[1]
        for name in ("tokens", "key"):
            with open(self.path(name), "w", encoding="utf-8") as f:
                f.write("sk-upstream\n" if name == "key" else "")
            os.chmod(self.path(name), 0o600)
        for was, now in (("/usr/local/bin/sluice", SLUICE), ("/var/lib/sluice", self.path("data")),
                         ("/etc/sluice/tokens", self.path("tokens")), ("127.0.0.1:8080", "127.0.0.1:0"),
                         ("https://api.example.com", self.api.url), ("${CREDENTIALS_DIRECTORY}/key", self.path("key"))):
            self.assertIn(was, command)
            command = command.replace(was, now)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(self.path("notify"))
            notify.settimeout(PATIENCE)
            process = subprocess.Popen(shlex.split(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env={**os.environ, "NOTIFY_SOCKET": self.path("notify")})
            self.addCleanup(self._end, process)
            self.assertEqual(notify.recv(100), b"READY=1")
            process.terminate()
            self.assertEqual(process.wait(PATIENCE), 0)

    @unittest.skipUnless(os.environ.get("NGINX") and shutil.which(os.environ["NGINX"]), "no nginx")
    def test_nginx_in_front(self):
        self.make_certificate()
        server = self.serve("--public-url", "https://batches.example.com", "--default-model", "m")
        with open(os.path.join(SOURCE, "examples/sluice.nginx.conf"), encoding="utf-8") as f:
            config = f.read()
        for was, now in (("/etc/ssl/certs/batches.pem", self.path("cert.pem")), ("listen 443 ssl", "listen 127.0.0.1:@ ssl"),
                         ("/etc/ssl/private/batches.key", self.path("key.pem")),
                         ("http://127.0.0.1:8080", server.url)):
            self.assertIn(was, config)
            config = config.replace(was, now)
        config = config.replace("{", "{{").replace("}", "}}").replace("127.0.0.1:@", "127.0.0.1:{port}")
        address = "https" + start_nginx(self, AROUND.replace("@", config))
        context = ssl.create_default_context(cafile=self.path("cert.pem"))

        def ask(path, body=None, kind="application/json"):
            request = urllib.request.Request(address + path, body, {"Content-Type": kind})
            return json.load(urllib.request.urlopen(request, context=context, timeout=PATIENCE))
        lines = "".join(line + "\n" for line in chat_lines(3000)).encode()
        file = ask("/v1/files", file_form(lines),
                   "multipart/form-data; boundary=B")
        self.assertEqual(file["bytes"], len(lines))
        self.assertIn("result", ask("/complete", b'{"prompt":"hi"}'))

        async def prompt():
            async with websockets.connect(address.replace("https", "wss") + "/stream", ssl=context) as client:
                await client.send('{"prompt":"hi"}')
                return [json.loads(await asyncio.wait_for(client.recv(), PATIENCE)) for _ in range(2)]

        self.assertTrue(all("token" in message for message in asyncio.run(prompt())))


if __name__ == "__main__":
    main()
