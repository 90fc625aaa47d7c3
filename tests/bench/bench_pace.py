"""`make bench-pace`: how near each pace comes to what a server allows, over real sockets. Every scenario
is a `sluice mock` of its own and a `sluice run` with more work than fits, all at the same time, so that
three minutes of each take four in all. Goodput and refusals are the mock's counts; the oracle, who sees
the server's state, is pace_sim's. Then come the worlds of worlds.py, whose limits are not ours, each beside
a naive loop. Prints a table of both; the exit code is 1 when auto misses a bound.

    bench_pace.py [--seconds 180] [--only rps100,window,hog-60] [--paces auto,aimd]
                  [--clients auto,aimd,fixed,naive-16,naive-64] [--folder DIR]
"""

import argparse
import http.client
import json
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

from bench import Failure, machine, write_input
from bench_worlds import CLIENTS, run_worlds
from limiters import Tools
from worlds import WORLDS

SECONDS = 180
SAMPLE_S = 1.0
STAGGER_S = 0.25
OPEN_FILES = 20000
CONCURRENCY = 1024  # the reference simulation's ceiling
ITEMS_PER_S = 110   # more than any of the servers takes
SIGMA = 0.5
MEAN_S = 0.5
REFUSAL_S = 0.08  # the mock spreads it by half: 40 to 120 ms
ERRORS = 0.01


@dataclass
class Scenario:
    """A server as the options of `sluice mock` and of pace_sim, and what auto must reach there."""
    name: str
    title: str
    mock: dict
    sim: dict
    limit: float  # requests a second that it sustains
    goodput: float  # % of the oracle's, at least
    refused: float = None  # % of the answers, at most
    bounds: dict = field(default_factory=dict)  # further figures, at most
    latency_s: float = MEAN_S  # mean
    lead_s: float = 0  # the mock is up so long before the run
    steps: tuple = ()
    run: dict = field(default_factory=dict)


def bucket(rate, burst, **more):
    """The same request bucket for both."""
    return {"mock": {"rpm": rate * 60, "burst": burst, **more}, "sim": {"rps": rate, "burst": burst},
            "limit": rate}


def window(count, seconds, phase, **more):
    """A fixed window that began `phase` seconds before the run."""
    return {"mock": {"window": f"{count}/{seconds}", **more}, "lead_s": phase, "limit": count / seconds,
            "sim": {"window": f"{count}/{seconds}", "phase": phase}}


def slots(count, alone_s, full_factor):
    return {"mock": {"slots": count}, "sim": {"slots": count}, "latency_s": alone_s,
            "limit": count / (alone_s * full_factor)}


def steps60():
    s = bucket(60, 60, schedule="60:0.5,120:1")
    s["sim"]["steps"] = "60:30,120:60"
    return {**s, "steps": (60, 120)}


def outage20():
    s = bucket(60, 60, outage="60:80")
    s["sim"]["outage"] = "60:80"
    return s


SCENARIOS = [
    Scenario("rps100", "100/s, burst 100", **bucket(100, 100), goodput=95, refused=1.5,
             bounds={"converged": 10}),
    Scenario("retry-after", "100/s + Retry-After: 1", **bucket(100, 100, retry_after="seconds"),
             goodput=93, refused=1.5),
    # the headers name the limit a minute, and not that a second's worth is accepted at once
    Scenario("headers", "100/s + headers", **bucket(100, 100, headers="openai"), goodput=95,
             refused=1.5),
    Scenario("steps", "60→30→60/s", **steps60(), goodput=92, refused=2, bounds={"down": 4, "up": 20}),
    Scenario("concurrency", "concurrency 32", mock={"concurrency": 32}, sim={"conc": 32},
             limit=32 / MEAN_S, goodput=90, refused=1),
    Scenario("window", "1000 per 20 s window", **window(1000, 20, 7), goodput=86, refused=5),
    Scenario("window-ra", "same + Retry-After", **window(1000, 20, 7, retry_after="seconds"),
             goodput=90, refused=1.5),
    Scenario("outage", "503 for 20 s", **outage20(), goodput=90, refused=1.5),
    Scenario("slots", "vLLM-like, 128 slots", **slots(128, 0.4, 3.56), goodput=94,
             bounds={"timeouts": 0}, run={"timeout": "30s"}),
    Scenario("rpm60", "60 rpm", **bucket(1, 5), goodput=88, bounds={"refusals": 25}),
]
COUNTED = ("timeouts", "refusals")  # figures that are no times


def flags(options):
    return [word for name, value in options.items() for word in ("--" + name.replace("_", "-"), str(value))]


def oracle(args, scenario):
    """Answers with 200 that the server's limits allow in that time, after pace_sim."""
    options = {**scenario.sim, "latency": scenario.latency_s, "sigma": SIGMA, "errors": ERRORS,
               "refusal-latency": REFUSAL_S, "seconds": args.seconds, "max-concurrency": CONCURRENCY}
    out = subprocess.run([args.pace_sim, *flags(options)], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(out.stdout)["oracle"] * args.seconds


class Run:
    """One scenario under one pace."""

    def __init__(self, args, scenario, pace, source, folder):
        self.args, self.scenario, self.pace = args, scenario, pace
        self.source = source
        self.results = os.path.join(folder, f"{scenario.name}-{pace}.jsonl")
        self.samples = []  # (s since the mock's start, requests, ok, refused)
        self.first_s = None
        self.process = None
        self.connection = None
        options = {"latency": f"{scenario.latency_s * math.exp(-SIGMA ** 2 / 2) * 1e3:.0f}ms",
                   "sigma": SIGMA, "errors": ERRORS, "refusal-latency": f"{REFUSAL_S * 1e3:.0f}ms",
                   "headers": "none", "retry-after": "none"}
        options.update({k.replace("_", "-"): v for k, v in scenario.mock.items()})
        self.mock = subprocess.Popen([args.sluice, "mock", *flags(options)], stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True)
        self.started = time.monotonic()
        self.url = self.mock.stdout.readline().strip()
        if not self.url:
            raise Failure(f"{scenario.name}: sluice mock does not start")

    def begin(self):
        command = [self.args.sluice, "run", self.source, "-o", self.results, "--url", self.url,
                   "--provider", "raw", "--ui", "none", "--pace", self.pace, "--max-concurrency",
                   str(CONCURRENCY), *flags(self.scenario.run)]
        with open(self.results + ".log", "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=10)

    def sample(self):
        self.connection.request("GET", "/stats")
        s = json.load(self.connection.getresponse())
        if s["requests"]:
            self.first_s = s["first_s"]
        count = s["by_status"].get
        self.samples.append((s["seconds"], s["requests"], count("200", 0), count("429", 0), s["answered"]))

    def is_over(self):
        """The mock saw the first request long enough ago."""
        if self.process.poll() is not None:
            raise Failure(f"{self.scenario.name}, {self.pace}: sluice ended with {self.process.returncode}")
        return self.first_s is not None and self.samples[-1][0] - self.first_s >= self.args.seconds

    def end(self):
        """SIGTERM drains, the second aborts."""
        for process, number in ((self.process, signal.SIGTERM), (self.process, signal.SIGTERM),
                                (self.process, signal.SIGKILL), (self.mock, signal.SIGKILL)):
            if process and process.poll() is None:
                process.send_signal(number)
                try:
                    process.wait(2)
                except subprocess.TimeoutExpired:
                    pass
        self.mock.stdout.close()

    def at(self, second, column):
        """A count so many seconds after the first request, between two samples."""
        when = self.first_s + second
        before = (0,) * len(self.samples[0])
        for after in self.samples:
            if after[0] >= when:
                span = after[0] - before[0]
                return before[column] + (after[column] - before[column]) * (when - before[0]) / span
            before = after
        return self.samples[-1][column]

    def counts(self, column):
        """The same for each second."""
        marks = [self.at(second, column) for second in range(self.args.seconds + 1)]
        return [b - a for a, b in zip(marks, marks[1:])]

    def journal(self, outcome):
        """Attempts of this outcome."""
        with open(self.results.removesuffix(".jsonl") + ".journal", encoding="utf-8") as f:
            return sum(f'"outcome":"{outcome}"' in line for line in f)


def reach(ok, begin, end, target):
    """Seconds after `begin` until the goodput of a span and of the next one are near the target."""
    span = 5 if target >= 5 else math.ceil(40 / target)
    for t in range(begin, end - 2 * span):
        if (sum(ok[t:t + span]) >= 0.9 * target * span
                and sum(ok[t + span:t + 2 * span]) >= 0.83 * target * span):
            return t - begin
    return math.inf


def settle(refused, sent, begin, end):
    """Seconds after `begin` until less than 5 % are refused over 5 s."""
    for t in range(begin, end - 5):
        if sum(sent[t:t + 5]) and sum(refused[t:t + 5]) / sum(sent[t:t + 5]) < 0.05:
            return t - begin
    return math.inf


def measure(run, allowed):
    """The figures of a finished run."""
    seconds, scenario = run.args.seconds, run.scenario
    sent, ok, refused = (run.counts(column) for column in (1, 2, 3))
    target = scenario.limit * (1 - ERRORS)
    figures = {"goodput": 100 * sum(ok) / allowed, "refusals": round(sum(refused)),
               "refused": 100 * sum(refused) / max(1, run.at(seconds, 4)),
               "timeouts": run.journal("timeout")}
    figures["converged"] = reach(ok, 0, scenario.steps[0] if scenario.steps else seconds, target)
    if scenario.steps and seconds > scenario.steps[1]:
        down, up = scenario.steps
        figures["down"] = settle(refused, sent, down, up)
        figures["up"] = reach(ok, up, seconds, 0.99 * target)
    return figures


def missed(scenario, figures):
    """The bounds that do not hold."""
    at_most = {"refused": scenario.refused, **scenario.bounds}
    names = [name for name, bound in at_most.items() if bound is not None and name in figures
             and figures[name] > bound]
    return (["goodput"] if figures["goodput"] < scenario.goodput else []) + names


def figure(name, value, relation=""):
    if name in COUNTED:
        return f"{relation}{value} {name}"
    return f"{name} {'never' if math.isinf(value) else f'{relation}{value} s'}"


def bounds_text(scenario):
    parts = [f"goodput ≥ {scenario.goodput} %"]
    if scenario.refused is not None:
        parts.append(f"429 ≤ {scenario.refused} %")
    return ", ".join(parts + [figure(*bound, "≤ ") for bound in scenario.bounds.items()])


def row(scenario, paces, figures):
    cells = [scenario.title, bounds_text(scenario)]
    for pace in paces:
        f = figures[pace]
        more = [name for name in ("converged", *scenario.bounds) if name in f]
        cells += [f"{f['goodput']:.1f} %", f"{f['refused']:.2f} %",
                  ", ".join(figure(name, f[name]) for name in dict.fromkeys(more))]
    if "auto" in figures:
        lacking = missed(scenario, figures["auto"])
        cells.append("missed: " + ", ".join(lacking) if lacking else "met")
    return cells


def watch(runs):
    """Starts each run when its mock is old enough and samples all of them until all are over."""
    waiting, going = list(runs), []
    while waiting or going:
        now = time.monotonic()
        for run in [r for r in waiting if now - r.started >= r.scenario.lead_s]:
            waiting.remove(run)
            run.begin()
            going.append(run)
            time.sleep(STAGGER_S)
        for run in list(going):
            run.sample()
            if run.is_over():
                going.remove(run)
                run.end()
        time.sleep(max(0, now + SAMPLE_S - time.monotonic()))


def arguments():
    names = [s.name for s in SCENARIOS + WORLDS]
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("--sluice", default="./sluice")
    p.add_argument("--pace-sim", default="./pace_sim")
    p.add_argument("--seconds", type=int, default=SECONDS)
    p.add_argument("--only", default=",".join(names), help="some of " + ",".join(names))
    p.add_argument("--paces", default="auto,aimd", help="of auto,aimd,fixed")
    p.add_argument("--clients", default=",".join(CLIENTS), help="of the worlds, some of " + ",".join(CLIENTS))
    p.add_argument("--nginx", default=shutil.which("nginx", path="/usr/sbin:/usr/bin"))
    p.add_argument("--unpacked", default="tests/bench", help="holds what is unpacked and not installed")
    p.add_argument("--folder", help="keeps results and journals there")
    args = p.parse_args()
    args.only, args.paces, args.clients = (text.split(",") for text in (args.only, args.paces, args.clients))
    unknown = set(args.only) - set(names)
    if unknown:
        p.error("no such scenario: " + ", ".join(sorted(unknown)))
    return args


def table(head, lines):
    rule = ["---"] * 2 + ["---:"] * (len(head) - 2)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *lines])


def bench_mocks(args, folder, runs):
    """How many scenarios auto misses."""
    scenarios = [s for s in SCENARIOS if s.name in args.only]
    if not scenarios:
        return 0
    source = write_input(os.path.join(folder, "input.jsonl"), ITEMS_PER_S * args.seconds + 500)
    for scenario in scenarios:
        for pace in args.paces:
            runs.append(Run(args, scenario, pace, source, folder))
    load = os.getloadavg()[0]
    watch(runs)
    head, lines, failures = ["server", "bounds"], [], 0
    for pace in args.paces:
        head += [f"`{pace}`: goodput", "429", "times"]
    if "auto" in args.paces:
        head.append("auto")
    for scenario in scenarios:
        allowed = oracle(args, scenario)
        figures = {r.pace: measure(r, allowed) for r in runs if r.scenario is scenario}
        failures += bool("auto" in figures and missed(scenario, figures["auto"]))
        lines.append(row(scenario, args.paces, figures))
    print(f"{args.seconds} s each, {len(runs)} runs at the same time; {machine()}; load before "
          f"{load:.1f}, after {os.getloadavg()[0]:.1f}.\n")
    print(table(head, lines), flush=True)
    return failures


def bench_others(args, folder, runs):
    """How many worlds auto misses."""
    if not any(w.name in args.only for w in WORLDS):
        return 0
    begin, load = time.monotonic(), os.getloadavg()[0]
    report = run_worlds(args, Tools(args.nginx, os.path.abspath(args.unpacked)), folder, runs)
    print(f"\nLimits that are not ours, {time.monotonic() - begin:.0f} s in all; load before {load:.1f}, after "
          f"{os.getloadavg()[0]:.1f}; the servers were at most {report.lag_s * 1e3:.0f} ms late.\n")
    print(table(report.head, report.lines), flush=True)
    for line in report.skipped:
        print(f"bench_pace: {line}", file=sys.stderr)
    return report.failures


def bench(args, folder, runs):
    failures = bench_mocks(args, folder, runs)
    return 1 if failures + bench_others(args, folder, runs) else 0


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    folder = args.folder or tempfile.mkdtemp(prefix="sluice-pace-")
    os.makedirs(folder, exist_ok=True)
    runs = []
    try:
        return bench(args, folder, runs)
    except (Failure, OSError, subprocess.CalledProcessError) as e:
        print(f"bench_pace: {e}", file=sys.stderr)
        return 1
    finally:
        for run in runs:
            run.end()
        if not args.folder:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
