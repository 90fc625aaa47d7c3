"""Files torn by a crash of the machine: cut at every byte of the last record, a last line that lacks only its
newline, blocks of zeros, a tear inside a character.  What is whole is kept; what is not is done again."""

import os

from faults import FaultTest, chat_line, json_lines, main, rounds

STEP = rounds(9, 1)


class TornFiles(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.ids = ["a", "b", "héllo wörld 🙂"]
        self.write_input(chat_line(i) for i in self.ids)
        code, err = self.again()
        self.assertEqual(code, 0, err)
        self.whole = {p: self.content(p) for p in (self.results, self.journal)}

    def again(self, *options):
        return self.run_sluice("--url", self.http.url, "-c", "1", "--ui", "none", *options)

    @staticmethod
    def content(path):
        with open(path, "rb") as f:
            return f.read()

    def resume_with(self, path, content, redone):
        """Resumes from the whole files with this one's content replaced."""
        for each, text in self.whole.items():
            with open(each, "wb") as f:
                f.write(content if each == path else text)
        before = self.http.count()
        if redone:
            code, err = self.again()
            self.assertEqual(code, 2, err)
            self.assertIn(f"{redone} are lost", err)
        code, err = self.again(*["--accept-lost"] * bool(redone))
        self.assertEqual(code, 0, err)
        self.assert_invariant(self.ids)
        self.assertEqual(self.http.count() - before, redone)

    def last_line(self, path):
        text = self.whole[path]
        return text[:-1].rfind(b"\n") + 1, len(text)

    def test_results_cut_at_every_byte_of_the_last_record(self):
        text = self.whole[self.results]
        start, end = self.last_line(self.results)
        for at in sorted({*range(start, end - 1, STEP), start + 1, end - 2}):
            with self.subTest(at=at - start):
                self.resume_with(self.results, text[:at], redone=1)

    def test_a_line_that_lacks_only_its_newline_is_kept(self):
        self.resume_with(self.results, self.whole[self.results][:-1], redone=0)
        self.resume_with(self.journal, self.whole[self.journal][:-1], redone=0)

    def test_journal_cut_at_every_byte_of_its_last_record(self):
        text = self.whole[self.journal]
        start, end = self.last_line(self.journal)
        for at in range(start, end, STEP * 3):
            with self.subTest(at=at - start):
                self.resume_with(self.journal, text[:at], redone=0)

    def test_a_line_in_the_middle_that_is_no_record(self):
        """Passed over with a warning, and its item is done again."""
        lines = self.whole[self.results].split(b"\n")
        lines[1] = lines[1].replace(b'"custom_id"', b'"custom_xx"')
        with open(self.results, "wb") as f:
            f.write(b"\n".join(lines))
        code, err = self.again("--accept-lost")
        self.assertEqual(code, 0)
        self.assertIn("1 line of earlier sessions is not a record", err)
        self.assertEqual(self.http.count(), 4)
        with open(self.results, "rb") as f:
            text = f.read().replace(lines[1] + b"\n", b"")
        with open(self.results, "wb") as f:
            f.write(text)
        self.assert_exactly_once(self.ids)

    def test_zeros_where_blocks_were_never_written(self):
        text = self.whole[self.results]
        start, _ = self.last_line(self.results)
        for tail, redone in ((text + bytes(4096), 0), (text + bytes(1), 0),
                             (text[:start] + bytes(4096), 1),
                             (text[:start + 40] + bytes(512), 1),
                             (text[:start + 40] + bytes(512) + b"\n", 1), (bytes(8192), 3)):
            with self.subTest(tail[-16:]):
                self.resume_with(self.results, tail, redone)

    def test_a_tear_inside_a_character(self):
        text = self.whole[self.results]
        emoji = text.rindex("🙂".encode())
        for n in range(1, 4):
            self.resume_with(self.results, text[:emoji + n], redone=1)

    def test_an_errors_file_that_was_being_replaced(self):
        """Left behind: half of a temporary file; the journal has what belongs there."""
        self.write_input([chat_line(i) for i in self.ids] + ["{bad"])
        self.again()
        self.assertEqual(len(json_lines(self.errors)), 1)
        os.remove(self.errors)
        with open(self.errors + ".tmp", "w", encoding="utf-8") as f:
            f.write('{"custom_id":"4","resp')
        self.assertEqual(self.again()[0], 1)
        self.assert_invariant(self.ids + ["4"])


if __name__ == "__main__":
    main()
