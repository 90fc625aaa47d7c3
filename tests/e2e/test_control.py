"""The control socket: the whole API by curl, as docs/control.md shows it, and clients that behave badly."""

import fcntl
import json
import os
import re
import signal
import socket
import stat
import struct
import subprocess
import termios
import unittest

from harness import SLUICE, SOURCE, STATE, RunTest, chat_line, descriptors, json_lines, wait_for, whole_lines

DOCUMENT = os.path.join(SOURCE, "docs", "control.md")


def unread(s):
    """Memory of what the other end of a unix socket has not read yet: 0 when it has read everything."""
    return struct.unpack("i", fcntl.ioctl(s, termios.TIOCOUTQ, b"\0" * 4))[0]


class ControlTest(RunTest):
    """A run that goes on until it is told to end."""

    KEY = "sk-control-5f2c9a71"

    def setUp(self):
        super().setUp()
        self.api = self.mock("--latency", "50ms")

    def start_run(self, *options, items=400, rpm=600, env=None, **popen):
        self.write_input(chat_line(f"item-{i}", f"prompt {i}") for i in range(items))
        self.run_process = self.start(
            "--url", self.api.url, "--key-env", "CONTROL_KEY", "--ui", "none", "--rpm", str(rpm), *options,
            stdout=subprocess.DEVNULL, text=True, env=dict(os.environ if env is None else env, CONTROL_KEY=self.KEY), **popen)
        if "--control" not in options:
            self.socket = os.path.join(STATE, "sluice", "run", f"{self.run_process.pid}.sock")

    def reach(self):
        wait_for(lambda: os.path.exists(self.socket) and self.connects(), "the control socket")

    def connects(self):
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(self.socket) == 0

    def curl(self, target, *options):
        """Status and body."""
        out = subprocess.run(["curl", "-s", "--max-time", "20", "--unix-socket", self.socket, "-w", "\n%{http_code}",
                              *options, "http://run" + target], stdout=subprocess.PIPE, check=False).stdout
        body, _, status = out.rpartition(b"\n")
        return int(status), body.decode()

    def get(self, target, *options):
        status, body = self.curl(target, *options)
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def command(self, text, **more):
        status, body = self.curl("/v1/commands", "-d", json.dumps({"command": text, **more}))
        return status, json.loads(body)

    def connection(self):
        s = socket.socket(socket.AF_UNIX)
        self.addCleanup(s.close)
        s.connect(self.socket)
        return s

    def end(self):
        for _ in range(2):
            self.run_process.send_signal(signal.SIGINT)
        return self.run_process.wait(30)


class Walk(ControlTest):
    def test_every_example_of_the_page_works(self):
        with open(DOCUMENT, encoding="utf-8") as f:
            examples = re.findall(r"^ {4,}(curl .*)$", f.read(), re.M)
        self.assertGreater(len(examples), 10)
        self.start_run()
        self.reach()
        wait_for(lambda: self.get("/v1/snapshot")["items"]["ok"] > 0, "an answer")
        self.command("set tpm off")  # so that there is an event
        for example in examples:
            with self.subTest(example):
                out = subprocess.run(["sh", "-c", example], env=dict(os.environ, S=self.socket), stdout=subprocess.PIPE,
                                     check=False)
                self.assertIn(out.returncode, (0, 28))  # 28: the stream is cut by its --max-time
                if "event-stream" in example:
                    self.assertIn(b"\ndata: {", out.stdout)
                elif "/metrics" not in example:
                    self.assertNotIn("kind", json.loads(out.stdout).get("error") or {})

    def test_a_run_is_steered_and_the_log_says_by_whom(self):
        self.start_run()
        self.reach()
        cursor = self.get("/v1/events")["next"]
        status, reply = self.command("set rpm 1200")
        self.assertEqual((status, reply["ok"], reply["in_force"]["rpm"]), (200, True, 1200.0), reply)
        status, reply = self.command("cancel where id:item-3", dry_run=True)
        self.assertGreater(reply["items"], 50)
        self.assertEqual(self.get("/v1/snapshot")["items"]["cancelled"], 0)
        status, reply = self.command("cancel where id:item-39")
        self.assertEqual((status, reply["items"]), (200, 11), reply)
        status, reply = self.command("set rpm many")
        self.assertEqual((status, reply["ok"]), (409, False))
        page = self.get("/v1/events?wait=20&since=" + cursor)
        self.assertRegex(page["events"][0]["text"], r"^curl\[\d+\]: rpm 600")
        status, reply = self.command("drain")
        self.assertEqual(status, 200)
        self.assertEqual(self.run_process.wait(30), 3)
        commands = [e for e in json_lines(self.journal) if e.get("event") == "command"]
        self.assertRegex(commands[0]["by"], r"^curl\[\d+\]$")
        self.assertFalse(os.path.exists(self.socket))

    def test_an_item_an_error_and_the_key_nowhere(self):
        self.start_run()
        self.reach()
        wait_for(lambda: self.get("/v1/snapshot")["items"]["ok"] > 3, "answers")
        item = self.get("/v1/items/2?content=1")
        self.assertEqual(item["row"]["id"], "item-1")
        self.assertIn("prompt 1", item["request"]["body"])
        self.assertNotIn("request", self.get("/v1/items/2"))
        for target in ("/v1/snapshot", "/v1/items?limit=200", "/v1/items/2?content=1", "/v1/errors", "/v1/events",
                       "/v1/commands", "/metrics", "/healthz"):
            self.assertNotIn(self.KEY, self.curl(target)[1], target)
        self.assertEqual(self.curl("/v1/items/99999")[0], 404)
        self.assertEqual(self.curl("/v1/items?filter=colour:red")[0], 400)

    def test_a_stream_ends_with_the_run(self):
        self.start_run()
        self.reach()
        stream = subprocess.Popen(["curl", "-sN", "--unix-socket", self.socket, "-H", "Accept: text/event-stream",
                                   "http://run/v1/events"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(stream.stdout.close)
        self.assertEqual(stream.stdout.readline(), ": sluice\n")
        self.command("drain")
        out = stream.communicate(timeout=30)[0]
        self.assertIn("drain", out)
        self.assertIn('event: end\ndata: {"state":"STOPPED"}', out)
        self.assertEqual(stream.returncode, 0)

    def test_a_long_poll_is_answered_when_the_run_ends(self):
        self.start_run()
        self.reach()
        cursor = self.get("/v1/events")["next"]
        s = self.connection()
        s.sendall(f"GET /v1/events?wait=60&since={cursor} HTTP/1.1\r\nHost: run\r\n\r\n".encode())
        wait_for(lambda: unread(s) == 0, "the run to read the request")
        self.assertEqual(self.end(), 3)
        self.assertRegex(s.recv(1 << 16), rb"^HTTP/1.1 (200|503) ")


class Places(ControlTest):
    def test_folder_and_socket_are_private(self):
        self.start_run()
        self.reach()
        for path, mode in ((os.path.dirname(self.socket), 0o700), (self.socket, 0o600),
                           (self.socket[:-5] + ".json", 0o600)):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), mode, path)

    @unittest.skipIf(os.geteuid() != 0, "takes two users")
    def test_another_user_is_not_answered(self):
        # root is answered everywhere, so that the run is another user's and a third one asks
        os.chmod(self.folder, 0o777)
        self.socket = self.path("open.sock")
        self.start_run("--control", self.socket, umask=0,
                       under=["setpriv", "--reuid=65533", "--clear-groups"])
        self.reach()
        os.chmod(self.socket, 0o666)
        self.assertEqual(self.get("/healthz")["status"], "ok")
        out = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", "curl", "-s", "--unix-socket", self.socket,
                              "http://run/v1/snapshot"], stdout=subprocess.PIPE, check=False).stdout
        self.assertEqual(json.loads(out)["error"]["kind"], "forbidden")

    def test_a_path_is_taken_as_given(self):
        self.socket = self.path("my.sock")
        self.start_run("--control", self.socket)
        self.reach()
        self.assertEqual(self.get("/healthz")["status"], "ok")
        self.assertEqual(self.end(), 3)
        self.assertFalse(os.path.exists(self.socket))

    def test_off_opens_nothing(self):
        self.start_run("--control", "off")
        wait_for(lambda: len(whole_lines(self.results)) > 0, "the run")
        self.assertFalse(os.path.exists(os.path.join(STATE, "sluice", "run", f"{self.run_process.pid}.sock")))

    def refused(self, path):
        self.start_run("--control", path)
        self.assertEqual(self.run_process.wait(30), 2)
        return self.run_process.stderr.read()

    def test_a_path_that_cannot_be_refuses_the_run(self):
        taken = self.path("taken.sock")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(taken)
            listener.listen()
            self.assertIn("another process listens there", self.refused(taken))
        with open(self.path("file"), "w", encoding="utf-8") as f:
            f.write("precious")
        self.assertIn("not a socket", self.refused(self.path("file")))
        with open(self.path("file"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "precious")
        self.assertIn("too long", self.refused(self.path("x" * 120)))
        self.assertIn("No such file", self.refused(self.path("none/my.sock")))

    def test_a_stale_socket_makes_room(self):
        path = self.path("stale.sock")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
        self.socket = path
        self.start_run("--control", path)
        self.reach()
        self.assertEqual(self.get("/healthz")["status"], "ok")

    def test_a_removed_socket_comes_again(self):
        self.start_run()
        self.reach()
        os.unlink(self.socket)
        wait_for(lambda: os.path.exists(self.socket) and self.connects(), "the socket again")
        self.assertEqual(self.get("/healthz")["status"], "ok")
        folder = os.path.dirname(self.socket)
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)
        wait_for(lambda: os.path.exists(self.socket) and self.connects(), "folder and socket again")
        wait_for(lambda: os.path.exists(self.socket[:-5] + ".json"), "its entry")

    def test_without_a_folder_the_run_goes_on(self):
        file = self.path("state")
        with open(file, "w", encoding="utf-8"):
            pass
        homeless = {k: v for k, v in os.environ.items() if k not in ("HOME", "XDG_STATE_HOME")}
        for env in (homeless, dict(homeless, XDG_STATE_HOME=file), dict(homeless, XDG_STATE_HOME="/proc"),
                    dict(homeless, XDG_STATE_HOME=self.path("y" * 100))):
            with self.subTest(env.get("XDG_STATE_HOME")):
                self.start_run(items=3, env=env)
                self.assertEqual(self.run_process.wait(30), 0)
                self.assertIn("sluice ps and ctl cannot reach this run: ", self.run_process.stderr.read())
                for name in (self.results, self.journal):
                    os.unlink(name)

    def test_a_run_without_a_socket_is_not_listed(self):
        env = dict(os.environ, XDG_STATE_HOME=self.path("state"))
        with open(self.input, "w", encoding="utf-8") as f:
            f.writelines(chat_line(f"item-{i}") + "\n" for i in range(400))
        run = subprocess.Popen(["sh", "-c", 'mkdir -p "$XDG_STATE_HOME/sluice/run/$$.sock"; exec "$0" "$@"', SLUICE, "run",
                                self.input, "--url", self.api.url, "--ui", "none", "--rpm", "600"],
                               env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(run.stderr.close)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        self.assertIn("sluice ps and ctl cannot reach this run", run.stderr.readline())
        self.assertEqual(subprocess.run([SLUICE, "ps", "--all"], env=env, stdout=subprocess.PIPE, text=True,
                                        check=True).stdout, "no runs\n")


class Metrics(ControlTest):
    def test_an_address_gives_metrics_and_health_alone(self):
        self.start_run("--metrics-listen", "0")
        line = self.run_process.stderr.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", line).group()

        def fetch(path, *options):
            return subprocess.run(["curl", "-s", "-w", "%{http_code}", *options, url + path], stdout=subprocess.PIPE,
                                  check=False).stdout.decode()
        self.assertTrue(fetch("/metrics").endswith("200"))
        self.assertIn('"status":"ok"', fetch("/healthz"))
        for path in ("/v1/snapshot", "/v1/commands", "/"):
            self.assertTrue(fetch(path).endswith("404"), path)
        self.assertTrue(fetch("/v1/commands", "-d", '{"command":"stop"}').endswith("404"))
        self.assertTrue(fetch("/metrics", "-H", "Origin: http://evil.example").endswith("403"))

    def test_an_address_that_cannot_be_refuses_the_run(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            for address, word in ((port, "in use"), ("192.0.2.1:0", "assign"), ("nohost.invalid:1", "listen on")):
                self.start_run("--metrics-listen", address)
                self.assertEqual(self.run_process.wait(30), 2)
                self.assertIn(word, self.run_process.stderr.read())


class BadClients(ControlTest):
    def test_garbage_and_floods_are_refused(self):
        self.start_run()
        self.reach()
        s = self.connection()
        s.sendall(b"\x00\xff\x16\x03\x01" * 200 + b"\r\n\r\n")
        # headers without an end
        s = self.connection()
        s.settimeout(20)
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        sent = 0
        try:
            while sent < 1 << 30:
                sent += s.send(b"X-Filler: " + b"a" * 4000 + b"\r\n")
        except OSError:
            pass
        self.assertLess(sent, 4 << 20)
        status, body = self.curl("/v1/commands", "-H", "Expect:", "--data-binary", "x" * 100000)
        self.assertEqual(status, 413)
        self.assertEqual(json.loads(body)["error"]["kind"], "too_large")
        for target in ("/v1/items?" + "&".join(f"a{i}=1" for i in range(50)), "/v1/items?filter=" + "z" * 3000,
                       "/v1/items?filter=%00", "/%2e%2e/%2e%2e/etc/passwd"):
            self.assertIn(self.curl(target)[0], (400, 404, 414, 431), target)
        self.assertEqual(self.get("/healthz")["status"], "ok")

    def test_two_hundred_idle_and_slow_clients_delay_nothing(self):
        self.start_run(items=3000, rpm="off")
        self.reach()
        idle = [self.connection() for _ in range(100)]
        slow = [self.connection() for _ in range(50)]
        for s in slow:
            s.sendall(b"GET /v1/snap")
        deaf = [self.connection() for _ in range(50)]
        for s in deaf:
            s.setblocking(False)
            for _ in range(200):
                try:
                    s.send(b"GET /v1/items?limit=200 HTTP/1.1\r\nHost: x\r\n\r\n")
                except BlockingIOError:
                    break
        self.assertEqual(self.get("/healthz")["status"], "ok")
        self.assertEqual(self.run_process.wait(60), 0)
        self.assertEqual(len(json_lines(self.results)), 3000)
        self.assertTrue(idle)

    def test_a_client_that_leaves_is_forgotten(self):
        self.start_run()
        self.reach()
        before = descriptors(self.run_process.pid)
        for _ in range(20):
            s = self.connection()
            s.sendall(b"GET /v1/events?wait=60 HTTP/1.1\r\nHost: x\r\n\r\n")
            s.close()
            s = self.connection()
            s.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
            s.close()
        wait_for(lambda: descriptors(self.run_process.pid) <= before + 2, "the descriptors of those that left")


if __name__ == "__main__":
    unittest.main()
