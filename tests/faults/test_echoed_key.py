"""The server repeats the key: in a header, in a body, escaped, in an error's text and code, in a URL.  It is in no
file, message or screen, not in a core file, not in the arguments; the endpoint alone gets it."""

import json
import os

from faults import SLUICE, FaultTest, chat_line, json_lines, main, wait_for, whole_lines
from terminal import Terminal

KEY = "sk-proj/Abc+0123456789=secret"
FORMS = (KEY, KEY.replace("/", "\\/"), KEY.replace("/", "%2F").replace("+", "%2B"),
         "0123456789=secret", "Abc+0123456789", KEY[:16])


class EchoedKey(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.env = {**os.environ, "OPENAI_API_KEY": KEY}

    def assert_nowhere(self, *texts):
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as f:
                    texts += (f.read(),)
        for text in texts:
            for form in FORMS:
                self.assertNotIn(form, text)

    def run_against(self, *statuses, **more):
        """One item for each status that /echo answers with."""
        self.write_input(chat_line(f"s{s}", url=f"{self.http.url}/echo/{s}/v1/{more.get('path', '')}")
                         for s in statuses)
        return self.run_sluice("--url", self.http.url, "--max-attempts", "1", "--ui", "plain",
                               env=self.env)

    def test_in_answers_good_and_bad(self):
        code, err = self.run_against(200, 500, 422)
        self.assertEqual(code, 1, err)
        self.assertEqual(self.http.last_headers["authorization"], "Bearer " + KEY)
        self.assert_nowhere(err)
        for line in json_lines(self.results) + json_lines(self.errors):
            self.assertIn("[redacted]", str(line))
            self.assertEqual(line["response"]["request_id"], "Bearer [redacted]")

    def test_in_answers_that_a_cache_keeps(self):
        self.write_input([chat_line("a", url=f"{self.http.url}/echo/200/v1/x")])
        for name in ("a", "b"):
            code, err = self.run_sluice("-o", self.path(name), "--url", self.http.url, "--cache", self.path("cache"),
                                        "--ui", "none", env=self.env)
            self.assertEqual(code, 0, err)
        self.assertEqual(self.http.count(), 1)
        self.assertIn("[redacted]", str(json_lines(self.path("b"))))
        self.assert_nowhere()

    def test_in_streams_that_are_assembled(self):
        forms = ("split", "chars", "coded", "tool", "refusal", "error", "cut", "part", "messages",
                 "responses")
        self.write_input(chat_line(f, url=f"{self.http.url}/echo_stream/{f}/v1/chat/completions") for f in forms)
        for stream in ((), ("--stream",)):
            for name in (self.results, self.errors, self.journal):
                if os.path.exists(name):
                    os.remove(name)
            code, err = self.run_sluice("--url", self.http.url, "--max-attempts", "1", "--ui", "plain", *stream,
                                        "--cache", self.path("cache"), env=self.env)
            self.assertEqual(code, 1, err)
            lines = {r["custom_id"]: r for r in json_lines(self.results) + json_lines(self.errors)}
            self.assertEqual(set(lines), set(forms))
            self.assert_nowhere(err, *(json.dumps(line, ensure_ascii=False) for line in lines.values()))
            for form, line in lines.items():
                self.assertIn("[redacted]", str(line), form)

    def test_with_every_character_coded(self):
        self.write_input(chat_line(f"s{s}", url=f"{self.http.url}/echo_coded/{s}/v1/x") for s in (200, 500, 422))
        code, err = self.run_sluice("--url", self.http.url, "--max-attempts", "1", "--ui", "plain", env=self.env)
        self.assertEqual(code, 1, err)
        for line in json_lines(self.results) + json_lines(self.errors) + json_lines(self.journal):
            self.assert_nowhere(json.dumps(line), err)
        self.assertIn("[redacted]", str(json_lines(self.results)))

    def test_in_stages_of_a_pipeline(self):
        pipeline = {"stages": {
            "a": {"body": {"model": "m", "messages": [{"role": "user", "content": "{{t}}"}]}},
            "b": {"after": "a", "url": self.http.url + "/echo_coded/200/v1/chat/completions",
                  "body": {"messages": [{"role": "user", "content": "{{a.text}}"}]}}}}
        with open(self.path("p.json"), "w", encoding="utf-8") as f:
            json.dump(pipeline, f)
        self.write_input([json.dumps({"custom_id": "r", "t": "x"})])
        code, err = self.run_sluice("--pipeline", self.path("p.json"), "--url",
                                    self.http.url + "/echo_stream/split", "--cache", self.path("cache"), "--ui",
                                    "plain", env=self.env)
        self.assertEqual(code, 0, err)
        self.assertEqual(self.http.count(), 2)
        self.assert_nowhere(err, *(json.dumps(r) for r in json_lines(self.results) + json_lines(self.journal)))
        self.assertNotIn(KEY.encode(), self.http.last_body)

    def test_secrets_among_the_headers_of_a_line(self):
        self.env["OPENAI_API_KEY"] = ""
        forms = ("echo_stream/split", "echo_coded/200", "echo_coded/422")
        self.write_input(chat_line(f, url=f"{self.http.url}/{f}/v1/chat/completions", headers={"X-Line-Token": KEY})
                         for f in forms)
        code, err = self.run_sluice("--url", self.http.url, "--max-attempts", "1", "--ui", "plain", env=self.env)
        self.assertEqual(code, 1, err)
        os.remove(self.input)
        self.assert_nowhere(err, *(json.dumps(r) for r in json_lines(self.results) + json_lines(self.errors)))

    def test_in_packs(self):
        for status in ("200", "422"):
            self.write_input(json.dumps({"custom_id": f"e{i}-{status}", "method": "POST",
                                         "url": f"{self.http.url}/echo_embeddings/{status}/v1/embeddings",
                                         "body": {"model": "m", "input": f"t{i}"}}) for i in range(4))
            code, err = self.run_sluice("--url", self.http.url, "--pack", "4", "--max-attempts", "1", "--ui", "plain",
                                        "-o", self.path(f"o{status}"), env=self.env)
            self.assertEqual(code, 0 if status == "200" else 1, err)
            self.assert_nowhere(err, json.dumps(json_lines(self.path(f"o{status}"))))
        self.assertIn("[redacted]", str(json_lines(self.path("o200"))))

    def test_in_a_refusal_of_the_key(self):
        self.write_items(3)
        process = self.start("--url", self.http.url + "/echo/401", "--ui", "plain", env=self.env)
        wait_for(lambda: any(r["event"] == "attempt" for r in whole_lines(self.journal)), "a refusal")
        process.terminate()
        process.terminate()
        _, err = process.communicate(timeout=30)
        self.assert_nowhere(err.decode())
        self.assertIn("[redacted]", str(json_lines(self.journal)))

    def test_a_secret_header_of_the_users_own(self):
        self.env["OPENAI_API_KEY"] = ""
        self.write_input([chat_line("a", url=f"{self.http.url}/echo/200/v1/x")])
        code, err = self.run_sluice("--url", self.http.url, "-H", "X-Api-Key: " + KEY, env=self.env)
        self.assertEqual(code, 0, err)
        self.assertEqual(self.http.last_headers["x-api-key"], KEY)
        self.assert_nowhere(err)

    def test_on_the_screen(self):
        self.write_input(chat_line(f"s{s}", url=f"{self.http.url}/echo/{s}/v1/x")
                         for s in (500, 422, 200, 422))
        terminal = Terminal([SLUICE, "run", self.input, "--url", self.http.url, "--max-attempts", "1"],
                            columns=160, lines=50, env=self.env)
        self.addCleanup(terminal.close)
        terminal.see("DONE", "redacted")
        terminal.keys("q")
        terminal.process.wait(30)
        self.assert_nowhere(terminal.raw.decode("utf-8", "replace"))

    def test_not_in_the_arguments_nor_in_a_core(self):
        self.write_items(1)
        process = self.start("--url", self.http.url + "/mute", "--ui", "none", env=self.env)
        wait_for(lambda: self.http.count(), "the request")
        proc = f"/proc/{process.pid}/"
        with open(proc + "cmdline", encoding="utf-8") as f:
            self.assert_nowhere(f.read())
        with open(proc + "coredump_filter", encoding="utf-8") as f:
            self.assertEqual(int(f.read(), 16), 0)
        with open(proc + "limits", encoding="utf-8") as f:
            core = [line for line in f if line.startswith("Max core file size")]
        self.assertEqual(core[0].split()[4:6], ["0", "0"])

    def test_the_key_of_one_origin_goes_to_no_other(self):
        other = self.server()
        self.write_input([chat_line("a", url=other.url + "/good/v1/x")])
        code, err = self.run_sluice("--url", self.http.url, env=self.env)
        self.assertEqual(code, 0, err)
        self.assertNotIn("authorization", other.last_headers)

    def test_a_redirect_takes_it_nowhere(self):
        self.write_items(1)
        code, err = self.run_sluice("--url", self.http.url + "/redirect", env=self.env)
        self.assertEqual(code, 1, err)
        self.assertEqual(self.http.count("good"), 0)
        self.assert_nowhere(err)

    def test_files_are_for_their_owner_alone(self):
        os.umask(0)
        self.addCleanup(os.umask, 0o022)
        self.run_against(200, 422)
        for path in (self.results, self.errors, self.journal):
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600, path)


if __name__ == "__main__":
    main()
