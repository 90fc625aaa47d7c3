"""`sluice serve`: clients and their batches share fairly, and keep to their limits and budgets."""

import hashlib
import json
import os
import signal
import subprocess

from harness import SLUICE, json_lines, main, wait_for
from serving import ServeTest, batch_of, chat_lines, file_form


class Client:
    """One client of a service, by its token."""

    def __init__(self, server, token):
        self.server = server
        self.key = {"Authorization": "Bearer " + token}

    def ask(self, method, path, body=None):
        return self.server.ask(method, path, body, self.key)

    def create(self, lines):
        data = "".join(line + "\n" for line in lines).encode()
        status, _, file = self.server.upload_form(file_form(data), **self.key)
        assert status == 200, file
        status, _, batch = self.ask("POST", "/v1/batches", batch_of(file["id"]))
        assert status == 200, batch
        return batch["id"]

    def batch(self, batch):
        return self.ask("GET", "/v1/batches/" + batch)[2]

    def done(self, batch):
        return self.batch(batch)["request_counts"]["completed"]

    def wait(self, batch):
        return wait_for(lambda: (b := self.batch(batch))["status"] == "completed" and b, f"the end of {batch}")


class FairTest(ServeTest):
    def write_tokens(self, **limits):
        """A token file in which each client's token is its name."""
        path = self.path("tokens")
        with open(path + ".new", "w", encoding="utf-8") as f:
            for name, words in limits.items():
                f.write(f"{name}:{hashlib.sha256(name.encode()).hexdigest()} {words}\n")
        os.rename(path + ".new", path)
        return path

    def serve_clients(self, *options, **limits):
        """The service, and a client of it for each name."""
        server = self.serve("--token-file", self.write_tokens(**limits), *options)
        return server, *(Client(server, name) for name in limits)


class Turns(FairTest):
    mock_options = ("--latency", "5ms")

    def test_ten_lines_do_not_wait_for_fifty_thousand(self):
        _, ann, bob = self.serve_clients("-c", "1", ann="", bob="")
        long = ann.create(chat_lines(50000))
        wait_for(lambda: ann.done(long) > 50, "a long batch under way")
        for who in (bob, ann):
            before = self.api.stats()["requests"]
            who.wait(who.create(chat_lines(10)))
            # 200 a second; its own need a few turns, the check and the making of its files a moment
            self.assertLess(self.api.stats()["requests"] - before, 400)

    def test_clients_share_by_weight_whatever_the_number_of_their_batches(self):
        server, ann, bob = self.serve_clients("-c", "4", ann="weight=3", bob="")
        batches = [ann.create(chat_lines(5000))] + [bob.create(chat_lines(5000)) for _ in range(4)]

        def done():
            """Of each client, all at one moment, once every batch is under way."""
            listed = json.loads(subprocess.run([SLUICE, "ctl", str(server.process.pid), "batches", "--json"],
                                               capture_output=True, check=True).stdout)["batches"]
            if len(listed) < len(batches) or any(b["done"] < 20 for b in listed):
                return None
            return {who: sum(b["done"] for b in listed if b["owner"] == who) for who in ("ann", "bob")}

        before = wait_for(done, "all of them under way")
        after = wait_for(lambda: (now := done())["bob"] > before["bob"] + 60 and now, "more")
        share = (after["ann"] - before["ann"]) / (after["bob"] - before["bob"])
        self.assertTrue(2.5 < share < 3.5, share)

    def test_a_client_gets_places_that_another_has_taken(self):
        _, ann, bob = self.serve_clients("-c", "4", "--batches-at-once", "4", ann="", bob="")
        long = [ann.create(chat_lines(2000)) for _ in range(3)]
        wait_for(lambda: ann.done(long[0]) > 10, "the first under way")
        short = bob.create(chat_lines(200))
        bob.wait(short)
        self.assertTrue(all(ann.batch(b)["status"] == "in_progress" for b in long))


class Limits(FairTest):
    def test_lines_of_batches_are_paced_and_none_fails(self):
        server, ann, bob = self.serve_clients(ann="rpm=40", bob="")
        paced, free = ann.create(chat_lines(60)), bob.create(chat_lines(60))
        bob.wait(free)
        wait_for(lambda: ann.done(paced) >= 10, "what goes at once")
        self.assertLessEqual(ann.done(paced), 20)
        # the limit is lifted in the file
        self.write_tokens(ann="rpm=1000000", bob="")
        self.assertEqual(ann.wait(paced)["request_counts"], {"total": 60, "completed": 60, "failed": 0})
        self.assertEqual(server.end(), 0)

    def test_a_budget_holds_until_the_next_day_and_survives_a_kill(self):
        options = ("--price", "1000000,1000000", "-c", "2")  # a dollar a token
        tokens = 30  # of an answer of the mock, about
        server, ann, bob = self.serve_clients(*options, ann=f"usd={10 * tokens}", bob="usd=1000000")
        batch, other = ann.create(chat_lines(40)), bob.create(chat_lines(40))
        bob.wait(other)
        wait_for(lambda: "is used up: it continues at" in server.log_text(), "the end of the budget")
        done = ann.done(batch)
        self.assertGreaterEqual(done, 5)
        self.assertLessEqual(done, 10)
        server.end(signal.SIGKILL)
        self.assertEqual(json_lines(self.path("data/spent.json"))[0]["clients"][0]["name"], "ann")
        server, ann, bob = self.serve_clients(*options, ann=f"usd={10 * tokens}", bob="")
        wait_for(lambda: server.log_text().count("is used up") > 1, "that it says so again")
        self.assertLessEqual(ann.done(batch), 10)
        # yesterday's spending is not today's
        server.end()
        with open(self.path("data/spent.json"), "w", encoding="utf-8") as f:
            json.dump({"clients": [{"name": "ann", "day": "2020-01-01", "usd": 10 * tokens}]}, f)
        server, ann, bob = self.serve_clients(*options, ann=f"usd={100 * tokens}", bob="")
        self.assertEqual(ann.wait(batch)["request_counts"]["completed"], 40)

    def test_a_live_call_over_the_limit_is_refused_in_the_words_of_its_api(self):
        server, ann, bob = self.serve_clients("--price", "1,2", ann="rpm=2", bob="usd=0.0001")
        chat = {"model": "m-small", "messages": [{"role": "user", "content": "hi"}]}
        self.assertEqual([ann.ask("POST", "/v1/chat/completions", chat)[0] for _ in range(2)], [200, 200])
        status, headers, answer = ann.ask("POST", "/v1/chat/completions", chat)
        self.assertEqual((status, answer["error"]["type"], answer["error"]["code"]), (429, "requests", "rate_limit_exceeded"))
        self.assertIn("Limit 2, Used 2, Requested 1", answer["error"]["message"])
        self.assertTrue(50 <= int(headers["Retry-After"]) <= 61, headers)
        message = {"model": "m", "max_tokens": 5, "messages": chat["messages"]}
        status, headers, answer = ann.ask("POST", "/v1/messages", message)
        self.assertEqual((status, answer["type"], answer["error"]["type"]), (429, "error", "rate_limit_error"))
        self.assertIn("Retry-After", headers)
        while (last := bob.ask("POST", "/v1/chat/completions", chat))[0] == 200:
            pass
        status, headers, answer = last
        self.assertEqual((status, answer["error"]["code"], headers["x-should-retry"]), (429, "insufficient_quota", "false"))
        self.assertIn("You will regain access on", answer["error"]["message"])
        # others are not concerned, and a batch of the same client waits
        self.assertEqual(bob.ask("POST", "/v1/messages", message)[0], 429)
        batch = ann.create(chat_lines(3))
        wait_for(lambda: ann.batch(batch)["status"] == "in_progress", "a batch that waits")
        self.assertEqual(ann.done(batch), 0)
        self.assertEqual(server.end(), 0)

    def test_a_wrong_limit_is_named_and_changes_nothing(self):
        with self.assertRaisesRegex(AssertionError, r'tokens:1: "rpm=x": rpm= takes a number'):
            self.serve_clients(ann="rpm=x")
        server, ann, _ = self.serve_clients(ann="rpm=5", bob="")
        self.write_tokens(ann="tpn=5")
        wait_for(lambda: 'a token takes rpm=, tpm=, usd= (a day) and weight=' in server.log_text(), "a warning")
        self.assertEqual(ann.ask("GET", "/v1/batches")[0], 200)


if __name__ == "__main__":
    main()
