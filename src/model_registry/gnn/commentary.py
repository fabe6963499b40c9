"""What the comments of a text say about each of its names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from model_registry.gnn.model import Comment, GNNModel, Parameter, Variable

READ = 400
"""How many characters of a comment are read."""

_MENTION = re.compile(r"([^\W\d]\w{0,80})\[")


@dataclass(frozen=True, slots=True)
class Commentary:
    """The comments of a model: by line, by the names they mention as `name[...]`, and behind declarations."""

    by_line: Mapping[int, str]
    mentions: Mapping[str, Sequence[str]]
    declared: Mapping[str, Variable]

    def about(self, parameter: Parameter) -> Iterator[str]:
        """Give what is said about a parameter, the most telling first.

        That is: behind and above its value, behind and above its declaration, then wherever `name[...]` is explained.
        """
        yield parameter.comment[:READ]
        yield from self._above(parameter.line)
        variable = self.declared.get(parameter.name)
        if variable is not None:
            yield variable.description[:READ]
            yield from self._above(variable.line)
        yield from self.mentions.get(parameter.name, ())

    def _above(self, line: int) -> Iterator[str]:
        """Give the comments directly above a line, the nearest first; one blank line may come between."""
        at = line - 1 if line - 1 in self.by_line else line - 2
        while at in self.by_line:
            yield self.by_line[at]
            at -= 1


def commentary(model: GNNModel) -> Commentary:
    """Read the comments of a model once, for all its parameters."""
    by_line = {comment.line: comment.text[:READ] for comment in model.comments}
    declared = {variable.name: variable for variable in model.variables}
    return Commentary(by_line, _mentions(model.comments), declared)


def _mentions(comments: Sequence[Comment]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for comment in comments:
        text = comment.text[:READ]
        for name in dict.fromkeys(_MENTION.findall(text)):
            found.setdefault(name, []).append(text)
    return found
