"""`sluice serve`: OpenAI's Files and Batches by plain HTTP."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
import unittest
import urllib.request

from harness import PATIENCE, SLUICE, main, wait_for
from serving import Server, ServeTest, batch_of, chat_lines, file_form, form


class Files(ServeTest):
    def test_a_file_from_its_upload_to_its_end(self):
        server = self.serve()
        data = b"one\r\ntwo\n\x00"
        # Node's SDK sends the file first, without a length
        body = form([("file", "in.jsonl", data), ("purpose", None, b"batch"),
                     ("expires_after[anchor]", None, b"created_at"),
                     ("expires_after[seconds]", None, b"3600"), ("unknown", None, b"x")])
        status, headers, made = server.upload_form(iter([body[:7], body[7:90], body[90:]]))
        self.assertEqual(status, 200, made)
        self.assertTrue(headers["x-request-id"].startswith("req_"))
        self.assertEqual(made["bytes"], len(data))
        self.assertEqual(made["expires_at"], made["created_at"] + 3600)
        self.assertEqual((made["object"], made["filename"], made["purpose"], made["status"]),
                         ("file", "in.jsonl", "batch", "processed"))
        path = "/v1/files/" + made["id"]
        self.assertEqual(server.get(path), made)
        self.assertEqual(server.get(path + "/content"), data)
        self.assertEqual(server.ask("DELETE", path)[2],
                         {"id": made["id"], "object": "file", "deleted": True})
        self.assertEqual(server.ask("GET", path)[0], 404)
        self.assertEqual(os.listdir(self.path("data/files")), [])

    def test_lists_have_pages(self):
        server = self.serve()
        ids = [server.upload([str(i)]) for i in range(5)]
        first = server.get("/v1/files?limit=2")
        self.assertEqual([f["id"] for f in first["data"]], [ids[4], ids[3]])
        self.assertEqual((first["object"], first["has_more"], first["first_id"], first["last_id"]),
                         ("list", True, ids[4], ids[3]))
        rest = server.get(f"/v1/files?limit=3&after={ids[3]}&purpose=batch")
        self.assertEqual([f["id"] for f in rest["data"]], [ids[2], ids[1], ids[0]])
        self.assertFalse(rest["has_more"])
        self.assertEqual([f["id"] for f in server.get("/v1/files?order=asc")["data"]], ids)
        self.assertEqual(server.get("/v1/files?purpose=vision"),
                         {"data": [], "object": "list", "first_id": None, "last_id": None, "has_more": False})
        self.assertEqual(server.ask("GET", "/v1/files?limit=0")[0], 400)
        self.assertEqual(server.ask("GET", "/v1/files?after=file-x")[0], 400)

    def test_bad_forms_are_refused_and_leave_nothing(self):
        server = self.serve("--max-upload", "2048")
        batch = ("purpose", None, b"batch")
        for fields, code, words in (
                ([batch], 400, "Missing required parameter: 'file'"),
                ([("file", "a.jsonl", b"x")], 400, "Missing required parameter: 'purpose'"),
                ([("file", "a.jsonl", b"x"), ("purpose", None, b"x" * 99)], 400, "Invalid value for 'purpose'"),
                ([batch, ("file", "a.txt", b"x")], 400, "Must be .jsonl"),
                ([batch, ("file", "a.jsonl", b"x" * 2049)], 413, "larger than the limit"),
                ([batch, ("file", "a.jsonl", b"x"), ("expires_after[anchor]", None, b"now")], 400,
                 "expires_after")):
            status, _, answer = server.upload_form(form(fields))
            self.assertEqual(status, code, answer)
            self.assertIn(words, answer["error"]["message"])
            self.assertEqual(sorted(answer["error"]), ["code", "message", "param", "type"])
        self.assertEqual(server.upload_form(b"--B\r\n")[0], 400)
        self.assertEqual(server.ask("POST", "/v1/files", b"{}", {"Content-Type": "application/json"})[0], 400)
        wait_for(lambda: os.listdir(self.path("data/files")) == [], "an empty folder")

    def test_no_more_is_stored_than_the_limit(self):
        server = self.serve("--max-disk", "3000")
        data = "".join(line + "\n" for line in chat_lines(4)).encode()
        server.upload(data)
        status, _, answer = server.upload_form(file_form(data * 4))
        self.assertEqual((status, answer["error"]["code"]), (413, "storage_limit_exceeded"))

    def test_a_client_that_leaves_leaves_nothing(self):
        server = self.serve()
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            body = form([("file", "a.jsonl", b"x" * 5000), ("purpose", None, b"batch")])
            client.sendall(b"POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n"
                           b"Content-Type: multipart/form-data; boundary=B\r\n\r\n" + body[:3000])
            wait_for(lambda: os.listdir(self.path("data/files")), "the upload's folder")
        wait_for(lambda: os.listdir(self.path("data/files")) == [], "an empty folder")

    def test_unknown_paths_and_methods_are_named(self):
        server = self.serve()
        self.assertEqual(server.ask("GET", "/v1/nothing")[0], 404)
        status, headers, _ = server.ask("PUT", "/v1/files")
        self.assertEqual((status, headers["Allow"]), (405, "GET, POST"))
        for hostile in ("/v1/files/..%2f..%2flock/content", "/v1/files/" + "a" * 300, "/v1/files//content"):
            self.assertEqual(server.ask("GET", hostile)[0], 404, hostile)
        self.assertEqual(server.ask("GET", "/v1/files", headers={"Origin": "http://evil"})[0], 403)


class Batches(ServeTest):
    def test_a_batch_from_its_input_to_its_output(self):
        server = self.serve()
        file = server.upload(chat_lines(20))
        batch = server.create(file, metadata={"team": "a"}, output_expires_after={
            "anchor": "created_at", "seconds": 3600})
        ended = server.wait_for_end(batch)
        self.assertEqual(ended["status"], "completed")
        self.assertEqual(ended["request_counts"], {"total": 20, "completed": 20, "failed": 0})
        self.assertEqual(ended["metadata"], {"team": "a"})
        self.assertIsNone(ended["error_file_id"])
        self.assertGreater(ended["usage"]["output_tokens"], 0)
        self.assertEqual(ended["expires_at"], ended["created_at"] + 24 * 3600)
        for name in ("in_progress_at", "finalizing_at", "completed_at"):
            self.assertIsInstance(ended[name], int, name)
        self.assert_every_line_once(server, ended, [f"item-{i}" for i in range(20)])
        for line in server.lines(ended["output_file_id"]):
            self.assertEqual(sorted(line), ["custom_id", "error", "id", "response"])
            self.assertIsNone(line["error"])
            self.assertEqual(line["response"]["status_code"], 200)
            self.assertTrue(line["id"].startswith("batch_req_"))
        output = server.get("/v1/files/" + ended["output_file_id"])
        self.assertEqual(output["purpose"], "batch_output")
        self.assertEqual(output["expires_at"], output["created_at"] + 3600)
        self.assertEqual(server.get("/v1/batches?limit=1")["data"][0], ended)

    def test_wrong_lines_fail_the_batch_as_a_whole(self):
        server = self.serve("--max-lines", "3")
        good = json.loads(chat_lines(1)[0])
        lines = ["{", json.dumps({**good, "custom_id": 7}), json.dumps({**good, "method": "GET"}),
                 json.dumps({**good, "url": "http://169.254.169.254/"}),
                 json.dumps({k: v for k, v in good.items() if k != "body"}),
                 "", json.dumps(good), json.dumps(good), "\xff"]
        batch = server.create(server.upload("\n".join(lines).encode("latin-1")))
        ended = server.wait_for_end(batch)
        self.assertEqual(ended["status"], "failed")
        self.assertIsNone(ended["in_progress_at"])
        self.assertEqual([(e["code"], e["line"]) for e in ended["errors"]["data"]], [
            ("invalid_json_line", 1), ("invalid_custom_id", 2), ("invalid_method", 3), ("url_mismatch", 4),
            ("missing_required_parameter", 5), ("duplicate_custom_id", 8), ("invalid_json_line", 9),
            ("too_many_tasks", None)])
        empty = server.wait_for_end(server.create(server.upload(b"\n")))
        self.assertEqual(empty["errors"]["data"][0]["code"], "empty_file")
        self.assertEqual(self.api.stats()["requests"], 0)

    def test_bad_creates_are_refused(self):
        server = self.serve()
        file = server.upload(chat_lines(1))
        good = batch_of(file, endpoint="/v1/embeddings")
        for change, param in (({"input_file_id": "file-none"}, "input_file_id"), ({"endpoint": "/v1/x"}, "endpoint"),
                              ({"completion_window": "soon"}, "completion_window"), ({"endpoint": None}, "endpoint"),
                              ({"metadata": {str(i): "" for i in range(17)}}, "metadata"),
                              ({"metadata": {"a": 1}}, "metadata"), ({"input_file_id": 5}, "input_file_id"),
                              ({"output_expires_after": {"anchor": "created_at", "seconds": 5}},
                               "output_expires_after")):
            status, _, answer = server.ask("POST", "/v1/batches", {**good, **change})
            self.assertEqual((status, answer["error"]["param"]), (400, param), answer)
        for hostile in (b"", b"[]", b"{", b'"x"', b"\xff" * 100, b"[" * 100000):
            self.assertEqual(server.ask("POST", "/v1/batches", hostile)[0], 400, hostile[:10])
        self.assertEqual(server.ask("POST", "/v1/batches", b"x" * (2 << 20))[0], 413)
        self.assertEqual(server.ask("GET", "/v1/batches/batch_none")[0], 404)
        self.assertEqual(server.ask("POST", "/v1/batches/batch_none/cancel")[0], 404)

    def test_a_create_that_is_repeated_makes_one_batch(self):
        server = self.serve()
        file = server.upload(chat_lines(1))
        ask = lambda headers: server.post_batch(file, headers)[1]["id"]
        first = ask({"X-Stainless-Retry-Count": "0"})
        self.assertEqual(ask({"X-Stainless-Retry-Count": "1"}), first)
        second = ask({"Idempotency-Key": "k"})
        self.assertNotEqual(second, first)
        self.assertEqual(ask({"Idempotency-Key": "k"}), second)
        self.assertNotIn(ask({}), (first, second))

    def test_a_key_with_another_body_is_refused(self):
        server = self.serve()
        file, other = server.upload(chat_lines(1)), server.upload(chat_lines(2))
        openai = lambda file: {"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        messages = lambda text: {"requests": [{"custom_id": "a", "params": {"model": "m", "max_tokens": 9, "messages": [
            {"role": "user", "content": text}]}}]}
        prompts = lambda text: {"prompts": [text], "model": "m"}
        asks = (("/v1/batches", openai(file), openai(other)),
                ("/v1/messages/batches", messages("hi" * 50000), messages("ho" * 50000)),
                ("/batch", prompts("hi"), prompts("ho")))
        made = []
        for again in (False, True):
            for i, (path, body, changed) in enumerate(asks):
                ask = lambda body: server.ask("POST", path, body, {"Idempotency-Key": "k"})[::2]
                made.append(ask(body)[1].get("id" if i < 2 else "job_id"))
                self.assertEqual(made[i], made[-1])
                status, answer = ask(changed)
                self.assertEqual(status, 422, answer)
                self.assertIn("another request", answer["error"]["message"])
            if not again:
                server.end()
                server = self.serve()

    def test_a_key_finds_its_batch_when_the_file_is_gone(self):
        server = self.serve()
        file = server.upload(chat_lines(1))
        _, first = server.post_batch(file, {"Idempotency-Key": "k"})
        self.assertEqual(server.ask("DELETE", "/v1/files/" + file)[0], 200)
        self.assertEqual(server.post_batch(file, {"Idempotency-Key": "k"})[1].get("id"), first["id"])

    def test_a_file_may_go_while_its_batch_runs(self):
        server = self.serve()
        file = server.upload(chat_lines(10))
        batch = server.create(file)
        self.assertEqual(server.ask("DELETE", "/v1/files/" + file)[0], 200)
        self.assertEqual(server.wait_for_end(batch)["request_counts"]["completed"], 10)

    def test_clients_choose_neither_headers_nor_endpoints(self):
        server = self.serve("--default-model", "m-default")
        line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "headers": {"X-Evil": "1"},
                "endpoint": "other", "priority": "high", "body": {"messages": [{"role": "user", "content": "hi"}]}}
        ended = server.wait_for_end(server.create(server.upload([json.dumps(line)])))
        self.assertEqual(ended["request_counts"]["completed"], 1)
        self.assertEqual(server.lines(ended["output_file_id"])[0]["response"]["body"]["model"], "m-default")

    def serve_endpoints(self):
        return self.until_end(Server(self.folder, "--endpoint", f"a={self.api.url},models=m1", "--endpoint",
                                     f"b={self.api.url},models=m2"))

    def test_each_endpoint_gets_the_batches_of_its_api(self):
        other = self.mock("--latency", "5ms")
        server = self.until_end(Server(
            self.folder, "--endpoint", f"a={self.api.url},models=m1,fallback=b", "--endpoint",
            f"b={other.url},provider=anthropic", "--endpoint", f"c={self.api.url},provider=openai,models=m2"))
        line = json.dumps({"custom_id": "x", "method": "POST", "url": "/v1/chat/completions",
                           "body": {"model": "m2", "messages": [{"role": "user", "content": "hi"}]}})
        self.assertEqual(server.wait_for_end(server.create(server.upload([line])))["request_counts"]["completed"], 1)
        batch = server.ask("POST", "/v1/messages/batches", {"requests": [
            {"custom_id": "x", "params": {"model": "m9", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}}]})[2]["id"]
        self.assertEqual(server.wait_for_messages(batch)["request_counts"]["succeeded"], 1)
        self.assertEqual((self.api.stats()["requests"], other.stats()["requests"]), (1, 1))

    def test_an_api_that_no_endpoint_speaks_is_refused(self):
        server = self.serve("--provider", "anthropic")
        status, answer = server.post_batch(server.upload(chat_lines(1)))
        self.assertEqual((status, answer["error"]["code"]), (400, "unsupported_api"))

    def test_models_that_no_endpoint_takes_are_errors_of_their_lines(self):
        server = self.serve_endpoints()
        lines = [json.dumps({"custom_id": m, "method": "POST", "url": "/v1/chat/completions",
                             "body": {"model": m, "messages": [{"role": "user", "content": "hi"}]}}) for m in ("m1", "m3")]
        ended = server.wait_for_end(server.create(server.upload(lines)))
        self.assertEqual([(e["code"], e["line"], e["param"]) for e in ended["errors"]["data"]],
                         [("model_not_found", 2, "body.model")])
        ended = server.wait_for_end(server.create(server.upload(lines[:1])))
        self.assertEqual(ended["request_counts"]["completed"], 1)


class Ends(ServeTest):
    mock_options = ("--latency", "100ms", "--sigma", "0")

    def test_a_cancelled_batch_keeps_what_was_answered(self):
        server = self.serve("-c", "2")
        batch = server.create(server.upload(chat_lines(200)))
        wait_for(lambda: server.batch(batch)["request_counts"]["completed"] >= 4, "some answers")
        status, _, answer = server.ask("POST", f"/v1/batches/{batch}/cancel")
        self.assertEqual((status, answer["status"]), (200, "cancelling"))
        ended = server.wait_for_end(batch)
        self.assertEqual(ended["status"], "cancelled")
        self.assertGreaterEqual(ended["request_counts"]["completed"], 4)
        self.assert_every_line_once(server, ended, [f"item-{i}" for i in range(200)])
        self.assertEqual(len(server.lines(ended["output_file_id"])), ended["request_counts"]["completed"])
        self.assertEqual({line["error"]["code"] for line in server.lines(ended["error_file_id"])},
                         {"batch_cancelled"})
        self.assertEqual(self.api.stats()["requests"], ended["request_counts"]["completed"])
        self.assertEqual(server.ask("POST", f"/v1/batches/{batch}/cancel")[0], 400)
        self.assertEqual(re.findall(f"{batch} ([a-z_]+):", server.log_text()), ["in_progress", "cancelling", "cancelled"])

    def test_no_more_batches_are_open_than_the_limit(self):
        server = self.serve("--max-open-batches", "1", "-c", "1")
        file = server.upload(chat_lines(1000))
        server.create(file)
        status, headers, answer = server.ask("POST", "/v1/batches", batch_of(file))
        self.assertEqual((status, answer["error"]["code"]), (429, "rate_limit_exceeded"))
        self.assertGreater(int(headers["Retry-After"]), 0)

    def test_a_batch_expires_with_its_window(self):
        server = self.serve("-c", "1")
        ended = server.wait_for_end(server.create(server.upload(chat_lines(100)), window="1s"))
        self.assertEqual(ended["status"], "expired")
        self.assertGreater(ended["request_counts"]["completed"], 0)
        self.assert_every_line_once(server, ended, [f"item-{i}" for i in range(100)])
        self.assertEqual({line["error"]["code"] for line in server.lines(ended["error_file_id"])},
                         {"batch_expired"})

    def test_small_batches_do_not_wait_for_a_large_one(self):
        server = self.serve("-c", "4")
        large = server.create(server.upload(chat_lines(2000)))
        wait_for(lambda: server.batch(large)["request_counts"]["completed"], "an answer")
        small = [server.create(server.upload(chat_lines(3))) for _ in range(5)]
        for batch in small:
            self.assertEqual(server.wait_for_end(batch)["status"], "completed")
        self.assertEqual(server.batch(large)["status"], "in_progress")

    def test_small_batches_do_not_wait_for_all_places_to_be_free(self):
        server = self.serve("-c", "4", "--batches-at-once", "2")
        file = server.upload(chat_lines(2000))
        large = [server.create(file) for _ in range(3)]
        # whichever was checked first
        wait_for(lambda: any(server.batch(batch)["request_counts"]["completed"] for batch in large), "an answer")
        for small in [server.create(server.upload(chat_lines(3))) for _ in range(3)]:
            self.assertEqual(server.wait_for_end(small)["status"], "completed")
        self.assertEqual({server.batch(batch)["status"] for batch in large}, {"in_progress"})

    def test_a_signal_finishes_what_is_in_flight(self):
        server = self.serve("-c", "2")
        batch = server.create(server.upload(chat_lines(30)))
        wait_for(lambda: server.batch(batch)["request_counts"]["completed"] >= 4, "some answers")
        self.assertEqual(server.end(), 0)
        asked = self.api.stats()["requests"]
        self.assertLess(asked, 30)
        server = self.serve("-c", "30")
        ended = server.wait_for_end(batch)
        self.assertEqual(ended["request_counts"], {"total": 30, "completed": 30, "failed": 0})
        self.assert_every_line_once(server, ended, [f"item-{i}" for i in range(30)])
        self.assertEqual(self.api.stats()["requests"], 30, "a line was paid for twice")


class Kills(ServeTest):
    mock_options = ("--latency", "20ms", "--sigma", "0")

    def test_kill_9_costs_only_what_was_in_flight(self):
        in_flight = 4
        server = self.serve("-c", str(in_flight))
        batches = [server.create(server.upload(chat_lines(40))) for _ in range(3)]
        kills = 0
        for answers in (5, 40, 80):
            wait_for(lambda: sum(server.batch(b)["request_counts"]["completed"] for b in batches) >= answers,
                     "some answers")
            server.end(signal.SIGKILL)
            kills += 1
            server = self.serve("-c", str(in_flight))
        for batch in batches:
            ended = server.wait_for_end(batch)
            self.assertEqual(ended["status"], "completed")
            self.assert_every_line_once(server, ended, [f"item-{i}" for i in range(40)])
        self.assertLessEqual(self.api.stats()["requests"], 120 + kills * in_flight)

    def test_a_start_with_other_settings_goes_on(self):
        """A run would ask the operator whether to keep what other headers made."""
        server = self.serve("-c", "2", "-H", "X-Tenant: one")
        batch = server.create(server.upload(chat_lines(30)))
        wait_for(lambda: server.batch(batch)["request_counts"]["completed"] >= 5, "some answers")
        server.end()
        server = self.serve("-c", "30", "-H", "X-Tenant: two")
        ended = server.wait_for_end(batch)
        self.assertEqual(ended["request_counts"], {"total": 30, "completed": 30, "failed": 0})
        self.assertEqual(self.api.stats()["requests"], 30, "a line was paid for twice")

    def test_answers_that_are_lost_are_asked_again(self):
        server = self.serve("-c", "2")
        batch = server.create(server.upload(chat_lines(30)))
        wait_for(lambda: server.batch(batch)["request_counts"]["completed"] >= 5, "some answers")
        server.end()
        with open(self.path(f"data/batches/{batch}/output.jsonl"), "r+b") as f:
            lines = f.readlines()
            f.truncate(sum(map(len, lines[:-2])))
        server = self.serve("-c", "30")
        ended = server.wait_for_end(batch)
        self.assertEqual(ended["request_counts"], {"total": 30, "completed": 30, "failed": 0})
        self.assertIn("2 are lost; sluice requests them again", server.log_text())
        self.assertEqual(self.api.stats()["requests"], 32)

    def test_kill_9_at_any_moment_leaves_nothing_half_there(self):
        batches = []
        for i in range(8):
            server = self.serve("-c", "4")
            for batch in batches:
                server.batch(batch)
            batches.append(server.create(server.upload(chat_lines(5))))
            if i % 3 == 1:
                server.ask("POST", f"/v1/batches/{batches[-1]}/cancel")
            time.sleep(i * 0.013)  # a moment within checking, sending or finalizing
            server.end(signal.SIGKILL)
        server = self.serve("-c", "4")
        for batch in batches:
            ended = server.wait_for_end(batch)
            self.assertIn(ended["status"], ("completed", "cancelled"))
            self.assert_every_line_once(server, ended, [f"item-{i}" for i in range(5)])
        for file in os.listdir(self.path("data/files")):
            self.assertEqual(sorted(os.listdir(self.path("data/files/" + file))), ["content", "meta.json"])

    def test_a_cancel_outlives_a_kill(self):
        server = self.serve("-c", "1")
        batch = server.create(server.upload(chat_lines(100)))
        wait_for(lambda: server.batch(batch)["request_counts"]["completed"], "an answer")
        self.assertEqual(server.ask("POST", f"/v1/batches/{batch}/cancel")[0], 200)
        server.end(signal.SIGKILL)
        server = self.serve("-c", "1")
        ended = server.wait_for_end(batch)
        self.assertEqual(ended["status"], "cancelled")
        self.assertGreater(ended["request_counts"]["completed"], 0)
        self.assert_every_line_once(server, ended, [f"item-{i}" for i in range(100)])


@unittest.skipIf(os.geteuid() != 0, "mounts a file system")
class FullDisk(ServeTest):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("data"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", self.path("data")], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("data")])

    def fill(self, leave):
        """Takes all space but so many bytes."""
        free = os.statvfs(self.path("data"))
        with open(self.path("data/ballast"), "wb") as f:
            f.write(b"x" * max(0, free.f_bavail * free.f_bsize - leave))

    def test_full_at_an_upload_or_a_create(self):
        server = self.serve()
        file = server.upload(chat_lines(2))
        self.fill(0)
        body = file_form(b"x" * 100000)
        status, _, answer = server.upload_form(body)
        self.assertGreaterEqual(status, 500, answer)
        self.assertGreaterEqual(server.post_batch(file)[0], 500)
        os.remove(self.path("data/ballast"))
        self.assertEqual(server.upload_form(body)[0], 200)
        self.assertEqual(server.wait_for_end(server.create(file))["status"], "completed")
        self.assertEqual(len(os.listdir(self.path("data/batches"))), 1)

    def test_full_while_it_runs_or_finalizes(self):
        server = self.serve()
        n = 100  # some 70 KB of results, and as much of output
        file = server.upload(chat_lines(n))
        for leave in (40 << 10, 110 << 10, 160 << 10):
            self.fill(leave)
            said = len(server.log_text())
            batch = server.create(file)
            wait_for(lambda: re.search("o space left|disk is full", server.log_text()[said:]) or
                     server.batch(batch)["status"] == "completed", "a full disk")
            os.remove(self.path("data/ballast"))
            ended = server.wait_for_end(batch)
            self.assertEqual(ended["request_counts"], {"total": n, "completed": n, "failed": 0})
            self.assert_every_line_once(server, ended, [f"item-{i}" for i in range(n)])
        self.assertEqual(self.api.stats()["requests"], 3 * n, "a line was paid for twice")


class Starts(ServeTest):
    def assert_refused(self, words, *options, listen="127.0.0.1:0", env=None):
        """The service does not start, and says why."""
        done = subprocess.run([SLUICE, "serve", "--data", self.path("data"), "--listen", listen, *options],
                              capture_output=True, text=True, timeout=PATIENCE, check=False, env=env)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(words, done.stderr)

    def test_a_folder_has_one_process(self):
        server = self.serve()
        self.assert_refused(f"(pid {server.process.pid})", "--url", self.api.url)

    def test_what_no_batch_could_use_ends_the_start(self):
        env = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY") and not k.endswith("_BASE_URL")}
        for options, words in (((), "no key: set OPENAI_API_KEY"), (("--key-env", "NONE"), "NONE"),
                               (("--endpoint", "a=https://x.example.com,key-env=NONE"), "endpoint a: "),
                               (("--url", self.api.url, "--key-file", self.path("none")), "none: No such file"),
                               (("--endpoint", f"a={self.api.url},key-file={self.path('none')}"), "endpoint a: "),
                               (("--endpoint", f"a={self.api.url},key-command=exit 7"), "exit status 7"),
                               (("--endpoint", f"a={self.api.url}", "--url", self.api.url), "not both"),
                               (("--endpoint", f"a={self.api.url}", "--key-env", "K"), "its own key"),
                               (("--url", "http://x.example.com", "--key-env", "K"), "unencrypted"),
                               (("--url", self.api.url, "--cache", "/dev/null/there"), "--cache "),
                               (("--endpoint", "a=https://x.example.com,models"), "NAME=VALUE")):
            self.assert_refused(words, *options, env={**env, "K": "sk-0123456789"})
        self.assertFalse(os.path.exists(self.path("data")))

    def test_a_key_file_serves_the_address_of_the_provider(self):
        env = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY") and not k.endswith("_BASE_URL")}
        with open(os.open(self.path("key"), os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as f:
            f.write("sk-0123456789\n")
        server = Server(self.folder, "--key-file", self.path("key"), env=env)
        self.addCleanup(server.close)
        self.assertEqual(server.get("/healthz")["status"], "ok")

    def test_the_configuration_file_has_a_section(self):
        with open(self.path("config"), "w", encoding="utf-8") as f:
            f.write(f"[serve]\nurl = {self.api.url}\ndata = {self.path('data')}\nlisten = 127.0.0.1:0\n"
                    "default-model = m\n[prices]\nm = 1,2\n")
        process = subprocess.Popen([SLUICE, "serve", "--config", self.path("config")], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(self._end, process)
        self.assertTrue(process.stdout.readline().startswith("http://127.0.0.1:"))
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_tls_and_the_address_behind_a_proxy(self):
        self.make_certificate()
        server = self.serve("--tls-cert", self.path("cert.pem"), "--tls-key", self.path("key.pem"), "--public-url",
                            "https://batches.example.com")
        self.assertTrue(server.url.startswith("https://127.0.0.1:"))
        context = ssl.create_default_context(cafile=self.path("cert.pem"))
        ask = lambda path, body=None: json.load(urllib.request.urlopen(urllib.request.Request(
            server.url + path, body), context=context, timeout=PATIENCE))
        self.assertEqual(ask("/healthz")["status"], "ok")
        body = json.dumps({"requests": [{"custom_id": "a" * 60, "params": {
            "model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "x" * 300000}]}}]}).encode()
        batch = ask("/v1/messages/batches", body)["id"]
        url = wait_for(lambda: ask("/v1/messages/batches/" + batch)["results_url"], "the results")
        self.assertEqual(url, f"https://batches.example.com/v1/messages/batches/{batch}/results")
        with urllib.request.urlopen(server.url + f"/v1/messages/batches/{batch}/results", context=context) as answer:
            self.assertEqual(json.load(answer)["result"]["type"], "succeeded")
        for cert, words in (("cert.pem", "or neither"), ("none.pem", "No such file")):
            more = ["--tls-key", self.path("key.pem")] if cert == "none.pem" else []
            self.assert_refused(words, "--data", self.path("other"), "--url", self.api.url, "--tls-cert", self.path(cert),
                                *more)

    def test_web_pages_need_an_origin_that_is_named(self):
        page = "https://app.example.com"
        server = self.serve("--cors-origin", page)
        status, headers, _ = server.ask("OPTIONS", "/v1/files", headers={
            "Origin": page, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,x-stainless-os"})
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (204, page))
        self.assertIn("authorization", headers["Access-Control-Allow-Headers"])
        status, headers, _ = server.ask("GET", "/v1/files", headers={"Origin": page})
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (200, page))
        status, headers, answer = server.ask("GET", "/v1/files", headers={"Origin": "https://evil.example.com"})
        self.assertEqual((status, answer["error"]["code"]), (403, "origin_not_allowed"))
        self.assertNotIn("Access-Control-Allow-Origin", headers)

    def test_systemd_is_told_and_may_give_the_socket(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, \
                socket.create_server(("127.0.0.1", 0)) as given:
            notify.bind(self.path("notify"))
            notify.settimeout(PATIENCE)
            script = 'exec 3<&"$1"; shift; export LISTEN_PID=$$; exec "$@"'
            process = subprocess.Popen(
                ["bash", "-c", script, "bash", str(given.fileno()), SLUICE, "serve", "--data",
                 self.path("data"), "--url", self.api.url], pass_fds=[given.fileno()],
                stderr=subprocess.DEVNULL,
                env={**os.environ, "LISTEN_FDS": "1", "NOTIFY_SOCKET": self.path("notify")})
            self.addCleanup(self._end, process)
            self.assertEqual(notify.recv(100), b"READY=1")
            with socket.create_connection(given.getsockname()) as client:
                client.sendall(b"GET /v1/files HTTP/1.0\r\n\r\n")
                self.assertIn(b" 200 ", client.recv(100))
            process.terminate()
            self.assertEqual(notify.recv(100), b"STOPPING=1")
            self.assertEqual(process.wait(PATIENCE), 0)

    def test_each_token_sees_its_own(self):
        tokens = self.path("tokens")
        new = lambda name: subprocess.run([SLUICE, "serve", "--token-file", tokens, "--new-token", name],
                                          capture_output=True, text=True, check=True).stdout.strip()
        ann = {"Authorization": "Bearer " + new("ann")}
        self.assertEqual(os.stat(tokens).st_mode & 0o777, 0o600)
        server = self.serve("--token-file", tokens)
        os.truncate(tokens, os.path.getsize(tokens) - 1)  # as an editor may leave it
        bob = {"x-api-key": new("bob")}  # the file is read again
        status, headers, answer = server.ask("GET", "/v1/files")
        self.assertEqual((status, answer["error"]["code"]), (401, "invalid_api_key"))
        self.assertEqual(server.ask("GET", "/v1/files", headers={"Authorization": "Bearer sk-x"})[0], 401)
        self.assertEqual(server.ask("GET", "/v1/messages/batches")[2]["error"]["type"], "authentication_error")
        self.assertEqual(server.get("/healthz"), {"status": "ok", "open_batches": 0})
        body = file_form(chat_lines(1)[0].encode())
        self.assertEqual(server.upload_form(body)[0], 401)
        file = server.upload_form(body, **ann)[2]["id"]
        self.assertEqual(server.post_batch(file, bob)[0], 400)
        batch = server.post_batch(file, ann)[1]["id"]
        done = lambda: server.ask("GET", "/v1/batches/" + batch, headers=ann)[2]
        output = wait_for(lambda: done()["output_file_id"], "the output")
        for path in (f"/v1/files/{file}", f"/v1/files/{file}/content", f"/v1/batches/{batch}",
                     f"/v1/files/{output}"):
            self.assertEqual(server.ask("GET", path, headers=ann)[0], 200, path)
            self.assertEqual(server.ask("GET", path, headers=bob)[0], 404, path)
        self.assertEqual(server.ask("DELETE", f"/v1/files/{file}", headers=bob)[0], 404)
        self.assertEqual(server.ask("POST", f"/v1/batches/{batch}/cancel", headers=bob)[0], 404)
        for path in ("/v1/files", "/v1/batches"):
            self.assertEqual(server.ask("GET", path, headers=bob)[2]["data"], [])
        self.assertIn("req_", server.log_text())
        self.assertNotIn("sk-sluice-", server.log_text())

    def test_only_tokens_open_the_service_to_other_machines(self):
        self.assert_refused("--token-file", "--url", self.api.url, listen="0.0.0.0:0")

    def test_it_describes_itself(self):
        paths = self.serve().get("/openapi.json")["paths"]
        self.assertEqual(sorted(paths["/v1/files"]), ["get", "post"])
        self.assertEqual(paths["/v1/batches/{id}/cancel"]["post"]["parameters"][0]["name"], "id")

    def test_a_socket_whose_path_is_too_long(self):
        with self.assertRaises(AssertionError) as refused:
            self.serve(listen="unix:" + self.path("s" * 200))
        self.assertIn("too long for a socket path", str(refused.exception))
        self.assertNotIn("--control", str(refused.exception))

    def test_a_unix_socket_and_a_log_of_json(self):
        path = self.path("socket")
        server = self.serve("--log-format", "json", listen="unix:" + path)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(b"GET /v1/files HTTP/1.0\r\n\r\n")
            self.assertIn(b" 200 ", client.recv(100))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        events = lambda: [e for e in map(json.loads, server.log_text().splitlines()) if e["event"] == "request"]
        event = wait_for(events, "a line of the log")[0]
        self.assertEqual({k: event[k] for k in ("event", "method", "path", "status")},
                         {"event": "request", "method": "GET", "path": "/v1/files", "status": 200})
        self.assertEqual(server.end(), 0)
        self.assertFalse(os.path.exists(path))

    def test_what_holds_for_all_batches_is_warned_of_once(self):
        with open(self.path("key"), "w", encoding="utf-8") as f:
            f.write("sk-0123456789\n")
        os.chmod(self.path("key"), 0o644)
        server = self.serve("--key-file", self.path("key"))
        odd = [line.replace("hello", "a client's \\ud800") for line in chat_lines(1)]
        for _ in range(3):
            server.wait_for_end(server.create(server.upload(odd)))
        self.assertEqual(re.findall("warning: (.*)", server.log_text()),
                         [f"other users can read {self.path('key')}; run chmod 600 on it"])

    def test_keys_stay_where_they_belong(self):
        key = "sk-upstream-0123456789"
        server = self.serve("--key-env", "UPSTREAM", env={**os.environ, "UPSTREAM": key})
        secret = {"Authorization": "Bearer sk-client-0123456789", "x-api-key": "sk-client-0123456789"}
        for _ in range(2):  # the second run of the process has the key, too
            file = server.upload(chat_lines(2))
            _, made = server.post_batch(file, secret)
            self.assertEqual(server.wait_for_end(made["id"])["request_counts"]["completed"], 2)
        texts = [server.log_text()]
        for folder, _, names in os.walk(self.path("data")):
            for name in names:
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    texts.append(f.read())
        self.assertFalse([t for t in texts if "sk-client" in t or key in t])


if __name__ == "__main__":
    main()
