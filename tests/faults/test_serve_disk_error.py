"""A disk that fails (EIO) under `sluice serve`: uploads and creates are refused or wait, batches wait, and all goes on by
itself when the disk does, with nothing paid for twice but what was in flight."""

import errno
import os

from faults import FaultTest, main, needs_shim, rounds, wait_for
from serving import Server, chat_lines, file_form

CALLS = rounds(("sync", "open"), ("sync", "open", "pread", "pwrite"))
IN_FLIGHT = 4


@needs_shim
class DiskError(FaultTest):
    def test_goes_on_when_the_disk_does(self):
        for call in CALLS:
            with self.subTest(call):
                self.start_over()
                self.goes_on(call)

    def goes_on(self, call):
        api, bad = self.mock("--latency", "10ms"), self.path("bad")
        server = self.until_end(Server(self.folder, "--url", api.url, "-c", str(IN_FLIGHT),
                                       env=self.shim(call=call, errno=errno.EIO, **{"while": bad})))
        batch = server.create(server.upload(chat_lines(100)))
        wait_for(lambda: server.batch(batch)["request_counts"]["completed"] > 10, "some answers")
        with open(bad, "w", encoding="utf-8"):
            pass
        body = file_form(b"x")
        status = server.upload_form(body)[0]
        self.assertTrue(status == 200 if call.startswith("p") else status >= 500, status)
        wait_for(lambda: "Input/output error" in server.log_text(), "a word about it")
        os.remove(bad)
        ended = server.wait_for_end(batch)
        self.assertEqual(ended["request_counts"], {"total": 100, "completed": 100, "failed": 0})
        self.assertLessEqual(api.stats()["requests"], 100 + IN_FLIGHT)
        self.assertEqual(server.upload_form(body)[0], 200)
        wait_for(lambda: len(os.listdir(self.path("data/files"))) == len(server.get("/v1/files")["data"]), "no half file")


if __name__ == "__main__":
    main()
