"""Where a server over HTTP listens, and which names and origins it answers to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from mcp.server.transport_security import TransportSecuritySettings

from model_registry.errors import ConfigError

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
PATH = "/mcp"


@dataclass(frozen=True, slots=True)
class Address:
    """A host, by name or number, and a port; port 0 takes one that is free."""

    host: str
    port: int

    @property
    def written(self) -> str:
        """Give the host as it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def loopback(self) -> bool:
        """Tell whether only this machine can reach it."""
        number = _number(self.host)
        return self.host == "localhost" if number is None else number.is_loopback

    @property
    def everywhere(self) -> bool:
        """Tell whether it means every address of this machine, and so is no name that a client calls."""
        number = _number(self.host)
        return number is not None and number.is_unspecified


def read_address(text: str) -> Address:
    """Read `HOST:PORT`, such as 127.0.0.1:8000 or [::1]:8000; ConfigError for anything else."""
    host, colon, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not colon or not bare or (":" in host) != (host != bare) or not (port.isascii() and port.isdigit()):
        raise _unusable(text)
    if int(port) > 65_535:
        raise _unusable(text)
    return Address(bare, int(port))


def require_protection(address: Address, names: Iterable[str], *, tokens: bool) -> None:
    """Refuse to serve others than this machine without tokens, or without a name to be called by."""
    if not address.loopback and not tokens:
        raise ConfigError(
            f"{address.host} can be reached by others, and no token would be asked of them",
            code="tokens_needed",
            where="--http",
            hint="Name a file of tokens with --token-file, or listen on 127.0.0.1.",
        )
    if address.everywhere and not list(names):
        raise ConfigError(
            f"{address.host} is every address of this machine, so the name that clients use must be told",
            code="host_needed",
            where="--allowed-host",
            hint="Name it with --allowed-host, such as --allowed-host registry.example.org.",
        )


def protection(address: Address, names: Iterable[str], origins: Iterable[str]) -> TransportSecuritySettings:
    """Give the Host and Origin headers that are answered; any other is refused (421, 403).

    Without this, a page in a browser could reach a server on its user's own machine by a name that it lets point there
    (DNS rebinding). A host without a port is answered on every port. Pages of this machine are let in on loopback only.
    """
    own = () if address.everywhere else (address.written,)
    local = LOOPBACK_NAMES if address.loopback else ()
    hosts = dict.fromkeys(form for name in (*own, *local, *names) for form in _on_every_port(name))
    pages = [form for name in local for form in _on_every_port(f"http://{name}")]
    return TransportSecuritySettings(allowed_hosts=list(hosts), allowed_origins=[*pages, *origins])


def _on_every_port(name: str) -> tuple[str, ...]:
    has_port = name.rpartition(":")[2].isdigit() and not name.endswith("]")
    return (name,) if has_port else (name, f"{name}:*")


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _unusable(text: str) -> ConfigError:
    return ConfigError(
        f"{text[:80]!r} is no address to serve at",
        code="bad_address",
        where="--http",
        hint="Write HOST:PORT, such as 127.0.0.1:8000.",
    )
