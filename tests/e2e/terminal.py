"""A terminal for the dashboard: a pty whose bytes go into a pyte screen."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading

import pyte

from harness import wait_for


def end_processes_of(mark):
    """Kills the processes whose environment has all of the mark: a run outlives its terminal."""
    wanted = {f"{name}={value}".encode() for name, value in mark.items()}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as f:
                if wanted <= set(f.read().split(b"\0")):
                    os.kill(int(pid), signal.SIGKILL)
        except OSError:
            pass  # it has gone, or is another user's


class Terminal:
    """Runs a command on a pty of this size; a thread reads what it draws unless `deaf`."""

    def __init__(self, argv, columns=80, lines=24, env=None, deaf=False):
        self.master, slave = pty.openpty()
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()
        self.lock = threading.Lock()
        self._size(columns, lines)
        self.before = termios.tcgetattr(slave)
        self.mark = {"SLUICE_TERMINAL": f"{os.getpid()}.{id(self)}"}
        environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **self.mark, **(env or {})}
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave,
                                        env=environment, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.slave = slave  # kept open so that the settings can be looked at afterwards
        self.closing = False
        self.reader = None
        if not deaf:
            self.listen()

    def listen(self):
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while not self.closing:
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            if not data:
                return
            with self.lock:
                self.raw += data
                self.stream.feed(data)

    def _size(self, columns, lines):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns, lines):
        with self.lock:
            self.screen.resize(lines, columns)
        self._size(columns, lines)
        self.process.send_signal(signal.SIGWINCH)

    def keys(self, text):
        os.write(self.master, text.encode())

    def text(self):
        with self.lock:
            return [line.rstrip() for line in self.screen.display]

    def see(self, *words, patience=20):
        """The screen once it shows all the words."""
        last = []

        def shown():
            last[:] = self.text()
            joined = "\n".join(last)
            return all(word in joined for word in words)

        try:
            wait_for(shown, f"{words} on the screen", patience)
        except AssertionError as late:
            raise AssertionError(f"{late}\n" + "\n".join(last)) from None
        return last

    def run_pid(self):
        """The run that `sluice run` has started here: a process of its own."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as f:
            return int(f.read().split()[0])

    def settings_restored(self):
        return termios.tcgetattr(self.slave) == self.before

    def close_terminal(self):
        """As when the terminal emulator or the ssh connection dies."""
        self.closing = True
        self.reader.join()
        os.close(self.slave)
        os.close(self.master)

    def close(self):
        self.closing = True
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        end_processes_of(self.mark)
        if self.reader:
            self.reader.join()
        for fd in (self.master, self.slave):
            try:
                os.close(fd)
            except OSError:
                pass
