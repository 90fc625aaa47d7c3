"""A batch from file to results: formats, standard input, resume, exit codes."""

import json
import os
import resource
import stat
import subprocess

from harness import RunTest, chat_line, json_lines, main


class Formats(RunTest):
    def test_every_format_in_one_file(self):
        mock = self.mock("--latency", "0")
        self.write_input([
            chat_line("chat", metadata={"k": [1, 2]}),
            json.dumps({"custom_id": "embed", "method": "POST", "url": "/v1/embeddings",
                        "body": {"model": "e", "input": "text"}}),
            json.dumps({"custom_id": "anth", "params": {"model": "c", "max_tokens": 5,
                        "messages": [{"role": "user", "content": "hi"}]}}),
            json.dumps({"model": "m", "messages": [{"role": "user", "content": "bare"}],
                        "metadata": {"row": 4}}),
            json.dumps({"custom_id": "get", "method": "GET", "url": mock.url + "/any/path?x=1"}),
            json.dumps({"custom_id": "put", "method": "PUT", "url": mock.url + "/thing",
                        "headers": {"X-A": "b"}, "body": "raw text"}),
        ])
        code, err = self.run_sluice("--url", mock.url)
        self.assertEqual(code, 0, err)
        lines = {r["custom_id"]: r for r in json_lines(self.results)}
        self.assertEqual(set(lines), {"chat", "embed", "anth", "4", "get", "put"})
        self.assertEqual(lines["chat"]["response"]["body"]["object"], "chat.completion")
        self.assertEqual(lines["embed"]["response"]["body"]["object"], "list")
        self.assertEqual(lines["anth"]["response"]["body"]["type"], "message")
        self.assertEqual(lines["chat"]["metadata"], {"k": [1, 2]})
        self.assertEqual(lines["4"]["metadata"], {"row": 4})
        self.assertEqual(lines["put"]["response"]["body"]["method"], "PUT")
        self.assertEqual(lines["get"]["sluice"]["line"], 5)
        self.assertEqual(list(lines["chat"])[0], "custom_id")
        self.assertGreater(lines["chat"]["sluice"]["tokens_out"], 0)
        self.last_stop()

    def test_standard_input(self):
        mock = self.mock("--latency", "0")
        process = self.start("-o", self.results, "--url", mock.url, source="-",
                             stdin=subprocess.PIPE)
        text = "".join(chat_line(f"i{n}") + "\n" for n in range(50))
        _, err = process.communicate(text.encode(), timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assert_exactly_once([f"i{n}" for n in range(50)])

    def test_files_are_private(self):
        mock = self.mock("--latency", "0")
        self.write_items(1)
        self.run_sluice("--url", mock.url)
        for path in (self.results, self.journal):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600, path)

    def test_line_endings_bom_and_blank_lines(self):
        mock = self.mock("--latency", "0")
        with open(self.input, "wb") as f:
            f.write(b"\xef\xbb\xbf" + chat_line("a").encode() + b"\r\n\r\n  \n" +
                    chat_line("b").encode())
        code, err = self.run_sluice("--url", mock.url)
        self.assertEqual(code, 0, err)
        self.assert_exactly_once(["a", "b"])
        self.assertEqual({r["sluice"]["line"] for r in json_lines(self.results)}, {1, 4})


class Outcomes(RunTest):
    def test_failed_items_end_in_the_errors_file_and_the_code_is_1(self):
        mock = self.mock("--latency", "0")
        self.write_input([chat_line("good"),
                          json.dumps({"custom_id": "gone", "method": "POST", "body": {"a": 1},
                                      "url": mock.url + "/x?status=404"}), "not json"])
        code, _ = self.run_sluice("--url", mock.url)
        self.assertEqual(code, 1)
        self.assert_exactly_once(["good", "gone", "3"])
        errors = {r["custom_id"]: r for r in json_lines(self.errors)}
        self.assertEqual(errors["gone"]["response"]["status_code"], 404)
        self.assertIsNone(errors["gone"]["error"])
        self.assertEqual(errors["3"]["error"]["code"], "bad_input")

    def test_retry_failed_queues_them_again(self):
        mock = self.mock("--latency", "0")
        failing = json.dumps({"custom_id": "flaky", "method": "POST", "body": {"a": 1},
                              "url": mock.url + "/x?status=422&fail=1&key=flaky"})
        self.write_input([chat_line("good"), failing])
        self.assertEqual(self.run_sluice("--url", mock.url)[0], 1)
        self.assertEqual(self.run_sluice("--url", mock.url)[0], 1, "stays failed by itself")
        self.assertEqual(self.run_sluice("--url", mock.url, "--retry-failed")[0], 0)
        self.assert_exactly_once(["good", "flaky"])
        self.assertEqual(json_lines(self.errors), [])

    def test_server_errors_are_retried(self):
        mock = self.mock("--latency", "0")
        self.write_input([json.dumps({
            "custom_id": "a", "method": "POST", "body": {"a": 1},
            "url": mock.url + "/x?status=503&fail=2&key=a&retry_after=0"})])
        self.assertEqual(self.run_sluice("--url", mock.url)[0], 0)
        self.assertEqual(json_lines(self.results)[0]["sluice"]["attempts"], 3)

    def test_few_descriptors_slow_a_run_and_fail_nothing(self):
        mock = self.mock("--latency", "50ms")
        ids = self.write_items(300)
        code, err = self.run_sluice(
            "--url", mock.url, "-c", "250", "--pace", "fixed", "--ui", "plain", "--max-attempts", "1",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80)))
        self.assertEqual(code, 0, err)
        self.assertIn("ulimit -n", err)
        self.assert_exactly_once(ids)

    def test_nothing_is_sent_twice_that_was_written(self):
        mock = self.mock("--latency", "0")
        ids = self.write_items(200)
        self.assertEqual(self.run_sluice("--url", mock.url)[0], 0)
        self.assertEqual(self.run_sluice("--url", mock.url)[0], 0)
        self.assert_exactly_once(ids)
        self.assertEqual(mock.stats()["requests"], 200)

    def test_a_second_run_on_the_same_results_is_refused(self):
        mock = self.mock("--latency", "20s")
        self.write_items(2)
        first = self.start("--url", mock.url)
        from harness import wait_for
        wait_for(lambda: os.path.exists(self.journal) and os.path.getsize(self.journal), "journal")
        code, err = self.run_sluice("--url", mock.url)
        self.assertEqual(code, 2)
        self.assertIn(str(first.pid), err)


    def test_an_id_too_long_to_name_a_result_by_is_refused(self):
        mock = self.mock("--latency", "0")
        self.write_input([chat_line("x" * (1 << 20) + end) for end in "ab"] + [chat_line("good")])
        self.assertEqual(self.run_sluice("--url", mock.url)[0], 1)
        self.assert_exactly_once(["1", "2", "good"])
        self.assertEqual({r["error"]["code"] for r in json_lines(self.errors)}, {"bad_input"})


class BeforeAnythingIsSent(RunTest):
    def refused(self, *options, says, **popen):
        code, err = self.run_sluice(*options, **popen)
        self.assertEqual(code, 2, err)
        self.assertEqual(len(err.strip().splitlines()), 1, err)
        self.assertIn(says, err)
        # no results and no journal of a run that never was
        self.assertLessEqual(set(os.listdir(self.folder)), {"in.jsonl"})

    def test_inputs_that_cannot_be_read(self):
        self.refused("--url", "http://127.0.0.1:1", says="in.jsonl")
        os.mkdir(self.input)
        self.refused("--url", "http://127.0.0.1:1", says="directory")

    def test_an_output_that_cannot_be_written(self):
        self.write_items(1)
        self.refused("--url", "http://127.0.0.1:1", "-o", self.path("no/such/out.jsonl"),
                     says="no/such")

    def test_a_missing_key(self):
        self.write_items(1)
        env = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI")}
        self.refused(says="OPENAI_API_KEY", env=env)

    def test_a_base_url_from_the_environment_that_is_none(self):
        self.write_items(1)
        self.refused(says="OPENAI_BASE_URL", env={**os.environ, "OPENAI_BASE_URL": "ftp://host"})

    def test_usage(self):
        self.write_items(1)
        self.refused("--no-such-option", says="--no-such-option")
        self.refused("-c", "zero", says="zero")
        self.refused("--timeout", "5 parsecs", says="--timeout")

    def test_an_input_without_items(self):
        for text in ("", "\n  \n"):
            with open(self.input, "w", encoding="utf-8") as f:
                f.write(text)
            self.refused("--url", "http://127.0.0.1:1", says="no items")
        process = self.start("-o", self.results, "--url", "http://127.0.0.1:1", "--ui", "none",
                             source="-")
        self.assertEqual(process.wait(60), 2)


if __name__ == "__main__":
    main()
