"""`make pacing-plots`: writes the plots of docs/pacing.md and every figure in it anew. Each law has a world of
pace_sim; its run through the production code in virtual time becomes docs/pacing/LAW.svg, and the text between
<!-- plots: NAME --> and <!-- end --> becomes what three seeds gave. Takes some seconds.

    plots.py [--pace-sim ./pace_sim] [--docs DIR]
"""

import argparse
import functools
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import heldout
from plot_svg import Chart, Line, draw

SEEDS = (1, 2, 3)
WORDS_MOST = 6  # of what the screen said under a plot
LINE = 120
EXPLAINED = 6
NUMBERS = ("goodput", "refused", "back after")  # columns to the right
ORACLE, OK, REFUSED, PACE, OTHER = "#d5dbe3", "#1f6fb2", "#d1483a", "#d98200", "#555555"


@dataclass
class Plot:
    name: str
    title: str
    world: str
    start: int
    end: int
    bin: int = 1  # seconds a step of the lines
    oracle_bin: int = 5
    oracle_shift: int = 0
    lines: tuple = ("ok",)
    beside: str = ""  # another pace in the same world
    least: float = 0
    unit: str = "requests a second"


PLOTS = (
    Plot("L1", "The server answers 503 for 45 s, from 100 to 145 s", "outage 45", 90, 165),
    Plot("L2", "A limit of 80/s falls to 8/s at 150 s and is back at 300 s", "80-8-80", 130, 350, bin=2),
    Plot("L3", "300 in any 10 s: the adaptive pace and the classic rule", "sliding 300/10 RA None", 0, 200, bin=5,
         oracle_bin=10, beside="aimd"),
    Plot("L4", "300 in each 10 s; another client takes all from 35 to 95 s", "hog mid 60", 20, 130, oracle_bin=10,
         oracle_shift=7),
    Plot("L5", "3 % are refused at random, beside the classic rule", "noise 3 % RA 1", 0, 120, beside="aimd"),
    Plot("L6", "The server takes 32 at once, 16 from 200 to 350 s", "conc 32-16-32", 0, 450, bin=3,
         lines=("in_flight", "concurrency"), unit="requests in flight"),
    Plot("L7", "300 in each 10 s, without headers", "fixed 300/10 RA None", 0, 120, oracle_bin=10, oracle_shift=7),
    Plot("L8", "Headers report 40/s, from 200 s 20/s, from 350 s 40/s", "hdr lowered", 150, 400, bin=2),
    Plot("L9", "50/s: what a lone refusal costs", "bucket 50/s", 60, 130,
         oracle_bin=10, lines=("rate",), least=40),
    Plot("L10", "One request in two seconds", "0.5/s lat 4", 0, 900, bin=20,
         oracle_bin=20),
)

LABELS = {"ok": ("answered", OK), "rate": ("pace", PACE), "in_flight": ("in flight", OK),
          "concurrency": ("allowed in flight", PACE)}

# The floor: worlds in which the other two paces of sluice are good at something.
FLOOR = ("bucket 50/s", "fixed 300/10 RA int", "sliding 300/10 RA None", "conc 32", "noise 3 % RA 1", "hog mid 15",
         "outage 45", "unlimited")

# The worlds whose figures the page has: whose law that is, and what the server is like.
WORLDS = {
    "outage 45": ("L1", "50/s; answers 503 for 45 s"),
    "hog mid 15": ("L1", "300 in each 10 s; another client takes all for 15 s"),
    "hog sliding": ("L1", "300 in any 10 s; another client takes 98 % for 50 s"),
    "hog bucket 5": ("L1", "50/s; another client takes 98 % for 5 s; Retry-After in seconds"),
    "hog bucket 60": ("L1", "50/s; another client takes 98 % for 60 s, which looks like a small limit"),
    "hog conc": ("L1", "32 at once; another client has all for 40 s"),
    "hog 3 times": ("L1", "300 in each 10 s; another client takes all three times in 400 s"),
    "refused 5 s first": ("L1", "100/s; answers 503 in the first 5 s"),
    "80-8-80": ("L2", "80/s, 8/s, 80/s: nothing shows that the limit is ten times as high again"),
    "80-40-80": ("L2", "80/s, 40/s, 80/s"),
    "neighbour 90 %": ("L2", "80/s; another client takes and leaves nine tenths, again and again"),
    "stale low": ("L2", "100/s; 1/s was learned"),
    "stale high": ("L2", "5/s; 500/s was learned"),
    "used up 60 s": ("L2", "3,000 in each 60 s, used up before the start"),
    "hog mid 60": ("L4", "300 in each 10 s; another client takes all for 60 s"),
    "noise 3 % RA 1": ("L5", "no limit; 3 % refused at random, Retry-After 1"),
    "noise 10 % RA 1": ("L5", "no limit; 10 % refused at random, Retry-After 1: few answers distinguish that from a limit"),
    "noise 3 % + 50/s": ("L5", "50/s; 3 % refused at random as well"),
    "conc 32": ("L6", "32 at once"),
    "conc 32-16-32": ("L6", "32 at once, 16, 32"),
    "conc 16 as 503": ("L6", "16 at once, else 503, as a broken server says"),
    "conc 20 resets": ("L6", "20 at once, else the connection is reset"),
    "vllm 128": ("L6", "128 served at once, others queue; nothing is refused"),
    "fixed 300/10 RA None": ("L7", "300 in each 10 s"),
    "fixed 300/10 RA int": ("L7", "300 in each 10 s; Retry-After in seconds"),
    "fixed 300/10 RA 3": ("L7", "300 in each 10 s; Retry-After always 3, which is not the window's end"),
    "sliding 300/10 RA None": ("L7", "300 in any 10 s"),
    "sliding 600/60 RA 1": ("L7", "600 in any 60 s; Retry-After always 1"),
    "sliding+ 300/10": ("L7", "300 in any 10 s, refused ones included"),
    "tarpit 300/10": ("L7", "300 in any 10 s; a refusal takes 3 s: many are on their way before the first is known"),
    "hdr ms": ("L8", "50/s, reported in milliseconds"),
    "hdr lowered": ("L8", "40/s, 20/s, 40/s, reported in seconds"),
    "hdr s raised": ("L8", "20/s, then 40/s, reported in seconds"),
    "hdr s raised small": ("L8", "4/s, then 8/s, reported in seconds, which says nothing of a bucket of 8"),
    "hdr shared": ("L8", "50/s, reported; another client takes half, on and off"),
    "hdr window 60 shared": ("L8", "3,000 in each 60 s, reported; another client takes half, on and off"),
    "hdr per day": ("L8", "50/s; only a day's budget is reported"),
    "hdr tpm": ("L8", "1.2 million tokens a minute, reported; the oracle empties the bucket, the pace keeps it full"),
    "bucket 50/s": ("L9", "50/s"),
    "lat 20": ("L10", "50/s, answers take 20 s: the first ones come late"),
    "0.5/s lat 4": ("L10", "one in 2 s, two at once"),
    "1/s b1 lat 10": ("L10", "1/s without any burst: a place that is not used at once is lost"),
    "2/s b2 lat 15": ("L10", "2/s, answers take 15 s"),
    "60 rpm": ("L10", "60 a minute, five at once"),
    "fixed 30/60": ("L10", "30 in each 60 s: one refusal a window is already 3 %"),
    "conc 1 lat 1": ("L10", "one at once, answers take 1 s: each try of two is a refusal"),
    "conc 1 lat 8": ("L10", "one at once, answers take 8 s: each try of two is a refusal"),
    "conc 2 lat 5": ("L10", "two at once, answers take 5 s: each try of three is a refusal"),
    "conc 4 lat 5": ("L10", "four at once, answers take 5 s")}
# What counts as not reached.
GOODPUT_LEAST, REFUSED_MOST, BACK_MOST_S = 93, 10, 14

ARGS = argparse.Namespace(pace_sim="./pace_sim", pace="auto")


# --- runs ---

@functools.lru_cache(maxsize=None)
def run(*flags):
    """What pace_sim prints with these options: the lines of --series, and the figures."""
    out = subprocess.run([ARGS.pace_sim, *flags], stdout=subprocess.PIPE, text=True, check=True).stdout
    *seconds, figures = [json.loads(line) for line in out.splitlines()]
    return seconds, figures


def seeds(world, pace="auto"):
    return [run("--world", world, "--pace", pace, "--seed", str(seed))[1] for seed in SEEDS]


def mean(results, name):
    return 100 * sum(r[name] for r in results) / len(results)


def back_s(results):
    """The worst time to come back; None: never. Negative: there was nothing to come back from."""
    times = [t for r in results for t in r["recoveries_s"]]
    return None if None in times else max(times, default=-1)


def show_back(seconds):
    if seconds is None:
        return "never"
    return f"{seconds:.0f} s" if seconds >= 0 else ""


# --- the text between the markers ---

def table(head, rows):
    align = ["---:" if h in NUMBERS else "---" for h in head]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, align, *rows))


def figures(worlds_):
    rows = []
    for world in worlds_:
        name, what = WORLDS.get(world, ("", ""))
        results = seeds(world)
        rows.append([what, f"`{world}`", name, f"{mean(results, 'ratio'):.1f} %",
                     f"{mean(results, 'share_429'):.1f} %", show_back(back_s(results))])
    return table(["the server", "world", "law", "goodput", "refused", "back after"], rows)


def words(plot, seconds):
    """What the screen said first of each kind, in order of time, in lines that break between two of them."""
    lines, line, seen = [], "On the screen:", set()
    for s in seconds[plot.start:plot.end]:
        kind = re.sub(r"[0-9.]+", "#", s["belief"])
        if not s["belief"] or kind in seen or len(seen) == WORDS_MOST:
            continue
        part = f"{s['second']} s `{s['belief']}`"
        if len(line) + len(part) + 3 > LINE:
            lines.append(line + ",")
            line = part
        else:
            line += (", " if seen else " ") + part
        seen.add(kind)
    return "\n".join([*lines, line + "."])


def chart(plot, seconds):
    def values(name, series=seconds):
        return [s[name] for s in series]

    lines = [Line("oracle", values("oracle"), ORACLE, plot.oracle_bin, plot.oracle_shift, filled=True)]
    if plot.unit != "requests a second":
        lines = []
    lines.append(Line("refused a second", values("refused"), REFUSED, plot.bin, filled=True, from_bottom=True))
    lines += [Line(LABELS[name][0], values(name), LABELS[name][1], plot.bin) for name in plot.lines]
    if plot.beside:
        other, _ = run("--world", plot.world, "--series", "--pace", plot.beside)
        lines.append(Line(f"--pace {plot.beside}", values("ok", other), OTHER, plot.bin, dashed=True))
    return Chart(plot.title, plot.unit, plot.start, plot.end, lines, values("belief"), plot.least)


def law(plot, docs):
    seconds, _ = run("--world", plot.world, "--series")
    path = os.path.join("pacing", f"{plot.name}.svg")
    with open(os.path.join(docs, path), "w", encoding="utf-8") as f:
        f.write(draw(chart(plot, seconds)))
    return f"![{plot.title}]({path})\n\n{words(plot, seconds)}"


def floor():
    def cells(world, pace):
        results = seeds(world, pace)
        return f"{mean(results, 'ratio'):.0f} %, {mean(results, 'share_429'):.1f} %"

    paces = ("auto", "aimd", "fixed")
    return table(["goodput, refused", *(f"`--pace {pace}`" for pace in paces)],
                 [[f"`{world}`", *(cells(world, pace) for pace in paces)] for world in FLOOR])


def explained():
    """The first decisions in a plain world, as --explain-pace prints them."""
    out = subprocess.run([ARGS.pace_sim, "--world", "bucket 50/s", "--seconds", "30", "--explain"],
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True).stderr
    return "```\n" + "\n".join(re.sub(" +$", "", line) for line in out.splitlines()[:EXPLAINED]) + "\n```"


def drawn(seed, pace):
    rng = heldout.random.Random(seed)
    worlds = [heldout.draw(rng) for _ in range(200)]
    args = argparse.Namespace(pace_sim=ARGS.pace_sim, pace=pace)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda i: heldout.run(args, i, worlds[i]), range(len(worlds))))


def held_out():
    rows, q, paces = [], heldout.quantile, ("auto", "aimd", "fixed")
    results = {pace: drawn(1, pace) + drawn(2, pace) for pace in paces}
    below = sum(a["ratio"] < 0.9 * max(b["ratio"], c["ratio"]) for a, b, c in zip(*results.values()))
    for pace, all_of in results.items():
        goodput, refused = ([100 * r[name] for r in all_of] for name in ("ratio", "share_429"))
        rows.append([f"`--pace {pace}`", *(f"{q(goodput, x):.1f} %" for x in (0.5, 0.1, 0)),
                     *(f"{q(refused, x):.1f} %" for x in (0.5, 0.9)), str(sum(r["given_up"] for r in all_of))])
    return (table(["", "median goodput", "tenth percentile", "least", "median refused", "ninetieth", "items failed"],
                  rows)
            + f"\n\nIn {below} of the {len(results['auto'])} the goodput of `auto` is below 0.9 of the better of the "
              "other two (L3).")


def worlds():
    out = subprocess.run([ARGS.pace_sim, "--worlds"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return out.splitlines()


def is_missed(results):
    back = back_s(results)
    return (mean(results, "ratio") < GOODPUT_LEAST or mean(results, "share_429") > REFUSED_MOST
            or back is None or back > BACK_MOST_S)


def reached():
    return figures(w for w in WORLDS if not is_missed(seeds(w)))


def missed():
    """Of all worlds, also of those outside the laws of the page; noise with and without Retry-After is one."""
    names = [w for w in worlds() if w in WORLDS or not w.startswith(("fair ", "noise "))]
    names = [w for w in names if is_missed(seeds(w))]
    return (f"Of {len(worlds())} worlds, those of several sluices apart, these reach less than {GOODPUT_LEAST} % of "
            f"the oracle's goodput,\nhave more than {REFUSED_MOST} % refused, or are back later than {BACK_MOST_S} s:\n\n"
            + figures(names))


def shares():
    """Several clients on one limit: each one's part of the mean, worst of the seeds."""
    rows = []
    for world in (w for w in worlds() if w.startswith("fair ")):
        results = seeds(world)
        least = min(r["instance_least"] / r["instance_mean"] for r in results)
        most = max(r["instance_most"] / r["instance_mean"] for r in results)
        rows.append([f"`{world}`", f"{mean(results, 'ratio'):.1f} %", f"{mean(results, 'share_429'):.1f} %",
                     f"{least:.2f} to {most:.2f}"])
    return table(["world", "together, of the oracle", "refused", "each, of the mean"], rows)


# --- the page ---

def replace(page, name, text):
    begin, end = f"<!-- plots: {name} -->", "<!-- end -->"
    at = page.find(begin)
    if at < 0 or page.find(end, at) < 0:
        sys.exit(f"plots.py: no '{begin} … {end}' in the page")
    return page[:at + len(begin)] + "\n" + text + "\n" + page[page.find(end, at):]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pace-sim", default="./pace_sim")
    parser.add_argument("--docs", default="docs")
    args = parser.parse_args()
    ARGS.pace_sim = args.pace_sim
    path = os.path.join(args.docs, "pacing.md")
    with open(path, encoding="utf-8") as f:
        page = f.read()
    for plot in PLOTS:
        page = replace(page, plot.name, law(plot, args.docs))
    blocks = {"explained": explained, "floor": floor, "reached": reached, "missed": missed, "held out": held_out,
              "shares": shares}
    for name, text in blocks.items():
        page = replace(page, name, text())
    with open(path, "w", encoding="utf-8") as f:
        f.write(page)


if __name__ == "__main__":
    main()
