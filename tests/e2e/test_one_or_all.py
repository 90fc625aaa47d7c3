"""Is a refusal for one item or for all? Servers that refuse one item, one model, or for a while everybody."""

import json
import time

from harness import chat_line, json_lines, main, wait_for
from test_odd_refusals import OddTest, error

FORBIDDEN = 403, error("Your input was flagged")
CREDIT = 402, error("This request requires more credits")
WITHDRAWN = 404, error("The model m does not exist", code="model_not_found")
QUOTA = 429, error("Rate limit reached for model A on tokens per day (TPD). Please try again in 7m12s.")


class OneOrAll(OddTest):
    def write_numbers(self, n):
        self.write_input([chat_line(f"i{k}", text=str(k)) for k in range(n)])

    def play(self, answer, items, *options):
        """Runs items 0, 1, ... and returns exit code, stderr and the server."""
        server = self.odd(answer)
        self.write_numbers(items)
        code, err = self.run_sluice("--url", server.url, "--ui", "plain", *options)
        return code, err, server

    def states(self):
        return len(json_lines(self.results)), [line["custom_id"] for line in json_lines(self.errors)]

    def test_one_item_alone_is_refused(self):
        for streamed in (False, True):
            for refusal in (FORBIDDEN, CREDIT, (404, error("no such file"))):
                for concurrency in ("1", "4") if not streamed else ("4",):
                    with self.subTest(status=refusal[0], streamed=streamed, concurrency=concurrency):
                        start = time.monotonic()
                        code, err, server = self.play(
                            lambda body, text, nth: refusal if text == "5" else None, 30, "-c", concurrency,
                            *(["--stream"] if streamed else []))
                        self.assertEqual(code, 1, err)
                        self.assertEqual(self.states(), (29, ["i5"]))
                        self.assertEqual(sum(b["messages"][-1]["content"] == "5" for b in server.bodies), 2)
                        self.assertLess(time.monotonic() - start, 5)
                        self.forget_run()

    def test_a_model_is_withdrawn_for_a_while(self):
        for refusal in (WITHDRAWN, (403, error("Your account is suspended"))):
            with self.subTest(status=refusal[0]):
                seen = []

                def answer(body, text, nth):
                    seen.append(text)
                    return refusal if 100 < len(seen) <= 110 else None
                code, err, _ = self.play(answer, 300, "-c", "4")
                self.assertEqual(code, 0, err)
                self.assertEqual(self.states(), (300, []))
                self.forget_run()

    def test_a_run_without_one_good_answer_stops(self):
        for refusal in ((200, "<html>Welcome</html>"), (422, error("bad"))):
            with self.subTest(status=refusal[0]):
                # so many at once that the breaker sends no probes; tests/unit/check_trouble.c has those
                code, err, server = self.play(lambda body, text, nth: refusal, 60, "-c", "16", "--pace", "fixed",
                                              "--max-attempts", "2")
                self.assertEqual(code, 3, err)
                self.assertLessEqual(len(server.bodies), 20 + 16)
                self.assertIn("the first 20 answers are all", err)
                self.forget_run()

    def test_a_model_waits_alone(self):
        server = self.odd(lambda body, text, nth: QUOTA if body["model"] == "A" else None)
        lines = [json.loads(chat_line(f"i{n}", text=str(n))) for n in range(40)]
        for n, line in enumerate(lines):
            line["body"]["model"] = "AB"[n % 2]
        self.write_input(map(json.dumps, lines))
        process = self.start("--url", server.url, "--ui", "plain", "-c", "4")
        wait_for(lambda: self.done_count() == 20, "model B to be done")
        process.terminate()
        self.assertEqual(process.wait(20), 3)
        self.assertEqual(self.states(), (20, []))
        self.assertLess(sum(body["model"] == "A" for body in server.bodies), 12)
        self.assertIn("A: held, one probe at a time", process.stderr.read().decode())

    def test_errors_stop_a_run(self):
        code, err, server = self.play(lambda body, text, nth: (400, error("bad")) if int(text) > 9 else None, 60,
                                      "-c", "1", "--stop-on-errors", "3")
        self.assertEqual(code, 3, err)
        self.assertEqual(len(server.bodies), 13)
        self.assertIn("3 of 13 items failed", err)


if __name__ == "__main__":
    main()
