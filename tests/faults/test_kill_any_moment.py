"""kill -9 at random moments: while it starts, replays, sends, writes or ends.  At every moment the files
hold only whole lines but for a torn last one, no item twice; and the same command goes on to the end."""

import random
import subprocess

from faults import FaultTest, chat_line, json_lines, main, rounds, whole_lines

ITEMS = rounds(1500, 12000)
KILLS = rounds(25, 200)


class Kill(FaultTest):
    def test_killed_again_and_again(self):
        mock = self.mock("--latency", "20ms")  # so that it is not over before the kills are
        bad = {i: chat_line(f"item-{i}", url=f"{mock.url}/x?status=422")
               for i in range(0, ITEMS, 50)}
        self.write_input(bad.get(i) or chat_line(f"item-{i}") for i in range(ITEMS))
        ids = [f"item-{i}" for i in range(ITEMS)]
        options = ("--url", mock.url, "-c", "32", "--ui", "none")
        rng = random.Random(1)
        kills = 0
        for _ in range(KILLS):
            process = self.start(*options, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=rng.uniform(0, 0.12))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
            seen = [r["custom_id"] for r in whole_lines(self.results)]
            self.assertEqual(len(seen), len(set(seen)), "an item has two results")
            whole_lines(self.journal)
        self.assertGreater(kills, KILLS // 3)
        code, err = self.run_sluice(*options)
        self.assertEqual(code, 1, err)
        self.assert_invariant(ids)
        self.assertEqual(len(json_lines(self.errors)), len(bad))


if __name__ == "__main__":
    main()
