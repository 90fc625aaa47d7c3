"""The disk fails (EIO) when it syncs, writes or reads: the run stops with exit 4 and says which file; a failed
sync is never tried again as if the next one could make it good."""

import errno

from faults import FaultTest, main, needs_shim, rounds, wait_for


@needs_shim
class DiskError(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()

    def fails(self, call, at):
        """A run under the fault; returns exit code and stderr."""
        self.setUp()
        self.ids = self.write_items(60)
        return self.run_sluice("--url", self.http.url + "/slow", "-c", "8", "--ui", "none",
                               env=self.shim(call=call, errno=errno.EIO, at=at))

    def test_fdatasync(self):
        # 1: of the new files' folder, before anything is sent; the others: of results and journal.
        for at in range(1, rounds(4, 6)):
            with self.subTest(at=at):
                code, err = self.fails("sync", at)
                self.assertEqual(code, 2 if at == 1 else 4, err)
                self.assertIn("Input/output error", err)
                if at > 1:
                    self.assertIn("resume", err)
                self.assert_resumes(self.ids, self.http.url)

    def test_a_failed_sync_stops_a_long_run_at_once(self):
        ids = self.write_items(2000)
        process = self.start("--url", self.http.url + "/slow", "-c", "8", "--ui", "none",
                             env=self.shim(call="sync", errno=errno.EIO, at=2))
        _, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 4, err.decode())
        self.assertLess(self.done_count(), 2000)
        wait_for(lambda: self.http.open_connections == 0, "no connection left")
        self.assert_resumes(ids, self.http.url)

    def test_writes(self):
        for at in (2, 3, 5, 9):
            with self.subTest(at=at):
                code, err = self.fails("pwrite", at)
                self.assertEqual(code, 4, err)
                self.assertRegex(err, "cannot write .*: Input/output error")
                self.assert_resumes(self.ids, self.http.url)


if __name__ == "__main__":
    main()
