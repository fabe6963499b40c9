"""What can go wrong with a page, told as a page: what is wrong, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from model_registry.commands.wording import as_commands
from model_registry.errors import (
    ConfigError,
    LifecycleError,
    NotFoundError,
    RegistryError,
    SearchError,
    StorageError,
)
from model_registry.web.answering import Answer
from model_registry.web.rendering import render

STATUS: Mapping[type[RegistryError], int] = {
    NotFoundError: 404,
    StorageError: 503,
    ConfigError: 503,
    SearchError: 400,
    LifecycleError: 409,
    RegistryError: 400,
}
"""Error -> status of its page; the first class that an error is of decides."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A page that cannot be shown."""

    status: int
    title: str
    message: str
    hint: str = ""


def problem_page(problem: Problem) -> Answer:
    """Give the page that tells of a problem."""
    return Answer(render("problem.html", {"problem": problem}), problem.status, keep="no-store")


def refusal(error: RegistryError) -> Problem:
    """Give the problem that an error of the registry is."""
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    title = "Not found" if status == 404 else "This cannot be shown"
    return Problem(status, title, error.message, as_commands(error.hint))


def failure(status: int) -> Problem:
    """Give the problem of a request that no page answers."""
    if status == 404:
        return Problem(status, "Not found", "There is no page at this address.", "Search for the model instead.")
    if status == 405:
        return Problem(status, "Pages are only read", "Nothing can be changed from here.", "")
    phrase = HTTPStatus(status).phrase
    hint = "Try again; if it stays so, run `model-registry doctor`." if status >= 500 else ""
    return Problem(status, phrase, "The page could not be made.", hint)
