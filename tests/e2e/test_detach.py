"""`sluice run --detach`: a run without a terminal, and the same command while a run goes on."""

import json
import os
import signal
import subprocess

from harness import SLUICE, RunTest, json_lines, main, wait_for
from terminal import Terminal, end_processes_of


class Detach(RunTest):
    def setUp(self):
        super().setUp()
        self.server = self.mock("--latency", "40ms", "--sigma", "0")
        self.mark = {"SLUICE_TEST": self.folder}
        self.addCleanup(end_processes_of, self.mark)

    def detach(self, *options, source=None, **popen):
        """Exit code, the line on stdout, stderr."""
        done = subprocess.run([SLUICE, "run", source or self.input, "--url", self.server.url, "-c", "4", "--detach",
                               *options], capture_output=True, timeout=60, check=False,
                              env={**os.environ, **self.mark}, **popen)
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr.decode()

    def ctl(self, *words):
        return subprocess.run([SLUICE, "ctl", *words], capture_output=True, text=True, timeout=30, check=False)

    def wait_for_end(self):
        wait_for(lambda: any(r.get("event") == "stop" for r in json_lines(self.journal)), "the end of the run")

    def test_it_tells_of_a_run_that_goes_on_without_a_terminal(self):
        ids = self.write_items(200)
        read, write = os.pipe()
        code, run, err = self.detach("--name", "night", pass_fds=(write,))
        os.close(write)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(run["name"], "night")
        self.assertEqual(run["attach"], "sluice attach night")
        pid = run["pid"]
        self.assertEqual(os.getsid(pid), pid)
        self.assertEqual(os.getpgid(pid), pid)
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            self.assertEqual(f.read().rpartition(")")[2].split()[4], "0", "it has a terminal")
        self.assertEqual([os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)], ["/dev/null"] * 3)
        self.assertEqual(os.read(read, 1), b"", "it keeps no descriptor of others")
        os.close(read)
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), os.getcwd())
        self.assertEqual(json.loads(self.ctl("night", "snapshot", "--json").stdout)["state"], "RUNNING")
        os.kill(pid, signal.SIGHUP)
        self.wait_for_end()
        self.assert_exactly_once(ids)
        self.assertEqual(self.last_stop()["exit_code"], 0)

    def test_it_fails_with_the_message_of_a_run_that_cannot_begin(self):
        self.write_items(2)
        for options, word in (((), "no such file"), (("--key-file", "/nonexistent"), "/nonexistent"),
                              (("--key-command", "echo why >&2; exit 4"), "why\n"),
                              (("--control", "/nonexistent/x.sock"), "/nonexistent"),
                              (("-o", "/nonexistent/x.jsonl"), "/nonexistent")):
            with self.subTest(word):
                code, run, err = self.detach(*options, source=None if options else self.path("none"))
                self.assertEqual((code, run), (2, None), err)
                self.assertIn(word, err)

    def test_it_can_be_had_without_a_socket_or_a_home(self):
        ids = self.write_items(20)
        code, run, err = self.detach("--control", "off")
        self.assertEqual((code, run["name"], run["socket"], run["attach"]), (0, None, None, None), err)
        self.wait_for_end()
        self.assert_exactly_once(ids)
        self.forget_run()
        self.mark.update(HOME="/proc/none", XDG_STATE_HOME="/proc/none")
        code, run, err = self.detach()
        self.assertEqual((code, run["socket"]), (0, None))
        self.assertIn("sluice ps and ctl cannot reach this run", err)
        self.wait_for_end()

    def test_a_pipe_is_read_to_its_end_and_messages_go_into_a_file(self):
        with open(self.path("log"), "w", encoding="utf-8") as log:
            writer = subprocess.Popen([SLUICE, "run", "-", "-o", self.results, "--url", self.server.url, "--detach"],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                      env={**os.environ, **self.mark})
        self.write_items(50)
        with open(self.input, "rb") as f:
            lines = f.readlines()
        writer.stdin.writelines(lines[:10])
        writer.stdin.flush()
        self.assertIn(b'"pid":', writer.stdout.readline())
        self.assertEqual(writer.wait(30), 0)
        writer.stdin.writelines(lines[10:])
        writer.stdin.close()
        self.assertEqual(writer.stdout.read(), b"", "whoever reads its output waits for nobody")
        writer.stdout.close()
        self.wait_for_end()
        self.assert_exactly_once([f"item-{i}" for i in range(50)])

        def summary():
            with open(self.path("log"), encoding="utf-8") as f:
                return "DONE" in f.read()

        wait_for(summary, "the summary in the file")

    def test_the_prompt_of_a_key_command_has_the_terminal(self):
        ids = self.write_items(4)
        ask = "printf 'passphrase: ' >/dev/tty; read answer </dev/tty; echo $answer"
        t = Terminal([SLUICE, "run", self.input, "--url", self.server.url, "--detach", "--key-command", ask],
                     env=self.mark)
        self.addCleanup(t.close)
        t.see("passphrase:")
        t.keys("k-123\r")
        t.see('"attach":"sluice attach in"')
        self.assertEqual(t.process.wait(30), 0)
        t.close_terminal()
        self.wait_for_end()
        self.assert_exactly_once(ids)

    def test_interrupted_at_its_start_it_ends(self):
        self.write_items(4)
        t = Terminal(["sh", "-c", '"$@" & wait $!; echo ended $?', "sh", SLUICE, "run", self.input, "--url",
                      self.server.url, "--detach", "--key-command", f"echo $$ >{self.path('pid')}; sleep 99"],
                     env=self.mark)
        self.addCleanup(t.close)
        wait_for(lambda: os.path.exists(self.path("pid")), "the key command")
        client = int(subprocess.run(["pgrep", "-P", str(t.process.pid)], capture_output=True, text=True,
                                    check=True).stdout.split()[0])
        os.kill(client, signal.SIGTERM)
        t.see("ended 143")

    def test_the_same_command_is_refused_with_the_way_to_the_first(self):
        self.write_items(4000)
        _, run, _ = self.detach()
        for options in (("--ui", "plain"), ("--detach",), ("--ui", "json")):
            code, err = self.run_sluice("--url", self.server.url, *options)
            self.assertEqual(code, 2)
            self.assertIn(f"(pid {run['pid']})", err)
            self.assertIn("sluice attach in", err)
        os.kill(run["pid"], signal.SIGTERM)
        self.wait_for_end()
        self.assertEqual(self.last_stop()["exit_code"], 3)
        code, err = self.run_sluice("--url", self.server.url, "--ui", "none", "-c", "99")
        self.assertEqual(code, 0, err)


if __name__ == "__main__":
    main()
