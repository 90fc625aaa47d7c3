"""`sluice serve` is killed with -9 at random moments, while clients upload, create, cancel, delete and watch.  What
was acknowledged is there after the restart, whole; nothing is half there; no line is lost, and none is asked for twice
but those that were in flight.  `make faults` kills it 100 times, and each restart takes less than two seconds."""

import http.client
import json
import os
import random
import signal
import threading
import time

from faults import ALL, FaultTest, chat_line, main, rounds
from serving import ENDED, Server, form

KILLS = rounds(5, 100)
IN_FLIGHT = 8
RESTART_S = 2
CLIENTS = 4
LOST = (OSError, http.client.HTTPException)


class World:
    """What clients were told, and so what must be true after any kill."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.files = {}      # id: content
        self.batches = {}    # id: custom ids
        self.pending = []    # (key, file, custom ids) of creates whose answer was lost
        self.cancelled = set()  # for certain
        self.may_be_cancelled = set()
        self.deleted = set()
        self.ended = {}      # id: the batch as it was seen at its end
        self.keys = 0
        self.faults = []

    def must(self, holds, *words):
        if not holds:
            with self.lock:
                self.faults.append(" ".join(str(w) for w in words))

    def choice(self, things):
        with self.lock:
            things = sorted(things)
            return self.random.choice(things) if things else None


class Client(threading.Thread):
    """Does one thing after the other until the server is gone."""

    def __init__(self, world, server, seed):
        super().__init__(daemon=True)
        self.world, self.server, self.random = world, server, random.Random(seed)

    def run(self):
        acts = (self.upload, self.create, self.create, self.cancel, self.delete, self.watch, self.watch)
        try:
            while True:
                self.random.choice(acts)()
        except LOST:
            pass

    def upload(self):
        world = self.world
        with world.lock:
            world.keys += 1
            number = world.keys
        data = "".join(chat_line(f"{number}-{i}") + "\n" for i in range(self.random.randint(1, 12))).encode()
        status, _, made = self.server.upload_form(form([("file", "a.jsonl", data), ("purpose", None, b"batch")]))
        world.must(status == 200, "upload", status, made)
        with world.lock:
            world.files[made["id"]] = data

    def create(self):
        world = self.world
        file = world.choice(world.files.keys() - world.deleted)
        if not file:
            return
        with world.lock:
            world.keys += 1
            key = f"key-{world.keys}"
            world.pending.append((key, file))
        status, made = create(self.server, key, file)
        with world.lock:
            world.pending.remove((key, file))
            if status == 200:
                world.batches[made["id"]] = file
        # its file may have gone meanwhile
        world.must(status == 200 or (status == 400 and made["error"]["param"] == "input_file_id"), "create", status, made)

    def cancel(self):
        world = self.world
        batch = world.choice(world.batches.keys() - world.ended.keys())
        if not batch or self.random.random() < 0.5:
            return
        with world.lock:
            world.may_be_cancelled.add(batch)
        status, _, answer = self.server.ask("POST", f"/v1/batches/{batch}/cancel")
        world.must(status == 200 or (status == 400 and "Cannot cancel" in answer["error"]["message"]), status, answer)
        if status == 200:
            with world.lock:
                world.cancelled.add(batch)

    def delete(self):
        world = self.world
        file = world.choice(world.files.keys() - world.deleted)
        if not file or self.random.random() < 0.5:
            return
        status, _, _ = self.server.ask("DELETE", "/v1/files/" + file)
        world.must(status in (200, 404), "delete", status)
        with world.lock:
            world.deleted.add(file)

    def watch(self):
        world = self.world
        batch = world.choice(world.batches)
        if not batch:
            return
        seen = self.server.batch(batch)
        if seen["status"] in ENDED:
            with world.lock:
                before = world.ended.setdefault(batch, seen)
            world.must(before == seen, "an ended batch changes:", before, seen)


def create(server, key, file):
    return server.post_batch(file, {"Idempotency-Key": key})


class Kills(FaultTest):
    def setUp(self):
        super().setUp()
        self.api = self.mock("--latency", "15ms", "--sigma", "0.3")
        self.listen = "127.0.0.1:0"

    def restart(self):
        """The server again, at the same address; it serves and sends within two seconds."""
        began = time.monotonic()
        server = self.until_end(Server(self.folder, "--url", self.api.url, "-c", str(IN_FLIGHT), listen=self.listen))
        server.get("/v1/batches")
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.listen = f"127.0.0.1:{server.port}"
        return server

    def names(self, kind):
        """The ids of a kind of folder, each with the names in it."""
        return {name: set(os.listdir(self.path(f"data/{kind}/{name}"))) for name in os.listdir(self.path("data/" + kind))}

    def half_uploads(self):
        """Folders of files that are not whole, but for those that a batch will make again."""
        made = set()
        for batch, names in self.names("batches").items():
            if "meta.json" in names:
                with open(self.path(f"data/batches/{batch}/meta.json"), encoding="utf-8") as f:
                    meta = json.load(f)
                made |= {meta.get("output_file"), meta.get("error_file")}
        return {file for file, names in self.names("files").items() if "meta.json" not in names} - made

    def check_folder(self):
        """Only whole things are in it, when no client and no batch does anything."""
        for file, names in self.names("files").items():
            self.assertEqual(names, {"content", "meta.json"}, file)
        for batch, names in self.names("batches").items():
            self.assertIn("meta.json", names, batch)
            self.assertFalse([name for name in names if name.endswith(".tmp")], batch)

    def check_told(self, server, world):
        """What clients were told is true."""
        for key, file in world.pending:
            status, made = create(server, key, file)
            if status == 200:  # else its file is gone, and it was never made
                world.batches[made["id"]] = file
        world.pending.clear()
        for file in world.deleted:
            self.assertEqual(server.ask("GET", "/v1/files/" + file)[0], 404)
        for file in world.files.keys() - world.deleted:
            status, _, content = server.ask("GET", f"/v1/files/{file}/content")
            # a delete may have been done whose answer was lost
            self.assertTrue(status == 404 or content == world.files[file], (file, status))
            if status == 404:
                world.deleted.add(file)
        for batch in world.batches:
            seen = server.batch(batch)
            if batch in world.ended:
                self.assertEqual(seen, world.ended[batch])
            elif batch in world.cancelled:
                self.assertIn(seen["status"], ("cancelling", "cancelled"))

    def check_ends(self, server, world):
        answered = 0
        for batch, file in world.batches.items():
            ended = server.wait_for_end(batch)
            ids = [line["custom_id"] for line in map(json.loads, world.files[file].splitlines())]
            seen = [line["custom_id"] for name in ("output_file_id", "error_file_id") if ended[name]
                    for line in server.lines(ended[name])]
            self.assertEqual(sorted(seen), sorted(ids), ended)
            counts = ended["request_counts"]
            self.assertEqual(counts["total"], len(ids))
            if batch not in world.may_be_cancelled:
                self.assertEqual((ended["status"], counts["completed"]), ("completed", len(ids)))
            answered += counts["completed"]
        return answered

    def test_killed_again_and_again(self):
        self.slowest = 0
        world = World(KILLS)
        moments = random.Random(2)
        half = set()
        for kill in range(KILLS):
            server = self.restart()
            self.assertFalse(half & self.names("files").keys(), "half uploads outlive the restart")
            self.check_told(server, world)
            clients = [Client(world, server, kill * CLIENTS + i) for i in range(CLIENTS)]
            for client in clients:
                client.start()
            time.sleep(moments.uniform(0, 0.4))  # the moment is what is tried
            server.end(signal.SIGKILL)
            for client in clients:
                client.join()
            half = self.half_uploads()
            self.assertEqual(world.faults, [])
        server = self.restart()
        self.check_told(server, world)
        answered = self.check_ends(server, world)
        self.check_folder()
        made = {b["id"] for b in server.all_batches()}
        self.assertEqual(made, set(world.batches), "a create with a key makes one batch")
        asked = self.api.stats()["requests"]
        print(f"{KILLS} kills, {len(world.files)} files, {len(world.batches)} batches, {answered} answers, {asked} requests; "
              f"slowest restart {self.slowest:.2f} s")
        self.assertGreaterEqual(asked, answered)
        self.assertLessEqual(asked, answered + KILLS * IN_FLIGHT, "paid twice, and not in flight")
        if ALL:  # how fast is for a quiet machine
            self.assertLess(self.slowest, RESTART_S)

    def test_an_end_that_a_client_has_seen_stays(self):
        """Neither completed nor failed is told before it is on the disk."""
        self.slowest = 0
        server = self.restart()
        good = server.upload([chat_line("a")])
        bad = server.upload([chat_line("a")] * 2)
        for file in (good, bad) * rounds(6, 50):
            _, made = create(server, os.urandom(4).hex(), file)
            ended = server.wait_for_end(made["id"])
            server.end(signal.SIGKILL)
            server = self.restart()
            self.assertEqual(server.batch(made["id"]), ended)


if __name__ == "__main__":
    main()
