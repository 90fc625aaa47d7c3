"""`kill -9` of a service under load: uploads, creates, cancels, message batches and what runs of all these. What
was answered as made is there after the restart, nothing is half there, and each line has one line of output."""

import json
import os
import random
import signal
import threading
import time

from faults import main, rounds
from serving import Server, ServeTest, chat_lines

KILLS = rounds(4, 100)
IN_FLIGHT = 8


class ServeKill(ServeTest):
    mock_options = ("--latency", "10ms")

    def setUp(self):
        super().setUp()
        self.random = random.Random(KILLS)
        self.known = {}  # id and lines of each batch that was answered as made
        self.over = False
        self.restart()

    def restart(self):
        began = time.monotonic()
        self.server = Server(self.folder, "--url", self.api.url, "-c", str(IN_FLIGHT))
        self.addCleanup(self.server.close)
        self.assertLess(time.monotonic() - began, 5)

    def act(self, server, choice):
        n = choice.choice([1, 3, rounds(10, 60)])
        file = server.upload(chat_lines(n))
        if choice.random() < 0.2:
            server.ask("DELETE", "/v1/files/" + file)
            return
        batch = server.create(file)
        self.known[batch] = n
        if choice.random() < 0.3:
            server.ask("POST", f"/v1/batches/{batch}/cancel")
        if choice.random() < 0.3:
            server.ask("POST", "/v1/messages/batches", json.dumps({"requests": [
                {"custom_id": str(i), "params": {"model": "m", "max_tokens": 5, "messages": []}} for i in range(n)]}))

    def work(self, seed):
        choice = random.Random(seed)
        while not self.over:
            try:
                self.act(self.server, choice)
            except (OSError, AssertionError, ValueError):
                time.sleep(0.01)  # the server is not there

    def pages(self, path):
        after = ""
        while True:
            page = self.server.get(f"{path}?limit=100{after}")
            yield from page["data"]
            if not page["has_more"]:
                return
            after = f"&{'after' if path.endswith('v1/batches') else 'after_id'}={page['last_id']}"

    def test_kill_under_load(self):
        clients = [threading.Thread(target=self.work, args=(i,)) for i in range(rounds(2, 4))]
        for client in clients:
            client.start()
        for _ in range(KILLS):
            time.sleep(self.random.random() * 0.25)  # a moment
            self.server.end(signal.SIGKILL)
            self.restart()
        self.over = True
        for client in clients:
            client.join()
        for batch, n in self.known.items():
            self.assert_every_line_once(self.server, self.server.wait_for_end(batch),
                                        [f"item-{i}" for i in range(n)])
        ok = sum(self.server.wait_for_end(b["id"])["request_counts"]["completed"]
                 for b in self.pages("/v1/batches"))
        for batch in self.pages("/v1/messages/batches"):
            path = "/v1/messages/batches/" + batch["id"]
            while (now := self.server.get(path))["processing_status"] != "ended":
                time.sleep(0.01)
            ok += now["request_counts"]["succeeded"]
        # the two APIs have a lane each
        self.assertLessEqual(self.api.stats()["requests"] - ok, KILLS * 2 * IN_FLIGHT)
        self.assertEqual({f["id"] for f in self.server.get("/v1/files")["data"]},
                         set(os.listdir(self.path("data/files"))))
        self.assertEqual(self.server.end(), 0)


if __name__ == "__main__":
    main()
