"""`sluice attach` to a `sluice serve`: its batches and live calls, steered by keys, and a batch as a run."""

import contextlib
import http.client
import json
import signal
import threading

from harness import SLUICE, main, wait_for
from serving import chat_lines
from terminal import Terminal
from test_serve_steered import SteeredTest, sluice


class Screen(SteeredTest):
    mock_options = ("--latency", "30ms", "--sigma", "0")

    def begin(self, *options):
        return self.serve_clients("-c", "4", "--name", "lab", "--price", "1,2", *options, ann="", bob="")

    def attach(self, *arguments, columns=120, lines=40):
        return self.until_end(Terminal([SLUICE, "attach", *arguments], columns, lines))

    def left(self, terminal):
        self.assertEqual(terminal.process.wait(20), 0, terminal.text())
        wait_for(terminal.settings_restored, "the terminal is as it was")

    def row(self, terminal, batch):
        """The cells of a batch's row; [] when it is not there."""
        return next((line.replace(">", " ").split() for line in terminal.text()
                     if line[13:].startswith(batch)), [])

    def test_batches_move_are_opened_and_steered(self):
        server, ann, bob = self.begin()
        one, two = ann.create(chat_lines(3000)), bob.create(chat_lines(2000))
        t = self.attach("lab")
        t.see("lab", "RUNNING", "batches", one, two, "ann", "bob", "live calls: 0 in flight", "q leave")
        wait_for(lambda: self.row(t, one)[:1] == ["sending"], "the batch sends")
        wait_for(lambda: (row := self.row(t, one)) and row[3] not in ("0%", "-"), "it moves")
        # the newest is first, and selected
        t.keys("p")
        t.see(f"{two} paused")
        wait_for(lambda: self.row(t, two)[:1] == ["paused"], "it is paused")
        self.assertTrue(self.view(server, two)["paused"])
        t.keys("\r")
        t.see("does not send now")
        t.keys("p")
        wait_for(lambda: self.row(t, two)[:1] == ["sending"], "it goes on")
        t.keys("b")
        wait_for(lambda: "first" in self.row(t, two), "it is raised")
        t.keys("Bw2.5\r")
        wait_for(lambda: "x2.5" in self.row(t, two), "it weighs more")
        # the other as a run
        t.keys("j\r")
        t.see(f"lab/{one}", "in flight", "of 3000", "q back", "+- conc")
        t.keys("2/state:ok\r")
        t.see("items: state:ok", "item-")
        t.keys("\r")
        t.see("[text]", "hello")
        t.keys("qqq")
        t.see("of 3000", "q back")
        t.keys(":set rpm 6000\r")
        t.see("rpm off to 6k")
        t.resize(80, 24)
        t.keys("q")
        t.see("batches", two, "q leave")
        t.resize(120, 40)
        t.see(f"batch {one}")
        # what cannot be taken back is asked
        t.keys("x")
        t.see(f"Cancel {one} of ann with")
        t.keys("n")
        self.assertNotEqual(self.view(server, one)["status"], "cancelling")
        t.keys("xy")
        t.see(f"{one} cancelled")
        wait_for(lambda: ann.batch(one)["status"] == "cancelled", "the end")
        wait_for(lambda: not self.row(t, one), "only open ones are listed")
        t.keys("a")
        wait_for(lambda: self.row(t, one)[:1] == ["cancelled"], "all are listed")
        t.keys("4")
        t.see(f"sluice[{t.process.pid}]: cancel {one}")
        t.keys("q\x03")
        self.left(t)
        t.see("lab continues; come back with sluice attach lab")
        self.assertEqual(server.end(), 0)

    def test_live_calls_are_shown(self):
        server, ann, _ = self.begin("--rpm", "1")
        body = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}

        def call():
            with contextlib.suppress(OSError, http.client.HTTPException):  # the service is killed
                ann.ask("POST", "/v1/chat/completions", body)

        callers = [threading.Thread(target=call, daemon=True) for _ in range(4)]
        for caller in callers:
            caller.start()
        t = self.attach("lab", columns=80, lines=24)
        t.see("live calls:", "waiting", "ann", "/v1/chat")
        t.keys("2")
        t.see("> ", "client", "in flight")
        t.keys("q")
        t.see("no open batches; a shows those that ended")
        t.keys("q")
        self.left(t)
        server.end(signal.SIGKILL)

    def test_a_killed_service_is_followed_and_one_that_ended_says_so(self):
        server, ann, _ = self.begin()
        batch = ann.create(chat_lines(4000))
        t, inside, looks = self.attach("lab"), self.attach("lab"), self.attach("lab", "--read-only")
        for terminal in (t, inside, looks):
            wait_for(lambda: self.row(terminal, batch)[:1] == ["sending"], "the batch sends")
        inside.keys("\r")
        inside.see("of 4000", "q back")
        looks.keys("pxyP")
        looks.see("read-only")
        self.assertEqual(self.view(server, batch)["phase"], "sending")
        server.end(signal.SIGKILL)
        t.see("STOPPED", "the service is gone: killed, or lost")
        t.keys("p")
        t.see("the service has ended: nothing was sent")
        inside.see("NO ANSWER")
        server, ann, _ = self.begin()
        wait_for(lambda: self.row(t, batch)[:1] == ["sending"], "the screen goes on")
        t.see("RUNNING")
        inside.see("RUNNING", "of 4000")
        self.assertEqual(server.end(), 0)
        t.see("the service has ended with exit code 0")
        inside.see("the batch does not send any more")
        inside.keys("q")
        inside.see("the service has ended")
        for terminal in (t, inside, looks):
            terminal.keys("q")
            self.left(terminal)
        t.see("lab has ended; its batches go on when it is started again")

    def test_a_batch_by_name_and_the_list_to_choose_from(self):
        server, ann, _ = self.begin()
        batch = ann.create(chat_lines(2000))
        wait_for(lambda: ann.done(batch) > 5, "a batch under way")
        t = self.attach("lab/" + batch[:14])
        t.see(f"lab/{batch}", "of 2000", "q leave", "in flight")
        t.keys("q")
        self.left(t)
        t.see(f"lab/{batch} continues")
        self.write_items(2000)
        run = self.start("--url", self.api.url, "-c", "1", "--ui", "none", "--name", "night")
        wait_for(lambda: len(json.loads(sluice("ps", "--json")[1])["runs"]) == 2, "both are there")
        t = self.attach()
        t.see("night", "live, pid", "lab", f"a service, pid {server.process.pid}", "Which run?")
        t.keys("lab\n")
        t.see("batches", batch)
        t.keys("q")
        self.left(t)
        run.kill()


if __name__ == "__main__":
    main()
