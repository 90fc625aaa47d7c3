"""The input changed between two runs.  An item is known by its id and by a hash of its line, so:
reordered lines are harmless, appended ones are new items, cut ones lose nothing, and a line that changed
although its item has ended is refused with its number unless --accept-changed."""

import re

from faults import FaultTest, chat_line, json_lines, main


class ChangedInput(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.lines = [chat_line(f"item-{i}", f"prompt {i}") for i in range(20)]
        self.ids = [f"item-{i}" for i in range(20)]

    def finish(self, lines, *options, expect=0):
        self.write_input(lines)
        code, err = self.run_sluice("--url", self.http.url, *options)
        self.assertEqual(code, expect, err)
        return err

    def test_reordered_lines_are_harmless(self):
        self.finish(self.lines[:15])
        self.finish(self.lines[::-1])
        self.assert_invariant(self.ids)
        self.assertEqual(self.http.count(), 20, "nothing was sent twice")

    def test_appended_lines_are_new_items(self):
        self.finish(self.lines[:15])
        self.finish(self.lines)
        self.assert_invariant(self.ids)
        self.assertEqual(self.http.count(), 20)

    def test_truncated_input_loses_no_result(self):
        self.finish(self.lines)
        self.finish(self.lines[:5])
        self.assertEqual(len(json_lines(self.results)), 20)
        self.finish(self.lines)
        self.assert_invariant(self.ids)
        self.assertEqual(self.http.count(), 20)

    def test_a_changed_line_of_an_ended_item_is_refused_with_its_number(self):
        self.finish(self.lines[:15])
        changed = self.lines[:7] + [chat_line("item-7", "another prompt")] + self.lines[8:]
        err = self.finish(changed, expect=2)
        self.assertIn("line 8", err)
        self.assertIn("--accept-changed", err)
        self.assertEqual(self.http.count(), 15, "nothing was sent")
        self.finish(changed, "--accept-changed")
        self.assert_invariant(self.ids)
        self.assertEqual(self.http.count(), 20, "what item-7 ended as stays")

    def test_a_changed_line_far_into_the_input_stops_the_run(self):
        padding = "x" * 3000
        many = [chat_line(f"item-{i}", f"{i} {padding}") for i in range(500)]
        self.finish(many[400:])
        err = self.finish(many[:450] + [chat_line("item-450", "other")] + many[451:], expect=3)
        self.assertIn("line 451", err)
        self.finish(many)
        self.assert_invariant([f"item-{i}" for i in range(500)])

    def test_a_failed_item_may_be_mended(self):
        bad = chat_line("item-3", url=self.http.url + "/status/422/v1/chat/completions")
        self.finish(self.lines[:3] + [bad], expect=1)
        err = self.finish(self.lines[:4], expect=2)
        self.assertIn("--retry-failed", err)
        self.finish(self.lines[:4], "--retry-failed")
        self.assert_invariant(self.ids[:4])

    def test_a_bad_line_that_is_another_bad_line_now_is_judged_anew(self):
        self.finish(self.lines[:2] + ["{bad"], expect=1)
        self.finish(self.lines[:2] + ["[1, 2]"], expect=1)
        self.assert_invariant(self.ids[:2] + ["3"])
        self.assertNotIn("{bad", str(json_lines(self.errors)))
        self.finish(self.lines[:3])
        self.assert_invariant(self.ids[:3])

    def test_results_without_hashes_of_an_older_version_are_taken(self):
        self.finish(self.lines[:15])
        with open(self.results, encoding="utf-8") as f:
            text = f.read()

        with open(self.results, "w", encoding="utf-8") as f:
            f.write(re.sub(r'"line_hash":"[0-9a-f]{32}",', "", text))
        self.finish(self.lines)
        self.assert_invariant(self.ids)


if __name__ == "__main__":
    main()
