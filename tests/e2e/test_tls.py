"""Over TLS: certificates are verified, HTTP/2 connections are shared, and a server that has only HTTP/1.1
gets all requests at once."""

import json
import os
import re
import shutil
import threading
import unittest

from harness import PATIENCE, RunTest, TlsServer, chat_line, json_lines, main
from nginx import start_nginx

ITEMS = 40
TOGETHER = 64
CONFIG = """daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/err;
events {{ worker_connections 1024; }}
http {{
  map $http_authorization $front {{ default ""; "~^Bearer (?<a>.{{12}})" $a; }}
  map $http_authorization $rest {{ default ""; "~^Bearer .{{12}}(?<b>.*)$" $b; }}
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
  server {{
    listen unix:{folder}/probe; listen 127.0.0.1:{port} ssl http2;
    http2_max_concurrent_streams {streams};
    location /echo {{
      default_type application/json; add_header x-request-id $http_authorization;
      return 200 '{{"said":"$http_authorization"}}';
    }}
    location /echo_stream {{
      default_type text/event-stream; return 200 'data: {{"choices":[{{"index":0,"delta":{{"content":"$front"}}}}]}}

data: {{"choices":[{{"index":0,"delta":{{"content":"$rest"}},"finish_reason":"stop"}}]}}

data: [DONE]

';
    }}
    location = /slow {{
      proxy_pass {slow}; proxy_set_header x-connection $connection; proxy_ssl_verify off;
    }}
    location / {{ default_type application/json; return 200 '{{"connection":$connection}}'; }}
  }}
}}
"""


def answer(request):
    """Says which of a proxy's connections the request came over."""
    body = b'{"connection":%s}' % (re.findall(rb"x-connection: (\d+)", request, re.IGNORECASE) or [b"0"])[0]
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


class SlowServer(TlsServer):
    """HTTP/1.1 over TLS; answers nobody before so many requests are there."""

    def __init__(self, folder, together):
        self.barrier = threading.Barrier(together)
        super().__init__(folder, "http/1.1", together)

    def serve(self, connection):
        try:
            with self.context.wrap_socket(connection, server_side=True) as tls:
                request = b""
                while b"\r\n\r\n" not in request:
                    data = tls.recv(65536)
                    if not data:
                        return
                    request += data
                self.barrier.wait(PATIENCE)
                tls.sendall(answer(request))
                tls.recv(1)
        except (OSError, threading.BrokenBarrierError):
            pass

    def close(self):
        super().close()
        self.barrier.abort()


@unittest.skipUnless(shutil.which("openssl"), "no openssl to make a certificate with")
class Tls(RunTest):
    def setUp(self):
        super().setUp()
        self.make_certificate()
        self.write_gets(ITEMS)

    def write_gets(self, n, path="/"):
        self.write_input(json.dumps({"custom_id": f"item-{i}", "method": "GET", "url": path})
                         for i in range(n))

    def run_over(self, url, *options, trusted=True, in_flight=ITEMS):
        environment = {**os.environ, "CURL_CA_BUNDLE": self.path("cert.pem")}
        if not trusted:
            del environment["CURL_CA_BUNDLE"]
        return self.run_sluice("--url", url, "--provider", "raw", "--pace", "fixed", "-c", str(in_flight),
                               "--ui", "none", *options, env=environment)

    def server(self, together):
        server = SlowServer(self.folder, together)
        self.addCleanup(server.close)
        return server

    def test_http1_requests_do_not_wait_for_each_other(self):
        code, err = self.run_over(self.server(ITEMS).url)
        self.assertEqual(code, 0, err)
        self.assertEqual(self.last_stop()["items"]["ok"], ITEMS)

    def test_unknown_certificate_is_refused(self):
        self.write_gets(1)
        code, err = self.run_over(self.server(1).url, "--max-attempts", "1", trusted=False)
        self.assertEqual(code, 1, err)
        message = json_lines(self.errors)[0]["error"]["message"]
        self.assertIn("certificate", message)

    @unittest.skipUnless(os.environ.get("NGINX"), "no nginx")
    def test_http2_requests_share_a_connection(self):
        code, err = self.run_over(self.nginx())
        self.assertEqual(code, 0, err)
        self.assertEqual(self.connections(), 1)

    def connections_of(self, streams):
        """How many connections a run opens whose requests are all at the server at once."""
        self.write_gets(TOGETHER, "/slow")
        code, err = self.run_over(self.nginx(streams, self.server(TOGETHER).url), in_flight=TOGETHER)
        self.assertEqual(code, 0, err)
        self.assertEqual(len(json_lines(self.results)), TOGETHER)
        return self.connections()

    @unittest.skipUnless(os.environ.get("NGINX"), "no nginx")
    def test_http2_takes_no_more_connections_than_needed(self):
        """7 connections of 10 streams hold 64 requests; one more is allowed, should one not be used again."""
        self.assertIn(self.connections_of(streams=10), (7, 8))

    @unittest.skipUnless(os.environ.get("NGINX"), "no nginx")
    def test_http2_takes_one_connection_when_all_fit(self):
        self.assertEqual(self.connections_of(streams=128), 1)

    @unittest.skipUnless(os.environ.get("NGINX"), "no nginx")
    def test_answers_before_the_request_was_read_are_taken(self):
        """nginx needs no body for its answer, and libcurl takes that ill over HTTP/2."""
        self.write_items(200)
        code, err = self.run_over(self.nginx(), "--idle-timeout", "1s")
        self.assertEqual(code, 0, err)
        lost = [r for r in json_lines(self.journal) if r.get("event") == "attempt"]
        self.assertLess(len(lost), 20, "attempts whose answer was thrown away")

    @unittest.skipUnless(os.environ.get("NGINX"), "no nginx")
    def test_a_key_that_is_repeated_over_http2(self):
        key = "sk-0123456789-abcdefghijklmnop"
        url = self.nginx()
        self.write_input([chat_line("plain", url=url + "/echo"), chat_line("stream", url=url + "/echo_stream")])
        with open(os.open(self.path("key"), os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as f:
            f.write(key + "\n")
        code, err = self.run_over(url, "--provider", "openai", "--key-file", self.path("key"), "--max-attempts", "1")
        lines = json_lines(self.results) + json_lines(self.errors)
        self.assertEqual(len(lines), 2, err)
        self.assertIn("'content': '[redacted]'", str(lines))
        text = err + str(lines) + str(json_lines(self.journal))
        self.assertNotIn(key, text)
        self.assertGreaterEqual(text.count("[redacted]"), 3)

    def connections(self):
        return len({r["response"]["body"]["connection"] for r in json_lines(self.results)})

    def nginx(self, streams=128, slow="http://127.0.0.1:1"):
        return "https" + start_nginx(self, CONFIG.replace("{streams}", str(streams)).replace("{slow}", slow))


if __name__ == "__main__":
    main()
