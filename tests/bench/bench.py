"""`make bench`: what a request costs, next to the least that libev and libcurl can do and to what
people use today. nginx answers on CPU 0, what is measured runs on CPU 1. Prints one table.

    bench.py [--requests 100k] [--repeat 3] [--items 1M] [--before OTHER/sluice]
             [--only minimal,aiohttp,sluice,tls,dashboard,frames,patterns,packed,memory,export,view,resume,
                     stream,instructions,control]
"""

import argparse
import ctypes
import fcntl
import functools
import json
import os
import pty
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
GROUPS = ["minimal", "aiohttp", "sluice", "tls", "dashboard", "frames", "patterns", "packed", "memory", "export",
          "view", "resume", "stream", "instructions", "control"]
IN_FLIGHT = [64, 1024, 4096]
IN_FLIGHT_TLS = [64, 512]
SHARD = 64
CPU_TARGET = "at most 1.25 x"
SERVER_CPU, CLIENT_CPU = 0, 1
OPEN_FILES = 20000
AIOHTTP_REQUESTS = 20_000
LEFT_TO_RESUME = 1000
MEMORY_TARGETS = {1_000_000: "at most 85 MB"}  # by --items
EXPORT_TARGETS = {1_000_000: "at most 20 s, 200 MB"}
VIEW_TARGETS = {1_000_000: "at most 2 s, 150 MB"}
SEEK_TARGETS = {1_000_000: "at most 200 ms"}
RESUME_TARGETS = {1_000_000: "at most 1.5 s", 10_000_000: "at most 8 s"}
STAGES = 3
COUNTED = 1000, 5000  # requests under callgrind; what the second run has more is what they took
FEW = 2  # in flight, so that the server that measures delays has no queue of its own
WATCHERS = "20", "100"  # streams of events, snapshots a second
FRAMES = [(60, 200, "at most 1,000 µs"), (24, 80, "at most 2,048 bytes")]
FRAME_SECONDS = 3, 13  # of the second run what it has more counts: the start costs more than a frame
QUIET_S = 1.0  # a dashboard that draws nothing for so long has nothing to draw
FRAME_GAP_S = 0.05  # bytes that come sooner belong to the same frame
STREAMS = [200, 2000]  # open at once; each is asked for twice as many answers
ANSWER = json.dumps({
    "id": "chatcmpl-bench", "object": "chat.completion", "created": 1700000000, "model": "bench",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {
        "role": "assistant", "content": "The quick brown fox jumps over the lazy dog. " * 3}}],
    "usage": {"prompt_tokens": 60, "completion_tokens": 30, "total_tokens": 90},
})


class Failure(Exception):
    """A measurement that could not be made."""


class Cost:
    """What one run of a program used."""

    def __init__(self, requests, usage, seconds):
        self.user_us = usage.ru_utime * 1e6 / requests
        self.cpu_us = (usage.ru_utime + usage.ru_stime) * 1e6 / requests
        self.rate = requests / seconds
        self.peak_mb = usage.ru_maxrss / 1024


def parse_count(text):
    factor = {"k": 1000, "M": 1_000_000}.get(text[-1:], 1)
    return int(text.rstrip("kM")) * factor


def child_setup(cpu, terminal=False):
    """For a child between fork and exec: its CPU, file limit, and its end when this one ends."""
    def setup():
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
        os.sched_setaffinity(0, {cpu})
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
        if terminal:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    return setup


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """nginx on one CPU, with the configuration of that name."""

    def __init__(self, binary, folder, config_name="nginx.conf"):
        self.port, self.http2_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = os.path.join(folder, config_name)
        with open(os.path.join(HERE, config_name + ".in"), encoding="utf-8") as template:
            text = template.read()
        for name, value in (("@DIR@", folder), ("@PORT@", str(self.port)),
                            ("@HTTP2_PORT@", str(self.http2_port)), ("@ANSWER@", ANSWER)):
            text = text.replace(name, value)
        with open(config, "w", encoding="utf-8") as out:
            out.write(text)
        self.log = os.path.join(folder, "error.log")
        self.process = subprocess.Popen([binary, "-p", folder, "-c", config, "-e", self.log],
                                        preexec_fn=child_setup(SERVER_CPU))
        self.wait_until_up()

    def wait_until_up(self):
        for _ in range(200):
            if self.process.poll() is not None:
                raise Failure(f"nginx ended at once, see {self.log}")
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise Failure("nginx does not listen")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def write_input(path, lines):
    """OpenAI batch lines of about 400 bytes."""
    prompt = "Summarise in one sentence what a dashboard for batches of requests is good for. " * 2
    with open(path, "w", encoding="utf-8") as out:
        for n in range(1, lines + 1):
            out.write(json.dumps({
                "custom_id": f"item-{n:07}", "method": "POST", "url": "/v1/chat/completions",
                "body": {"model": "bench", "max_tokens": 64, "messages": [
                    {"role": "system", "content": "You answer briefly and to the point."},
                    {"role": "user", "content": f"{n}: {prompt}"}]}}, separators=(",", ":")))
            out.write("\n")
    return path


def write_streams(path, lines):
    """Bodies that ask for a stream; what is left out of them nobody adds."""
    with open(path, "w", encoding="utf-8") as out:
        for n in range(lines):
            out.write(json.dumps({
                "model": "bench", "stream": True, "stream_options": {"include_usage": True},
                "messages": [{"role": "user", "content": f"Count to a hundred, {n}."}]}) + "\n")


def write_rows(path, rows):
    """Rows of about 400 bytes for the stages of a pipeline."""
    report = "Of all that a dashboard for batches of requests is good for, this is the best. " * 4
    with open(path, "w", encoding="utf-8") as out:
        for n in range(rows):
            out.write(json.dumps({"custom_id": f"row-{n:07}", "report": f"{n}: {report}"}) + "\n")
    return path


def write_pipeline(path):
    """STAGES stages in a row; each asks about what the one before it answered."""
    names = [f"stage{n}" for n in range(STAGES)]
    stages = {}
    for before, name in zip([None, *names], names):
        prompt = "Read {{row.report}} {{%s.text}}" % before if before else "Read {{row.report}}"
        stages[name] = {"url": "/v1/chat/completions", **({"after": before} if before else {}),
                        "body": {"model": "bench", "messages": [{"role": "user", "content": prompt}]}}
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"stages": stages}, out)
    return path


def wait_for(process, command):
    """Waits for a child; its resource usage. Exit codes above 1 are failures of the measurement."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failure(f"exit code {process.returncode} of: {' '.join(command)}")
    return usage


def run(command, requests, env=None):
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               env=env, preexec_fn=child_setup(CLIENT_CPU))
    usage = wait_for(process, command)
    return Cost(requests, usage, time.monotonic() - begin)


def make_certificate(folder):
    """A self-signed one for this machine, with its key, where nginx-tls.conf.in has them."""
    if not shutil.which("openssl"):
        raise Failure("openssl is missing, which makes the certificate")
    certificate = os.path.join(folder, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", os.path.join(folder, "key.pem"),
                    "-out", certificate], check=True, stderr=subprocess.DEVNULL)
    return certificate


class OnTerminal:
    """A command on a pseudo terminal of this size; take(terminal, data) gets what it draws, in a thread."""

    def __init__(self, command, take, rows=40, columns=120):
        self.command, self.take = command, take
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.begin = time.monotonic()
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                        env={**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"},
                                        preexec_fn=child_setup(CLIENT_CPU, terminal=True))
        os.close(slave)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            self.take(self, data)

    def leave(self):
        os.write(self.master, b"q")

    def end(self):
        """Waits for its end; its use of resources, and the seconds since its start."""
        usage = wait_for(self.process, self.command)
        seconds = time.monotonic() - self.begin
        self.close()
        return usage, seconds

    def close(self):
        self.reader.join(1)
        os.close(self.master)


def run_on_terminal(command, requests):
    """As run(), on a pseudo terminal; presses q when the run says that it is done."""
    terminal = OnTerminal(command, lambda t, data: b"DONE" in data and t.leave())
    return Cost(requests, *terminal.end())


def first_frame(command, words):
    """The seconds until the dashboard shows the words, and its use of resources when it was left then."""
    shown = []

    def leave_when_shown(terminal, data):
        if words in data and not shown:
            shown.append(time.monotonic() - terminal.begin)
            terminal.leave()

    usage, _ = OnTerminal(command, leave_when_shown).end()
    if not shown:
        raise Failure(f"{command[1]} showed no {words.decode()}")
    return shown[0], usage


def seeks(command, keys):
    """The seconds from each of these keys of a replay's bar to the first bytes of the frame that it leads to."""
    last, drawn = [0.0], threading.Event()

    def take(_, __):
        last[0] = time.monotonic()
        drawn.set()

    terminal = OnTerminal(command, take)
    times = []
    while not last[0] or time.monotonic() - last[0] < QUIET_S:  # until all items are known, and it stands still
        time.sleep(QUIET_S / 10)
    for key in keys:
        drawn.clear()
        begin = time.monotonic()
        os.write(terminal.master, key.encode())
        if not drawn.wait(5):
            raise Failure(f"{key} leads to no frame")
        times.append(last[0] - begin)
        time.sleep(QUIET_S / 5)
    terminal.leave()
    usage, _ = terminal.end()
    return sorted(times), usage


class Frames:
    """What the dashboard over a moving stand-in for a run draws and uses in some seconds."""

    def __init__(self, ui_demo, rows, columns, seconds):
        self.count = self.bytes = 0
        self.last_s = 0.0
        terminal = OnTerminal([ui_demo, "running"], self.take, rows, columns)
        time.sleep(seconds)
        terminal.process.kill()
        _, _, usage = os.wait4(terminal.process.pid, 0)
        terminal.close()
        self.cpu_us = (usage.ru_utime + usage.ru_stime) * 1e6
        self.peak_mb = usage.ru_maxrss / 1024

    def take(self, _, data):
        now = time.monotonic()
        self.count += now - self.last_s > FRAME_GAP_S
        self.last_s = now
        self.bytes += len(data)


class Bench:
    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        self.server = Server(args.nginx, folder)
        self.endpoint = self.server.url + "/v1/chat/completions"
        self.input = write_input(os.path.join(folder, "input.jsonl"), args.requests)
        self.rows = []
        self.base = {}
        self.finished_run = None
        self.runs = 0

    def output(self):
        self.runs += 1
        return os.path.join(self.folder, f"out-{self.runs}.jsonl")

    def sluice_command(self, path, output, in_flight, ui="none", url=None, binary=None):
        return [binary or self.args.sluice, "run", path, "-o", output, "--url", url or self.server.url,
                "--provider", "raw", "--ui", ui, "--pace", "fixed", "-c", str(in_flight)]

    def forget(self, output):
        """Results of one run are big and not looked at again."""
        stem = output.removesuffix(".jsonl")
        for name in (output, output + ".journal", stem + ".errors.jsonl", stem + ".journal"):
            if os.path.exists(name):
                os.unlink(name)

    def best(self, **measures):
        """The least disturbed run of each, made in turns so that all see the same machine."""
        costs = {name: [] for name in measures}
        for _ in range(self.args.repeat):
            for name, measure in measures.items():
                costs[name].append(measure())
        return {name: min(runs, key=lambda c: c.cpu_us) for name, runs in costs.items()}

    def add(self, name, in_flight, cost, ratio="", target=""):
        self.rows.append((name, f"{in_flight:,}", f"{cost.cpu_us:.1f}", f"{cost.rate:,.0f}",
                          f"{cost.peak_mb:.0f}", ratio, target))
        print(f"# {name}, {in_flight} in flight: {cost.cpu_us:.1f} us, {cost.rate:,.0f}/s, "
              f"{cost.peak_mb:.0f} MB", file=sys.stderr, flush=True)

    def run_minimal(self, in_flight, *more, endpoint=None):
        output = self.output()
        cost = run([self.args.minimal, endpoint or self.endpoint, self.input, output, str(in_flight), *more],
                   self.args.requests)
        os.unlink(output)
        return cost

    def batch(self):
        """The minimal loops and sluice."""
        measures = {}
        for in_flight in IN_FLIGHT:
            if "minimal" in self.args.only:
                measures["single"] = functools.partial(self.run_minimal, in_flight)
                measures["sharded"] = functools.partial(self.run_minimal, in_flight, str(SHARD))
            if "sluice" in self.args.only:
                measures["sluice"] = functools.partial(self.run_sluice, in_flight)
            if self.args.before:
                measures["before"] = functools.partial(self.run_sluice, in_flight, binary=self.args.before)
            costs = self.best(**measures)
            self.base[in_flight] = costs
            if "single" in costs:
                self.add("minimal libev + curl, one multi", in_flight, costs["single"])
                self.add("minimal libev + curl, shards of 64", in_flight, costs["sharded"])
            if "before" in costs:
                self.add("sluice before", in_flight, costs["before"], self.against(costs["before"], in_flight))
            if "sluice" in costs:
                self.add("sluice", in_flight, costs["sluice"],
                         self.against(costs["sluice"], in_flight), self.batch_target(in_flight))

    def batch_target(self, in_flight):
        costs = self.base[in_flight]
        if in_flight < max(IN_FLIGHT) or "single" not in costs:
            return CPU_TARGET
        factor = costs["single"].cpu_us / costs["sluice"].cpu_us
        return f"{CPU_TARGET}; 3 x less than one multi (is {factor:.1f} x)"

    def against(self, cost, in_flight):
        """CPU as a multiple of the sharded minimal loop's."""
        base = self.base.get(in_flight, {}).get("sharded")
        return f"{cost.cpu_us / base.cpu_us:.2f} x" if base else ""

    def tls_rows(self, name, url, in_flight, certificate):
        env = {**os.environ, "CURL_CA_BUNDLE": certificate}
        measures = {
            "minimal": functools.partial(self.run_minimal, in_flight, str(SHARD), certificate,
                                         endpoint=url + "/v1/chat/completions"),
            "sluice": functools.partial(self.run_sluice, in_flight, url, env)}
        if self.args.before:
            measures["before"] = functools.partial(self.run_sluice, in_flight, url, env, self.args.before)
        costs = self.best(**measures)
        least = costs["minimal"]
        self.add(f"minimal libev + curl, shards of 64, {name}", in_flight, least)
        if "before" in costs:
            self.add(f"sluice before, {name}", in_flight, costs["before"],
                     f"{costs['before'].cpu_us / least.cpu_us:.2f} x")
        self.add(f"sluice, {name}", in_flight, costs["sluice"],
                 f"{costs['sluice'].cpu_us / least.cpu_us:.2f} x", CPU_TARGET)

    def tls(self):
        """Both over TLS: HTTP/1.1, a connection for each request in flight, and HTTP/2."""
        folder = os.path.join(self.folder, "tls")
        os.mkdir(folder)
        certificate = make_certificate(folder)
        server = Server(self.args.nginx, folder, "nginx-tls.conf")
        try:
            for name, port in (("TLS, HTTP/1.1", server.port), ("TLS, HTTP/2", server.http2_port)):
                url = f"https://127.0.0.1:{port}"
                for in_flight in IN_FLIGHT_TLS:
                    self.tls_rows(name, url, in_flight, certificate)
        finally:
            server.stop()

    def run_stream(self, url, command, requests):
        """A run against the mock's streams: its cost an event."""
        reset = urllib.request.Request(url + "/stats/reset", data=b"", method="POST")
        urllib.request.urlopen(reset).close()
        cost = run(command, requests)
        with urllib.request.urlopen(url + "/stats") as answer:
            events = json.load(answer)["tokens_out"]
        cost.cpu_us *= requests / events
        cost.rate *= events / requests
        self.forget(command[-1])
        return cost

    def stream(self):
        """Streams with an event for each token: sluice and a loop that only reads."""
        mock = subprocess.Popen([self.args.sluice, "mock", "--latency", "10ms", "--stream-rate", "60",
                                 "--tokens-out", "100"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                text=True, preexec_fn=child_setup(SERVER_CPU))
        url = mock.stdout.readline().strip()
        path = os.path.join(self.folder, "streams.jsonl")
        try:
            for n in STREAMS:
                write_streams(path, 2 * n)
                least = self.run_stream(url, [self.args.minimal, url + "/v1/chat/completions", path,
                                              self.output(), str(n), str(SHARD)], 2 * n)
                cost = self.run_stream(url, [self.args.sluice, "run", path, "--format", "body", "--url", url,
                                             "--ui", "none", "--pace", "fixed", "-c", str(n),
                                             "-o", self.output()], 2 * n)
                self.add("minimal, an event of a stream", n, least)
                self.add("sluice, an event of a stream", n, cost, f"{cost.cpu_us / least.cpu_us:.2f} x",
                         "at most 1.5 x")
        finally:
            mock.terminate()
            mock.wait()

    def count_instructions(self, name, command_for):
        """User instructions a request, without what start and end take."""
        counts = []
        for requests in COUNTED:
            path = write_input(os.path.join(self.folder, f"counted-{requests}.jsonl"), requests)
            profile = os.path.join(self.folder, f"callgrind-{name}-{requests}")
            output = self.output()
            command = [self.args.valgrind, "--tool=callgrind", "--quiet", f"--callgrind-out-file={profile}",
                       *command_for(path, output)]
            run(command, requests)
            self.forget(output)
            with open(profile, encoding="utf-8") as f:
                counts.append(int(next(line for line in f if line.startswith("summary:")).split()[1]))
        return (counts[1] - counts[0]) / (COUNTED[1] - COUNTED[0])

    def instructions(self):
        """The same on every machine with the same libraries, and on a busy one."""
        if not self.args.valgrind:
            raise Failure("valgrind is missing (Debian: valgrind)")
        least = self.count_instructions(
            "minimal", lambda path, output: [self.args.minimal, self.endpoint, path, output, str(SHARD)])
        count = self.count_instructions("sluice", lambda path, output: self.sluice_command(path, output, SHARD))
        self.rows.append((f"minimal: {least:,.0f} user instructions a request", f"{SHARD}", "", "", "", "", ""))
        self.rows.append((f"sluice: {count:,.0f} user instructions a request", f"{SHARD}", "", "", "",
                          f"{count / least:.2f} x", "at most 1.35 x"))

    def run_watched(self, *paths, server=None, watchers=WATCHERS, in_flight=SHARD):
        """A run with clients at its control socket; None instead of watchers: without. Returns its cost, and what
        the clients print."""
        output, path = self.output(), os.path.join(self.folder, "control.sock")
        command = self.sluice_command(self.input, output, in_flight, url=server) + [
            "--control", path if watchers else "off"]
        clients = watchers and subprocess.Popen([sys.executable, os.path.join(HERE, "watchers.py"), "clients", path,
                                                 *watchers, *paths], stdout=subprocess.PIPE, text=True)
        cost = run(command, self.args.requests)
        self.forget(output)
        return cost, [int(n) for n in clients.communicate(timeout=30)[0].split()] if watchers else []

    def start_delays(self, watchers):
        """Count, median, p99 and largest delay in us from an answer to the next request of a run."""
        server = subprocess.Popen([sys.executable, os.path.join(HERE, "watchers.py"), "server"], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port = int(server.stdout.readline())
        self.run_watched(server=f"http://127.0.0.1:{port}", watchers=watchers, in_flight=FEW)
        return [int(n) for n in server.communicate("\n", timeout=30)[0].split()]

    def control(self):
        """What clients of the control socket cost a run."""
        pairs = [(self.run_watched(watchers=None)[0], self.run_watched()[0]) for _ in range(self.args.repeat)]
        ratio = min(b.user_us for _, b in pairs) / min(a.user_us for a, _ in pairs)
        self.rows.append(("user CPU a request, with 20 streams and 100 snapshots a second", str(SHARD),
                          f"{min(b.user_us for _, b in pairs):.1f}", "", "", f"{ratio:.2f} x", "at most 1.10 x"))
        for name, watchers in (("", None), (", watched so", WATCHERS)):
            n, median, p99, largest = self.start_delays(watchers)
            self.rows.append((f"delay of {n:,} starts{name}: median {median} us, p99 {p99} us, largest {largest} us",
                              str(FEW), "", "", "", "", "p99 below 2,000 us" if watchers else ""))
        for what, paths in (("a snapshot", ["/v1/snapshot"]), ("metrics", ["/metrics"]),
                            ("items by a filter that reads the input",
                             [f"/v1/items?filter=id:item-{n}&limit=200" for n in range(4)])):
            n, median, p99, largest = self.run_watched(*paths, watchers=("0", "100"))[1]
            self.rows.append((f"{n:,} answers of {what}: median {median} us, p99 {p99} us, largest {largest} us",
                              str(SHARD), "", "", "", "", ""))

    def run_stages(self, rows, pipeline):
        output = self.output()
        command = self.sluice_command(rows, output, SHARD) + ["--pipeline", pipeline]
        cost = run(command, self.args.requests // STAGES * STAGES)
        self.forget(output)
        return cost

    def run_again(self, cache):
        """An item whose answer is in the cache, from the second run on."""
        output = self.output()
        cost = run(self.sluice_command(self.input, output, SHARD) + ["--cache", cache], self.args.requests)
        self.forget(output)
        return cost

    def patterns(self):
        """A request of a pipeline's stage and an answer used again, next to a plain request."""
        rows = write_rows(os.path.join(self.folder, "rows.jsonl"), self.args.requests // STAGES)
        pipeline = write_pipeline(os.path.join(self.folder, "pipeline.json"))
        cache = os.path.join(self.folder, "cache")
        filled = self.run_again(cache)
        costs = self.best(plain=functools.partial(self.run_sluice, SHARD),
                          stages=functools.partial(self.run_stages, rows, pipeline),
                          again=functools.partial(self.run_again, cache))
        self.add("sluice, plain beside the next three", SHARD, costs["plain"])
        for name, cost in (("a request of a stage", costs["stages"]),
                           ("an answer put into the cache", filled),
                           ("an answer used again", costs["again"])):
            self.add("sluice, " + name, SHARD, cost, f"{cost.cpu_us / costs['plain'].cpu_us:.2f} x plain")

    def run_packed(self, packed, command_for):
        """The packed file itself, or what zcat makes of it; zcat's time counts."""
        output = self.output()
        if packed:
            command = command_for(packed, output)
        else:
            command = ["sh", "-c", 'zcat "$0" | "$@"', self.input + ".gz", *command_for("-", output)]
        cost = run(command, self.args.requests)
        self.forget(output)
        return cost

    def packed(self):
        """A gzip file next to zcat and a pipe: requests, and reading alone (check)."""
        path = self.input + ".gz"
        with open(path, "wb") as out:
            subprocess.run(["gzip", "-c", self.input], stdout=out, check=True)
        for name, command_for in (("a request", lambda path, output: self.sluice_command(path, output, SHARD)),
                                  ("check, a line", lambda path, output: [self.args.sluice, "check", path])):
            costs = self.best(pipe=functools.partial(self.run_packed, None, command_for),
                              file=functools.partial(self.run_packed, path, command_for))
            self.add(f"zcat into sluice, {name}", SHARD, costs["pipe"])
            self.add(f"sluice, {name} of a gzip file", SHARD, costs["file"],
                     f"{costs['file'].cpu_us / costs['pipe'].cpu_us:.2f} x the pipe", "at most 1.2 x")
        os.unlink(path)

    def aiohttp(self):
        requests = min(self.args.requests, AIOHTTP_REQUESTS)
        path = write_input(os.path.join(self.folder, "short.jsonl"), requests)
        for in_flight in IN_FLIGHT:
            output = self.output()
            cost = run([sys.executable, os.path.join(HERE, "aiohttp_batch.py"), self.endpoint, path,
                        output, str(in_flight)], requests)
            os.unlink(output)
            ours = self.base.get(in_flight, {}).get("sluice")
            self.add(f"aiohttp + semaphore ({requests:,} requests)", in_flight, cost,
                     self.against(cost, in_flight),
                     f"sluice 10 x less (is {cost.cpu_us / ours.cpu_us:.1f} x)" if ours else "")

    def run_sluice(self, in_flight, url=None, env=None, binary=None):
        output = self.output()
        cost = run(self.sluice_command(self.input, output, in_flight, url=url, binary=binary),
                   self.args.requests, env)
        self.forget(output)
        return cost

    def run_dashboard(self):
        output = self.output()
        cost = run_on_terminal(self.sluice_command(self.input, output, SHARD, "tui"), self.args.requests)
        self.forget(output)
        return cost

    def dashboard(self):
        costs = self.best(headless=functools.partial(self.run_sluice, SHARD),
                          shown=self.run_dashboard)
        added = (costs["shown"].cpu_us / costs["headless"].cpu_us - 1) * 100
        self.add("sluice with dashboard, 120x40", SHARD, costs["shown"],
                 f"{added:+.1f} % of headless", "at most +3 %")

    def frames(self):
        for rows, columns, target in FRAMES:
            short, long = (Frames(self.args.ui_demo, rows, columns, s) for s in FRAME_SECONDS)
            n = long.count - short.count
            cpu_us, size = (long.cpu_us - short.cpu_us) / n, (long.bytes - short.bytes) / n
            rate = n / (FRAME_SECONDS[1] - FRAME_SECONDS[0])
            self.rows.append((f"a frame of the dashboard, {columns}x{rows} (per frame)", "64", f"{cpu_us:,.0f}",
                              f"{rate:.0f}", f"{long.peak_mb:.0f}", f"{size:,.0f} bytes", target))

    def finished(self):
        """A finished run of --items; made once."""
        if not self.finished_run:
            path = write_input(os.path.join(self.folder, "items.jsonl"), self.args.items)
            output = self.output()
            cost = run(self.sluice_command(path, output, SHARD), self.args.items)
            self.finished_run = (path, output, cost)
        return self.finished_run

    def memory(self):
        _, _, cost = self.finished()
        self.add(f"sluice, {self.args.items:,} items", SHARD, cost, self.against(cost, SHARD),
                 MEMORY_TARGETS.get(self.args.items, ""))

    def export(self):
        """A finished run as a table in the order of its input, alone and joined to its rows."""
        _, output, _ = self.finished()
        for name, more in (("", []), (" with the input's columns", ["--with-input"])):
            table = os.path.join(self.folder, "table.csv")
            cost = min((run([self.args.sluice, "export", output, "-o", table, "--force", *more], self.args.items)
                        for _ in range(self.args.repeat)), key=lambda c: c.cpu_us)
            self.rows.append((f"export of {self.args.items:,} items as CSV in input order{name}", "",
                              f"{cost.cpu_us:.1f}", "", f"{cost.peak_mb:.0f}", f"{self.args.items / cost.rate:.2f} s",
                              EXPORT_TARGETS.get(self.args.items, "")))
            os.unlink(table)

    def view(self):
        """The first frame of a finished run, seen from its files."""
        _, output, _ = self.finished()
        command = [self.args.sluice, "view", output]
        seconds, usage = min((first_frame(command, b"DONE") for _ in range(self.args.repeat)), key=lambda r: r[0])
        self.rows.append((f"view of {self.args.items:,} items, 120x40: first frame", "", "", "",
                          f"{usage.ru_maxrss / 1024:.0f}", f"{seconds:.2f} s", VIEW_TARGETS.get(self.args.items, "")))

    def replay(self):
        """The first frame of that run in the middle, and going to other moments of it."""
        _, output, _ = self.finished()
        command = [self.args.sluice, "replay", output, "--at", "50%"]
        seconds, _ = min((first_frame(command, b"REPLAY") for _ in range(self.args.repeat)), key=lambda r: r[0])
        times, usage = seeks(command, "283746519" * 6)
        self.rows.append((f"replay of {self.args.items:,} items, 120x40: first frame", "", "", "",
                          f"{usage.ru_maxrss / 1024:.0f}", f"{seconds:.2f} s", VIEW_TARGETS.get(self.args.items, "")))
        self.rows.append((f"{len(times)} seeks in it: the slowest, the median", "", "", "", "",
                          f"{times[-1] * 1e3:.0f}, {times[len(times) // 2] * 1e3:.0f} ms",
                          SEEK_TARGETS.get(self.args.items, "")))

    def resume(self):
        """The least time of --repeat resumes; each is killed at its first request."""
        path, output, _ = self.finished()
        drop_last_lines(output, LEFT_TO_RESUME)
        drop_last_lines(output.removesuffix(".jsonl") + ".journal", 1)
        self.server.stop()
        seconds, usage = min((self.resume_once(path, output) for _ in range(self.args.repeat)),
                             key=lambda r: r[0])
        self.rows.append((f"resume of {self.args.items:,} items, all but {LEFT_TO_RESUME:,} finished: first new "
                          "request", f"{SHARD}", "", "", f"{usage.ru_maxrss / 1024:.0f}", f"{seconds:.2f} s",
                          RESUME_TARGETS.get(self.args.items, "")))

    def resume_once(self, path, output):
        listener = socket.create_server(("127.0.0.1", self.server.port))
        listener.settimeout(60)
        begin = time.monotonic()
        process = subprocess.Popen(self.sluice_command(path, output, SHARD),
                                   stdin=subprocess.DEVNULL, preexec_fn=child_setup(CLIENT_CPU))
        try:
            connection, _ = listener.accept()
            connection.recv(1)
            seconds = time.monotonic() - begin
        except TimeoutError as e:
            raise Failure("the resumed run sends nothing within a minute") from e
        finally:
            process.kill()
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = 0
            listener.close()
        return seconds, usage

    def table(self):
        head = ("", "in flight", "CPU µs/request", "requests/s", "peak MB",
                "against minimal, sharded", "target")
        lines = [head, tuple("---" if i in (0, 6) else "---:" for i in range(len(head)))]
        return "\n".join("| " + " | ".join(row) + " |" for row in lines + self.rows)


def drop_last_lines(path, n):
    """Cuts the last n lines off a file, as if the run had been killed before them."""
    with open(path, "r+b") as f:
        size = f.seek(0, os.SEEK_END)
        window = min(size, n * 4096)
        f.seek(size - window)
        tail = f.read(window)
        at = len(tail)
        for _ in range(n + 1):
            at = tail.rindex(b"\n", 0, at)
        f.truncate(size - window + at + 1)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        models = [line.split(":", 1)[1].strip() for line in f if line.startswith("model name")]
    return f"{models[0] if models else os.uname().machine}, {os.cpu_count()} CPUs, " \
           f"Linux {os.uname().release}"


def roomy_folder():
    """/dev/shm when it holds the files of a million items and more."""
    try:
        fs = os.statvfs("/dev/shm")
    except OSError:
        return None
    return "/dev/shm" if fs.f_bavail * fs.f_frsize > 4 << 30 else None


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("--sluice", default="./sluice")
    p.add_argument("--before", help="another sluice, for the rows of minimal, sluice and tls in turns with this one")
    p.add_argument("--minimal", default="tests/bench/minimal")
    p.add_argument("--ui-demo", default="tests/unit/ui_demo")
    p.add_argument("--nginx", default=shutil.which("nginx", path="/usr/sbin:/usr/bin"))
    p.add_argument("--valgrind", default=shutil.which("valgrind"))
    p.add_argument("--requests", type=parse_count, default=100_000)
    p.add_argument("--repeat", type=int, default=3, help="runs of each; the one with the least CPU counts")
    p.add_argument("--items", type=parse_count, default=1_000_000,
                   help="of the runs of memory and resume; 10M takes ten minutes and 12 GB")
    p.add_argument("--only", default=",".join(GROUPS), help="some of " + ",".join(GROUPS))
    p.add_argument("--folder", help="for files; default: memory, when there is enough of it, so "
                   "that the disk is not what is measured")
    args = p.parse_args()
    args.only = args.only.split(",")
    unknown = set(args.only) - set(GROUPS)
    if unknown:
        p.error("no such group: " + ", ".join(sorted(unknown)))
    if not args.nginx:
        p.error("nginx is missing (Debian: nginx)")
    return args


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = tempfile.mkdtemp(prefix="sluice-bench-", dir=args.folder or roomy_folder())
    bench = None
    failures = 0
    try:
        bench = Bench(args, folder)
        for names, measure in ((("minimal", "sluice"), bench.batch), (("tls",), bench.tls),
                               (("aiohttp",), bench.aiohttp), (("dashboard",), bench.dashboard), (("frames",), bench.frames),
                               (("patterns",), bench.patterns), (("packed",), bench.packed),
                               (("memory",), bench.memory), (("export",), bench.export), (("view",), bench.view),
                               (("view",), bench.replay),
                               (("resume",), bench.resume), (("stream",), bench.stream),
                               (("instructions",), bench.instructions), (("control",), bench.control)):
            if not set(names) & set(args.only):
                continue
            try:
                measure()
            except (Failure, OSError) as e:
                failures += 1
                print(f"# {' and '.join(names)}: {e}", file=sys.stderr, flush=True)
        print(f"{args.requests:,} requests of about 400 bytes against nginx, files in "
              f"{os.path.dirname(folder)}; {machine()}; load {os.getloadavg()[0]:.1f}.\n")
        print(bench.table())
    except Failure as e:
        failures += 1
        print(f"bench: {e}", file=sys.stderr)
    finally:
        if bench:
            bench.server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
