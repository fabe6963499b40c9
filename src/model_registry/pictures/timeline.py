"""The versions of a model in time: number, day, step and reason of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from model_registry.domain.printable import counted
from model_registry.pictures.letters import SMALL_SIZE, name_width, shortened, text_width
from model_registry.pictures.svg import Frame, element, framed, group, number, text, told

MOMENTS = 40
"""Versions a timeline shows, the newest; the picture says how many came before."""

MARGIN = 14.0
WORDS = 84
_ROW = 30.0
_DAY = 84.0
_LINE = _DAY + 14

_SHAPES = {
    "major": "m0 -8l8 8l-8 8l-8 -8z",
    "minor": "m-6 -6h12v12h-12z",
}
"""The marks of steps; any other one is a small ring."""

View = Mapping[str, Any]


def timeline(versions: Sequence[View], *, title: str = "Versions", standalone: bool = False) -> str:
    """Give versions as a line in time, SVG, in the order given.

    A version is a mapping with the keys of a version's view: `version`, `created_at`, `bump`, `summary`, `reason`,
    `state`; what is missing is left out. The mark tells the step: a diamond is major, a square minor, a ring anything
    else. At most 40 are drawn.
    """
    shown = list(versions[:MOMENTS])
    number_room = max((name_width(_number(version)) for version in shown), default=0.0) + 12
    step_room = max((text_width(_step(version), SMALL_SIZE) for version in shown), default=0.0) + 12
    left = _LINE + 18
    rows = [
        *_line(len(shown)),
        *(_moment(row, version, left, number_room, step_room) for row, version in enumerate(shown)),
    ]
    more = len(versions) - len(shown)
    notes = [f"{counted(more, 'more version')} not drawn."] if more else [] if shown else ["No versions."]
    rows += [text(note, left if shown else 0, _ROW * len(shown) + 12, "muted") for note in notes]
    widest = max((text_width(_words(version)) for version in shown), default=80.0)
    frame = Frame(
        title,
        " ".join([*(f"{_number(v)} {_day(v)} {_step(v)}." for v in shown), *notes]),
        round(left + number_room + step_room + widest + 2 * MARGIN),
        round(_ROW * len(shown) + 20 * len(notes) + 2 * MARGIN),
        ("plot",),
        "timeline",
    )
    shifted = group(None, rows, transform=f"translate({number(MARGIN)} {number(MARGIN)})")
    return framed(frame, [shifted], standalone=standalone)


def _line(rows: int) -> Iterator[str]:
    if rows > 1:
        yield element(
            "path", {"class": "grid", "d": f"M{number(_LINE)} {number(_ROW / 2)}v{number(_ROW * (rows - 1))}"}
        )


def _moment(row: int, version: View, left: float, number_room: float, step_room: float) -> str:
    y = row * _ROW + _ROW / 2
    about = [f"{_number(version)}, {version.get('created_at') or ''}".rstrip(", "), _step(version)]
    about += [str(version.get(key) or "") for key in ("summary", "reason")]
    words = [
        text(_day(version), 0, y + 4, "muted"),
        _mark(str(version.get("bump") or ""), y),
        text(_number(version), left, y + 4.5, "name"),
        text(_step(version), left + number_room, y + 4, "small muted"),
        text(_words(version), left + number_room + step_room, y + 4),
    ]
    return group("version", [told(*about), *words])


def _mark(bump: str, y: float) -> str:
    shape = _SHAPES.get(bump)
    if shape:
        return element("path", {"class": f"moment {bump}", "d": f"M{number(_LINE)} {number(y)}{shape}"})
    return element("circle", {"class": "moment", "cx": _LINE, "cy": y, "r": 4.5})


def _number(version: View) -> str:
    return shortened(str(version.get("version") or "?"), 24)


def _day(version: View) -> str:
    return shortened(str(version.get("created_at") or ""), 64)[:10]


def _step(version: View) -> str:
    """Give the step, and the state where it is not the usual one."""
    bump, state = (str(version.get(key) or "") for key in ("bump", "state"))
    told_state = "" if state == "registered" else state
    return shortened(", ".join(filter(None, ("" if bump == "none" else bump, told_state))), 30)


def _words(version: View) -> str:
    """Give the reason that was stated, else what changed."""
    return shortened(str(version.get("reason") or version.get("summary") or ""), WORDS)
