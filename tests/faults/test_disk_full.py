"""No space left (ENOSPC): sending stops, screen and stderr say so, nothing is acknowledged; with space back it
goes on by itself, and nothing was paid for twice.  On a real full tmpfs: tests/e2e/test_disk.py."""

import errno
import json
import os

from faults import SLUICE, FaultTest, main, needs_shim, wait_for
from terminal import Terminal


@needs_shim
class DiskFull(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.full = self.path("full")
        self.env = self.shim(call="pwrite", errno=errno.ENOSPC, **{"while": self.full})

    def fill(self):
        open(self.full, "w", encoding="utf-8").close()

    def test_said_on_stderr_and_goes_on_by_itself(self):
        ids = self.write_items(300)
        with open(self.path("err"), "w+", encoding="utf-8") as err:
            process = self.start("--url", self.http.url, "-c", "4", "--ui", "plain", env=self.env,
                                 stderr=err)
            wait_for(lambda: self.done_count() > 20, "the first results")
            self.fill()
            wait_for(lambda: "no space left" in self.said(), "the message on stderr")
            acknowledged = self.done_count()
            wait_for(lambda: self.http.open_connections == 0 or self.is_quiet(), "no more requests")
            self.assertEqual(self.done_count(), acknowledged)
            os.remove(self.full)
            self.assertEqual(process.wait(30), 0)
        self.assert_invariant(ids)
        self.assertEqual(self.http.count(), 300, "nothing was paid for twice")

    def said(self):
        with open(self.path("err"), encoding="utf-8") as f:
            return f.read()

    def is_quiet(self):
        """No request came between two looks half a second apart."""
        before = self.http.count()
        try:
            wait_for(lambda: self.http.count() > before, "another request", 0.5)
        except AssertionError:
            return True
        return False

    def test_said_on_the_screen(self):
        ids = self.write_items(400)
        terminal = Terminal([SLUICE, "run", self.input, "--url", self.http.url + "/slow", "-c", "8"],
                            env=self.env)
        self.addCleanup(terminal.close)
        wait_for(lambda: self.done_count() > 8, "the first results")
        self.fill()
        terminal.see("DISK FULL")
        os.remove(self.full)
        terminal.see("RUNNING")
        terminal.keys("\x03")
        self.assertEqual(terminal.process.wait(30), 3)
        self.assert_resumes(ids, self.http.url)

    def test_killed_while_the_disk_is_full(self):
        """What was in memory only was never acknowledged: it is done again."""
        ids = self.write_items(300)
        process = self.start("--url", self.http.url, "-c", "4", "--ui", "none", env=self.env)
        wait_for(lambda: self.done_count() > 20, "the first results")
        self.fill()
        wait_for(self.is_quiet, "no more requests")
        process.kill()
        process.wait()
        os.remove(self.full)
        self.assert_resumes(ids, self.http.url)

    def write_rows(self, n):
        """Rows for a pipeline of three stages; its options."""
        ids = [f"row-{i}" for i in range(n)]
        with open(self.input, "w", encoding="utf-8") as f:
            f.writelines(json.dumps({"custom_id": i, "title": i}) + "\n" for i in ids)
        stages = {}
        for name, after in (("a", None), ("b", "a"), ("c", "b")):
            said = f"{{{{{after}.body.id}}}}" if after else "{{title}}"
            body = {"model": "m", "messages": [{"role": "user", "content": f"{name} {said}"}]}
            stages[name] = {"body": body, **({"after": after} if after else {})}
        with open(self.path("pipeline.json"), "w", encoding="utf-8") as f:
            json.dump({"stages": stages}, f)
        return ids, ["--url", self.http.url, "-c", "4", "--ui", "none", "--pipeline", self.path("pipeline.json")]

    def test_stages_wait_for_what_they_build_on(self):
        """What a stage answered is written before the next one is paid for, however long that takes."""
        ids, options = self.write_rows(120)
        process = self.start(*options, env=self.env)
        wait_for(lambda: self.done_count() > 10, "the first results", 8)
        self.fill()
        wait_for(self.is_quiet, "no more requests")
        os.remove(self.full)
        self.assertEqual(process.wait(30), 0)
        self.assert_invariant(ids)
        self.assertEqual(self.http.count(), 3 * len(ids), "nothing was paid for twice")

    def test_killed_between_stages_while_the_disk_is_full(self):
        ids, options = self.write_rows(120)
        process = self.start(*options, env=self.env)
        wait_for(lambda: self.done_count() > 10, "the first results", 8)
        self.fill()
        wait_for(self.is_quiet, "no more requests")
        process.kill()
        process.wait()
        os.remove(self.full)
        code, err = self.run_sluice(*options)
        self.assertEqual(code, 0, err)
        self.assert_exactly_once(ids)
        # what was in flight, and what answered before the disk was known to be full
        self.assertLessEqual(self.http.count(), 3 * len(ids) + 2 * 4)


if __name__ == "__main__":
    main()
