"""`sluice serve`: which endpoint takes which model, as their GET /v1/models says."""

import json
import signal
import urllib.parse

from api_server import ApiServer, Request
from harness import RunTest, main, wait_for
from serving import Server, batch_of

MESSAGES = {"anthropic-version": "2023-06-01"}


def chat(name, model):
    return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions",
            "body": {"model": model, "messages": [{"role": "user", "content": "hi"}]}}


def message(name, model):
    return {"custom_id": name, "params": {"model": model, "max_tokens": 9,
                                          "messages": [{"role": "user", "content": "hi"}]}}


class ModelRequest(Request):
    def do_GET(self):
        self.do_POST()


class Upstream(ApiServer):
    """Lists its models in the form of either API, by pages of two, and answers each of them."""

    def __init__(self, models, aliases=(), status=200):
        self.models, self.aliases, self.status, self.asked, self.paths = list(models), set(aliases), status, [], []
        super().__init__()
        self.RequestHandlerClass = ModelRequest

    def answer(self, request):
        url = urllib.parse.urlsplit(request.path)
        if request.command == "POST":
            with self.lock:
                self.asked.append(request.json()["model"])
            if url.path == "/v1/messages":
                return request.reply({"id": "m", "type": "message", "role": "assistant", "model": "m",
                                      "content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn",
                                      "usage": {"input_tokens": 1, "output_tokens": 1}})
            return request.reply({"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]})
        with self.lock:
            self.paths.append(request.path)
        if self.status != 200:
            return request.reply({"error": {"message": "none"}}, self.status)
        if url.path != "/v1/models":
            name = urllib.parse.unquote(url.path[len("/v1/models/"):])
            return (request.reply({"id": name}) if name in self.aliases
                    else request.reply({"error": {"message": "none"}}, 404))
        if "anthropic-version" not in request.headers:
            return request.reply({"object": "list", "data": [{"id": m, "object": "model"} for m in self.models]})
        after = urllib.parse.parse_qs(url.query).get("after_id", [None])[0]
        rest = self.models[self.models.index(after) + 1:] if after else self.models
        page = rest[:2]
        return request.reply({"data": [{"type": "model", "id": m, "display_name": m.upper(),
                                        "created_at": "2025-01-02T00:00:00Z"} for m in page],
                              "has_more": len(rest) > 2, "first_id": page[0], "last_id": page[-1]})


class Models(RunTest):
    def upstream(self, *models, **more):
        return self.until_end(Upstream(models, **more))

    def serve(self, upstreams, *options, known=True):
        """A service that knows the models of these."""
        named = [o for name, u in upstreams.items() for o in ("--endpoint", f"{name}={u.url}")]
        server = self.until_end(Server(self.folder, *named, *options))
        if known:
            models = sorted({m for u in upstreams.values() for m in u.models})
            wait_for(lambda: self.ids(server) == models, "the models")
            wait_for(lambda: self.ids(server, "?limit=1000", MESSAGES) == models, "the models for messages")
        return server

    @staticmethod
    def ids(server, query="", headers=None):
        return [m["id"] for m in server.ask("GET", "/v1/models" + query, headers=headers)[2]["data"]]

    @staticmethod
    def create(server, models):
        return server.create(server.upload([json.dumps(chat(f"{i}", m)) for i, m in enumerate(models)]))

    def test_lines_go_to_the_endpoint_that_has_their_model(self):
        a, b = self.upstream("one", "org/two"), self.upstream("three", "org/two", "m:latest", "models/g")
        server = self.serve({"a": a, "b": b})
        ended = server.wait_for_end(self.create(server, ["one", "three", "m", "g", "three:free", "org/two"] * 3))
        self.assertEqual(ended["request_counts"], {"total": 18, "completed": 18, "failed": 0})
        self.assertEqual(set(a.asked) - {"org/two"}, {"one"})
        self.assertEqual(set(b.asked) - {"org/two"}, {"three", "m", "g", "three:free"})
        status, _, made = server.ask("POST", "/v1/messages/batches", {"requests": [
            message("1", "one"), message("3", "three")]})
        self.assertEqual(status, 200, made)
        self.assertEqual(server.wait_for_messages(made["id"])["request_counts"]["succeeded"], 2)
        # a batch that goes on after a kill waits for the lists
        batch = self.create(server, ["one", "three"] * 30)
        server.end(signal.SIGKILL)
        server = self.serve({"a": a, "b": b}, known=False)
        self.assertEqual(server.wait_for_end(batch)["request_counts"]["completed"], 60)
        self.assertEqual((set(a.asked) - {"org/two"}, set(b.asked) & {"one"}), ({"one"}, set()))

    def test_a_model_that_no_endpoint_has_is_the_apis_own_error(self):
        server = self.serve({"a": self.upstream("one"), "b": self.upstream("two")})
        ended = server.wait_for_end(self.create(server, ["one", "nope", "two"]))
        self.assertEqual((ended["status"], [(e["code"], e["line"], e["param"]) for e in ended["errors"]["data"]]),
                         ("failed", [("model_not_found", 2, "body.model")]))
        status, _, answer = server.ask("POST", "/v1/messages/batches", {"requests": [
            message("a", "one"), message("b", "nope")]})
        self.assertEqual((status, answer["type"], answer["error"]["type"]), (404, "error", "not_found_error"))
        self.assertIn("requests.1.params.model", answer["error"]["message"])
        for path, body in (("/batch", {"prompts": ["hi"], "model": "nope"}), ("/complete", {"prompt": "hi", "model": "nope"})):
            status, _, answer = server.ask("POST", path, body)
            self.assertEqual((status, answer["error"]["code"], answer["error"]["param"]),
                             (404, "model_not_found", "model"), path)

    def test_models_that_come_later_are_found(self):
        a = self.upstream("one", aliases={"alias/x"})
        server = self.serve({"a": a})
        # lists are not asked for again at once, but single models are
        ended = server.wait_for_end(self.create(server, ["alias/x", "one"]))
        self.assertEqual(ended["request_counts"]["completed"], 2, ended)
        self.assertIn("/v1/models/alias%2Fx", a.paths)
        # what is not there is not asked for each time
        for _ in range(3):
            self.assertEqual(server.wait_for_end(self.create(server, ["nope"] * 200))["status"], "failed")
        self.assertEqual(a.paths.count("/v1/models/nope"), 1)

    def test_without_lists_any_model_goes_to_an_endpoint(self):
        for status in (404, 401, 500):
            up = self.upstream(status=status)
            server = self.serve({"a": up}, known=False)
            wait_for(lambda: "it may have any model" in server.log_text(), "the word of it")
            self.assertEqual(server.wait_for_end(self.create(server, ["x"]))["request_counts"]["completed"], 1)
            self.assertEqual(self.ids(server), [])
            server.close()
        up = self.upstream("one")
        server = self.serve({"a": up}, "--ask-models", "off", known=False)
        self.assertEqual(server.wait_for_end(self.create(server, ["x"]))["request_counts"]["completed"], 1)
        self.assertEqual(up.paths, [])

    def test_an_endpoint_that_is_down_keeps_its_models(self):
        a, b = self.upstream("one"), self.upstream("two")
        server = self.serve({"a": a, "b": b}, "--ask-models", "200ms")
        a.close()
        wait_for(lambda: "a: it may have any model:" in server.log_text(), "the word of it")
        self.assertEqual(self.ids(server), ["one", "two"])
        ended = server.wait_for_end(self.create(server, ["two"]))
        self.assertEqual(ended["request_counts"]["completed"], 1)
        batch = self.create(server, ["one", "two"])
        wait_for(lambda: server.batch(batch)["request_counts"]["completed"] == 1, "the other line")
        self.assertEqual(server.batch(batch)["request_counts"]["failed"], 0)

    def test_an_endpoint_that_does_not_answer_blocks_nobody(self):
        a = self.upstream("one")
        silent = self.until_end(Upstream([]))
        gate = silent.lock
        gate.acquire()
        self.addCleanup(gate.release)
        server = self.serve({"a": a, "silent": silent}, known=False)
        wait_for(lambda: self.ids(server) == ["one"], "the models of the other")
        self.assertEqual(server.wait_for_end(self.create(server, ["one"]))["request_counts"]["completed"], 1)

    def test_lists_of_models(self):
        up = self.upstream("c-3", "a-1", "b/2", "d-4", "e-5")
        server = self.serve({"up": up}, "--endpoint", "more=http://127.0.0.1:9,models=z", known=False)
        wait_for(lambda: len(self.ids(server)) == 6 and len(self.ids(server, "?limit=9", MESSAGES)) == 6, "the models")
        self.assertTrue(any("after_id=d-4" in path for path in up.paths), up.paths)
        made = server.get("/v1/models")
        self.assertEqual((made["object"], made["data"][1]),
                         ("list", {"id": "b/2", "object": "model", "created": 0, "owned_by": "upstream"}))
        self.assertEqual(server.get("/v1/models/b%2F2"), made["data"][1])
        ask = lambda query: server.ask("GET", "/v1/models" + query, headers=MESSAGES)
        first = ask("?limit=2")[2]
        self.assertEqual((first["has_more"], first["first_id"], first["last_id"]), (True, "a-1", "b/2"))
        self.assertEqual(first["data"][0], {"type": "model", "id": "a-1", "display_name": "A-1",
                                            "created_at": "2025-01-02T00:00:00Z"})
        self.assertEqual(self.ids(server, "?limit=2&after_id=b/2", MESSAGES), ["c-3", "d-4"])
        back = ask("?limit=2&before_id=e-5")[2]
        self.assertEqual(([m["id"] for m in back["data"]], back["has_more"]), (["c-3", "d-4"], True))
        for query, status in (("?limit=0", 400), ("?after_id=none", 400), ("/none", 404)):
            got, headers, answer = ask(query)
            self.assertEqual((got, answer["type"]), (status, "error"), query)
            self.assertTrue(headers["request-id"].startswith("req_"))
        status, _, answer = server.ask("GET", "/v1/models/none")
        self.assertEqual((status, answer["error"]["code"]), (404, "model_not_found"))
        self.assertEqual(server.ask("POST", "/v1/models", batch_of("x"))[0], 405)


if __name__ == "__main__":
    main()
