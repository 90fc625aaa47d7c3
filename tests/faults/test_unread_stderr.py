"""Nobody reads stderr and stdout, and they are full: whatever the run says (before it starts, while it goes on, at its end,
of what is wrong with it) it does not wait for a reader, but for two seconds at the very end."""

import fcntl
import os
import socket
import subprocess
import time

from faults import ALL, FaultTest, SLUICE, chat_line, main

PATIENCE = 20


def full_pipe(test):
    """The end to write to, of a pipe that takes no byte more."""
    reader, writer = os.pipe()
    test.addCleanup(os.close, reader)
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    return fill(writer)


def full_socket(test):
    reader, writer = socket.socketpair()
    test.addCleanup(reader.close)
    return fill(writer.detach())


def full_terminal(test):
    reader, writer = os.openpty()
    test.addCleanup(os.close, reader)
    return fill(writer)


def fill(writer):
    os.set_blocking(writer, False)
    for piece in (b"x" * 512, b"x"):
        try:
            while os.write(writer, piece):
                pass
        except BlockingIOError:
            pass
    os.set_blocking(writer, True)
    return writer


class UnreadStderr(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.turn = len(self.id()) % 3  # in make check each case meets one kind

    def ends(self, code, *options, env=None):
        kinds = (full_pipe, full_socket, full_terminal)
        self.turn += 1
        for full in kinds if ALL else [kinds[self.turn % 3]]:
            with self.subTest(full.__name__):
                writer = full(self)
                begin = time.monotonic()
                try:
                    process = subprocess.Popen([SLUICE, "run", self.input, "--url", self.http.url, *options],
                                               stdin=subprocess.DEVNULL, stdout=writer, stderr=writer,
                                               env={**os.environ, **(env or {})})
                    self.addCleanup(self._end, process)
                    self.assertEqual(process.wait(PATIENCE), code)
                finally:
                    os.close(writer)
                self.assertLess(time.monotonic() - begin, PATIENCE / 2)

    def test_each_kind_of_ui(self):
        def ends(ui):
            self.turn = uis.index(ui)
            self.write_items(20)
            self.ends(0, "--ui", ui)

        uis = ("plain", "json", "none", "auto")
        self.side_by_side(ends, uis)

    def test_a_warning_before_the_start(self):
        self.write_items(3)
        self.run_sluice("--url", self.http.url, "--ui", "none")
        for n, ui in enumerate(("plain", "none")):
            self.ends(0, "--ui", ui, "-H", f"X-New: {n}", "--accept-changed")

    def test_warnings_of_the_configuration(self):
        self.write_items(3)
        config = self.path("config")
        with open(config, "w", encoding="utf-8") as f:
            f.write("".join(f"[run]\nno-such-option-{i} = 1\n" for i in range(200)))
        self.ends(0, "--config", config, "--ui", "plain")

    def test_a_refusal(self):
        def refused(why):
            self.turn = whys.index(why)
            if why != "no file":
                self.write_items(why == "an option")
            self.ends(2, *(["--no-such-option"] if why == "an option" else ["--ui", "plain"]))

        whys = ("no file", "no item", "an option")
        self.side_by_side(refused, whys)

    def test_the_words_at_the_end(self):
        self.write_input([chat_line("a"), "{bad"] + [chat_line(f"b{i}") for i in range(30)])
        self.ends(1, "--ui", "plain")
        self.ends(3, "--ui", "none", "--budget-tokens", "1", "-o", self.path("other.jsonl"))


if __name__ == "__main__":
    main()
