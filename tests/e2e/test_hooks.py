"""--on-end and --on-hold: what they are given, when they run, and that they are in nobody's way."""

import json
import os
import signal
import subprocess

from harness import SLUICE, RunTest, json_lines, main, wait_for, whole_lines
from terminal import Terminal

KEY = "sk-hook-0123456789abcdef"


class Hooks(RunTest):
    def read(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def exists(self, name):
        return os.path.exists(self.path(name))

    def ended(self, command, *options, items=20, code=0, **popen):
        """A run of the items with this --on-end; its stderr."""
        mock = self.mock("--latency", "0")
        self.ids = self.write_items(items)
        returned, err = self.run_sluice("--url", mock.url, "--on-end", command, *options,
                                        **{"cwd": self.folder, **popen})
        self.assertEqual(returned, code, err)
        return err

    def test_the_end_is_told_when_the_files_are_complete(self):
        env = {**os.environ, "OPENAI_API_KEY": KEY, "COPY": KEY, "SLACK_TOKEN": "xoxb"}
        err = self.ended('cat >end.json; env >env; cp "$SLUICE_RESULTS" copy; tail -n 1 in.results.journal >stop;'
                         f' {SLUICE} report "$SLUICE_RESULTS" --json >report; echo to the screen',
                         env=env, code=0)
        told = json.loads(self.read("end.json"))
        self.assertEqual((told["state"], told["items"]["ok"], told["run"]), ("DONE", 20, "in.jsonl"))
        self.assertEqual(len(json_lines(self.path("copy"))), 20)
        self.assertEqual(json.loads(self.read("stop"))["event"], "stop")
        json.loads(self.read("report"))
        variables = self.read("env")
        for each in ("SLUICE_HOOK=end\n", "SLUICE_EXIT_CODE=0\n", f"SLUICE_RESULTS={self.results}\n", "SLACK_TOKEN"):
            self.assertIn(each, variables)
        self.assertNotIn(KEY, variables)
        self.assertNotIn("to the screen", err)
        self.assertNotIn("on-end", err)

    def test_a_run_that_was_stopped_tells_so(self):
        mock = self.mock("--latency", "1500ms", "--sigma", "0")
        self.write_items(40)
        process = self.start("--url", mock.url, "-c", "4", "--ui", "none", "--on-end",
                             "cat >end.json; echo $SLUICE_EXIT_CODE >code", cwd=self.folder)
        wait_for(lambda: mock.stats()["in_flight"] == 4, "4 requests in flight")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 3)
        self.assertEqual(json.loads(self.read("end.json"))["state"], "STOPPED")
        self.assertEqual(self.read("code"), "3\n")

    def test_a_failure_is_one_line_without_key_and_escapes(self):
        for ui in ("plain", "none", "json"):
            with self.subTest(ui):
                self.start_over()
                env = {**os.environ, "OPENAI_API_KEY": KEY}
                err = self.ended(f"echo EARLIER; printf 'the key is {KEY} \\033[31m\\n' >&2; exit 9", "--ui", ui, env=env)
                self.assertIn("warning: --on-end: exit status 9: the key is [redacted] \\x1b[31m", err)
                self.assertNotIn(KEY, err)
                self.assertNotIn("\x1b", err)
                self.assertNotIn("EARLIER", err)

    def test_the_command_is_not_in_the_journal(self):
        self.ended("true https://hooks.example.com/T0/secret-path")
        with open(self.journal, encoding="utf-8") as f:
            journal = f.read()
        self.assertIn("--on-end", journal)
        self.assertNotIn("secret-path", journal)

    def test_nobody_has_to_wait_for_it(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                self.start_over()
                mock = self.mock("--latency", "0")
                ids = self.write_items(5)
                process = self.start("--url", mock.url, "--ui", "none", "--on-end", "echo $$ >pid; exec sleep 100",
                                     cwd=self.folder)
                wait_for(lambda: self.exists("pid") and self.read("pid"), "the hook")
                self.assert_exactly_once(ids)
                process.send_signal(number)
                self.assertEqual(process.wait(30), 0)
                self.assertIn(b"--on-end: ended before it was done", process.stderr.read())
                self.assertFalse(os.path.exists(f"/proc/{self.read('pid').strip()}/fd/0"))

    def test_a_hold_is_told_once(self):
        mock = self.mock("--rpm", "2", "--burst", "2", "--latency", "0", "--headers", "none")
        self.write_items(6)
        process = self.start("--url", mock.url, "--ui", "plain", "--on-hold",
                             "cat >hold.json; echo $SLUICE_HOOK >>calls; exec 0<&-; echo no; exit 4",
                             "--on-end", "echo $SLUICE_HOOK >>calls", cwd=self.folder)
        wait_for(lambda: any(r.get("text") == "--on-hold" for r in whole_lines(self.journal)), "the failure in the journal")
        told = json.loads(self.read("hold.json"))
        self.assertEqual(told["state"], "HELD")
        self.assertGreater(told["hold_s"], 9)
        process.send_signal(signal.SIGTERM)  # a second one would end the wait for --on-end
        _, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 3)
        self.assertEqual(self.read("calls"), "hold\nend\n")
        self.assertEqual(err.count(b"--on-hold: exit status 4: no"), 1)

    def test_the_screen_is_not_touched(self):
        self.server = self.mock("--latency", "0")
        ids = self.write_items(5)
        noise = "echo NOISE; echo NOISE >&2; echo NOISE 2>/dev/null >/dev/tty; cat >end.json; touch over"
        terminal = Terminal([SLUICE, "run", self.input, "--url", self.server.url, "--on-end",
                             f"cd {self.folder}; {noise}; echo $SLUICE_EXIT_CODE >>codes"])
        self.addCleanup(terminal.close)
        terminal.see("DONE", "the run is done")
        wait_for(lambda: self.exists("codes"), "the hook while the screen stays")
        terminal.keys("q")
        self.assertEqual(terminal.process.wait(30), 0)
        self.assertEqual(self.read("codes"), "0\n", "told once")
        self.assert_exactly_once(ids)
        self.assertTrue(terminal.settings_restored())
        terminal.see("DONE")
        self.assertNotIn(b"NOISE", bytes(terminal.raw))

    def test_odd_commands_are_refused(self):
        self.write_items(1)
        for command in ("", "  \t"):
            code, err = self.run_sluice("--url", "http://127.0.0.1:1", "--on-end", command)
            self.assertEqual(code, 2)
            self.assertIn("--on-end takes a shell command", err)

    def test_the_configuration_file_has_them(self):
        with open(self.path("config"), "w", encoding="utf-8") as f:
            f.write("[run]\non-end = touch over\n")
        self.ended("touch over", "--config", self.path("config"))
        self.assertTrue(self.exists("over"))
        shown = subprocess.run([SLUICE, "run", "--config", self.path("config"), "--print-config"],
                               capture_output=True, text=True, check=True).stdout
        self.assertIn("on-end is set but not shown", shown)


if __name__ == "__main__":
    main()
