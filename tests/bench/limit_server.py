"""Limits as they are met in the wild, as a small HTTP server for `make bench-pace`: none of them is in
`sluice mock`, on which the pace was tuned. Prints its address; GET /stats tells what it saw.

    limit_server.py MODE [--count N] [--seconds S] [--retry-after N|left|none] [--delay S]
                    [--latency S] [--headers 6|7|8|x]
"""

import argparse
import asyncio
import collections
import json
import random
import socket
import struct
import time

MODES = {
    "sliding": "at most --count answers within any --seconds",
    "sliding+": "the same, and what is refused counts, too",
    "fixed": "--count per --seconds from the first request on, as express-rate-limit does",
    "maxconn": "connections beyond --count are reset when they are accepted",
    "noise": "--count in a hundred are refused at random, whatever the rate",
    "first": "the first --count are refused, then there is no limit",
    "plain": "no limit",
}
LAG_EVERY_S = 0.05
ANSWER = json.dumps({
    "id": "c", "object": "chat.completion", "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"},
                 "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10}}).encode()
REFUSAL = b'{"error":{"message":"slow down","type":"rate_limit"}}'


class Limit:
    """What is admitted, and what the headers tell of it."""

    def __init__(self, args):
        self.args = args
        self.times = collections.deque()
        self.began, self.used = 0.0, 0

    def admit(self, now):
        """(admitted, seconds until there is room, requests left)"""
        count = self.args.count
        if self.args.mode == "fixed":
            return self.fixed(now)
        if self.args.mode.startswith("sliding"):
            return self.sliding(now)
        if self.args.mode == "noise":
            return random.random() * 100 >= count, 1, count
        if self.args.mode == "first":
            self.used += 1
            return self.used > count, 1, 0
        return True, 0, count

    def fixed(self, now):
        if now - self.began >= self.args.seconds:
            self.began, self.used = now, 0
        self.used += 1
        return (self.used <= self.args.count, self.began + self.args.seconds - now,
                max(0, self.args.count - self.used))

    def sliding(self, now):
        times, seconds = self.times, self.args.seconds
        while times and now - times[0] >= seconds:
            times.popleft()
        admitted = len(times) < self.args.count
        if admitted or self.args.mode == "sliding+":
            times.append(now)
        return (admitted, times[0] + seconds - now if times else 0,
                max(0, self.args.count - len(times)))

    def closed_s(self, now):
        """Seconds until the window that is used up ends."""
        if self.args.mode == "fixed" and self.used >= self.args.count:
            return max(0, self.began + self.args.seconds - now)
        return 0

    def headers(self, left_s, remaining):
        count, seconds, left = int(self.args.count), int(self.args.seconds), max(1, int(left_s + 0.999))
        remaining = int(remaining)
        return {
            "6": f"RateLimit-Policy: {count};w={seconds}\r\nRateLimit-Limit: {count}\r\n"
                 f"RateLimit-Remaining: {remaining}\r\nRateLimit-Reset: {left}\r\n",
            "7": f"RateLimit-Policy: {count};w={seconds}\r\n"
                 f"RateLimit: limit={count}, remaining={remaining}, reset={left}\r\n",
            "8": f'RateLimit: "p"; r={remaining}; t={left}\r\n'
                 f'RateLimit-Policy: "p"; q={count}; w={seconds}\r\n',
            "x": f"X-RateLimit-Limit: {count}\r\nX-RateLimit-Remaining: {remaining}\r\n"
                 f"X-RateLimit-Reset: {int(time.time()) + left}\r\n",
        }.get(self.args.headers, "")

    def retry_after(self, left_s):
        told = self.args.retry_after
        if told == "none":
            return ""
        return f"Retry-After: {int(left_s + 0.999) if told == 'left' else int(told)}\r\n"


def body_length(head):
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0


class Server:
    """The connections, and what was seen."""

    def __init__(self, args):
        self.args = args
        self.limit = Limit(args)
        self.seen = collections.Counter()
        self.open = 0
        self.lag_s = 0.0

    async def serve(self, reader, writer):
        if self.args.mode == "maxconn" and self.open >= self.args.count:
            self.seen["reset"] += 1
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                       struct.pack("ii", 1, 0))
            writer.transport.abort()
            return
        self.open += 1
        self.seen["most"] = max(self.seen["most"], self.open)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                await reader.readexactly(body_length(head))
                writer.write(self.stats() if head.startswith("GET /stats") else await self.answer())
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            pass
        finally:
            self.open -= 1
            writer.close()

    def stats(self):
        body = json.dumps({**self.seen, "lag_s": self.lag_s,
                           "closed_s": self.limit.closed_s(time.monotonic())}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def answer(self):
        admitted, left_s, remaining = self.limit.admit(time.monotonic())
        extra = self.limit.headers(left_s, remaining)
        if admitted:
            self.seen["ok"] += 1
            await asyncio.sleep(self.args.latency)
            status, body = "200 OK", ANSWER
        else:
            self.seen["refused"] += 1
            await asyncio.sleep(self.args.delay)
            extra += self.limit.retry_after(left_s)
            status, body = "429 Too Many Requests", REFUSAL
        return (f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{extra}"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    async def watch_lag(self):
        """How late the loop is: whether the machine was too busy for the figures to mean much."""
        while True:
            due = time.monotonic() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self.lag_s = max(self.lag_s, time.monotonic() - due)

    async def run(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=4096)
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.gather(server.serve_forever(), self.watch_lag())


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("mode", choices=MODES, help="; ".join(f"{m}: {t}" for m, t in MODES.items()))
    p.add_argument("--count", type=float, default=300)
    p.add_argument("--seconds", type=float, default=10)
    p.add_argument("--retry-after", default="none")
    p.add_argument("--delay", type=float, default=0, help="before a refusal, as a tarpit")
    p.add_argument("--latency", type=float, default=0.1)
    p.add_argument("--headers", default="", choices=["", "6", "7", "8", "x"])
    return p.parse_args()


if __name__ == "__main__":
    try:
        asyncio.run(Server(arguments()).run())
    except KeyboardInterrupt:
        pass
