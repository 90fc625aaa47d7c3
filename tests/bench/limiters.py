"""Servers with limits that are not ours, for `make bench-pace`: our own small one (limit_server.py), nginx,
HAProxy and express-rate-limit. Each has url, stop() and stats(), what the server itself counted."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time

from bench import Failure, free_port

HERE = os.path.dirname(os.path.abspath(__file__))
UP_S = 10

NGINX = """daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log /dev/null;
events {{ worker_connections 4096; }}
http {{
	access_log off;
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	keepalive_requests 1000000;
	limit_req_zone $binary_remote_addr zone=rate:1m rate={rate}r/s;
	limit_conn_zone $binary_remote_addr zone=number:1m;
	upstream backend {{ server 127.0.0.1:{backend}; keepalive 512; }}
	server {{
		listen 127.0.0.1:{port} backlog=4096;
		location / {{
			{limit};
			proxy_pass http://backend;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
		}}
	}}
}}
"""

HAPROXY = """global
	maxconn 4000
defaults
	mode http
	timeout connect 5s
	timeout client 600s
	timeout server 600s
	timeout tarpit 3s
frontend limited
	bind 127.0.0.1:{port} backlog 4096
	stick-table type ip size 1k expire 60s store http_req_rate({seconds}s),conn_cur
	{limit}
	default_backend models
backend models
	server one 127.0.0.1:{backend}
"""

EXPRESS = """const express = require('express');
const { rateLimit } = require('express-rate-limit');
const [port, limit, seconds, latency] = process.argv.slice(2).map(Number);
const app = express();
app.use(rateLimit({ windowMs: seconds * 1000, limit, standardHeaders: 'draft-7', legacyHeaders: false,
	validate: false }));
app.post('/v1/chat/completions', (request, answer) => setTimeout(() => answer.json({
	id: 'c', object: 'chat.completion', model: 'm',
	choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
	usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 } }), latency * 1000));
app.listen(port, '127.0.0.1', 4096);
"""


def wait_until_up(process, port, name):
    end = time.monotonic() + UP_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise Failure(f"{name} does not listen")


class LimitServer:
    """limit_server.py with these options."""

    def __init__(self, mode, **options):
        words = [word for name, value in options.items() for word in ("--" + name.replace("_", "-"), str(value))]
        self.process = subprocess.Popen([sys.executable, "-B", os.path.join(HERE, "limit_server.py"), mode, *words],
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise Failure("limit_server.py does not start")
        self.port = int(self.url.rpartition(":")[2])

    def stats(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/stats")
            return json.load(connection.getresponse())
        except (OSError, http.client.HTTPException):
            return {}
        finally:
            connection.close()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Proxy:
    """A program that limits what goes to a server without limits behind it."""

    def __init__(self, command, name, latency):
        self.backend = LimitServer("plain", latency=latency) if latency else None
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(command(self), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_until_up(self.process, self.port, name)

    def stats(self):
        """Of what it refused only the client knows."""
        return {"lag_s": self.backend.stats().get("lag_s", 0)} if self.backend else {}

    def stop(self):
        self.process.terminate()
        self.process.wait()
        if self.backend:
            self.backend.stop()


def written(folder, name, text):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


class Tools:
    """The programs that are there; `lacking` says of the others why not."""

    def __init__(self, nginx, build):
        self.lacking = {}
        self.nginx = nginx if nginx and os.access(nginx, os.X_OK) else None
        if not self.nginx:
            self.lacking["nginx"] = "nginx is missing (Debian: nginx)"
        self.haproxy = self.find_haproxy(os.path.join(build, "haproxy"))
        self.express = self.find_express(os.path.join(build, "express"))

    def find_haproxy(self, folder):
        found = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        unpacked = os.path.join(folder, "haproxy")
        if not found and not os.access(unpacked, os.X_OK):
            subprocess.run([os.path.join(HERE, "unpack_haproxy.sh"), folder], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
        found = found or (unpacked if os.access(unpacked, os.X_OK) else None)
        if not found:
            self.lacking["haproxy"] = "haproxy is missing (Debian: haproxy)"
        return found

    def find_express(self, folder):
        module = os.path.join(folder, "node_modules", "express-rate-limit")
        if shutil.which("npm") and not os.path.isdir(module):
            written(folder, "package.json", '{"private": true}')
            subprocess.run(["npm", "install", "--silent", "express", "express-rate-limit"], cwd=folder,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if not shutil.which("node") or not os.path.isdir(module):
            self.lacking["express"] = "node or express-rate-limit is missing"
            return None
        written(folder, "server.js", EXPRESS)
        return folder

    def start_nginx(self, folder, limit, latency, rate=1):
        def command(proxy):
            text = NGINX.format(folder=folder, port=proxy.port, backend=proxy.backend.port, limit=limit, rate=rate)
            return [self.nginx, "-p", folder, "-c", written(folder, "nginx.conf", text)]
        return Proxy(command, "nginx", latency)

    def start_haproxy(self, folder, limit, latency, seconds=10):
        def command(proxy):
            text = HAPROXY.format(port=proxy.port, backend=proxy.backend.port, seconds=seconds,
                                  limit="\n\t".join(limit))
            return [self.haproxy, "-db", "-f", written(folder, "haproxy.cfg", text)]
        return Proxy(command, "haproxy", latency)

    def start_express(self, limit, seconds, latency):
        def command(proxy):
            return ["node", os.path.join(self.express, "server.js"), str(proxy.port), str(limit), str(seconds),
                    str(latency)]
        return Proxy(command, "express-rate-limit", 0)
