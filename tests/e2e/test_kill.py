"""kill -9 at random moments: after the resume every item has exactly one final line."""

import random
import signal

from harness import RunTest, main, wait_for

ITEMS = 20000
KILLS = 20


class Kill(RunTest):
    def test_killed_twenty_times(self):
        mock = self.mock("--latency", "0", "--errors", "0.02")
        ids = self.write_items(ITEMS)
        rng = random.Random(4)
        goals = sorted(rng.sample(range(1, ITEMS - 500), KILLS))
        kills = 0
        for goal in goals:
            process = self.start("--url", mock.url, "-c", "64", "--ui", "none",
                                 "--max-attempts", "20")
            wait_for(lambda: self.done_count() >= goal or process.poll() is not None,
                     f"{goal} results")
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.wait()
        code, err = self.run_sluice("--url", mock.url, "-c", "64", "--ui", "none",
                                    "--max-attempts", "20")
        self.assertEqual(code, 0, err)
        self.assertGreaterEqual(kills, KILLS // 2)
        self.assert_exactly_once(ids)
        self.assertEqual(self.last_stop()["items"]["ok"], ITEMS)


if __name__ == "__main__":
    main()
