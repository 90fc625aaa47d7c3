"""A batch of 100k lines against nginx: the ledger adds up, memory stays small."""

import os
import shutil
import sys

from harness import RunTest, main
from nginx import start_nginx

ITEMS = 100000

CONFIG = """daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/err;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder}; keepalive_requests 1000000;
  server {{
    listen unix:{folder}/probe; listen 127.0.0.1:{port};
    location / {{ default_type application/json;
      return 200 '{{"id":"x","object":"chat.completion","choices":[{{"message":{{"content":""}}}}],"usage":{{"prompt_tokens":9,"completion_tokens":12}}}}'; }}
  }}
}}
"""


class Nginx(RunTest):
    def test_hundred_thousand_lines(self):
        url = "http" + start_nginx(self, CONFIG)
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
