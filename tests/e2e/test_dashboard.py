"""The dashboard on a real pty: what it shows, its keys, its sizes, and how it leaves the terminal."""

import csv
import json
import os
import re
import signal
import subprocess

from api_server import InTurn
from harness import SLUICE, RunTest, chat_line, json_lines, main, wait_for, whole_lines
from terminal import Terminal


class Dashboard(RunTest):
    def dashboard(self, *options, items=4000, latency="80ms", columns=80, lines=24, env=None,
                  deaf=False):
        self.server = self.mock("--latency", latency, "--sigma", "0.3")
        self.ids = self.write_items(items)
        terminal = Terminal([SLUICE, "run", self.input, "--url", self.server.url, *options],
                            columns, lines, env, deaf)
        self.addCleanup(terminal.close)
        return terminal

    def leave(self, terminal, code):
        self.assertEqual(terminal.process.wait(30), code)
        wait_for(terminal.settings_restored, "terminal settings as they were")
        wait_for(lambda: b"\x1b[?1049l" in terminal.raw, "the main screen is back")

    def ask(self, *words):
        """What the run answers to `sluice ctl`."""
        reply = subprocess.run([SLUICE, "ctl", self.results, *words], capture_output=True, text=True, timeout=30,
                               check=True).stdout
        return json.loads(reply) if "--json" in words else reply

    def wait_for_end(self):
        wait_for(lambda: any(r.get("event") == "stop" for r in whole_lines(self.journal)), "the end of the run")

    def test_first_screen_fits_and_adds_up(self):
        t = self.dashboard("-c", "8", env={"LINES": "50", "COLUMNS": "132"})
        screen = t.see("RUNNING", "in.jsonl", "? help")
        self.assertEqual(len(screen), 24)
        self.assertIn("help", screen[23], "the key bar is the last line")
        wait_for(lambda: self.done_count() > 50, "50 results")
        t.keys("p")
        t.see("PAUSED")
        wait_for(lambda: self.server.stats()["in_flight"] == 0, "nothing in flight")
        t.see("in flight 0")

    def test_what_is_listed_is_written(self):
        t = self.dashboard("-c", "8", items=400)
        t.see("RUNNING")
        wait_for(lambda: self.done_count() > 100, "100 results")
        t.keys("p")
        wait_for(lambda: self.server.stats()["in_flight"] == 0, "nothing in flight")
        wait_for(lambda: self.server.stats()["by_status"]["200"] == self.done_count(), "all of it written")
        t.keys("/ok !id:item-1\r")
        t.see("items: ok !id:item-1")
        table = self.path("listed.csv")
        t.keys(f":write {table}\r")
        t.see("items written to")
        with open(table, encoding="utf-8", newline="") as f:
            listed = [row["custom_id"] for row in csv.DictReader(f, strict=True)]
        done = {r["custom_id"] for r in json_lines(self.results)}
        self.assertEqual(listed, [i for i in self.ids if i in done and not i.startswith("item-1")])
        self.assertEqual(os.stat(table).st_mode & 0o777, 0o600)
        t.keys(f":write {table}\r")
        t.see("exists")

    def test_pause_and_resume(self):
        t = self.dashboard("-c", "8")
        t.see("RUNNING")
        t.keys("p")
        t.see("PAUSED")
        wait_for(lambda: self.server.stats()["in_flight"] == 0, "nothing in flight")
        before = self.server.stats()["requests"]
        t.keys("p")
        t.see("RUNNING")
        wait_for(lambda: self.server.stats()["requests"] > before, "requests start again")

    def test_a_paused_screen_writes_little(self):
        t = self.dashboard("-c", "4")
        t.see("RUNNING")
        t.keys("p")
        t.see("PAUSED")
        wait_for(lambda: self.server.stats()["in_flight"] == 0, "nothing in flight")
        t.see("req/s 0 ")

        def clock():
            return re.search(r"\d\d:\d\d:\d\d", "\n".join(t.text())).group()

        def seconds():
            hours, minutes, seconds = clock().split(":")
            return int(hours) * 3600 + int(minutes) * 60 + int(seconds)

        def bytes_of_a_second():
            start, size = seconds(), len(t.raw)
            wait_for(lambda: seconds() > start, "the clock moves")
            return (len(t.raw) - size) / (seconds() - start)

        # The last rates fade and the last message goes first.
        wait_for(lambda: bytes_of_a_second() < 60, "a screen that redraws only its clock")
        self.assertLess(max(bytes_of_a_second() for _ in range(2)), 120)

    def test_concurrency_keys(self):
        t = self.dashboard("-c", "8", latency="400ms")
        wait_for(lambda: self.server.stats()["in_flight"] == 8, "8 in flight")
        for _ in range(3):
            t.keys("+")
        wait_for(lambda: self.server.stats()["in_flight"] > 9, "more in flight")
        t.keys("=")
        t.keys("3\r")
        wait_for(lambda: 0 < self.server.stats()["in_flight"] <= 3, "3 in flight")

    def test_resize_without_a_key(self):
        t = self.dashboard("-c", "8")
        t.see("RUNNING", "? help")
        for columns, lines, word in ((200, 60, "RUNNING"), (40, 10, "in flight"), (20, 3, "in flight"),
                                     (1, 1, ""), (80, 24, "? help")):
            t.resize(columns, lines)
            t.see(word, patience=5)
            self.assertIsNone(t.process.poll(), f"still alive at {columns}x{lines}")

    def test_help_comes_and_goes_while_requests_start(self):
        t = self.dashboard("-c", "8")
        t.see("RUNNING")
        t.keys("?")
        t.see("pause", "drain")
        before = self.server.stats()["requests"]
        wait_for(lambda: self.server.stats()["requests"] > before, "requests start under the help")
        t.keys("\x1b")
        t.see("RUNNING", "? help")

    def test_drain_keeps_what_is_in_flight(self):
        t = self.dashboard("-c", "8", latency="500ms")
        wait_for(lambda: self.server.stats()["in_flight"] == 8, "8 in flight")
        t.keys("D")
        t.see("Drain the run?")
        t.keys("y")
        self.leave(t, 3)
        self.assertGreaterEqual(self.done_count(), 8)
        self.assertEqual(self.last_stop()["exit_code"], 3)

    def test_ctrl_c_escalates(self):
        t = self.dashboard("-c", "8", latency="5s")
        wait_for(lambda: self.server.stats()["in_flight"] == 8, "8 in flight")
        t.keys("\x03")
        t.see("DRAINING")
        t.keys("\x03")
        self.leave(t, 3)

    def test_q_asks_while_unfinished_and_enter_harms_nothing(self):
        t = self.dashboard("-c", "8")
        t.see("RUNNING")
        t.keys("q")
        t.see("leave: the run goes on", "drain", "stay")
        t.keys("\x1b")
        t.see("RUNNING", "? help")
        t.keys("q")
        t.see("leave: the run goes on")
        t.keys("\r")
        self.leave(t, 3)
        t.see("the run continues as pid", "sluice attach in")
        before = self.server.stats()["requests"]
        wait_for(lambda: self.server.stats()["requests"] > before, "the run goes on")

    def test_enter_answers_no_to_what_concerns_many(self):
        t = self.dashboard("-c", "4", items=200, latency="2s")
        t.see("RUNNING")
        for key in "XR":
            for screen in "12":
                t.keys(screen + key)
                t.see("?", "no")
                t.keys("\r")
                wait_for(lambda: "items?" not in "\n".join(t.text()), "the question is gone")
        screen = t.see("cancelled 0")
        self.assertIn("failed 0", "\n".join(screen))
        self.assertIsNone(t.process.poll())

    def test_it_stays_when_all_is_ok_until_q(self):
        t = self.dashboard("-c", "64", items=300)
        screen = "\n".join(t.see("DONE", "the run is done", "q leaves", os.path.basename(self.results)))
        self.assertNotIn("pause", screen)
        wait_for(lambda: len(json_lines(self.results)) == 300, "whole results while it stays")
        t.keys("2")
        t.see("> ", "item-0")
        t.keys("\r")
        t.see("item-0", "response")
        t.keys("qqq")
        self.leave(t, 0)
        self.assertEqual(self.last_stop()["exit_code"], 0)
        self.assert_exactly_once(self.ids)
        wait_for(lambda: b"ok 300" in t.raw, "the summary after the screen")

    def test_it_leaves_when_it_is_told_to(self):
        """With failures, too: a script waits for it."""
        for line, code in (("{}", 1), (chat_line("a"), 0)):
            with self.subTest(code):
                self.start_over()
                self.server = self.mock("--latency", "0")
                self.write_input([chat_line("b"), line])
                t = Terminal([SLUICE, "run", self.input, "--url", self.server.url, "--exit"])
                self.addCleanup(t.close)
                self.leave(t, code)

    def test_a_done_run_is_still_reached_and_ended_from_outside(self):
        for number in (signal.SIGTERM, signal.SIGINT, None):
            with self.subTest(number):
                self.start_over()
                t = self.dashboard("-c", "64", items=30, latency="1ms")
                t.see("DONE")
                reply = subprocess.run([SLUICE, "ctl", self.results, "snapshot", "--json"], capture_output=True,
                                       text=True, timeout=30, check=True).stdout
                self.assertEqual(json.loads(reply)["state"], "DONE")
                if number:
                    t.process.send_signal(number)
                else:
                    t.keys("\x03")
                self.leave(t, 0)

    def test_what_failed_is_named_with_the_key_that_retries_it(self):
        bad = json.dumps({"error": {"message": "no such model: m-small", "code": "model_not_found"}}).encode()
        good = json.dumps({"choices": [{"message": {"role": "assistant", "content": "hello"}}]}).encode()
        api = self.until_end(InTurn([(400, bad), (400, bad), (200, good), (200, good), (200, good)]))
        self.write_items(3)
        t = Terminal([SLUICE, "run", self.input, "--url", api.url, "-c", "1"], 120, 40)
        self.addCleanup(t.close)
        t.see("DONE", "2 of 3", "no such model", "R retries the 2 failed", os.path.basename(self.errors))
        t.keys("R")
        t.see("Retry 2 items?")
        t.keys("y")
        t.see("DONE", "ok 3", "3 of 3")
        t.keys("q")
        self.leave(t, 0)

    def start_with_budget(self):
        self.server = self.mock("--latency", "20ms", "--sigma", "0")
        self.ids = self.write_items(60)
        t = Terminal([SLUICE, "run", self.input, "--url", self.server.url, "-c", "2", "--budget-tokens", "1200"])
        self.addCleanup(t.close)
        t.see("Budget reached", "raise it", "go on without it", "in flight, then exit")
        return t

    def test_a_budget_that_is_reached_asks(self):
        t = self.start_with_budget()
        t.keys("r")
        t.see("set budget tokens +50%")
        t.keys("\r")
        t.see("Budget reached", "of 1.8k")
        t.keys("w")
        t.see("DONE")
        t.keys("q")
        self.leave(t, 0)
        self.assert_exactly_once(self.ids)

    def test_a_budget_that_is_reached_stops_when_told_so(self):
        t = self.start_with_budget()
        t.keys("\x1b")
        t.see("PAUSED", "set budget", "drain")
        t.process.send_signal(signal.SIGTERM)
        self.leave(t, 3)
        self.start_over()
        t = self.start_with_budget()
        t.keys("d")
        self.leave(t, 3)

    def test_a_question_is_not_put_to_a_terminal_that_is_gone(self):
        """It waits a minute for somebody else."""
        t = self.start_with_budget()
        t.close_terminal()
        self.assertEqual(t.process.wait(30), 3)
        self.assertEqual(self.ask("snapshot", "--json")["state"], "PAUSED")
        self.ask("set", "budget", "tokens", "off")
        self.wait_for_end()
        self.assert_exactly_once(self.ids)

    def test_failures_keep_it_open_until_q(self):
        self.server = self.mock("--latency", "0")
        self.write_input([chat_line("good"), "not json"])
        t = Terminal([SLUICE, "run", self.input, "--url", self.server.url])
        self.addCleanup(t.close)
        t.see("DONE")
        t.keys("q")
        self.leave(t, 1)
        self.assertEqual(len(json_lines(self.errors)), 1)

    def test_a_terminal_nobody_reads_costs_no_request(self):
        t = self.dashboard("-c", "32", "--exit", items=2000, latency="10ms", deaf=True)
        wait_for(lambda: self.done_count() == 2000, "all results without a reader")
        t.listen()
        self.leave(t, 0)

    def test_a_terminal_that_goes_away(self):
        for policy, all_done in (("continue", True), ("drain", False)):
            with self.subTest(policy):
                self.setUp()
                t = self.dashboard("-c", "8", "--on-hangup", policy, items=400, latency="60ms")
                t.see("RUNNING")
                t.close_terminal()
                self.assertEqual(t.process.wait(30), 3)
                if not all_done:
                    self.last_stop()
                self.wait_for_end()
                self.assertEqual(self.done_count() == 400, all_done)

    def test_what_is_paused_piece_by_piece_stays_so_when_the_terminal_is_gone(self):
        """Every endpoint paused, or every item held: somebody may come and let it go on."""
        other = self.mock("--latency", "100ms")
        for how in ("endpoints", "items"):
            with self.subTest(how):
                self.setUp()
                self.server = self.mock("--latency", "100ms")
                self.write_items(500)
                t = Terminal([SLUICE, "run", self.input, "-c", "2", "--endpoint", f"east={self.server.url}",
                              "--endpoint", f"west={other.url}"])
                self.addCleanup(t.close)
                t.see("RUNNING", "% of 500")
                if how == "endpoints":
                    t.keys(":endpoint east pause\r")
                    t.see("east: pause")
                    t.keys(":endpoint west pause\r")
                    t.see("west: pause")
                else:
                    t.keys(":hold where !ok\r")
                    t.see("Hold ", " items?")
                    t.keys("y")
                    t.see("items held")
                t.close_terminal()
                self.assertEqual(t.process.wait(30), 3)
                wait_for(lambda: not self.ask("snapshot", "--json")["items"]["in_flight"], "nothing in flight")
                self.ask("drain")
                self.wait_for_end()
                self.assertEqual(self.last_stop()["exit_code"], 3)

    def test_keys_of_other_terminals_and_the_mouse_arrive(self):
        """Sequences that the description of TERM does not have, too."""
        for term in ("xterm-256color", "linux", "vt100"):
            with self.subTest(term):
                t = self.dashboard("-c", "2", env={"TERM": term})
                t.see("RUNNING", "% of 4000")
                t.keys("P2")
                t.see("PAUSED", "items", "1-")
                for down, up in (("\x1b[B", "\x1b[A"), ("\x1bOB", "\x1bOA"), ("\x1b[F", "\x1b[H"),
                                 ("\x1b[4~", "\x1b[1~"), ("\x1b[8~", "\x1b[7~"), ("\x1b[57420u", "\x1b[57419u")):
                    t.keys(down)
                    wait_for(lambda: not any(line.startswith("> ") and " item-0 " in line for line in t.text()),
                             f"{down!r} moves down")
                    t.keys(up)
                    wait_for(lambda: any(line.startswith("> ") and " item-0 " in line for line in t.text()),
                             f"{up!r} moves back")
                t.keys("m\x1b[<65;10;10M")
                wait_for(lambda: not any(line.startswith("> ") and " item-0 " in line for line in t.text()),
                         "the wheel scrolls")
                t.process.kill()
                t.close()
                self.start_over()

    def test_acts_on_many_items_ask_and_are_undone(self):
        t = self.dashboard("-c", "2")
        t.see("RUNNING", "% of 4000")
        t.keys(":cancel where !modl:m-large\r")
        t.see('"modl:"')
        t.keys("P")
        t.see("PAUSED", "in flight 0")
        t.keys(":cancel where !ok\r")
        t.see("Cancel ", " items?")
        t.keys("\r:cancel where !ok\r")
        t.see("Cancel ", " items?")
        t.keys("y")
        t.see("queued 0", "items cancelled")
        t.keys("u")
        t.see("queued again", "cancelled 0")
        t.keys("[")
        t.see("MANUAL")
        t.keys("u")
        t.see("undone: rate auto")
        t.keys("Dy")
        self.leave(t, 3)

    def test_nobody_is_waited_for_when_the_terminal_is_gone(self):
        for what, code in (("a finished run with failures", 1), ("a paused run", 3)):
            with self.subTest(what):
                self.setUp()
                self.server = self.mock("--latency", "1ms" if code == 1 else "1s")
                self.write_input([chat_line("a"), "no request", chat_line("b")])
                t = Terminal([SLUICE, "run", self.input, "--url", self.server.url, "-c", "1"])
                self.addCleanup(t.close)
                if code == 3:
                    t.see("RUNNING")
                    t.keys("p")
                t.see("DONE" if code == 1 else "PAUSED")
                t.close_terminal()
                self.assertEqual(t.process.wait(30), code)
                if code == 1:
                    self.last_stop()
                else:
                    self.assertEqual(self.ask("snapshot", "--json")["state"], "PAUSED")

    def test_fatal_signals_restore_the_terminal(self):
        for number in (signal.SIGSEGV, signal.SIGABRT):
            with self.subTest(number):
                self.setUp()
                # The sanitizers' own handler would end the process with exit code 1.
                t = self.dashboard("-c", "4", env={"ASAN_OPTIONS": "handle_segv=0"})
                t.see("RUNNING")
                t.process.send_signal(number)
                self.leave(t, -number)
                wait_for(lambda: b"\x1b[?25h" in t.raw or b"\x1b[34h\x1b[?25h" in t.raw,
                         "the cursor is shown")

    def test_hostile_text_stays_text(self):
        self.server = self.mock("--latency", "3s")
        self.write_input([chat_line("evil\x1b[2J\x1b]52;c;eA==\x07\u202e\u009b" + str(n))
                          for n in range(5)])
        t = Terminal([SLUICE, "run", self.input, "--url", self.server.url])
        self.addCleanup(t.close)
        t.see("evil\\x1b[2J")
        self.assertNotIn(b"\x1b]52", bytes(t.raw))
        self.assertNotIn("\u202e".encode(), bytes(t.raw))

    def test_a_hostile_answer_stays_text_on_every_screen(self):
        """Its bytes never reach the terminal, whatever shows them, and no line outgrows the screen."""
        evil = ("A\x1b]52;c;eA==\x07B\x1b[2JC\rD\u202eE\u009b31mF\u200dG" + "x" * (1 << 20))
        error = json.dumps({"error": {"message": evil, "type": evil[:40], "code": evil[:40]}})
        answer = json.dumps({"choices": [{"message": {"role": "assistant", "content": evil}}]},
                            ensure_ascii=False).encode()
        api = self.until_end(InTurn([(200, answer), (400, error.encode()), (400, evil.encode())]))
        self.write_items(3)
        t = Terminal([SLUICE, "run", self.input, "--url", api.url, "-c", "1", "--notify", "title"], 200, 60)
        self.addCleanup(t.close)
        t.see("DONE", "failed 2")
        for keys, word in (("2", "items"), ("j", "item-1"), ("k", "item-0"), ("\r", "response"),
                           ("w", "response"), ("\t", "attempts"), ("\t", "request"),
                           ("q", "items"), ("j\r", "response"), ("\t", "attempts"), ("q", "items"),
                           ("3", "\\x1b]52"), ("4", "log"), ("1", "? help")):
            t.keys(keys)
            screen = t.see(word)
            self.assertEqual(len(screen), 60)
            self.assertIn("sluice", screen[0], f"the header after {keys!r}")
        for columns, lines in ((80, 24), (40, 10)):
            t.resize(columns, lines)
            for key, word in (("2", "items"), ("3", "errors"), ("4", "log"), ("1", "help")):
                t.keys(key)
                t.see(word)
        for raw in (b"\x1b]52", b"\x07", "\u202e".encode(), "\u009b".encode(), "\u200d".encode()):
            self.assertNotIn(raw, bytes(t.raw))

    def test_no_color_and_plain_ascii(self):
        t = self.dashboard("-c", "4", env={"NO_COLOR": "1", "LC_ALL": "C"})
        t.see("RUNNING")
        self.assertIsNone(re.search(rb"\x1b\[[0-9;]*[34][0-7]m", bytes(t.raw)))
        self.assertTrue(all(byte < 0x80 for byte in bytes(t.raw)))


if __name__ == "__main__":
    main()
