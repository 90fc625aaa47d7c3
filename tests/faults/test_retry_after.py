"""Every oddity of Retry-After: a day, negative, no number, in the past, beyond all measure, two of them, at once.
Never a spin, never a wait that nobody sees, and what makes no sense counts as not said."""

import time
import urllib.parse

from faults import FaultTest, main, wait_for, whole_lines
from harness import cpu_seconds

PAST = "Sun, 06 Nov 1994 08:49:37 GMT"
# Not to be taken at its word: the run backs off on its own and is soon at it again.
NONSENSE = ("-5", "NaN", "inf", "1e308", "soon", "", PAST, "0", "99999999999999999999")


class RetryAfter(FaultTest):
    def begin(self, *values, items=3):
        """A run whose every request is refused with these Retry-After headers."""
        self.setUp()
        self.http = self.server()
        self.ids = self.write_items(items)
        path = "/".join(urllib.parse.quote(v, safe="") for v in values)
        with open(self.path("err"), "wb") as err:
            return self.start("--url", f"{self.http.url}/refused/{path}", "--ui", "json",
                              "-c", "2", stderr=err)

    def stop(self, process):
        """Interrupts it; a hold does not delay that. Then all is well again."""
        process.terminate()
        self.assertEqual(process.wait(10), 3)
        self.assert_resumes(self.ids, self.http.url + "/good")

    def test_nonsense_is_neither_a_spin_nor_a_long_wait(self):
        running = []
        for value in NONSENSE:  # side by side, since all of this is waiting
            process = self.begin(value)
            running.append((value, process, self.__dict__.copy()))
        begun = time.monotonic()
        for value, process, state in running:
            self.__dict__.update(state)
            with self.subTest(value):
                wait_for(lambda: self.http.count() >= 3, "it tries again by itself", 15)
                elapsed = time.monotonic() - begun
                self.assertLess(self.http.count(), 20 + 10 * elapsed, "requests sent")
                self.assertLess(cpu_seconds(process.pid), 0.5 + 0.2 * elapsed, "CPU seconds")
                self.stop(process)

    def test_a_day_is_waited_for_where_everybody_can_see_it(self):
        process = self.begin("86400")
        shown = wait_for(lambda: self.state("HELD"), "the state HELD in the metrics")
        self.assertIn("long wait", str(shown))
        self.assertLessEqual(self.http.count(), 2)
        self.assertLess(cpu_seconds(process.pid), 1)
        self.stop(process)

    def state(self, name):
        return [m for m in whole_lines(self.path("err")) if m.get("state") == name]

    def test_of_two_the_first_counts(self):
        process = self.begin("1", "86400")
        wait_for(lambda: self.http.count() >= 4, "it tries again after a second")
        self.stop(process)
        process = self.begin("86400", "1")
        wait_for(lambda: self.state("HELD"), "the state HELD")
        self.assertLessEqual(self.http.count(), 2)
        self.stop(process)


if __name__ == "__main__":
    main()
