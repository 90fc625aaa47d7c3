"""The dashboard and the terminal it borrows: suspend, background, signals, a reader that is slow or gone."""

import re
import signal

from harness import SLUICE, RunTest, main, wait_for
from terminal import Terminal


class Jobs(RunTest):
    """Under a shell with job control."""

    def setUp(self):
        super().setUp()
        self.server = self.mock("--latency", "80ms", "--sigma", "0.3")
        self.write_items(1500)
        self.shell = Terminal(["bash", "--norc", "--noprofile", "-i"], env={"PS1": "shell> "})
        self.addCleanup(self.shell.close)
        self.shell.see("shell>")
        self.shell.keys(f"{SLUICE} run {self.input} --url {self.server.url} -c 8\n")
        self.shell.see("RUNNING")

    def requests(self):
        return self.server.stats()["requests"]

    def suspend(self):
        self.shell.keys("\x1a")
        self.shell.see("Stopped", "shell>")
        raw = bytes(self.shell.raw)
        self.assertIn(b"\x1b[?2004l", raw[:raw.rindex(b"Stopped")])

    def drain(self):
        """The shell's jobs outlive it otherwise."""
        self.shell.keys("D")
        self.shell.see("Drain the run?")
        self.shell.keys("y")
        self.shell.see("drained by the operator", "shell>")

    def test_suspend_resize_and_foreground(self):
        self.suspend()
        self.shell.resize(100, 30)
        self.shell.keys("fg\n")
        screen = self.shell.see("RUNNING", "? help")
        self.assertEqual(len(screen), 30)
        self.assertIn("help", screen[29])
        before = self.requests()
        wait_for(lambda: self.requests() > before, "requests start again")
        self.drain()

    def test_background_finishes_headless_and_foreground_shows_it(self):
        self.suspend()
        self.shell.keys("bg\n")
        before = self.requests()
        wait_for(lambda: self.requests() > before + 20, "requests start in the background")
        self.shell.keys("fg\n")
        self.shell.see("RUNNING", "? help")
        self.drain()


class Ends(RunTest):
    def dashboard(self, *options, items=4000, latency="100ms", **terminal):
        self.server = self.mock("--latency", latency, "--sigma", "0.3")
        self.write_items(items)
        t = Terminal([SLUICE, "run", self.input, "--url", self.server.url, "-c", "8", *options],
                     **terminal)
        self.addCleanup(t.close)
        return t

    def test_sigterm_drains_and_restores_the_terminal(self):
        t = self.dashboard()
        t.see("RUNNING")
        t.process.send_signal(signal.SIGTERM)
        self.assertEqual(t.process.wait(30), 3)
        wait_for(t.settings_restored, "terminal settings as they were")
        wait_for(lambda: b"\x1b[?1049l" in t.raw, "the main screen is back")
        wait_for(lambda: b"\x1b[?25h" in t.raw, "the cursor is shown")

    def test_signals_that_end_a_program_restore_the_terminal(self):
        for number in (signal.SIGALRM, signal.SIGPWR, signal.SIGTRAP, signal.SIGPROF, signal.SIGIO):
            with self.subTest(number):
                t = self.dashboard()
                t.see("RUNNING")
                t.process.send_signal(number)
                self.assertEqual(t.process.wait(30), -number)
                wait_for(t.settings_restored, "terminal settings as they were")
                wait_for(lambda: b"\x1b[?1049l" in t.raw, "the main screen is back")
                wait_for(lambda: b"\x1b[?25h" in t.raw, "the cursor is shown")
                t.close()
                self.start_over()

    def test_a_batch_system_drains_it(self):
        t = self.dashboard()
        t.see("RUNNING")
        t.process.send_signal(signal.SIGUSR1)
        self.assertEqual(t.process.wait(30), 3)
        wait_for(t.settings_restored, "terminal settings as they were")

    def test_no_size_of_the_terminal_ends_the_run(self):
        """The kernel keeps any size that it is told, and nothing draws as much."""
        t = self.dashboard(latency="20ms")
        t.see("RUNNING")
        for columns, lines in ((65535, 65535), (1, 65535), (65535, 1), (0, 0), (1, 1), (32767, 32767), (80, 24)):
            t._size(columns, lines)
            before = self.done_count()
            t.process.send_signal(signal.SIGWINCH)
            wait_for(lambda: self.done_count() > before + 20 or t.process.poll() is not None, "the run goes on")
            self.assertIsNone(t.process.poll())
        with open(f"/proc/{t.process.pid}/status", encoding="ascii") as f:
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", f.read()).group(1))
        self.assertLess(peak, 1 << 20)
        t.process.send_signal(signal.SIGTERM)
        self.assertEqual(t.process.wait(30), 3)

    def test_a_mistake_in_the_configuration_is_on_the_screen(self):
        with open(self.path("config"), "w", encoding="utf-8") as f:
            f.write("[ui]\ntheme = nope\n")
        t = self.dashboard("--config", self.path("config"))
        t.see("RUNNING", 'no theme "nope"')

    def test_an_empty_screen_is_left(self):
        """What is on it comes to light under tmux when the window has grown."""
        t = self.dashboard()
        t.see("RUNNING")
        t.keys("D")
        t.see("Drain the run?")
        t.keys("y")
        self.assertEqual(t.process.wait(30), 3)
        wait_for(lambda: b"\x1b[?1049l" in t.raw, "the main screen is back")
        raw = bytes(t.raw)
        last = re.split(rb"\x1b\[2?J", raw[:raw.rindex(b"\x1b[?1049l")])[-1]
        self.assertEqual(re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b\(B", b"", last).strip(), b"")

    def test_exported_sizes_change_nothing(self):
        t = self.dashboard(env={"LINES": "5", "COLUMNS": "300"})
        screen = t.see("RUNNING", "? help")
        self.assertEqual(len(screen), 24)
        self.assertIn("help", screen[23])

    def test_read_only_sends_no_command(self):
        t = self.dashboard("--read-only")
        t.see("RUNNING")
        t.keys("p")
        t.see("read-only")
        before = self.server.stats()["requests"]
        wait_for(lambda: self.server.stats()["requests"] > before + 8, "the run goes on")
        t.keys("\x03")
        self.assertEqual(t.process.wait(30), 3)

    def test_sequences_that_nobody_knows_are_no_keys(self):
        """Taken apart, [ lowers a limit, D drains and P pauses."""
        t = self.dashboard()
        t.see("RUNNING")
        for sequence in ("\x1b[1~", "\x1b[H", "\x1b[D", "\x1bOD", "\x1b[7$", "\x1b[57441;2u", "\x1b[99;7D",
                         "\x1b[1;5P", "\x1b]11;rgb:0/0/0\x1b\\", "\x1b[200~Dear [p\nDan\x1b[201~"):
            t.keys(sequence * 2)
        t.see("pasted text is not used as keys")
        t.keys(":")
        t.keys("\x1b[200~item \n7\n\x1b[201~")
        t.see(":item 7")
        t.keys("\x1b")
        t.see("? help")
        t.keys("2")
        t.see("── items", "RUNNING")
        self.assertNotIn(b"DRAINING", bytes(t.raw))
        self.assertNotIn(b"MANUAL", bytes(t.raw))
        self.assertNotIn(b"PAUSED", bytes(t.raw))

    def test_marks_of_pastes_are_given_back_on_every_exit(self):
        on, off = b"\x1b[?2004h", b"\x1b[?2004l"
        for end in (signal.SIGTERM, signal.SIGALRM):
            with self.subTest(end):
                t = self.dashboard()
                t.see("RUNNING")
                self.assertIn(on, bytes(t.raw))  # from the first frame on
                t.process.send_signal(end)
                t.process.wait(30)
                wait_for(lambda: bytes(t.raw).rfind(off) > bytes(t.raw).rfind(on), "pastes as before")
                t.close()
                self.start_over()

    def test_moving_screen_stays_within_two_kilobytes_a_frame(self):
        t = self.dashboard("--max-attempts", "9", latency="20ms")
        t.see("RUNNING")
        clock = lambda: int(re.search(r"\d\d:\d\d:(\d\d)", "\n".join(t.text())).group(1))
        start, size = clock(), len(t.raw)
        wait_for(lambda: (clock() - start) % 60 >= 3, "three seconds on the screen's clock")
        frames = 4 * ((clock() - start) % 60)
        self.assertLess((len(t.raw) - size) / frames, 2048)


class Kinds(RunTest):
    """Which terminals get a dashboard, and what the others are told."""

    def run_on(self, term, *options, items=600, command=None):
        self.server = self.mock("--latency", "50ms", "--sigma", "0.3")
        self.write_items(items)
        run = [SLUICE, "run", self.input, "--url", self.server.url, "-c", "8", *options]
        t = Terminal(["sh", "-c", command, *run] if command else run, env={"TERM": term}, columns=120)
        self.addCleanup(t.close)
        return t

    def test_young_types_are_drawn_as_their_relatives(self):
        for term in ("alacritty", "xterm-kitty", "foot", "xterm-16color", "screen.no-such", "no-such"):
            with self.subTest(term):
                t = self.run_on(term)
                t.see("RUNNING", "? help")
                t.keys("D")
                t.see("y yes")
                t.keys("y")
                self.assertEqual(t.process.wait(30), 3)
                wait_for(t.settings_restored, "terminal settings as they were")
                self.assertNotIn(b"no dashboard", t.raw)
                t.close()
                self.start_over()

    def test_types_that_move_no_cursor_are_named_with_the_remedy(self):
        for term in ("dumb", "unknown", ""):
            with self.subTest(term):
                t = self.run_on(term, items=20)
                self.assertEqual(t.process.wait(30), 0)
                wait_for(lambda: b"set TERM=xterm-256color" in t.raw, "the remedy")
                self.assertIn(b"TERM is not set" if not term else b"TERM=%s cannot move" % term.encode(), t.raw)
                t.close()
                self.start_over()

    def test_a_redirected_run_says_why_it_is_plain(self):
        for command, why in (('"$0" "$@" < /dev/null', b"no dashboard: stdin is not the terminal"),
                             ('"$0" "$@" 2>err; cat err', b"no dashboard: stderr is not the terminal"),
                             ('"$0" "$@" --ui plain < /dev/null', None)):
            with self.subTest(command):
                t = self.run_on("xterm", items=20, command=f"cd {self.folder} && {command}")
                t.process.wait(30)
                wait_for(lambda: b"speed-up" in t.raw or b"latency" in t.raw, "the summary")
                if why:
                    self.assertIn(why, t.raw)
                else:
                    self.assertNotIn(b"no dashboard", t.raw)
                t.close()
                self.start_over()


class Told(RunTest):
    """Title, bell and message."""

    TITLE, MESSAGE, BELL = b"\x1b]2;", b"\x1b]9;", b"\x07"

    def end_of_run(self, *options, **env):
        self.server = self.mock("--latency", "20ms", "--sigma", "0.3")
        self.write_items(200)
        t = Terminal([SLUICE, "run", self.input, "--url", self.server.url, "-c", "4", "--exit", *options], env=env)
        self.addCleanup(t.close)
        self.assertEqual(t.process.wait(30), 0)
        wait_for(lambda: b"in.jsonl: DONE" in t.raw, "the summary")
        raw = bytes(t.raw)
        t.close()
        self.start_over()
        return raw

    def test_the_title_shows_progress_and_the_old_one_comes_back(self):
        raw = self.end_of_run()
        titles = re.findall(rb"\x1b\]2;([^\x1b]*)\x1b", raw)
        self.assertRegex(titles[0], rb"^\d+% sluice in.jsonl")
        self.assertEqual(titles[-1], b"")
        self.assertLess(raw.index(b"\x1b[22;2t"), raw.index(self.TITLE))
        self.assertLess(raw.rindex(self.TITLE), raw.rindex(b"\x1b[23;2t"))

    def test_the_end_rings_and_tells_once(self):
        raw = self.end_of_run()
        self.assertEqual(raw.count(self.BELL), 1)
        self.assertEqual(raw.count(self.MESSAGE), 1)
        self.assertIn(b"\x1b]9;sluice: in.jsonl is done: 200 ok, 0 failed, 0 not finished\x1b\\", raw)

    def test_what_is_told_can_be_chosen(self):
        for options, seen in ((("--notify", "bell"), (True, False, 1)), (("--notify", "title"), (True, False, 0)),
                              (("--notify", "off"), (False, False, 0)), (("--quiet",), (False, False, 0))):
            with self.subTest(options):
                raw = self.end_of_run(*options)
                self.assertEqual((self.TITLE in raw, self.MESSAGE in raw, raw.count(self.BELL)), seen)

    def test_a_terminal_without_titles_gets_the_bell_alone(self):
        for term in ("linux", "vt220"):
            with self.subTest(term):
                raw = self.end_of_run(TERM=term)
                self.assertNotIn(b"\x1b]", raw)
                self.assertEqual(raw.count(self.BELL), 1)

    def test_a_signal_that_ends_the_program_brings_the_title_back(self):
        self.server = self.mock("--latency", "100ms")
        self.write_items(4000)
        t = Terminal([SLUICE, "run", self.input, "--url", self.server.url, "-c", "4"])
        self.addCleanup(t.close)
        t.see("RUNNING")
        wait_for(lambda: "sluice in.jsonl" in t.screen.title, "the title")
        t.process.send_signal(signal.SIGALRM)
        t.process.wait(30)
        wait_for(lambda: b"\x1b[23;2t" in t.raw, "the old title")


if __name__ == "__main__":
    main()
