"""Metrics: the golden texts by a strict reader and by promtool, and whatever asks for them or describes them."""

import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import exposition
from harness import SOURCE, main

GOLDEN = sorted(glob.glob(os.path.join(SOURCE, "tests", "golden", "metrics-*.txt")))
DASHBOARD = os.path.join(SOURCE, "examples", "grafana-dashboard.json")
PAGE = os.path.join(SOURCE, "docs", "metrics.md")


def text_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def is_open(path):
    return "openmetrics" in path


def read_golden():
    """All families of all golden texts in the older format, merged by name."""
    merged = {}
    for path in GOLDEN:
        if not is_open(path):
            for name, family in exposition.read(text_of(path)).items():
                merged.setdefault(name, family).samples.update(family.samples)
    return merged


class Format(unittest.TestCase):
    def test_each_text_is_well_formed(self):
        self.assertGreaterEqual(len(GOLDEN), 6)
        for path in GOLDEN:
            with self.subTest(path):
                families = exposition.read(text_of(path), is_open(path))
                self.assertIn("sluice_items", families)

    def test_both_formats_tell_the_same(self):
        path = next(path for path in GOLDEN if is_open(path))
        names = exposition.samples_named(exposition.read(text_of(path), True))
        older = exposition.samples_named(read_golden())
        self.assertLessEqual(names, older)

    def test_no_item_is_a_label(self):
        labels = {label for family in read_golden().values() for _, has in family.samples for label, _ in has}
        self.assertEqual(labels, {"version", "run", "state", "bound", "outcome", "source", "endpoint", "model",
                                  "stage", "direction", "kind", "le", "limit"})

    def test_hostile_text_is_one_label(self):
        path = next(path for path in GOLDEN if "hostile" in path)
        attempts = exposition.read(text_of(path))["sluice_attempts_total"]
        self.assertEqual(len({labels[1] for _, labels in attempts.samples}), 1)

    def test_the_reader_is_strict(self):
        good = '# HELP a_total A.\n# TYPE a_total counter\na_total{x="1"} 1\n'
        exposition.read(good)
        for old, new in (("a_total{", "b_total{"), ("} 1\n", "} 1"), ('"1"', '"1'), ('"1"', '"\\x"'), (" 1\n", " -1\n"),
                         (" 1\n", " NaN\n"), ("} 1\n", '} 1\na_total{x="1"} 2\n'), ("counter", "count"),
                         ("# TYPE", "# TYP"), ('a_total{x="1"} 1\n', ""), ("} 1", "}  1"), ("A.", "A\\.")):
            with self.subTest(new):
                self.assertNotEqual(good.replace(old, new), good)
                with self.assertRaises(exposition.Malformed):
                    exposition.read(good.replace(old, new))

    @unittest.skipUnless(shutil.which("promtool"), "needs promtool (Debian: prometheus)")
    def test_promtool_finds_nothing(self):
        for path in GOLDEN:
            if is_open(path):
                continue  # it reads the older format
            with self.subTest(path), open(path, "rb") as f:
                done = subprocess.run(["promtool", "check", "metrics"], stdin=f, capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


def queries(node):
    """Every PromQL text of the dashboard."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("expr", "query", "definition") and isinstance(value, str):
                yield value
            else:
                yield from queries(value)
    elif isinstance(node, list):
        for value in node:
            yield from queries(value)


class Dashboard(unittest.TestCase):
    def test_each_metric_that_it_asks_for_exists(self):
        dashboard = json.loads(text_of(DASHBOARD))
        exist = exposition.samples_named(read_golden())
        asked = {name for query in queries(dashboard) for name in re.findall(r"\b(?:sluice|process)_\w+", query)}
        self.assertGreater(len(asked), 15)
        self.assertEqual(asked - exist, set())

    def test_its_labels_exist(self):
        families = {**read_golden(), **{name + suffix: family for name, family in read_golden().items()
                                        for suffix in ("_bucket", "_sum", "_count")}}
        for query in queries(json.loads(text_of(DASHBOARD))):
            for name, selector in re.findall(r"\b(sluice_\w+)\{([^}]*)\}", query):
                has = {label for _, labels in families[name].samples for label, _ in labels} if name in families else None
                for label in re.findall(r"(\w+)\s*[=!]~?\s*\"", selector):
                    if has is not None and label not in ("instance", "job"):
                        self.assertIn(label, has, query)

    @unittest.skipUnless(shutil.which("promtool"), "needs promtool (Debian: prometheus)")
    def test_its_queries_are_promql(self):
        texts = [q for q in queries(json.loads(text_of(DASHBOARD))) if not q.startswith("label_values")]
        rules = [{"record": f"r{i}", "expr": re.sub(r"\$__rate_interval", "1m", q)} for i, q in enumerate(texts)]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump({"groups": [{"name": "g", "rules": rules}]}, f)  # YAML, too
            f.flush()
            done = subprocess.run(["promtool", "check", "rules", f.name], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_grafana_takes_it(self):
        """The shape that Grafana's import asks for."""
        dashboard = json.loads(text_of(DASHBOARD))
        self.assertEqual(dashboard["__inputs"][0]["pluginId"], "prometheus")
        self.assertIsNone(dashboard["id"])
        self.assertGreaterEqual(dashboard["schemaVersion"], 36)
        panels = dashboard["panels"]
        self.assertEqual(len({p["id"] for p in panels}), len(panels))
        taken = set()
        for panel in panels:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24)
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, f"panel {panel['title']} lies over another")
            taken |= cells
            if panel["type"] == "row":
                continue
            self.assertTrue(panel["targets"])
            self.assertEqual(len({t["refId"] for t in panel["targets"]}), len(panel["targets"]))
            for target in panel["targets"]:
                self.assertEqual(target["datasource"]["uid"], "${DS_PROMETHEUS}")


class Page(unittest.TestCase):
    def test_the_page_describes_each_metric_and_no_other(self):
        before, _, after = text_of(PAGE).partition("## A service")  # test_serve_steered.py has its
        described = set(re.findall(r"^\| `(\w+)", before + after.partition("## The process")[2], re.M))
        self.assertEqual(described, set(read_golden()))


if __name__ == "__main__":
    main()
