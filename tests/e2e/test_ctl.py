"""`sluice ps` and `sluice ctl`: runs that are found, read and steered from elsewhere, and what they say when
there is no such run, several, or one that hangs, is killed, or is no run at all."""

import contextlib
import fcntl
import json
import os
import pty
import re
import shlex
import signal
import socket
import struct
import subprocess
import termios
import threading

from harness import PATIENCE, SLUICE, SOURCE, RunTest, chat_line, json_lines, main, wait_for


DOCUMENT = os.path.join(SOURCE, "docs", "control.md")


class Ctl(RunTest):
    """A mock API, and a folder of runs of its own."""

    def setUp(self):
        super().setUp()
        self.env = dict(os.environ, XDG_STATE_HOME=self.path("state"))
        self.runs = self.path("state/sluice/run")

    def write(self, name, items, first=0):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.writelines(chat_line(f"item-{i}") + "\n" for i in range(first, first + items))
        return self.path(name)

    def run_of(self, name, *options, items=2000, url=None):
        """Starts a run that lasts, and waits until it is listed."""
        if not os.path.exists(self.path(name)):
            self.write(name, items)
        url = url or self.mock("--latency", "100ms").url
        process = self.start("--url", url, "--ui", "none", "-c", "4", *options, source=self.path(name), env=self.env)
        wait_for(lambda: any(r["pid"] == process.pid and r["done"] is not None for r in self.ps()) or
                 process.poll() is not None, "the run in sluice ps")
        return process

    def sluice(self, *words, env=None, **options):
        """Exit code, stdout and stderr."""
        done = subprocess.run([SLUICE, *map(str, words)], env=env or self.env, capture_output=True, text=True,
                              timeout=PATIENCE, stdin=subprocess.DEVNULL, check=False, **options)
        return done.returncode, done.stdout, done.stderr

    def ctl(self, *words, code=0, **options):
        """stdout, or stderr of what fails."""
        got, out, err = self.sluice("ctl", *words, **options)
        self.assertEqual(got, code, f"{words}: {out}{err}")
        return err if code else out

    def ctl_json(self, *words, **options):
        return json.loads(self.ctl(*words, "--json", **options))

    def ps(self, *options):
        code, out, err = self.sluice("ps", "--json", *options)
        self.assertEqual((code, err), (0, ""))
        return json.loads(out)["runs"]

    def stop(self, process):
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


class Ps(Ctl):
    def test_no_run(self):
        self.assertEqual(self.sluice("ps"), (0, "no live runs\n", ""))
        self.assertEqual(self.sluice("ps", "--all"), (0, "no runs\n", ""))
        self.assertEqual(self.ps(), [])
        self.assertFalse(os.path.exists(self.path("state")), "a folder was made by looking")

    def test_several_runs(self):
        url = self.mock("--latency", "100ms").url
        one = self.run_of("one.jsonl", url=url)
        two = self.run_of("two.jsonl", "--name", "nightly", url=url)
        off = self.run_of("off.jsonl", "--control", "off", items=1, url=url)
        far = self.run_of("far.jsonl", "--control", self.path("far.sock"), url=url)
        self.assertEqual(off.wait(PATIENCE), 0)
        runs = {r["name"]: r for r in self.ps()}
        self.assertEqual(sorted(runs), ["far", "nightly", "one"])
        self.assertEqual([runs[n]["pid"] for n in ("one", "nightly", "far")], [one.pid, two.pid, far.pid])
        real = os.path.realpath(self.folder)
        self.assertEqual(runs["one"]["input"], real + "/one.jsonl")
        self.assertEqual(runs["one"]["results"], real + "/one.results.jsonl")
        self.assertEqual(runs["one"]["socket"], os.path.join(self.runs, f"{one.pid}.sock"))
        self.assertEqual(runs["far"]["socket"], real + "/far.sock")
        self.assertEqual(runs["one"]["total"], 2000)
        self.assertEqual(runs["one"]["state"], "RUNNING")
        code, out, _ = self.sluice("ps")
        lines = out.splitlines()
        self.assertEqual((code, len(lines)), (0, 4))
        self.assertEqual(len({len(line) for line in lines}), 1, out)
        self.assertEqual(lines[0].split(), ["NAME", "PID", "STATE", "PROGRESS", "RATE", "ETA", "UPTIME"])
        self.stop(two)
        ended = [r for r in self.ps("--all") if r["name"] == "nightly"]
        self.assertEqual([(r["state"], r["exit_code"], r["total"]) for r in ended], [("STOPPED", 3, 2000)])
        self.assertIn("is over: STOPPED", self.ctl("nightly", "snapshot", code=3))

    def test_cut_to_the_width_of_the_terminal(self):
        self.run_of("a_rather_long_name_of_a_run_that_does_not_fit.jsonl")
        for width in (30, 60, 200):
            ours, theirs = pty.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
            subprocess.run([SLUICE, "ps"], env=self.env, stdout=theirs, check=True, timeout=PATIENCE)
            os.close(theirs)
            lines = os.read(ours, 1 << 16).decode().splitlines()
            os.close(ours)
            self.assertEqual(len(lines), 2)
            self.assertLessEqual(max(map(len, lines)), width)
            self.assertIn("~" if width < 100 else "does_not_fit", lines[1])

    def test_killed_and_resumed(self):
        run = self.run_of("in.jsonl")
        run.kill()
        run.wait()
        self.assertEqual(self.ps(), [])
        self.assertFalse([n for n in os.listdir(self.runs) if n.startswith(str(run.pid))])
        self.assertEqual([r["state"] for r in self.ps("--all")], ["KILLED"])
        self.run_of("in.jsonl")
        self.assertEqual([r["name"] for r in self.ps()], ["in"])

    def test_one_that_is_stopped_is_listed_and_waited_for_only_so_long(self):
        url = self.mock("--latency", "100ms").url
        run, other = self.run_of("in.jsonl", url=url), self.run_of("other.jsonl", url=url)
        run.send_signal(signal.SIGSTOP)
        self.addCleanup(run.send_signal, signal.SIGCONT)
        code, out, _ = self.sluice("ps", "--json", "--timeout", "300ms")
        self.assertEqual((code, [r["state"] for r in json.loads(out)["runs"]]), (0, ["UNREACHABLE", "RUNNING"]))
        for words in (["snapshot"], ["items"], ["pause"], ["events", "--follow"]):
            err = self.ctl("in", *words, "--timeout", "200ms", code=1)
            self.assertIn("the process hangs or is stopped", err)
        self.assertIn("the command may still be carried out", self.ctl("in", "pause", "--timeout", "200ms", code=1))
        self.ctl("other", "pause")
        run.send_signal(signal.SIGCONT)
        self.ctl("in", "pause")
        self.assertEqual([r["state"] for r in self.ps()], ["PAUSED", "PAUSED"])

    def test_a_folder_that_cannot_be_used(self):
        homeless = {k: v for k, v in self.env.items() if k not in ("HOME", "XDG_STATE_HOME")}
        code, out, err = self.sluice("ps", env=homeless)
        self.assertEqual((code, out), (2, ""))
        self.assertIn("cannot find the folder of runs", err)
        os.makedirs(self.path("state/sluice"))
        with open(self.runs, "w", encoding="utf-8"):
            pass
        self.assertIn("is not a folder", self.ctl("snapshot", code=2))

    def test_hostile_files_in_the_folder(self):
        self.run_of("in.jsonl")
        with open(os.path.join(self.runs, "99.json"), "w", encoding="utf-8") as f:
            f.write('{"pid":1,"name":"\\u001b[2J"')
        code, out, err = self.sluice("ps")
        self.assertEqual((code, len(out.splitlines())), (0, 2))
        self.assertIn("99.json in the folder of runs is not a JSON object: skipped", err)


class Choice(Ctl):
    def test_every_way_to_name_a_run(self):
        run = self.run_of("in.jsonl")
        os.symlink(self.path("in.jsonl"), self.path("link"))
        os.mkdir(self.path("sub"))
        socket_path = self.ps()[0]["socket"]
        for what in (run.pid, "in", self.input, self.results, "../in.jsonl", "../link", "./../in.results.jsonl",
                     socket_path):
            with self.subTest(what):
                self.assertEqual(self.ctl_json(what, "snapshot", cwd=self.path("sub"))["run"], "in.jsonl")
        self.assertEqual(self.ctl_json("snapshot")["run"], "in.jsonl")

    def test_no_run_is_guessed(self):
        self.assertIn("no live runs", self.ctl("snapshot", code=3))
        self.assertIn("name the run", self.ctl("pause", code=2))
        url = self.mock("--latency", "100ms").url
        self.run_of("one.jsonl", url=url)
        err = self.ctl("pause", code=2)
        self.assertIn("sluice ctl RUN pause", err)
        self.assertIn("one (", err)
        self.run_of("two.jsonl", url=url)
        self.assertEqual(sorted(r["state"] for r in self.ps()), ["RUNNING", "RUNNING"])
        err = self.ctl("snapshot", code=2)
        self.assertIn("one (pid", err)
        self.assertIn("two (pid", err)

    def test_a_word_that_means_two_runs(self):
        url = self.mock("--latency", "100ms").url
        same = self.write("same.jsonl", 2000)
        one = self.run_of("same.jsonl", "-o", self.path("a.jsonl"), url=url)
        self.run_of("same.jsonl", "-o", self.path("b.jsonl"), url=url)
        self.assertIn("matches 2 runs: a (pid", self.ctl(same, "pause", code=2))
        self.ctl(self.path("a.jsonl"), "pause")
        self.assertEqual(self.ctl_json(one.pid, "snapshot")["state"], "PAUSED")
        # the name of one and the file of the other
        os.link(self.path("a.jsonl"), self.path("b"))
        self.assertIn("matches 2 runs", self.ctl("b", "resume", code=2, cwd=self.folder))
        self.ctl("b", "pause")

    def test_a_taken_name(self):
        url = self.mock("--latency", "100ms").url
        for folder in ("x", "y"):
            os.mkdir(self.path(folder))
            self.run_of(f"{folder}/batch.jsonl", url=url)
        self.assertEqual([r["name"] for r in self.ps()], ["batch", "batch-2"])
        self.assertEqual(self.ctl_json("batch-2", "pause")["state"], "PAUSED")
        self.assertEqual([r["state"] for r in self.ps()], ["RUNNING", "PAUSED"])

    def test_bad_names(self):
        self.write("in.jsonl", 1)
        for name in ("a b", "123", "pause", "-x", "a/b", "x" * 65, ""):
            with self.subTest(name):
                code, _, err = self.sluice("run", self.input, f"--name={name}", "--url", "http://127.0.0.1:1")
                self.assertEqual(code, 2)
                self.assertIn("--name", err)


class Commands(Ctl):
    def test_exit_codes(self):
        self.run_of("in.jsonl")
        for words, code, part in ((["in", "set", "rpm", "x"], 1, "is not a number"),
                                  (["in", "frobnicate"], 1, "unknown command"),
                                  (["in", "cancel", "nobody"], 1, "no item"),
                                  (["in", "items", "foo:bar"], 1, "unknown filter word"),
                                  (["in", "item", "nobody"], 1, "no item"),
                                  (["in", "item", "#99999"], 1, "99999"),
                                  (["in"], 2, "the command is missing"),
                                  (["in", "item"], 2, "LINE|ID is missing"),
                                  (["in", "snapshot", "now"], 2, "takes no words"),
                                  (["in", "snapshot", "--follow"], 2, "--follow is for events"),
                                  (["in", "items", "--dry-run"], 2, "--dry-run is for"),
                                  (["in", "pause", "--content"], 2, "--content is for item"),
                                  (["in", "cancel", "where", "state:queued", "x" * 40000], 2, "longer than"),
                                  (["in", "cancel", "where", "state:queued", "x" * 400], 1, "longer than"),
                                  ([], 2, "COMMAND is missing"),
                                  (["out", "pause"], 3, "no live run \"out\"; live runs: in ("),
                                  (["resme"], 3, "it is not a command either")):
            with self.subTest(words):
                err = self.ctl(*words, code=code)
                self.assertIn(part, err)
                self.assertEqual(err.count("\n"), 1, err)

    def test_a_proxy_is_not_asked(self):
        self.run_of("in.jsonl")
        env = dict(self.env, http_proxy="http://127.0.0.1:1", all_proxy="http://127.0.0.1:1")
        self.assertIn("RUNNING", self.ctl("in", "snapshot", env=env))
        self.assertIn("RUNNING", self.sluice("ps", env=env)[1])

    def test_commands(self):
        self.run_of("in.jsonl")
        self.assertEqual(self.ctl("in", "set rpm 300"), "rpm off to 300\n")
        answer = self.ctl_json("in", "set", "rpm", "-10%")
        self.assertEqual((answer["ok"], answer["command"], answer["in_force"]["rpm"]), (True, "set rpm -10%", 270))
        code, out, err = self.sluice("ctl", "in", "set", "rpm", "x", "--json")
        self.assertEqual((code, json.loads(out)["ok"]), (1, False))
        self.assertIn("is not a number", err)
        self.ctl("in", "pause all")
        self.assertEqual(self.ctl("in", "cancel", "where", "id:item-199", "--dry-run").split()[0], "11")
        self.assertEqual(self.ctl_json("in", "cancel where id:item-199", "--dry-run")["items"], 11)
        self.assertEqual(self.ctl_json("in", "snapshot")["items"]["cancelled"], 0)
        self.assertEqual(self.ctl_json("in", "cancel where id:item-199")["items"], 11)
        self.assertEqual(self.ctl_json("in", "snapshot")["items"]["cancelled"], 11)
        self.assertIn("nothing to count", self.ctl("in", "resume", "--dry-run", code=1))

    def test_a_file_is_written_where_the_command_is_given(self):
        self.run_of("in.jsonl")
        self.ctl("in", "pause all")
        here = self.path("here")
        os.mkdir(here)
        self.assertIn(f"2000 items written to {here}/all.csv", self.ctl("in", "write", "all.csv", cwd=here))
        with open(os.path.join(here, "all.csv"), encoding="utf-8") as f:
            self.assertEqual(sum(1 for _ in f), 2001)
        self.assertIn("exists", self.ctl("in", "write", "all.csv", cwd=here, code=1))

    def test_reads(self):
        mock = self.mock("--latency", "20ms", "--errors", "0.3")
        self.run_of("in.jsonl", "--max-attempts", "1", url=mock.url, items=4000)
        wait_for(lambda: self.ctl_json("in", "snapshot")["items"]["failed"] > 20, "failed items")
        self.ctl("in", "pause")
        wait_for(lambda: not self.ctl_json("in", "snapshot")["items"]["in_flight"], "an idle run")
        snapshot = self.ctl_json("in", "snapshot")
        failed = snapshot["items"]["failed"]
        self.assertIn(f"{failed} failed", self.ctl("in", "snapshot"))
        page = self.ctl_json("in", "items", "state:failed", "--limit", "all")
        self.assertEqual((page["total"], len(page["rows"]), page["complete"], page["next"]),
                         (failed, failed, True, None))
        self.assertEqual({r["state"] for r in page["rows"]}, {"failed"})
        every = self.ctl_json("in", "items", "--limit", "all")["rows"]
        self.assertEqual([r["line"] for r in every], list(range(1, 4001)))
        some = self.ctl_json("in", "items", "--limit", "300", "--offset", "100", "--sort", "line", "--descending")
        self.assertEqual(([r["line"] for r in some["rows"]], some["next"]), (list(range(3900, 3600, -1)), 400))
        text = self.ctl("in", "items", "state:failed", "--limit", "3").splitlines()
        self.assertEqual((len(text), text[-1]), (5, f"3 of {failed}; --offset 3 shows the next"))
        line = page["rows"][0]["line"]
        for what in (line, f"#{line}", f"item-{line - 1}"):
            self.assertEqual(self.ctl_json("in", "item", what)["row"]["line"], line)
        self.assertNotIn("request", self.ctl_json("in", "item", line))
        self.assertIn("messages", self.ctl_json("in", "item", line, "--content")["request"]["body"])
        self.assertIn("server_error", self.ctl("in", "item", line))
        self.assertIn("server_error", self.ctl("in", "errors"))
        self.assertEqual(self.ctl_json("in", "errors")["errors"][0]["failed"], failed)
        self.assertIn("paused", self.ctl("in", "events"))
        self.assertIn("next", self.ctl_json("in", "events"))
        self.assertIn("set concurrency", self.ctl("in", "commands"))

    def test_attempts_of_a_pipeline_have_their_stages(self):
        ask = {"model": "m", "messages": [{"role": "user", "content": "{{q}}"}]}
        with open(self.path("stages.json"), "w", encoding="utf-8") as f:
            json.dump({"stages": {"first": {"body": ask}, "second": {"after": "first", "body": ask}}}, f)
        with open(self.path("in.jsonl"), "w", encoding="utf-8") as f:
            f.writelines(f'{{"custom_id":"row-{i}","q":"{i}"}}\n' for i in range(2000))
        self.run_of("in.jsonl", "--pipeline", self.path("stages.json"))
        wait_for(lambda: self.ctl_json("in", "item", "#1")["row"]["state"] == "ok", "the first row")
        table = self.ctl("in", "item", "#1").partition("STAGE")[2].splitlines()
        self.assertEqual([line.split()[0] for line in table[1:3]], ["first", "second"])

    def test_every_example_of_the_page_works(self):
        self.run_of("prompts.jsonl", items=4000)
        with open(DOCUMENT, encoding="utf-8") as f:
            text = f.read().partition("### A service")[0]  # test_serve_steered.py has its
        examples = re.findall(r"^ {4}sluice ((?:ps|ctl) .*|ps)$", text, re.M)
        self.assertGreater(len(examples), 10)
        for example in examples:
            with self.subTest(example):
                code, out, err = self.sluice(*shlex.split(example))
                self.assertEqual((code, err), (0, ""))
                self.assertTrue(out)

    def test_ids_that_are_not_simple(self):
        ids = ['with blank', 'a"b', 'back\\', '#5', '12', "ünï", "x" * 100]
        with open(self.input, "w", encoding="utf-8") as f:
            f.writelines(chat_line(i) + "\n" for i in ids)
        url = self.mock("--latency", "20s").url
        self.run_of("in.jsonl", url=url)
        for line, item_id in enumerate(ids, 1):
            if item_id != "#5":
                self.assertEqual(self.ctl_json("in", "item", item_id)["row"]["line"], line)
        self.assertEqual(self.ctl_json("in", "item", "#5")["row"]["line"], 5)
        self.ctl("in", "stop")


class Events(Ctl):
    def test_followed_to_the_end(self):
        self.run_of("in.jsonl", "--rpm", "6000", items=80)
        text, lines = self.path("text"), self.path("lines")
        with open(text, "wb") as a, open(lines, "wb") as b:
            followers = [subprocess.Popen([SLUICE, "ctl", "in", "events", "-f"], env=self.env, stdout=a),
                         subprocess.Popen([SLUICE, "ctl", "events", "-f", "--json"], env=self.env, stdout=b)]
        self.ctl("in", "set", "tpm", "1M")
        self.assertEqual([f.wait(PATIENCE) for f in followers], [0, 0])
        with open(text, encoding="utf-8") as f:
            shown = f.read()
        self.assertIn("tpm off to 1M", shown)
        self.assertTrue(shown.endswith("the run has ended: DONE\n"), shown)
        events = json_lines(lines)
        self.assertEqual(events[-1], {"end": {"state": "DONE"}})
        self.assertLessEqual({e["level"] for e in events[:-1]}, {"info", "warning", "error", "debug"})
        numbers = [e["seq"] for e in events[:-1]]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))

    def test_a_killed_run_ends_them(self):
        run = self.run_of("in.jsonl")
        follower = subprocess.Popen([SLUICE, "ctl", "in", "events", "-f"], env=self.env, stderr=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True)
        self.ctl("in", "set", "rpm", "60")
        wait_for(lambda: "rpm" in follower.stdout.readline(), "the event")
        run.kill()
        _, err = follower.communicate(timeout=PATIENCE)
        self.assertIn("nothing answers", err)
        self.assertEqual(follower.returncode, 3)

    def test_a_reader_that_leaves(self):
        run = self.run_of("in.jsonl")
        for words in (["ctl", "in", "items", "--limit", "all"], ["ps"], ["ctl", "in", "events", "-f"]):
            ours, theirs = os.pipe()
            os.close(ours)
            done = subprocess.run([SLUICE, *words], env=self.env, stdout=theirs, stderr=subprocess.PIPE, check=False,
                                  timeout=PATIENCE)
            os.close(theirs)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([SLUICE, "ctl", "in", "snapshot"], env=self.env, stdout=full, check=False,
                                  stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)
        self.assertIsNone(run.poll())


class Strangers(Ctl):
    """Sockets behind which there is no run, or a hostile one."""

    def serve(self, answer):
        """A socket whose clients all get these bytes, or with None nothing."""
        path = self.path("other.sock")
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()

        def talk(client):
            with client:
                client.recv(1 << 16)
                if answer is None:
                    client.recv(1)
                else:
                    client.sendall(answer)

        def loop():
            with server:
                while True:
                    try:
                        client, _ = server.accept()
                    except OSError:
                        return
                    with contextlib.suppress(OSError):
                        talk(client)

        def end():
            server.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)
            os.unlink(path)

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        self.addCleanup(end)
        return path

    @staticmethod
    def http(body, status=200, head=""):
        body = body.encode() if isinstance(body, str) else body
        return f"HTTP/1.1 {status} X\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def test_no_answer_of_sluice(self):
        endless = b"HTTP/1.1 200 OK\r\n" + b"X-Y: " + b"z" * (2 << 20)
        for answer in (b"", b"SSH-2.0-OpenSSH_9\r\n", b"\x00\xff" * 50, endless, self.http("<html>"),
                       self.http("<html>", 500), self.http("{}", 404), self.http("{", 200), self.http("")):
            with self.subTest(answer[:40]):
                path = self.serve(answer)
                for words in (["snapshot"], ["items"], ["item", "7"], ["pause"], ["events"], ["events", "-f"]):
                    err = self.ctl(path, *words, code=1)
                    self.assertEqual(err.count("\n"), 1, err)
            self.start_over()

    def test_silence(self):
        path = self.serve(None)
        self.assertIn("no answer within 0.2 s", self.ctl(path, "snapshot", "--timeout", "200ms", code=1))
        self.assertIn("no answer within 0.2 s", self.ctl(path, "pause", "--timeout", "200ms", code=1))

    def test_nobody(self):
        path = self.path("dead.sock")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
        self.assertIn("nothing answers", self.ctl(path, "snapshot", code=3))
        self.assertIn("no live run", self.ctl(self.path("none.sock"), "snapshot", code=3))

    def test_hostile_text(self):
        bad = "\x1b[2J\x9b5n\u202e\r\n\x07"
        row = {"line": 1, "id": bad, "state": bad, "outcome": bad, "attempt": 1, "model": bad, "status": 200}
        group = {"items": 1, "failed": 1, "outcome": bad, "code": bad, "message": bad, "sample": bad}
        event = {"seq": 1, "time": bad, "level": bad, "text": bad}
        everything = {"run": bad, "state": bad, "note": bad, "items": {bad: 5}, "outcomes": {bad: 1}, "total": 1,
                      "complete": True, "rows": [row], "next": None, "row": row, "error": bad,
                      "attempts": [{"attempt": 1, "message": bad, "outcome": bad, "started": bad}],
                      "request": {"head": bad, "body": bad}, "errors": [group], "events": [event], "text": bad,
                      "commands": [{"name": bad, "args": bad, "help": bad}], "ok": True}
        path = self.serve(self.http(json.dumps(everything)))
        for words in (["snapshot"], ["items"], ["item", "1", "--content"], ["errors"], ["events"], ["commands"],
                      ["pause"]):
            with self.subTest(words):
                text = self.ctl(path, *words)
                self.assertFalse(set("\x1b\x9b\u202e\r\x07") & set(text), repr(text))
                got = self.ctl_json(path, *words)
                self.assertEqual(got["rows"] if words == ["items"] else got,
                                 [row] if words == ["items"] else everything)

    def test_hostile_text_of_errors_and_streams(self):
        bad = "\x1b[2J\u202e"
        path = self.serve(self.http(json.dumps({"error": {"kind": bad, "message": bad}}), 400))
        self.assertNotIn("\x1b", self.ctl(path, "snapshot", code=1))
        self.start_over()
        stream = "".join(f"id: 1\nevent: {kind}\ndata: {json.dumps(data)}\n\n" for kind, data in
                         (("log", {"text": bad}), ("strange", {}), ("missed", {"missed": 3}), ("end", {"state": bad})))
        path = self.serve(self.http(stream, head="Content-Type: text/event-stream\r\n"))
        text = self.ctl(path, "events", "-f")
        self.assertNotIn("\x1b", text)
        self.assertIn("(3 events were missed)", text)


if __name__ == "__main__":
    main()
