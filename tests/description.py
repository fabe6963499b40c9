"""What the user's description of the module promises, read from its text: each heading with its bullets."""

from __future__ import annotations

import re
from itertools import pairwise

LEFT_OUT = ("Module Structure", "Summary", "License and Citation", "References")
"""Chapters in which nothing is promised."""

_HEADING = re.compile(r"(#{2,4}) (?:\d+\. )?(?:`(\w+)\(.*|(.*))")
_PROMISE = re.compile(
    r"- (?:\*\*(.+?)\*\*|`(.+?)`|(.+)).*"  # a bullet: its bold or code words, else all of it
    r"|[├└]── (\w+\.\w+) .*"  # a file of the output
    r"|    '(\w+)':.*|        '\w+': '([^']+)',?"  # a setting; a rule
)


def promises(text: str) -> dict[str, list[str]]:
    """Give each heading, as `Chapter / heading`, with the titles of what it promises, in order.

    A heading that has neither such a thing nor another heading below it promises itself, and its list is empty.
    """
    found: list[tuple[int, str, list[str]]] = []
    chapter = ""
    for line in text.splitlines():
        heading, promise = _HEADING.fullmatch(line), _PROMISE.fullmatch(line)
        if heading:
            level, title = len(heading[1]), heading[2] or heading[3]
            chapter = title if level == 2 else chapter
            found.append((level, f"{chapter} / {title}", []))
        elif promise and found:
            found[-1][2].append(next(filter(None, promise.groups())))
    return {
        place: titles
        for (level, place, titles), (following, _, _) in pairwise([*found, (0, "", [])])
        if (titles or following <= level) and not place.startswith(LEFT_OUT)
    }
