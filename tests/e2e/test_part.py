"""A part of the input for a trial: the first items, or a sample. Later the same run goes on with all of it, and nothing
is paid for twice."""

import gzip
import json
import os
import subprocess

from harness import PATIENCE, SLUICE, RunTest, chat_line, json_lines, main, wait_for

ITEMS = 60


class Part(RunTest):
    def setUp(self):
        super().setUp()
        self.api = self.mock("--latency", "2ms", "--sigma", "0")
        self.ids = self.write_items(ITEMS)

    def run_part(self, *options, code=0, source=None, **popen):
        process = self.start("--url", self.api.url, "--ui", "none", *options, source=source, **popen)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, code, err)
        return err.decode()

    def done(self):
        return {line["custom_id"] for line in json_lines(self.results)}

    def requests(self):
        return self.api.stats()["requests"]

    def goes_on_with_all(self):
        self.run_part()
        self.assert_exactly_once(self.ids)
        self.assertEqual(self.requests(), ITEMS, "something was sent twice")
        self.assertNotIn("part ", self.report())
        self.assertIn(f"= {ITEMS} in all", self.report())

    def test_the_first(self):
        self.run_part("--first", "7")
        self.assertEqual(self.done(), set(self.ids[:7]))
        report = self.report()
        self.assertIn(f"7 ok + 0 failed + 0 cancelled + {ITEMS - 7} to do = {ITEMS} in all", report)
        self.assertIn(f"the first 7 of {ITEMS} items; the same command without --first", report)
        as_json = json.loads(self.report("--json"))
        self.assertEqual((as_json["state"], as_json["part"]), ("finished", {"first": 7, "of": ITEMS}))
        self.run_part("--first", "7")
        self.assertEqual(self.requests(), 7)
        self.run_part("--first", "9")
        self.assertEqual(self.done(), set(self.ids[:9]))
        self.run_part("--first", "5")
        self.goes_on_with_all()

    def test_a_sample(self):
        self.run_part("--sample", "8")
        eight = self.done()
        self.assertEqual(len(eight), 8)
        self.assertNotEqual(eight, set(self.ids[:8]))
        self.assertIn(f"a sample of 8 of {ITEMS} items (seed 1)", self.report())
        self.run_part("--sample", "8,1")
        self.assertEqual(self.requests(), 8)
        self.run_part("--sample", "12")
        self.assertTrue(eight < self.done() and len(self.done()) == 12)
        self.run_part("--sample", "8,2")
        self.assertLess(12, len(self.done()))
        self.assertEqual(self.requests(), len(self.done()))
        self.goes_on_with_all()

    def check(self, *options, code=0):
        run = subprocess.run([SLUICE, "check", self.input, "--json", *options], capture_output=True, timeout=PATIENCE,
                             check=False)
        self.assertEqual(run.returncode, code, run.stderr)
        return json.loads(run.stdout)

    def test_check_looks_at_the_part_of_a_run(self):
        lines = [chat_line(i).replace("m-small", i) for i in self.ids]
        self.write_input(lines)
        for options, part in ((("--first", "9"), {"first": 9, "of": ITEMS}),
                              (("--sample", "9"), {"sample": 9, "seed": 1, "of": ITEMS})):
            seen = self.check(*options)
            self.assertEqual((seen["items"], seen["good"], seen["part"]), (9, 9, part))
            self.forget_run()
            self.run_part(*options)
            self.assertEqual({m["model"] for m in seen["models"]}, self.done())
        self.assertNotIn("part", self.check())
        self.write_input(["{"] + lines)
        self.assertEqual(self.check("--first", "2", code=1)["bad"], 1)
        run = subprocess.run([SLUICE, "check", self.input, "--first", "1"], capture_output=True, timeout=PATIENCE,
                             check=False)
        self.assertEqual(run.returncode, 2)
        self.assertIn(b"the part of", run.stderr)
        self.assertIn(f"the first 1 of {ITEMS + 1} items".encode(), run.stdout)

    def test_check_waits_for_no_more_of_a_pipe(self):
        with subprocess.Popen([SLUICE, "check", "-", "--first", "2", "--json"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            with open(self.input, "rb") as f:
                process.stdin.write(f.read())
            process.stdin.flush()
            self.assertEqual(json.loads(process.stdout.readline())["part"], {"first": 2})
            process.stdin.close()

    def test_of_a_pipe(self):
        for options, parts in ((("--first", "6"), 6), (("--sample", "6"), 6)):
            self.forget_run()
            with open(self.input, "rb") as f:
                self.run_part("-o", self.results, *options, source="-", stdin=f)
            self.assertEqual(len(self.done()), parts)
            cat = subprocess.Popen(["cat", self.input], stdout=subprocess.PIPE)
            self.run_part("-o", self.results, *options, source="-", stdin=cat.stdout)
            cat.stdout.close()
            cat.wait()
            self.assertEqual(len(self.done()), parts)
        before = self.requests()
        self.run_part()
        self.assert_exactly_once(self.ids)
        self.assertEqual(self.requests(), before + ITEMS - 6)

    def test_of_a_pipe_that_goes_on(self):
        """Like head, it does not wait for more than the part."""
        read, write = os.pipe()
        with open(write, "wb", buffering=0) as out:
            process = self.start("-o", self.results, "--url", self.api.url, "--ui", "none", "--first", "3",
                                 source="-", stdin=read)
            os.close(read)
            for i in range(5):
                out.write(chat_line(f"item-{i}").encode() + b"\n")
            process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(self.done(), set(self.ids[:3]))
        self.assertIn("the first 3 items", self.report())

    def test_more_than_there_are(self):
        self.run_part("--first", "1k")
        self.run_part("--sample", "1k")
        self.goes_on_with_all()

    def test_failed_items_outside_of_the_part_stay_in_the_errors_file(self):
        lines = [chat_line(i) for i in self.ids]
        lines[3] = "not json"
        lines[20] = json.dumps({"custom_id": "item-20", "body": 5})
        self.ids = [i for i in self.ids if i not in ("item-3", "item-20")]
        self.write_input(lines)
        self.run_part(code=1)
        before = json_lines(self.errors)
        self.assertEqual(len(before), 2)
        self.run_part("--first", "10", code=1)
        self.assertEqual(sorted(map(str, json_lines(self.errors))), sorted(map(str, before)))
        self.run_part("--first", "2")
        self.assertEqual(len(json_lines(self.errors)), 2)
        stop = self.last_stop()
        self.assertEqual(stop["good"], ITEMS - 2)
        self.run_part("--retry-failed", "--first", "10", code=1)
        self.run_part(code=1)
        self.assertEqual(len(json_lines(self.errors)), 2)

    def test_lost_results_are_noticed_after_a_part(self):
        self.run_part()
        self.run_part("--first", "5")
        with open(self.results, "rb") as f:
            lines = f.readlines()
        with open(self.results, "wb") as f:
            f.writelines(lines[:30])
        err = self.run_part(code=2)
        self.assertIn("30 are lost", err)

    def test_an_edited_input(self):
        """Lines that come in front: the first ones are others, a sample hardly is."""
        self.run_part("--sample", "10")
        sample = self.done()
        self.ids = ["new-1", "new-2"] + self.ids
        self.write_input(chat_line(i) for i in self.ids)
        self.run_part("--sample", "10")
        self.assertLessEqual(len(self.done() - sample), 2)
        self.run_part("--first", "2")
        self.run_part()
        self.assert_exactly_once(self.ids)
        self.assertEqual(self.requests(), ITEMS + 2)

    def test_rows_of_csv_and_packs_and_pipelines(self):
        table, template, pipeline = self.path("t.csv"), self.path("t.json"), self.path("p.json")
        with open(table, "w", encoding="utf-8") as f:
            f.write("custom_id,text\n" + "".join(f'r{i},"two\nlines {i}"\n' for i in range(30)))
        with open(template, "w", encoding="utf-8") as f:
            json.dump({"model": "e", "input": "{{text}}"}, f)
        with open(pipeline, "w", encoding="utf-8") as f:
            stage = {"model": "m", "messages": [{"role": "user", "content": "{{text}}"}]}
            json.dump({"stages": {"a": {"body": stage}, "b": {"after": "a", "body": stage}}}, f)
        for number, options in enumerate((("--template", template), ("--template", template, "--pack", "4"),
                                          ("--pipeline", pipeline))):
            with self.subTest(options):
                results = self.path(f"{number}.results.jsonl")
                before = self.requests()
                for part, want in (("--sample=9", 9), ("--first=3", None), (None, 30)):
                    self.run_part("-o", results, *options, *((part,) if part else ()), source=table)
                    got = [line["custom_id"] for line in json_lines(results)]
                    self.assertEqual(len(got), len(set(got)))
                    if want:
                        self.assertEqual(len(got), want)
                self.assertLessEqual(self.requests() - before, 60 if "--pipeline" in options else 30)

    def test_the_lines_of_a_form(self):
        """Header and empty rows are no lines of the part; packed text is read again."""
        template = self.path("t.json")
        with open(template, "w", encoding="utf-8") as f:
            json.dump({"model": "e", "input": "{{text}}"}, f)
        rows = "".join(f"\r\n;\r\nr{i};two {i}" for i in range(9))
        for name, data in (("t.csv", ("sep=;\r\ncustom_id;text" + rows).encode()),
                           ("t.gz", gzip.compress(("custom_id;text" + rows).encode("utf-16")))):
            table = self.path(name)
            with open(table, "wb") as f:
                f.write(data)
            for piped in (False, True):
                with self.subTest(name, piped=piped):
                    self.forget_run()
                    for part, want in (("--first=2", 2), ("--sample=4", None), ("--first=9", 9)):
                        with open(table, "rb") as f:
                            self.run_part("-o", self.results, "--template", template, part,
                                          source="-" if piped else table, stdin=f)
                        if want:
                            self.assertEqual(self.done(), {f"r{i}" for i in range(want)})
                        if not piped or part == "--first=9":
                            self.assertIn("of 9 items", self.report())
                    self.assertEqual(len(json_lines(self.results)), 9)

    def test_a_part_without_a_good_line(self):
        self.write_input(["no", "no", chat_line("a")])
        self.assertIn("the part of " + self.input + " has no valid line; line 1",
                      self.run_part("--first", "2", code=2))
        self.assertFalse(os.path.exists(self.results) or os.path.exists(self.journal))
        self.run_part("--first", "3", code=1)

    def test_a_killed_one_goes_on(self):
        slow = self.mock("--latency", "40ms", "--sigma", "0")
        process = self.start("--url", slow.url, "--ui", "none", "-c", "1", "--sample", "20")
        wait_for(lambda: self.done_count() > 2, "results")
        process.kill()
        process.communicate()
        self.assertIn(f"a sample of 20 of {ITEMS} items (seed 1)", self.report())
        self.run_part("--sample", "20")
        self.assertEqual(len(self.done()), 20)
        self.run_part()
        self.assert_exactly_once(self.ids)

    def test_what_is_no_part(self):
        for options, word in ((("--first", "0.5"), "--first"), (("--sample", "x"), "--sample"),
                              (("--sample", "5,x"), "--sample"), (("--first", "3", "--sample", "3"), "not both")):
            self.assertIn(word, self.run_part(*options, code=2))


if __name__ == "__main__":
    main()
