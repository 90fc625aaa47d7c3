"""The pace as its users meet it: limits kept, waits obeyed, what is refused held, and why told."""

import json
import signal
import subprocess
import time
import urllib.parse
from email.utils import formatdate

from harness import SLUICE, RunTest, json_lines, main, wait_for

CALM = ("--latency", "0", "--sigma", "0", "--headers", "none")
held_run = None  # a run that starts with a wrong key, begun first: its cure is noticed after 15 s


def scripted(item_id, **script):
    """A line that tells the mock how to answer it."""
    body = {"model": "m", "messages": [],
            "mock": urllib.parse.urlencode(script, quote_via=urllib.parse.quote)}
    return json.dumps({"custom_id": item_id, "method": "POST", "url": "/v1/chat/completions",
                       "body": body})


class PaceTest(RunTest):
    def journalled(self, event):
        return [r for r in json_lines(self.journal) if r["event"] == event]

    def seconds_for(self, n, *options):
        """How long a server without limits sees the requests of a run with these limits of its own."""
        mock = self.mock(*CALM)
        self.write_items(n)
        code, err = self.run_sluice("--url", mock.url, "--ui", "none", *options)
        self.assertEqual(code, 0, err)
        stats = mock.stats()
        self.assertEqual(stats["requests"], n)
        return stats["last_s"] - stats["first_s"]


class HeldRun(PaceTest):
    """Holds no test itself: ten answers of 401 and not one more, with a single attempt allowed."""
    ITEMS = 14

    def begin(self):
        self.setUp()
        self.server = self.mock(*CALM)
        self.write_input(scripted(f"i{n}", status=401, fail=10, key="key") for n in range(self.ITEMS))
        self.log = self.path("log")
        with open(self.log, "wb") as log:
            self.process = self.start("--url", self.server.url, "--ui", "json", "--max-attempts", "1",
                                      stdout=None, stderr=log)


def setUpModule():
    global held_run
    held_run = HeldRun()
    held_run.begin()


def tearDownModule():
    held_run.doCleanups()


class SmallBatches(PaceTest):
    def test_ten_items_all_start_at_once(self):
        mock = self.mock("--latency", "200ms", "--sigma", "0")
        ids = self.write_items(10)
        code, err = self.run_sluice("--url", mock.url)
        self.assertEqual(code, 0, err)
        self.assert_exactly_once(ids)
        self.assertEqual(mock.stats()["peak_in_flight"], 10)


class Limits(PaceTest):
    def test_rpm_is_kept(self):
        # a bucket of one second: 10 at once, the other 8 take 0.8 s; the first may arrive late
        self.assertGreaterEqual(self.seconds_for(18, "--rpm", "600"), 0.7)

    def test_window_is_kept(self):
        # 10 at once, the others a second later; the first may arrive late
        self.assertGreaterEqual(self.seconds_for(18, "--window", "10/1"), 0.7)

    def test_token_budget_drains_and_can_go_on(self):
        mock = self.mock(*CALM)
        ids = self.write_items(200)
        code, err = self.run_sluice("--url", mock.url, "--budget-tokens", "2000")
        self.assertEqual(code, 3, err)
        self.assertIn("budget reached", err)
        stats = mock.stats()
        spent = stats["tokens_in"] + stats["tokens_out"]
        self.assertLessEqual(spent, 2000 * 1.1, "what is in flight counts too")
        self.assertGreater(spent, 2000 * 0.5)
        self.assertEqual(self.last_stop()["items"]["failed"], 0)
        self.assertEqual(self.run_sluice("--url", mock.url)[0], 0)
        self.assert_exactly_once(ids)


class Sleep(PaceTest):
    def test_a_stopped_process_times_nothing_out_and_bursts_not(self):
        mock = self.mock("--latency", "1s", "--sigma", "0", "--headers", "none")
        ids = self.write_items(24)
        process = self.start("--url", mock.url, "--rpm", "600", "--timeout", "3s", "--ui", "plain")
        wait_for(lambda: mock.stats()["in_flight"] >= 8, "requests in flight")
        process.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        before = wait_for(lambda: (s := mock.stats())["in_flight"] == 0 and s, "they are answered")
        wait_for(lambda: time.monotonic() >= stopped + 4, "longer than the timeout")
        process.send_signal(signal.SIGCONT)
        begin = time.monotonic()
        while process.poll() is None:
            sent = mock.stats()["requests"] - before["requests"]
            allowed = 10 + 10 * (time.monotonic() - begin) + 1
            self.assertLessEqual(sent, allowed, "more than the bucket after the stop")
            time.sleep(0.02)
        self.assertEqual(process.returncode, 0)
        said = "".join(text.decode() for text in process.communicate())
        self.assertRegex(said, r"process was suspended for [4-9] s; timers adjusted")
        self.assertEqual(self.journalled("attempt"), [], "an attempt failed")
        self.assert_exactly_once(ids)


class Refusals(PaceTest):
    def test_every_form_of_retry_after(self):
        hint = json.dumps({"error": {"message": "Rate limit. Please try again in 1.7s."}})
        in_two = formatdate(time.time() + 2, usegmt=True)
        waits = {
            "seconds": ({"retry_after": "1"}, 1000, 1500),
            "fraction": ({"retry_after": "0.4"}, 500, 1500),
            "milliseconds": ({"retry_after_ms": "2250.5"}, 2250, 2250),
            "both": ({"retry_after": "60", "retry_after_ms": "1600"}, 1600, 1600),
            "date": ({"retry_after": in_two}, 500, 2000),
            "body": ({"body": hint}, 1700, 1700),
        }
        mock = self.mock(*CALM)
        self.write_input(scripted(name, status=429, fail=1, key=name, **script)
                         for name, (script, _, _) in waits.items())
        code, err = self.run_sluice("--url", mock.url)
        self.assertEqual(code, 0, err)
        told = {r["id"]: r["wait_ms"] for r in self.journalled("attempt")}
        self.assertEqual(set(told), set(waits))
        for name, (_, least, most) in waits.items():
            self.assertTrue(least <= told[name] <= most, f"{name}: waits {told[name]} ms")
        stats = mock.stats()
        self.assertGreaterEqual(stats["last_s"] - stats["first_s"], 1, "the longest is waited for")

    def test_twenty_identical_errors_stop_a_headless_run(self):
        mock = self.mock(*CALM)
        self.write_input(scripted(f"i{n}", status=422) for n in range(300))
        code, err = self.run_sluice("--url", mock.url, "-c", "10")
        self.assertEqual(code, 3, err)
        self.assertIn("the first 20 answers are all", err)
        self.assertLess(mock.stats()["requests"], 40)
        self.assertGreater(self.last_stop()["items"]["queued"], 260)


class Learning(PaceTest):
    def test_changes_are_journalled_and_the_next_session_starts_from_them(self):
        mock = self.mock("--rpm", "3000", "--burst", "20", "--latency", "20ms", "--headers", "none",
                         "--retry-after", "none")
        self.write_items(3000)
        first = self.start("--url", mock.url, "--ui", "none")
        cuts = wait_for(lambda: [c for c in self.journalled("change") if c["what"] == "rate"],
                        "a cut of the rate")
        wait_for(lambda: mock.stats()["by_status"].get("200", 0) > 150, "what follows is accepted")
        first.send_signal(signal.SIGTERM)
        self.assertEqual(first.wait(30), 3)
        for change in cuts:
            self.assertEqual(change["by"], "controller")
            self.assertGreater(change["old"], change["new"])
            self.assertIn("refused", change["reason"])
        (learnt,) = self.journalled("learnt")[-1]["lanes"].values()
        self.assertTrue(10 < learnt["rate"] < 250, learnt)
        self.assertIn(learnt["kind"], ("rate", "window", "concurrency"))
        self.assertLess(abs(learnt["at"] - time.time()), 60)

        second = self.start("--url", mock.url, "--ui", "json")
        begin = json.loads(second.stderr.readline())
        self.assertEqual(begin["items"]["failed"], 0)
        used = begin["limits"]["rate"]["used"]
        self.assertTrue(10 <= used <= 64, (used, learnt))
        self.assertAlmostEqual(used, min(64, max(10, learnt["rate"] / 2)), 1)


class Why(PaceTest):
    def test_shares_in_json_plain_and_report(self):
        mock = self.mock(*CALM)
        self.write_items(45)
        for ui in ("json", "plain"):
            _, err = self.run_sluice("--url", mock.url, "--ui", ui, "--rpm", "1800", "-o",
                                     self.path(ui + ".jsonl"))
            last = err.splitlines()[-1]
            if ui == "json":
                shares = json.loads(last)["bound"]
                self.assertAlmostEqual(sum(shares.values()), 1, 2)
                self.assertGreater(shares["rpm"], 0.5)
            else:
                self.assertRegex(err, r"bound by rpm \d+%")
        report = subprocess.run([SLUICE, "report", self.path("json.jsonl")], capture_output=True,
                                text=True, timeout=60)
        self.assertRegex(report.stdout, r"bound by +rpm \d+%")


class WrongKey(PaceTest):
    """The last: by now the held run's next probe is near."""

    def metrics(self):
        return json_lines(held_run.log)

    def test_items_are_held_until_a_probe_passes(self):
        held = [m for m in self.metrics() if m["items"]["held"]]
        self.assertTrue(held, "no item was held")
        self.assertEqual(held[-1]["state"], "HELD")
        self.assertEqual(held[-1]["items"]["failed"], 0)
        self.assertIn("key rejected", held[-1]["hold_source"])
        self.assertEqual(held_run.process.wait(60), 0)
        held_run.assert_exactly_once([f"i{n}" for n in range(held_run.ITEMS)])
        stats = held_run.server.stats()
        self.assertEqual(stats["by_status"], {"200": held_run.ITEMS, "401": 10})
        changes = [r for r in json_lines(held_run.journal) if r["event"] == "change"]
        self.assertEqual([c["new"] for c in changes if c["what"] == "breaker"], [0, 1])


if __name__ == "__main__":
    main()
