"""A disk that is full: the run pauses, says so, loses nothing, and goes on by itself."""

import os
import subprocess
import sys

from harness import RunTest, json_lines, main, wait_for


class Disk(RunTest):
    def small_disk(self, size):
        folder = self.path("disk")
        os.mkdir(folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", folder])
        self.results = os.path.join(folder, "out.jsonl")
        self.errors = os.path.join(folder, "out.errors.jsonl")
        self.journal = os.path.join(folder, "out.journal")
        return folder

    def test_full_in_the_middle_goes_on_when_there_is_space(self):
        folder = self.small_disk("512k")
        ballast = os.path.join(folder, "ballast")
        with open(ballast, "wb") as f:
            f.write(b"x" * (360 << 10))
        mock = self.mock("--latency", "0")
        ids = self.write_items(400)
        err_path = self.path("err")
        with open(err_path, "wb") as err:
            process = self.start("--url", mock.url, "-o", self.results, "--ui", "plain", stderr=err)

            def said():
                with open(err_path, encoding="utf-8") as f:
                    return "no space left" in f.read()

            wait_for(said, "the message that there is no space")
            self.assertIsNone(process.poll())
            os.remove(ballast)
            self.assertEqual(process.wait(60), 0)
        self.assert_exactly_once(ids)
        self.assertEqual(mock.stats()["requests"], 400, "nothing was paid for twice")

    def test_full_from_the_start_is_refused(self):
        folder = self.small_disk("16k")
        try:
            with open(os.path.join(folder, "ballast"), "wb") as f:
                f.write(b"x" * (64 << 10))
        except OSError:
            pass
        self.write_items(3)
        code, err = self.run_sluice("--url", "http://127.0.0.1:1", "-o", self.results)
        self.assertEqual(code, 2, err)
        self.assertIn("disk is full", err)

    def test_read_only_disk_is_refused(self):
        folder = self.small_disk("64k")
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        self.write_items(3)
        code, err = self.run_sluice("--url", "http://127.0.0.1:1", "-o", self.results)
        self.assertEqual(code, 2, err)
        self.assertIn("ead-only", err)
        self.assertEqual(json_lines(self.results), [])


if __name__ == "__main__":
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
                      stderr=subprocess.DEVNULL, check=False).returncode:
        print("making a small disk needs the right to mount: skipped")
        sys.exit(77)
    main()
