"""Options in the configuration file, and --print-config."""

import os
import subprocess
import tempfile
import unittest

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
        self.assertIn("# config file\nmax-attempts = 3\n", out)
        self.assertIn("# command line\nconcurrency = 9\n", out)
        self.assertIn("# config file\nstream = true\n", out)
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
        _, out, err = self.show("[run]\nheader = Authorization: Bearer hush-hush\n", "--url", "https://u:hush-hush@h/")
        self.assertNotIn("hush-hush", out + err)


if __name__ == "__main__":
    unittest.main()
