"""A line to a run as ssh over a bad connection: a socket that passes bytes on, delayed and not faster than a rate."""

import os
import select
import socket
import threading
import time
from collections import deque


class _Way:
    """One direction of a connection."""

    def __init__(self, line, source, sink):
        self.line = line
        self.source, self.sink = source, sink
        self.queue = deque()
        self.over = False

    def take(self):
        try:
            data = self.source.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.over = True
        with self.line.lock:
            way = "up" if self is self.line.ups.get(self.source) else "down"
            start = max(time.monotonic(), self.line.free[way])
            self.line.free[way] = start + len(data) * 8 / self.line.bits
            self.line.bytes[way] += len(data)
            self.queue.append((self.line.free[way] + self.line.delay, data))

    def give(self, now):
        while self.queue and self.queue[0][0] <= now:
            data = self.queue.popleft()[1]
            try:
                if data:
                    self.sink.sendall(data)
                else:
                    self.sink.shutdown(socket.SHUT_WR)
            except OSError:
                return False
            if not data:
                return False
        return True


class SlowLine:
    """Listens at `path` and connects to `target`. delay: seconds each way; bits: a second, each way."""

    def __init__(self, path, target, delay=0.1, bits=1e6):
        self.path, self.target = path, target
        self.delay, self.bits = delay, bits
        self.lock = threading.Lock()
        self.free = {"up": 0, "down": 0}
        self.bytes = {"up": 0, "down": 0}
        self.ups = {}
        self.closing = False
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(16)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _connect(self, ways, sockets):
        client, _ = self.listener.accept()
        run = socket.socket(socket.AF_UNIX)
        try:
            run.connect(self.target)
        except OSError:
            client.close()
            run.close()
            return
        up, down = _Way(self, client, run), _Way(self, run, client)
        self.ups[client] = up
        ways += [up, down]
        sockets += [client, run]

    def _serve(self):
        ways, sockets = [], []
        while not self.closing:
            readable = {w.source: w for w in ways if not w.over}
            ready, _, _ = select.select([self.listener, *readable], [], [], 0.002)
            for s in ready:
                if s is self.listener:
                    self._connect(ways, sockets)
                else:
                    readable[s].take()
            now = time.monotonic()
            for way in list(ways):
                if not way.give(now):
                    ways.remove(way)
        for s in sockets:
            s.close()

    def close(self):
        self.closing = True
        self.thread.join()
        self.listener.close()
        os.unlink(self.path)
