"""Keys that change while a run goes on: from a file, from a command, by the operator's word."""

import os
import signal
import subprocess
import threading
import time

import serving
from api_server import ApiServer
from harness import SLUICE, RunTest, main, wait_for
from terminal import Terminal

OLD, NEW = "sk-old-0123456789-secret", "sk-new-9876543210-secret"


class Server(ApiServer):
    """Answers 401 but to the good keys, and repeats the key that it got."""

    def __init__(self):
        self.good, self.refused, self.answered = {OLD}, 0, 0
        self.now, self.most, self.lock = 0, 0, threading.Lock()  # requests at once
        super().__init__()

    def answer(self, request):
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        good = key in self.good
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.01)  # its latency
        with self.lock:
            self.now -= 1
        if good:
            self.answered += 1
            body = {"id": "1", "choices": [{"message": {"content": f"your key is {key}"}}], "usage": {}}
        else:
            self.refused += 1
            body = {"error": {"message": f"the key {key} has expired", "code": "expired"}}
        request.reply(body, 200 if good else 401, {"X-Request-Id": "of-" + key})


class Keys(RunTest):
    def setUp(self):
        super().setUp()
        self.server = self.until_end(Server())
        self.key_file = self.path("key")
        self.give(OLD)

    def give(self, key):
        """Puts the key into the file at once, as tools do."""
        with open(os.open(self.key_file + ".new", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w",
                  encoding="utf-8") as f:
            f.write(key + "\n")
        os.rename(self.key_file + ".new", self.key_file)

    def options(self, *more):
        return "--url", self.server.url, "--provider", "openai", "-c", "2", "--rpm", "2400", *more

    def expire(self):
        """After some answers the old key is worth nothing."""
        wait_for(lambda: self.server.answered > 3, "answers")
        self.server.good = {NEW}
        wait_for(lambda: self.server.refused > 1, "refusals")

    def end(self, process, ids):
        _, err = process.communicate(timeout=60)
        err = (err or b"").decode()
        self.assertEqual(process.returncode, 0, err)
        self.assert_exactly_once(ids)
        self.assert_no_key(err)
        return err

    def assert_no_key(self, err):
        for path in (self.results, self.errors, self.journal):
            if os.path.exists(path):
                with open(path, encoding="utf-8") as f:
                    err += f.read()
        self.assertNotIn(OLD, err)
        self.assertNotIn(NEW, err)

    def test_a_file_with_another_key(self):
        ids = self.write_items(40)
        process = self.start(*self.options("--ui", "plain", "--key-file", self.key_file))
        self.expire()
        self.give("")  # as one that is being written
        self.give(NEW)
        err = self.end(process, ids)
        self.assertIn("waiting for a new key: write it to " + self.key_file, err)

    def test_a_command_runs_again(self):
        ids = self.write_items(40)
        runs = self.path("runs")
        command = f"echo run >> {runs}; cat {self.key_file}; echo talk >&2"
        process = self.start(*self.options("--ui", "plain", "--key-command", command))
        wait_for(lambda: self.server.answered > 3, "answers")
        with open(f"/proc/{process.pid}/cmdline", "rb") as f:
            self.assertNotIn(OLD.encode(), f.read())
        self.give(NEW)
        self.server.good = {NEW}
        err = self.end(process, ids)
        with open(runs, encoding="utf-8") as f:
            self.assertEqual(len(f.readlines()), 2)
        self.assertEqual(err.count("talk"), 1, "in the run it has no terminal")
        with open(self.journal, encoding="utf-8") as f:
            self.assertNotIn(self.key_file, f.read(), "a command may hold secrets")

    def test_one_command_for_several_endpoints(self):
        runs = self.path("runs")
        other = self.until_end(Server())
        ids = self.write_items(20)
        command = f"echo run >> {runs}; cut -d, -f1 {self.key_file}"
        process = self.start("-c", "2", "--ui", "none", *(word for name, server in (("a", self.server), ("b", other)) for word in (
            "--endpoint", f"{name}={server.url},provider=openai,key-command={command},weight=1")))
        self.end(process, ids)
        self.assertTrue(other.answered and self.server.answered)
        with open(runs, encoding="utf-8") as f:
            self.assertEqual(len(f.readlines()), 1)

    def test_the_run_goes_on_while_a_command_takes_its_time(self):
        """At the other endpoint: the loop does not wait."""
        other = self.until_end(Server())
        once, go = self.path("once"), self.path("go")
        ids = self.write_items(50)
        command = f"if [ -e {once} ]; then while [ ! -e {go} ]; do sleep 0.05; done; fi; touch {once}; cat {self.key_file}"
        process = self.start("--ui", "plain", "--rpm", "1200", "-c", "1",
                             "--endpoint", f"a={self.server.url},provider=openai,key-command={command},weight=1",
                             "--endpoint", f"b={other.url},provider=openai,key-file={self.key_file},weight=1")
        wait_for(lambda: self.server.answered > 1, "answers")
        self.server.good = {NEW}
        wait_for(lambda: self.server.refused, "a refusal")
        before = other.answered
        wait_for(lambda: other.answered > before + 5, "answers of the other endpoint")
        self.give(NEW)
        other.good = {OLD, NEW}
        open(go, "w", encoding="utf-8").close()
        self.end(process, ids)

    def test_a_command_that_fails_before_the_start(self):
        self.write_items(2)
        for command, word in ((f"cat {self.key_file}; exit 4", "exit status 4"), ("true", "first line is empty"),
                              (f"echo Bearer {OLD}", "a header name")):
            code, err = self.run_sluice(*self.options("--key-command", command))
            self.assertEqual(code, 2, err)
            self.assertIn(word, err)
            self.assert_no_key(err)
        code, err = self.run_sluice("--endpoint", f"east={self.server.url},key-command=exit 4")
        self.assertIn("endpoint east: --key-command: exit status 4", err)
        self.assertEqual(self.server.answered + self.server.refused, 0)

    def test_a_command_that_fails_in_the_run(self):
        """The operator is told why, and a later key ends the wait."""
        ids = self.write_items(40)
        command = f"[ -e {self.path('once')} ] && exit 5; touch {self.path('once')}; cat {self.key_file}"
        t = Terminal([SLUICE, "run", self.input, *self.options("--key-command", command, "--exit")], 120, 30)
        self.addCleanup(t.close)
        t.see("RUNNING")
        self.expire()
        t.see("exit status 5", "key reload")
        os.remove(self.path("once"))
        self.give(NEW)
        t.keys(":key reload\r")
        self.assertEqual(t.process.wait(30), 0)
        self.assert_exactly_once(ids)
        self.assert_no_key(t.raw.decode(errors="replace"))

    def test_the_operator_reloads_a_file(self):
        self.write_items(2000)
        t = Terminal([SLUICE, "run", self.input, *self.options("--key-file", self.key_file)], 120, 30)
        self.addCleanup(t.close)
        t.see("RUNNING")
        t.keys(":key reload\r")
        t.see("still has the same key")
        self.server.good = {OLD, NEW}
        self.give(NEW)
        t.keys(":key reload\r")
        t.see("a new key from")
        self.server.good = {NEW}
        before = self.server.answered
        wait_for(lambda: self.server.answered > before + 5, "answers with the new key")

    def test_who_watches_is_shown_no_key(self):
        """Neither the old nor the new one: over the control socket, or in a hook, even from its environment."""
        self.write_items(2000)
        env = {**os.environ, "XDG_STATE_HOME": self.path("state"), "OTHER": "x" + NEW}
        told = self.path("told")
        process = self.start(*self.options("--ui", "none", "--key-file", self.key_file, "--on-end",
                                           f"{{ cat; env; }} >{told}"), env=env)
        self.expire()
        shown = ""

        def ctl(*words):
            nonlocal shown
            done = subprocess.run([SLUICE, "ctl", str(process.pid), *words], env=env, capture_output=True, text=True,
                                  timeout=60, check=False)
            shown += done.stdout + done.stderr
            return done.stdout

        wait_for(lambda: "waiting for a new key" in ctl("snapshot", "--json"), "the note")
        self.assertIn("still has the same key", ctl("key", "reload") + shown)
        self.give(NEW)
        wait_for(lambda: self.server.answered > 8, "answers with the new key")
        for words in (("items", "where ok"), ("item", "#1", "--content"), ("item", "#8", "--content"), ("errors",),
                      ("events",), ("snapshot", "--json"), ("key", "reload")):
            ctl(*words)
        self.assertIn("your key is", shown)
        ctl("drain")
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 3, err)
        shown += err.decode()
        with open(told, encoding="utf-8") as f:
            shown += f.read()
        self.assertIn("SLUICE_HOOK=end", shown)
        self.assertIn('"ok":', shown)
        self.assert_no_key(shown)

    def test_a_command_is_ended_with_the_run(self):
        """A hook keeps the process alive; how the command ends then is of no interest to a run whose files are closed."""
        self.write_items(40)
        once, pid, hook = self.path("once"), self.path("pid"), self.path("hook")
        command = f"""if [ -e {once} ]; then
            echo $$ >{pid}
            while [ ! -e {hook} ]; do sleep 0.01; done
            exit 5
        fi
        touch {once}; cat {self.key_file}"""
        # the hook lasts until the command has been reaped
        on_end = f"touch {hook}; while kill -0 $(cat {pid}); do sleep 0.01; done"
        process = self.start(*self.options("--ui", "plain", "--key-command", command, "--on-end", on_end))
        self.expire()
        wait_for(lambda: os.path.exists(pid), "the command")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 3, err)
        self.assert_no_key(err.decode())

    def test_a_key_of_a_variable_cannot_be_reloaded(self):
        self.write_items(2000)
        t = Terminal([SLUICE, "run", self.input, *self.options()], 120, 30, env={"OPENAI_API_KEY": OLD})
        self.addCleanup(t.close)
        t.see("RUNNING")
        t.keys(":key reload\r")
        t.see("give --key-file or --key-command")

    def serve(self, *options):
        server = serving.Server(self.folder, *options)
        self.addCleanup(server.close)
        return server

    def test_a_command_runs_once_for_all_batches_of_a_service(self):
        runs = self.path("runs")
        server = self.serve("--endpoint", f"a={self.server.url},provider=openai,key-command=echo run >> {runs}; cat {self.key_file}",
                            "--default-model", "m", "--rpm", "2400", "-c", "2")
        file = server.upload(serving.chat_lines(60))
        batches = [server.create(file) for _ in range(4)]
        self.assertEqual(server.ask("POST", "/complete", {"prompt": "hi"})[0], 200)
        with open(runs, encoding="utf-8") as f:
            self.assertEqual(len(f.readlines()), 1)
        self.give(NEW)
        self.server.good = {NEW}
        batches.append(server.create(file))
        for batch in batches:
            self.assertEqual(server.wait_for_end(batch)["request_counts"]["completed"], 60)
        self.assertEqual(server.ask("POST", "/complete", {"prompt": "hi"})[0], 200)
        with open(runs, encoding="utf-8") as f:
            self.assertEqual(len(f.readlines()), 2)
        self.assert_no_key(server.log_text())

    def test_a_batch_with_a_new_key_does_not_wait_for_the_old_one(self):
        self.server.good = {NEW}
        server = self.serve("--url", self.server.url, "--provider", "openai", "--key-file", self.key_file)
        file = server.upload(serving.chat_lines(2))
        first = server.create(file)
        wait_for(lambda: self.server.refused > 3, "refusals")
        self.assertEqual(server.ask("POST", f"/v1/batches/{first}/cancel")[0], 200)
        server.wait_for_end(first)
        self.give(NEW)
        start = time.monotonic()
        self.assertEqual(server.wait_for_end(server.create(file))["status"], "completed")
        self.assertLess(time.monotonic() - start, 3)

    def test_batches_of_a_service_with_old_and_new_keys_share_its_limits(self):
        server = self.serve("--url", self.server.url, "--provider", "openai", "--key-file", self.key_file, "-c", "1",
                            "--default-model", "m", "--pace", "fixed")
        server.create(server.upload(serving.chat_lines(500)))
        wait_for(lambda: self.server.answered > 3, "answers")
        self.server.good = {OLD, NEW}
        self.give(NEW)
        other = server.create(server.upload(serving.chat_lines(20)))
        self.assertEqual(server.wait_for_end(other)["status"], "completed")
        self.assertEqual(self.server.most, 1, "requests in flight")


if __name__ == "__main__":
    main()
