"""The kernel does less than it was asked for, at every nth call: reads and writes of a part, EINTR."""

import errno

from faults import FaultTest, json_lines, main, needs_shim, rounds

EVERY = rounds((1, 2, 3, 7), range(1, 40))


@needs_shim
class ShortWrites(FaultTest):
    def setUp(self):
        super().setUp()
        self.http = self.server()

    def survives(self, calls, code, every):
        self.setUp()
        ids = self.write_items(40)
        result, err = self.run_sluice("--url", self.http.url, "-c", "8", "--ui", "none",
                                      env=self.shim(call=calls, errno=code, every=every))
        self.assertEqual(result, 0, err)
        self.assert_invariant(ids)
        self.assertEqual(self.http.count(), 40)
        self.assertEqual({r["sluice"]["attempts"] for r in json_lines(self.results)}, {1})

    def test_files_read_and_written_in_parts(self):
        for every in EVERY:
            with self.subTest(every=every):
                self.survives("pwrite,write,pread,read", 0, every)

    def test_sockets_read_and_written_in_parts(self):
        for every in EVERY:
            with self.subTest(every=every):
                self.survives("send,recv", 0, every)

    def test_interrupted_calls(self):
        for every in EVERY:
            if every > 1:  # each and every call would never end
                with self.subTest(every=every):
                    self.survives("pwrite,write,pread,read,sync", errno.EINTR, every)


if __name__ == "__main__":
    main()
