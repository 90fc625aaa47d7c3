"""`make pace-heldout`: worlds that nobody tuned for. Draws mixtures of one limit and mostly one disturbance
from a seed, runs pace_sim for each, and prints how much of the oracle's goodput was reached and what was
refused. The exit code is 1 when a bound is missed. The reference controller reaches a median of 94.1 and
94.2 % with the seeds 1 and 2, a tenth percentile of 80.0 and 77.9 %, and has 3.5 and 3.2 % refused.

    heldout.py [--worlds 200] [--seed 1] [--pace auto] [--worst 10] [--list] [--pace-sim ./pace_sim]
"""

import argparse
import concurrent.futures
import json
import math
import os
import random
import shlex
import subprocess
import sys

# % of the oracle's goodput at least, % refused at most
MEDIAN, P10, REFUSED_MEDIAN = 94, 76, 4.5


def log_uniform(rng, least, most):
    return math.exp(rng.uniform(math.log(least), math.log(most)))


def short(x):
    """A number with as many digits as a person would write."""
    return f"{x:.3g}" if x < 1000 else f"{x:.0f}"


# --- limits: each returns the options and the requests a second that it sustains ---

def bucket(rng):
    rate = log_uniform(rng, 1, 200)
    burst = max(1, rate * rng.choice((0.1, 0.5, 1, 1, 2, 10, 60)))
    return {"rps": short(rate), "burst": short(burst)}, rate


def no_burst(rng):
    rate = log_uniform(rng, 1, 100)
    return {"gap": short(1 / rate), "jitter": short(min(0.001, 0.1 / rate))}, rate


def tokens(rng):
    rate = log_uniform(rng, 2, 50)
    return {"tpm": short(60000 * rate), "token-burst": short(1000 * rate * rng.choice((3, 8, 60))),
            "tokens": "heavy"}, rate


def quota(rng):
    seconds = rng.choice((1, 5, 10, 10, 20, 60))
    count = max(10, round(seconds * log_uniform(rng, 1, 80)))
    return count, seconds


def fixed(rng):
    count, seconds = quota(rng)
    options = {"window": f"{count}/{seconds}", "phase": short(rng.uniform(0, seconds))}
    if rng.random() < 0.25:
        options["window-first"] = None
    return options, count / seconds


def sliding(rng):
    count, seconds = quota(rng)
    options = {"sliding": f"{count}/{seconds}"}
    if rng.random() < 0.15:
        options["refusals-count"] = None
    return options, count / seconds


def concurrency(rng):
    count = round(log_uniform(rng, 1, 100))
    latency = log_uniform(rng, 0.2, 10)
    return {"conc": count, "conc-status": rng.choice((429, 429, 503, 0)), "latency": short(latency)}, count / latency


def slots(rng):
    count = rng.choice((16, 32, 64, 128, 256))
    alone = log_uniform(rng, 0.5, 5)
    return {"slots": count, "latency": short(alone)}, count / (alone * (1 + 0.0196 * (count - 1)))


def unlimited(rng):
    latency, most = log_uniform(rng, 0.1, 4), rng.choice((64, 128, 256))
    return {"latency": short(latency), "max-concurrency": most}, most / latency


LIMITS = ((bucket, 30), (no_burst, 5), (tokens, 8), (fixed, 22), (sliding, 17), (concurrency, 14), (slots, 2),
          (unlimited, 2))


# --- disturbances: each returns options, or None when it makes no sense with that limit ---

def spans(rng, seconds, most):
    start, out = rng.choice((0, rng.uniform(20, 80))), []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        length = log_uniform(rng, 5, most)
        if start + length > 0.7 * seconds:
            break
        out.append(f"{start:.0f}:{start + length:.0f}")
        start += length + rng.uniform(30, 100)
    return ",".join(out) if out else f"{0.3 * seconds:.0f}:{0.4 * seconds:.0f}"


def hog(rng, limit, seconds):
    return {"hog": spans(rng, seconds, 90)} if limit in (bucket, fixed, sliding, concurrency) else None


def outage(rng, limit, seconds):
    return {"outage": spans(rng, seconds, 120)}


def noise(rng, limit, seconds):
    share = short(log_uniform(rng, 0.005, 0.1))
    return {"noise": share + rng.choice(("", ":1", ":2"))}


def neighbour(rng, limit, seconds):
    if limit in (slots, unlimited):
        return None
    return {"neighbour": f"{rng.uniform(0.2, 0.8):.2f}/{rng.uniform(15, 80):.0f}"}


def steps(rng, limit, seconds):
    if limit in (slots, unlimited):
        return None
    down, at = rng.uniform(0.1, 0.7), (0.3 * seconds, 0.6 * seconds)
    values = rng.choice(((100 * down, 100), (100 / down, 100), (100 / down,)))
    return {"steps": ",".join(f"{t:.0f}:{v:.0f}%" for t, v in zip(at, values))}


def used_up(rng, limit, seconds):
    return {"used-up": None} if limit in (fixed, sliding) else None


def learned(rng, limit, seconds):
    return {"learned": f"{log_uniform(rng, 0.5, 500):.3g},{log_uniform(rng, 1, 300):.0f}"}


def headers(rng, limit, seconds):
    if limit in (no_burst, concurrency, slots, unlimited):
        return None
    family = rng.choice(("openai", "openai", "anthropic", "draft6", "draft7", "draft8", "x", "epoch-ms", "day",
                         "stale", "full"))
    return {"headers": family}


DISTURBANCES = ((hog, 24), (outage, 10), (noise, 14), (neighbour, 9), (steps, 12), (used_up, 6), (learned, 8),
                (headers, 10))


# --- worlds ---

def pick(rng, weighted):
    return rng.choices([x for x, _ in weighted], [w for _, w in weighted])[0]


def disturb(rng, limit, seconds):
    while True:
        options = pick(rng, DISTURBANCES)(rng, limit, seconds)
        if options is not None:
            return options


def answers(rng, rate):
    """How the server answers, whatever its limit."""
    out = {"latency": short(min(log_uniform(rng, 0.1, 10), 600 / rate))}
    wait = rng.choice(("none", "none", "none", "seconds", "seconds", "ms", "1", "3"))
    if wait != "none":
        out["retry-after"] = wait
    if rng.random() < 0.12:
        out["refusal-latency"] = rng.choice(("0.3-0.8", "0.8-1.5", "0.005-0.02"))
    if rng.random() < 0.08:
        out["refusal-status"] = 503
    return out


def draw(rng):
    limit = pick(rng, LIMITS)
    options, rate = limit(rng)
    seconds = min(1200, max(300, round(200 / rate)))
    world = {**answers(rng, rate), **options, "seconds": seconds}
    for _ in range(rng.choices((0, 1, 2), (15, 75, 10))[0]):
        world = {**disturb(rng, limit, seconds), **world}
    return world


def flags(world):
    words = []
    for name, value in world.items():
        words += [f"--{name}"] if value is None else [f"--{name}", str(value)]
    return words


def run(args, number, world):
    command = [args.pace_sim, *flags(world), "--pace", args.pace, "--seed", str(number + 1)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def quantile(values, q):
    values = sorted(values)
    at = q * (len(values) - 1)
    low = int(at)
    return values[low] + (values[min(low + 1, len(values) - 1)] - values[low]) * (at - low)


def command_line(number, world):
    return shlex.join(["./pace_sim", *flags(world), "--seed", str(number + 1)])


def report(args, worlds, results):
    """Prints the worst worlds and the summary; are the bounds met?"""
    goodput = [100 * r["ratio"] for r in results]
    refused = [100 * r["share_429"] for r in results]
    failed = sum(r["given_up"] for r in results)
    median, p10, refused_median = quantile(goodput, 0.5), quantile(goodput, 0.1), quantile(refused, 0.5)

    for i in sorted(range(len(worlds)), key=goodput.__getitem__)[:args.worst]:
        print(f"{goodput[i]:6.1f} % goodput {refused[i]:6.2f} % refused  {command_line(i, worlds[i])}")
    print(f"{len(worlds)} worlds of seed {args.seed}, {args.pace}:\n"
          f"goodput  median {median:.1f} % (>= {MEDIAN}), p10 {p10:.1f} % (>= {P10}), min {min(goodput):.1f} %\n"
          f"refused  median {refused_median:.2f} % (<= {REFUSED_MEDIAN}), p90 {quantile(refused, 0.9):.2f} %\n"
          f"items failed for good {failed} (0)")
    return median >= MEDIAN and p10 >= P10 and refused_median <= REFUSED_MEDIAN and failed == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pace", default="auto")
    parser.add_argument("--worst", type=int, default=10, help="so many of the worst are printed as commands")
    parser.add_argument("--list", action="store_true", help="print the worlds as commands, run nothing")
    parser.add_argument("--pace-sim", default="./pace_sim")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    worlds = [draw(rng) for _ in range(args.worlds)]

    if args.list:
        for number, world in enumerate(worlds):
            print(command_line(number, world))
        return 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda i: run(args, i, worlds[i]), range(len(worlds))))
    return 0 if report(args, worlds, results) else 1


if __name__ == "__main__":
    sys.exit(main())
