"""A batch of 100k lines against nginx: the ledger adds up, memory stays small."""

import os
import shutil
import subprocess
import sys
import unittest

from harness import RunTest, main, wait_for

ITEMS = 100000

CONFIG = """daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/err;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder}; keepalive_requests 1000000;
  server {{
    listen unix:{folder}/probe; listen 127.0.0.1:{port};
    location / {{ default_type application/json;
      return 200 '{{"id":"x","object":"chat.completion","choices":[],"usage":{{"prompt_tokens":9,"completion_tokens":12}}}}'; }}
  }}
}}
"""


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Nginx(RunTest):
    def nginx(self):
        """Starts nginx on a free port; another may take the port first, so try a few times."""
        for _ in range(5):
            port = free_port()
            with open(self.path("nginx.conf"), "w", encoding="utf-8") as f:
                f.write(CONFIG.format(folder=self.folder, port=port))
            process = subprocess.Popen([os.environ["NGINX"], "-c", self.path("nginx.conf"),
                                        "-p", self.folder], stderr=subprocess.DEVNULL)
            self.addCleanup(process.wait)
            self.addCleanup(process.terminate)
            wait_for(lambda: os.path.exists(self.path("probe")) or process.poll() is not None,
                     "nginx listens")
            if process.poll() is None:
                return f"http://127.0.0.1:{port}"
        self.fail("nginx found no free port")

    def test_hundred_thousand_lines(self):
        url = self.nginx()
        ids = self.write_items(ITEMS)
        code, err = self.run_sluice("--url", url, "--pace", "fixed", "-c", "64", "--ui", "none")
        self.assertEqual(code, 0, err)
        stop = self.last_stop()
        self.assertEqual(stop["items"]["ok"], ITEMS)
        self.assertEqual(stop["items"]["total"], ITEMS)
        self.assert_exactly_once(ids)


if __name__ == "__main__":
    if not os.environ.get("NGINX") or not shutil.which(os.environ["NGINX"]):
        print("nginx is not installed: skipped")
        sys.exit(77)
    main()
