"""Options in the configuration file, and --print-config."""

import os
import subprocess
import tempfile
import unittest

from harness import SOURCE, RunTest, json_lines

SLUICE = os.path.abspath(os.environ.get("SLUICE", "./sluice"))


class ConfigTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def show(self, text, *options, name="c.ini"):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        done = subprocess.run([SLUICE, "run", "--config", path, "--print-config", *options], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=20)
        return done.returncode, done.stdout, done.stderr

    def test_the_command_line_wins_over_the_file(self):
        code, out, err = self.show("[run]\nmax-attempts = 3\nconcurrency = 7\nstream = yes\n[demo]\nseed = 4\n",
                                   "--concurrency", "9")
        self.assertEqual((code, err), (0, ""))
        self.assertIn(f"# {self.folder}/c.ini:2\nmax-attempts = 3\n", out)
        self.assertIn("# command line\nconcurrency = 9\n", out)
        self.assertIn(f"# {self.folder}/c.ini:4\nstream = true\n", out)
        self.assertIn("# default\nmax-concurrency = 256\n", out)

    def test_what_is_printed_can_be_read_again(self):
        _, first, _ = self.show("[run]\nmax-attempts = 3\nexpect = json\nexpect = finish_reason=stop\n")
        code, again, err = self.show(first, name="again.ini")
        self.assertEqual((code, err), (0, ""))
        values = [[line for line in text.splitlines() if not line.startswith("#")] for text in (first, again)]
        self.assertEqual(*values)
        self.assertEqual([v for v in values[0] if v.startswith("expect =")],
                         ["expect = json", "expect = finish_reason=stop"])

    def test_a_bad_value_ends_and_an_unknown_name_warns(self):
        code, _, err = self.show("[run]\nmax-attempts = many\n")
        self.assertEqual(code, 2)
        self.assertIn("c.ini:2: --max-attempts takes", err)
        code, _, err = self.show("[run]\nmax-atempts = 3\n")
        self.assertEqual(code, 0)
        self.assertIn("c.ini:2: sluice run has no option \"max-atempts\"", err)

    def test_secrets_are_not_shown(self):
        _, out, err = self.show("[run]\nheader = Authorization: Bearer hush-hush\nheader = X-Team: blue\n"
                                "[endpoint a]\nurl = https://h/v1?api-key=hush-hush\nkey-env = hush_hush\n",
                                "--endpoint", "b=https://me:hush-hush@h/")
        self.assertNotIn("hush", out + err)
        self.assertIn("c.ini:2\n# header is set but not shown", out)
        self.assertIn("c.ini:3\nheader = X-Team: blue\n", out)
        self.assertIn("c.ini:5\n# url is set but not shown", out)
        self.assertIn("c.ini:6\n# key-env is set but not shown", out)
        self.assertIn("# command line\n# endpoint is set but not shown", out)

    def test_what_a_line_cannot_hold_is_not_shown(self):
        for value in ("1 ; 2", ";", "y" * 70000, "x ", "\x1b[2J"):
            _, out, _ = self.show("[run]\n", "--output", value)
            self.assertIn("# command line\n# output is set but not shown: it does not fit into a configuration line\n", out)

    def values(self, text):
        return [line for line in text.splitlines() if line and not line.startswith("#")]

    def test_all_sections_are_printed_and_mean_the_same(self):
        """The example, which has some of each."""
        path = os.path.join(SOURCE, "examples", "config")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        code, first, err = self.show(text)
        self.assertEqual((code, err), (0, ""))
        code, again, err = self.show(first, name="again.ini")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.values(first), self.values(again))
        lines = text.splitlines()
        for n, line in enumerate(lines, 1):
            if "=" in line and not line.startswith("#"):
                self.assertIn(f"# {self.folder}/c.ini:{n}\n{line}\n", first)

    def test_the_dashboards_part_is_looked_at(self):
        code, out, err = self.show("[keys]\nHyper = drain\nF5 = drain\n[ui]\ncolour = red\n")
        self.assertEqual(code, 0)
        self.assertIn(f"[keys]\n# {self.folder}/c.ini:2\nHyper = drain\n# {self.folder}/c.ini:3\nF5 = drain\n", out)
        self.assertIn(f"warning: {self.folder}/c.ini:2: unknown key", err)
        self.assertIn(f"warning: {self.folder}/c.ini:5: [ui] has theme, glyphs, columns", err)
        self.assertEqual(err.count("\n"), 2)

    def test_endpoints_of_the_command_line_win(self):
        text = ("[endpoint east]\nurl = https://e/v1\nweight = 2\n[endpoint west]\nurl = https://w/v1\n")
        _, out, _ = self.show(text, "--endpoint", "east=https://other/v1")
        self.assertNotIn("[endpoint east]", out)
        self.assertIn("endpoint = east=https://other/v1\n", out)
        self.assertIn("[endpoint west]\n# " + self.folder + "/c.ini:5\nurl = https://w/v1\n", out)
        _, out, _ = self.show(text, "--url", "https://one/v1")
        self.assertNotIn("[endpoint", out)
        self.assertIn("# command line\nurl = https://one/v1\n", out)
        _, out, _ = self.show("[run]\nurl = https://one/v1\n", "--endpoint", "east=https://other/v1")
        self.assertNotIn("https://one/v1", out)

    def test_wrong_sections(self):
        for text, line, says in (("[endpoint a]\nurl = ftp://a\n", 2, "endpoint a"),
                                 ("[endpoint a]\nurl = http://a\nweight = heavy\n", 3, "endpoint a: weight takes"),
                                 ("[endpoint a b]\nurl = http://a\n", 1, "the name of an endpoint")):
            code, _, err = self.show(text)
            self.assertEqual(code, 2)
            self.assertIn(f"c.ini:{line}: {says}", err)
        for text, line, says in (("[endpoint a]\nurl = http://a\nwait = 2\n", 3, 'endpoint a: unknown member "wait"'),
                                 ("[rum]\nrpm = 4\n", 1, "no section [rum]"),
                                 ("rpm = 4\n", 1, '"rpm" is before the first [section]'),
                                 ("[run]\nwhat\n", 2, "expected [section] or name = value")):
            code, _, err = self.show(text)
            self.assertEqual(code, 0)
            self.assertIn(f"warning: {self.folder}/c.ini:{line}: {says}", err)
            self.assertEqual(err.count("\n"), 1)


    def test_a_pipe_is_read_once(self):
        """Opening it again for the dashboard's part would wait for ever."""
        path = os.path.join(self.folder, "pipe")
        os.mkfifo(path)
        run = subprocess.Popen([SLUICE, "run", "--config", path, "--print-config"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(run.kill)
        with open(path, "w") as f:
            f.write("[run]\nrpm = 5\n[keys]\nF5 = drain\n")
        out, err = run.communicate(timeout=20)
        self.assertIn(f"# {path}:2\nrpm = 5\n", out)
        self.assertEqual(err, f"sluice: warning: {path}:3: [keys] cannot be read from a pipe: give a file\n")


class EndpointSectionsTest(RunTest):
    def config(self, text):
        with open(self.path("config"), "w", encoding="utf-8") as f:
            f.write(text)
        return ["--config", self.path("config"), "--ui", "none"]

    def test_sections_are_endpoints(self):
        one, two = self.mock("--latency", "5ms"), self.mock("--latency", "5ms")
        ids = self.write_items(60)
        code, err = self.run_sluice(*self.config(
            f"[endpoint one]\nurl = {one.url}\nkey-env = ONE_KEY\nconcurrency = 4\n[endpoint two]\n"
            f"url = {two.url}\nconcurrency = 4\nprovider = openai\n"), env={**os.environ, "ONE_KEY": "sk-one"})
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        self.assertEqual({r["sluice"]["endpoint"] for r in json_lines(self.results)}, {"one", "two"})

    def test_the_same_name_on_the_command_line_wins(self):
        mock = self.mock("--latency", "5ms")
        ids = self.write_items(5)
        code, err = self.run_sluice(*self.config("[endpoint one]\nurl = http://127.0.0.1:9/\n"),
                                    "--endpoint", f"one={mock.url}")
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)

    def test_sections_that_do_not_fit_together_are_named(self):
        self.write_items(1)
        for text, line, says in (("[endpoint a]\nweight = 2\n", 1, "the url is missing"),
                                 ("[endpoint b]\nurl = http://b\n[endpoint a]\nurl = http://a\nfallback = c\n", 3,
                                  'its fallback "c" does not exist')):
            code, err = self.run_sluice(*self.config(text))
            self.assertEqual(code, 2)
            self.assertIn(f"config:{line}: endpoint a: {says}", err)

    def test_the_dashboards_part_is_read_without_one(self):
        mock = self.mock("--latency", "5ms")
        self.write_items(1)
        for ui in ("none", "plain"):
            code, err = self.run_sluice(*self.config("[keys]\nHyper = drain\n[ui]\ncolour = red\n[rum]\na = b\n"),
                                        "--ui", ui, "--url", mock.url)
            self.assertEqual(code, 0)
            self.assertEqual([err.count(f"config:{n}: ") for n in (2, 4, 5)], [1, 1, 1], err)


if __name__ == "__main__":
    unittest.main()
