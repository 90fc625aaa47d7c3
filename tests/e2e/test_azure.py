"""Azure OpenAI: deployments, versions and its key header, alone and beside another API."""

import json
import os
import subprocess

from api_server import ApiServer
from harness import SLUICE, RunTest, chat_line, json_lines, main

HELLO = [{"role": "user", "content": "hi"}]
KEY = "azure-0123456789-secret"
VERSION = "api-version=2024-10-21"


def line(item_id, url, **body):
    return json.dumps({"custom_id": item_id, "method": "POST", "url": url, "body": {"model": "gpt-4o", **body}})


def environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "OPENAI_"))}
    return {**kept, **more}


class Echo(ApiServer):
    """Keeps paths and headers, and says the key that it was shown in an error."""

    def __init__(self):
        self.seen = []
        super().__init__()

    def answer(self, request):
        self.seen.append((request.path, dict(request.headers)))
        request.reply({"error": {"code": "400", "message": f"no {request.headers.get('api-key')} here"}}, 400)


class AzureTest(RunTest):
    def run_azure(self, mock, *options):
        code, err = self.run_sluice("--ui", "none", *options, env=environment(
            AZURE_OPENAI_ENDPOINT=mock.url, AZURE_OPENAI_API_KEY=KEY))
        self.assertEqual((code, err), (0, ""))
        return {r["custom_id"]: r for r in json_lines(self.results)}

    def assert_no_key(self, *texts):
        for path in (self.results, self.errors, self.journal):
            if os.path.exists(path):
                with open(path, encoding="utf-8") as f:
                    texts += (f.read(),)
        for text in texts:
            self.assertNotIn(KEY, text)

    def test_batch_lines_go_to_their_deployments(self):
        mock = self.mock("--latency", "5ms", "--require-key", KEY)
        self.write_input([
            line("openai-url", "/v1/chat/completions", messages=HELLO),
            line("azure-url", "/chat/completions", messages=HELLO),
            line("text", "/v1/completions", prompt="hi"),
            line("vectors", "/v1/embeddings", input=["a", "b"]),
            line("response", "/v1/responses", input="hi"),
            line("waits", "/chat/completions?status=429&fail=1&key=a&retry_after_ms=20", messages=HELLO),
            json.dumps({"custom_id": "bare", "model": "a/b c", "messages": HELLO})])
        results = self.run_azure(mock, "--provider", "azure")
        self.assert_exactly_once(["openai-url", "azure-url", "text", "vectors", "response", "waits", "bare"])
        self.assertIn("content_filter_results", results["azure-url"]["response"]["body"]["choices"][0])
        self.assertEqual(len(results["vectors"]["response"]["body"]["data"]), 2)
        self.assertEqual(results["waits"]["sluice"]["attempts"], 2)
        self.assertGreater(results["response"]["sluice"]["tokens_out"], 0)
        attempt = next(r for r in json_lines(self.journal) if r.get("event") == "attempt")
        self.assertEqual(attempt["outcome"], "rate_limited")
        self.assert_no_key()

    def test_streams(self):
        mock = self.mock("--latency", "5ms", "--require-key", KEY)
        self.write_input([line("chat", "/v1/chat/completions", messages=HELLO),
                          line("text", "/v1/completions", prompt="hi"),
                          line("response", "/v1/responses", input="hi")])
        results = self.run_azure(mock, "--provider", "azure", "--stream")
        for result in results.values():
            self.assertGreater(result["sluice"]["tokens_out"], 0)
            self.assertIn("first_token_ms", result["sluice"])
        body = results["chat"]["response"]["body"]
        self.assertEqual(body["object"], "chat.completion")
        self.assertIn("prompt_filter_results", body)
        self.assertGreater(body["created"], 0)
        self.assertIn(body["choices"][0]["finish_reason"], ("stop", "length"))

    def test_beside_an_openai_endpoint(self):
        azure = self.mock("--latency", "5ms", "--require-key", KEY)
        other = self.mock("--latency", "5ms", "--require-key", "sk-other-key")
        ids = self.write_items(60)
        code, err = self.run_sluice(
            "--endpoint", f"eu={azure.url},provider=azure,key-env=EU_KEY,api-version=2025-04-01-preview",
            "--endpoint", f"us={other.url}/v1,provider=openai,key-env=US_KEY",
            "-c", "4", "--ui", "none", env=environment(EU_KEY=KEY, US_KEY="sk-other-key"))
        self.assertEqual((code, err), (0, ""))
        self.assert_exactly_once(ids)
        told = {"eu": set(), "us": set()}
        for r in json_lines(self.results):
            told[r["sluice"]["endpoint"]].add("prompt_filter_results" in r["response"]["body"])
        self.assertEqual(told, {"eu": {True}, "us": {False}})
        self.assert_no_key()

    def test_what_is_sent_and_what_is_said_of_it(self):
        echo = self.until_end(Echo())
        self.write_input([line("a", "/v1/chat/completions", messages=HELLO)])
        code, err = self.run_sluice(
            "--provider", "azure", "--url", echo.url, "--api-version", "2025-01-01-preview",
            env=environment(AZURE_OPENAI_API_KEY=KEY, OPENAI_API_KEY="sk-not-for-azure"))
        self.assertEqual(code, 1, err)
        path, headers = echo.seen[0]
        self.assertEqual(path, "/openai/deployments/gpt-4o/chat/completions?api-version=2025-01-01-preview")
        self.assertEqual(headers.get("api-key"), KEY)
        self.assertNotIn("Authorization", headers)
        self.assertEqual(json_lines(self.errors)[0]["sluice"]["outcome"], "client_error")
        self.assert_no_key(err)

    def test_a_line_without_a_model_is_told(self):
        mock = self.mock("--latency", "5ms")
        self.write_input([chat_line("good"), '{"custom_id":"bad","messages":[]}'])
        code, _ = self.run_sluice("--provider", "azure", "--url", mock.url, "--ui", "none")
        self.assertEqual(code, 1)
        failed = json_lines(self.errors)[0]
        self.assertEqual(failed["error"]["code"], "bad_input")
        self.assertIn("line 2: the body has no model", failed["error"]["message"])
        check = subprocess.run([SLUICE, "check", self.input, "--provider", "azure", "--url", mock.url],
                               capture_output=True, text=True, check=False, env=environment())
        self.assertEqual(check.returncode, 1, check.stderr)
        self.assertIn(f"POST {mock.url}/openai/deployments/m-small/chat/completions?{VERSION}", check.stdout)
        self.assertIn("line 2: the body has no model", check.stdout)

    def test_an_address_is_needed(self):
        self.write_items(1)
        code, err = self.run_sluice("--provider", "azure", env=environment(AZURE_OPENAI_API_KEY=KEY))
        self.assertEqual(code, 2)
        self.assertIn("AZURE_OPENAI_ENDPOINT", err)
        self.assert_no_key(err)

    def test_a_version_from_the_environment(self):
        self.write_items(1)
        for version, code, says in (("2024-06-01", 0, "?api-version=2024-06-01"), ("a b", 2, "OPENAI_API_VERSION")):
            check = subprocess.run([SLUICE, "check", self.input, "--provider", "azure"], capture_output=True,
                                   text=True, check=False, env=environment(
                                       AZURE_OPENAI_ENDPOINT="https://r.openai.azure.com", OPENAI_API_VERSION=version))
            self.assertEqual(check.returncode, code, check.stderr)
            self.assertIn(says, check.stdout + check.stderr)


if __name__ == "__main__":
    main()
