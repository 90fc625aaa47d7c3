"""The mock API by plain HTTP: the shapes that the official SDKs expect (`make check-sdk` asks with these)."""

import base64
import http.client
import json
import struct
import unittest
import urllib.parse

from harness import RunTest, json_lines

HELLO = [{"role": "user", "content": "hello"}]
SCHEMA = {"type": "object", "required": ["city", "days"], "properties": {
    "city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}}}
CHAT, RESPONSES, MESSAGES, EMBEDDINGS = "/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings"
TOOLS = {CHAT: [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}],
         RESPONSES: [{"type": "function", "name": "weather", "parameters": SCHEMA}],
         MESSAGES: [{"name": "weather", "input_schema": SCHEMA}]}
FORMATS = {CHAT: {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}},
           RESPONSES: {"text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}}},
           MESSAGES: {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}}


def request_for(path, **more):
    """The least body that the endpoint takes, with more members; None leaves one out."""
    body = {"model": "m", "messages": HELLO, "max_tokens": 900}
    if path == RESPONSES:
        body = {"model": "m", "input": "hello"}
    elif path == EMBEDDINGS:
        body = {"model": "m", "input": "hello"}
    elif path == "/v1/completions":
        body = {"model": "m", "prompt": "hello"}
    return {name: value for name, value in {**body, **more}.items() if value is not None}


def shape(value):
    """The types in a JSON value."""
    if isinstance(value, dict):
        return {name: shape(v) for name, v in value.items()}
    return [shape(v) for v in value] if isinstance(value, list) else type(value).__name__


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode()

    def json(self):
        return json.loads(self.text)

    def events(self):
        """(name, data) of each event but [DONE]."""
        out = []
        for block in self.text.split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines())
            if lines and lines["data"] != "[DONE]":
                out.append((lines.get("event"), json.loads(lines["data"])))
        return out


class MockTest(RunTest):
    def setUp(self):
        super().setUp()
        self.connections = {}
        self.server = self.mock("--latency", "1ms", "--sigma", "0")

    def ask(self, path, body=None, server=None, method=None, **headers):
        url = (server or self.server).url
        connection = self.connections.get(url)
        if not connection:
            connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
            self.connections[url] = connection
            self.addCleanup(connection.close)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method or ("GET" if body is None else "POST"), path,
                           None if body is None else json.dumps(body), headers)
        return Answer(connection.getresponse())

    def ask_ok(self, path, **more):
        answer = self.ask(path, request_for(path, **more))
        self.assertEqual(answer.status, 200, answer.text)
        return answer

    def assert_fits(self, value):
        """It fits SCHEMA."""
        self.assertEqual(set(value), {"city", "days"})
        self.assertIsInstance(value["city"], str)
        self.assertIn(value["days"], range(1, 8))

    # ---- what a model says ----

    def test_n_texts(self):
        choices = self.ask_ok(CHAT, n=3).json()["choices"]
        self.assertEqual([c["index"] for c in choices], [0, 1, 2])
        self.assertEqual(len({c["message"]["content"] for c in choices}), 3)
        body = self.ask_ok("/v1/completions", prompt=["a", "b"], n=2).json()
        self.assertEqual([c["index"] for c in body["choices"]], [0, 1, 2, 3])
        texts = {}
        for _, data in self.ask_ok(CHAT, n=2, stream=True).events():
            for c in data["choices"]:
                texts[c["index"]] = texts.get(c["index"], "") + c["delta"].get("content", "")
        self.assertEqual(sorted(texts), [0, 1])
        self.assertNotEqual(texts[0], texts[1])

    def test_tools_are_called(self):
        message = self.ask_ok(CHAT, tools=TOOLS[CHAT]).json()["choices"][0]
        self.assertEqual((message["finish_reason"], message["message"]["content"]), ("tool_calls", None))
        call = message["message"]["tool_calls"][0]
        self.assertEqual((call["type"], call["function"]["name"]), ("function", "weather"))
        self.assert_fits(json.loads(call["function"]["arguments"]))
        item = self.ask_ok(RESPONSES, tools=TOOLS[RESPONSES]).json()["output"][0]
        self.assertEqual((item["type"], item["name"], item["status"]), ("function_call", "weather", "completed"))
        self.assert_fits(json.loads(item["arguments"]))
        message = self.ask_ok(MESSAGES, tools=TOOLS[MESSAGES]).json()
        self.assertEqual((message["stop_reason"], message["content"][0]["type"]), ("tool_use", "tool_use"))
        self.assert_fits(message["content"][0]["input"])

    def test_tools_are_called_in_streams(self):
        text = ""
        for _, data in self.ask_ok(CHAT, tools=TOOLS[CHAT], stream=True).events():
            for call in data["choices"][0]["delta"].get("tool_calls", []):
                text += call["function"]["arguments"]
        self.assert_fits(json.loads(text))
        events = self.ask_ok(RESPONSES, tools=TOOLS[RESPONSES], stream=True).events()
        text = "".join(data["delta"] for name, data in events if name == "response.function_call_arguments.delta")
        self.assert_fits(json.loads(text))
        events = self.ask_ok(MESSAGES, tools=TOOLS[MESSAGES], stream=True).events()
        text = "".join(data["delta"]["partial_json"] for name, data in events if name == "content_block_delta")
        self.assert_fits(json.loads(text))

    def test_after_the_result_of_a_tool_comes_text(self):
        ends = {CHAT: {"messages": HELLO + [{"role": "tool", "tool_call_id": "c", "content": "4"}]},
                RESPONSES: {"input": [{"type": "function_call_output", "call_id": "c", "output": "4"}]},
                MESSAGES: {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c"}]}]}}
        for path, end in ends.items():
            self.assertNotIn('"weather"', self.ask_ok(path, tools=TOOLS[path], **end).text.split('"tools"')[0], path)

    def test_formats_are_kept(self):
        texts = [self.ask_ok(CHAT, **FORMATS[CHAT]).json()["choices"][0]["message"]["content"],
                 self.ask_ok(RESPONSES, **FORMATS[RESPONSES]).json()["output"][0]["content"][0]["text"],
                 self.ask_ok(MESSAGES, **FORMATS[MESSAGES]).json()["content"][0]["text"]]
        for text in texts:
            self.assert_fits(json.loads(text))
        body = self.ask_ok(CHAT, response_format={"type": "json_object"}).json()
        self.assertIsInstance(json.loads(body["choices"][0]["message"]["content"]), dict)
        long = {"type": "string", "minLength": 3000, "maxLength": 3000}
        for length in (1, 500, 4000):
            self.ask_ok(CHAT, messages=[{"role": "user", "content": "x" * length}], **FORMATS[CHAT])
            body = self.ask_ok(CHAT, max_tokens=None, response_format={"type": "json_schema", "json_schema": {
                "name": "a", "schema": {"type": "array", "items": long}}}).json()
            self.assertEqual([len(v) for v in json.loads(body["choices"][0]["message"]["content"])], [3000, 3000])
        cut = self.ask_ok(CHAT, max_tokens=2, **FORMATS[CHAT]).json()
        self.assertEqual(cut["choices"][0]["finish_reason"], "length")
        self.assertEqual(cut["usage"]["completion_tokens"], 2)

    def test_the_events_of_the_responses_api(self):
        events = self.ask_ok(RESPONSES, stream=True).events()
        names = [name for name, _ in events]
        self.assertEqual(list(dict.fromkeys(names)), ["response." + name for name in (
            "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
            "output_text.done", "content_part.done", "output_item.done", "completed")])
        self.assertEqual([data["sequence_number"] for _, data in events], list(range(len(events))))
        text = "".join(data["delta"] for name, data in events if name == "response.output_text.delta")
        self.assertEqual(events[-1][1]["response"]["output"][0]["content"][0]["text"], text)
        end = self.ask_ok(RESPONSES, stream=True, max_output_tokens=2).events()[-1]
        self.assertEqual((end[0], end[1]["response"]["incomplete_details"]),
                         ("response.incomplete", {"reason": "max_output_tokens"}))

    def test_the_events_of_messages(self):
        names = [name for name, _ in self.ask_ok(MESSAGES, stream=True).events()]
        self.assertEqual(list(dict.fromkeys(names)), ["message_start", "content_block_start", "ping", "content_block_delta",
                                                      "content_block_stop", "message_delta", "message_stop"])

    # ---- the other endpoints ----

    def test_embeddings(self):
        plain = self.ask_ok(EMBEDDINGS, dimensions=256).json()["data"][0]["embedding"]
        packed = self.ask_ok(EMBEDDINGS, dimensions=256, encoding_format="base64").json()["data"][0]["embedding"]
        self.assertEqual(len(plain), 256)
        self.assertAlmostEqual(sum(x * x for x in plain), 1, 5)
        floats = struct.unpack("<256f", base64.b64decode(packed))
        self.assertEqual(list(struct.unpack("<256f", struct.pack("<256f", *plain))), list(floats))
        for model, n in (("text-embedding-3-small", 1536), ("text-embedding-3-large", 3072), ("m", 12)):
            self.assertEqual(len(self.ask_ok(EMBEDDINGS, model=model).json()["data"][0]["embedding"]), n)
        for given, n in (([1, 2, 3], 1), ([[1], [2]], 2), (["a"], 1), (["a"] * 2048, 2048)):
            self.assertEqual(len(self.ask_ok(EMBEDDINGS, input=given).json()["data"]), n)

    def test_models_and_tokens(self):
        body = self.ask("/v1/models").json()
        self.assertEqual(body["object"], "list")
        self.assertEqual(body["data"][0]["object"], "model")
        body = self.ask("/v1/models", anthropic_version="2023-06-01").json()
        self.assertEqual((body["has_more"], body["first_id"]), (False, body["data"][0]["id"]))
        self.assertEqual(self.ask("/v1/models/some/model").json()["id"], "some/model")
        few = self.mock("--models", "one, two/three")
        self.assertEqual([m["id"] for m in self.ask("/v1/models", server=few).json()["data"]], ["one", "two/three"])
        self.assertEqual(self.ask("/v1/models/two/three", server=few).status, 200)
        refused = self.ask(CHAT, request_for(CHAT), few)
        self.assertEqual((refused.status, refused.json()["error"]["code"]), (404, "model_not_found"))
        refused = self.ask(MESSAGES, request_for(MESSAGES), few)
        self.assertEqual((refused.status, refused.json()["error"]["message"]), (404, "model: m"))
        self.assertEqual(self.ask(CHAT, request_for(CHAT, model="one"), few).status, 200)
        count = self.ask("/v1/messages/count_tokens", {"model": "m", "messages": HELLO}).json()
        self.assertEqual(list(count), ["input_tokens"])

    # ---- refusals ----

    def test_unknown_paths(self):
        for path, method, status in (("/v1/nothing", "POST", 404), ("/v1", "GET", 404), (CHAT, "GET", 405),
                                     ("/v1" + CHAT, "POST", 404), (CHAT + "/chat/completions", "POST", 404),
                                     ("/v1/models", "POST", 405), ("/v1/files", "GET", 404)):
            answer = self.ask(path, {} if method == "POST" else None, method=method)
            self.assertEqual(answer.status, status, path)
            self.assertEqual(answer.json()["error"]["type"], "invalid_request_error")
        answer = self.ask("/v1/nothing", {}, anthropic_version="2023-06-01")
        self.assertEqual((answer.status, answer.json()["type"], answer.json()["error"]["type"]),
                         (404, "error", "not_found_error"))
        self.assertEqual(self.ask("/items/7").json(), {"method": "GET", "path": "/items/7", "bytes": 0})

    def test_missing_and_wrong_members(self):
        for path, more, param, code in (
                (CHAT, {"messages": None}, "messages", "missing_required_parameter"),
                (CHAT, {"model": None}, None, None),
                ("/openai/deployments/d/chat/completions?api-version=1", {"model": None, "messages": None}, "messages",
                 "missing_required_parameter"),
                (CHAT, {"messages": []}, "messages", "empty_array"),
                (CHAT, {"messages": {}}, "messages", "invalid_type"),
                (CHAT, {"messages": [1]}, "messages[0]", "invalid_type"),
                (CHAT, {"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter"),
                (CHAT, {"n": 129}, "n", "integer_above_max_value"),
                (CHAT, {"n": 1.5}, "n", "invalid_type"),
                (CHAT, {"stream": "yes"}, "stream", "invalid_type"),
                (CHAT, {"response_format": {"type": "json_schema"}}, "response_format.json_schema.name",
                 "missing_required_parameter"),
                (CHAT, {"tools": [{"type": "function"}]}, "tools[0].function.name", "missing_required_parameter"),
                (RESPONSES, {"input": None}, "input", "missing_required_parameter"),
                (RESPONSES, {"tools": [{"type": "function"}]}, "tools[0].name", "missing_required_parameter"),
                ("/v1/completions", {"prompt": None}, "prompt", "missing_required_parameter"),
                (EMBEDDINGS, {"input": None}, "input", "missing_required_parameter"),
                (EMBEDDINGS, {"input": ["a", ""]}, "input", "invalid_value"),
                (EMBEDDINGS, {"input": ["a"] * 2049}, "input", "array_above_max_length"),
                (EMBEDDINGS, {"encoding_format": "hex"}, "encoding_format", "invalid_value")):
            answer = self.ask(path, request_for(path, **more))
            error = answer.json()["error"]
            self.assertEqual((answer.status, error["param"], error["code"]), (400, param, code), (path, more))
            self.assertTrue(error["message"])
        for more, message in (
                ({"max_tokens": None}, "max_tokens: Field required"),
                ({"messages": None}, "messages: Field required"),
                ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
                ({"max_tokens": "7"}, "max_tokens: Input should be a valid number"),
                ({"tools": [{"name": "a"}]}, "tools.0.input_schema: Field required"),
                ({"tool_choice": {"type": "tool", "name": "b"}, "tools": TOOLS[MESSAGES]},
                 'Tool "b" not found in provided tools')):
            answer = self.ask(MESSAGES, request_for(MESSAGES, **more))
            self.assertEqual((answer.status, answer.json()["error"]["message"]), (400, message))
            self.assertEqual(answer.json()["type"], "error")

    def test_headers_name_the_limits_in_force(self):
        server = self.mock("--rpm", "1800", "--tpm", "60000", "--latency", "1ms")
        headers = self.ask(CHAT, request_for(CHAT), server).headers
        self.assertEqual(headers["x-ratelimit-limit-requests"], "1800")
        self.assertEqual(headers["x-ratelimit-limit-tokens"], "60000")
        headers = self.ask(MESSAGES, request_for(MESSAGES), server).headers
        self.assertEqual(headers["anthropic-ratelimit-requests-limit"], "1800")
        self.assertNotIn("x-ratelimit-limit-requests", headers)

    def test_the_run_shows_that_limit(self):
        server = self.mock("--rpm", "1700", "--latency", "1ms")  # 28.3 at once
        self.write_items(35)
        _, err = self.run_sluice("--url", server.url, "--ui", "json")
        self.assertEqual(json.loads(err.splitlines()[-1])["limits"]["rpm"]["server"], 1700)

    def test_a_run_puts_streams_together(self):
        """Tools, several texts and formats: a streamed answer has the form of one that is not."""
        lines = [(path, {"tools": TOOLS[path]}) for path in TOOLS] + [(path, FORMATS[path]) for path in FORMATS]
        lines += [(CHAT, {"n": 3}), (CHAT, {"n": 2, "tools": TOOLS[CHAT]}), (RESPONSES, {"max_output_tokens": 2})]
        self.write_input(json.dumps({"custom_id": str(i), "method": "POST", "url": path, "body": request_for(path, **more)})
                         for i, (path, more) in enumerate(lines))
        shapes = []
        for options in ((), ("--stream",)):
            self.assertEqual(self.run_sluice("--url", self.server.url, "--ui", "none", *options), (0, ""))
            shapes.append({r["custom_id"]: shape(r["response"]["body"]) for r in json_lines(self.results)})
            self.forget_run()
        self.assertEqual(len(shapes[0]), len(lines))
        self.assertEqual(*shapes)

    # ---- answers from a file ----

    def test_odd_answers(self):
        path = self.path("answers.jsonl")
        with open(path, "w", encoding="utf-8") as f:
            for line in ({"has": "busy", "status": 429, "times": 2, "headers": {"Retry-After": "7"}},
                         {"has": "busy", "text": "at last"},
                         {"has": "silent", "text": None, "finish": "content_filter"},
                         {"has": "bom", "body": "\ufeff{}", "headers": {"Content-Type": "application/json"}},
                         {"path": "/v1/nothing", "body": {"a": 1}},
                         {"has": "slow", "latency": "30ms", "status": 503}):
                f.write(json.dumps(line) + "\n")
        server = self.mock("--latency", "1ms", "--answers", path)

        def ask(text, path=CHAT, **more):
            return self.ask(path, request_for(path, messages=[{"role": "user", "content": text}], **more), server)

        for status in (429, 429, 200):
            answer = ask("busy")
            self.assertEqual(answer.status, status)
            self.assertEqual(answer.headers["retry-after"], None if status == 200 else "7")
        self.assertEqual(answer.json()["choices"][0]["message"]["content"], "at last")
        choice = ask("silent").json()["choices"][0]
        self.assertEqual((choice["message"]["content"], choice["finish_reason"]), (None, "content_filter"))
        self.assertEqual(ask("silent", MESSAGES).json()["content"], [])
        self.assertNotIn("content_block_delta", ask("silent", MESSAGES, stream=True).text)
        odd = ask("bom")
        self.assertEqual((odd.text, odd.headers.get_all("content-type")), ("\ufeff{}", ["application/json"]))
        self.assertEqual(ask("", "/v1/nothing").json(), {"a": 1})
        self.assertEqual(ask("slow").json()["error"]["type"], "server_error")

    def test_a_refusal_in_place_of_a_canned_text_is_json(self):
        path = self.path("answers.jsonl")
        with open(path, "w", encoding="utf-8") as f:
            f.write(json.dumps({"body": "busy"}) + "\n")
        server = self.mock("--latency", "1ms", "--rpm", "1", "--answers", path)
        first, second = (self.ask(CHAT, request_for(CHAT), server) for _ in range(2))
        self.assertEqual((first.text, first.headers["content-type"]), ("busy", "text/plain"))
        self.assertEqual((second.status, second.headers["content-type"]), (429, "application/json"))
        self.assertEqual(second.json()["error"]["code"], "rate_limit_exceeded")


if __name__ == "__main__":
    unittest.main()
