"""Another base URL, provider, format or header than in the session before: the run goes on, and says so on
stderr and in the journal; tests/e2e/test_redo.py has what is refused."""

from faults import FaultTest, chat_line, main, whole_lines


class ChangedSettings(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.write_input([chat_line("a")])
        self.again("--url", self.http.url)

    def again(self, *options):
        code, err = self.run_sluice("--ui", "none", *options)
        self.assertEqual(code, 0, err)
        return err

    def test_what_is_sent_changed(self):
        other = self.server()
        for options, words in (
                (("--url", other.url), (self.http.url, other.url)),
                (("--url", other.url + "/good"), ("path of --url",)),
                (("--url", other.url + "/good", "-H", "X-Secret: 12345678"), ("-H",)),
                (("--url", other.url + "/good", "-H", "X-Secret: 87654321"), ("-H",)),
                (("--url", other.url + "/good", "--provider", "anthropic", "--accept-changed"),
                 ("provider openai to anthropic", "-H")),
                (("--url", other.url + "/good", "--provider", "anthropic", "--format", "openai",
                  "--accept-changed"),
                 ("--format",))):
            with self.subTest(options):
                err = self.again(*options)
                self.assertEqual(len(err.splitlines()), 1, err)
                for word in words:
                    self.assertIn(word, err)
                warnings = [r for r in whole_lines(self.journal) if r["event"] == "warning"]
                self.assertIn(words[0], warnings[-1]["detail"])
                with open(self.journal, encoding="utf-8") as f:
                    self.assertNotIn("87654321", f.read())
                self.assertEqual(self.again(*options), "", "said once")

    def test_another_endpoint(self):
        """Of several: the second one moves, then a third one comes."""
        self.again("--endpoint", f"a={self.http.url}", "--endpoint", f"b={self.http.url}/good")
        for options in (("--endpoint", f"b={self.http.url}"),
                        ("--endpoint", f"b={self.http.url}", "--endpoint", f"c={self.http.url}")):
            options = "--endpoint", f"a={self.http.url}", *options
            self.assertIn("last session: the endpoints\n", self.again(*options))
            self.assertEqual(self.again(*options), "", "said once")

    def test_what_is_not_sent_changed(self):
        options = "--url", self.http.url, "-c", "3", "--rpm", "100", "--max-attempts", "9", "--timeout", "9s"
        self.assertIn("last session: the pace, retries and timeouts\n", self.again(*options))
        self.assertEqual(self.again(*options), "", "said once")
        self.assertNotIn('"mixed"', open(self.journal, encoding="utf-8").read())


if __name__ == "__main__":
    main()
