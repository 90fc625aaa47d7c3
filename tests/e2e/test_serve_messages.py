"""`sluice serve`: Anthropic's message batches by plain HTTP."""

import json
import os
import re
import signal
import socket

from harness import is_sanitized, main, memory, wait_for
from serving import ServeTest, file_form

PATH = "/v1/messages/batches"
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def request(i, **more):
    return {"custom_id": f"r-{i}", "params": {"model": "m-small", "max_tokens": 20,
                                              "messages": [{"role": "user", "content": "hi"}], **more}}


class MessageBatches(ServeTest):
    mock_options = ("--latency", "20ms", "--sigma", "0")

    def create(self, server, n, **headers):
        status, _, made = server.ask("POST", PATH, json.dumps({"requests": [request(i) for i in range(n)]}),
                                     headers)
        self.assertEqual(status, 200, made)
        return made

    def results_of(self, server, ended):
        self.assertTrue(ended["results_url"].startswith(server.url + PATH))
        data = server.get(ended["results_url"][len(server.url):])
        self.assertTrue(data.endswith(b"}\n") and b"\n\n" not in data and b"\r" not in data)
        return [json.loads(line) for line in data.splitlines()]

    def test_a_batch_from_its_requests_to_its_results(self):
        server = self.serve()
        made = self.create(server, 10, **{"anthropic-version": "2023-06-01"})
        self.assertTrue(made["id"].startswith("msgbatch_"))
        self.assertEqual((made["type"], made["processing_status"]), ("message_batch", "in_progress"))
        self.assertEqual(made["request_counts"], {"processing": 10, "succeeded": 0, "errored": 0,
                                                  "canceled": 0, "expired": 0})
        self.assertIsNone(made["results_url"])
        ended = server.wait_for_messages(made["id"])
        self.assertEqual(ended["request_counts"]["succeeded"], 10)
        for name in ("created_at", "expires_at", "ended_at"):
            self.assertRegex(ended[name], TIME)
        lines = self.results_of(server, ended)
        self.assertEqual(sorted(line["custom_id"] for line in lines), [f"r-{i}" for i in range(10)])
        self.assertEqual({line["result"]["type"] for line in lines}, {"succeeded"})
        self.assertEqual(lines[0]["result"]["message"]["type"], "message")
        # the beta client has a query
        self.assertEqual(server.get(f"{PATH}/{made['id']}?beta=true"), ended)
        self.assertEqual(server.get("/v1/batches")["data"], [], "each API has its own batches")
        status, _, gone = server.ask("DELETE", f"{PATH}/{made['id']}")
        self.assertEqual((status, gone), (200, {"id": made["id"], "type": "message_batch_deleted"}))
        self.assertEqual(server.ask("GET", f"{PATH}/{made['id']}")[0], 404)
        self.assertEqual(os.listdir(self.path("data/batches")), [])

    def test_wrong_bodies_are_refused_and_leave_nothing(self):
        server = self.serve()
        for body, words in ((b"", "not valid JSON"), (b"[]", "not valid JSON"), (b"{}", "requests: Field required"),
                            ({"requests": []}, "at least 1 item"), ({"requests": {}}, "a valid list"),
                            ({"requests": [request(0), request(0)]}, "requests.1.custom_id: The custom_id 'r-0'"),
                            ({"requests": [request(0), {"custom_id": "a b", "params": {}}]},
                             "requests.1.custom_id: String should match"),
                            ({"requests": [{"custom_id": "a"}]}, "requests.0.params: Field required"),
                            ({"requests": [7]}, "requests.0: Input should be a valid object"),
                            (b'{"requests":[{"custom_id":"a","params":{"x":\x01}}]}', "requests.0")):
            body = json.dumps(body) if isinstance(body, dict) else body
            status, headers, answer = server.ask("POST", PATH, body)
            self.assertEqual((status, answer["type"], answer["error"]["type"]),
                             (400, "error", "invalid_request_error"), answer)
            self.assertIn(words, answer["error"]["message"])
            self.assertEqual(answer["request_id"], headers["request-id"])
        wait_for(lambda: os.listdir(self.path("data/batches")) == [], "an empty folder")
        for method, path in (("GET", PATH + "/none"), ("DELETE", PATH + "/none"), ("GET", PATH + "/none/results"),
                             ("POST", PATH + "/none/cancel")):
            status, _, answer = server.ask(method, path)
            self.assertEqual((status, answer["error"]["type"]), (404, "not_found_error"))

    def test_a_client_that_leaves_leaves_nothing(self):
        server = self.serve()
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n"
                           b'{"requests":[')
            wait_for(lambda: os.listdir(self.path("data/batches")), "the batch's folder")
        wait_for(lambda: os.listdir(self.path("data/batches")) == [], "an empty folder")

    def test_a_cancelled_batch_keeps_what_succeeded(self):
        server = self.serve("-c", "1")
        batch = self.create(server, 200)["id"]
        wait_for(lambda: server.get(f"{PATH}/{batch}")["request_counts"]["succeeded"] > 2, "some answers")
        status, _, answer = server.ask("POST", f"{PATH}/{batch}/cancel")
        self.assertEqual((status, answer["processing_status"]), (200, "canceling"))
        self.assertRegex(answer["cancel_initiated_at"], TIME)
        ended = server.wait_for_messages(batch)
        counts = ended["request_counts"]
        self.assertEqual(sum(counts.values()), 200)
        self.assertGreater(counts["succeeded"], 2)
        lines = self.results_of(server, ended)
        self.assertEqual(len(lines), 200)
        self.assertEqual(sum(line["result"] == {"type": "canceled"} for line in lines), counts["canceled"])

    def test_batches_and_their_ledgers_take_room(self):
        server = self.serve("--max-disk", "100k", "-c", "50")
        batch = self.create(server, 50)["id"]
        server.wait_for_messages(batch)
        taken = sum(os.path.getsize(self.path(f"data/batches/{batch}/{name}"))
                    for name in os.listdir(self.path(f"data/batches/{batch}")))
        self.assertGreater(taken, 40 << 10)
        upload = lambda n: server.upload_form(file_form(b"x" * n))
        for _ in range(2):
            status, _, answer = upload((100 << 10) - taken + 1)
            self.assertEqual((status, answer["error"]["code"]), (413, "storage_limit_exceeded"))
            server.end()
            server = self.serve("--max-disk", "100k", "-c", "50")
        body = {"requests": [request("x" * 50, system="x" * ((100 << 10) - taken))]}
        status, _, answer = server.ask("POST", PATH, body)
        self.assertEqual((status, answer["error"]["type"]), (413, "request_too_large"))
        status, _, made = upload((100 << 10) - taken)
        self.assertEqual(status, 200, made)
        # a batch of a file takes as much again
        status, _, answer = server.ask("POST", "/v1/batches", {
            "input_file_id": made["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"})
        self.assertEqual((status, answer["error"]["code"]), (413, "storage_limit_exceeded"))
        self.assertEqual(server.ask("DELETE", f"{PATH}/{batch}")[0], 200)
        self.assertEqual(upload(taken - 2000)[0], 200)
        self.assertEqual(server.ask("POST", "/complete", {"prompt": "x" * 4000, "model": "m"})[0], 200)
        self.assertEqual(upload(2001)[0], 413)

    def test_refused_requests_are_errored(self):
        server = self.serve("--max-attempts", "1")
        made = server.ask("POST", PATH, {"requests": [{"custom_id": "bad", "params": {"messages": []}}]})[2]
        ended = server.wait_for_messages(made["id"])
        self.assertEqual(ended["request_counts"]["errored"], 1)
        result = self.results_of(server, ended)[0]["result"]
        self.assertEqual((result["type"], result["error"]["type"]), ("errored", "error"))
        self.assertIn("message", result["error"]["error"])

    def test_lists_have_pages(self):
        server = self.serve()
        ids = [self.create(server, 1)["id"] for _ in range(5)][::-1]
        page = server.get(PATH + "?limit=2")
        self.assertEqual(sorted(page), ["data", "first_id", "has_more", "last_id"])
        self.assertEqual([b["id"] for b in page["data"]], ids[:2])
        self.assertTrue(page["has_more"])
        page = server.get(f"{PATH}?limit=2&after_id={ids[1]}")
        self.assertEqual([b["id"] for b in page["data"]], ids[2:4])
        page = server.get(f"{PATH}?limit=2&before_id={ids[3]}")
        self.assertEqual(([b["id"] for b in page["data"]], page["has_more"]), (ids[1:3], True))
        page = server.get(f"{PATH}?before_id={ids[1]}")
        self.assertEqual(([b["id"] for b in page["data"]], page["has_more"]), (ids[:1], False))
        self.assertEqual(server.ask("GET", PATH + "?after_id=none")[0], 400)

    def test_kill_9_loses_no_request(self):
        server = self.serve("-c", "2")
        batch = self.create(server, 60)["id"]
        for answers in (3, 25):
            wait_for(lambda: server.get(f"{PATH}/{batch}")["request_counts"]["succeeded"] >= answers, "answers")
            server.end(signal.SIGKILL)
            server = self.serve("-c", "2")
        ended = server.wait_for_messages(batch)
        self.assertEqual(ended["request_counts"]["succeeded"], 60)
        self.assertEqual(sorted({line["custom_id"] for line in self.results_of(server, ended)}),
                         sorted(f"r-{i}" for i in range(60)))
        self.assertLessEqual(self.api.stats()["requests"], 60 + 2 * 2)

    def test_a_large_body_takes_little_memory(self):
        server = self.serve("-c", "1")
        one = json.dumps(request("N", system="x" * 2000))
        n = 20000

        def body():
            yield b'{"requests":['
            for i in range(n):
                yield (("," if i else "") + one.replace("r-N", f"r-{i}")).encode()
            yield b"]}"
        status, _, made = server.ask("POST", PATH, body())
        self.assertEqual(status, 200, made)
        self.assertEqual(made["request_counts"]["processing"], n)
        if not is_sanitized():
            self.assertLess(memory(server.process.pid, "VmHWM"), 64 << 20)


if __name__ == "__main__":
    main()
