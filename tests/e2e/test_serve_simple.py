"""`sluice serve`: the simple service, a prompt and its answer, or many."""

import json
import os
import signal
import socket
import threading

from harness import main, wait_for
from serving import ServeTest


class Simple(ServeTest):
    mock_options = ("--latency", "30ms", "--sigma", "0")

    def ask(self, server, prompt, **more):
        return server.ask("POST", "/complete", {"prompt": prompt, **more})

    def job(self, server, prompts, **more):
        status, _, made = server.ask("POST", "/batch", {"prompts": prompts, **more})
        self.assertEqual(status, 202, made)
        return made["job_id"]

    def test_a_prompt_has_an_answer(self):
        server = self.serve("--default-model", "m-default")
        status, headers, answer = self.ask(server, "say \"hi\"\n\u20ac")
        self.assertEqual((status, list(answer)), (200, ["result"]), answer)
        self.assertGreater(len(answer["result"]), 5)
        self.assertTrue(headers["x-request-id"])
        self.assertEqual(self.ask(server, "hi", model="m-other")[0], 200)
        for body in ({}, {"prompt": 7}, {"prompt": None}, b"[]", b"", b"{"):
            self.assertEqual(server.ask("POST", "/complete", body)[0], 400, body)
        wait_for(lambda: os.listdir(self.path("data/batches")) == [], "an empty folder")
        self.assertEqual(server.get("/v1/batches")["data"], [])

    def test_prompts_do_not_wait_for_batches(self):
        server = self.serve("-c", "4", "--batches-at-once", "1", "--default-model", "m")
        job = self.job(server, ["x"] * 400)
        wait_for(lambda: server.get("/batch/" + job)["completed"], "an answer")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.ask(server, "hi")[0])) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [200] * 8)
        self.assertNotIn("results", server.get("/batch/" + job))

    def test_many_prompts_have_answers_in_their_order(self):
        server = self.serve("-c", "3")
        job = self.job(server, [f"prompt {i}" for i in range(30)], model="m-one")
        done = server.wait_for_job(job)
        self.assertEqual((done["job_id"], done["status"], done["completed"], done["total"]),
                         (job, "completed", 30, 30))
        self.assertEqual(len(done["results"]), 30)
        self.assertTrue(all(isinstance(r, str) for r in done["results"]))
        with open(self.path(f"data/batches/{job}/input.jsonl"), encoding="utf-8") as f:
            bodies = [json.loads(line)["body"] for line in f]
        self.assertEqual({b["model"] for b in bodies}, {"m-one"})
        self.assertEqual(bodies[7]["messages"], [{"role": "user", "content": "prompt 7"}])
        slash = server.ask("POST", "/batch", b'{"model":"org\\/m","prompts":["x"]}')[2]["job_id"]
        with open(self.path(f"data/batches/{slash}/input.jsonl"), encoding="utf-8") as f:
            self.assertEqual(json.loads(f.read())["body"]["model"], "org/m")
        for model in (7, ["m"], "m" * 300):
            for path, body in (("/batch", {"prompts": ["x"]}), ("/complete", {"prompt": "x"})):
                status, _, answer = server.ask("POST", path, {**body, "model": model})
                self.assertEqual((status, answer["error"]["param"]), (400, "model"))
        for body in ({"prompts": []}, {"prompts": "x"}, {"prompts": [1]}, {}):
            status, _, answer = server.ask("POST", "/batch", body)
            self.assertEqual(status, 400, answer)
            self.assertIn("prompts", answer["error"]["message"])
        self.assertEqual(server.ask("GET", "/batch/job_none")[0], 404)

    def test_what_fails_is_named_in_its_place(self):
        self.api.close()
        self.api = self.mock("--require-key", "right")
        server = self.serve("--max-attempts", "1", "--batch-window", "1s", "--default-model", "m")
        job = self.job(server, ["a", "b"])
        done = server.wait_for_job(job)
        self.assertEqual(done["results"], [None, None])
        self.assertEqual([e["index"] for e in done["errors"]], [0, 1])
        status, _, answer = self.ask(server, "hi")
        self.assertEqual(status, 503)  # the endpoint is known to take nothing
        self.assertEqual(sorted(answer["error"]), ["code", "message", "param", "type"])

    def test_a_job_is_cancelled_and_goes_on_after_a_kill(self):
        server = self.serve("-c", "1", "--default-model", "m")
        job = self.job(server, ["x"] * 100)
        wait_for(lambda: server.get("/batch/" + job)["completed"] >= 3, "some answers")
        server.end(signal.SIGKILL)
        server = self.serve("-c", "1", "--default-model", "m")
        wait_for(lambda: server.get("/batch/" + job)["completed"] >= 5, "more answers")
        self.assertEqual(server.ask("POST", f"/batch/{job}/cancel")[2]["status"], "cancelling")
        done = server.wait_for_job(job)
        self.assertEqual((done["status"], len(done["results"])), ("cancelled", 100))
        self.assertGreaterEqual(sum(r is not None for r in done["results"]), 5)

    def test_a_client_that_leaves_cancels_its_prompt(self):
        self.api.close()
        self.api = self.mock("--latency", "60s", "--sigma", "0")
        server = self.serve("--default-model", "m")
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"POST /complete HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\n" b'{"prompt":"hi"}')
            wait_for(lambda: self.api.stats()["in_flight"], "the request")
        wait_for(lambda: os.listdir(self.path("data/batches")) == [], "an empty folder")

    def test_a_signal_lets_a_prompt_be_answered(self):
        server = self.serve("--default-model", "m")
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.ask(server, "hi")[0]))
        thread.start()
        wait_for(lambda: self.api.stats()["requests"], "the request")
        self.assertEqual(server.end(), 0)
        thread.join()
        self.assertEqual(answers, [200])


if __name__ == "__main__":
    main()
