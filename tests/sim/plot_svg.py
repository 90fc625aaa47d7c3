"""Draws one run second by second as an SVG that stays readable on a light and on a dark page."""

import math
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 240
LEFT, RIGHT, TOP, BOTTOM = 46, 24, 46, 52
STRIP = 8  # height of the strip that shows what the screen says
STRIP_MOST = 150  # parts of the strip, at most

# What the screen says, by how it begins or what it holds: the first that fits.
SAYS = (("headers:", "headers", "#7fc8bd"), ("refused at any rate", "noise", "#cbb58f"),
        ("limit near", "checking", "#f0c63c"), ("limit about", "limit known", "#86b6e8"),
        ("window ", "window known", "#5f8fd6"), ("finding the limit", "finding", "#9ccf8a"),
        ("coming back", "coming back", "#5fae5a"), ("at once", "number in flight", "#b79ddf"),
        ("in flight", "number in flight", "#b79ddf"), ("", "held", "#d97b6c"))


@dataclass
class Line:
    """One series: a value a second from `start` on, drawn in steps of `bin` seconds."""
    label: str
    values: list
    colour: str
    bin: int = 1
    shift: int = 0  # a bin ends there
    filled: bool = False
    from_bottom: bool = False  # counts from the bottom, wherever the axis begins
    dashed: bool = False


@dataclass
class Chart:
    title: str
    unit: str
    start: int
    end: int
    lines: list = field(default_factory=list)
    says: list = field(default_factory=list)  # the belief of each second
    least: float = 0


def nice_step(span, most):
    """A step of 1, 2 or 5 times a power of ten that cuts the span into at most so many."""
    power = 10 ** math.floor(math.log10(span / most))
    return next(power * k for k in (1, 2, 5, 10, 20) if span / (power * k) <= most)


def number(x):
    return f"{x:.1f}".rstrip("0").rstrip(".")


def bins(line, chart):
    """(from, to, mean a second) of each bin that the chart shows, the outermost cut at its edges."""
    first, out = chart.start - (chart.start - line.shift) % line.bin, []
    for at in range(first, chart.end, line.bin):
        values = line.values[max(0, at):at + line.bin]
        out.append((max(at, chart.start), min(at + line.bin, chart.end), sum(values) / len(values)))
    return out


class Scale:
    def __init__(self, chart):
        tops = [v for line in chart.lines for _, _, v in bins(line, chart)]
        self.chart = chart
        self.most = chart.least + 1.08 * max(1e-9, max(tops) - chart.least)

    def x(self, second):
        c = self.chart
        return LEFT + (WIDTH - LEFT - RIGHT) * (second - c.start) / (c.end - c.start)

    def y(self, value):
        height = HEIGHT - TOP - BOTTOM
        share = (value - self.chart.least) / (self.most - self.chart.least)
        return TOP + height * (1 - min(1, max(0, share)))


def draw_line(line, chart, scale):
    base = scale.y(chart.least)
    path = "" if not line.filled else f"M{number(scale.x(chart.start))} {number(base)}"
    for at, to, value in bins(line, chart):
        y = number(scale.y(value + (chart.least if line.from_bottom else 0)))
        path += f"V{y}" if path else f"M{number(scale.x(at))} {y}"
        path += f"H{number(scale.x(to))}"
    if line.filled:
        return f'<path d="{path}V{number(base)}Z" fill="{line.colour}"/>'
    dash = ' stroke-dasharray="5 3"' if line.dashed else ""
    return f'<path d="{path}" fill="none" stroke="{line.colour}" stroke-width="1.5"{dash}/>'


def text(x, y, words, anchor="start", more=""):
    return f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


def draw_axes(chart, scale):
    out, bottom = [], HEIGHT - BOTTOM
    step = nice_step(scale.most - chart.least, 4)
    value = math.ceil(chart.least / step) * step
    while value <= scale.most:
        y = number(scale.y(value))
        out.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#00000018"/>')
        out.append(text(LEFT - 6, scale.y(value) + 4, number(value), "end"))
        value += step
    step = max(1, nice_step(chart.end - chart.start, 10))
    for second in range(math.ceil(chart.start / step) * int(step), chart.end + 1, int(step)):
        out.append(text(scale.x(second), bottom + STRIP + 16, f"{second} s", "middle"))
    return out


def draw_legend(lines):
    out, x = [], LEFT
    for line in lines:
        out.append(f'<rect x="{x}" y="29" width="14" height="8" fill="{line.colour}"/>')
        out.append(text(x + 19, 37, line.label))
        x += 36 + round(6.8 * len(line.label))
    return out


def kind_of(words):
    return next((name, colour) for part, name, colour in SAYS if part in words)


def draw_strip(chart, scale):
    """What the screen says at the end of each second, and what the colours mean."""
    out, seen, y, at = [], {}, HEIGHT - BOTTOM + 2, chart.start
    step = max(1, (chart.end - chart.start) // STRIP_MOST)
    while at < chart.end and chart.says:
        name, colour = kind_of(chart.says[at])
        to = at
        while to < chart.end and kind_of(chart.says[to])[0] == name:
            to = min(chart.end, to + step)
        width = number(scale.x(to) - scale.x(at))
        out.append(f'<rect x="{number(scale.x(at))}" y="{y}" width="{width}" height="{STRIP}" fill="{colour}"/>')
        seen[name] = colour
        at = to
    x = LEFT
    for name, colour in seen.items():
        out.append(f'<rect x="{x}" y="{HEIGHT - 16}" width="14" height="8" fill="{colour}"/>')
        out.append(text(x + 19, HEIGHT - 8, name))
        x += 36 + round(6.8 * len(name))
    return out


def draw(chart):
    scale = Scale(chart)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
             f'height="{HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">',
             f"<title>{escape(chart.title)}</title>",
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
             text(LEFT, 18, chart.title, more=' font-weight="bold"'),
             text(WIDTH - RIGHT, 18, chart.unit, "end")]
    # filled areas lie behind the lines
    for line in sorted(chart.lines, key=lambda line: not line.filled):
        parts.append(draw_line(line, chart, scale))
    parts += draw_axes(chart, scale) + draw_legend(chart.lines) + draw_strip(chart, scale)
    return "\n".join(parts + ["</svg>"]) + "\n"
