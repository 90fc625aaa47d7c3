"""`make soak`: a long run under every fault at once. A fast mock API answers most requests, with errors, refusals
and an outage; a share of the items meets the fault server's broken answers instead. At the end the ledger must be
right; meanwhile memory and open files are sampled: both must stay flat.

    soak.py [--minutes 10] [--rate 5000]"""

import argparse
import collections
import itertools
import random
import sys
import time
import unittest

from faults import FaultTest, json_lines
from harness import Mock, chat_line, descriptors, memory

# Answers that end at once, whole or broken; those that wait or never end would only wait.
BROKEN = ["cut_length", "cut_chunked", "cut_inside_chunk", "garbage", "html", "empty", "error_object", "big_integer",
          "deep", "duplicate_keys", "invalid_utf8", "nul_escape", "nul_byte", "line_breaks", "evil", "evil_raw",
          "long_line", "closed", "reset", "half_closed", "some_1xx", "two_lengths", "negative_length", "bad_chunk", "bad_gzip",
          "redirect", "good", "slow"]
BROKEN_SHARE = 0.004
SAMPLE_S = 2
SETTLED = 0.25  # of the samples, while tables grow to their sizes

options = argparse.Namespace(minutes=10.0, rate=5000)


def slope(points):
    """Least squares, per second."""
    n = len(points)
    mean_x = sum(x for x, _ in points) / n
    mean_y = sum(y for _, y in points) / n
    return (sum((x - mean_x) * (y - mean_y) for x, y in points) /
            max(1e-9, sum((x - mean_x) ** 2 for x, _ in points)))


class Soak(FaultTest):
    def write_batch(self, items, broken_url, faults):
        """Lines in the order of a fixed seed; returns how many there are."""
        rng = random.Random(1)
        with open(self.input, "w", encoding="utf-8", buffering=1 << 20) as f:
            for i in range(items):
                if rng.random() < BROKEN_SHARE:
                    fault = rng.choice(faults)
                    f.write(chat_line(f"{fault}-{i}", url=f"{broken_url}/{fault}/v1/chat/completions") + "\n")
                else:
                    f.write(chat_line(f"item-{i}") + "\n")

    def test_soak(self):
        from fault_server import FAULTS
        seconds = options.minutes * 60
        items = int(seconds * options.rate)
        broken = self.server()
        # The outage comes in the middle.
        server = Mock("--latency", "5ms", "--errors", "0.02", "--refusal-latency", "1ms", "--headers", "none",
                      "--retry-after", "ms", "--window", f"{int(options.rate * 12)}/10",
                      "--outage", f"{seconds / 2:.0f}:{seconds / 2 + 3:.0f}")
        self.addCleanup(server.close)
        self.write_batch(items, broken.url, [name for name in BROKEN if name in FAULTS])
        run = self.start("--url", server.url, "--ui", "none", "-c", "64", "--pace", "fixed",
                         "--rpm", str(options.rate * 60), "--max-attempts", "3", "--timeout", "10s")
        begun, samples = time.monotonic(), []
        for n in itertools.count(1):
            while run.poll() is None and time.monotonic() < begun + n * SAMPLE_S:
                time.sleep(0.05)
            if run.poll() is not None:
                break
            samples.append((time.monotonic() - begun, memory(run.pid), descriptors(run.pid)))
        took = time.monotonic() - begun
        self.assertEqual(run.returncode, 1, run.stderr.read())
        stop = self.last_stop()
        counts = stop["items"]
        self.assertEqual(counts["total"], items)
        self.assertEqual(counts["ok"] + counts["failed"], items)
        seen = set()
        for path in (self.results, self.errors):
            with open(path, "rb") as f:
                for line in f:
                    seen.add(line[:line.index(b'"id":')])
        self.assertEqual(len(seen), items, "each item has one final line")
        with open(self.results, "rb") as f:
            self.assertEqual(sum(1 for _ in f), counts["ok"])
        failed = collections.Counter(f"{r['custom_id'].rsplit('-', 1)[0]} {r['sluice']['outcome']}"
                                     for r in json_lines(self.errors))
        self.assertEqual(failed.total(), counts["failed"])
        settled = samples[int(len(samples) * SETTLED):]
        memory = slope([(t, rss) for t, rss, _ in settled])
        files = slope([(t, fds) for t, _, fds in settled])
        answered = items / took
        print(f"\n{items} items in {took:.0f} s ({answered:.0f}/s), ok {counts['ok']}, failed {counts['failed']}; "
              f"memory {min(r for _, r, _ in settled) >> 20}-{max(r for _, r, _ in settled) >> 20} MB, "
              f"{memory / 1024:+.1f} KB/s = {memory / answered:+.1f} bytes an item; "
              f"files {min(f for *_, f in settled)}-{max(f for *_, f in settled)}, {files * 60:+.2f} a minute\nfailed: "
              + ", ".join(f"{what} {n}" for what, n in failed.most_common()), file=sys.stderr)
        # An item costs its row and its place in the table of ids, promised at 100 bytes at most.
        self.assertLess(memory / answered, 100)
        self.assertLess(abs(files * took), 16)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=options.minutes)
    parser.add_argument("--rate", type=int, default=options.rate)
    parser.parse_args(namespace=options)
    unittest.main(argv=sys.argv[:1], verbosity=2)
