"""Clients of `sluice serve` that come all at once, slowly, half, or with the wrong thing.  Whatever they do, others are
served, memory stays bounded, nothing is left on the disk, and no more is made than was allowed."""

import http.client
import json
import os
import socket
import threading

from faults import FaultTest, main, rounds, wait_for
from harness import descriptors, memory
from serving import ServeTest, batch_of, chat_lines, file_form, form

CROWD = rounds(40, 200)
MEMORY = 64 << 20


def head(path, *lines, method="POST"):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode("latin-1")


def together(n, act):
    """What act() returns to each of n threads; one that fails has nothing in the list."""
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(act())) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class ClientTest(ServeTest, FaultTest):
    def connect(self, server):
        client = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self.addCleanup(client.close)
        return client

    def answer_to(self, server, data, end=True):
        """The status of the answer to these bytes; 0: none came in time, or before the end of the connection."""
        with self.connect(server) as client:
            client.settimeout(1)
            try:
                client.sendall(data)
                if end:
                    client.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            said = b""
            try:
                while b"\r\n" not in said:
                    piece = client.recv(65536)
                    if not piece:
                        break
                    said += piece
            except OSError:
                pass
        return int(said.split(b" ")[1]) if said.startswith(b"HTTP/1.") else 0

    def at_once(self, server, n, ask):
        """ask(connection) of n clients that are connected before the first of them asks."""
        start = threading.Barrier(n)

        def run():
            client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            client.connect()
            start.wait()
            ask(client)
            answer = client.getresponse()
            said = answer.status, json.loads(answer.read())
            client.close()
            return said

        return together(n, run)

    def assert_nothing_left(self, *kinds):
        for kind in kinds or ("files", "batches"):
            wait_for(lambda k=kind: os.listdir(self.path("data/" + k)) == [], f"no {kind}")


class AtOnce(ClientTest):
    mock_options = ("--latency", "60s")  # no batch ends meanwhile

    def create(self, file, **headers):
        body = json.dumps(batch_of(file))
        return lambda client: client.request("POST", "/v1/batches", body, {
            "Content-Type": "application/json", **headers})

    def test_a_key_makes_one_batch(self):
        server = self.serve()
        create = self.create(server.upload(chat_lines(2)), **{"Idempotency-Key": "the key"})
        answers = self.at_once(server, 20, create)
        self.assertEqual({status for status, _ in answers} | {409}, {200, 409})
        self.assertEqual(len({made["id"] for status, made in answers if status == 200}), 1)
        self.assertEqual(len(server.get("/v1/batches")["data"]), 1)

    def test_a_key_makes_one_batch_of_messages(self):
        server = self.serve()
        request = {"custom_id": "a", "params": {"model": "m", "max_tokens": 9, "messages": [
            {"role": "user", "content": "hi"}]}}
        answers = self.at_once(server, 20, lambda client: client.request(
            "POST", "/v1/messages/batches", json.dumps({"requests": [request]}), {
                "Content-Type": "application/json", "Idempotency-Key": "the key"}))
        self.assertEqual({status for status, _ in answers} | {409}, {200, 409})
        self.assertEqual(len(server.get("/v1/messages/batches")["data"]), 1)

    def test_no_more_batches_than_allowed_are_open(self):
        server = self.serve("--max-open-batches", "3", "-c", "1")
        answers = self.at_once(server, 20, self.create(server.upload(chat_lines(5))))
        self.assertEqual(sorted(status for status, _ in answers), [200] * 3 + [429] * 17)

    def test_no_more_prompts_wait_than_allowed(self):
        """Prompts that come together wait together, and are no open batches."""
        self.api.close()
        self.api = self.mock("--latency", "1s", "--sigma", "0")
        server = self.serve("--default-model", "m", "--max-open-batches", "1", "-c", "4", "--max-live", "8")
        answers = self.at_once(server, 150, lambda client: client.request("POST", "/complete", '{"prompt":"hi"}', {
            "Content-Type": "application/json", "Idempotency-Key": "the key"}))
        statuses = [status for status, _ in answers]
        # those that come before the first are sent, and as many as are in flight
        self.assertIn(statuses.count(200), range(8, 13))
        self.assertEqual(set(statuses), {200, 429})

    def test_no_more_is_stored_than_allowed(self):
        server = self.serve("--max-disk", "100k")
        body = file_form(b"x" * 40000)
        answers = self.at_once(server, 10, lambda client: client.request("POST", "/v1/files", body, {
            "Content-Type": "multipart/form-data; boundary=B"}))
        self.assertEqual(sorted(status for status, _ in answers), [200] * 2 + [413] * 8)

    def test_a_file_that_goes_while_its_batch_is_made(self):
        server = self.serve()
        for _ in range(rounds(5, 50)):
            file = server.upload(chat_lines(1))
            acts = iter([lambda: server.ask("DELETE", "/v1/files/" + file)] + [lambda: server.post_batch(file)] * 4)
            answers = together(5, lambda: next(acts)()[0])
            self.assertLessEqual(set(answers), {200, 400})


class Slow(ClientTest):
    def test_many_that_say_nothing_do_not_keep_others_out(self):
        server = self.serve()
        before = descriptors(server.process.pid)
        idle = [self.connect(server) for _ in range(CROWD)]
        half = [self.connect(server) for _ in range(CROWD)]
        for client in half:
            client.sendall(head("/v1/files", "Content-Type: multipart/form-data; boundary=B", "Content-Length: 9000")[:-2])
        uploading = [self.connect(server) for _ in range(CROWD)]
        for client in uploading:
            client.sendall(head("/v1/files", "Content-Type: multipart/form-data; boundary=B", "Content-Length: 9000")
                           + form([("file", "a.jsonl", b"x" * 5000)])[:4000])
        wait_for(lambda: len(os.listdir(self.path("data/files"))) == CROWD, "all uploads")
        batch = server.create(server.upload(chat_lines(5)))
        self.assertEqual(server.wait_for_end(batch)["status"], "completed")
        self.assertLess(memory(server.process.pid), MEMORY)
        for client in idle + half + uploading:
            client.close()
        wait_for(lambda: descriptors(server.process.pid) <= before + 8, "the connections' end")  # with those upstream
        server.ask("DELETE", "/v1/files/" + server.batch(batch)["input_file_id"])
        wait_for(lambda: len(os.listdir(self.path("data/files"))) == 1, "no half file")

    def test_one_that_reads_nothing(self):
        server = self.serve()
        file = server.upload(b"x" * (20 << 20))
        for _ in range(5):
            client = self.connect(server)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(head(f"/v1/files/{file}/content", method="GET") * 3)
        self.assertEqual(len(server.get(f"/v1/files/{file}/content")), 20 << 20)
        self.assertLess(memory(server.process.pid), MEMORY)


class Wrong(ClientTest):
    def test_forms(self):
        server = self.serve("--max-upload", "64k")
        good = file_form(b"x")
        many = form([(f"f{i}", None, b"x") for i in range(1000)])
        for name, type_, body, status in (
                ("no boundary", "multipart/form-data", good, 400),
                ("another boundary", "multipart/form-data; boundary=C", good, 400),
                ("an empty boundary", 'multipart/form-data; boundary=""', good, 400),
                ("a long boundary", "multipart/form-data; boundary=" + "B" * 5000, good, 400),
                ("another type", "multipart/mixed; boundary=B", good, 400),
                ("no type", "", good, 400),
                ("half", "multipart/form-data; boundary=B", good[:-10], 400),
                ("nothing", "multipart/form-data; boundary=B", b"", 400),
                ("garbage", "multipart/form-data; boundary=B", os.urandom(3000), 400),
                ("a NUL in a header", "multipart/form-data; boundary=B", good.replace(b"name", b"na\0me"), 400),
                ("an endless header", "multipart/form-data; boundary=B", b"--B\r\nX: " + b"y" * 60000, 400),
                ("LF alone", "multipart/form-data; boundary=B", good.replace(b"\r\n", b"\n"), 400),
                ("many fields and no file", "multipart/form-data; boundary=B", many, 400),
                ("many files", "multipart/form-data; boundary=B",
                 form([("purpose", None, b"batch")] + [("file", f"{i}.jsonl", b"x") for i in range(100)]), 200),
                ("a good one", 'multipart/form-data; charset=utf-8; boundary="B"', good, 200)):
            with self.subTest(name):
                got, _, answer = server.ask("POST", "/v1/files", body, {"Content-Type": type_} if type_ else {})
                self.assertEqual(got, status, answer)
                if got == 200:
                    server.ask("DELETE", "/v1/files/" + answer["id"])
        self.assert_nothing_left()

    def test_names(self):
        server = self.serve()
        for name in ("../../lock.jsonl", "/etc/cron.d/x.jsonl", "..\\x.jsonl", "a" * 5000 + ".jsonl", "\x1b[2J.jsonl",
                     "\u202e.jsonl", "\xff.jsonl", "a\"b.jsonl", "CON.jsonl", ".jsonl"):
            with self.subTest(name[:20]):
                body = file_form(b"x", "NAME").replace(
                    b"NAME", name.replace('"', '\\"').encode("latin-1" if name == "\xff.jsonl" else "utf-8"))
                status, _, made = server.upload_form(body)
                if status == 200:
                    server.ask("DELETE", "/v1/files/" + made["id"])
                else:
                    self.assertEqual(status, 400, made)
                self.assertNotIn("\x1b", json.dumps(made, ensure_ascii=False) if status != 200 else "")
        self.assert_nothing_left()
        self.assertEqual(sorted(os.listdir(self.path("data"))), ["batches", "files", "lock"])

    def test_requests(self):
        server = self.serve()
        for name, data in (
                ("no HTTP", b"\x16\x03\x01\x00\xff" + os.urandom(500)), ("nothing", b""), ("half a line", b"GET /v1/fi"),
                ("a bare line", b"GET\r\n\r\n"), ("another version", b"GET /v1/files HTTP/9.9\r\n\r\n"),
                ("a long path", b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
                ("many headers", head("/v1/files", *[f"X-{i}: {'y' * 50}" for i in range(5000)], method="GET")),
                ("a long header", head("/v1/files", "X: " + "y" * 200000, method="GET")),
                ("a NUL", b"GET /v1/files\0 HTTP/1.1\r\nHost: x\r\n\r\n"),
                ("a length below zero", head("/v1/batches", "Content-Length: -1")),
                ("a length beyond numbers", head("/v1/batches", "Content-Length: 99999999999999999999999")),
                ("two lengths", head("/v1/batches", "Content-Length: 5", "Content-Length: 6") + b"{}{}{}"),
                ("length and chunks", head("/v1/batches", "Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n"),
                ("a bad chunk", head("/v1/batches", "Transfer-Encoding: chunked") + b"zz\r\nxx"),
                ("a huge chunk", head("/v1/batches", "Transfer-Encoding: chunked") + b"ffffffffffffffff\r\nxx"),
                ("a body for a list", head("/v1/files", "Content-Length: 5000000", method="GET") + b"x" * 100000),
                ("half a body", head("/v1/batches", "Content-Length: 500") + b"{"),
                ("a connect", b"CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: x\r\n\r\n"),
                ("a proxy's", b"GET http://169.254.169.254/ HTTP/1.1\r\nHost: x\r\n\r\n"),
                ("a star", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")):
            with self.subTest(name):
                status = self.answer_to(server, data)
                self.assertTrue(status == 0 or 400 <= status < 506 or name in ("a body for a list", "a NUL"), status)
                self.assertEqual(server.ask("GET", "/v1/files")[0], 200)
        self.assert_nothing_left()

    def test_paths(self):
        server = self.serve()
        for path in ("/v1/files/..", "/v1/files/%2e%2e", "/v1/files/..%2f..%2flock/content", "/v1/files/%00/content",
                     "/v1/files/" + "a" * 20000, "/v1/files/file-%ff", "//v1/files", "/v1/files/", "/v1//files",
                     "/v1/batches/%2fcancel", "/v1/files/{id}", "/v1/files?limit=1&limit=99999999999999999999",
                     "/v1/files?after=" + "a" * 9000, "/v1/files?" + "&".join(f"a{i}=1" for i in range(500)),
                     "/v1/files?%00=%00&limit=%31%00", "/V1/files", "/v1/files;x", "/v1/files#x"):
            with self.subTest(path[:40]):
                self.assertIn(server.ask("GET", path)[0], (200, 400, 404, 413, 414, 431), path[:60])
        self.assertEqual(server.ask("GET", "/v1/files")[0], 200)

    def test_a_body_without_end_is_cut(self):
        """What is refused is read for a while, so that the client sees why, but not for ever."""
        server = self.serve("--max-upload", "64k")
        types = {"/v1/files": "multipart/form-data; boundary=B", "/v1/messages/batches": "application/json"}
        starts = {"/v1/files": [form([("file", "a.jsonl", b"x")])[:-9], b"--B\r\nContent-Disposition: form-data; name=u\r\n\r\n", b"junk"],
                  "/v1/messages/batches": [b'{"requests":[{"a":"', b'{"unknown":"', b"junk"]}
        for path, all_starts in starts.items():
            for start in all_starts:
                with self.subTest(f"{path} {start[:30]}"), self.connect(server) as client:
                    client.sendall(head(path, "Content-Type: " + types[path], "Transfer-Encoding: chunked") +
                                   f"{len(start):x}\r\n".encode() + start + b"\r\n")
                    piece = b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"
                    with self.assertRaises(OSError):
                        for _ in range(256):
                            client.sendall(piece)
        self.assertLess(memory(server.process.pid), MEMORY)
        self.assert_nothing_left()


class Crowd(ClientTest):
    mock_options = ("--latency", "20ms")

    def test_those_that_find_no_place_wait(self):
        server = self.serve("--max-connections", str(CROWD // 2), "-c", "16")
        files = together(CROWD, lambda: server.upload(chat_lines(3)))
        self.assertEqual(len(set(files)), CROWD)
        batches = [server.create(file) for file in files]
        for batch in batches:
            self.assertEqual(server.wait_for_end(batch)["request_counts"]["completed"], 3)


if __name__ == "__main__":
    main()
