"""The dashboard of `sluice run` as a client: what its end and the run's end mean to each other, and the same command
while the run goes on."""

import os
import signal
import stat
import subprocess

from harness import SLUICE, RunTest, main, wait_for, whole_lines
from terminal import Terminal, end_processes_of


class Client(RunTest):
    def setUp(self):
        super().setUp()
        self.server = self.mock("--latency", "50ms", "--sigma", "0")
        self.mark = {"SLUICE_TEST": self.folder}
        self.addCleanup(end_processes_of, self.mark)

    def open(self, *options, env=None, columns=100):
        t = Terminal([SLUICE, "run", self.input, "--url", self.server.url, *options], columns,
                     env={**self.mark, **(env or {})})
        self.addCleanup(t.close)
        return t

    def wait_for_end(self):
        wait_for(lambda: any(r.get("event") == "stop" for r in whole_lines(self.journal)), "the end of the run")

    def test_the_run_has_no_terminal_and_outlives_it(self):
        ids = self.write_items(120)
        t = self.open("-c", "8")
        t.see("RUNNING")
        pid = t.run_pid()
        self.assertEqual((os.getsid(pid), os.getpgid(pid)), (pid, pid))
        self.assertNotEqual(os.getsid(t.process.pid), pid)
        for fd in os.listdir(f"/proc/{pid}/fd"):
            self.assertNotIn("/dev/pts", os.readlink(f"/proc/{pid}/fd/{fd}"))
        t.process.kill()
        t.process.wait()
        t.close_terminal()
        self.wait_for_end()
        self.assert_exactly_once(ids)
        self.assertEqual(self.server.stats()["requests"], 120)

    def test_a_run_that_is_killed_is_told(self):
        self.write_items(4000)
        t = self.open()
        t.see("RUNNING")
        os.kill(t.run_pid(), signal.SIGKILL)
        self.assertEqual(t.process.wait(30), 128 + signal.SIGKILL)
        wait_for(t.settings_restored, "terminal settings as they were")
        t.see("ended by signal 9", "the same command resumes it")

    def test_what_it_says_at_its_end_comes_after_the_screen(self):
        self.write_items(30)
        t = self.open("--exit", "--on-end", "exit 7")
        self.assertEqual(t.process.wait(30), 0)
        t.see("in.jsonl: DONE", "ok 30", "warning:", "7")
        raw = bytes(t.raw)
        self.assertGreater(raw.index(b"in.jsonl: DONE"), raw.rindex(b"\x1b[?1049l"))

    def test_without_socket_and_home(self):
        """A home that nobody may write, or none, and no control socket."""
        frozen = self.path("frozen")
        os.mkdir(frozen, 0o500)
        self.addCleanup(os.chmod, frozen, stat.S_IRWXU)
        self.write_items(40)
        for options, env in ((("--control", "off"), {}), ((), {"HOME": "/proc/none", "XDG_STATE_HOME": "/proc/none"}),
                             ((), {"HOME": frozen, "XDG_STATE_HOME": "/proc/self/none"})):
            with self.subTest(options=options, env=env):
                self.forget_run()
                t = self.open(*options, env=env)
                t.see("DONE")
                t.keys("2")
                t.see("item-0")
                t.keys("qq")
                self.assertEqual(t.process.wait(30), 0)

    def test_one_without_a_socket_is_left_with_the_way_to_end_it(self):
        self.write_items(4000)
        t = self.open("--control", "off", "-c", "2")
        t.see("RUNNING")
        pid = t.run_pid()
        t.keys("q\r")
        self.assertEqual(t.process.wait(30), 3)
        t.see(f"kill {pid} drains it")
        second = self.open()
        self.assertEqual(second.process.wait(30), 2)
        second.see(f"(pid {pid})", f"kill {pid}")
        os.kill(pid, signal.SIGTERM)
        self.wait_for_end()
        self.assertEqual(self.last_stop()["exit_code"], 3)

    def test_the_same_command_shows_the_run_that_goes_on(self):
        self.write_items(4000)
        t = self.open("-c", "4")
        t.see("RUNNING")
        pid = t.run_pid()
        t.keys("q\r")
        self.assertEqual(t.process.wait(30), 3)
        again = self.open("-c", "8", "--rpm", "60", "--glyphs", "ascii")
        again.see("RUNNING", "q leave", f"pid {pid}", "not --concurrency, --rpm")
        for key in ("\x03", "q"):
            again.keys(key)
            self.assertEqual(again.process.wait(30), 3)
            wait_for(lambda: b"sluice attach in" in again.raw, "how to come back")
            self.assertNotIn(b"glyphs", again.raw)
            again = self.open("-c", "4")
            again.see("RUNNING", f"pid {pid}")
        self.assertEqual([r["event"] for r in whole_lines(self.journal)].count("start"), 1)
        subprocess.run([SLUICE, "ctl", str(pid), "drain"], check=True, timeout=30, capture_output=True)
        again.see("STOPPED")
        again.keys("q")
        self.assertEqual(again.process.wait(30), 3)

    def test_the_prompt_of_a_key_command_has_the_terminal(self):
        ids = self.write_items(8)
        ask = "printf 'passphrase: ' >/dev/tty; read answer </dev/tty; echo $answer"
        t = self.open("--exit", "--key-command", ask)
        t.see("passphrase:")
        t.keys("k-123\r")
        self.assertEqual(t.process.wait(30), 0)
        self.assert_exactly_once(ids)

    def test_interrupted_before_it_has_begun(self):
        """The two are one job: ^C ends both."""
        self.write_items(8)
        t = self.open("--key-command", f"echo >{self.path('asks')}; sleep 99")
        wait_for(lambda: os.path.exists(self.path("asks")), "the key command")
        pid = t.run_pid()
        t.keys("\x03")
        self.assertEqual(t.process.wait(30), -signal.SIGINT)
        wait_for(lambda: not os.path.exists(f"/proc/{pid}"), "the end of the run")

    def test_interrupted_before_its_dashboard_is_open(self):
        """The run has begun, and the terminal still makes signals of keys."""
        self.write_items(400)
        t = self.open("-c", "2")
        pid = wait_for(lambda: self.server.stats()["in_flight"] and t.run_pid(), "the first requests")
        t.process.send_signal(signal.SIGINT)
        self.assertEqual(t.process.wait(30), 3)
        self.assertFalse(os.path.exists(f"/proc/{pid}"))
        self.assertEqual(self.last_stop()["exit_code"], 3)

    def test_the_writer_of_a_pipe_notices_a_run_that_is_over(self):
        """The dashboard does not keep the input open."""
        self.write_items(4)
        done = self.path("done")
        t = Terminal(["sh", "-c", f"(trap '' PIPE; cat {self.input}; while echo; do sleep 0.05; done; touch {done}) 2>/dev/null | "
                      f'"$@"', "sh", SLUICE, "run", "-", "-o", self.results, "--url", self.server.url], env=self.mark)
        self.addCleanup(t.close)
        t.see("ok 4")
        t.keys("\x03")
        wait_for(lambda: os.path.exists(done), "the end of the writer")

    def test_a_suspended_dashboard_suspends_no_run(self):
        self.write_items(120)
        shell = Terminal(["bash", "--norc", "--noprofile", "-i"], env={"PS1": "shell> ", **self.mark})
        self.addCleanup(shell.close)
        shell.see("shell>")
        shell.keys(f"{SLUICE} run {self.input} --url {self.server.url} -c 8\n")
        shell.see("RUNNING")
        shell.keys("\x1a")
        shell.see("Stopped")
        wait_for(lambda: self.done_count() == 120, "all of it while the dashboard is stopped")
        shell.keys("fg\n")
        shell.see("DONE")
        shell.keys("q")
        shell.see("in.jsonl: DONE", "shell>")


if __name__ == "__main__":
    main()
