"""`sluice serve` from outside: ps, ctl, its control socket, metrics and readiness."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess

from exposition import read as parse
from harness import PATIENCE, SLUICE, SOURCE, json_lines, main, wait_for
from serving import chat_lines
from test_serve_fair import Client, FairTest


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("run", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


def sluice(*words):
    """Exit code, stdout and stderr of a command."""
    done = subprocess.run([SLUICE, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


class SteeredTest(FairTest):
    def entry(self, server):
        """Its row in `sluice ps --json`."""
        runs = json.loads(sluice("ps", "--json")[1])["runs"]
        return next(run for run in runs if run["pid"] == server.process.pid)

    def ask(self, server, path, method="GET", body=None, **headers):
        """Status, and the answer as text or JSON."""
        connection = UnixConnection(self.entry(server)["socket"])
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if answer.headers["Content-Type"] == "application/json" else text

    def view(self, server, batch):
        return self.ask(server, "/v1/batches/" + batch)[1]

    def ctl(self, server, *words):
        return sluice("ctl", str(server.process.pid), *words)


class Steered(SteeredTest):
    mock_options = ("--latency", "20ms")

    def test_a_batch_is_paused_resumed_raised_weighed_and_cancelled(self):
        server, ann = self.serve_clients("-c", "2", "--price", "1,2", ann="")
        batch, other = ann.create(chat_lines(400)), ann.create(chat_lines(4000))
        wait_for(lambda: ann.done(batch) > 5, "a batch under way")
        row = self.view(server, batch)
        self.assertEqual((row["id"], row["owner"], row["status"], row["phase"], row["total"]),
                         (batch, "ann", "in_progress", "sending", 400))
        self.assertEqual(sum(row["items"].values()), row["total"])
        self.assertGreater(row["cost_usd"], 0)
        code, out, err = self.ctl(server, "pause", batch)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("paused", out)
        wait_for(lambda: self.view(server, batch)["phase"] == "paused", "the pause")
        done, others = ann.done(batch), ann.done(other)
        wait_for(lambda: ann.done(other) > others + 20, "the other batch")
        self.assertEqual(ann.done(batch), done)
        self.assertEqual(self.ctl(server, "pause", batch)[0], 1)
        # the marks outlive a kill
        self.assertEqual(self.ctl(server, "weigh", batch, "2.5")[0], 0)
        self.assertEqual(self.ctl(server, "raise", batch)[0], 0)
        wait_for(lambda: json_lines(self.path(f"data/batches/{batch}/meta.json"))[0].get("raised"), "the record")
        server.end(signal.SIGKILL)
        server, ann = self.serve_clients("-c", "2", "--price", "1,2", ann="")
        row = self.view(server, batch)
        self.assertEqual((row["paused"], row["raised"], row["weight"], row["phase"]), (True, True, 2.5, "paused"))
        self.assertEqual(self.ctl(server, "resume", batch[:16])[0], 0)
        ann.wait(batch)
        self.assertLess(ann.done(other), 1000)  # it was raised
        code, out, _ = self.ctl(server, "batches")
        self.assertIn(other, out)
        self.assertNotIn(batch, out)
        self.assertIn(batch, self.ctl(server, "batches", "all")[1])
        self.assertEqual(self.ctl(server, "cancel", other)[0], 0)
        wait_for(lambda: ann.batch(other)["status"] == "cancelled", "the end")
        events = self.ctl(server, "events")[1]
        for words in (f"resume {batch[:16]}", f"cancel {other}", f"{other} cancelled"):
            self.assertIn(words, events)

    def test_a_batch_is_reached_as_a_run(self):
        server, ann = self.serve_clients("-c", "2", "--name", "lab", ann="")
        batch = ann.create(chat_lines(200))
        wait_for(lambda: ann.done(batch) > 5, "a batch under way")
        run = "lab/" + batch[:14]
        code, out, err = sluice("ctl", run, "items", "state:ok", "--limit", "3")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("item-0", out)
        self.assertEqual(json.loads(sluice("ctl", f"lab/{batch}", "snapshot", "--json")[1])["total"], 200)
        self.assertEqual(sluice("ctl", run, "set", "rpm", "300")[0], 0)
        self.assertEqual(sluice("ctl", "lab/batch_x", "items")[0], 3)
        with subprocess.Popen([SLUICE, "ctl", run, "events", "--follow"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as follows:
            self.assertTrue(follows.stdout.readline())
            self.assertEqual(self.ctl(server, "cancel", batch)[0], 0)
            follows.communicate(timeout=PATIENCE)  # it ends with the run
        wait_for(lambda: ann.batch(batch)["status"] == "cancelled", "the end")
        self.assertEqual(self.ask(server, f"/v1/batches/{batch}/socket")[0], 409)
        self.assertNotIn("control.sock", os.listdir(self.path("data/batches/" + batch)))
        self.assertEqual(server.end(), 0)

    def test_commands_that_cannot_be_are_refused_in_words(self):
        server, ann = self.serve_clients("-c", "1", ann="")
        batch = ann.create(chat_lines(300))
        for words, message in ((("pause",), "usage: pause BATCH|all"),
                               (("pause", "batch_x"), 'no open batch "batch_x"'),
                               (("pause", batch, "x"), "usage"),
                               (("weigh", batch, "-1"), "give a number"),
                               (("weigh", batch, "nan"), "give a number"),
                               (("lower", batch), "is not raised"),
                               (("resume", batch), "is not paused"),
                               (("set", "rpm", "3"), "not a command of a service")):
            code, _, err = self.ctl(server, *words)
            self.assertEqual(code, 1, words)
            self.assertIn(message, err)
        code, _, err = sluice("ctl", f"{server.process.pid}/batch_x", "snapshot")
        self.assertNotEqual(code, 0)
        self.assertIn('no open batch "batch_x"', err)
        for path, status in (("/v1/batches/x", 404), ("/v1/batches/../x", 404), ("/v1/batches?limit=0", 400),
                             ("/v1/batches?bad=1", 400), ("/v1/items", 404), ("/v1/nothing", 404)):
            self.assertEqual(self.ask(server, path)[0], status, path)
        self.assertEqual(self.ask(server, "/v1/batches", "POST", "{}")[0], 405)
        self.assertEqual(self.ask(server, "/v1/commands", "POST", json.dumps({"command": "cancel " + batch}))[1]["ok"], True)

    def test_every_example_of_the_page_works(self):
        server, ann = self.serve_clients("-c", "1", "--name", "lab", ann="")
        batch = ann.create(chat_lines(300))
        wait_for(lambda: self.view(server, batch)["phase"] == "sending", "a batch under way")
        with open(os.path.join(SOURCE, "docs", "control.md"), encoding="utf-8") as page:
            section = page.read().partition("### A service")[2].partition("## Where")[0]
        examples = re.findall(r"^ {4}sluice (ctl lab .*)$", section, re.M)
        self.assertGreater(len(examples), 5)
        for example in examples:
            code, out, err = sluice(*example.replace("batch_H7im", batch).split())
            self.assertEqual((code, err), (0, ""), example)
            self.assertTrue(out)

    def test_it_is_listed_with_its_batches_until_it_ends(self):
        server, ann = self.serve_clients("-c", "1", "--name", "post", ann="")
        batch = ann.create(chat_lines(300))
        wait_for(lambda: self.view(server, batch)["phase"] == "sending", "a batch under way")
        entry = self.entry(server)
        self.assertEqual((entry["name"], entry["kind"], entry["results"], entry["state"], entry["total"]),
                         ("post", "service", self.path("data"), "RUNNING", 300))
        self.assertEqual([b["id"] for b in entry["batches"]], [batch])
        table = sluice("ps")[1]
        self.assertRegex(table, rf"(?m)^post +{server.process.pid} +RUNNING .*/300")
        self.assertRegex(table, rf"(?m)^- {batch} ann +sending .*/300")
        self.assertEqual(sluice("ctl", self.path("data"), "snapshot")[0], 0)
        self.assertIn("ann", sluice("ctl", "post", "clients")[1])
        self.assertEqual(server.end(), 0)
        ended = json.loads(sluice("ps", "--all", "--json")[1])["runs"]
        ended = next(run for run in ended if run["pid"] == server.process.pid)
        self.assertEqual((ended["state"], ended["exit_code"], ended["kind"]), ("STOPPED", 0, "service"))


class Watched(SteeredTest):
    def test_metrics_are_by_endpoint_model_and_client(self):
        server, ann, bob = self.serve_clients("--price", "1,2", ann="rpm=6000", bob="")
        ann.wait(ann.create(chat_lines(20)))
        bob.wait(bob.create(chat_lines(10)))
        bob.create(["{}"])
        wait_for(lambda: parse(self.ask(server, "/metrics")[1])["sluice_batches"].value(status="failed") == 1, "the failed one")
        all_of = parse(self.ask(server, "/metrics")[1])
        with open(os.path.join(SOURCE, "docs", "metrics.md"), encoding="utf-8") as page:
            section = page.read().partition("## A service")[2].partition("## The process")[0]
        described = set(re.findall(r"^\| `(\w+)", section, re.M))
        self.assertLessEqual(described, set(all_of))
        self.assertEqual({name for name in all_of if re.match("sluice_(client|live|batch|open)", name)}, described)
        self.assertEqual(all_of["sluice_attempts_total"].value(endpoint="default", model="m-small", outcome="ok"), 30)
        self.assertEqual(all_of["sluice_request_duration_seconds"].value("_count", endpoint="default", model="m-small"), 30)
        self.assertEqual(all_of["sluice_client_requests_total"].value(client="ann"), 20)
        self.assertEqual(all_of["sluice_client_requests_total"].value(client="bob"), 10)
        self.assertAlmostEqual(all_of["sluice_cost_dollars_total"].value(),
                               sum(all_of["sluice_client_cost_dollars_total"].value(client=c) for c in ("ann", "bob")))
        self.assertEqual(all_of["sluice_client_limit"].value(client="ann", limit="rpm"), 6000)
        self.assertEqual(all_of["sluice_batches"].value(status="completed"), 2)
        # what goes on is counted, too, and no counter falls when it ends
        long = bob.create(chat_lines(300))
        wait_for(lambda: bob.done(long) > 10, "a batch under way")
        under_way = parse(self.ask(server, "/metrics")[1])["sluice_attempts_total"]
        self.assertGreater(under_way.value(endpoint="default", model="m-small", outcome="ok"), 40)
        bob.wait(long)
        after = parse(self.ask(server, "/metrics")[1])["sluice_attempts_total"]
        self.assertEqual(after.value(endpoint="default", model="m-small", outcome="ok"), 330)

    def test_a_client_has_only_its_own(self):
        server, ann, bob = self.serve_clients(ann="", bob="")
        ann.wait(ann.create(chat_lines(3)))
        self.assertEqual(server.ask("GET", "/metrics")[0], 401)
        status, headers, text = bob.ask("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertIn("version=0.0.4", headers["Content-Type"])
        self.assertNotIn(b"ann", text)
        self.assertNotIn(b"endpoint", text)
        self.assertEqual(parse(text.decode())["sluice_batches"].value(status="completed"), 0)
        self.assertEqual(parse(ann.ask("GET", "/metrics")[2].decode())["sluice_batches"].value(status="completed"), 1)

    def test_readiness(self):
        server = self.serve("-c", "1")
        self.assertEqual(server.ask("GET", "/readyz")[2], {"status": "ready"})
        self.assertEqual(self.ask(server, "/readyz"), (200, {"status": "ready"}))
        self.assertEqual(self.ask(server, "/healthz")[1], {"status": "ok", "state": "RUNNING"})
        self.assertEqual(server.ask("GET", "/metrics")[0], 200)  # no tokens: it is local
        server.create(server.upload(chat_lines(20)))
        self.api.close()
        self.api.close = lambda: None
        wait_for(lambda: server.ask("GET", "/readyz")[0] == 503, "an open breaker")
        self.assertEqual(server.ask("GET", "/readyz")[2], {"status": "not ready", "reason": "no endpoint is available now"})
        self.assertEqual(server.ask("GET", "/healthz")[0], 200)


if __name__ == "__main__":
    main()
