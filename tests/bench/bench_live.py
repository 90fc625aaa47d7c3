"""`make bench-live`: what live calls through `sluice serve` cost: instructions a request beside `sluice run` and the least
that libcurl can do, the delay that passing through adds, the delay beside a batch that takes all it can, and the memory
of many open streams. Prints one table.

    bench_live.py [--only instructions,delay,beside,streams] [--streams 10k]
"""

import argparse
import asyncio
import http.client
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), HERE]

import bench  # noqa: E402
from bench_serve import ServeBench, wait_for_log  # noqa: E402
from harness import Mock, SLUICE, cpu_seconds, memory  # noqa: E402
from serving import Server  # noqa: E402

GROUPS = ["instructions", "delay", "beside", "streams"]
CHAT = "/v1/chat/completions"
BODY = {"model": "bench", "messages": [{"role": "user", "content": "The quick brown fox jumps over the lazy dog. " * 4}]}
IN_FLIGHT = 64
CALLS = 3000  # of each kind of delay
CLIENTS = 8
STREAM_S = 10  # for which the writing streams are watched
EVENT_GAP_S = 0.5  # between two events of a stream that writes
EVENT = b'data: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n'


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("--nginx", default=shutil.which("nginx", path="/usr/sbin:/usr/bin"))
    p.add_argument("--valgrind", default=shutil.which("valgrind"))
    p.add_argument("--minimal", default=os.path.join("tests", "bench", "minimal"))
    p.add_argument("--only", default=",".join(GROUPS), help="some of " + ",".join(GROUPS))
    p.add_argument("--streams", type=bench.parse_count, default=10_000, help="open at once; a tenth of them write")
    p.add_argument("--folder", help="for files; default: the current one's disk")
    args = p.parse_args()
    args.only = args.only.split(",")
    return args


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def ask(port, times, bodies):
    """Asks one after the other over one connection; adds the time of each in ms."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body in bodies:
        began = time.monotonic()
        connection.request("POST", CHAT, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise bench.Failure(f"HTTP {answer.status}")
        times.append((time.monotonic() - began) * 1e3)
    connection.close()


def ask_at_once(port, calls):
    """The times of calls from CLIENTS clients."""
    times, body = [], json.dumps(BODY)
    threads = [threading.Thread(target=ask, args=(port, times, [body] * (calls // CLIENTS))) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


class Streams:
    """Streams that are open through a service at port, from a server of our own; some write."""

    def __init__(self, n, writing):
        self.n, self.writing = n, writing
        self.began, self.delays, self.opened = 0, [], 0

    async def serve_one(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        number, self.began = self.began, self.began + 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + EVENT)
        while not self.over:
            await asyncio.sleep(EVENT_GAP_S)
            if number < self.writing and self.opened == self.n:
                writer.write(EVENT.replace(b"word ", b"%.6f" % time.monotonic()))
        writer.close()

    async def read_one(self, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 13)
        body = json.dumps({**BODY, "stream": True}).encode()
        writer.write(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (CHAT.encode(), len(body)) + body)
        await reader.readuntil(b"\n\n")
        self.opened += 1
        while not self.over:
            try:
                event = await reader.readuntil(b"\n\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            self.delays.append(time.monotonic() - float(json.loads(event[event.index(b"{"):])["choices"][0]["delta"]["content"]))
        writer.close()

    async def run(self, make_service):
        self.over = False
        upstream = await asyncio.start_server(self.serve_one, "127.0.0.1", 0, backlog=1024)
        service = make_service(f"http://127.0.0.1:{upstream.sockets[0].getsockname()[1]}")
        at_rest = memory(service.process.pid)
        gate = asyncio.Semaphore(200)

        async def begin():
            async with gate:
                task = asyncio.create_task(self.read_one(service.port))
                before = self.opened
                await asyncio.sleep(0.01 if before < self.n else 0)
            await task

        readers = [asyncio.create_task(begin()) for _ in range(self.n)]
        deadline = time.monotonic() + 300
        while self.opened < self.n:
            if time.monotonic() > deadline:
                raise bench.Failure(f"{self.opened} of {self.n} streams are open")
            await asyncio.sleep(0.1)
        cpu = cpu_seconds(service.process.pid)
        await asyncio.sleep(STREAM_S)
        cpu = cpu_seconds(service.process.pid) - cpu
        figures = memory(service.process.pid, "VmHWM"), memory(service.process.pid), at_rest, cpu
        self.over = True
        await asyncio.sleep(2 * EVENT_GAP_S)
        for reader in readers:
            reader.cancel()
        service.close()
        return figures


class LiveBench(ServeBench):
    def count_live(self, url, requests):
        """Instructions of a service whose client is the least that libcurl can do."""
        path = os.path.join(self.folder, f"live-{requests}.jsonl")
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(json.dumps(BODY) + "\n" for _ in range(requests))
        profile = os.path.join(self.folder, f"callgrind-live-{requests}")
        program = [self.args.valgrind, "--tool=callgrind", "--quiet", f"--callgrind-out-file={profile}", SLUICE]
        server, _ = self.service(url, program=program)
        subprocess.run([self.args.minimal, server.url + CHAT, path, os.path.join(self.folder, "out"), str(IN_FLIGHT)],
                       check=True)
        server.end()
        with open(profile, encoding="utf-8") as f:
            return int(next(line for line in f if line.startswith("summary:")).split()[1])

    def count_minimal(self, url, requests):
        path = os.path.join(self.folder, f"live-{requests}.jsonl")
        profile = os.path.join(self.folder, f"callgrind-minimal-{requests}")
        subprocess.run([self.args.valgrind, "--tool=callgrind", "--quiet", f"--callgrind-out-file={profile}",
                        self.args.minimal, url + CHAT, path, os.path.join(self.folder, "out"), str(IN_FLIGHT)], check=True)
        with open(profile, encoding="utf-8") as f:
            return int(next(line for line in f if line.startswith("summary:")).split()[1])

    def service(self, url, *options, folder=None, program=(SLUICE,)):
        if not folder:
            self.runs += 1
            folder = os.path.join(self.folder, str(self.runs))
            os.mkdir(folder)
        return Server(folder, "--url", url, "-c", str(IN_FLIGHT), "--pace", "fixed", *options, program=program), folder

    def instructions(self):
        nginx = bench.Server(self.args.nginx, self.folder)
        few, many = bench.COUNTED

        def more(count):
            return (count(nginx.url, many) - count(nginx.url, few)) / (many - few)

        try:
            live, least = more(self.count_live), more(self.count_minimal)
            plain = more(lambda url, n: self.count("run", url, n, self.start_run))
        finally:
            nginx.stop()
        self.add("user instructions of a live call", f"{live:,.0f}")
        self.add("of a request of sluice run", f"{plain:,.0f}, {live / plain:.2f} x", "at most 1.6 x")
        self.add("of the least that libcurl can do", f"{least:,.0f}, {live / least:.2f} x")

    def delay(self):
        """In turns, so that the machine's other work is in both."""
        nginx = bench.Server(self.args.nginx, self.folder)
        server, _ = self.service(nginx.url)
        direct, through, body = [], [], json.dumps(BODY)
        for _ in range(CALLS // 100):
            ask(nginx.port, direct, [body] * 100)
            ask(server.port, through, [body] * 100)
        server.close()
        nginx.stop()
        for share in (0.5, 0.99):
            a, b = percentile(direct, share), percentile(through, share)
            self.add(f"p{share * 100:.0f} of a call, direct; through", f"{a:.2f} ms; {b:.2f} ms, + {b - a:.2f} ms",
                     "+ 0.3 ms at most" if share == 0.5 else "")

    def beside(self):
        """Calls alone, and beside a batch that fills the limit of requests in flight."""
        mock = Mock("--latency", "50ms", "--sigma", "0.3")
        server, _ = self.service(mock.url)
        ask_at_once(server.port, 200)
        alone, beside = [], []
        for _ in range(2):
            alone += ask_at_once(server.port, CALLS // 2)
            batch = server.create(server.upload(self.lines(200_000)))
            wait_for_log(server, f"{batch} in_progress")
            beside += ask_at_once(server.port, CALLS // 2)
            counts = server.batch(batch)["request_counts"]
            server.ask("POST", f"/v1/batches/{batch}/cancel")
            server.wait_for_end(batch)
        server.close()
        mock.close()
        for share, target in ((0.5, ""), (0.99, "at most 1.3 x")):
            a, b = percentile(alone, share), percentile(beside, share)
            self.add(f"p{share * 100:.0f} of live calls alone; beside a batch", f"{a:.1f} ms; {b:.1f} ms, {b / a:.2f} x", target)
        self.add("lines of the batch meanwhile", f"{counts['completed']:,}")

    def lines(self, n):
        with open(bench.write_input(os.path.join(self.folder, f"lines-{n}.jsonl"), n), "rb") as f:
            return f.read()

    def streams(self):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        n = min(self.args.streams, most * 9 // 20)  # each has two descriptors here and in the service
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        watched = Streams(n, n // 10)
        peak, now, at_rest, cpu = asyncio.run(watched.run(
            lambda url: self.service(url, "-c", str(2 * n), "--max-connections", str(2 * n), "--max-live", str(n))[0]))
        self.add(f"memory with {n:,} open streams, {n // 10:,} of them writing; at rest",
                 f"{now >> 20} MB (peak {peak >> 20} MB); {at_rest >> 20} MB", "under 400 MB")
        self.add(f"{len(watched.delays) / STREAM_S:,.0f} events a second: CPU; delay", f"{cpu / STREAM_S * 100:.0f} %; "
                 f"p50 {percentile(watched.delays, 0.5) * 1e3:.1f} ms, p99 {percentile(watched.delays, 0.99) * 1e3:.1f} ms")


def main():
    args = arguments()
    folder = tempfile.mkdtemp(prefix="sluice-bench-", dir=args.folder or ".")
    measured, failures = LiveBench(args, folder), 0
    os.environ["OPENAI_API_KEY"] = "sk-bench-0123456789"
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
