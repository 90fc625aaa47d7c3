"""The input is edited while the run reads it.  In place: a line that is not the one that was counted is not sent, exit 4
with its number, and the same command goes on.  Appended to, replaced by a rename, touched: a warning, and on it goes."""

import os

from faults import FaultTest, chat_line, json_lines, main, whole_lines
from harness import wait_for

ITEMS = 40
PAD = "p" * 9000  # more lines than are read at once, and than one read ahead holds


class EditedInput(FaultTest):
    def setUp(self):
        super().setUp()
        self.api = self.mock("--latency", "30ms", "--sigma", "0")
        self.ids = [f"item-{i:02d}" for i in range(ITEMS)]
        self.lines = [chat_line(i, i + PAD) for i in self.ids]

    def edit(self, change, *options):
        """What becomes of a run whose input this happens to when a part of it is done."""
        self.write_input(self.lines)
        process = self.start("--url", self.api.url, "-c", "2", "--ui", "plain", *options)
        wait_for(lambda: len(whole_lines(self.results)) > 3, "some results")
        change()
        _, err = process.communicate(timeout=60)
        return process.returncode, err.decode()

    def reverse(self):
        """Lines of one length, so that all offsets stay."""
        with open(self.input, "r+b") as f:
            lines = f.readlines()
            f.seek(0)
            f.writelines(lines[:10] + lines[:9:-1])

    def goes_on(self):
        code, err = self.run_sluice("--url", self.api.url, "--ui", "none")
        self.assertEqual(code, 0, err)
        self.assert_invariant(self.ids)

    def test_lines_that_changed_places(self):
        code, err = self.edit(self.reverse)
        self.assertEqual(code, 4, err)
        self.assertRegex(err, r"line \d+ of in.jsonl has changed")
        sent = self.api.stats()["requests"]
        self.assertEqual(sent, len(json_lines(self.results)), "what was in flight finished")
        self.goes_on()
        self.assertEqual(self.api.stats()["requests"], ITEMS, "nothing was sent twice")

    def test_a_line_whose_text_changed(self):
        def change():
            with open(self.input, "r+b") as f:
                text = f.read()
                f.seek(text.index(b"item-38" + b"p"))
                f.write(b"other38")

        code, err = self.edit(change)
        self.assertEqual(code, 4, err)
        self.assertIn("line 39 of in.jsonl", err)
        self.goes_on()

    def test_rows_of_a_template(self):
        template = self.path("template.json")
        with open(template, "w", encoding="utf-8") as f:
            f.write('{"model": "m", "messages": [{"role": "user", "content": "{{url}}"}]}')
        code, err = self.edit(self.reverse, "--template", template)
        self.assertEqual(code, 4, err)

    def harmless(self, change, says):
        code, err = self.edit(change)
        self.assertEqual(code, 0, err)
        self.assertIn("the input changed: " + says, err)
        self.assert_exactly_once(self.ids)

    def test_appended(self):
        def change():
            with open(self.input, "a", encoding="utf-8") as f:
                f.write(chat_line("one-more") + "\n")

        self.write_input(self.lines)
        code, err = self.edit(change)
        self.assertEqual(code, 0, err)
        self.assertIn("it has grown", err)
        self.ids.append("one-more")
        self.goes_on()

    def test_replaced_by_a_rename(self):
        def change():
            with open(self.input + ".new", "w", encoding="utf-8") as f:
                f.writelines(line + "\n" for line in reversed(self.lines))
            os.rename(self.input + ".new", self.input)

        self.harmless(change, "its path names another file now")

    def test_touched(self):
        self.harmless(lambda: os.utime(self.input, (1, 1)), "it was written to")


if __name__ == "__main__":
    main()
