"""What the files keep of a run's past: ticks, the end of each item, the start of each session."""

import os
import signal

from harness import RunTest, json_lines, main, wait_for, whole_lines

ITEMS = ("ok", "in_flight", "waiting", "failed", "held", "cancelled", "total")


class Ticks(RunTest):
    def records(self, event):
        return [r for r in whole_lines(self.journal) if r["event"] == event]

    def sessions(self):
        """The ticks of each session."""
        sessions = []
        for record in json_lines(self.journal):
            if record["event"] == "start":
                sessions.append([])
            elif record["event"] == "tick":
                sessions[-1].append(record)
        return sessions

    def items_by(self, ticks):
        """How many items are in each state at the end of these ticks."""
        now = [0] * len(ITEMS)
        for i, tick in enumerate(ticks):
            self.assertEqual(tick.get("whole", False), i % 10 == 0)
            if "whole" in tick:
                now = [0] * len(ITEMS)
            for k, n in enumerate(tick.get("items", [])):
                now[k] += n
        return dict(zip(ITEMS, now))

    def test_ticks_add_up_to_the_end_of_the_run(self):
        mock = self.mock("--latency", "200ms", "--errors", "0.1")
        self.write_items(400)
        code, err = self.run_sluice("--url", mock.url, "-c", "30", "--ui", "none", "--max-attempts", "2")
        self.assertIn(code, (0, 1), err)
        stop, (ticks,) = self.last_stop(), self.sessions()
        items = self.items_by(ticks)
        self.assertEqual(items, {name: stop["items"][name] for name in ITEMS})
        tokens = [sum(t.get("tokens", [0, 0])[k] for t in ticks) for k in (0, 1)]
        self.assertEqual(tokens, [stop["session"]["tokens_in"], stop["session"]["tokens_out"]])
        times = [t["ms"] for t in ticks]
        self.assertEqual(times, sorted(times))
        self.assertGreater(len(ticks), 2)
        for record in json_lines(self.results) + json_lines(self.errors):
            self.assertLess(record["sluice"]["latency_ms"], record["sluice"]["ended_ms"] + 2)
            self.assertLessEqual(record["sluice"]["ended_ms"], times[-1])

    def test_killed_and_resumed(self):
        mock = self.mock("--latency", "100ms")
        self.write_items(300)
        run = self.start("--url", mock.url, "-c", "20", "--ui", "none")
        wait_for(lambda: self.records("tick"), "a tick")
        run.send_signal(signal.SIGKILL)
        run.wait()
        done = self.done_count()
        code, err = self.run_sluice("--url", mock.url, "-c", "20", "--ui", "none")
        self.assertEqual(code, 0, err)
        _, second = self.sessions()
        self.assertEqual(self.items_by(second)["ok"], 300)
        self.assertGreaterEqual(second[0]["items"][0], done)
        self.assertEqual([r["path"] for r in self.records("start")], [os.path.abspath(self.input)] * 2)

    def test_the_start_of_a_session(self):
        mock = self.mock()
        self.write_items(3)
        folder, name = os.path.split(self.input)
        options = ["--url", mock.url, "--ui", "none"]
        sluice = os.path.abspath(os.environ.get("SLUICE", "./sluice"))
        code, err = self.run_sluice(*options, source=name, cwd=folder, executable=sluice)
        self.assertEqual(code, 0, err)
        with open(self.input, "rb") as lines:
            code, err = self.run_sluice(*options, "-o", self.results, source="-", stdin=lines)
        self.assertEqual(code, 0, err)
        first, second = self.records("start")
        self.assertEqual(first["path"], os.path.join(os.path.realpath(folder), name))
        self.assertEqual(first["command"][1:], ["run", name, *options])
        self.assertEqual(first["results"], 0)
        self.assertEqual(second["results"], os.path.getsize(self.results))
        self.assertNotIn("path", second)


if __name__ == "__main__":
    main()
