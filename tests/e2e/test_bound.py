"""Items that are bound to an endpoint, by its name in their line or by their model: which server gets which."""

import collections
import json
import subprocess
import unittest

from harness import SLUICE, RunTest, chat_line, json_lines, wait_for


def line_of(item_id, model=None, **more):
    line = json.loads(chat_line(item_id, **more))
    if model:
        line["body"]["model"] = model
    return json.dumps(line)


class BoundTest(RunTest):
    def two(self, *options):
        """Two servers, as options of a run, each with these of its own."""
        self.east, self.west = self.mock("--latency", "5ms"), self.mock("--latency", "5ms")
        members = list(options) + [""] * (2 - len(options))
        return ["--endpoint", f"east={self.east.url}{members[0]}", "--endpoint", f"west={self.west.url}{members[1]}",
                "-c", "4", "--ui", "none"]

    def served(self):
        return [mock.stats()["requests"] for mock in (self.east, self.west)]

    def told(self):
        """Where each item went, by the first letters of its id."""
        told = collections.defaultdict(collections.Counter)
        for r in json_lines(self.results):
            told[r["custom_id"].split("-")[0]][r["sluice"]["endpoint"]] += 1
        return told

    def check(self, *options):
        run = subprocess.run([SLUICE, "check", self.input, *options], capture_output=True, text=True)
        return run.returncode, run.stdout + run.stderr

    def assert_refused(self, options, why):
        """By `run`, before anything is sent, and by `check`."""
        code, err = self.run_sluice(*options)
        self.assertEqual(code, 2, err)
        self.assertIn(why, err)
        self.assertEqual(self.served(), [0, 0])
        code, said = self.check(*options[:4])
        self.assertEqual(code, 1, said)
        self.assertIn(why, said)

    def test_each_item_goes_where_its_line_says(self):
        options = self.two()
        lines = [line_of(f"e-{i}", endpoint="east") for i in range(60)]
        lines += [line_of(f"w-{i}", endpoint="west") for i in range(30)]
        self.write_input(lines + [line_of(f"any-{i}") for i in range(30)])
        code, err = self.run_sluice(*options)
        self.assertEqual((code, err), (0, ""))
        told = self.told()
        self.assertEqual(told["e"], {"east": 60})
        self.assertEqual(told["w"], {"west": 30})
        self.assertEqual(self.served(), [60 + told["any"]["east"], 30 + told["any"]["west"]])
        self.assertEqual(sum(self.served()), 120)

    def test_an_unknown_name_is_refused_before_anything_is_sent(self):
        """However far behind it stands."""
        options = self.two()
        lines = [line_of("e", endpoint="east")] + [line_of(f"any-{i}", text="x" * 1000) for i in range(1999)]
        self.write_input(lines + [line_of("x", endpoint="wset")])
        self.assert_refused(options, 'line 2001: unknown endpoint "wset"; the endpoints are east, west')
        code, err = self.run_sluice("--url", self.east.url, "--ui", "none")
        self.assertEqual(code, 2, err)
        self.assertIn('line 1: unknown endpoint "east"', err)

    def test_models_choose_the_endpoint(self):
        options = self.two(",models=big,bigger,weight=3")
        lines = [line_of(f"e-{i}", "big" if i % 2 else "bigger") for i in range(40)]
        self.write_input(lines + [line_of(f"w-{i}", f"small-{i}") for i in range(20)])
        code, err = self.run_sluice(*options)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.told(), {"e": {"east": 40}, "w": {"west": 20}})
        self.assertEqual(self.served(), [40, 20])

    def test_a_model_that_none_takes_is_refused(self):
        options = self.two(",models=big", ",models=small")
        lines = [line_of(f"e-{i}", "big", text="x" * 1000) for i in range(2000)]
        self.write_input(lines + [line_of("x", "smal")])
        self.assert_refused(options, 'line 2001: no endpoint serves the model "smal"')
        with open(self.path("config"), "w", encoding="utf-8") as f:
            f.write(f"[endpoint east]\nurl = {self.east.url}\nmodels = big, smal\n")
        code, said = self.check("--config", self.path("config"))
        self.assertEqual(code, 0, said)

    def test_a_slow_endpoint_keeps_nobody_waiting(self):
        options = self.two(",rpm=6")
        lines = [line_of(f"e-{i}", endpoint="east") for i in range(3000)]
        self.write_input(lines + [line_of(f"w-{i}", endpoint="west") for i in range(50)])
        run = self.start(*options)
        wait_for(lambda: self.done_count() >= 50, "all items of the other endpoint")
        run.terminate()
        run.communicate(timeout=60)
        self.assertEqual(self.told()["w"], {"west": 50})

    def test_the_fallback_takes_what_is_bound(self):
        options = self.two(",fallback=spare")
        spare = self.mock("--latency", "5ms")
        lines = [line_of(f"e-{i}", endpoint="east") for i in range(40)]
        lines += [line_of(f"s-{i}", endpoint="spare") for i in range(10)]
        self.write_input(lines + [line_of(f"w-{i}", endpoint="west") for i in range(10)])
        self.east.process.kill()
        code, err = self.run_sluice("--endpoint", f"spare={spare.url},weight=0", *options)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.told(), {"e": {"spare": 40}, "s": {"spare": 10}, "w": {"west": 10}})
        self.assertEqual([spare.stats()["requests"], self.west.stats()["requests"]], [50, 10])

    def test_resume_keeps_it(self):
        options = self.two()
        lines = [line_of(f"{'ew'[i % 2]}-{i}", endpoint=("east", "west")[i % 2]) for i in range(400)]
        self.write_input(lines)
        run = self.start(*options)
        wait_for(lambda: self.done_count() > 60, "some results")
        run.kill()
        run.communicate(timeout=60)
        code, err = self.run_sluice(*options)
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once([json.loads(line)["custom_id"] for line in lines])
        self.assertEqual(self.told(), {"e": {"east": 200}, "w": {"west": 200}})

    def test_a_pipeline_s_endpoints_have_no_models(self):
        options = self.two(",models=big")
        self.write_input(['{"custom_id":"a","t":"x"}'])
        with open(self.path("p.json"), "w", encoding="utf-8") as f:
            json.dump({"stages": {"one": {"model": "m", "body": {"input": "{{t}}"}}}}, f)
        code, err = self.run_sluice("--pipeline", self.path("p.json"), *options)
        self.assertEqual(code, 2, err)
        self.assertIn("endpoint east: a pipeline's stages have one endpoint each, no models", err)


if __name__ == "__main__":
    unittest.main()
