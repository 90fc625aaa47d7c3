"""What people write themselves: so many at once, again after a Retry-After or a random pause that doubles,
standard library only. Adds a line to OUTPUT for each answer and prints what it saw at its end, which
SIGINT brings about, too. With --hog it asks without an end and for nobody: another client of the key.

    naive_client.py URL --items N --at-once 16 --output FILE
    naive_client.py URL --hog SECONDS [--after SECONDS]
"""

import argparse
import asyncio
import collections
import json
import random
import signal
import urllib.parse

ATTEMPTS = 50
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0  # those of OpenAI's own client
HOG_AT_ONCE, HOG_PAUSE_S = 16, 0.1
BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()


class Connection:
    """One kept-alive connection, opened again when it is gone."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self.reader = self.writer = None
        self.request = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\n"
                        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
                        ).encode() + BODY

    async def post(self):
        """(status, headers); ConnectionError or IncompleteReadError when it breaks."""
        if not self.writer:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        try:
            self.writer.write(self.request)
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip()
                       for name, _, value in (line.partition(":") for line in head[1:])}
            await self.read_body(headers)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()
            raise
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(head[0].split()[1]), headers

    async def read_body(self, headers):
        if "content-length" in headers:
            await self.reader.readexactly(int(headers["content-length"]))
            return
        if headers.get("transfer-encoding", "").lower() != "chunked":
            await self.reader.read()
            self.close()
            return
        while size := int(await self.reader.readline(), 16):
            await self.reader.readexactly(size + 2)
        await self.reader.readexactly(2)

    def close(self):
        if self.writer:
            self.writer.close()
        self.writer = None


class Client:
    """The loop over the items."""

    def __init__(self, args):
        url = urllib.parse.urlsplit(args.url)
        self.args, self.address = args, (url.hostname, url.port)
        self.left = args.items
        self.seen = collections.Counter()
        self.output = open(args.output, "w", encoding="utf-8") if args.output else None

    async def attempt(self, connection):
        """Seconds to wait before the next one; None: it passed."""
        self.seen["requests"] += 1
        try:
            status, headers = await connection.post()
        except (ConnectionError, asyncio.IncompleteReadError):
            status, headers = 0, {}
        if status == 200:
            return None
        self.seen["refused"] += 1
        try:
            return float(headers.get("retry-after", "0"))
        except ValueError:
            return 0.0

    async def item(self, connection):
        pause = FIRST_PAUSE_S
        for _ in range(ATTEMPTS):
            wait = await self.attempt(connection)
            if wait is None:
                self.seen["ok"] += 1
                self.output.write("ok\n")
                self.output.flush()
                return
            await asyncio.sleep(wait + random.uniform(0, pause))
            pause = min(2 * pause, LONGEST_PAUSE_S)
        self.seen["failed"] += 1

    async def worker(self):
        connection = Connection(*self.address)
        while self.left > 0:
            self.left -= 1
            await self.item(connection)
        connection.close()

    async def hog_worker(self):
        connection = Connection(*self.address)
        while True:
            if await self.attempt(connection) is not None:
                await asyncio.sleep(HOG_PAUSE_S)

    async def run(self):
        if self.args.hog:
            await asyncio.sleep(self.args.after)
            workers = [self.hog_worker() for _ in range(HOG_AT_ONCE)]
        else:
            workers = [self.worker() for _ in range(self.args.at_once)]
        task = asyncio.gather(*workers)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, task.cancel)
        try:
            await asyncio.wait_for(task, self.args.hog or None)
        except (asyncio.CancelledError, asyncio.TimeoutError):
            pass
        print(json.dumps(self.seen), flush=True)


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("url")
    p.add_argument("--items", type=int, default=0)
    p.add_argument("--at-once", type=int, default=16)
    p.add_argument("--output")
    p.add_argument("--hog", type=float, default=0, help="seconds")
    p.add_argument("--after", type=float, default=0, help="seconds before the hog begins")
    return p.parse_args()


if __name__ == "__main__":
    asyncio.run(Client(arguments()).run())
