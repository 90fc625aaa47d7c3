"""The worlds of `make bench-pace` whose limits are not ours, and what auto must reach in each."""

from dataclasses import dataclass, field

from limiters import LimitServer

LATENCY_S = 0.1
MODELS_S = 0.25  # where a number in flight is the limit
HEAVY = 20       # of bench_worlds.CAPACITY: as fast as the machine


@dataclass
class World:
    """A server and the work. Bounds at most: wall (times the ideal), naive (times the better naive loop),
    refused (%), back (s after the hog's end), apart (% of the mean); at least: sum (%). named: the journal
    must say that the number in flight is the limit."""
    name: str
    title: str
    start: callable  # (tools, folder): the server
    items: int
    ideal_s: float
    bounds: dict
    needs: str = ""
    hog: tuple = ()    # begins so many s after the run, lasts so long
    span_s: float = 0  # ends it after so long
    together: int = 1
    resume_s: float = 0     # interrupted after so long, and begun again
    learnt: float = 0       # a rate that an earlier session learnt
    weight: int = 1
    fixed: dict = field(default_factory=lambda: {"concurrency": 64})


# One more than full windows: to spread them and to take each at once then last as long.
WINDOWS = 7 * 300 + 1


def ideal_windows(items, count, seconds):
    return (items - 1) // count * seconds + LATENCY_S


def ours(name, title, bounds, mode, count=300, seconds=10, items=WINDOWS, **more):
    """A world of limit_server.py with count per seconds."""
    own = ("hog", "span_s", "together", "resume_s")
    world = {key: more.pop(key) for key in list(more) if key in own}
    options = {"count": count, "seconds": seconds, "latency": LATENCY_S, **more}
    return World(name, title, lambda tools, folder: LimitServer(mode, **options), items,
                 ideal_windows(items, count, seconds), bounds, **world)


def hog(name, title, after, seconds, span, **more):
    """Another client uses up a fixed window, then goes away."""
    return ours(name, f"hog {title}", {"back": 10}, "fixed", items=6000, hog=(after, seconds), span_s=span, **more)


def together(count):
    bounds = {"sum": 95, "apart": 30} if count == 2 else {"sum": 95}
    return ours(f"together{count}", f"{count} of them on fixed 300/10 s", bounds, "fixed", items=3000,
                together=count, span_s=89)


def full_speed(name, title, mode, items=6000, learnt=0, **options):
    """As fast as the client is."""
    return World(name, title, lambda tools, folder: LimitServer(mode, latency=LATENCY_S, **options), items, 0,
                 {"naive": 1.3}, learnt=learnt, weight=HEAVY)


def at_once(name, title, bounds, start, items=4800, needs=""):
    """Twenty at once."""
    return World(name, title, start, items, items / 20 * MODELS_S, bounds, needs=needs)


def limit_req(name, title, bounds, status, burst=0, rate=50, items=3000):
    words = f"limit_req zone=rate{f' burst={burst} nodelay' if burst else ''}; limit_req_status {status}"
    return World(name, f"nginx limit_req {rate}/s, {title}",
                 lambda tools, folder: tools.start_nginx(folder, words, LATENCY_S, rate), items,
                 (items - burst) / rate, bounds, needs="nginx")


def haproxy_rate(name, title, bounds, refuse):
    """A stick-table's rate, which counts what is refused, too; its sum slides from one period to the next."""
    limit = ["http-request track-sc0 src", refuse + " if { sc_http_req_rate(0) gt 300 }"]
    return World(name, f"HAProxy {title}", lambda tools, folder: tools.start_haproxy(folder, limit, LATENCY_S), WINDOWS,
                 WINDOWS / 30, bounds, needs="haproxy")


WORLDS = [
    ours("fixed-left", "fixed 300/10 s, Retry-After true", {"wall": 1.15, "refused": 6}, "fixed", retry_after="left"),
    ours("fixed-none", "fixed 300/10 s, nothing told", {"wall": 1.2, "refused": 6}, "fixed"),
    ours("fixed-1", "fixed 300/10 s, Retry-After 1", {}, "fixed", retry_after=1),
    ours("fixed-3", "fixed 300/10 s, Retry-After 3", {}, "fixed", retry_after=3),
    World("express", "express-rate-limit 300/10 s, RateLimit headers",
          lambda tools, folder: tools.start_express(300, 10, LATENCY_S), WINDOWS, ideal_windows(WINDOWS, 300, 10),
          {"wall": 1.15, "refused": 2}, needs="express"),
    ours("sliding-3", "sliding 300/10 s, Retry-After 3", {"wall": 1.25}, "sliding", retry_after=3),
    ours("sliding-none", "sliding 300/10 s, nothing told", {"wall": 1.25}, "sliding"),
    ours("sliding-late", "the same, refusals 3 s late", {"wall": 1.25}, "sliding", delay=3),
    ours("sliding-3-late", "Retry-After 3 and 3 s late", {"wall": 1.25}, "sliding", delay=3, retry_after=3),
    ours("sliding-counts", "sliding 300/10 s, refusals count", {"wall": 1.25}, "sliding+"),
    ours("sliding-minute", "sliding 600/60 s, Retry-After 1", {"wall": 1.2, "refused": 5}, "sliding", 600, 60,
         2 * 600 + 1, retry_after=1),
    *(ours(f"header-{draft}", f"fixed 300/10 s, {title}", {"refused": 2}, "fixed", headers=draft)
      for draft, title in (("6", "RateLimit-Remaining"), ("7", "RateLimit: limit="), ("8", 'RateLimit: "p"'),
                           ("x", "X-RateLimit"))),
    hog("hog-60", "60 s from the start", 0, 60, 100),
    hog("hog-60-left", "60 s from the start, Retry-After", 0, 60, 100, retry_after="left"),
    hog("hog-15", "15 s in the middle", 35, 15, 85),
    hog("hog-15-left", "15 s in the middle, Retry-After", 35, 15, 85, retry_after="left"),
    at_once("maxconn", "20 connections, more are reset", {"refused": 5},
            lambda tools, folder: LimitServer("maxconn", count=20, latency=MODELS_S)),
    at_once("haproxy-conn", "HAProxy rejects beyond 20 connections", {"refused": 5},
            lambda tools, folder: tools.start_haproxy(folder, [
                "tcp-request connection track-sc0 src",
                "tcp-request connection reject if { sc_conn_cur(0) gt 20 }"], MODELS_S), needs="haproxy"),
    at_once("limit-conn-503", "nginx limit_conn 20 as 503", {"wall": 1 / 0.9, "named": True},
            lambda tools, folder: tools.start_nginx(folder, "limit_conn number 20", MODELS_S), needs="nginx"),
    limit_req("limit-req-429", "no burst, 429", {"wall": 1 / 0.9}, 429),
    limit_req("limit-req-503", "no burst, 503", {"wall": 1 / 0.9}, 503),
    limit_req("limit-req-burst-429", "burst 20, 429", {"wall": 1 / 0.9}, 429, 20),
    limit_req("limit-req-burst-503", "burst 20, 503", {"wall": 1 / 0.9}, 503, 20),
    haproxy_rate("haproxy-rate", "300/10 s, Retry-After 3", {"wall": 1.25},
                 "http-request return status 429 hdr Retry-After 3"),
    haproxy_rate("haproxy-tarpit", "300/10 s, tarpit 3 s", {"wall": 1.35}, "http-request tarpit deny_status 429"),
    together(2),
    together(4),
    ours("resume", "fixed 300/10 s, interrupted and resumed", {"wall": 1.2}, "fixed", resume_s=25),
    full_speed("noise-3", "3 % refused at random", "noise", count=3),
    full_speed("noise-3-ra", "3 % refused at random, Retry-After 1", "noise", count=3, retry_after=1),
    # a journal says something of limits only when there was a refusal
    full_speed("learnt-low", "no limit, 1/s learnt before", "first", count=1, learnt=1),
]
