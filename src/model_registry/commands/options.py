"""Arguments and options that several commands share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

ModelId = Annotated[str, typer.Argument(metavar="MODEL", help="The model: id, id@1.2.0, id@^1.2 or id@alias.")]
ModelFile = Annotated[Path, typer.Argument(metavar="FILE", help="A GNN model file; - reads the standard input.")]
Version = Annotated[str, typer.Argument(metavar="VERSION", help="A number, a range or an alias.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write there instead.")]

Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the trail.")]
OperationId = Annotated[str, typer.Option("--op-id", metavar="ID", help="Repeating it gives the first result.")]
Expected = Annotated[
    int | None, typer.Option("--expected-revision", metavar="N", help="Refuse if the model has moved on.")
]
AllowLower = Annotated[bool, typer.Option("--allow-lower", help="Allow a smaller step than required; needs --reason.")]
Force = Annotated[
    bool, typer.Option("--force", help="Let contradicting or circular requirements stand; needs --reason.")
]

Name = Annotated[str, typer.Option("--name", help="The model's label.")]
Description = Annotated[str, typer.Option("--description", help="What it is.")]
Author = Annotated[str, typer.Option("--author", help="Who made it.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="A tag; may be given several times.")]
Performance = Annotated[
    list[str] | None, typer.Option("--performance", metavar="METRIC=NUMBER", help="A measurement of the version.")
]
Requires = Annotated[
    list[str] | None, typer.Option("--requires", metavar="MODEL@RANGE", help="A requirement of the version.")
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="More metadata; VALUE is JSON or text.")
]

State = Annotated[list[str] | None, typer.Option("--state", help="active, deprecated, archived, deleted or any.")]
Kind = Annotated[list[str] | None, typer.Option("--kind", help="Of this kind (pomdp, hmm ...).")]
HasTag = Annotated[list[str] | None, typer.Option("--tag", help="With this tag.")]
ByAuthor = Annotated[str, typer.Option("--author", help="By this author.")]
MinPerformance = Annotated[float | None, typer.Option("--min-performance", help="With at least this score.")]
Filters = Annotated[
    list[str] | None, typer.Option("--filter", metavar="KEY=VALUE", help="Any other filter; VALUE is JSON or text.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many to show.")]
Cursor = Annotated[str, typer.Option("--cursor", help="Go on behind this cursor.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="MOMENT", help="As it was then: a date, a moment, an event.")]


def pairs(given: Sequence[str] | None) -> dict[str, Any]:
    """Read KEY=VALUE options; a value that is JSON is read as such."""
    found = {}
    for item in given or ():
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise typer.BadParameter(f"{item!r} is not KEY=VALUE")
        found[key] = _value(value)
    return found


def metadata(
    fields: Mapping[str, Any], settings: Sequence[str] | None, performance: Sequence[str] | None = None
) -> dict[str, Any]:
    """Give the metadata that options say: fields that are not empty, further settings, measurements."""
    measured = pairs(performance)
    given = {name: value for name, value in fields.items() if value not in ("", None, [])}
    return given | ({"performance": measured} if measured else {}) | pairs(settings)


def filters(given: Mapping[str, Any], further: Sequence[str] | None) -> dict[str, Any]:
    """Give the filters that options say, without those that are empty."""
    return {name: value for name, value in given.items() if value not in ("", None, [])} | pairs(further)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
