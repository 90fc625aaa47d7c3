"""`sluice attach`: the dashboard of a run in another process."""

import os
import re
import signal
import subprocess

from harness import SLUICE, RunTest, main, wait_for
from slow_line import SlowLine
from terminal import Terminal


class Attach(RunTest):
    def setUp(self):
        super().setUp()
        self.server = self.mock("--latency", "40ms", "--sigma", "0")

    def begin(self, n=5000, name="night", *options):
        """A run without a terminal, once it can be reached."""
        self.ids = self.write_items(n)
        run = self.start("--url", self.server.url, "-c", "4", "--ui", "none", "--name", name, *options)
        self.wait_for_run(run)
        return run

    def wait_for_run(self, run):
        wait_for(lambda: self.ctl(str(run.pid), "snapshot").returncode == 0, "the run can be reached")

    def ctl(self, *words):
        return subprocess.run([SLUICE, "ctl", *words], capture_output=True, text=True, timeout=30, check=False)

    def attach(self, *arguments, columns=120, lines=30):
        return self.until_end(Terminal([SLUICE, "attach", *arguments], columns, lines))

    def left(self, terminal, code=0):
        self.assertEqual(terminal.process.wait(20), code, terminal.text())
        wait_for(terminal.settings_restored, "the terminal is as it was")

    def test_two_at_once_see_what_the_other_does(self):
        run = self.begin()
        one, other = self.attach("night"), self.attach(str(run.pid), "--read-only", columns=80, lines=24)
        for terminal in (one, other):
            terminal.see("RUNNING", "of 5000", "in flight", "q leave")
        one.keys("p")
        one.see("PAUSED")
        other.see("PAUSED")
        one.keys("4")
        one.see(f"sluice[{one.process.pid}]")
        other.keys("4")
        other.see(f"sluice[{one.process.pid}]")
        other.keys("1p")
        other.see("read-only")
        one.keys("1p")
        other.see("RUNNING")
        other.keys("q")
        self.left(other)
        one.keys("\x03")
        self.left(one)
        one.see("night continues; come back with sluice attach night")
        self.assertIsNone(run.poll(), "leaving does not touch the run")
        self.assertEqual(self.ctl("night", "snapshot", "--json").returncode, 0)

    def test_screens_lists_and_items(self):
        self.begin(3000)
        t = self.attach("night")
        t.see("RUNNING")
        t.keys("2")
        t.see("item-0 ", "item-9 ", "of 3000")
        t.keys("G")
        t.see("> ", "3000 item-2999 ")
        t.keys("k\x1b[5~")
        t.see("2975 item-2974")
        t.keys("/line:1\r")
        t.see("items: line:1", "1 item-0 ")
        t.keys("\r")
        t.see("[text]", "item-0 (line 1)", "hello")
        t.keys("\t")
        t.see("[request]", "POST ")
        t.keys("qq")
        t.keys("/id:item-29\r")
        t.see("items: id:item-29", "of 111")
        t.keys("j:cancel item-2999\r")
        t.see("cancelled")
        t.keys(":set rpm 300\r")
        t.see("off to 300")
        t.keys("q1x")
        t.keys("?")
        t.see("leave: the run goes on")

    def test_it_says_that_the_run_has_ended_and_stays(self):
        run = self.begin(60)
        t = self.attach("night")
        t.see("RUNNING")
        self.assertEqual(run.wait(60), 0)
        t.see("DONE", "the run has ended with exit code 0")
        self.assertIsNone(t.process.poll())
        t.keys("q")
        self.left(t)
        t.see("60: ok 60")
        self.assert_exactly_once(self.ids)

    def test_with_exit_it_leaves_with_the_run(self):
        self.begin(60)
        t = self.attach("night", "--exit")
        self.left(t)

    def test_it_follows_a_killed_run_that_is_resumed(self):
        run = self.begin(1500)
        t = self.attach("night")
        t.see("RUNNING")
        run.kill()
        t.see("STOPPED", "killed or crashed")
        run = self.start("--url", self.server.url, "-c", "64", "--ui", "none", "--name", "night")
        t.see("RUNNING")
        t.see("DONE", "exit code 0")
        self.assertEqual(run.wait(60), 0)
        t.keys("q")
        self.left(t)
        self.assert_exactly_once(self.ids)

    def test_a_run_that_is_silent_is_not_shown_as_live(self):
        run = self.begin()
        t = self.attach("night")
        t.see("RUNNING")
        os.kill(run.pid, signal.SIGSTOP)
        try:
            t.see("NO ANSWER", "the run has not answered for")
            t.keys("p")
            t.see("nothing was sent")
        finally:
            os.kill(run.pid, signal.SIGCONT)
        t.see("RUNNING")
        t.keys("q")
        self.left(t)

    def test_over_a_slow_line(self):
        self.begin()
        self.socket = self.ctl("night", "snapshot", "--json")
        listed = subprocess.run([SLUICE, "ps", "--json"], capture_output=True, text=True, timeout=30, check=True)
        socket = re.search(r'"socket":"([^"]+)"', listed.stdout).group(1)
        line = self.until_end(SlowLine(self.path("far.sock"), socket))
        t = self.attach(line.path)
        t.see("RUNNING")
        t.keys("2")
        t.see("item-0 ", "of 5000")
        t.keys("G")
        t.see("5000 item-4999 ")
        t.keys("\x1b[5~\r")
        t.see("[text]", "hello")
        t.keys("q:set rpm 301\r")
        t.see("off to 301")
        t.keys("q1q")
        self.left(t)

    def test_a_list_to_choose_from(self):
        first = self.begin(5000, "one")
        self.input, self.results = self.path("b.jsonl"), self.path("b.results.jsonl")
        self.begin(60, "gone").wait(60)
        self.input, self.results = self.path("c.jsonl"), self.path("c.results.jsonl")
        self.begin(5000, "two")
        t = self.attach()
        t.see("1  two", "live, pid", f"2  one", str(first.pid), "3  gone", "DONE", "60/60", "Which run?")
        t.keys("7\n")
        t.keys("one\n")
        t.see("RUNNING", "in.jsonl")
        t.keys("q")
        self.left(t)
        t = self.attach()
        t.see("Which run?")
        t.keys("3\n")
        t.see("DONE", "b.jsonl")
        t.keys("q")
        self.left(t)
        t = self.attach("gone")
        t.see("DONE", "b.jsonl")
        t.keys("q")
        self.left(t)
        t = self.attach("nobody")
        self.assertEqual(t.process.wait(20), 3)
        t.see('no live run "nobody"')

    def test_without_a_terminal(self):
        done = subprocess.run([SLUICE, "attach"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                              check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("sluice ctl", done.stderr)


if __name__ == "__main__":
    main()
