"""What comes from upstream while `sluice serve` stands in front of it: wrong, hostile and endless answers, and none at
all for a long time.  Each batch ends with a line for each request, its files are good JSON lines, other batches go on."""

import json
import re
import signal
import time

from faults import FaultTest, main, rounds, wait_for
from harness import is_sanitized, memory
from serving import ServeTest, chat_lines
from test_bad_answers import ODD, WRONG
from test_hostile_transport import HOSTILE, LIMITS, MEMORY

N = 2
OTHERS = ("evil", "evil_raw", "long_line", "broken", "unavailable", "unauthorized")
FAULTS = rounds(("html", "deep", "nul_byte", "line_breaks", "mute", "evil_raw", "long_line", "broken"),
                (*WRONG, *ODD, *HOSTILE, *OTHERS))
DOWN_S = rounds(1, 120)
PARAMS = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


def strict(line):
    """The JSON of a line that any parser takes: UTF-8, no control characters, no line separators of other kinds."""
    text = line.decode()
    assert not re.search("[\x00-\x1f]", text), text[:200]
    return json.loads(text)


class Upstream(FaultTest):
    serve = ServeTest.serve

    def setUp(self):
        super().setUp()
        self.api = self.server()

    def ask_all(self, server):
        """A batch of each API, whose files are read; the status of the first."""
        file = server.create(server.upload(chat_lines(N)))
        messages = server.ask("POST", "/v1/messages/batches", {
            "requests": [{"custom_id": f"item-{i}", "params": PARAMS} for i in range(N)]})[2]["id"]
        job = server.ask("POST", "/batch", {"prompts": ["hi"] * N, "model": "m"})[2]["job_id"]
        ended = server.wait_for_end(file)
        lines = [strict(line) for name in ("output_file_id", "error_file_id") if ended[name]
                 for line in server.get(f"/v1/files/{ended[name]}/content").splitlines()]
        self.assertEqual(sorted(line["custom_id"] for line in lines), [f"item-{i}" for i in range(N)])
        for line in lines:
            self.assertEqual(sorted(line), ["custom_id", "error", "id", "response"])
            if not line["response"]:
                self.assertEqual(sorted(line["error"]), ["code", "message"])
            elif line["response"]["status_code"] >= 400 and isinstance(line["response"]["body"], dict):
                self.assertIn("error", line["response"]["body"], line)
        server.wait_for_messages(messages)
        results = [strict(line) for line in server.get(f"/v1/messages/batches/{messages}/results").split(b"\n")[:-1]]
        self.assertEqual(sorted(line["custom_id"] for line in results), [f"item-{i}" for i in range(N)])
        self.assertEqual(len(server.wait_for_job(job)["results"]), N)
        return ended["status"]

    def test_wrong_answers_end_their_batches(self):
        for fault in FAULTS:
            server = self.serve("--max-attempts", "1", "-c", "8", "--batch-window", "2s", *LIMITS)
            with self.subTest(fault):
                self.end_with(server, fault)
            server.close()

    def end_with(self, server, fault):
        self.api.mode = fault
        self.assertIn(self.ask_all(server), ("completed", "expired"))
        self.assertNotIn("\x1b", server.log_text())
        if not is_sanitized():
            self.assertLess(memory(server.process.pid, "VmHWM"), 2 * MEMORY)
        # the same process, cured
        self.api.mode = "good"
        batch = server.create(server.upload(chat_lines(N)))
        self.assertEqual(server.wait_for_end(batch)["request_counts"]["completed"], N)

    def test_down_for_long_and_killed_meanwhile(self):
        server = self.serve("-c", "4")
        batch = server.create(server.upload(chat_lines(200)))
        wait_for(lambda: server.batch(batch)["request_counts"]["completed"] > 5, "some answers")
        self.api.stop()
        time.sleep(DOWN_S / 2)  # the time is what is tried
        server.end(signal.SIGKILL)
        server = self.serve("-c", "4")
        time.sleep(DOWN_S / 2)  # the time is what is tried
        self.assertEqual(server.batch(batch)["status"], "in_progress")
        self.assertEqual(server.batch(batch)["request_counts"]["failed"], 0)
        self.api.start()
        ended = server.wait_for_end(batch)
        self.assertEqual(ended["request_counts"], {"total": 200, "completed": 200, "failed": 0})
        self.assertLessEqual(self.api.count(), 200 + 2 * 4)


if __name__ == "__main__":
    main()
