"""`sluice export`, read by readers that are not ours: Python's csv and json, jq."""

import csv
import gzip
import io
import json
import os
import pty
import shutil
import signal
import stat
import subprocess
import unittest

from harness import PATIENCE, SLUICE, SOURCE, RunTest, chat_line, json_lines, wait_for

AWKWARD = ["plain", "a,b", "say \"hi\"", "two\nlines", "cr\rhere", "tab\there", "=HYPERLINK(\"http://x\")",
           "- a list", "-5", "é 漢字 😀", " padded ", "", "'quoted'", "\u202ereversed"]


class ExportTest(RunTest):
    def export(self, *options, results=None, code=0):
        """Exit code as expected; returns stdout and stderr."""
        run = subprocess.run([SLUICE, "export", results or self.results, *options], capture_output=True,
                             timeout=PATIENCE, check=False)
        self.assertEqual(run.returncode, code, run.stderr)
        return run.stdout.decode(), run.stderr.decode()

    def table(self, *options, **more):
        """A CSV export as rows by column."""
        out, _ = self.export("--format", "csv", *options, **more)
        return list(csv.DictReader(io.StringIO(out, newline=""), strict=True))

    def run_echo(self, texts, *options):
        """Items whose answers are these texts."""
        answers = self.path("answers.jsonl")
        with open(answers, "w", encoding="utf-8") as f:
            for i, text in enumerate(texts):
                f.write(json.dumps({"has": f"<{i}>", "text": text}) + "\n")
        self.server = self.mock("--latency", "1ms", "--answers", answers)
        self.write_input(chat_line(f"i{i}", f"<{i}>") for i in range(len(texts)))
        code, err = self.run_sluice("--url", self.server.url, "--ui", "none", *options)
        self.assertIn(code, (0, 1), err)


class FormatTest(ExportTest):
    def test_tables_come_back_through_other_readers(self):
        self.run_echo(AWKWARD)
        guarded = ["'" + t if t.startswith(("=", "- ")) else t for t in AWKWARD]
        rows = self.table()
        self.assertEqual([r["custom_id"] for r in rows], [f"i{i}" for i in range(len(AWKWARD))])
        self.assertEqual([r["text"] for r in rows], guarded)
        self.assertEqual({r["state"] for r in rows}, {"ok"})
        self.assertEqual([r["text"] for r in self.table("--no-guard")], AWKWARD)
        out, _ = self.export("--format", "tsv", "--no-guard")
        rows = list(csv.DictReader(io.StringIO(out, newline=""), dialect="excel-tab", strict=True))
        self.assertEqual([r["text"] for r in rows], AWKWARD)
        out, _ = self.export("--bom", "--format", "csv")
        self.assertTrue(out.startswith("\ufeffcustom_id,"))

    def test_json_and_texts(self):
        self.run_echo(AWKWARD)
        out, err = self.export()
        lines = [json.loads(line) for line in out.split("\n")[:-1]]
        self.assertEqual([r["text"] for r in lines], AWKWARD)
        self.assertEqual(err, "")
        self.assertEqual(json.loads(self.export("--format", "json")[0]), lines)
        self.assertEqual(self.export("--format", "text")[0], "".join(t + "\n" for t in AWKWARD))
        if shutil.which("jq"):
            read = subprocess.run(["jq", "-c", ".text"], input=out, capture_output=True, text=True, check=True)
            self.assertEqual([json.loads(line) for line in read.stdout.splitlines()], AWKWARD)

    def test_the_ending_of_the_name_is_the_format(self):
        self.run_echo(["x", "y"])
        for name, start in (("a.csv", b"custom_id,"), ("a.TSV", b"custom_id\t"), ("a.json", b"[\n"),
                            ("a.txt", b"x\ny\n"), ("a.jsonl", b'{"custom_id":"i0"'), ("a", b'{"custom_id"')):
            _, err = self.export("-o", self.path(name))
            self.assertIn(f"2 items exported to {self.path(name)}", err)
            with open(self.path(name), "rb") as f:
                self.assertTrue(f.read().startswith(start), name)
            self.assertEqual(stat.S_IMODE(os.stat(self.path(name)).st_mode), 0o600)

    def test_fields_reach_into_answers_and_json_texts(self):
        self.run_echo(['```json\n{"label":"spam","score":0.5}\n```', "no JSON"])
        rows = self.table("--field", "label=json.label", "--field", "score=json.score",
                          "--field", "role=choices.0.message.role", "--field", "ask=input.body.messages.0.content")
        self.assertEqual(rows[0], {"custom_id": "i0", "label": "spam", "score": "0.5", "role": "assistant",
                                   "ask": "<0>"})
        self.assertEqual(rows[1]["label"], "")
        _, err = self.export("--field", "x=nothing.there")
        self.assertIn("--field x: no item has this value", err)

    def test_embeddings_are_vectors(self):
        self.server = self.mock("--latency", "1ms")
        self.write_input([json.dumps({"custom_id": "e", "url": "/v1/embeddings",
                                      "body": {"model": "m-embed", "input": "x"}})])
        self.assertEqual(self.run_sluice("--url", self.server.url, "--ui", "none")[0], 0)
        (line,) = json_lines(self.results)
        vector = line["response"]["body"]["data"][0]["embedding"]
        self.assertEqual(json.loads(self.export()[0])["text"], vector)
        self.assertEqual(json.loads(self.table()[0]["text"]), vector)

    def test_control_characters_do_not_reach_a_terminal(self):
        self.run_echo(["\x1b[2J\x1b]0;title\x07é\u202e"])
        master, slave = pty.openpty()
        with subprocess.Popen([SLUICE, "export", self.results, "--format", "text"], stdout=slave,
                              stderr=subprocess.DEVNULL) as process:
            process.wait(PATIENCE)
        os.close(slave)
        shown = os.read(master, 10000).decode()
        os.close(master)
        self.assertEqual(shown, "\\x1b[2J\\x1b]0;title\\x07é\\u202e\r\n")


class RowsTest(ExportTest):
    def run_csv(self, text, name="in.csv", content="{{q}}"):
        self.server = self.mock("--latency", "1ms")
        path, template = self.path(name), self.path("t.json")
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        with open(template, "w", encoding="utf-8") as f:
            json.dump({"model": "m", "messages": [{"role": "user", "content": content}]}, f)
        code, err = self.run_sluice("--url", self.server.url, "--ui", "none", "--template", template,
                                    "-o", self.results, source=path)
        self.assertIn(code, (0, 1), err)
        return path

    def test_a_table_keeps_the_columns_of_its_rows(self):
        rows = [{"id": f"r{i}", "q": f'line one\nline "two", {i}', "text": "mine", "n": str(i)} for i in range(50)]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, ["id", "q", "text", "n"])
        writer.writeheader()
        writer.writerows(rows)
        self.run_csv(text.getvalue())
        out, _ = self.export("--format", "csv", "--with-input")
        got = list(csv.DictReader(io.StringIO(out, newline=""), strict=True))
        self.assertEqual(list(got[0])[:5], ["custom_id", "id", "q", "input.text", "n"])
        self.assertEqual([(r["custom_id"], r["q"], r["input.text"], r["n"]) for r in got],
                         [(r["id"], r["q"], r["text"], r["n"]) for r in rows])
        self.assertTrue(all(r["text"] for r in got))

    def test_rows_whose_form_only_the_template_told(self):
        texts = ["what is a, b; c?", ' {"q": 1} \u00e9', "[3]"]
        path = self.run_csv("\n\n".join(texts) + "\n", "in.txt", "{{line}}")
        self.assertEqual([(r["custom_id"], r["line"]) for r in self.table("--with-input")],
                         [(str(i), t) for i, t in zip((1, 3, 5), texts)])
        self.assertEqual([r["l"] for r in self.table("--field", "l=input.line")], texts)
        packed = self.path("other.gz")
        with gzip.open(packed, "wt", encoding="utf-8") as f:
            f.write("\n\n".join(texts))
        self.assertEqual([r["line"] for r in self.table("--with-input", "--input", packed)], texts)
        # as of a pipe, whose form is in no journal
        with open(self.journal, "r+", encoding="utf-8") as f:
            lines = f.read().replace('"form":"plain text"', '"farm":"plain text"')
            f.seek(0)
            f.write(lines)
        self.assertEqual([r["line"] for r in self.table("--with-input", "--input", path)], texts)

    def test_a_table_by_another_name(self):
        self.run_csv('id|q|n\na|"x|y, z"|1\nb|v;w|2\n', "table.txt")
        self.assertEqual([(r["custom_id"], r["q"], r["n"]) for r in self.table("--with-input")],
                         [("a", "x|y, z", "1"), ("b", "v;w", "2")])
        # the template's column decides against the more columns with commas
        self.forget_run()
        self.run_csv('q;"n, o, p"\nx;1\ny;2\n', "table.csv")
        self.assertEqual([(r["q"], r["n, o, p"]) for r in self.table("--with-input")], [("x", "1"), ("y", "2")])

    def test_rows_that_became_no_request_are_there_with_all(self):
        self.run_csv("id,q\na,x\nb\nc,y\n")
        rows = self.table("--state", "all", "--with-input")
        self.assertEqual([(r["custom_id"], r["state"], r["q"]) for r in rows],
                         [("a", "ok", "x"), ("b", "failed", ""), ("c", "ok", "y")])
        self.assertIn("line 3", rows[1]["error"])
        self.assertIn("1 failed left out (--state all)", self.export()[1])

    def test_a_line_with_the_id_of_another_has_a_file_of_its_own(self):
        self.server = self.mock("--latency", "1ms")
        self.write_input([chat_line("a"), chat_line("a"), chat_line("b")])
        self.assertEqual(self.run_sluice("--url", self.server.url, "--ui", "none")[0], 1)
        self.export("--state", "all", "--split", self.path("d"), "--format", "json")
        names = sorted(os.listdir(self.path("d")))
        self.assertEqual((len(names), names[0], names[2]), (3, "a.json", "b.json"))
        self.assertTrue(names[1].startswith("a_line-2-"), names)

    def test_rows_without_ids_keep_their_lines(self):
        path = self.run_csv("q\nx\ny\n")
        self.assertEqual([(r["custom_id"], r["q"]) for r in self.table("--with-input")], [("2", "x"), ("3", "y")])
        with open(path, "w", encoding="utf-8") as f:
            f.write("q\ny\nx\n")
        out, err = self.export("--format", "csv", "--with-input")
        self.assertEqual([r["q"] for r in csv.DictReader(io.StringIO(out))], ["", ""])
        self.assertIn("2 rows of the input changed since they were asked (first: line 2)", err)

    def test_stages_of_a_pipeline(self):
        examples = os.path.join(SOURCE, "examples")
        server = self.mock("--latency", "1ms", "--answers", os.path.join(examples, "pipeline-answers.jsonl"))
        code, err = self.run_sluice("--url", server.url, "--ui", "none", "--pipeline",
                                    os.path.join(examples, "pipeline.json"), "-o", self.results,
                                    source=os.path.join(examples, "pipeline-rows.jsonl"))
        self.assertIn(code, (0, 1), err)
        lines = json_lines(self.results)
        stage = next(iter(lines[0]["stages"]))
        out, _ = self.export("--field", f"s=stages.{stage}")
        got = {r["custom_id"]: r["s"] for r in map(json.loads, out.splitlines())}
        self.assertEqual(got, {r["custom_id"]: r["stages"].get(stage) for r in lines})

    def test_results_of_another_tool_take_their_order_from_the_input(self):
        with open(self.results, "w", encoding="utf-8") as f:
            for i in (2, 0, 1):
                body = {"choices": [{"message": {"content": f"t{i}"}}]}
                f.write(json.dumps({"id": f"batch_req_{i}", "custom_id": f"i{i}", "error": None,
                                    "response": {"status_code": 200, "request_id": "r", "body": body}}) + "\n")
        self.write_input(chat_line(f"i{i}") for i in range(4))
        out, err = self.export("--format", "text", "--input", self.input)
        self.assertEqual(out, "t0\nt1\nt2\n")
        self.assertIn("1 not finished", err)

    def test_the_input_may_come_through_a_pipe(self):
        self.run_echo(["x", "y"])
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        feed = f"(head -1 {self.input}; sleep 0.1; tail -n +2 {self.input}) >{fifo}"
        with subprocess.Popen(feed, shell=True):
            out, _ = self.export("--input", fifo, "--field", "ask=input.body.messages.0.content")
        self.assertEqual([json.loads(line)["ask"] for line in out.splitlines()], ["<0>", "<1>"])

    def test_an_input_that_is_gone_is_named(self):
        self.run_echo(["x"])
        os.remove(self.input)
        _, err = self.export("--with-input", code=2)
        self.assertIn("again: give --input FILE", err)
        self.assertEqual(self.export("--format", "text")[0], "x\n")

    def test_results_in_the_form_of_anthropic(self):
        server = self.mock("--latency", "1ms")
        self.write_input(json.dumps({"custom_id": f"m{i}", "params": {
            "model": "claude", "max_tokens": 20, "messages": [{"role": "user", "content": "x"}]}}) for i in range(5))
        code, err = self.run_sluice("--url", server.url, "--provider", "anthropic", "--ui", "none",
                                    "--result-format", "anthropic")
        self.assertEqual((code, err), (0, ""))
        texts = {r["custom_id"]: r["result"]["message"]["content"][0]["text"] for r in json_lines(self.results)}
        self.assertEqual({r["custom_id"]: r["text"] for r in self.table("--no-guard")}, texts)


class RunningTest(ExportTest):
    def test_a_run_that_goes_on_and_one_that_was_killed(self):
        server = self.mock("--latency", "20ms", "--sigma", "0.9")
        ids = self.write_items(3000)
        process = self.start("--url", server.url, "--ui", "none", "-c", "16")
        wait_for(lambda: self.done_count() >= 200, "200 results")
        out, err = self.export("--format", "csv")
        self.assertIn("; the run is still live", err)
        rows = list(csv.DictReader(io.StringIO(out, newline=""), strict=True))
        self.assertGreaterEqual(len(rows), 200)
        got = [r["custom_id"] for r in rows]
        self.assertEqual(got, [i for i in ids if i in set(got)])
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
        with open(self.results, "ab") as f:
            f.write(b'{"custom_id":"item-2999","id":"sluice-3000","response":{"status_code":200,"bo')
        out, _ = self.export("--order", "done")
        done = [r["custom_id"] for r in json_lines(self.results_without_end())]
        self.assertEqual([json.loads(line)["custom_id"] for line in out.splitlines()], done)

    def results_without_end(self):
        """The results without the last line, which is torn."""
        whole = self.path("whole.jsonl")
        with open(self.results, "rb") as f, open(whole, "wb") as to:
            to.write(f.read().rpartition(b"\n")[0] + b"\n")
        return whole


class FilesTest(ExportTest):
    def test_a_file_for_each_item(self):
        texts = ["one", "two\n", "three"]
        self.run_echo(texts)
        folder = self.path("texts")
        self.assertIn("3 items exported to", self.export("--split", folder)[1])
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        self.assertEqual(sorted(os.listdir(folder)), ["i0.txt", "i1.txt", "i2.txt"])
        for i, text in enumerate(texts):
            with open(os.path.join(folder, f"i{i}.txt"), encoding="utf-8") as f:
                self.assertEqual(f.read(), text)
        _, err = self.export("--split", folder, code=4)
        self.assertIn("i0.txt exists: --force replaces it", err)
        self.export("--split", folder, "--force")
        self.export("--split", self.path("objects"), "--format", "json")
        with open(self.path("objects/i2.json"), encoding="utf-8") as f:
            self.assertEqual(json.load(f)["text"], "three")

    def test_ids_name_no_file_elsewhere(self):
        ids = ["../../escape", "/etc/passwd", ".hidden", "a/b", "a?b", "-rf", "\n", "x" * 1000, "nul\0", "é", ".."]
        with open(self.results, "w", encoding="utf-8") as f:
            for i in ids:
                f.write(json.dumps({"custom_id": i, "response": {"status_code": 200, "body": {"text": i}},
                                    "error": None}) + "\n")
        folder = self.path("deep/er")
        os.makedirs(folder)
        self.export("--split", folder)
        names = os.listdir(folder)
        self.assertEqual(len(names), len(ids))
        self.assertEqual(os.listdir(self.path("deep")), ["er"])
        self.assertFalse([n for n in names if n.startswith((".", "-"))])
        self.assertIn("é.txt", names)
        contents = set()
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8", newline="") as f:
                contents.add(f.read())
        self.assertEqual(contents, set(ids))

    def test_nothing_of_the_run_is_written_over(self):
        self.run_echo(["x"])
        before = {name: open_bytes(self.path(name)) for name in os.listdir(self.folder)}
        for name in (self.results, self.journal, self.input):
            _, err = self.export("-o", name, "--force", code=2)
            self.assertIn("of the run: choose another name", err)
        shutil.copy(self.input, self.path("i0.txt"))
        os.remove(self.input)
        os.link(self.path("i0.txt"), self.input)
        _, err = self.export("--split", self.folder, "--force", code=4)
        self.assertIn("is the input of the run", err)
        os.remove(self.path("i0.txt"))
        self.assertEqual({name: open_bytes(self.path(name)) for name in os.listdir(self.folder)}, before)

    def test_exit_codes_and_words(self):
        self.run_echo(["x"])
        self.assertIn("no such file", self.export(results=self.path("none"), code=3)[1])
        self.assertIn("does not hold results of sluice", self.export(results=self.input, code=2)[1])
        for options, words in ((("--split", "d", "-o", "f"), "not both"),
                               (("--split", "d", "--format", "csv"), "only text"),
                               (("--format", "text", "--with-input"), "text has no fields"),
                               (("--field", "x"), "--field"), (("--field", "a=b", "--field", "a=c"), "already"),
                               (("-o", self.folder), "is a folder"),
                               (("-o", self.path("no/such/folder.csv")), "No such file"),
                               (("--input", self.path("none")), "none")):
            self.assertIn(words, self.export(*options, code=2)[1])
        run = subprocess.run(f"{SLUICE} export {self.results} -o /dev/full", shell=True, capture_output=True,
                             text=True, check=False)
        self.assertEqual((run.returncode, run.stderr), (4, "sluice: cannot write /dev/full: No space left on device\n"))

    def test_a_full_disk_leaves_no_half_a_file(self):
        self.run_echo(["x" * 5000])
        before = sorted(os.listdir(self.folder))
        run = subprocess.run(f"ulimit -f 4; {SLUICE} export {self.results} -o {self.path('a.csv')}", shell=True,
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 4)
        self.assertIn("a.csv: File too large", run.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_a_reader_that_leaves_is_no_error_message(self):
        self.run_echo(["x" * 1000] * 200)
        run = subprocess.run(f"{SLUICE} export {self.results} | head -c 10", shell=True, capture_output=True,
                             text=True, check=False)
        self.assertEqual((run.stdout, run.stderr), ('{"custom_i', ""))


def open_bytes(path):
    with open(path, "rb") as f:
        return f.read()


if __name__ == "__main__":
    unittest.main()
