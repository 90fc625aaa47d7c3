"""Runs the worlds of worlds.py for bench_pace.py: sluice and a naive loop side by side in time, each against a
server of its own."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from bench import Failure
from worlds import WORLDS

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENTS = ["auto", "aimd", "fixed", "naive-16", "naive-64"]
CAPACITY = 40     # runs at once, by weight
STAGGER_S = 0.4
POLL_S = 0.2
GIVE_UP = 1.5     # times the ideal, then the client is interrupted
FULL_SPEED_S = 60  # the same where there is no ideal
PATIENCE_S = 20   # after an interrupt
HOG_LEAD_S = 2
RECOVERY_S = 10   # goodput is looked at over so long, the hog's window
LEARNING_S = 1.5


def write_items(path, items):
    with open(path, "w", encoding="utf-8") as f:
        for n in range(items):
            f.write(json.dumps({"custom_id": f"r{n}", "method": "POST", "url": "/v1/chat/completions", "body": {
                "model": "m", "messages": [{"role": "user", "content": "hi"}]}}) + "\n")
    return path


class Lines:
    """Counts the lines of a file that grows."""

    def __init__(self, path):
        self.path, self.count, self.at = path, 0, 0

    def look(self):
        try:
            with open(self.path, "rb") as f:
                f.seek(self.at)
                data = f.read()
        except OSError:
            return self.count
        self.at += len(data)
        self.count += data.count(b"\n")
        return self.count


class Client:
    """One process of a client, and what it saw."""

    def __init__(self, args, run, number):
        self.args, self.run = args, run
        self.results = os.path.join(run.folder, f"out{number}.jsonl")
        self.lines = Lines(self.results)
        self.samples = []  # (s since the run's beginning, items ok)
        self.naive = run.client.startswith("naive")
        self.said = os.path.join(run.folder, f"said{number}")
        self.process = None

    def command(self):
        if self.naive:
            return [sys.executable, "-B", os.path.join(HERE, "naive_client.py"), self.run.server.url, "--items",
                    str(self.run.world.items), "--at-once", self.run.client.split("-")[1], "--output", self.results]
        fixed = []
        if self.run.client == "fixed":
            fixed = ["--concurrency", str(self.run.world.fixed["concurrency"])]
        return [self.args.sluice, "run", self.run.source, "-o", self.results, "--url", self.run.server.url,
                "--ui", "none", "--pace", self.run.client, "--explain-pace", *fixed]

    def begin(self):
        with open(self.said, "ab") as out:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            env={**os.environ, "OPENAI_API_KEY": "k"})

    def look(self, at_s):
        """Takes a sample; true while it goes on."""
        self.samples.append((at_s, self.lines.look()))
        return self.process.poll() is None

    def interrupt(self):
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGKILL):
            if self.process is None or self.process.poll() is not None:
                return
            self.process.send_signal(number)
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                pass

    def learn(self, rate):
        """A session that ended early, whose journal then says that it learnt this rate."""
        self.begin()
        time.sleep(LEARNING_S)
        self.interrupt()
        path = self.results.removesuffix(".jsonl") + ".journal"
        with open(path, encoding="utf-8") as f:
            text = f.read()
        text, n = re.subn(r'"kind":"\w+","rate":[^,]+,"count":[^,]+',
                          f'"kind":"rate","rate":{rate},"count":0', text)
        if not n:
            raise Failure("the journal says nothing learnt")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def events(self):
        try:
            with open(self.results.removesuffix(".jsonl") + ".journal", encoding="utf-8") as f:
                return [json.loads(line) for line in f if line.endswith("}\n")]
        except OSError:
            return []

    def counts(self):
        """(requests, refused, failed)"""
        if self.naive:
            with open(self.said, encoding="utf-8") as f:
                said = json.loads((f.read().strip() or "{}").splitlines()[-1])
            return said.get("requests", 0), said.get("refused", 0), said.get("failed", 0)
        events = self.events()
        requests = sum(e["session"]["requests"] for e in events if e["event"] == "stop")
        refused = sum(e["event"] == "attempt" and e["outcome"] != "cancelled" for e in events)
        return requests, refused, Lines(self.results.removesuffix(".jsonl") + ".errors.jsonl").look()

    def names_concurrency(self):
        return any(e["event"] == "change" and e["what"] == "concurrency" and "at once" in e["reason"]
                   for e in self.events())


class Run(threading.Thread):
    """One world under one client."""

    def __init__(self, args, tools, world, client, folder):
        super().__init__(daemon=True)
        self.args, self.tools, self.world, self.client = args, tools, world, client
        self.folder = os.path.join(folder, f"{world.name}-{client}")
        os.makedirs(self.folder, exist_ok=True)
        self.source = os.path.join(folder, f"{world.items}.jsonl")
        self.clients, self.server, self.hog = [], None, None
        self.figures, self.error = None, None

    def run(self):
        try:
            self.server = self.world.start(self.tools, self.folder)
            self.clients = [Client(self.args, self, n) for n in range(self.world.together)]
            self.play()
            self.figures = self.measure()
        except (Failure, OSError, ValueError, KeyError) as e:
            self.error = e
        finally:
            self.end()

    def play(self):
        world = self.world
        if world.learnt and self.client == "auto":  # the others learn nothing
            self.clients[0].learn(world.learnt)
        hog_began = time.monotonic()
        if world.hog:
            after, seconds = world.hog
            self.hog = subprocess.Popen([sys.executable, "-B", os.path.join(HERE, "naive_client.py"),
                                         self.server.url, "--hog", str(seconds), "--after", str(after)],
                                        stdout=subprocess.DEVNULL)
            time.sleep(HOG_LEAD_S)
        self.began = time.monotonic()
        self.hog_end_s = hog_began + sum(world.hog) - self.began if world.hog else 0
        for client in self.clients:
            client.begin()
        most_s = world.span_s or (GIVE_UP * world.ideal_s if world.ideal_s else FULL_SPEED_S)
        self.closed_s = None if world.hog else 0
        resumed = not world.resume_s or self.clients[0].naive
        while any([client.look(time.monotonic() - self.began) for client in self.clients]):
            if time.monotonic() - self.began > most_s:
                break
            if self.closed_s is None and time.monotonic() - self.began >= self.hog_end_s:
                self.closed_s = self.server.stats().get("closed_s", 0)
            if not resumed and time.monotonic() - self.began > world.resume_s:
                resumed = True
                self.clients[0].interrupt()
                self.clients[0].begin()
            time.sleep(POLL_S)
        self.wall_s = time.monotonic() - self.began
        for client in self.clients:
            client.interrupt()
        for client in self.clients:
            client.lines.look()

    def end(self):
        for client in self.clients:
            client.interrupt()
        if self.hog:
            self.hog.kill()
            self.hog.wait()
        if self.server:
            self.server.stop()

    def back_s(self):
        """From the hog's end until the goodput is near what is free; closed_s of it pass before the server
        opens its next window."""
        samples = [(0, 0)] + self.clients[0].samples
        need = 0.9 * 300
        for at, count in samples:
            if at < self.hog_end_s:
                continue
            later = [c for t, c in samples if t <= at + RECOVERY_S][-1]
            if samples[-1][0] >= at + RECOVERY_S and later - count >= need:
                return at - self.hog_end_s
        return math.inf

    def measure(self):
        world = self.world
        server = self.server.stats()
        counts = [client.counts() for client in self.clients]
        requests, refused, failed = (sum(column) for column in zip(*counts))
        if "reset" in server:  # of a connection made again at once the client says nothing
            refused, requests = server["reset"], server["reset"] + server["ok"]
        done = [client.lines.count for client in self.clients]
        figures = {"wall_s": self.wall_s, "done": min(done) / world.items, "failed": failed, "requests": requests,
                   "refused": 100 * refused / max(1, requests), "lag_s": server.get("lag_s", 0)}
        if world.hog:
            figures["back"], figures["closed_s"] = self.back_s(), self.closed_s
        if world.together > 1:
            allowed = (int(world.span_s) // 10 + 1) * 300
            figures["sum"] = 100 * sum(done) / allowed
            mean = sum(done) / len(done)
            figures["apart"] = 100 * (max(done) - min(done)) / mean
            figures["parts"] = "/".join(f"{100 * n / sum(done):.0f}" for n in done)
        if not self.clients[0].naive:
            figures["named"] = self.clients[0].names_concurrency()
        return figures


def fastest_naive(figures):
    walls = [f["wall_s"] for name, f in figures.items() if name.startswith("naive") and f["done"] >= 1]
    return min(walls) if walls else None


def missed(world, figures):
    """The bounds that auto misses."""
    auto, bounds, names = figures["auto"], world.bounds, []
    ideal = world.ideal_s or fastest_naive(figures)
    if auto["failed"]:
        names.append("failed items")
    if auto["done"] < 1 and not world.span_s:
        names.append("unfinished")
    names += [name for name in ("wall", "naive")
              if name in bounds and ideal and auto["wall_s"] > bounds[name] * ideal]
    names += [name for name in ("refused", "back", "apart") if name in bounds and auto[name] > bounds[name]]
    if "sum" in bounds and auto["sum"] < bounds["sum"]:
        names.append("sum")
    if bounds.get("named") and not auto["named"]:
        names.append("not named")
    return names


def bounds_text(world):
    words = {"wall": "≤ {:.2f} x", "naive": "≤ {:.1f} x naive", "refused": "refused ≤ {} %", "back": "back ≤ {} s",
             "apart": "≤ {} % apart", "sum": "sum ≥ {} %"}
    parts = [words[name].format(value) for name, value in world.bounds.items() if name in words]
    if "named" in world.bounds:
        parts.append("concurrency named")
    return ", ".join(parts) or "told only"


def cell(world, f, ideal):
    """Time, share refused, items failed."""
    if f is None:
        return "-"
    if world.hog:
        time_text = "never back" if math.isinf(f["back"]) else (
            f"back {f['back']:.1f} s, closed {f['closed_s']:.1f} s of it")
    elif world.together > 1:
        time_text = f"sum {f['sum']:.0f} %, parts {f['parts']}, apart {f['apart']:.0f} %"
    else:
        time_text = f"{f['wall_s'] / ideal:.2f} x" if ideal else f"{f['wall_s']:.1f} s"
        if f["done"] < 1:
            time_text = f"> {time_text} ({100 * f['done']:.0f} % done)"
    named = ", named" if f.get("named") else ""
    return f"{time_text}, {f['refused']:.1f} %, {f['failed']}{named}"


def rows(worlds, clients, runs):
    """Lines of the table, and how many worlds miss a bound."""
    lines, failures = [], 0
    for world in worlds:
        figures = {r.client: r.figures for r in runs if r.world is world and r.figures}
        ideal = world.ideal_s or fastest_naive(figures)
        line = [world.name, world.title, bounds_text(world), f"{ideal:.1f} s" if ideal else ""]
        line += [cell(world, figures.get(client), ideal) for client in clients]
        if "auto" in clients:
            lacking = missed(world, figures) if "auto" in figures else ["no figures"]
            failures += bool(lacking)
            line.append("**missed: " + ", ".join(lacking) + "**" if lacking else "met")
        lines.append(line)
    return lines, failures


def schedule(runs):
    """Plays them in this order, as many at once as the machine takes without disturbing their time."""
    waiting, going = list(runs), []
    while waiting or going:
        going = [r for r in going if r.is_alive()]
        while waiting and sum(r.world.weight for r in going) + waiting[0].world.weight <= CAPACITY:
            going.append(waiting.pop(0))
            going[-1].start()
            time.sleep(STAGGER_S)
        time.sleep(POLL_S)


@dataclass
class Report:
    """The table, how many worlds auto misses, and what could not be run, in words."""
    head: list
    lines: list
    failures: int
    skipped: list
    lag_s: float  # the latest that a server's loop was


def run_worlds(args, tools, folder, runs):
    """Plays the worlds of args.only under args.clients."""
    asked = [w for w in WORLDS if w.name in args.only]
    worlds = [w for w in asked if w.needs not in tools.lacking]
    for items in {w.items for w in worlds}:
        write_items(os.path.join(folder, f"{items}.jsonl"), items)
    # auto first, while no naive loop disturbs it; what is as fast as the machine comes last
    played = [Run(args, tools, w, client, folder) for heavy in (False, True) for client in args.clients
              for w in worlds if (w.weight > 1) == heavy]
    runs += played
    schedule(played)
    head = ["world", "limit", "bounds", "ideal"] + [f"`{c}`: time, refused, failed" for c in args.clients]
    lines, failures = rows(worlds, args.clients, played)
    skipped = [f"{w.name} skipped: {tools.lacking[w.needs]}" for w in asked if w not in worlds]
    skipped += [f"{r.world.name}, {r.client}: {r.error}" for r in played if r.error]
    return Report(head + (["auto"] if "auto" in args.clients else []), lines, failures, skipped,
                  max((r.figures["lag_s"] for r in played if r.figures), default=0))
