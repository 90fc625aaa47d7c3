"""The server tells usages that no request has: negative, beyond any number, fractions, texts.  In answers and in
streams, packs and pipelines: no figure of it is believed, no budget is blinded, no limit stops the run."""

import json

from faults import FaultTest, chat_line, json_lines, main

USAGES = {
    "negative": ('{"prompt_tokens":-1000000000,"completion_tokens":-5}', None),
    "huge": ('{"prompt_tokens":9223372036854775807,"completion_tokens":9223372036854775807}', None),
    "e308": ('{"prompt_tokens":1e308,"completion_tokens":1e999}', None),
    "text": ('{"prompt_tokens":"NaN","completion_tokens":null}', None),
    "list": ('[1e308]', None),
    "fraction": ('{"prompt_tokens":1.5,"completion_tokens":2e1}', (2, 20)),
    "one": ('{"prompt_tokens":7,"completion_tokens":-1}', (7, None)),
    "most": ('{"prompt_tokens":1e8,"completion_tokens":1e8}', (100000000, 100000000)),
}


class AbsurdUsage(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.http.usages = {name: text for name, (text, _) in USAGES.items()}

    def check(self, form, *options):
        self.write_input(chat_line(name, url=f"{self.http.url}/{form}/{name}/v1/chat/completions") for name in USAGES)
        code, err = self.run_sluice("--url", self.http.url, "--ui", "none", *options)
        self.assertEqual(code, 0, err)
        lines = {r["custom_id"]: r["sluice"] for r in json_lines(self.results)}
        self.assertEqual(set(lines), set(USAGES))
        for name, (_, want) in USAGES.items():
            self.assertEqual((lines[name].get("tokens_in"), lines[name].get("tokens_out")), want or (None, None), name)

    def test_in_answers(self):
        self.check("usage")

    def test_in_streams(self):
        self.check("usage_stream", "--stream")

    def test_a_limit_is_not_stopped_by_it(self):
        self.check("usage", "--tpm", "6000000", "-c", "1")

    def test_a_budget_is_not_blinded(self):
        for name in ("negative", "huge", "e308", "text"):
            self.setUp()
            self.write_input(chat_line(f"i{i}", url=f"{self.http.url}/usage/{name}/v1/chat/completions")
                             for i in range(200))
            code, err = self.run_sluice("--url", self.http.url, "--ui", "none", "--budget-tokens", "10000", "-c", "4")
            self.assertEqual(code, 3, err)
            self.assertIn("budget reached", err)
            self.assertGreater(self.done_count(), 5)
            self.assertLess(self.done_count(), 100)

    def test_in_packs(self):
        self.http.usages = {"pack": '{"prompt_tokens":1e308,"total_tokens":-1}'}
        self.write_input(json.dumps({"custom_id": f"e{i}", "method": "POST",
                                     "url": f"{self.http.url}/usage_pack/pack/v1/embeddings",
                                     "body": {"model": "m", "input": f"t{i}"}}) for i in range(64))
        code, err = self.run_sluice("--url", self.http.url, "--pack", "8", "--tpm", "100000", "--ui", "none")
        self.assertEqual(code, 0, err)
        self.assertEqual([r["sluice"].get("tokens_in") for r in json_lines(self.results)], [None] * 64)

    def test_in_stages(self):
        self.http.usages = {"a": USAGES["huge"][0]}
        body = {"model": "m", "messages": [{"role": "user", "content": "{{t}}"}]}
        with open(self.path("p.json"), "w", encoding="utf-8") as f:
            json.dump({"stages": {"a": {"body": body}, "b": {"after": "a", "body": body}}}, f)
        self.write_input([json.dumps({"custom_id": f"r{i}", "t": "x"}) for i in range(4)])
        code, err = self.run_sluice("--pipeline", self.path("p.json"), "--url", self.http.url + "/usage/a", "--tpm",
                                    "6000000", "--ui", "none")
        self.assertEqual(code, 0, err)
        self.assertEqual([r["sluice"].get("tokens_in") for r in json_lines(self.results)], [None] * 4)


if __name__ == "__main__":
    main()
