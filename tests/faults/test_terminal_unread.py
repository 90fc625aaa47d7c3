"""A terminal that nobody reads costs neither requests nor CPU: the batch runs as without a dashboard."""

import os
import time

from faults import ALL, FaultTest, main, rounds
from harness import SLUICE
from terminal import Terminal

RATE = 200  # answers a second of 8 in flight at 40 ms


def cpu_of(process):
    """Seconds of CPU a child took, once it has ended."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


class TerminalUnread(FaultTest):
    def test_the_run_goes_on_at_full_speed(self):
        seconds = rounds(3, 60)
        server = self.mock("--latency", "40ms", "--sigma", "0")
        ids = self.write_items(RATE * seconds)
        options = ["--url", server.url, "-c", "8", "--pace", "fixed"]

        begin = time.monotonic()
        headless = self.start(*options, "--ui", "none", "-o", self.path("headless.jsonl"))
        plain_cpu = cpu_of(headless)
        plain_time = time.monotonic() - begin

        begin = time.monotonic()
        t = Terminal([SLUICE, "run", self.input, *options, "-o", self.results, "--ui", "tui", "--exit"],
                     columns=120, lines=40, deaf=True)
        self.addCleanup(t.close)
        cpu = cpu_of(t.process)
        duration = time.monotonic() - begin

        self.assertEqual((headless.returncode, t.process.returncode), (0, 0))
        self.assert_invariant(ids)
        print(f"headless {plain_cpu:.2f} s CPU in {plain_time:.1f} s, "
              f"unread terminal {cpu:.2f} s CPU in {duration:.1f} s ({cpu / plain_cpu - 1:+.1%})")
        self.assertLess(duration, plain_time * 1.1 + 1)
        # In a short run the start of the dashboard is a large part.
        self.assertLess(cpu, plain_cpu * 1.05 + (0.05 if ALL else 0.3))


if __name__ == "__main__":
    main()
