"""Text from outside that would command a terminal stays text: on every screen, in every size."""

from fault_server import EVIL
from faults import FaultTest, main
from harness import SLUICE, chat_line, wait_for
from terminal import Terminal

NEVER = [b"EVIL\x1b[2J", b"\x1b]52", b"B\rC", b"\x9b31m", "\u202e".encode(), "\u009b".encode(),
         "\u200d".encode()]


class HostileText(FaultTest):
    def open_run(self, columns, lines):
        server = self.server()
        self.write_input(
            [chat_line(f"{fault}{EVIL}{n}", text=EVIL, metadata={"m": EVIL},
                       url=f"{server.url}/{fault}/v1/chat/completions")
             for fault in ("good", "evil", "evil_raw", "long_line") for n in range(2)])
        t = Terminal([SLUICE, "run", self.input, "--url", server.url, "--max-attempts", "1", "--ui", "tui"],
                     columns, lines)
        self.addCleanup(t.close)
        t.see("DONE", patience=60)
        return t

    def assert_clean(self, data, where):
        for sequence in NEVER:
            self.assertFalse(sequence in data, f"{sequence!r} reached the terminal: {where}")

    def assert_unharmed(self, t, *words):
        """The frame of the screen stands: first and last line are ours, and nothing was obeyed."""
        screen = wait_for(lambda: (lines := t.see(*words)) and "q " in lines[-1] and lines, "the key bar")
        self.assertTrue(screen[0].startswith((" sluice", "── ")), screen[0])
        self.assertTrue(all(len(line) <= t.screen.columns for line in screen))
        self.assert_clean(bytes(t.raw), words)

    def check_screens(self, columns, lines):
        t = self.open_run(columns, lines)
        self.assert_unharmed(t, "DONE")
        t.keys("2")
        self.assert_unharmed(t, "last outcome", "EVIL")
        for item in range(8):
            t.keys("g" + "j" * item + "\r")
            self.assert_unharmed(t, "[text]")
            t.keys("G\t")
            self.assert_unharmed(t, "[request]")
            t.keys("g\t")
            self.assert_unharmed(t, "[response]")
            t.keys("\tG")
            self.assert_unharmed(t, "[attempts]")
            t.keys("g\t")
            self.assert_unharmed(t, "[text]")
            t.keys("w")
            t.keys("G" + "w")
            t.keys("q")
            self.assert_unharmed(t, "last outcome")
        t.keys("3")
        self.assert_unharmed(t, "EVIL")
        t.keys("4")
        self.assert_unharmed(t, "EVIL")
        t.keys("/EVIL\x1b[2J\r")
        t.keys("1")
        self.assert_unharmed(t, "DONE")
        t.keys("q")
        t.process.wait(30)
        self.assert_clean(bytes(t.raw), "the end")

    def test_a_small_screen(self):
        self.check_screens(80, 24)

    def test_a_large_screen_with_its_preview(self):
        self.check_screens(200, 60)

    def test_status_lines_and_reports(self):
        server = self.server()
        self.write_input([chat_line(EVIL, url=f"{server.url}/evil/v1/chat/completions")])
        code, err = self.run_sluice("--url", server.url, "--ui", "plain", "--max-attempts", "1")
        self.assertEqual(code, 1)
        self.assert_clean(err.encode(), "standard error")


if __name__ == "__main__":
    main()
