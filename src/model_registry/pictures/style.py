"""The style of all pictures: colours by name, light and dark, and rules that use them.

The colours of groups follow Okabe and Ito (2008), which people with any colour vision can tell apart; beside a colour
there is always a shape, a dash or a sign. Text has at least the contrast that WCAG 2.2 AA asks for (4.5 to 1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

STEPS = 10
"""Colours of the sequential scale, 0 for nothing to 9 for the most."""

SIDE = 5
"""Colours on either side of the middle of the diverging scale."""

Palette = Mapping[str, str]
Rgb = tuple[float, float, float]


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (c / 255 for c in _rgb(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def _ramp(anchors: Sequence[str], steps: int) -> list[str]:
    """Give so many colours from the first anchor to the last, evenly."""
    stops = list(pairwise(map(_rgb, anchors)))
    colours = []
    for step in range(steps):
        place = step / (steps - 1) * len(stops)
        low, high = stops[min(int(place), len(stops) - 1)]
        share = place - min(int(place), len(stops) - 1)
        colours.append("#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(low, high, strict=True)))
    return colours


def _scales(sequential: Sequence[str], negative: str, middle: str, positive: str) -> dict[str, str]:
    """Give the colours of both scales, each with that of the text on it."""
    below, above = _ramp((negative, middle), SIDE + 1), _ramp((middle, positive), SIDE + 1)
    named = {f"seq-{step}": colour for step, colour in enumerate(_ramp(sequential, STEPS))}
    named |= {f"div-n{SIDE - step}": colour for step, colour in enumerate(below[:-1])}
    named |= {f"div-p{step}": colour for step, colour in enumerate(above)}
    texts = {f"on-{name}": max("#000000", "#ffffff", key=lambda ink: contrast(ink, of)) for name, of in named.items()}
    return named | texts


LIGHT: Palette = MappingProxyType(
    {
        "paper": "#ffffff",
        "ink": "#1b1f24",
        "muted": "#57606a",
        "line": "#6e7781",
        "faint": "#d0d7de",
        "observations": "#0b62a8",
        "observations-fill": "#e1effb",
        "states": "#00705f",
        "states-fill": "#def3ee",
        "likelihood": "#8b3f86",
        "likelihood-fill": "#f8e8f6",
        "dynamics": "#a04f00",
        "dynamics-fill": "#fdecd9",
        "priors": "#736000",
        "priors-fill": "#f9f1cc",
        "policy": "#b3341c",
        "policy-fill": "#fde7e1",
        "precision": "#46556e",
        "precision-fill": "#e8edf5",
        "others": "#57606a",
        "others-fill": "#f3f5f7",
        "added": "#0b62a8",
        "added-fill": "#e1effb",
        "removed": "#b3341c",
        "removed-fill": "#fde7e1",
        "changed": "#8b3f86",
        "changed-fill": "#f8e8f6",
    }
    | _scales(("#f4f8fc", "#9ecae1", "#2a7ab9", "#08306b"), "#b35806", "#f7f7f7", "#2166ac")
)

DARK: Palette = MappingProxyType(
    {
        "paper": "#0d1117",
        "ink": "#e6edf3",
        "muted": "#9da7b3",
        "line": "#8b949e",
        "faint": "#30363d",
        "observations": "#6cb6ff",
        "observations-fill": "#10263b",
        "states": "#4cc9b0",
        "states-fill": "#0c2e29",
        "likelihood": "#e39fdc",
        "likelihood-fill": "#331b33",
        "dynamics": "#f0a35e",
        "dynamics-fill": "#3a2410",
        "priors": "#d9c35a",
        "priors-fill": "#302a0b",
        "policy": "#ff9a85",
        "policy-fill": "#3b1b15",
        "precision": "#a9b8d0",
        "precision-fill": "#1e2633",
        "others": "#9da7b3",
        "others-fill": "#1a2028",
        "added": "#6cb6ff",
        "added-fill": "#10263b",
        "removed": "#ff9a85",
        "removed-fill": "#3b1b15",
        "changed": "#e39fdc",
        "changed-fill": "#331b33",
    }
    | _scales(("#131c26", "#1f4e79", "#4a94d0", "#cfe6fb"), "#f0a35e", "#1c2128", "#6cb6ff")
)

GROUP_KEYS = ("observations", "states", "likelihood", "dynamics", "priors", "policy", "precision", "others")
MARK_KEYS = ("added", "removed", "changed")

_COMMON = """
.picture{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",Arial,sans-serif;font-size:12px}
.picture .paper{fill:var(--pic-paper)}
.picture text{fill:var(--pic-ink)}
.picture .muted{fill:var(--pic-muted)}
.picture .small{font-size:10.5px}
.picture .heading{font-weight:600}
.picture .name{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
"""

_GRAPH = "".join(
    [
        """
.picture .edge path{fill:none;stroke:var(--pic-line);stroke-width:1.4}
.picture .edge .arrow,.picture .edge .joint{fill:var(--pic-line);stroke:none}
.picture .edge.conditional path{stroke-dasharray:2 3}
.picture .edge:hover path{stroke-width:2.6}
.picture .outline{stroke-width:1.5}
.picture .detail{fill:none;stroke-width:1}
.picture .node:hover .outline,.picture .node:focus .outline{stroke-width:3}
.picture .node:focus{outline:none}
.picture .undeclared .outline{stroke-dasharray:4 3}
""",
        *(
            f".picture .{key} .outline{{fill:var(--pic-{key}-fill);stroke:var(--pic-{key})}}"
            f".picture .{key} .detail{{stroke:var(--pic-{key})}}\n"
            for key in GROUP_KEYS
        ),
        ".picture.compared .outline{fill:var(--pic-paper);stroke:var(--pic-muted)}"
        ".picture.compared .detail{stroke:var(--pic-muted)}\n",
        *(
            f".picture.compared .node.{mark} .outline{{fill:var(--pic-{mark}-fill);stroke:var(--pic-{mark});"
            f"stroke-width:2.5}}.picture.compared .node.{mark} .detail{{stroke:var(--pic-{mark})}}"
            f".picture .edge.{mark} path{{stroke:var(--pic-{mark});stroke-width:2.6}}"
            f".picture .edge.{mark} .arrow,.picture .edge.{mark} .joint{{fill:var(--pic-{mark})}}"
            f".picture .badge.{mark}{{fill:var(--pic-{mark})}}\n"
            for mark in MARK_KEYS
        ),
        """.picture.compared .node.removed .outline,.picture .edge.removed path{stroke-dasharray:6 4}
.picture .edge.changed path{stroke-dasharray:9 3 2 3}
.picture .edge path.arrow{stroke:none}
.picture .sign{fill:var(--pic-paper);font-weight:700}
""",
    ]
)

_SCALE_NAMES = (
    *(f"seq-{step}" for step in range(STEPS)),
    *(f"div-n{step}" for step in range(SIDE, 0, -1)),
    *(f"div-p{step}" for step in range(SIDE + 1)),
)

_HEAT = """
.picture .cell{stroke:var(--pic-faint);stroke-width:.5}
.picture .cell.moved{stroke:var(--pic-ink);stroke-width:2}
.picture .nothing{fill:var(--pic-paper);stroke:var(--pic-muted);stroke-dasharray:2 2}
.picture .value{font-size:10.5px}
""" + "".join(
    f".picture .{name}{{fill:var(--pic-{name})}}.picture .value.on-{name}{{fill:var(--pic-on-{name})}}\n"
    for name in _SCALE_NAMES
)

_PLOT = (
    """
.picture .axis{stroke:var(--pic-muted);stroke-width:1;fill:none}
.picture .grid{stroke:var(--pic-faint);stroke-width:1;fill:none}
.picture .bar{fill:var(--pic-observations)}
.picture .series{fill:none;stroke-width:2}
.picture .point{stroke-width:2}
"""
    + "".join(
        f".picture .series-{place} .series{{stroke:var(--pic-{key})}}"
        f".picture .series-{place} .point{{fill:var(--pic-paper);stroke:var(--pic-{key})}}\n"
        for place, key in enumerate(("observations", "dynamics", "states", "likelihood"))
    )
    + """.picture .series-1 .series{stroke-dasharray:7 3}
.picture .series-2 .series{stroke-dasharray:2 3}
.picture .series-3 .series{stroke-dasharray:9 3 2 3}
.picture .moment{stroke:var(--pic-ink);stroke-width:1.5;fill:var(--pic-paper)}
.picture .moment.major{fill:var(--pic-policy);stroke:var(--pic-policy)}
.picture .moment.minor{fill:var(--pic-observations);stroke:var(--pic-observations)}
"""
)

PARTS: Mapping[str, str] = MappingProxyType({"common": _COMMON, "graph": _GRAPH, "heat": _HEAT, "plot": _PLOT})
"""The rules by the part of a picture that needs them."""

_SCREEN = "@media (prefers-color-scheme:dark)"
_VARIABLE = re.compile(r"var\(--pic-([a-z0-9-]+)\)")


def _variables(palette: Palette) -> str:
    return ";".join(f"--pic-{name}:{colour}" for name, colour in palette.items())


STYLE = (
    f":root{{{_variables(LIGHT)}}}\n{_SCREEN}{{:root{{{_variables(DARK)}}}}}\n"
    ".picture{max-width:100%;height:auto}\n" + "".join(rules.lstrip() for rules in PARTS.values())
)
"""The style sheet that a page with pictures needs; every colour is a custom property `--pic-...` that it may set."""


def file_style(parts: Iterable[str]) -> str:
    """Give the style of a picture that is a file: its parts only, in plain colours, which every viewer understands."""
    rules = "".join(PARTS[part].lstrip() for part in ("common", *parts))
    dark = "".join(line for line in rules.splitlines(keepends=True) if "var(" in line)
    return f"{_coloured(rules, LIGHT)}{_SCREEN}{{\n{_coloured(dark, DARK)}}}"


def _coloured(rules: str, palette: Palette) -> str:
    return _VARIABLE.sub(lambda found: palette[found[1]], rules)
