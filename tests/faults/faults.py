"""What the fault tests share.  A fault is provoked by the fault server (fault_server.py), by the preload
library (shim.c) or by hand; whatever it was, after a resume the invariant holds: exactly one valid final
line for each input id, and a ledger that adds up.

`make check` plays a reduced number of rounds; `make faults` (FAULTS=all) plays them all."""

import glob
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), HERE]

from harness import RunTest, SLUICE, chat_line, is_sanitized, json_lines, main, wait_for, whole_lines  # noqa: E402,F401
from fault_server import FaultServer  # noqa: E402

ALL = os.environ.get("FAULTS") == "all"
SHIM = os.path.join(os.environ.get("BUILDDIR", "."), "tests", "faults", "shim.so")


def rounds(some, many):
    """How often to try: `some` in make check, `many` in make faults."""
    return many if ALL else some


def needs_shim(test):
    return unittest.skipUnless(os.path.exists(SHIM), "the preload library is not built")(test)


class FaultTest(RunTest):
    def server(self, **more):
        server = FaultServer(**more)
        self.addCleanup(server.close)
        return server

    def shim(self, **settings):
        """The environment for a run under the shim: shim(call="pwrite", at=3, errno=5)."""
        return {**os.environ, "LD_PRELOAD": SHIM,
                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0",
                **{f"SHIM_{name.upper()}": str(value) for name, value in settings.items()}}

    def lines_at(self, server, fault, n=1):
        """Chat requests that meet a fault of the server."""
        return [chat_line(f"{fault}-{i}", url=f"{server.url}/{fault}/v1/chat/completions")
                for i in range(n)]

    def final(self, item_id):
        """The final line of an item, from results or errors file."""
        lines = [r for r in json_lines(self.results) + json_lines(self.errors)
                 if r["custom_id"] == item_id]
        self.assertEqual(len(lines), 1, f"final lines of {item_id}")
        return lines[0]

    def assert_invariant(self, ids):
        """Exactly one valid final line for each id, and a ledger that adds up."""
        self.assert_exactly_once(ids)
        items = self.last_stop()["items"]
        self.assertEqual(items["total"], len(ids))
        self.assertEqual(items["ok"], len(json_lines(self.results)))
        self.assertEqual(items["failed"] + items["cancelled"], len(json_lines(self.errors)))
        leftovers = glob.glob(self.path("*.tmp"))
        self.assertEqual(leftovers, [], "temporary files")

    def assert_resumes(self, ids, url, *options):
        """The same command again ends with everything ok, and the invariant holds."""
        code, err = self.run_sluice("--url", url, "--ui", "none", *options)
        self.assertEqual(code, 0, err)
        self.assert_invariant(ids)
