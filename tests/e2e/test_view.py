"""`sluice view`: the dashboard on the files of a run, through a terminal."""

import gzip
import hashlib
import os
import shutil
import signal
import subprocess

from harness import PATIENCE, SLUICE, RunTest, main, wait_for
from terminal import Terminal

ANSWERS = '{"has":"<1>","text":"a refund of 7 euros"}\n{"has":"<2>","status":400,"body":{"error":{"message":"no"}}}\n'


class View(RunTest):
    def view(self, *options, results=None, **size):
        terminal = Terminal([SLUICE, "view", results or self.results, *options], **size)
        self.addCleanup(terminal.close)
        return terminal

    def leave(self, terminal, key="q"):
        terminal.keys(key)
        self.assertEqual(terminal.process.wait(PATIENCE), 0)

    def marks(self):
        """What the files of the run are."""
        folder = os.path.dirname(self.results)
        found = {}
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    found[name] = (hashlib.sha256(f.read()).hexdigest(), os.stat(path).st_mtime_ns)
        return found

    def finish(self):
        """A run of three items, of which one failed."""
        answers = self.path("answers.jsonl")
        with open(answers, "w", encoding="utf-8") as f:
            f.write(ANSWERS)
        server = self.mock("--latency", "1ms", "--answers", answers)
        self.write_input('{"custom_id":"i%d","url":"/v1/chat/completions","body":{"model":"m","messages":'
                         '[{"role":"user","content":"<%d>"}]}}' % (i, i) for i in range(3))
        code, err = self.run_sluice("--url", server.url, "--ui", "none")
        self.assertEqual(code, 1, err)
        return server

    def test_a_finished_run_is_read_and_left_as_it_was(self):
        self.finish()
        before = self.marks()
        terminal = self.view(columns=120, lines=40)
        terminal.see("DONE", "100% of 3", "ok 2", "failed 1", "finished")
        terminal.keys("2")
        terminal.see("── items ──", "i0", "i1", "i2")
        terminal.keys("/state:failed\r")
        terminal.see("items: state:failed", "client_error")
        terminal.keys("\x1b")
        terminal.see("── items ──", "i1")
        terminal.keys("gj\r")
        terminal.see("i1 (line 2)", "a refund of 7 euros")
        terminal.keys("3")
        terminal.see("errors: 1 kind", "client_error")
        terminal.keys("x:set rpm 7\r")
        terminal.see("the run is over")
        self.leave(terminal, "\x03")
        self.assertEqual(self.marks(), before)

    def test_failed_items_run_again_after_a_question(self):
        self.finish()
        os.unlink(self.path("answers.jsonl"))
        terminal = self.view(columns=120, lines=40)
        terminal.see("failed 1")
        terminal.keys("R")
        terminal.see("Retry all failed items?", "sluice run --retry-failed")
        terminal.keys("n")
        terminal.see("finished")
        terminal.keys("R")
        terminal.see("Retry all failed items?")
        terminal.keys("y")
        self.assertEqual(terminal.process.wait(PATIENCE), 1)
        with open(self.journal, encoding="utf-8") as f:
            self.assertEqual(sum('"event":"start"' in line for line in f), 2)

    def test_a_long_command_is_shown_whole_before_it_runs(self):
        server = self.mock("--latency", "1ms")
        self.write_items(2)
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "--on-hangup", "continue",
                                    "--timeout", "10m", "--max-attempts", "7", "--rpm", "99999")
        self.assertEqual(code, 0, err)
        for answer, sessions in (("n", 1), ("y", 2)):
            terminal = self.view(lines=40)
            terminal.see("finished")
            terminal.keys("p")
            terminal.see("Resume the run?")
            terminal.keys("y")
            terminal.see("--rpm 99999", "Run it? [y/N]")
            terminal.keys(answer + "\n")
            self.assertEqual(terminal.process.wait(PATIENCE), 0)
            with open(self.journal, encoding="utf-8") as f:
                self.assertEqual(sum('"event":"start"' in line for line in f), sessions)

    def test_a_killed_run_goes_on(self):
        server = self.mock("--latency", "20ms")
        self.write_items(200)
        run = self.start("--url", server.url, "--ui", "none", "-c", "4")
        wait_for(lambda: self.done_count() > 20, "some answers")
        terminal = self.view()
        terminal.see(f"live, as pid {run.pid}", "RUNNING")
        terminal.keys("p")
        terminal.see(f"sluice ctl {run.pid}")
        self.leave(terminal)
        run.send_signal(signal.SIGKILL)
        run.wait(PATIENCE)
        terminal = self.view()
        terminal.see("STOPPED", "probably killed")
        terminal.keys(":go on\r")
        terminal.see("Resume the run?", "sluice run")
        terminal.keys("y")
        self.assertEqual(terminal.process.wait(PATIENCE), 0)
        self.assertEqual(self.done_count(), 200)

    def test_another_folder_without_the_input(self):
        self.finish()
        os.unlink(self.input)
        folder = self.path("moved")
        os.mkdir(folder)
        for path in (self.results, self.journal):
            shutil.move(path, folder)
        results = os.path.join(folder, os.path.basename(self.results))
        terminal = self.view(results=results)
        terminal.see("ok 2", "failed 1", "input missing")
        terminal.keys("2")
        terminal.see("── items ──", "i0")
        terminal.keys("g\r")
        terminal.see("i0 (line 1)", "assistant", "the input is missing")
        terminal.keys("\t")
        terminal.see("[request]", "the input is missing")
        terminal.keys("Y")
        terminal.see("there is no request to copy")
        terminal.keys("\t")
        terminal.see("HTTP 200")
        self.leave(terminal, "\x03")

    def test_an_edited_input_loses_no_item(self):
        self.finish()
        with open(self.input, encoding="utf-8") as f:
            lines = f.readlines()
        self.write_input([lines[0].rstrip(), lines[2].rstrip(), '{"custom_id":"new","url":"/v1/x","body":{"model":"m"}}'])
        terminal = self.view()
        terminal.see("ok 2", "failed 1", "queued 1", "1 item without an input line")
        terminal.keys("2")
        terminal.see("new", "i1")
        terminal.keys("G\r")
        terminal.see("i1 (line 4)", "a refund")
        terminal.keys("\t")
        terminal.see("[request]", "the input no longer has this item")
        self.leave(terminal, "\x03")

    def test_what_ended_stays_so_with_lines_that_are_others_or_no_requests(self):
        self.finish()
        with open(self.input, encoding="utf-8") as f:
            lines = f.readlines()
        packed = self.path("edited.jsonl.gz")
        with gzip.open(packed, "wt", encoding="utf-8") as f:
            f.write('{"custom_id":"i0"}\n' + lines[1].replace("<1>", "<7>") + lines[2])
        before = self.marks()
        terminal = self.view("--input", packed, lines=40)
        terminal.see("ok 2", "failed 1", "2 lines of the input changed")
        terminal.keys("2")
        terminal.see("── items ──", "i1")
        terminal.keys("gj\r")
        terminal.see("i1 (line 2)", "a refund", "user", "<7>")
        terminal.keys("\t")
        terminal.see("/v1/chat/completions", "<7>")
        self.leave(terminal, "\x03")
        self.assertEqual(self.marks(), before)

    def test_a_trial_leaves_the_other_items(self):
        server = self.mock("--latency", "1ms")
        self.write_items(30)
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "--sample", "4")
        self.assertEqual(code, 0, err)
        for _ in range(2):  # with its input, and without
            terminal = self.view(columns=120)
            terminal.see("ok 4", "queued 26", "finished", "a sample of 4 of 30 items")
            self.leave(terminal)
            if os.path.exists(self.input):
                os.unlink(self.input)

    def test_without_a_terminal_it_prints_the_summary(self):
        self.finish()
        run = subprocess.run([SLUICE, "view", self.results], capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
        self.assertEqual(run.returncode, 0)
        self.assertIn("3: ok 2  failed 1", run.stderr)

    def test_exit_codes(self):
        self.write_items(1)
        for path, code, words in ((self.results, 3, "no such file"), (self.input, 2, "not hold results")):
            run = subprocess.run([SLUICE, "view", path], capture_output=True, text=True,
                                 stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
            self.assertEqual(run.returncode, code, run.stderr)
            self.assertIn(words, run.stderr)
        run = subprocess.run([SLUICE, "view"], capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual(run.returncode, 2)


if __name__ == "__main__":
    main()
