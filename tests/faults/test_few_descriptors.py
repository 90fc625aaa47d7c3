"""ulimit -n 64: fewer requests in flight and a warning that says why, in place of failures."""

import resource

from faults import FaultTest, json_lines, main

LIMIT = 64


class FewDescriptors(FaultTest):
    def run_limited(self, *options, limit=LIMIT):
        server = self.server()
        ids = self.write_items(200)
        code, err = self.run_sluice(
            "--url", f"http://localhost:{server.port}/slow", "--ui", "none", *options,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
        self.assertEqual(code, 0, err)
        self.assert_invariant(ids)
        self.assertEqual({r["sluice"]["attempts"] for r in json_lines(self.results)}, {1})
        self.assertLess(server.most_connections, limit)
        return err

    def test_concurrency_asked_for_is_cut_with_a_warning(self):
        err = self.run_limited("-c", "200", "--pace", "fixed")
        self.assertIn("ulimit -n", err)
        self.assertEqual(len(err.splitlines()), 1)

    def test_auto_stays_below_without_a_word(self):
        self.assertEqual(self.run_limited(), "")

    def test_too_few_for_any_work(self):
        self.write_items(1)
        code, err = self.run_sluice(
            "--url", "http://127.0.0.1:1", "--ui", "none",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))
        self.assertEqual(code, 2, err)
        self.assertIn("ulimit -n", err)


if __name__ == "__main__":
    main()
