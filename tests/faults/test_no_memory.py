"""malloc fails at the nth call of a short run, once and from then on: the run recovers, or ends with exit code 4
and can be resumed.  It never crashes, never hangs and loses nothing."""

import signal
import sys

from faults import FaultTest, is_sanitized, main, needs_shim, rounds

# Every nth of all calls in check, every single one in make faults; they differ most at the start.
STRIDE = rounds(61, 1)
FAILED, USAGE = 4, 2


@needs_shim
class NoMemory(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.ids = self.write_items(4)

    def starved(self, **more):
        """A run under the fault; returns exit code and stderr."""
        self.forget_run()
        return self.run_sluice("--url", self.http.url, "-c", "2", "--ui", "none",
                               env=self.shim(call="malloc", **more))

    def calls(self):
        counted = self.path("count")
        code, err = self.starved(count=counted)
        self.assertEqual(code, 0, err)
        with open(counted, encoding="utf-8") as f:
            return int(f.read())

    def survives(self, on):
        total = self.calls()
        self.assertGreater(total, 100)
        codes = {}
        for at in range(1, total + 1, STRIDE):
            with self.subTest(at=at, on=on):
                code, err = self.starved(at=at, on=on)
                codes[code] = codes.get(code, 0) + 1
                self.assertIn(code, (0, 1, 3, FAILED, USAGE), f"{self.name_of(code)}: {err}")
                if code == FAILED:
                    self.assertIn("memory", err)
                if code in (FAILED, USAGE):
                    self.assertTrue(err, "it says why")
                self.assert_resumes(self.ids, self.http.url, "--retry-failed")
        print(f"malloc {'from then on' if on else 'once'}: {total} calls, exit codes {codes}",
              file=sys.stderr)

    @staticmethod
    def name_of(code):
        return signal.Signals(-code).name if code < 0 else str(code)

    def test_once(self):
        self.survives(0)

    def test_from_then_on(self):
        self.survives(1)


if __name__ == "__main__":
    if is_sanitized():
        print("AddressSanitizer has a malloc of its own: skipped")
        sys.exit(77)
    main()
