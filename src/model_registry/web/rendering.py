"""From values to HTML. Whatever a template shows is freed of characters that do not show, and escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from model_registry import __version__
from model_registry.commands.phrases import use
from model_registry.domain.printable import counted, printable
from model_registry.gnn.changes import KINDS
from model_registry.mcp_door.cleaning import visible
from model_registry.web.addresses import PAGES
from model_registry.web.static import address

_MARKED = re.compile(r"\*\*(.+?)\*\*")


def render(template: str, values: Mapping[str, Any]) -> str:
    """Give the HTML that a template makes of values."""
    return environment().get_template(template).render(values)


@lru_cache
def environment() -> Environment:
    """Give the templates with what they may use; each is read once."""
    made = Environment(
        loader=PackageLoader("model_registry.web"),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "date": date,
        "moment": moment,
        "passage": passage,
        "counted": counted,
        "printable": printable,
        "number": "{:,}".format,
        "words": words,
        "value": value,
        "measured": measured,
        "sentence": sentence,
        "use": use,
        "detail": detail,
        "what": lambda kind: KINDS.get(kind, words(kind)),
    }
    made.globals |= {"to": PAGES, "static": address, "program_version": __version__}
    return made


def shown(value: Any) -> Any:
    """Give a value as it stands in a page: nothing for None, a text without what does not show."""
    if value is None:
        return ""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def ours(text: str) -> Markup:
    """Give what this program wrote itself, such as a picture, so that it is not escaped once more."""
    return Markup(text)  # noqa: S704 - the one place; whoever calls it has escaped what strangers wrote


def date(at: str) -> Markup:
    """Give the day of a moment."""
    return _time(at, "{0.day} {0:%b} {0:%Y}")


def moment(at: str) -> Markup:
    """Give a moment to the minute; all moments of a registry are UTC."""
    return _time(at, "{0.day} {0:%b} {0:%Y}, {0:%H}:{0:%M}")


def _time(at: str, form: str) -> Markup:
    try:
        read = datetime.fromisoformat(at)
    except ValueError:
        return escape(at)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        at, at[:19].replace("T", " "), form.format(read)
    )


def passage(text: str) -> Markup:
    """Give a passage with its **marked** words as marked words."""
    pieces = _MARKED.split(visible(text))
    marked = (Markup("<mark>{}</mark>").format(piece) if odd % 2 else escape(piece) for odd, piece in enumerate(pieces))
    return Markup().join(marked)


def words(name: str) -> str:
    """Give a name of ours as words: `version_registered`, `edge-removed`."""
    return name.replace("_", " ").replace("-", " ")


def sentence(text: str) -> str:
    """Give a message of ours as a sentence."""
    ended = text if not text or text[-1] in ".?!" else f"{text}."
    return ended[:1].upper() + ended[1:]


def detail(numbers: Mapping[str, Any]) -> str:
    """Give how the numbers of a tensor differ, and how the parts of any other change do, in words."""
    if "cells" in numbers:
        largest = numbers.get("max_abs")
        told = f"{numbers['changed']:,} of {counted(numbers['cells'], 'cell')} differ"
        return f"{told}, at most by {'infinity' if largest is None else format(largest, 'g')}{_divergence(numbers)}"
    plain = {key: each for key, each in numbers.items() if isinstance(each, str | int | float)}
    return ", ".join(f"{words(key)} {value(each)}" for key, each in plain.items())


def _divergence(numbers: Mapping[str, Any]) -> str:
    """Give how far apart two distributions are, old to new, where both sides are some; "" where not."""
    known = numbers.get("kl")
    if not known:
        return ""
    return f"; divergence {'infinite' if known['forward'] is None else format(known['forward'], '.3g') + ' nats'}"


def value(value: Any) -> str:
    """Give a value of a change on one line."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case dict() | Mapping():
            return ", ".join(f"{key} {measured(each)}" for key, each in value.items()) or "none"
        case list() | tuple():
            return ", ".join(map(str, value)) or "none"
        case float():
            return f"{value:g}"
    return str(value)


def measured(value: Any) -> str:
    """Give a measurement, of the forms it may have, as a number."""
    number = value["value"] if isinstance(value, Mapping) else value
    return f"{number:g}" if isinstance(number, float) else str(number)
