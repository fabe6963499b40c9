"""What every answer of this door has in common: headers that keep a page harmless, and marks that spare sending it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HTML = "text/html; charset=utf-8"
KEPT_FOR_EVER = "private, max-age=31536000, immutable"
ASKED_AGAIN = "private, no-cache"

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HARMLESS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What stands on every answer: nothing runs or is fetched that is not ours, nobody frames a page or learns of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a page says. A browser asks again each time, unless `keep` says otherwise."""

    content: str | bytes
    status: int = 200
    media_type: str = HTML
    mark: str = ""
    keep: str = ASKED_AGAIN
    headers: Mapping[str, str] = field(default_factory=dict)


def response(request: Request, answer: Answer) -> Response:
    """Give an answer, or 304 to a browser that has it already."""
    content = answer.content.encode("utf-8", "replace") if isinstance(answer.content, str) else answer.content
    tag = entity_tag(answer.mark or sha256(content).hexdigest()[:20])
    headers = {"ETag": tag, "Cache-Control": answer.keep, "Vary": "Accept-Encoding", **answer.headers}
    if answer.status == 200 and is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(content, answer.status, headers, answer.media_type)


def entity_tag(mark: str) -> str:
    """Give a weak tag: the same page, compressed or not."""
    return f'W/"{mark}"'


def is_known(request: Request, tag: str) -> bool:
    """Tell whether a browser says that it has what bears this tag."""
    known = request.headers.get("if-none-match", "")
    return known == "*" or tag.removeprefix("W/") in {each.strip().removeprefix("W/") for each in known.split(",")}


def harmless(app: ASGIApp) -> ASGIApp:
    """Put the headers of `HARMLESS` on every answer of an application."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HARMLESS)
            await send(message)

        await app(scope, receive, sending)

    return answer
