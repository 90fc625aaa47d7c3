"""Ctrl-C once, twice, three times, SIGTERM and SIGHUP at any moment, with and without a terminal: the documented
exit code, the terminal as it was, and a run that goes on."""

import errno
import os
import random
import signal
import subprocess

from faults import SLUICE, FaultTest, main, needs_shim, rounds, wait_for
from terminal import Terminal

TRIES = rounds(4, 40)


class Interrupted(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.ids = self.write_items(60)

    def begin(self, *options):
        return self.start("--url", self.http.url + "/slow", "-c", "4", "--ui", "none", *options)

    def test_at_any_moment_of_a_run(self):
        def interrupt(case):
            number, times = case
            rng = random.Random(10 * number + times)
            for _ in range(TRIES):
                self.start_over()
                self.interrupted(number, times, rng)

        self.side_by_side(interrupt, [(number, times) for number in (signal.SIGINT, signal.SIGTERM) for times in (1, 2, 3)])

    def interrupted(self, number, times, rng):
        process = self.begin()
        wait_for(lambda: self.http.count() > 0, "the first request")
        for _ in range(times):
            try:  # the moment is what this is about
                process.wait(timeout=rng.uniform(0, 0.15))
            except subprocess.TimeoutExpired:
                process.send_signal(number)
        self.assertEqual(process.wait(20), 3)
        self.assert_resumes(self.ids, self.http.url)

    def test_while_it_starts(self):
        """Before it has its handlers a signal ends it as any program; nothing is lost by that."""
        for delay in range(0, 30, rounds(6, 1)):
            self.setUp()
            process = self.begin()
            try:
                process.wait(timeout=delay / 1000)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGTERM)
            self.assertIn(process.wait(20), (3, -signal.SIGTERM))
            self.assert_resumes(self.ids, self.http.url)

    def test_hangup_goes_on_by_default_and_drains_when_asked(self):
        for policy, code in (("continue", 0), ("drain", 3)):
            self.setUp()
            process = self.begin("--on-hangup", policy)
            wait_for(lambda: self.done_count() > 4, "the first results")
            process.send_signal(signal.SIGHUP)
            self.assertEqual(process.wait(20), code)
            self.assert_resumes(self.ids, self.http.url)

    def test_keys_and_signals_leave_the_terminal_as_it_was(self):
        for keys, number in (("\x03", None), ("\x03\x03", None), ("\x03\x03\x03", None),
                             ("", signal.SIGINT), ("", signal.SIGTERM)):
            with self.subTest(keys=keys, number=number):
                self.setUp()
                terminal = Terminal([SLUICE, "run", self.input, "--url", self.http.url + "/slow",
                                     "-c", "4"])
                self.addCleanup(terminal.close)
                wait_for(lambda: self.done_count() > 4, "the first results")
                if keys:
                    terminal.keys(keys)
                else:
                    terminal.process.send_signal(number)
                self.assertEqual(terminal.process.wait(20), 3)
                wait_for(terminal.settings_restored, "terminal settings as they were")
                wait_for(lambda: b"\x1b[?1049l" in terminal.raw, "the main screen is back")
                self.assert_resumes(self.ids, self.http.url)

    @needs_shim
    def test_while_the_disk_is_full(self):
        """The third interrupt leaves although what is in memory cannot be written: it is done again."""
        full = self.path("full")
        process = self.start("--url", self.http.url, "-c", "4", "--ui", "none", "--rpm", "1200",
                             env=self.shim(call="pwrite", errno=errno.ENOSPC, **{"while": full}))
        wait_for(lambda: self.done_count() > 2, "the first results")
        open(full, "w", encoding="utf-8").close()
        for _ in range(3):
            try:
                process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
        self.assertIn(process.wait(20), (3, 4))
        os.remove(full)
        self.assert_resumes(self.ids, self.http.url)


if __name__ == "__main__":
    main()
