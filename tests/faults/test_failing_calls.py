"""read, write, open, socket and the making of a thread fail at the nth call of a short run, once and from then
on: the run recovers, or ends with a documented exit code and says why, and the same command goes on."""

import errno
import subprocess
import sys

from faults import FaultTest, main, needs_shim, rounds

STRIDE = rounds(3, 1)
CALLS = (("read,pread", errno.EIO), ("write,pwrite", errno.EIO), ("open", errno.EMFILE),
         ("open", errno.EACCES), ("socket", errno.EMFILE), ("send", errno.ECONNRESET),
         ("recv", errno.ECONNRESET), ("thread", errno.EAGAIN))


@needs_shim
class FailingCalls(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.ids = self.write_items(4)

    def run_under(self, **more):
        """Returns exit code and stderr; a run that only waits for the cure is interrupted."""
        self.forget_run()
        process = self.start("--url", self.http.url, "-c", "2", "--ui", "none",
                             "--connect-timeout", "1s", env=self.shim(**more))
        try:
            _, err = process.communicate(timeout=2.5)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.terminate()
            _, err = process.communicate(timeout=20)
        return process.returncode, err.decode()

    def survives(self, call, code, on):
        counted = self.path("count")
        self.assertEqual(self.run_under(call=call, count=counted)[0], 0)
        with open(counted, encoding="utf-8") as f:
            total = int(f.read())
        for at in range(1, total + 1, STRIDE):
            with self.subTest(call=call, errno=errno.errorcode[code], at=at, on=on):
                result, err = self.run_under(call=call, at=at, on=on, errno=code)
                self.assertIn(result, (0, 1, 2, 3, 4), err)
                if result in (2, 4):
                    self.assertTrue(err, "it says why")
                self.assert_resumes(self.ids, self.http.url, "--retry-failed")
        return total

    def test_each(self):
        for call, code in CALLS:
            for on in (0, 1):
                total = self.survives(call, code, on)
            print(f"{call} {errno.errorcode[code]}: {total} calls", file=sys.stderr)


if __name__ == "__main__":
    main()
