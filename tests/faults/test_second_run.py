"""Two runs on the same results: the second is refused at once and told the pid of the first.  The lock is the
kernel's, so that no crash leaves a stale one."""

import os

from faults import FaultTest, main, wait_for


class SecondRun(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()
        self.ids = self.write_items(20)

    def first(self):
        process = self.start("--url", self.http.url + "/mute", "--ui", "none")
        wait_for(lambda: self.http.count() > 0, "the first run sends")
        return process

    def refused(self, first, *options):
        before = self.content()
        code, err = self.run_sluice("--url", self.http.url, *options)
        self.assertEqual(code, 2, err)
        self.assertIn(f"pid {first.pid}", err)
        self.assertEqual(self.content(), before, "the files of the first are untouched")

    def content(self):
        content = []
        for path in (self.results, self.journal):
            with open(path, "rb") as f:
                content.append(f.read())
        return content

    def test_refused_whatever_the_path_is_called(self):
        first = self.first()
        self.refused(first)
        self.refused(first, "-o", os.path.join(self.folder, ".", "in.results.jsonl"))
        link = self.path("link.jsonl")
        os.symlink(self.results, link)
        self.refused(first, "-o", link)

    def test_no_stale_lock(self):
        first = self.first()
        first.kill()
        first.wait()
        self.assert_resumes(self.ids, self.http.url)


if __name__ == "__main__":
    main()
