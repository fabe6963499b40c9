"""Where a server listens, and which names and origins it answers to."""

from __future__ import annotations

import pytest

from model_registry.errors import ConfigError
from model_registry.mcp_door.address import Address, protection, read_address, require_protection


@pytest.mark.parametrize(
    ("text", "address", "loopback"),
    [
        ("127.0.0.1:8000", Address("127.0.0.1", 8000), True),
        ("127.8.9.1:0", Address("127.8.9.1", 0), True),
        ("localhost:80", Address("localhost", 80), True),
        ("[::1]:8000", Address("::1", 8000), True),
        ("0.0.0.0:8000", Address("0.0.0.0", 8000), False),
        ("[::]:65535", Address("::", 65_535), False),
        ("192.168.1.5:8000", Address("192.168.1.5", 8000), False),
        ("localhost.example.org:8000", Address("localhost.example.org", 8000), False),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, address: Address, loopback: bool) -> None:
    assert read_address(text) == address
    assert address.loopback is loopback


@pytest.mark.parametrize("text", ["", "8000", ":8000", "localhost", "localhost:", "::1:8000", "a:b", "a:65536", "a:²"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_address(text)
    assert refused.value.code == "bad_address"


def test_without_tokens_only_this_machine_is_served() -> None:
    require_protection(Address("localhost", 80), [], tokens=False)
    for host in ("192.168.1.5", "0.0.0.0", "::", "registry.example.org"):
        with pytest.raises(ConfigError) as refused:
            require_protection(Address(host, 80), ["registry.example.org"], tokens=False)
        assert refused.value.code == "tokens_needed"


def test_a_server_at_every_address_must_be_told_its_name() -> None:
    with pytest.raises(ConfigError) as refused:
        require_protection(Address("0.0.0.0", 80), [], tokens=True)
    assert refused.value.code == "host_needed"
    require_protection(Address("0.0.0.0", 80), ["registry.example.org"], tokens=True)


def test_hosts_and_origins_are_those_of_the_address_and_those_named() -> None:
    local = protection(Address("127.0.0.1", 80), [], [])
    assert local.enable_dns_rebinding_protection
    assert {"127.0.0.1", "127.0.0.1:*", "localhost:*", "[::1]:*"} <= set(local.allowed_hosts)
    assert {"http://localhost", "http://localhost:*"} <= set(local.allowed_origins)
    public = protection(Address("0.0.0.0", 80), ["registry.example.org", "10.0.0.1:90"], ["https://app.example.org"])
    assert public.allowed_hosts == ["registry.example.org", "registry.example.org:*", "10.0.0.1:90"]
    assert public.allowed_origins == ["https://app.example.org"]
    assert protection(Address("2001:db8::1", 80), [], []).allowed_hosts == ["[2001:db8::1]", "[2001:db8::1]:*"]
