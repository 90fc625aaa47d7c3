"""The figures of a session: on stderr, in the report and as JSON they are what the files say."""

import json
import re
import time
import unittest

from harness import RunTest, json_lines, wait_for


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


class FiguresTest(RunTest):
    def run_json(self, *options):
        code, err = self.run_sluice(*options, "--ui", "json", "--price", "1,2")
        self.assertEqual(code, 0, err)
        return json.loads([line for line in err.splitlines() if line.startswith("{")][-1])

    def assert_near(self, got, wanted, share=0.07):
        self.assertLessEqual(abs(got - wanted), share * wanted + 0.1, f"{got}, not {wanted}")

    def compare(self, metrics, report, sessions=1):
        """Both against the lines of the files. Of more sessions the metrics are the last one's."""
        items = [r["sluice"] for r in json_lines(self.results)]
        last = self.last_stop()["session"]
        latencies = [i["latency_ms"] for i in items]
        tokens = sum(i["tokens_in"] for i in items), sum(i["tokens_out"] for i in items)
        self.assertEqual((report["items"]["ok"], report["items"]["total"]), (len(items), len(items)))
        self.assertEqual((report["success_rate"], metrics["session"]["success_rate"]), (1, 1))
        self.assertEqual(report["attempts"], sum(i["attempts"] for i in items))
        self.assertEqual(report["retries"], sum(i["attempts"] - 1 for i in items))
        self.assertEqual((report["tokens_in"], report["tokens_out"]), tokens)
        for cost in (report["cost_usd"], metrics["cost"]["usd"]):
            self.assertAlmostEqual(cost, tokens[0] / 1e6 + 2 * tokens[1] / 1e6, 5)
        self.assert_near(report["latency_ms"]["avg"], sum(latencies) / len(latencies), 0.01)
        for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1)):
            self.assert_near(report["latency_ms"][name], quantile(latencies, share))
        self.assertEqual((metrics["attempts"], metrics["retries"]), (last["requests"], last["retries"]))
        self.assertAlmostEqual(sum(metrics["session"]["bound"].values()), 1, 3)
        self.assertEqual(report["sessions"], sessions)
        if sessions == 1:
            self.assertEqual((metrics["attempts"],) * 2, (report["attempts"], report["requests"]))
            self.assert_near(metrics["session"]["speed_up"], sum(latencies) / report["elapsed_ms"], 0.02)
            self.assert_near(report["speed_up"], metrics["session"]["speed_up"], 0.01)
            for name, ms in metrics["session"]["latency_ms"].items():
                self.assert_near(ms, report["latency_ms"][name], 0.01)

    def test_one_session(self):
        mock = self.mock("--latency", "30ms", "--errors", "0.1")
        self.write_items(120)
        self.compare(self.run_json("--url", mock.url, "-c", "8"), json.loads(self.report("--json")))

    def test_a_killed_session_and_its_resumption(self):
        mock = self.mock("--latency", "60ms", "--errors", "0.1")
        self.write_items(120)
        start = time.monotonic()
        run = self.start("--url", mock.url, "-c", "8", "--ui", "none")
        wait_for(lambda: self.done_count() > 60, "some results")
        run.kill()
        run.wait()
        killed = time.monotonic() - start
        metrics = self.run_json("--url", mock.url, "-c", "8")
        report = json.loads(self.report("--json"))
        self.compare(metrics, report, 2)
        self.assert_near(report["speed_up"], metrics["session"]["speed_up"], 0.01)
        self.assertLess(report["elapsed_ms"], 1000 * (killed + metrics["elapsed_s"]) + 10)
        self.assertGreater(report["elapsed_ms"], 1000 * metrics["elapsed_s"])

    def test_the_same_on_stderr_and_in_the_report(self):
        # 12 s of latencies: on the slowest machine, too, more than the run takes
        mock = self.mock("--latency", "200ms", "--sigma", "0", "--errors", "0.1")
        self.write_items(60)
        code, err = self.run_sluice("--url", mock.url, "-c", "8", "--ui", "plain", "--price", "100,200")
        self.assertEqual(code, 0, err)
        text = self.report()
        for name, figure in (("latency", r"avg (\S+?),? .*p50 (\S+?),? .*p90 (\S+?),? .*p99 (\S+?),? .*max (\S+)"),
                             ("tokens", r"(\S+) in, (\S+) out"), ("speed-up", r"(\S+) times"),
                             ("cost", r"(\$\d+\.\d\d)"), ("attempts", r"^(\d+)"), ("success", r"^(\d+)"),
                             ("attempts", r"(\d+)(?: of them)? retries")):
            lines = [re.search(rf"^  {name} +(.*)$", t, re.MULTILINE) for t in (err, text)]
            self.assertTrue(all(lines), name)
            shown = [re.search(figure, line[1]) for line in lines]
            self.assertTrue(all(shown), name)
            for a, b in zip(*(match.groups() for match in shown)):
                if name in ("latency", "speed-up"): # rounded twice in the report
                    self.assert_near(float(a.rstrip("ms")), float(b.rstrip("ms")), 0.05)
                else:
                    self.assertEqual(a, b, name)
        for t in (err, text):
            self.assertRegex(t, r"(?m)^  bound by +\S+ \d+%")


if __name__ == "__main__":
    unittest.main()
