"""Ids of a customer's choosing: two that have the same public hash (XXH3) are two items, in one run, on resume and
with answers used again; the hashes that results tell of lines are the run's own."""

import re

from faults import FaultTest, chat_line, json_lines, main


def chosen(second):
    """One of two ids with the same XXH3-64: a bit moves between two stripes of a block whose products stay equal."""
    text = bytearray(b"a" * 2100)
    text[128:132], text[576:580] = b"####", b"u'+A"
    text[132], text[580] = (0x61, 0x60) if second else (0x60, 0x61)
    return text.decode()


class ChosenIds(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.ids = [chosen(False), chosen(True)]
        self.lines = [chat_line(item, "prompt") for item in self.ids]

    def run_lines(self, lines, *options, expect=0):
        self.write_input(lines)
        code, err = self.run_sluice("--url", self.http.url, *options)
        self.assertEqual(code, expect, err)

    def test_an_ended_item_does_not_stand_for_the_other(self):
        self.run_lines(self.lines[:1])
        self.run_lines(self.lines)
        self.assert_invariant(self.ids)
        self.assertEqual(self.http.count(), 2)

    def test_a_duplicate_is_known_behind_the_other(self):
        self.run_lines(self.lines + [chat_line(self.ids[0], "again")], expect=1)
        self.assertEqual(len(json_lines(self.results)), 2)
        self.assertIn("duplicate", str(json_lines(self.errors)))

    def test_with_the_cache_and_equal_requests(self):
        options = ["--dedupe", "--cache", self.path("cache")]
        self.run_lines(self.lines[:1], *options)
        self.run_lines(self.lines, *options)
        self.assert_invariant(self.ids)
        self.assertEqual(self.http.count(), 1, "they ask the same")

    def test_the_line_hashes_are_the_run_s_own(self):
        hashes = []
        for _ in range(2):
            self.run_lines(self.lines)
            with open(self.results, encoding="utf-8") as f:
                hashes.append(re.findall(r'"line_hash":"([0-9a-f]{32})"', f.read()))
            self.forget_run()
        self.assertEqual([len(h) for h in hashes], [2, 2])
        self.assertFalse(set(hashes[0]) & set(hashes[1]))
        self.assertNotEqual(*hashes[0])


if __name__ == "__main__":
    main()
