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
        """Beside one without a dashboard, so that whatever else the machine does slows both."""
        items = RATE * rounds(3, 60)
        options = ["-c", "8", "--pace", "fixed"]
        ids = self.write_items(items)

        begin = time.monotonic()
        headless = self.start("--url", self.api(), *options, "--ui", "none", "-o", self.path("headless.jsonl"))
        t = self.until_end(Terminal([SLUICE, "run", self.input, "--url", self.api(), *options, "-o", self.results, "--ui",
                                     "tui", "--exit"], columns=120, lines=40, deaf=True))
        plain_cpu = cpu_of(headless)
        plain_time = time.monotonic() - begin
        cpu = cpu_of(t.process)
        duration = time.monotonic() - begin

        self.assertEqual((headless.returncode, t.process.returncode), (0, 0))
        self.assert_invariant(ids)
        print(f"headless {plain_cpu:.2f} s CPU in {plain_time:.1f} s, "
              f"unread terminal {cpu:.2f} s CPU in {duration:.1f} s ({cpu / plain_cpu - 1:+.1%})")
        self.assertLess(duration, plain_time * 1.1 + 1)
        # In a short run the start of the dashboard is a large part.
        self.assertLess(cpu, plain_cpu * (1.05 if ALL else 1.2) + (0.05 if ALL else 0.1))

    def api(self):
        return self.mock("--latency", "40ms", "--sigma", "0").url


if __name__ == "__main__":
    main()
