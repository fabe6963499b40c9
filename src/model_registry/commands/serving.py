"""The commands that serve: assistants over standard input and output or a team over HTTP, and people in a browser."""

from __future__ import annotations

import gc
import sys
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model_registry.commands.door import Door, app, command

if TYPE_CHECKING:
    from model_registry.mcp_door.http import Site
    from model_registry.registry import Registry

__all__ = ["PANEL", "app", "serve"]

PANEL = "Run"
HTTP = "Over HTTP"
"""The help's heading for what is of no use without --http."""

Http = Annotated[
    str,
    typer.Option(
        "--http", metavar="HOST:PORT", help="Serve over HTTP: assistants at /mcp, people at /.", rich_help_panel=HTTP
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option("--token-file", metavar="FILE", help="Ask for a token of this file.", rich_help_panel=HTTP),
]
Hosts = Annotated[
    list[str] | None,
    typer.Option("--allowed-host", metavar="NAME", help="A name clients call the server by.", rich_help_panel=HTTP),
]
Origins = Annotated[
    list[str] | None,
    typer.Option("--allowed-origin", metavar="URL", help="A site whose pages may call it.", rich_help_panel=HTTP),
]
MaxBody = Annotated[
    int | None, typer.Option("--max-body", min=1, metavar="BYTES", help="The largest request.", rich_help_panel=HTTP)
]
MaxCalls = Annotated[
    int | None, typer.Option("--max-calls", min=1, help="Calls answered at once.", rich_help_panel=HTTP)
]
MaxRate = Annotated[
    float | None,
    typer.Option("--max-rate", min=0.01, help="Calls a second that one caller may make.", rich_help_panel=HTTP),
]


@command("serve", PANEL, lambda screen, view: None)
def serve(
    door: Door,
    root: Annotated[
        list[Path] | None, typer.Option("--root", metavar="DIR", help="Files may be read below it; may be repeated.")
    ] = None,
    toolsets: Annotated[
        str, typer.Option("--toolsets", metavar="NAMES", help="Of read, write, admin; parted by commas.")
    ] = "read,write",
    read_only: Annotated[bool, typer.Option("--read-only", help="Offer no tool that writes.")] = False,
    http: Http = "",
    token_file: TokenFile = None,
    allowed_host: Hosts = None,
    allowed_origin: Origins = None,
    max_body: MaxBody = None,
    max_calls: MaxCalls = None,
    max_rate: MaxRate = None,
) -> None:
    """Serve the registry to assistants over MCP: on standard input and output, or over HTTP."""
    limits = {"body": max_body, "at_once": max_calls, "per_second": max_rate}
    offered: dict[str, Any] = {"toolsets": [name.strip() for name in toolsets.split(",")], "read_only": read_only}
    if http:
        if root:
            raise typer.BadParameter("over HTTP no file is read, so --root has no meaning")
        _over_http(door, _site(http, token_file, allowed_host or (), allowed_origin or (), limits), offered)
    elif token_file or allowed_host or allowed_origin or any(limits.values()):
        raise typer.BadParameter("tokens, hosts, origins and limits are for --http HOST:PORT")
    else:
        _over_stdio(door, root, offered)


@command("browse", PANEL, lambda screen, view: None)
def browse(
    door: Door,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Listen there; by default anywhere free.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
) -> None:
    """Show the registry in a browser, to this machine only, until the command is stopped."""
    from model_registry.mcp_door.address import PATH, Address
    from model_registry.mcp_door.http import Site, serve_http

    def ready(url: str) -> None:
        page = f"{url.removesuffix(PATH)}/"
        sys.stderr.write(f"Showing the registry at {page}\nStop it with Ctrl-C.\n")
        sys.stderr.flush()
        if not no_open:
            webbrowser.open(page)

    serve_http(door.registry, Site(Address("127.0.0.1", port)), read_only=True, ready=ready)


def _over_stdio(door: Door, roots: Sequence[Path] | None, offered: Mapping[str, Any]) -> None:
    def opened() -> Registry:
        with _without_collecting():
            return door.registry

    with _without_collecting():
        from model_registry.mcp import build_server

        server = build_server(opened, roots=roots, **offered)
    server.run("stdio")


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Start without collecting garbage: there is none in what is imported, and looking for it takes an eighth of the
    time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _over_http(door: Door, site: Site, offered: Mapping[str, Any]) -> None:
    from model_registry.mcp_door.address import PATH
    from model_registry.mcp_door.http import serve_http

    def ready(url: str) -> None:
        sys.stderr.write(f"Serving the registry at {url}\nIts pages for people: {url.removesuffix(PATH)}/\n")
        sys.stderr.flush()

    serve_http(door.registry, site, ready=ready, **offered)


def _site(
    http: str,
    token_file: Path | None,
    hosts: Sequence[str],
    origins: Sequence[str],
    limits: Mapping[str, float | None],
) -> Site:
    from model_registry.bootstrap import open_tokens
    from model_registry.mcp_door.address import read_address
    from model_registry.mcp_door.http import Site
    from model_registry.mcp_door.limits import Limits

    accepted = open_tokens(token_file) if token_file else None
    if accepted:
        accepted.tokens()
    given: dict[str, Any] = {name: value for name, value in limits.items() if value is not None}
    holder = accepted.holder if accepted else None
    return Site(read_address(http), tuple(hosts), tuple(origins), Limits(**given), holder)
