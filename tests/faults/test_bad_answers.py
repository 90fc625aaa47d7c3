"""Answers that are wrong in what they say.  Each ends as the right outcome, is kept as it came when it is
valid JSON and as a marked string when it is not, and every line of the results parses with any parser."""

import json

from faults import FaultTest, chat_line, json_lines, main, wait_for

# fault: (state, outcome of the failed line, a word of its message)
WRONG = {
    "cut_length": ("network", "cut off"),
    "cut_chunked": ("network", "closed"),
    "cut_inside_chunk": ("network", "closed"),
    "garbage": ("network", "HTTP"),
    "html": ("bad_response", "not JSON"),
    "empty": ("bad_response", "empty"),
    "error_object": ("server_error", "overloaded"),
    "deep": ("bad_response", "not JSON"),
    "invalid_utf8": ("bad_response", "not JSON"),
    "nul_byte": ("bad_response", "not JSON"),
    "two_lengths": ("network", ""),
    "negative_length": ("network", ""),
    "bad_chunk": ("network", "chunk"),
    "bad_gzip": ("network", ""),
}
# Valid, however odd: the body is kept byte for byte, but for line breaks between tokens.
ODD = {
    "big_integer": b'"n":9223372036854775808',
    "duplicate_keys": b'"id":"a","id":"b"',
    "nul_escape": b'"a\\u0000b","k\\u0000":1',
    "line_breaks": b'"choices": [ {"text":"a"}] }',
}


class BadAnswers(FaultTest):
    def run_against(self, fault):
        """A run of one item that meets the fault and two that do not; returns the exit code."""
        self.setUp()
        server = self.server()
        lines = self.lines_at(server, fault)
        self.write_input(lines + [chat_line("a"), chat_line("b")])
        code, err = self.run_sluice("--url", server.url + "/good", "--max-attempts", "1",
                                    "--timeout", "20s")
        self.assert_invariant([f"{fault}-0", "a", "b"])
        self.assertNotIn("\x1b", err)
        return code

    def test_wrong_answers_fail_their_item_alone(self):
        for fault, (outcome, words) in WRONG.items():
            with self.subTest(fault):
                self.assertEqual(self.run_against(fault), 1)
                line = self.final(f"{fault}-0")
                self.assertEqual(line["sluice"]["outcome"], outcome, line)
                self.assertIn(words, line["error"]["message"])
                self.assertEqual(len(json_lines(self.results)), 2)

    def test_what_is_not_json_is_kept_as_a_marked_string(self):
        for fault in ("html", "deep", "invalid_utf8", "nul_byte"):
            with self.subTest(fault):
                self.run_against(fault)
                line = self.final(f"{fault}-0")
                self.assertIsInstance(line["response"]["body"], str)
                self.assertIs(line["sluice"]["body_is_text"], True)

    def test_odd_json_is_kept_as_it_came(self):
        for fault, text in ODD.items():
            with self.subTest(fault):
                self.assertEqual(self.run_against(fault), 0)
                with open(self.results, "rb") as f:
                    raw = f.read()
                self.assertIn(text, raw)
                for line in raw.splitlines():
                    json.loads(line.decode("utf-8", "strict"))

    def test_another_attempt_mends_what_a_cut_spoiled(self):
        """The first answers are bad, later ones good: nothing is lost and nothing comes twice."""
        server = self.server()
        server.mode = "cut_length"
        self.write_items(30)
        process = self.start("--url", server.url + "/now", "-c", "4", "--ui", "none")
        wait_for(lambda: server.count() >= 3, "three cut answers")
        server.mode = "good"
        self.assertEqual(process.wait(60), 0)
        self.assert_invariant([f"item-{i}" for i in range(30)])


if __name__ == "__main__":
    main()
