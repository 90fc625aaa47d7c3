"""Every command of docs/examples.md runs against the mock API, and every file of examples/ is in one of
them. The table is that of src/cli/examples.c, which is in the man page; a new example is a row in both."""

import csv
import json
import os
import re
import shlex
import subprocess
import unittest

from harness import SLUICE, SOURCE, RunTest, json_lines

EXAMPLES = os.path.join(SOURCE, "examples")
ROW = re.compile(r"^\| ([^|]+?) \| `(sluice [^|`]+)` \|$", re.MULTILINE)
HOST = re.compile(r"https?://[^/,\s]+")

# Options of `sluice mock` for the commands that hold a word; the others get FAST.
FAST = ("--latency", "5ms", "--sigma", "0.1")
MOCKS = {
    "examples/pipeline.json": (*FAST, "--answers", "examples/pipeline-answers.jsonl"),
    "examples/retrieval.json": (*FAST, "--answers", "examples/retrieval-answers.jsonl"),
    "--stream": ("--latency", "20ms", "--stream-rate", "4000"),
}


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
        return f.read()


def table():
    """Pattern and command of each row."""
    return ROW.findall(read("docs/examples.md"))


def ids_of(path):
    """What the results of an input are called."""
    with open(path, encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f)) if path.endswith(".csv") else [json.loads(line) for line in f]
    return sorted(str(row.get("custom_id") or row.get("id") or n)
                  for n, row in enumerate(rows, 2 if path.endswith(".csv") else 1))


class ExamplesTest(RunTest):
    def to_mocks(self, text, options):
        """The text with a mock API in place of each host it names."""
        return HOST.sub(lambda _: self.mock(*options).url, text)

    def prepare(self, command):
        """The words of a command, so that it sends to mocks and writes into the folder of the test."""
        options = next((o for word, o in MOCKS.items() if word in command.split()), FAST)
        options = [os.path.join(SOURCE, o) if o.startswith("examples/") else o for o in options]
        words = shlex.split(self.to_mocks(command, options).replace("~", self.folder))
        hosts = command != " ".join(words)
        for i, word in enumerate(words[3:], 3):
            path = os.path.join(SOURCE, word)
            if word.startswith("examples/") and HOST.search(read(word)):
                words[i] = self.path(os.path.basename(path))
                with open(words[i], "w", encoding="utf-8") as f:
                    f.write(self.to_mocks(read(word), options))
                hosts = True
        if words[1] == "run" and "--print-config" not in words:
            words += ["-o", self.path("results.jsonl"), "--ui", "none"]
            if not HOST.search(" ".join(words)) and not (hosts and "--config" in words):
                words += ["--url", self.mock(*options).url]
        return words

    def test_every_command_runs(self):
        env = {**os.environ, "HOME": self.folder, "XDG_CONFIG_HOME": self.folder,
               "EAST_KEY": "sk-east", "WEST_KEY": "sk-west"}
        for pattern, command in table():
            with self.subTest(pattern):
                self.setUp()
                words = self.prepare(command)
                done = subprocess.run([SLUICE, *words[1:]], cwd=SOURCE, env=env, stdin=subprocess.DEVNULL,
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                if "-o" not in words:
                    self.assertTrue(done.stdout)
                    continue
                results = json_lines(self.path("results.jsonl"))
                if "--first" in words:
                    self.assertEqual(len(results), int(words[words.index("--first") + 1]))
                    continue
                self.assertEqual(sorted(r["custom_id"] for r in results), ids_of(os.path.join(SOURCE, words[2])))

    def test_the_man_page_has_the_same_commands(self):
        page = subprocess.run([SLUICE, "man"], capture_output=True, text=True, check=True, timeout=20).stdout
        page = page[page.index(".SS Patterns"):].replace("\\-", "-")
        shown = re.findall(r"^\.TP\n\\fB(.+)\n\\fR(.+)$", page, re.MULTILINE)
        self.assertEqual(table(), shown)

    def test_every_file_is_in_a_command(self):
        commands = " ".join(command for _, command in table()).split()
        commands += [word for options in MOCKS.values() for word in options]
        for name in sorted(os.listdir(EXAMPLES)):
            # those of the service: test_serve_examples.py; the dashboard is not for sluice: test_metrics.py
            other = name.endswith((".am", ".conf", ".html", ".mjs", ".py", ".sh", ".service")) or name == "grafana-dashboard.json"
            if not other and ".results." not in name:
                self.assertIn(f"examples/{name}", commands)


if __name__ == "__main__":
    unittest.main(verbosity=2)
