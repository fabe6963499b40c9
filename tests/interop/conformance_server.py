"""Our server with the conformance suite's fixtures, on a free port: `python -m interop.conformance_server`."""

from __future__ import annotations

import sys

from interop.conformance_fixtures import mount_conformance_fixtures
from model_registry.bootstrap import memory_registry
from model_registry.domain.source import Source
from model_registry.mcp import build_server
from model_registry.mcp_door.address import Address
from model_registry.mcp_door.http import Site, run_server
from texts import coin


def main() -> None:
    """Serve until the process is told to stop; the first line of the error stream ends in the URL."""
    registry = memory_registry()
    registry.register_model(Source(coin().encode(), "coin.md"))
    server = mount_conformance_fixtures(build_server(registry, remote=True))
    run_server(
        server,
        registry,
        Site(Address("127.0.0.1", 0)),
        ready=lambda url: print(f"Serving the registry at {url}", file=sys.stderr, flush=True),  # noqa: T201
    )


if __name__ == "__main__":
    main()
