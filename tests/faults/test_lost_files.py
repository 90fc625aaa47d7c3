"""Results or journal truncated, moved, removed, written to by others while the run goes on: exit 4 with what happened,
and the same command goes on.  Results that are fewer than the last session counted: nobody pays again unasked."""

import os

from faults import FaultTest, SLUICE, json_lines, main, whole_lines
from harness import wait_for
from terminal import Terminal

ITEMS = 60


class LostFiles(FaultTest):
    def setUp(self):
        super().setUp()
        self.api = self.mock("--latency", "20ms", "--sigma", "0")
        self.ids = self.write_items(ITEMS)

    def lose(self, spoil, *options):
        """A run to which this happens when a part of it is done; its exit code and stderr."""
        process = self.start("--url", self.api.url, "-c", "2", "--ui", "plain", *options)
        wait_for(lambda: len(whole_lines(self.results)) > 5, "some results")
        spoil()
        _, err = process.communicate(timeout=60)
        return process.returncode, err.decode()

    def cut(self, path, size=0):
        return lambda: os.truncate(path, size)

    @staticmethod
    def scribble(path):
        with open(path, "ab") as f:
            f.write(b"x")

    def test_each_loss_of_each_file(self):
        moved = self.path("moved")
        for path in (self.results, self.journal):
            for what, spoil in (("truncated", self.cut(path)), ("truncated", self.cut(path, 300)),
                                ("removed", lambda p=path: os.remove(p)),
                                ("moved away", lambda p=path: os.rename(p, moved)),
                                ("another program wrote", lambda p=path: self.scribble(p))):
                with self.subTest(path=os.path.basename(path), what=what):
                    for each in (self.results, self.journal):
                        if os.path.exists(each):
                            os.remove(each)
                    code, err = self.lose(spoil)
                    self.assertEqual(code, 4, err)
                    self.assertIn(what, err)
                    self.assertIn(os.path.basename(path), err)
                    code, err = self.run_sluice("--url", self.api.url, "--ui", "none")
                    self.assertEqual(code, 0, err)
                    self.assert_exactly_once(self.ids)

    def test_a_file_that_is_moved_back_loses_nothing(self):
        code, err = self.lose(lambda: os.rename(self.results, self.path("moved")))
        self.assertEqual(code, 4, err)
        self.assertIn("put it back", err)
        done = len(json_lines(self.path("moved")))
        os.rename(self.path("moved"), self.results)
        before = self.api.stats()["requests"]
        code, err = self.run_sluice("--url", self.api.url, "--ui", "none")
        self.assertEqual(code, 0, err)
        self.assert_exactly_once(self.ids)
        self.assertEqual(self.api.stats()["requests"] - before, ITEMS - done)

    def test_a_loss_just_before_the_end(self):
        """After the last sync: noticed before the exit code is told."""
        self.ids = self.write_items(6)
        process = self.start("--url", self.api.url, "-c", "1", "--ui", "none")
        wait_for(lambda: len(whole_lines(self.results)) > 2, "some results")
        os.remove(self.results)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 4, err)
        self.assertIn(b"removed", err)

    def finish_then_cut(self, keep):
        code, err = self.run_sluice("--url", self.api.url, "--ui", "none")
        self.assertEqual(code, 0, err)
        with open(self.results, "rb") as f:
            lines = f.readlines()
        with open(self.results, "wb") as f:
            f.writelines(lines[:keep])

    def test_fewer_results_than_were_counted_are_refused(self):
        self.finish_then_cut(keep=50)
        before = self.api.stats()["requests"]
        code, err = self.run_sluice("--url", self.api.url, "--ui", "none")
        self.assertEqual(code, 2, err)
        self.assertIn("50 good results, the last session counted 60: 10 are lost", err)
        self.assertIn("--accept-lost", err)
        self.assertEqual(self.api.stats()["requests"], before, "nothing was sent")
        code, err = self.run_sluice("--url", self.api.url, "--ui", "none", "--accept-lost")
        self.assertEqual(code, 0, err)
        self.assertIn("requests them again", err)
        self.assert_invariant(self.ids)
        self.assertEqual(self.api.stats()["requests"] - before, 10)
        code, err = self.run_sluice("--url", self.api.url, "--ui", "none")
        self.assertEqual((code, err), (0, ""), "accepted once for all")

    def test_results_that_are_gone_are_refused(self):
        self.finish_then_cut(keep=ITEMS)
        os.remove(self.results)
        code, err = self.run_sluice("--url", self.api.url, "--ui", "none")
        self.assertEqual(code, 2, err)
        self.assertIn("0 good results", err)

    def test_a_terminal_is_asked(self):
        command = [SLUICE, "run", self.input, "--url", self.api.url, "--ui", "plain"]
        self.finish_then_cut(keep=50)
        for answer, code in (("n\r", 2), ("\r", 2), ("y\r", 0)):
            with self.subTest(answer):
                terminal = Terminal(command)
                self.addCleanup(terminal.close)
                terminal.see("10 are lost", "[y/N]")
                terminal.keys(answer)
                self.assertEqual(terminal.process.wait(60), code)
        self.assert_invariant(self.ids)

    def test_a_region_of_zeros_is_cut_out(self):
        """As a truncation under an earlier release left it: half a line, a hole, and lines behind."""
        self.finish_then_cut(keep=ITEMS)
        with open(self.results, "rb") as f:
            lines = f.readlines()
        with open(self.results, "r+b") as f:
            f.truncate(len(lines[0]) + 40)
            f.seek(sum(map(len, lines[:20])) + (3 << 20))
            f.writelines(lines[20:])
        code, err = self.run_sluice("--url", self.api.url, "--ui", "none", "--accept-lost")
        self.assertEqual(code, 0, err)
        self.assertIn("of zeros", err)
        self.assertNotIn("not a record", err)
        self.assert_invariant(self.ids)
        with open(self.results, "rb") as f:
            self.assertNotIn(b"\0", f.read())


if __name__ == "__main__":
    main()
