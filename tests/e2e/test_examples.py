"""Every example runs against the mock API: one row each."""

import json
import os
import unittest

from harness import RunTest, json_lines

EXAMPLES = os.path.join(os.environ.get("SRCDIR", "."), "examples")

# file, options of `sluice run`, options of `sluice mock`
ROWS = (
    ("again.jsonl", ["--cache", "{folder}/cache", "--dedupe"], ["--latency", "20ms"]),
    ("azure.jsonl", ["--provider", "azure"], ["--latency", "20ms"]),
    ("stream.jsonl", ["--stream"], ["--latency", "20ms", "--stream-rate", "4000"]),
)


class ExamplesTest(RunTest):
    def test_examples(self):
        for name, options, mock_options in ROWS:
            with self.subTest(name):
                mock = self.mock(*mock_options)
                source = os.path.join(EXAMPLES, name)
                output = self.path(name + ".results.jsonl")
                process = self.start("--url", mock.url, "-o", output, "--ui", "none",
                                     *(o.replace("{folder}", self.folder) for o in options), source=source)
                _, err = process.communicate(timeout=60)
                self.assertEqual((process.returncode, err), (0, b""))
                with open(source, encoding="utf-8") as f:
                    ids = sorted(json.loads(line)["custom_id"] for line in f)
                self.assertEqual(sorted(r["custom_id"] for r in json_lines(output)), ids)


if __name__ == "__main__":
    unittest.main(verbosity=2)
