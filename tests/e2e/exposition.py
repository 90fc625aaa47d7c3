"""A strict reader of the text formats of Prometheus, text 0.0.4 and OpenMetrics 1.0, by their specifications.
It raises Malformed for whatever a server might refuse."""

import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\n]|\\[\\\"n])*)\"")
VALUE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|Inf)|NaN")
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "info": ("_info",), "gauge": ("",)}


class Malformed(Exception):
    pass


class Family:
    def __init__(self, name, kind, about):
        self.name, self.kind, self.about = name, kind, about
        self.samples = {}  # (name, ((label, value), …)) -> number

    def value(self, suffix="", **labels):
        """Of the sample that has these labels at least; they must name one."""
        found = [n for (name, has), n in self.samples.items()
                 if name == self.name + suffix and labels.items() <= dict(has).items()]
        if len(found) != 1:
            raise KeyError(f"{self.name}{suffix} has {len(found)} samples with {labels}")
        return found[0]

    def total(self, suffix="", **labels):
        """The sum of all samples with these labels."""
        return sum(n for (name, has), n in self.samples.items()
                   if name == self.name + suffix and labels.items() <= dict(has).items())


def unescape(text):
    return re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), text)


def read_sample(line):
    name = NAME.match(line)
    if not name:
        raise Malformed(f"no name: {line!r}")
    at, labels = name.end(), []
    if line[at:at + 1] == "{":
        at += 1
        while True:
            label = LABEL.match(line, at)
            if not label:
                raise Malformed(f"no label at {at}: {line!r}")
            labels.append((label[1], unescape(label[2])))
            at = label.end()
            if line[at:at + 1] == "}":
                break
            if line[at:at + 1] != ",":
                raise Malformed(f"no comma at {at}: {line!r}")
            at += 1
        at += 1
    if line[at:at + 1] != " " or not VALUE.fullmatch(line, at + 1):
        raise Malformed(f"no number: {line!r}")
    if len({label for label, _ in labels}) != len(labels):
        raise Malformed(f"a label twice: {line!r}")
    return name[0], tuple(labels), float(line[at + 1:])


def check_histogram(family):
    """Of each set of labels: steps that grow, the last one +Inf and equal to the count."""
    steps = {}
    for (name, labels), n in family.samples.items():
        rest = tuple(pair for pair in labels if pair[0] != "le")
        if name.endswith("_bucket"):
            steps.setdefault(rest, []).append((float(dict(labels)["le"]), n))
    if not steps:
        raise Malformed(f"{family.name}: no buckets")
    for labels, at in steps.items():
        if at != sorted(at) or [n for _, n in at] != sorted(n for _, n in at):
            raise Malformed(f"{family.name}: the steps do not grow: {at}")
        if at[-1][0] != float("inf") or family.samples[(family.name + "_count", labels)] != at[-1][1]:
            raise Malformed(f"{family.name}: the last step is not the count")
        if family.samples[(family.name + "_sum", labels)] < 0:
            raise Malformed(f"{family.name}: the sum is negative")


def check_number(family, name, labels, n):
    if n != n:
        raise Malformed(f"{name} is NaN")
    if family.kind == "counter" and n < 0:
        raise Malformed(f"the counter {name} is negative")
    if family.kind == "info" and n != 1:
        raise Malformed(f"the info {name} is not 1")
    for label, value in labels:
        if label.startswith("__") or any(ord(c) < 32 and c != "\n" for c in value):
            raise Malformed(f"{name} has an odd label {label}={value!r}")


def read(text, open_metrics=False):
    """The families of a text by name."""
    families, family, ended = {}, None, False
    if not text.endswith("\n"):
        raise Malformed("the last line is cut")
    for line in text[:-1].split("\n"):
        if ended:
            raise Malformed("text behind # EOF")
        if line == "# EOF" and open_metrics:
            ended = True
        elif line.startswith("# HELP "):
            _, _, name, about = line.split(" ", 3)
            if name in families or not NAME.fullmatch(name):
                raise Malformed(f"the family {name} begins twice, or has no good name")
            if re.search(r"\\(?![\\n\"])" if open_metrics else r"\\(?![\\n])", about):
                raise Malformed(f"a bad escape: {line!r}")
            family = families[name] = Family(name, None, unescape(about))
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if not family or family.name != name or family.kind or family.samples:
                raise Malformed(f"TYPE is not behind its HELP: {line!r}")
            if kind not in SUFFIXES or (kind == "info" and not open_metrics):
                raise Malformed(f"no such type: {line!r}")
            family.kind = kind
        elif line.startswith("#") or not line:
            raise Malformed(f"no such line: {line!r}")
        else:
            name, labels, n = read_sample(line)
            suffixes = SUFFIXES[family.kind]
            if family.kind == "counter" and not open_metrics:
                suffixes = ("",)
                if not family.name.endswith("_total"):
                    raise Malformed(f"the counter {family.name} does not end with _total")
            if name not in [family.name + suffix for suffix in suffixes]:
                raise Malformed(f"a sample of another family than {family.name}: {line!r}")
            if (name, tuple(sorted(labels))) in {(k[0], tuple(sorted(k[1]))) for k in family.samples}:
                raise Malformed(f"a sample twice: {line!r}")
            check_number(family, name, labels, n)
            family.samples[(name, labels)] = n
    for each in families.values():
        if not each.kind or not each.samples:
            raise Malformed(f"{each.name} has no type or no samples")
        if each.kind == "histogram":
            check_histogram(each)
    if open_metrics and not ended:
        raise Malformed("no # EOF")
    return families


def samples_named(families):
    """The names that a query may ask for."""
    return {name for family in families.values() for name, _ in family.samples}
