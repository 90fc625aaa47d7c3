"""The completions of bash, zsh and fish."""

import os
import shutil
import subprocess
import unittest

from harness import SLUICE, SOURCE, RunTest, main, wait_for
from terminal import Terminal

SCRIPTS = os.path.join(SOURCE, "src/cli/completions")
THEMES = os.path.join(SOURCE, "themes")


def without(shell):
    return unittest.skipUnless(shutil.which(shell), f"{shell} is not there")


class Completion(RunTest):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("bin"))
        os.mkdir(self.path("a folder"))
        os.symlink(os.path.abspath(SLUICE), self.path("bin/sluice"))
        with open(self.path("input.jsonl"), "w", encoding="utf-8"):
            pass
        with open(self.path("config"), "w", encoding="utf-8") as f:
            f.write("[endpoint west]\nurl = https://west.example.com\n[endpoint east]\nurl = https://east.example.com\n")
        self.env = {**os.environ, "PATH": self.path("bin") + ":" + os.environ["PATH"], "HOME": self.folder,
                    "SLUICE_THEMES": THEMES, "LC_ALL": "C.UTF-8"}

    def words(self, *typed):
        done = subprocess.run([SLUICE, "complete", *typed], capture_output=True, text=True, env=self.env, check=True)
        self.assertEqual(done.stderr, "")
        return [line.partition("\t")[0] for line in done.stdout.splitlines()]

    def bash(self, *typed):
        """What bash offers when Tab is pressed behind the last word; it splits words at = and :."""
        script = (f". {SCRIPTS}/sluice; COMP_WORDS=(sluice \"$@\"); COMP_CWORD=$#; compopt() {{ :; }}; _sluice; "
                  "printf '%s\\n' \"${COMPREPLY[@]}\"")
        done = subprocess.run(["bash", "-uc", script, "bash", *typed], capture_output=True, text=True, env=self.env,
                              check=True, cwd=self.folder)
        self.assertEqual(done.stderr, "")
        return done.stdout.split("\n")[:-1]

    def test_words_of_the_tables(self):
        self.assertIn("run", self.words(""))
        self.assertEqual(self.words("repo"), ["report"])
        self.assertEqual(self.words("help", "exp"), ["export"])
        self.assertEqual(self.words("run", "x.jsonl", "--retry-f"), ["--retry-failed"])
        self.assertNotIn("--data", self.words("run", "--"))
        self.assertEqual(self.words("run", "--pace", ""), ["auto", "aimd", "fixed"])
        self.assertEqual(self.words("export", "-o", ""), [":files"])
        self.assertEqual(self.words("run", "--pace=a"), ["--pace=auto", "--pace=aimd"])
        self.assertEqual(self.words("run", "--theme", "no"), ["nord", ":files"])
        self.assertEqual(self.words("serve", "--data", ""), [":folders"])
        self.assertEqual(self.words("run", ""), [":files"])
        self.assertEqual(self.words("run", "x.jsonl", ""), [])
        self.assertEqual(self.words("nonsense", ""), [])

    def test_words_of_a_run(self):
        self.assertEqual(self.words("ctl", "set", "r"), ["rate", "rpm"])
        self.assertEqual(self.words("ctl", "a-run", "set", "budget", ""), ["tokens", "usd"])
        self.assertEqual(self.words("ctl", "set", "concurrency", ""), ["auto"])
        self.assertEqual(self.words("ctl", "--config", self.path("config"), "endpoint", ""), ["west", "east"])
        self.assertEqual(self.words("ctl", "--json", "retr"), ["retry"])
        self.assertIn("where", self.words("ctl", "retry", ""))

    def test_bash(self):
        self.assertEqual(self.bash("run", "--them"), ["--theme"])
        self.assertEqual(self.bash("run", "--theme", "=", "gru"), ["gruvbox"])
        self.assertEqual(self.bash("run", "--pace", "="), ["auto", "aimd", "fixed"])
        self.assertEqual(self.bash("run", "inp"), ["input.jsonl"])
        self.assertEqual(self.bash("serve", "--data", "a"), ["a folder"])
        self.assertEqual(self.bash("serve", "--data", "=", "a"), ["a folder"])

    @without("fish")
    def test_fish(self):
        def offers(line):
            script = f"source {SCRIPTS}/sluice.fish; complete -C '{line}'"
            done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, env=self.env,
                                  check=True, cwd=self.folder)
            return [found.partition("\t")[0] for found in done.stdout.splitlines()]

        self.assertEqual(offers("sluice run --them"), ["--theme"])
        self.assertEqual(offers("sluice run --theme=gru"), ["--theme=gruvbox"])
        self.assertEqual(offers("sluice run --theme gru"), ["gruvbox"])
        self.assertEqual(offers("sluice run inp"), ["input.jsonl"])
        self.assertEqual(offers("sluice serve --data a"), ["a folder/"])

    @without("zsh")
    def test_zsh(self):
        with open(self.path(".zshrc"), "w", encoding="utf-8") as f:
            f.write(f"fpath=({SCRIPTS} $fpath); autoload -Uz compinit; compinit -u; PROMPT='$ '; cd {self.folder}\n")
        t = Terminal(["zsh", "-di"], env={**self.env, "ZDOTDIR": self.folder, "TERM": "xterm"})
        self.addCleanup(t.close)
        t.see("$")
        for typed, whole in (("run --them", "run --theme"), ("run --theme=gru", "run --theme=gruvbox"),
                             ("run --theme gru", "run --theme gruvbox"), ("run inp", "run input.jsonl"),
                             ("serve --data a", r"serve --data a\ folder")):
            t.keys(f"sluice {typed}\t")
            t.see(f"$ sluice {whole}")
            t.keys("\x15")  # clear the line
            wait_for(lambda: t.text()[0] == "$", "an empty line")


if __name__ == "__main__":
    main()
