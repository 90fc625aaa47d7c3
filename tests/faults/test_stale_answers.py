"""More comes over a connection than was asked for.  What came before the next request left goes to nobody;
what came after it may have gone to the wrong item: then the journal names it, the run warns and exits 1, and
--on-doubt retry asks again until all is right."""

import errno
import json
import os
import random
import shutil
import socket
import ssl
import subprocess
import time

from faults import ALL, SLUICE, FaultTest, chat_line, json_lines, main, needs_shim, rounds, wait_for
from fault_server import FaultServer, Gone

N = 300 if ALL else 30
DELAYS = (0, 0.001, 0.005, 0.03, 0.1) if ALL else (0, 0.005)
FORMS = ("after_204", "after_304", "after_head", "second_answer", "beyond_length", "half_an_answer",
         "behind_chunks", "behind_an_empty_one", "of_version_1_0", "of_version_2")


def answer(text, status="200 OK", chunked=False, name=None):
    body = json.dumps({"id": "x", "object": "chat.completion", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1}}).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n".encode()
    if name:
        head += f"X-Request-Id: {name}\r\n".encode()
    if chunked:
        return head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


class StaleServer(FaultServer):
    """Answers each request rightly and, every few of them, puts more on the connection after `delay`.
    `pace`: how long an answer takes."""

    def __init__(self, form, delay, every=3, pace=0.0, **more):
        self.form, self.delay, self.every, self.pace = form, delay, every, pace
        self.seen, self.dice = {}, random.Random(form)
        super().__init__(**more)

    def _talk(self, c):
        while not self.closing:
            c.read_request()
            name = c.headers.get("x-item") or json.loads(c.body)["messages"][0]["content"]
            with self.lock:
                self.requests.append((time.monotonic(), name))
                times = self.seen[name] = self.seen.get(name, 0) + 1
                struck = self.every == 1 or (times == 1 and self.dice.randrange(self.every) == 0)
            if self.pace:
                time.sleep(self.pace)
            self.respond(c, name, struck)

    def respond(self, c, name, struck):
        right, ghost = answer("A-" + name), answer("GHOST-after-" + name)
        head = right[:right.index(b"\r\n\r\n") + 4]
        if self.form == "repeated_id":
            right = ghost = answer("A-" + name, name=name)
        if not struck:
            c.send(head if self.form == "after_head" and "x-item" in c.headers else right)
            return
        first, more = {
            "repeated_id": (right, ghost),
            "after_204": (b"HTTP/1.1 204 No Content\r\n\r\n", ghost),
            "after_304": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", ghost),
            "after_head": (head, ghost),
            "second_answer": (right, ghost),
            "beyond_length": (right, b"x" * 100),
            "half_an_answer": (right, ghost[:-20]),
            "behind_chunks": (answer("A-" + name, chunked=True), ghost),
            "of_version_1_0": (right, ghost.replace(b"HTTP/1.1", b"HTTP/1.0")),
            "of_version_2": (right, ghost.replace(b"HTTP/1.1", b"HTTP/2")),
            "interim": (right, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
            "all_of_version_2": (right.replace(b"HTTP/1.1", b"HTTP/2"), b""),
            "behind_an_empty_one": (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", ghost),
        }[self.form]
        if self.delay:
            c.send(first)
            time.sleep(self.delay)
            c.send(more)
        else:
            c.send(first + more)


class StaleAnswers(FaultTest):
    at_once = 1

    def context(self):
        """A server's context, and the environment of a client that trusts it."""
        if not shutil.which("openssl"):
            self.skipTest("no openssl to make a certificate with")
        key, cert = self.path("key.pem"), self.path("cert.pem")
        if not os.path.exists(cert):
            self.make_certificate()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        return context, {**os.environ, "CURL_CA_BUNDLE": cert}

    def fresh(self):
        for name in os.listdir(self.folder):
            if name.startswith("in."):
                os.remove(self.path(name))

    def serve(self, form, delay, tls, **more):
        context, environment = self.context() if tls else (None, None)
        server = StaleServer(form, delay, tls=context, **more)
        self.addCleanup(server.close)
        return server, environment

    def write(self, form, n):
        lines = [chat_line(f"i{i}", f"i{i}") for i in range(n)]
        if form == "after_head":
            for i in range(0, n, 2):
                lines[i] = json.dumps({"custom_id": f"i{i}", "method": "HEAD", "url": "/v1/thing",
                                       "headers": {"X-Item": f"i{i}"}})
        self.write_input(lines)

    def doubted(self):
        events = [r["ids"] for r in json_lines(self.journal) if r.get("event") == "doubt"]
        return events, {i for ids in events for i in ids}

    def wrong(self):
        """Items whose result is that of another one."""
        out = set()
        for r in json_lines(self.results):
            body = r["response"]["body"]
            if isinstance(body, dict) and \
                    body["choices"][0]["message"]["content"] != "A-" + r["custom_id"]:
                out.add(r["custom_id"])
        return out

    def judge(self, what, code, err):
        wrong, (events, named) = self.wrong(), self.doubted()
        # with the last answer of a connection the run is over before more can come
        last = {r["custom_id"] for r in json_lines(self.results)[-self.at_once:]}
        self.assertLessEqual(wrong, named | last, f"{what}: not named")
        # a 304 is final
        self.assertEqual(code, 1 if named or json_lines(self.errors) else 0, f"{what}: {err}")
        if named:
            self.assertIn("in doubt", err)
        return wrong, events

    def each(self, check, *options, pace=0.0, forms=FORMS):
        """Runs every form, plain and over TLS, with every delay."""
        def play(case):
            form, tls = case
            for delay in DELAYS:
                self.fresh()
                self.write(form, N)
                server, environment = self.serve(form, delay, tls, pace=pace)
                code, err = self.run_sluice("--url", server.url, "--ui", "plain",
                                            "--provider", "openai", *options, env=environment)
                server.close()
                check(f"{form} tls={tls} {delay}", code, err)

        self.side_by_side(play, [(form, tls) for form in forms for tls in (False, True)])

    def test_nothing_is_wrong_and_unnamed(self):
        """One after the other and eight at a time, at once and after a while."""
        for self.at_once in (1, 8):
            self.each(self.judge, "-c", str(self.at_once))

    def test_what_came_before_the_next_left_goes_to_nobody(self):
        """Every answer comes in one piece with more: no connection is used twice."""
        def play(case):
            form, tls = case
            self.write(form, 40)
            server, environment = self.serve(form, 0, tls, every=1)
            code, err = self.run_sluice("--url", server.url, "--ui", "plain", "-c", "2", env=environment)
            self.assertEqual((code, self.wrong(), self.doubted()[0]), (0, set(), []), err)
            self.assertEqual(self.done_count(), 40)

        self.side_by_side(play, [(form, tls) for form in ("second_answer", "beyond_length", "half_an_answer", "behind_chunks")
                                 for tls in (False, True)])

    def all_right(self, form, **more):
        for tls in (False, True):
            for concurrency in ("2", "16"):
                with self.subTest(tls=tls, concurrency=concurrency):
                    self.fresh()
                    self.write(form, N)
                    server, environment = self.serve(form, 0.001, tls, pace=0.002, **more)
                    code, err = self.run_sluice("--url", server.url, "--ui", "plain", "-c", concurrency,
                                                env=environment)
                    server.close()
                    self.assertEqual((code, self.wrong(), self.doubted()[0]), (0, set(), []), err)
                    self.assertEqual(self.done_count(), N)

    def test_what_says_http_2_is_sent_one_at_a_time(self):
        """libcurl takes the word of the status line, and sends several at once over HTTP/1."""
        self.all_right("all_of_version_2", every=1)

    def test_an_interim_answer_that_comes_late_is_none(self):
        self.all_right("interim")

    def test_retry_puts_it_right(self):
        self.each(self.judge_retried, "-c", "4", "--on-doubt", "retry", pace=0.002,
                  forms=("second_answer", "behind_chunks"))

    def judge_retried(self, what, code, err):
        _, named = self.doubted()
        self.assertEqual(code, 1 if named else 0, f"{what}: {err}")
        # the next start moves the lines that count no more
        server, environment = self.serve("second_answer", 0, False)
        before = self.done_count()
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "--provider", "openai",
                                    env=environment)
        self.assertEqual((code, server.count()), (0, 0), err)
        self.assertEqual(self.wrong(), set(), what)
        self.assertEqual(self.done_count(), N, what)
        moved = json_lines(self.path("in.results.void.jsonl"))
        self.assertEqual(len(moved), before - N)
        self.assertLessEqual({r["custom_id"] for r in moved}, named)
        self.assert_exactly_once([f"i{i}" for i in range(N)])

    def test_a_later_session_can_ask_again(self):
        """What was kept can be asked again by the same command with --on-doubt retry."""
        self.write("second_answer", N)
        server, _ = self.serve("second_answer", 0.005, False, pace=0.002)
        code, err = self.run_sluice("--url", server.url, "--ui", "plain", "-c", "1")
        wrong, _ = self.judge("kept", code, err)
        self.assertTrue(wrong, "the server misled nobody: nothing was tried")
        code, err = self.run_sluice("--url", server.url, "--ui", "none")
        self.assertEqual(code, 1, "it is forgotten")
        self.run_sluice("--url", server.url, "--ui", "none", "--on-doubt", "retry")
        code, err = self.run_sluice("--url", server.url, "--ui", "none")
        self.assertEqual((code, self.wrong()), (0, set()), err)
        self.assert_exactly_once([f"i{i}" for i in range(N)])

    def test_a_kill_between_void_and_redo_is_no_loss(self):
        self.write("second_answer", N)
        server, _ = self.serve("second_answer", 0.005, False, pace=0.002)
        self.run_sluice("--url", server.url, "--ui", "none", "-c", "1")
        ids = self.doubted()[1]
        self.assertTrue(ids, "the server misled nobody: nothing was tried")
        silent, _ = self.serve("second_answer", 0, False, pace=60)
        process = self.start("--url", silent.url, "--ui", "none", "--on-doubt", "retry")
        wait_for(lambda: silent.count() and b'"event":"void"' in self.read("in.results.journal"), "a redo")
        process.kill()
        process.wait()
        good = self.server()
        code, err = self.run_sluice("--url", good.url, "--ui", "none", "--on-doubt", "retry")
        self.assertEqual(code, 0, err)
        self.assertNotIn("are lost", err)
        self.assertEqual(good.count(), len(ids), "each is asked once more")
        code, err = self.run_sluice("--url", good.url, "--ui", "none")
        self.assertEqual((code, good.count()), (0, len(ids)), err)
        self.assert_exactly_once([f"i{i}" for i in range(N)])

    @needs_shim
    def test_a_disk_that_fails_while_lines_are_taken_back(self):
        """Full or broken at any write of a session that asks again, and of the next that moves lines out."""
        self.write("second_answer", N)
        server, _ = self.serve("second_answer", 0.005, False, pace=0.002)
        self.run_sluice("--url", server.url, "--ui", "none", "-c", "1")
        before = {name: self.read(name) for name in os.listdir(self.folder)}
        good, _ = self.serve("second_answer", 0, False, every=10**9)
        command = ("--url", good.url, "--ui", "none", "--on-doubt", "retry")
        for call, error in (("pwrite", errno.EIO), ("pwrite", errno.ENOSPC), ("write", errno.ENOSPC),
                            ("sync", errno.EIO), ("open", errno.EACCES)):
            for at in range(1, rounds(6, 40)):
                with self.subTest(call=call, error=error, at=at):
                    self.fresh()
                    for name, data in before.items():
                        with open(self.path(name), "wb") as f:
                            f.write(data)
                    for _ in range(2):
                        code, err = self.run_sluice(*command, env=self.shim(call=call, errno=error, at=at))
                        self.assertNotIn("are lost", err)
                    code, err = self.run_sluice(*command)
                    self.assertIn(code, (0, 1), err)
                    code, err = self.run_sluice(*command)
                    self.assertEqual((code, self.wrong()), (0, set()), err)
                    self.assert_exactly_once([f"i{i}" for i in range(N)])

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def texts(self):
        """What each item was answered, by its last line."""
        return {r["custom_id"]: r["response"]["body"]["choices"][0]["message"]["content"]
                for r in json_lines(self.results)}

    def mislead(self, *options):
        """A run with a server that misleads it; returns its exit code."""
        server, _ = self.serve("second_answer", 0.004, False, pace=0.002)
        code, err = self.run_sluice("--url", server.url, "--ui", "plain", "-c", "3", "--provider", "openai",
                                    *options)
        server.close()
        return code

    def test_rows_of_a_pipeline(self):
        with open(self.path("stages.json"), "w", encoding="utf-8") as f:
            json.dump({"stages": {
                "one": {"model": "m", "body": {"messages": [{"role": "user", "content": "{{q}}"}]}},
                "two": {"after": "one", "model": "m",
                        "body": {"messages": [{"role": "user", "content": "{{one.text}}"}]}}}}, f)
        for options in ((), ("--on-doubt", "retry")):
            with self.subTest(options):
                self.fresh()
                self.write_input(json.dumps({"custom_id": f"i{i}", "q": f"i{i}"}) for i in range(N))
                pipeline = ("--pipeline", self.path("stages.json"))
                self.assertEqual(self.mislead(*pipeline, *options), 1)
                wrong = {i for i, text in self.texts().items() if text != "A-A-" + i}
                self.assertLessEqual(wrong, self.doubted()[1])
                if options:
                    self.assertEqual(wrong, set())
                    self.assertEqual(self.mislead(*pipeline), 0)
                    self.assert_exactly_once([f"i{i}" for i in range(N)])

    def test_shared_and_cached_answers(self):
        """Whoever shares a doubtful answer is named with it, and no cache gives it to a later run."""
        for options in (("--dedupe",), ("--cache", self.path("cache")),
                        ("--cache", self.path("cache2"), "--on-doubt", "retry")):
            with self.subTest(options):
                self.fresh()
                self.write_input(chat_line(f"i{i}", f"q{i % N}") for i in range(2 * N))
                self.assertEqual(self.mislead(*options), 1)
                wrong = {i for i, text in self.texts().items() if text != f"A-q{int(i[1:]) % N}"}
                self.assertLessEqual(wrong, self.doubted()[1])
                if "--cache" not in options:
                    continue
                self.fresh()
                self.write_input(chat_line(f"j{i}", f"q{i}") for i in range(N))
                server = self.server()
                self.run_sluice("--url", server.url, "--ui", "none", "-c", "1", *options)
                server.close()
                self.assertEqual([i for i, text in self.cached() if text != "A-q" + i[1:]], [])

    def cached(self):
        return [(r["custom_id"], r["response"]["body"]["choices"][0]["message"]["content"])
                for r in json_lines(self.results) if r["sluice"].get("cached")]

    def test_ids_that_are_repeated_tell_at_once(self):
        """The answer to another request fails by its id, and is asked again elsewhere."""
        self.write_input(json.dumps({"custom_id": f"i{i}", "method": "POST", "url": "/v1/things",
                                     "headers": {"X-Request-Id": f"i{i}", "X-Item": f"i{i}"},
                                     "body": {"n": i}}) for i in range(N))
        server, _ = self.serve("repeated_id", 0.005, False, pace=0.002)
        code, err = self.run_sluice("--url", server.url, "--ui", "plain", "-c", "2")
        self.assertEqual((self.wrong(), self.done_count()), (set(), N), err)
        self.assertTrue(any("another request" in r.get("message", "") for r in json_lines(self.journal)))

    def test_the_report_tells(self):
        self.write("second_answer", N)
        server, _ = self.serve("second_answer", 0.005, False, pace=0.002)
        self.run_sluice("--url", server.url, "--ui", "none", "-c", "1")
        out = subprocess.run([SLUICE, "report", self.results], capture_output=True,
                             text=True, check=True).stdout
        self.assertIn(f"{len(self.doubted()[1])} answers may belong to other requests", out)


class CleanServer(FaultServer):
    """Good answers; connections end as they do in the world while they idle: with a 408, at once, or as TLS
    does it, tickets late included."""

    def __init__(self, way, **more):
        self.way = way
        super().__init__(**more)

    def _talk(self, c):
        while not self.closing:
            c.read_request()
            name = json.loads(c.body)["messages"][0]["content"]
            with self.lock:
                self.requests.append((time.monotonic(), name))
                n = len(self.requests)
            c.send(answer("A-" + name))
            if n % 3:
                continue
            if self.way == "408":
                time.sleep(0.003)
                c.send(answer("timeout", "408 Request Timeout").replace(
                    b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
                raise Gone
            if self.way == "close":
                time.sleep(0.003)
                if isinstance(c.sock, ssl.SSLSocket):
                    c.sock.unwrap()
                raise Gone
            if self.way == "half_close":
                c.sock.shutdown(socket.SHUT_WR)
                c.silence()


class CleanConnections(StaleAnswers):
    test_nothing_is_wrong_and_unnamed = test_what_came_before_the_next_left_goes_to_nobody = None
    test_retry_puts_it_right = test_a_later_session_can_ask_again = test_the_report_tells = None
    test_a_disk_that_fails_while_lines_are_taken_back = None
    test_a_kill_between_void_and_redo_is_no_loss = test_an_interim_answer_that_comes_late_is_none = None
    test_what_says_http_2_is_sent_one_at_a_time = None
    test_rows_of_a_pipeline = test_shared_and_cached_answers = None
    test_ids_that_are_repeated_tell_at_once = None

    def test_no_doubt_is_raised(self):
        def play(case):
            way, tls = case
            for pace in ((), ("--rpm", "6000", "--pace", "fixed")):
                self.fresh()
                self.write("", rounds(40, 300))
                context, environment = self.context() if tls else (None, None)
                server = self.until_end(CleanServer(way, tls=context))
                code, err = self.run_sluice("--url", server.url, "--ui", "plain", "-c", "4",
                                            *pace, env=environment)
                server.close()
                self.assertEqual((code, self.wrong(), self.doubted()[0]), (0, set(), []), err)

        self.side_by_side(play, [(way, tls) for way in ("408", "close", "half_close", "keep") for tls in (False, True)])


if __name__ == "__main__":
    main()
