"""Inputs that are not what their name says: read as they are, and a second session reads the same lines; or
named with what to do, before anything is sent."""

import bz2
import gzip
import io
import json
import lzma
import os
import resource
import signal
import subprocess
import unittest
import zipfile

from harness import SLUICE, RunTest, chat_line, json_lines, wait_for

LINES = [json.dumps({"custom_id": f"i{n}", "model": "m", "messages": [{"role": "user", "content": f"é {n}"}]},
                    ensure_ascii=False) for n in range(20)]
IDS = [f"i{n}" for n in range(20)]
TEXT = "\n".join(LINES) + "\n"
TEMPLATE = '{"model":"m","messages":[{"role":"user","content":"{{%s}}"}]}'


def values(**dumps):
    return [json.dumps(json.loads(line), **dumps) for line in LINES]


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True).stdout


def zipped(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name in names:
            z.writestr(name, TEXT)
    return out.getvalue()


class InputFormsTest(RunTest):
    def setUp(self):
        super().setUp()
        self.server = None

    def serve(self):
        self.server = self.server or self.mock("--latency", "1ms")
        return self.server

    def write(self, data, name="in.jsonl"):
        with open(self.path(name), "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return self.path(name)

    def template(self, field):
        return "--template", self.write(TEMPLATE % field, "template.json")

    def check(self, path, *options):
        run = subprocess.run([SLUICE, "check", path, *options], capture_output=True, text=True, check=False)
        return run.returncode, run.stdout + run.stderr

    def run_file(self, path, *options, **popen):
        process = self.start("--url", self.serve().url, "-o", self.results, *options, source=path, **popen)
        _, err = process.communicate(timeout=120)
        return process.returncode, err.decode()

    def assert_runs(self, path, form, *options, ids=None):
        """check and run name the form; each line is sent once, and a second session knows them all."""
        self.forget_run()
        before = self.serve().stats()["requests"]
        code, out = self.check(path, *options)
        self.assertEqual(code, 0, out)
        self.assertIn(f"read as        {form}\n", out)
        code, err = self.run_file(path, "--ui", "plain", *options)
        self.assertEqual(code, 0, err)
        self.assertIn(f"input: {form}\n", err)
        self.assert_exactly_once(ids or IDS)
        code, err = self.run_file(path, "--ui", "none", *options)
        self.assertEqual((code, err), (0, ""))
        self.assertIn(f"  read as     {form}\n", self.report())
        self.assertEqual(self.serve().stats()["requests"] - before, len(ids or IDS))

    def assert_refused(self, path, *words, options=()):
        """By check and run, with exit 2 and these words; nothing is sent, no file is made."""
        self.forget_run()
        before = self.serve().stats()["requests"]
        for code, text in (self.check(path, *options), self.run_file(path, "--ui", "none", *options)):
            self.assertEqual(code, 2, text)
            for word in words:
                self.assertIn(word, text)
        self.assertEqual(self.serve().stats()["requests"], before)
        self.assertFalse(os.path.exists(self.results) or os.path.exists(self.journal))

    def test_files_are_read_as_they_are(self):
        utf8 = TEXT.encode()
        for data, form in ((gzip.compress(utf8), "gzip, JSON lines"), (zstd(utf8), "zstd, JSON lines"),
                           (b"\xff\xfe" + TEXT.encode("utf-16-le"), "UTF-16 (little endian), JSON lines"),
                           (TEXT.encode("utf-16-be"), "UTF-16 (big endian), JSON lines"),
                           ("[\n" + ",\n".join(values(indent=2)) + "\n]\n", "a JSON array"),
                           ("\n".join(values(indent=1)), "JSON over several lines"),
                           (TEXT.replace("\n", "\r"), "CR line ends, JSON lines"),
                           (gzip.compress(TEXT.replace("\n", "\r\n").encode("utf-16")),
                            "gzip, UTF-16 (little endian), JSON lines")):
            with self.subTest(form=form):
                self.assert_runs(self.write(data), form)

    def test_csv_has_the_delimiter_of_its_header(self):
        ids = ["1", "2"]
        for text, form in (("id;text\r\n1;a,b\r\n2;\"c;d\ne\"\r\n", "CSV with semicolons"),
                           ("sep=|\nid|text\n1|a;b\n2|c,d\n", "CSV with bars"),
                           ("\ufeffid\ttext\n1\ta\n2\tb\n", "CSV with tabs"),
                           ("id,text\n1,a;b;c\n2,d\n", "CSV"),
                           ("id;text\r1;a\r2;b\r", "CR line ends, CSV with semicolons")):
            for name in ("in.csv", "in.tsv", "in.txt"):
                with self.subTest(form=form, name=name):
                    self.assert_runs(self.write(text, name), form, *self.template("text"), ids=ids)
        self.assert_runs(self.write(gzip.compress(b"id;text\n1;a\n2;b\n"), "in.csv.gz"), "gzip, CSV with semicolons",
                         *self.template("text"), ids=ids)
        self.assert_runs(self.write('{"text":"a","custom_id":"x"}\n', "json.csv"), "JSON lines",
                         *self.template("text"), ids=["x"])

    def test_empty_rows_are_skipped_and_counted(self):
        path = self.write("id;text\n;\n1;a\n;;\n\n;\n\" \";\"\"\n2;b\n;\n", "in.csv")
        code, out = self.check(path, *self.template("text"))
        self.assertEqual(code, 0, out)
        self.assertIn("empty rows     5, which are skipped", out)
        self.assert_runs(path, "CSV with semicolons", *self.template("text"), ids=["1", "2"])

    def test_lines_of_text_fill_a_template(self):
        path = self.write("one\n\n{two}, \"2\"\r\nthree\n", "in.txt")
        self.assert_runs(path, "plain text", *self.template("line"), ids=["1", "3", "4"])
        self.assert_runs(self.write('{"line":"x","custom_id":"a"}\n'), "JSON lines", *self.template("line"), ids=["a"])
        code, out = self.check(self.path("in.jsonl"), *self.template("line"))
        self.assertIn('"content": "x"', out)

    def test_other_files_are_named_with_what_to_do(self):
        latin1 = TEXT.encode("latin-1")
        for data, words in ((bz2.compress(latin1), ("a bzip2 file", "bzcat")), (lzma.compress(latin1), ("an xz file", "xzcat")),
                            (zipped("a.jsonl"), ("a zip file", "unzip -p")),
                            (zipped("[Content_Types].xml", "xl/workbook.xml"), ("spreadsheet", "CSV UTF-8")),
                            (b"PAR1\x15\x04\x15" + os.urandom(99), ("a Parquet file", "duckdb")),
                            (latin1, ("not UTF-8", "iconv -f WINDOWS-1252")),
                            (b'{"custom_id":"a","response":{"status_code":200},"error":null}\n',
                             ("line 1: ", "a results or errors file", "--retry-failed")),
                            (b'{"custom_id":"a","result":{"type":"succeeded"}}\n', ("a results or errors file",)),
                            (b'{"id":1,"text":"a"}\n{"id":2,"text":"b"}\n', ("a row, not a request", "--template")),
                            (b"id;text\n1;a\n", ("looks like CSV (columns id, text)", "--template")),
                            (b"hello\nworld\n", ("plain text", "{{line}}")),
                            (b'{"requests":[]}', ("jq -c '.requests[]'",)),
                            (b'{"a"\n{"b"\n', ("no valid line; line 1: not valid JSON",)),
                            (b"", ("has no items",))):
            with self.subTest(words=words):
                self.assert_refused(self.write(data), *words)

    def test_rows_that_lack_a_field_name_what_there_is(self):
        self.assert_refused(self.write("id, Text\n1,a\n", "in.csv"), 'no column "text"; did you mean " Text"? It has id,  Text',
                            options=self.template("text"))
        self.assert_refused(self.write('{"Te_xt":1,"x":2}\n'),
                            'line 1: the row has no field "text"; did you mean "Te_xt"? It has Te_xt, x',
                            options=self.template("text"))
        self.assert_refused(self.write('{"user":{"name":1}}\n'), 'no field "user.nam"; did you mean "name"? It has name',
                            options=self.template("user.nam"))

    def test_likely_mistakes_are_warned_of(self):
        line = json.loads(chat_line("a"))
        line["header"], line["id"] = {}, line.pop("custom_id")
        path = self.write(json.dumps(line) + "\n" + chat_line("b", "\ud83d") + "\n")
        _, out = self.check(path)
        code, err = self.run_file(path, "--ui", "none")
        self.assertEqual(code, 0)
        for text in (out, err):
            self.assertIn('line 1: unknown member "header" is not sent; did you mean "headers"?', text)
            self.assertIn('did you mean "custom_id"?', text)
            self.assertIn("line 2: \\ud83d is half a surrogate pair", text)

    def test_several_inputs_are_refused_with_what_to_do(self):
        a, b = self.write(TEXT, "a.jsonl"), self.write(TEXT, "b.jsonl")
        for command in ("run", "check"):
            run = subprocess.run([SLUICE, command, a, b], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 2)
            self.assertIn("awk 1", run.stderr)

    def test_pipes_have_forms_too(self):
        for data in (gzip.compress(TEXT.encode()), ("[" + ",".join(LINES) + "]").encode()):
            self.forget_run()
            path = self.write(data, "data")
            with open(path, "rb") as f:
                cat = subprocess.Popen(["cat"], stdin=f, stdout=subprocess.PIPE)
            code, err = self.run_file("-", "--ui", "none", stdin=cat.stdout)
            cat.stdout.close()
            cat.wait()
            self.assertEqual((code, err), (0, ""))
            self.assert_exactly_once(IDS)
        for data, word in ((bz2.compress(b"x"), "bzcat"), (b'{"text":1}\n', "a row, not a request")):
            self.forget_run()
            before = self.serve().stats()["requests"]
            read, write = os.pipe()
            os.write(write, data)
            os.close(write)
            code, err = self.run_file("-", "--ui", "none", stdin=read)
            os.close(read)
            self.assertEqual(code, 2, err)
            self.assertIn(word, err)
            self.assertEqual(self.serve().stats()["requests"], before)

    def test_a_killed_run_of_a_packed_file_goes_on(self):
        ids = [f"k{n}" for n in range(300)]
        path = self.write(gzip.compress("".join(chat_line(i) + "\n" for i in ids).encode()), "in.jsonl.gz")
        self.server = self.mock("--latency", "20ms")
        run = self.start("--url", self.server.url, "-o", self.results, "--ui", "none", "-c", "8", source=path)
        wait_for(lambda: self.done_count() >= 50, "50 results")
        run.send_signal(signal.SIGKILL)
        run.wait()
        code, err = self.run_file(path, "--ui", "none")
        self.assertEqual(code, 0, err)
        self.assert_exactly_once(ids)
        self.assertLessEqual(self.server.stats()["requests"], 308)

    def test_a_cut_file_keeps_what_came_before(self):
        """Longer than what is read before the start: what was read is sent, then the run says where the file ends."""
        ids = [f"c{n}" for n in range(4000)]
        packed = gzip.compress("".join(chat_line(i, os.urandom(80).hex()) + "\n" for i in ids).encode())
        self.assert_refused(self.write(packed[:1000], "short.gz"), "the gzip data is cut off at byte 1000", "gzip -t")
        path = self.write(packed[:-1000], "in.jsonl.gz")
        code, err = self.run_file(path, "--ui", "none")
        self.assertEqual(code, 4)
        self.assertIn("the gzip data is cut off at byte", err)
        sent = self.done_count()
        self.assertGreater(sent, 0)
        self.write(packed, "in.jsonl.gz")
        code, err = self.run_file(path, "--ui", "none")
        self.assertEqual(code, 0, err)
        self.assert_exactly_once(ids)
        self.assertEqual(self.serve().stats()["requests"], len(ids))

    def test_endless_text_is_bounded(self):
        """A file size limit stands for a full disk."""
        path = self.write(gzip.compress(b"\n" * (40 << 20) + TEXT.encode()), "bomb.gz")

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, 8 << 20))
        code, err = self.run_file(path, "--ui", "none", preexec_fn=limit)
        self.assertIn(code, (2, 4))
        self.assertIn("no space left in", err)
        self.assertIn("for the copy of ", err)
        self.assertEqual(json_lines(self.results), [])


if __name__ == "__main__":
    unittest.main()
