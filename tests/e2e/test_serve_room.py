"""`sluice serve --max-disk`: what counts, and that what is gone does not."""

import json
import os
import socket

from harness import is_sanitized, main, memory, wait_for
from serving import ServeTest, chat_lines, file_form, form

LIMIT = 200 << 10


def endless(before, n, step=1 << 16):
    """The pieces of a body without an end."""
    yield before
    for _ in range(0, n, step):
        yield b"x" * step


def prompt_batch(n, text="hi"):
    return {"prompts": [text] * n, "model": "m"}


class Room(ServeTest):
    def taken(self):
        """Bytes on the disk, each file once; the records of files and the lock are left out."""
        seen = {}
        for folder, _, names in os.walk(self.path("data")):
            for name in names:
                if name != "lock" and not (name == "meta.json" and "/files/" in folder):
                    stat = os.stat(os.path.join(folder, name))
                    seen[stat.st_ino] = stat.st_size
        return sum(seen.values())

    def settle(self):
        """The end of what is written behind an answer."""
        last = []

        def rests():
            last.append(self.taken())
            return len(last) > 3 and len(set(last[-3:])) == 1

        wait_for(rests, "a disk that rests")

    def assert_room(self, server):
        """There is room for what the limit leaves, and for no byte more."""
        self.settle()
        left = LIMIT - self.taken()
        self.assertEqual(server.upload_form(file_form(b"x" * (left + 1)))[0], 413)
        status, _, made = server.upload_form(file_form(b"x" * left))
        self.assertEqual(status, 200, made)
        self.assertEqual(server.ask("DELETE", "/v1/files/" + made["id"])[0], 200)

    def start(self):
        return self.serve("--max-disk", str(LIMIT))

    def test_batches_of_each_api_count_with_all_that_they_have(self):
        server = self.start()
        ended = server.wait_for_end(server.create(server.upload(chat_lines(30))))
        self.assert_room(server)
        job = server.ask("POST", "/batch", prompt_batch(30))[2]["job_id"]
        server.wait_for_job(job)
        self.assert_room(server)
        made = server.ask("POST", "/v1/messages/batches", {"requests": [
            {"custom_id": f"{i}", "params": {"model": "m", "max_tokens": 9, "messages": [
                {"role": "user", "content": "hi"}]}} for i in range(30)]})[2]
        server.wait_for_messages(made["id"])
        self.assert_room(server)
        server.end()
        server = self.start()
        self.assert_room(server)
        server.ask("DELETE", "/v1/files/" + ended["output_file_id"])
        server.ask("DELETE", "/v1/messages/batches/" + made["id"])
        self.assert_room(server)

    def test_a_failed_batch_holds_no_file(self):
        """A batch has its file by a link, which must not outlive it unseen."""
        server = self.start()
        file = server.upload([*chat_lines(200), "{"])
        batches = [server.create(file) for _ in range(2)]
        for batch in batches:
            self.assertEqual(server.wait_for_end(batch)["status"], "failed")
        server.ask("DELETE", "/v1/files/" + file)
        self.settle()
        self.assertLess(self.taken(), 4096)
        self.assert_room(server)

    def test_what_is_on_its_way_counts_until_it_leaves(self):
        server = self.start()
        body = form([("purpose", None, b"batch"), ("file", "a.jsonl", b"x" * LIMIT)])
        half = LIMIT // 2
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"
                           b"Content-Type: multipart/form-data; boundary=B\r\n\r\n" % len(body) + body[:half])
            wait_for(lambda: self.taken() > half - 500, "half of the upload")
            self.assertEqual(server.upload_form(file_form(b"x" * (half + 1000)))[0], 413)
            self.assertEqual(server.ask("POST", "/batch", prompt_batch(1, "x" * (half + 1000)))[0], 413)
        wait_for(lambda: not self.taken(), "an empty folder")
        self.assert_room(server)
        # what is refused in its middle, or as a whole, leaves nothing
        for path, text in (("/batch", json.dumps(prompt_batch(99, "x" * 999))[:-9]),
                           ("/batch", json.dumps({"prompts": ["x" * 999, 7] * 50})),
                           ("/v1/messages/batches", json.dumps({"requests": [{"custom_id": "x" * 999}] * 99}))):
            self.assertEqual(server.ask("POST", path, text, {"Content-Type": "application/json"})[0], 400)
            wait_for(lambda: not self.taken(), "an empty folder")
            self.assert_room(server)

    def test_one_endless_request_is_refused_at_its_limit(self):
        server = self.serve("--max-request", "64k")
        purpose, file = ("purpose", None, b"batch"), ("file", "a.jsonl", b"")
        large = 40 << 20
        asks = [("/v1/files", form([purpose, file])[:-9], {"Content-Type": "multipart/form-data; boundary=B"})]
        asks += [(path, text.encode(), {"Content-Type": "application/json"}) for path, text in (
            ("/v1/messages/batches", '{"requests":[{"custom_id":"a'), ("/batch", '{"model":"m","prompts":["ok","'))]
        for path, before, headers in asks:
            status, _, answer = server.ask("POST", path, endless(before, large), headers)
            self.assertEqual(status, 413, answer)
            self.assertIn("error", answer)
            if "[" in before.decode():
                self.assertRegex(answer["error"]["message"], r"(requests\.0|prompts\.1): the request exceeds")
            wait_for(lambda: not self.taken(), "an empty folder")
        # a form whose purpose comes last has its whole file first
        status, _, answer = server.upload_form(form([("file", "a.jsonl", b"x" * (65 << 10)), purpose]))
        self.assertEqual((status, answer["error"]["code"]), (413, "line_too_large"))
        self.assertEqual(server.upload_form(form([("file", "a.jsonl", b"x" * (65 << 10)), (
            "purpose", None, b"user_data")]))[0], 200)
        if not is_sanitized():
            self.assertLess(memory(server.process.pid, "VmHWM"), 24 << 20)
        # a file of a time with another limit
        file = server.upload([chat_lines(1, "x" * 60000)[0]])
        server.end()
        server = self.serve("--max-request", "2k")
        ended = server.wait_for_end(server.create(file))
        self.assertEqual([(e["code"], e["message"]) for e in ended["errors"]["data"]],
                         [("invalid_json_line", "This line is too long.")])


if __name__ == "__main__":
    main()
