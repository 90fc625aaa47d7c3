"""Clients of a control socket, as a run has them at worst: streams of events, and a snapshot a hundred times a
second.  And a server that measures how long a run takes to start its next request.  Each is a process of its own.

    watchers.py clients SOCKET STREAMS SNAPSHOTS_PER_S [PATH...]     until it is ended; prints the times that
                                                                     answers took, in us: median, p99, largest
    watchers.py server                                               prints its port; on a line of input the
                                                                     delays in us: median, p99, largest
"""

import os
import selectors
import signal
import socket
import sys
import threading
import time


def quantiles(values):
    values = sorted(values) or [0]
    return [round(values[min(len(values) - 1, int(len(values) * q))] * 1e6) for q in (0.5, 0.99, 1)]


# ---- clients ----

def connect(path):
    s = socket.socket(socket.AF_UNIX)
    while s.connect_ex(path):
        time.sleep(0.01)
    return s


def ask(connection, path):
    """One request on a connection that stays; returns how long its answer took."""
    begin = time.perf_counter()
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: run\r\n\r\n".encode())
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(1 << 16) or exit_now()
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")).split()[1])
    while len(body) < length:
        body += connection.recv(1 << 16) or exit_now()
    return time.perf_counter() - begin


def exit_now():
    raise ConnectionError("the run has ended")


def read_streams(path, n):
    selector = selectors.DefaultSelector()
    for _ in range(n):
        s = connect(path)
        s.sendall(b"GET /v1/events HTTP/1.1\r\nHost: run\r\nAccept: text/event-stream\r\n\r\n")
        selector.register(s, selectors.EVENT_READ)
    while selector.get_map():
        for key, _ in selector.select():
            if not key.fileobj.recv(1 << 16):
                selector.unregister(key.fileobj)


def clients(path, streams, per_s, *paths):
    took = []
    threading.Thread(target=read_streams, args=(path, int(streams)), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: exit_now())
    try:
        connection = connect(path)
        due = time.perf_counter()
        asked = 0
        while True:
            took.append(ask(connection, (paths or ["/v1/snapshot"])[asked % max(1, len(paths))]))
            asked += 1
            due += 1 / float(per_s)
            time.sleep(max(0, due - time.perf_counter()))
    except OSError:
        pass
    print(len(took), *quantiles(took), flush=True)


# ---- server ----

ANSWER = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")


def serve():
    """Answers at once; a delay is the time from an answer to the next request on the same connection."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    answered, delays = {}, []
    print(listener.getsockname()[1], flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is sys.stdin:
                sys.stdin.readline()
                print(len(delays), *quantiles(delays), flush=True)
                return
            if key.fileobj is listener:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ)
                continue
            now = time.perf_counter()
            data = key.fileobj.recv(1 << 16)
            if not data:
                selector.unregister(key.fileobj)
                key.fileobj.close()
                continue
            if key.fileobj in answered:
                delays.append(now - answered[key.fileobj])
            key.fileobj.sendall(ANSWER)
            answered[key.fileobj] = time.perf_counter()


if __name__ == "__main__":
    os.sched_setaffinity(0, {0})
    if sys.argv[1] == "clients":
        clients(*sys.argv[2:])
    else:
        serve()
