"""Requests to a service that are mutated, cut short, glued together or left: it stays alive, and answers."""

import json
import random
import socket

from faults import main, rounds
from serving import ServeTest, batch_of, chat_lines, file_form

CONNECTIONS = rounds(150, 5000)


def post(path, body, kind="application/json"):
    return (f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body)


class ServeHostile(ServeTest):
    def seeds(self, server):
        file = server.upload(chat_lines(3))
        batch = server.create(file)
        get = [f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for method, path in (
            ("GET", f"/v1/files?limit=2&after={file}"), ("GET", f"/v1/batches/{batch}"), ("DELETE", "/v1/files/x"),
            ("HEAD", f"/v1/files/{file}/content"), ("GET", "/v1/messages/batches?before_id=a&limit=5"),
            ("GET", "/openapi.json"))]
        return get + [
            post("/v1/files", file_form(chat_lines(1)[0].encode()),
                 "multipart/form-data; boundary=B"),
            post("/v1/batches", json.dumps(batch_of(file, metadata={"a": "b"})).encode()),
            post("/v1/messages/batches", b'{"requests":[{"custom_id":"a","params":{"model":"m","messages":[]}}]}'),
            post("/batch", b'{"prompts":["a","b"],"model":"m"}'), post("/complete", b'{"prompt":"hi"}'),
            post(f"/v1/batches/{batch}/cancel", b"")]

    @staticmethod
    def mutate(choice, text, seeds):
        text = bytearray(text)
        for _ in range(choice.choice([0, 1, 2, 5, 20])):
            at, what = choice.randrange(len(text)) if text else 0, choice.randrange(4)
            if what == 0 and text:
                text[at] = choice.randrange(256)
            elif what == 1:
                text[at:at] = bytes(choice.randrange(256) for _ in range(choice.randrange(1, 9)))
            elif what == 2:
                del text[at:at + choice.randrange(1, 30)]
            else:
                other = choice.choice(seeds)
                start = choice.randrange(len(other))
                text[at:at] = other[start:start + choice.randrange(1, 60)]
        return bytes(text)

    def test_mutated_requests(self):
        server = self.serve("-c", "4")
        seeds, choice = self.seeds(server), random.Random(CONNECTIONS)
        for _ in range(CONNECTIONS):
            text = b"".join(self.mutate(choice, choice.choice(seeds), seeds) for _ in range(choice.choice([1, 1, 3])))
            cut = choice.randrange(len(text) + 1) if choice.random() < 0.3 else len(text)
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.settimeout(0.02)
                try:
                    client.sendall(text[:cut])
                    if choice.random() < 0.5:
                        client.recv(1000)
                    client.sendall(text[cut:])
                except OSError:
                    pass
        self.assertEqual(server.get("/healthz")["status"], "ok")
        self.assertEqual(server.end(), 0)


if __name__ == "__main__":
    main()
