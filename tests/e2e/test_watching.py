"""Without a terminal: plain lines, JSON metrics, nothing; no ESC byte, the same exit codes."""

import json
import os
import subprocess
import unittest

from harness import SLUICE, RunTest, main


class Watching(RunTest):
    def watched(self, *options, **more):
        mock = self.mock("--latency", "0")
        self.write_items(50)
        code, err = self.run_sluice("--url", mock.url, *options, **more)
        self.assertEqual(code, 0, err)
        self.assertNotIn("\x1b", err)
        return err

    def test_plain_is_what_a_pipe_gets(self):
        err = self.watched()
        self.assertIn("ok 50", err)
        self.assertEqual(self.last_stop()["exit_code"], 0)

    def test_none_says_nothing(self):
        self.assertEqual(self.watched("--ui", "none"), "")

    def test_json_is_one_object_a_line(self):
        lines = self.watched("--ui", "json").splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertIsInstance(json.loads(line), dict)

    def test_an_unknown_theme_is_refused_and_leaves_no_files(self):
        self.write_items(1)
        code, err = self.run_sluice("--url", "http://127.0.0.1:1", "--theme", "nope")
        self.assertEqual(code, 2)
        self.assertIn('no theme "nope"', err)
        self.assertEqual(os.listdir(self.folder), ["in.jsonl"])

    def test_terminals_that_cannot_move_the_cursor(self):
        for term in ("dumb", "", "no-such-terminal"):
            with self.subTest(term):
                self.setUp()
                self.watched(env={**os.environ, "TERM": term})

    def test_a_closed_stderr_costs_nothing(self):
        mock = self.mock("--latency", "0")
        ids = self.write_items(50)
        read, write = os.pipe()
        process = self.start("--url", mock.url, stderr=write)
        os.close(write)
        os.close(read)
        self.assertEqual(process.wait(60), 0)
        self.assert_exactly_once(ids)


class Demo(unittest.TestCase):
    def test_the_demo_without_a_terminal_ends_with_0(self):
        done = subprocess.run([SLUICE, "demo", "--items", "60"], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"ok 60", done.stderr)
        self.assertNotIn(b"\x1b", done.stderr)


class CheckAndReport(RunTest):
    def command(self, *arguments):
        return subprocess.run([SLUICE, *arguments], capture_output=True, text=True, timeout=60)

    def test_check_counts_and_names_bad_lines(self):
        from harness import chat_line
        self.write_input([chat_line("a"), "{", chat_line("a"), chat_line("b")])
        done = self.command("check", self.input, "--json")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIsInstance(json.loads(done.stdout), dict)
        text = self.command("check", self.input)
        self.assertIn("line 2", text.stdout)
        self.assertIn("line 3", text.stdout)

    def test_report_of_a_finished_run(self):
        mock = self.mock("--latency", "0")
        self.write_items(20)
        self.run_sluice("--url", mock.url)
        done = self.command("report", self.results, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIsInstance(json.loads(done.stdout), dict)
        self.assertIn("20", self.command("report", self.results).stdout)


if __name__ == "__main__":
    main()
