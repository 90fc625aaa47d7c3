"""`make bench-serve`: what `sluice serve` costs: an upload of 200 MB, a restart with 1,000 batches, small batches beside
a large one, and instructions a request beside `sluice run`. Prints one table.

    bench_serve.py [--only upload,restart,fair,instructions] [--batches 1000] [--large 1M]
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), HERE]

import bench  # noqa: E402
from harness import Mock, SLUICE, cpu_seconds, memory, wait_for  # noqa: E402
from serving import Server  # noqa: E402

GROUPS = ["upload", "restart", "fair", "instructions"]
UPLOAD_MB, UPLOADS = 200, 3
SMALL = 10  # lines of a small batch
IN_FLIGHT = 64
COUNTS = 3  # of each number of requests: what else happens, in libcurl most of all, only adds: the least counts
MINUTES_S = 1800  # until a measurement counts as failed


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("--nginx", default=shutil.which("nginx", path="/usr/sbin:/usr/bin"))
    p.add_argument("--valgrind", default=shutil.which("valgrind"))
    p.add_argument("--only", default=",".join(GROUPS), help="some of " + ",".join(GROUPS))
    p.add_argument("--batches", type=bench.parse_count, default=1000)
    p.add_argument("--large", type=bench.parse_count, default=1_000_000, help="lines of the large batch")
    p.add_argument("--folder", help="for files; default: the current one's disk")
    args = p.parse_args()
    args.only = args.only.split(",")
    return args


def wait_for_log(server, words):
    """Until the log says so: asking would be counted, too."""
    def said():
        if server.process.poll() is not None:
            raise bench.Failure(server.log_text())
        return re.search(words, server.log_text())

    wait_for(said, words, MINUTES_S)


def peak_mb(server):
    return memory(server.process.pid, "VmHWM") >> 20


def small_input(folder, lines):
    with open(bench.write_input(os.path.join(folder, "lines.jsonl"), lines), "rb") as f:
        return f.read()


class ServeBench:
    def __init__(self, args, folder):
        self.args, self.folder, self.rows, self.runs = args, folder, [], 0

    def service(self, url, *options, folder=None):
        if not folder:
            self.runs += 1
            folder = os.path.join(self.folder, str(self.runs))
            os.mkdir(folder)
        return Server(folder, "--url", url, "-c", str(IN_FLIGHT), "--pace", "fixed", *options), folder

    def add(self, name, value, target=""):
        self.rows.append((name, value, target))
        print(f"# {name}: {value}", file=sys.stderr, flush=True)

    def upload(self):
        """By curl: a client in Python would be what is measured."""
        data = small_input(self.folder, 1000)
        path = os.path.join(self.folder, "large.jsonl")
        with open(path, "wb") as f:
            for _ in range((UPLOAD_MB << 20) // len(data)):
                f.write(data)
        server, _ = self.service("http://127.0.0.1:1")
        seconds, cpu = [], []
        for _ in range(UPLOADS):
            before, began = cpu_seconds(server.process.pid), time.monotonic()
            subprocess.run(["curl", "-sf", "-F", "purpose=batch", "-F", f"file=@{path}", "-o", "/dev/null",
                            server.url + "/v1/files"], check=True)
            seconds.append(time.monotonic() - began)
            cpu.append(cpu_seconds(server.process.pid) - before)
        self.add(f"an upload of {UPLOAD_MB} MB", f"{min(seconds):.2f} s, {min(cpu):.2f} s of CPU", "at most 2 s")
        self.add("peak memory", f"{peak_mb(server)} MB", "at most 64 MB")
        server.close()
        os.unlink(path)

    def make_small(self, server):
        """Batches of SMALL lines: their ids, each with the time of its making."""
        data = small_input(self.folder, SMALL)
        made = {}

        def make(_):
            batch = server.create(server.upload(data))
            made[batch] = time.monotonic()

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(make, range(self.args.batches)))
        return made

    @staticmethod
    def wait_for_small(server, made):
        """Seconds from the making of each to its end, as the log says in its own time."""
        ended = {}

        def all_ended():
            for batch in re.findall(r" (batch_\w+) completed:", server.log_text()):
                if batch in made and batch not in ended:
                    ended[batch] = time.monotonic() - made[batch]
            return len(ended) == len(made)

        wait_for(all_ended, "the end of the small batches", MINUTES_S)
        return sorted(ended.values())

    def restart(self):
        """Killed with all batches open, and with all ended."""
        mock = Mock("--latency", "20ms")
        server, folder = self.service(mock.url, "--batches-at-once", "1", "-c", "1")
        made = self.make_small(server)
        for state in ("open", "ended"):
            server.end(signal.SIGKILL)
            began = time.monotonic()
            server, _ = self.service(mock.url, folder=folder)
            asked = time.monotonic() - began
            server.get("/v1/batches?limit=100")
            self.add(f"restart with {self.args.batches:,} batches, {state}: it listens; its first list",
                     f"{asked:.2f} s; {time.monotonic() - began:.2f} s", "at most 2 s")
            if state == "open":
                self.wait_for_small(server, made)
        server.close()
        mock.close()

    def fair(self):
        mock = Mock("--latency", "20ms")
        for lines in (0, self.args.large):
            server, _ = self.service(mock.url)
            large = server.create(server.upload(small_input(self.folder, lines))) if lines else None
            if lines:
                wait_for_log(server, f"{large} in_progress")
            began = time.monotonic()
            seconds = self.wait_for_small(server, self.make_small(server))
            name = f"{self.args.batches:,} batches of {SMALL} lines, " + (f"beside one of {lines:,}" if lines else "alone")
            self.add(name, f"all in {time.monotonic() - began:.1f} s; each {statistics.median(seconds):.2f} s "
                     f"(median), {seconds[-1]:.2f} s (most)", "at most 3 x alone" if lines else "")
            if lines:
                counts = server.batch(large)["request_counts"]
                self.add("of the large one meanwhile; peak memory", f"{counts['completed']:,} lines; {peak_mb(server)} MB")
            server.close()
        mock.close()

    def count(self, name, url, requests, start):
        """Instructions of one process under callgrind."""
        profile = os.path.join(self.folder, f"callgrind-{name}-{requests}")
        start([self.args.valgrind, "--tool=callgrind", "--quiet", f"--callgrind-out-file={profile}", SLUICE],
              url, bench.write_input(os.path.join(self.folder, f"counted-{requests}.jsonl"), requests))
        with open(profile, encoding="utf-8") as f:
            return int(next(line for line in f if line.startswith("summary:")).split()[1])

    def start_run(self, program, url, path):
        output = os.path.join(self.folder, "out.jsonl")
        subprocess.run([*program, "run", path, "-o", output, "--url", url, "--provider", "raw", "--ui", "none", "--pace",
                        "fixed", "-c", str(IN_FLIGHT)], check=True)
        for name in (output, os.path.join(self.folder, "out.journal")):
            os.unlink(name)

    def start_serve(self, program, url, path):
        server = Server(tempfile.mkdtemp(dir=self.folder), "--url", url, "--provider", "raw", "--pace", "fixed", "-c",
                         str(IN_FLIGHT), program=program)
        with open(path, "rb") as f:
            batch = server.create(server.upload(f.read()))
        wait_for_log(server, f"{batch} completed")
        code = server.end()
        if code:
            raise bench.Failure(f"sluice serve exited with {code}")

    def instructions(self):
        """As `make bench` counts them: what 4,000 requests more take. Upload, check and output files are in."""
        if not self.args.valgrind:
            raise bench.Failure("valgrind is missing (Debian: valgrind)")
        nginx = bench.Server(self.args.nginx, self.folder)
        few, many = bench.COUNTED
        cost = {}
        try:
            for name, start in (("run", self.start_run), ("serve", self.start_serve)):
                counts = [min(self.count(name, nginx.url, n, start) for _ in range(COUNTS)) for n in (few, many)]
                cost[name] = (counts[1] - counts[0]) / (many - few)
        finally:
            nginx.stop()
        self.add("user instructions a request, sluice run", f"{cost['run']:,.0f}")
        self.add("user instructions a request, sluice serve", f"{cost['serve']:,.0f}, {cost['serve'] / cost['run']:.2f} x",
                 "at most 1.10 x")

    def table(self):
        rows = [("", "", "target"), ("---", "---", "---"), *self.rows]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main():
    args = arguments()
    folder = tempfile.mkdtemp(prefix="sluice-bench-", dir=args.folder or ".")
    measured, failures = ServeBench(args, folder), 0
    try:
        for name in GROUPS:
            if name not in args.only:
                continue
            try:
                getattr(measured, name)()
            except (bench.Failure, AssertionError, OSError, subprocess.CalledProcessError) as e:
                failures += 1
                print(f"# {name}: {e}", file=sys.stderr, flush=True)
        print(f"{bench.machine()}; load {os.getloadavg()[0]:.1f}.\n")
        print(measured.table())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
