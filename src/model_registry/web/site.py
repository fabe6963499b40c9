"""The pages as one application: which address gives which page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from model_registry import __version__
from model_registry.errors import RegistryError
from model_registry.registry import Registry
from model_registry.web.answering import ASKED_AGAIN, KEPT_FOR_EVER, Answer, entity_tag, is_known, response
from model_registry.web.catalogue import catalogue_page
from model_registry.web.comparison import chosen_comparison, comparison_page
from model_registry.web.model import model_page, versions_page
from model_registry.web.overview import changes_page, overview_page
from model_registry.web.problems import failure, problem_page, refusal
from model_registry.web.rendering import environment
from model_registry.web.source import source_file, source_page
from model_registry.web.static import MEDIA_TYPES, static_file

SMALLEST_COMPRESSED = 1_000
"""Bytes below which compressing an answer is of no use."""

Page = Callable[[Registry, Request], Answer]


@dataclass(frozen=True, slots=True)
class Row:
    """An address, and the function that gives its page.

    `settled` pages say only what the log holds: a browser that has one keeps it until something was written.
    """

    path: str
    page: Page
    settled: bool = False


def static_page(_: Registry, request: Request) -> Answer:
    """Give one of our own files."""
    name = request.path_params["name"]
    if name not in MEDIA_TYPES:
        raise HTTPException(404)
    file = static_file(name)
    keep = KEPT_FOR_EVER if request.query_params.get("v") == file.mark else ASKED_AGAIN
    return Answer(file.content, media_type=MEDIA_TYPES[name], mark=file.mark, keep=keep)


ROWS = (
    Row("/", catalogue_page),
    Row("/models/{model_id}", model_page),
    Row("/models/{model_id}/versions", versions_page, settled=True),
    Row("/models/{model_id}/versions/{version}", model_page),
    Row("/models/{model_id}/versions/{version}/source", source_page, settled=True),
    Row("/models/{model_id}/versions/{version}/source.txt", source_file),
    Row("/models/{model_id}/compare", chosen_comparison),
    Row("/models/{model_id}/compare/{version1}/{version2}", comparison_page, settled=True),
    Row("/registry", overview_page),
    Row("/changes", changes_page, settled=True),
    Row("/static/{name}", static_page),
)
"""Every page there is."""


def pages(registry: Registry) -> ASGIApp:
    """Give the pages of a registry as an application. It answers GET and HEAD, and changes nothing."""

    async def missed(request: Request, error: Exception) -> Response:
        return response(request, problem_page(failure(error.status_code if isinstance(error, HTTPException) else 500)))

    return Starlette(
        routes=[Route(row.path, _endpoint(registry, row), methods=["GET"]) for row in ROWS],
        middleware=[Middleware(GZipMiddleware, minimum_size=SMALLEST_COMPRESSED, compresslevel=5)],
        exception_handlers={HTTPException: missed, 500: missed},
    )


def prepare(registry: Registry) -> None:
    """Read what every page needs: the catalogue, what is counted of it, and the templates."""
    registry.facets()
    for name in environment().list_templates():
        environment().get_template(name)


def _endpoint(registry: Registry, row: Row) -> Callable[[Request], object]:
    def answer(request: Request) -> Response:
        try:
            mark = _mark(registry) if row.settled else ""
            if mark and is_known(request, entity_tag(mark)):
                return response(request, Answer("", mark=mark))
            made = row.page(registry, request)
            return response(request, replace(made, mark=mark) if mark and made.status == 200 else made)
        except RegistryError as error:
            return response(request, problem_page(refusal(error)))

    async def endpoint(request: Request) -> Response:
        return await anyio.to_thread.run_sync(answer, request)

    return endpoint


def _mark(registry: Registry) -> str:
    """Give the event, by its hash that chains all before it, and the program that a settled page is made of."""
    return f"{registry.catalogue().position.hash[:24]}-{__version__}"
