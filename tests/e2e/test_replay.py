"""`sluice replay`, and looking back in a run that goes on, through a terminal."""

import json
import os
import re
import signal
import subprocess

from harness import PATIENCE, SLUICE, RunTest, json_lines, main, wait_for
from terminal import Terminal

LEFT, SHIFT_RIGHT, F2, F4 = "\x1b[D", "\x1b[1;2C", "\x1bOQ", "\x1bOS"


class Replay(RunTest):
    def replay(self, *options, **size):
        terminal = Terminal([SLUICE, "replay", self.results, *options], **size)
        self.addCleanup(terminal.close)
        return terminal

    def moment(self, at):
        run = subprocess.run([SLUICE, "replay", self.results, "--at", at, "--ui", "json"], capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stderr.splitlines()[-1])

    def finish(self):
        """A short run with errors and an act of the operator."""
        server = self.mock("--latency", "40ms", "--errors", "0.2")
        self.write_items(120)
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "-c", "4", "--max-attempts", "9")
        self.assertEqual(code, 0, err)

    def test_a_run_is_played_and_sought(self):
        self.finish()
        files = {name: os.stat(self.path(name)).st_mtime_ns for name in os.listdir(os.path.dirname(self.results))}
        terminal = self.replay("--at", "50%", columns=100, lines=30)
        terminal.see("REPLAY", "‖ [", "Space play", "[] mark")
        middle = int(re.search(r" ok (\d+)", "\n".join(terminal.text())).group(1))
        self.assertTrue(0 < middle < 120, middle)
        terminal.keys("0")
        terminal.see("ok 0 ", "of 120")
        terminal.keys("]")
        terminal.see("new error")
        terminal.keys(":replay at 100%\r")
        terminal.see("DONE", "ok 120", "finished")
        terminal.keys(F4)
        terminal.see("── log", "the session ended", "T time bar")
        terminal.keys(":replay at 0%\r")
        terminal.see("a session began")
        terminal.keys("\x0c")  # pyte knows no CSI S, by which a long list scrolls
        wait_for(lambda: "the session ended" not in "\n".join(terminal.text()), "the log of then")
        terminal.keys("2/state:ok\r")
        terminal.see("items: state:ok", "none")
        terminal.keys(":replay at 50%\r")
        terminal.see("── items: state:ok", f"of {middle}")
        terminal.keys("T+ ")
        terminal.see("▶ [", "2x")
        terminal.see("of 120 ", patience=PATIENCE)  # plays to the end
        terminal.keys("3p:drain\r")
        terminal.see("a replay changes nothing")
        terminal.keys("\x1bOP")  # F1
        terminal.see("── rate", "T time bar")
        terminal.keys("T0 ")
        terminal.see("REPLAY", "▶ [")
        terminal.keys("q")
        self.assertEqual(terminal.process.wait(PATIENCE), 0)
        self.assertEqual(files, {name: os.stat(self.path(name)).st_mtime_ns for name in files})

    def test_moments_without_a_terminal(self):
        self.finish()
        self.assertEqual(self.moment("0")["items"]["ok"], 0)
        self.assertEqual(self.moment("100%")["items"]["ok"], 120)
        counts = [self.moment(f"{share}%")["items"] for share in (20, 50, 80)]
        self.assertTrue(counts[0]["ok"] <= counts[1]["ok"] <= counts[2]["ok"])
        for items in counts:
            self.assertEqual(sum(items.values()), 120, items)
        for at, words in (("25:00", "is not a time"), ("2001-01-01 00:00", "is outside the run")):
            run = subprocess.run([SLUICE, "replay", self.results, "--at", at], capture_output=True, text=True,
                                 stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
            self.assertEqual(run.returncode, 2)
            self.assertIn(words, run.stderr)
        os.unlink(self.journal)
        run = subprocess.run([SLUICE, "replay", self.results], capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
        self.assertEqual(run.returncode, 2)
        self.assertIn("no journal", run.stderr)
        os.unlink(self.results)
        run = subprocess.run([SLUICE, "replay", self.results], capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual(run.returncode, 3)

    def test_killed_and_resumed_is_two_sessions(self):
        server = self.mock("--latency", "20ms")
        self.write_items(300)
        run = self.start("--url", server.url, "--ui", "none", "-c", "4")
        wait_for(lambda: self.done_count() > 40, "some answers")
        run.send_signal(signal.SIGKILL)
        run.wait(PATIENCE)
        killed = self.done_count()
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "-c", "4")
        self.assertEqual(code, 0, err)
        terminal = self.replay("--at", "0", columns=100, lines=30)
        terminal.see("session 1 of 2")
        terminal.keys(":replay at 100%\r")
        terminal.see("session 2 of 2", "ok 300")
        terminal.close()
        shares = [self.moment(f"{share}%")["items"]["ok"] for share in range(0, 101, 20)]
        self.assertEqual(shares, sorted(shares))
        self.assertGreaterEqual(shares[-1], killed)

    def test_looking_back_leaves_a_run_alone(self):
        server = self.mock("--latency", "100ms")
        self.write_items(2000)
        terminal = Terminal([SLUICE, "run", self.input, "--url", server.url, "-c", "4"], columns=100, lines=30)
        self.addCleanup(terminal.close)
        wait_for(lambda: self.done_count() > 20, "some answers")
        terminal.keys("T")
        terminal.see("REPLAY", "‖ [", "l live")
        terminal.keys("5")
        terminal.see("●⠤")
        before = self.done_count()
        # every key of the limits and of the run
        terminal.keys("[]" + LEFT + SHIFT_RIGHT + "+-{}=")
        terminal.keys(F2 + "[]{}+-pPDRXrxuaHfe" + ":set rpm 7\r")
        terminal.see("── items", "T time bar")
        wait_for(lambda: self.done_count() > before + 10, "the run goes on")
        terminal.keys("T")
        terminal.see("Space play")
        terminal.keys("l")
        terminal.see("RUNNING")
        self.assertEqual([r for r in json_lines(self.journal) if r["event"] == "command"], [])
        self.assertEqual([r for r in json_lines(self.journal) if r["event"] == "change" and r["by"] == "operator"], [])
        terminal.keys("1:look back\r")
        terminal.see("REPLAY")
        terminal.keys("\x03")  # for the run
        wait_for(lambda: terminal.process.poll() is not None, "the drained run")
        commands = [r["text"] for r in json_lines(self.journal) if r["event"] == "command"]
        self.assertEqual(commands, ["interrupt"])


if __name__ == "__main__":
    main()
