"""Ten million items (two hundred thousand in make check), most of them done: the resume sends its first new request
within 8 s, in the memory promised an item, and every command still answers at once."""

import ctypes
import ctypes.util
import os
import re
import sys
import time

from faults import (ALL, SLUICE, FaultTest, chat_line, is_sanitized, json_lines, main, rounds,
                    wait_for)
from harness import cpu_seconds, memory
from terminal import Terminal

ITEMS = int(os.environ.get("ITEMS", rounds(200_000, 10_000_000)))
DONE = ITEMS - ITEMS // 20
ITEM_BYTES, BASE_BYTES = 100, 35 << 20  # 25 MB and 10 MB for the dashboard
RESUME = 8.0  # seconds


def hasher():
    """hash_bytes() of src/base/hash.h; the form that results of earlier releases have."""
    library = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
    library.XXH3_64bits.restype = ctypes.c_uint64
    library.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return lambda text: library.XXH3_64bits(text, len(text))


hash_of = hasher()


class ManyItems(FaultTest):
    def prepare(self):
        """One real run gives the form of the lines; the rest are copies of it."""
        self.http = self.server()
        self.write_items(1)
        self.run_sluice("--url", self.http.url, "--ui", "none")
        with open(self.results, encoding="utf-8") as f:
            result = re.sub(r'"line":1,"line_hash":"[0-9a-f]*"', '"line":%d,"line_hash":"%016x"',
                            f.read().replace('"item-0"', '"item-%d"'))
        request = chat_line("item-0").replace('"item-0"', '"item-%d"')
        with open(self.input, "wb", buffering=1 << 20) as lines, \
                open(self.results, "w", encoding="utf-8", buffering=1 << 20) as results:
            for i in range(ITEMS):
                line = (request % i).encode()
                lines.write(line + b"\n")
                if i < DONE:
                    results.write(result % (i, i + 1, hash_of(line)))
        os.remove(self.journal)

    def test_resume(self):
        self.prepare()
        before = self.http.count()
        terminal = Terminal([SLUICE, "run", self.input, "--url", self.http.url + "/slow", "-c", "4"])
        self.addCleanup(terminal.close)
        begun = time.monotonic()
        wait_for(lambda: self.http.count() > before, "the first new request", 120)
        elapsed, work = time.monotonic() - begun, cpu_seconds(terminal.run_pid())
        terminal.see("RUNNING", patience=60)
        answers = {}

        def press(what, keys, *words):
            pressed = time.monotonic()
            terminal.keys(keys)
            screen = terminal.see(*words)
            answers[what] = time.monotonic() - pressed
            return "\n".join(screen)

        press("pause", "p", "PAUSED")
        # they were taken in order, so the last one that is ok is known
        ok = int(re.search(r" ok (\d+)", "\n".join(terminal.see("in flight 0"))).group(1))
        press("items", "2", "last outcome")
        press("filter prompt", "/", "Enter do it")
        press("state filter", "state:ok\r", f"of {ok} ")
        press("end", "G", f"item-{ok - 1} ")
        press("text prompt", "/", "Enter do it")
        press("first text matches", "\x15id:77\r", "item-77 ")
        press("main", "1", "in flight, oldest")
        press("resume", "p", "RUNNING")
        press("pause again", "p", "PAUSED")
        peak = memory(terminal.run_pid(), "VmHWM")
        print(f"{ITEMS} items, {DONE} of them done: first new request after {elapsed:.2f} s, {work:.2f} of them CPU, peak "
              f"{peak / (1 << 20):.0f} MB ({(peak - BASE_BYTES) / ITEMS:.0f} bytes an item above "
              f"{BASE_BYTES >> 20} MB); keys "
              + ", ".join(f"{what} {s * 1000:.0f} ms" for what, s in answers.items()), file=sys.stderr)
        if ALL:  # how fast is for a quiet machine: make check only asks that it happens
            self.assertLess(elapsed, RESUME)
            self.assertLess(max(answers.values()), 2)
        if not is_sanitized():
            self.assertLess(peak, BASE_BYTES + ITEM_BYTES * ITEMS)
        terminal.see(f" of {ITEMS}", patience=60)  # the rest of the input is read in idle moments
        terminal.keys("\x03\x03")
        self.assertEqual(terminal.process.wait(60), 3)
        stop = [r for r in json_lines(self.journal) if r["event"] == "stop"][-1]
        self.assertEqual(stop["items"]["total"], ITEMS)
        self.assertGreaterEqual(stop["items"]["ok"], DONE)
        with open(self.results, "rb") as f:
            self.assertEqual(sum(1 for line in f if line.endswith(b"}\n")), stop["items"]["ok"])


if __name__ == "__main__":
    main()
