"""kill -9 of the dashboard at any moment: the run asks for each item once and keeps its pace, and whoever comes
after is shown the run as it is."""

import json
import random
import re
import subprocess
import time

from faults import SLUICE, FaultTest, main, rounds, wait_for
from terminal import Terminal

KILLS = rounds(4, 100)
ITEMS, IN_FLIGHT, LATENCY_MS = 200, 8, 40
SECOND_RUN = 2  # the exit code of one that comes too early to see the first, and too late to be it


class ClientKilled(FaultTest):
    def open(self):
        """The same command, each time."""
        t = Terminal([SLUICE, "run", self.input, "--url", self.http.url, "-c", str(IN_FLIGHT), "--pace", "fixed"],
                     env=self.mark)
        self.addCleanup(t.close)
        return t

    def pid(self):
        """Of the run, if it has begun."""
        listed = subprocess.run([SLUICE, "ps", "--json"], capture_output=True, timeout=30, check=True).stdout
        return next((run["pid"] for run in json.loads(listed)["runs"] if run["results"] == self.results), None)

    def is_over(self):
        return self.done_count() == ITEMS and not self.pid()

    def assert_shown_right(self, t):
        """Between what was written before and what was written after."""
        before = self.done_count()
        shown = re.compile(r"\bok (\d+)")

        def seen():
            found = shown.search("\n".join(t.text()))
            return found and int(found.group(1)) >= before

        wait_for(lambda: seen() or t.process.poll() is not None, f"at least ok {before} on the screen")
        if t.process.poll() is None:
            ok = int(shown.search("\n".join(t.text())).group(1))
            self.assertLessEqual(ok, self.done_count())

    def test_at_any_moment(self):
        rng = random.Random(23)
        kills = 0
        while kills < KILLS:
            self.start_over()
            self.http = self.mock("--latency", f"{LATENCY_MS}ms", "--sigma", "0")
            self.mark = {"SLUICE_TEST": self.folder}
            ids = self.write_items(ITEMS)
            pid = None
            while kills < KILLS and not self.is_over():
                t = self.open()
                try:  # the moment is what this is about
                    code = t.process.wait(rng.uniform(0, 0.4))
                    self.assertEqual(code, SECOND_RUN)
                    continue
                except subprocess.TimeoutExpired:
                    pass
                now = self.pid()
                if now:
                    pid = pid or now
                    if now != pid:  # it may have ended a moment ago
                        self.assertEqual(self.done_count(), ITEMS, "a second run")
                    self.assert_shown_right(t)
                t.process.kill()
                t.process.wait()
                kills += 1
            wait_for(lambda: self.pid() is None, "the end of the run")
            self.assert_exactly_once(ids)
            self.assertEqual(self.http.stats()["requests"], ITEMS, "an item was asked for twice")
            self.assert_on_time()

    def assert_on_time(self):
        """No request started late: the run took as long as the requests in their turns."""
        stats = self.http.stats()
        least = ITEMS / IN_FLIGHT * LATENCY_MS / 1000
        self.assertLess(stats["last_s"] - stats["first_s"], least * 1.5 + 0.5)


if __name__ == "__main__":
    main()
