"""The key goes to the endpoint and nowhere else."""

import fcntl
import json
import os
import sys
import termios

from api_server import ApiServer
from harness import PATIENCE, RunTest, chat_line, main, wait_for

KEY = "sk-test-0123456789-secret"


def pending(pipe):
    """Bytes that nobody has read yet."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


class Listener(ApiServer):
    """Keeps the headers of every request."""

    def __init__(self):
        self.seen = []
        super().__init__()

    def answer(self, request):
        self.seen.append(dict(request.headers))
        redirect = request.path.startswith("/redirect")
        request.reply({"id": "1", "choices": [{"message": {"content": ""}}], "usage": {}}, 302 if redirect else 200,
                      {"Location": "http://127.0.0.1:1/"} if redirect else {})


class Secrets(RunTest):
    def listener(self):
        return self.until_end(Listener())

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
        self.assertIn("other users can read", err)
        self.assertEqual(home.seen[0].get("Authorization"), "Bearer " + KEY)
        for path in (self.results, self.errors, self.journal):
            with open(path, encoding="utf-8") as f:
                self.assertNotIn(KEY, f.read() + err, path)

    def test_the_command_is_kept_without_secrets(self):
        home = self.listener()
        secrets = [KEY, "hunter2-of-a-header", "hunter2-of-a-cookie", "hunter2-of-a-service"]
        self.write_input([chat_line("a")])
        code, err = self.run_sluice("--url", home.url, "-H", "X-Api-Key: " + secrets[1], "-HCookie: a=" + secrets[2],
                                    "--header-for", "https://other.test Authorization: Bearer " + secrets[3],
                                    "-H", "X-Team: " + KEY, "--ui", "none",
                                    env={**os.environ, "OPENAI_API_KEY": KEY})
        self.assertEqual(code, 0, err)
        start = json.loads(self.journal_lines()[0])
        self.assertEqual(start["command"][1:5], ["run", self.input, "--url", home.url])
        self.assertEqual(start["command"][-2:], ["--ui", "none"])
        for secret in secrets:
            self.assertNotIn(secret, "".join(self.journal_lines()))

    def journal_lines(self):
        if not os.path.exists(self.journal):
            return []
        with open(self.journal, encoding="utf-8") as f:
            return f.readlines()

    def lines_to(self, *servers):
        self.write_input(json.dumps({"custom_id": f"i{i}", "method": "POST", "url": server.url + "/x", "body": {"a": 1}})
                         for i, server in enumerate(servers))

    def test_secret_headers_stay_with_the_endpoints(self):
        home, other = self.listener(), self.listener()
        self.lines_to(home, other, other)
        code, err = self.run_sluice("--url", home.url, "-H", "X-Api-Key: " + KEY, "-H", "X-Team: a", "--ui", "plain")
        self.assertEqual(code, 0, err)
        self.assertEqual(err.count("--header-for"), 1, err)
        self.assertIn(other.url, err)
        self.assertEqual(home.seen[0].get("X-Api-Key"), KEY)
        self.assertNotIn("X-Api-Key", other.seen[0])
        self.assertEqual(other.seen[0].get("X-Team"), "a")

    def test_the_endpoints_of_a_run_share_them(self):
        east, west, other = self.listener(), self.listener(), self.listener()
        self.lines_to(*[east, west, other] * 8)
        code, err = self.run_sluice("--endpoint", f"east={east.url}", "--endpoint", f"west={west.url}",
                                    "-H", "X-Api-Key: " + KEY)
        self.assertEqual(code, 0, err)
        for server, want in ((east, KEY), (west, KEY), (other, None)):
            self.assertEqual({seen.get("X-Api-Key") for seen in server.seen}, {want})

    def test_secret_headers_without_an_endpoint_are_refused(self):
        other = self.listener()
        self.lines_to(other)
        code, err = self.run_sluice("-H", "X-Api-Key: " + KEY, env={**os.environ, "OPENAI_BASE_URL": ""})
        self.assertEqual(code, 2, err)
        self.assertIn("--header-for", err)
        self.assertEqual(other.seen, [])

    def test_a_header_for_one_origin(self):
        home, files, other = self.listener(), self.listener(), self.listener()
        self.lines_to(home, files, other)
        code, err = self.run_sluice(
            "--url", home.url, "--provider", "openai", "--header-for", f"{files.url} Authorization: Bearer {KEY}-files",
            "--header-for", f"{files.url} X-Team: b", "-H", "X-Team: a", env={**os.environ, "OPENAI_API_KEY": KEY})
        self.assertEqual(code, 0, err)
        self.assertEqual(home.seen[0].get("Authorization"), "Bearer " + KEY)
        self.assertEqual(files.seen[0].get("Authorization"), f"Bearer {KEY}-files")
        self.assertNotIn("Authorization", other.seen[0])
        self.assertEqual([s.seen[0].get("X-Team") for s in (home, files, other)], ["a", "b", "a"])

    def test_malformed_keys_are_refused_before_anything_is_sent(self):
        home = self.listener()
        self.write_input([chat_line("a")])
        path, core = self.path("key"), "sk-test-0123456789"
        bad = ["\ufeff" + core, f'"{core}"', f"OPENAI_API_KEY={core}", f"export KEY={core}", "Bearer " + core,
               f"\u201c{core}\u201d", core + "\u00a0", core + " two"]
        for key in bad + [core.encode("utf-16").decode("latin-1")]:
            with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
                f.write(key + "\n")
            runs = [(("--key-file", path), {})]
            if "\0" not in key:
                runs += [(("--key-env", "MY_KEY"), {"MY_KEY": key}), ((), {"OPENAI_API_KEY": key}),
                         (("-H", "X-Api-Key: " + key), {})]
            for options, more in runs:
                code, err = self.run_sluice("--url", home.url, "--provider", "openai", *options,
                                            env={**os.environ, **more})
                self.assertEqual(code, 2, (key, options, err))
                self.assertNotIn(core, err)
        code, err = self.run_sluice("--url", home.url, "-H", f"Authorization: Bearer Bearer {core}")
        self.assertEqual(code, 2, err)
        self.assertEqual(home.seen, [])
        self.assertFalse(os.path.exists(self.results) and os.path.getsize(self.results))

    def test_blanks_around_a_key_are_taken_away(self):
        home = self.listener()
        path = self.path("key")
        with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as f:
            f.write(f" \t{KEY} \r\n")
        for i, (options, more) in enumerate(((("--key-file", path), {}),
                                             (("--key-env", "MY_KEY"), {"MY_KEY": f" {KEY}\n"}),
                                             (("-H", f"Authorization: Bearer {KEY}  "), {}))):
            self.write_input([chat_line(f"a{i}")])
            code, err = self.run_sluice("--url", home.url, "--provider", "openai", *options, env={**os.environ, **more})
            self.assertEqual(code, 0, err)
            self.assertEqual(home.seen[-1].get("Authorization"), "Bearer " + KEY)

    def test_a_key_that_comes_through_a_pipe_in_pieces(self):
        home = self.listener()
        path = self.path("pipe")
        os.mkfifo(path, 0o600)
        self.write_input([chat_line("a")])
        process = self.start("--url", home.url, "--provider", "openai", "--key-file", path)
        with open(path, "wb", buffering=0) as f:
            f.write(KEY[:9].encode())
            wait_for(lambda: not pending(f), "the first piece to be read")
            f.write(KEY[9:].encode() + b"\nmore")
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(home.seen[0].get("Authorization"), "Bearer " + KEY)

    def test_the_variable_is_wiped(self):
        mock = self.mock("--latency", "10s")
        self.write_items(2)
        process = self.start("--url", mock.url, "--ui", "none", env={**os.environ, "MY_KEY": KEY, "OTHER": "kept"},
                             *("--key-env", "MY_KEY"))
        wait_for(lambda: mock.stats()["requests"], "a request")
        with open(f"/proc/{process.pid}/environ", "rb") as f:
            environment = f.read()
        self.assertNotIn(KEY.encode(), environment)
        self.assertIn(b"OTHER=kept", environment)

    def test_two_endpoints_share_a_variable(self):
        east, west = self.listener(), self.listener()
        self.lines_to(*[east, west] * 8)
        code, err = self.run_sluice(
            "--endpoint", f"east={east.url},provider=openai,key-env=MY_KEY",
            "--endpoint", f"west={west.url},provider=openai,key-env=MY_KEY", env={**os.environ, "MY_KEY": KEY})
        self.assertEqual(code, 0, err)
        self.assertIn("Bearer " + KEY, {seen.get("Authorization") for seen in east.seen + west.seen})

    def test_the_password_of_a_proxy_is_nowhere(self):
        self.write_input([chat_line("a")])
        told = set()
        for proxy in (f"http://user:{KEY}@127.0.0.1:99999", f"weird://user:{KEY}@127.0.0.1:1",
                      f"http://user:{KEY}@no-such-host.invalid:1", "http://user:pw7@127.0.0.1:99999",
                      f"http://user:{KEY}@127.0.0.1:1"):
            process = self.start("--url", "http://api.invalid", "--max-attempts", "1", "--ui", "plain",
                                 env={**os.environ, "http_proxy": proxy, "no_proxy": ""})
            wait_for(lambda: any('"event":"attempt"' in line for line in self.journal_lines()), "an attempt")
            process.terminate()
            err = process.communicate(timeout=PATIENCE)[1].decode()
            told.add(err.count("[redacted]") > 0)
            for path in (self.results, self.errors, self.journal):
                with open(path, encoding="utf-8") as f:
                    text = f.read() + err
                self.assertNotIn(KEY, text, proxy)
                self.assertNotIn("pw7", text, proxy)
                os.remove(path)
        self.assertIn(True, told)


if __name__ == "__main__":
    main()
