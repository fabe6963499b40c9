"""A server over HTTP with tokens: who is let in, to what, as whom; and what is refused."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import MCPError

from asking import call, refusal
from model_registry import __version__
from model_registry.bootstrap import open_registry, open_tokens
from model_registry.mcp_door.address import Address
from model_registry.mcp_door.bearer import SCOPE_OF
from model_registry.mcp_door.http import _listening
from model_registry.mcp_door.limits import Limits
from model_registry.operations import OPERATIONS
from serving import Serving, connected, start, wire, wire_call
from texts import coin, source

pytestmark = pytest.mark.anyio

SCOPES = {
    "reader": ["registry:read"],
    "writer": ["registry:read", "registry:write"],
    "keeper": ["registry:read", "registry:write", "registry:admin"],
}
ORIGIN = "https://app.example.org"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("team")
    open_registry(folder / "registry", actor="ada").register_model(source(coin()), {"tags": ["toy"]})
    return folder


@pytest.fixture(scope="module")
def tokens(folder: Path) -> Mapping[str, str]:
    """Give tokens by what they are good for; the subject of each is its name."""
    book, long_ago = open_tokens(folder / "tokens.json"), datetime(2020, 1, 1, tzinfo=UTC)
    made = {name: book.create(name, scopes, "1d")[1] for name, scopes in SCOPES.items()}
    revoked, text = book.create("revoked", SCOPES["keeper"], "never")
    book.revoke(revoked.id)
    expired = open_tokens(folder / "tokens.json", clock=lambda: long_ago).create("expired", SCOPES["keeper"], "1d")[1]
    return made | {"revoked": text, "expired": expired, "altered": made["keeper"][:-1] + "x", "empty": ""}


@pytest.fixture(scope="module")
def team(folder: Path, tokens: Mapping[str, str]) -> Iterator[Serving]:
    assert tokens
    options = ["--token-file", "tokens.json", "--actor", "the server", "--allowed-origin", ORIGIN]
    serving = start(folder, *options, "--toolsets", "read, write, admin")
    yield serving
    code, said = serving.stop()
    assert code == 0
    assert not [word for word in ("Traceback", "ERROR", *filter(None, tokens.values())) if word in said]


def post(serving: Serving, token: str, request: Mapping[str, Any], **headers: str) -> httpx2.Response:
    """Send a request of the newer era with a token and further headers."""
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx2.post(serving.url, **{**request, "headers": {**request["headers"], **bearer, **headers}})


@pytest.mark.parametrize("name", ["empty", "altered", "expired", "revoked"])
def test_without_a_token_that_holds_nobody_is_let_in(team: Serving, tokens: Mapping[str, str], name: str) -> None:
    for request in (wire("tools/list"), wire_call("list_models"), wire("server/discover")):
        refused = post(team, tokens[name], request)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
        assert "Coin" not in refused.text
    assert httpx2.get(team.url).status_code == 401
    assert httpx2.delete(team.url).status_code == 401


def test_guessing_tokens_is_slowed_down_and_slows_nobody_else(folder: Path, tokens: Mapping[str, str]) -> None:
    serving = start(folder, "--token-file", "tokens.json", "--max-rate", "0.01")
    guess = wire_call("list_models")
    guess["headers"]["Authorization"] = "Bearer a-guess"
    try:
        with httpx2.Client() as http:
            answers = [http.post(serving.url, **guess) for _ in range(Limits().burst + 1)]
        assert {answer.status_code for answer in answers[:-1]} == {401}
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) > 1
        assert post(serving, tokens["reader"], wire_call("list_models")).status_code == 200
    finally:
        serving.stop()


def test_a_token_is_taken_from_its_header_alone(team: Serving, tokens: Mapping[str, str]) -> None:
    request = wire_call("list_models")
    assert post(team, tokens["reader"], request).status_code == 200
    assert post(team, "", request, Authorization=f"Basic {tokens['reader']}").status_code == 401
    assert httpx2.post(f"{team.url}?access_token={tokens['reader']}", **request).status_code == 401


def test_a_token_revoked_while_the_server_runs_is_refused_at_once(team: Serving, folder: Path) -> None:
    token, text = open_tokens(folder / "tokens.json").create("guest", SCOPES["reader"], "1d")
    assert post(team, text, wire_call("list_models")).status_code == 200
    open_tokens(folder / "tokens.json").revoke(token.id)
    assert post(team, text, wire_call("list_models")).status_code == 401


@pytest.mark.parametrize("name", SCOPES)
async def test_a_token_is_offered_the_tools_of_its_scopes_and_refused_all_others(
    team: Serving, tokens: Mapping[str, str], era: str, name: str
) -> None:
    allowed = {tool for tool, scope in SCOPE_OF.items() if scope in SCOPES[name]} - {"process_model_registry"}
    refused = {operation.name for operation in OPERATIONS} - allowed - {"process_model_registry"}
    async with connected(team, tokens[name], era) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == allowed
        for tool in refused:
            arguments = {"model_id": "coin-judge", "version": "1.0.0", "alias": "a", "metadata": {"tags": ["a"]}}
            known = {key: arguments[key] for key in NEEDED.get(tool, ())}
            with pytest.raises(MCPError, match=f"insufficient_scope: this call needs the scope {SCOPE_OF[tool]}"):
                await client.call_tool(tool, known)
        assert (await call(client, "get_model_info", model_id="coin-judge"))["tags"] == ["toy"]


NEEDED = {
    **{operation.name: ("model_id",) for operation in OPERATIONS if operation.name.endswith(("model", "version"))},
    "register_model": (),
    "update_model_metadata": ("model_id", "metadata"),
    "set_model_alias": ("model_id", "alias"),
    "rollback_model": ("model_id", "version"),
    "yank_model_version": ("model_id", "version"),
}
"""Tool -> the arguments it cannot do without."""


async def test_the_subject_of_the_token_stands_in_the_trail(team: Serving, tokens: Mapping[str, str], era: str) -> None:
    text = coin(f"Judge of era {era}")
    for name in ("writer", "keeper"):
        async with connected(team, tokens[name], era) as client:
            done = await call(client, "register_model", source=text, metadata={"author": "somebody"})
            await call(client, "set_model_alias", model_id=done["model_id"], alias=name, version="1.0.0")
            assert "unknown_argument" in await refusal(client, "archive_model", model_id=done["model_id"], actor="ada")
            trail = await call(client, "get_audit_trail", model_id=done["model_id"])
            assert trail["items"][0]["actor"] == name
    assert [event["actor"] for event in trail["items"]] == ["keeper", "writer", "writer"]


async def test_only_an_admin_takes_a_model_out_of_the_archive(
    team: Serving, tokens: Mapping[str, str], era: str
) -> None:
    async with connected(team, tokens["writer"], era) as client:
        made = await call(client, "register_model", source=coin(f"Archived in {era}"))
        model = made["model_id"]
        await call(client, "deprecate_model", model_id=model)
        assert (await call(client, "restore_model", model_id=model))["state"] == "active"
        await call(client, "archive_model", model_id=model)
        with pytest.raises(MCPError, match="needs the scope registry:admin"):
            await client.call_tool("restore_model", {"model_id": f"{model}@1.0.0"})
    async with connected(team, tokens["keeper"], era) as client:
        assert (await call(client, "restore_model", model_id=model))["state"] == "active"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "192.168.1.5:8000"]
)
def test_a_foreign_host_is_refused(team: Serving, tokens: Mapping[str, str], host: str) -> None:
    assert post(team, tokens["reader"], wire_call("list_models"), Host=host).status_code == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", f"{ORIGIN}.evil", "null"])
def test_a_foreign_origin_is_refused(team: Serving, tokens: Mapping[str, str], origin: str) -> None:
    refused = post(team, tokens["reader"], wire_call("list_models"), Origin=origin)
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers


def test_a_page_of_an_allowed_origin_may_ask_and_call(team: Serving, tokens: Mapping[str, str]) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    preflight = httpx2.request(
        "OPTIONS", team.url, headers={**asked, "Access-Control-Request-Headers": "authorization,mcp-method"}
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    answer = post(team, tokens["reader"], wire_call("list_models"), Origin=ORIGIN)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, ORIGIN)


def test_a_body_that_is_too_large_is_refused_however_it_is_sent(team: Serving, tokens: Mapping[str, str]) -> None:
    headers = {**wire("tools/call")["headers"], "Authorization": f"Bearer {tokens['keeper']}"}
    chunk = b" " * 65_536
    chunks = (chunk for _ in range(Limits().body // len(chunk) + 1))
    for content in (b" " * (Limits().body + 1), chunks):
        told = {**headers, "Content-Type": "application/json"}
        assert httpx2.post(team.url, headers=told, content=content).status_code == 413


PATHS = ["coin.md", "/etc/hosts", "../coin.md", "%2e%2e%2fcoin.md", "C:\\coin.md", "~/coin.md", "registry/config.json"]


async def test_no_path_is_read(team: Serving, tokens: Mapping[str, str], era: str, folder: Path) -> None:
    (folder / "coin.md").write_text(coin("Never Read"))
    async with connected(team, tokens["keeper"], era) as client:
        tools = (await client.list_tools()).tools
        assert not [tool.name for tool in tools if "model_path" in tool.model_dump_json()]
        taking = [tool.name for tool in tools if "source" in tool.input_schema["properties"]]
        assert set(taking) > {"register_model", "create_model_version", "validate_model", "identify_model"}
        for tool in taking:
            known = {"model_id": "coin-judge"} if tool == "create_model_version" else {}
            for path in PATHS if tool == "register_model" else PATHS[:1]:
                message = await refusal(client, tool, model_path=path, **known)
                assert message.startswith("no_paths_here: this server reads no files.")
                assert "Never Read" not in message
        for folder_asked in (".", "/"):
            message = await refusal(client, "process_model_registry", target_dir=folder_asked)
            assert "no_paths_here" in message
        assert "Give exactly one of source." in await refusal(client, "validate_model")
        assert (await call(client, "search_models", query="Never"))["total"] == 0


async def test_a_session_serves_only_the_token_that_opened_it(team: Serving, tokens: Mapping[str, str]) -> None:
    opening = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
    accept = {"Accept": "application/json, text/event-stream"}
    keeper, reader = ({**accept, "Authorization": f"Bearer {tokens[name]}"} for name in ("keeper", "reader"))
    session = {"Mcp-Session-Id": httpx2.post(team.url, headers=keeper, json=opening).headers["mcp-session-id"]}
    assert httpx2.post(team.url, headers={**keeper, **session}, json=listing).status_code == 200
    assert httpx2.post(team.url, headers={**reader, **session}, json=listing).status_code == 404
    assert httpx2.delete(team.url, headers={**reader, **session}).status_code == 404
    assert httpx2.delete(team.url, headers={**keeper, **session}).status_code == 200


def test_whoever_watches_over_the_server_learns_that_it_is_well_and_no_more(team: Serving) -> None:
    told = httpx2.get(team.url.replace("/mcp", "/health"))
    assert (told.status_code, told.json()) == (200, {"status": "ok", "version": __version__})
    assert httpx2.post(team.url.replace("/mcp", "/health")).status_code == 405


def test_an_answer_goes_out_at_once_though_it_comes_in_parts() -> None:
    with _listening(Address("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        taken, _ = listener.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def page(serving: Serving, path: str = "/", **headers: str) -> httpx2.Response:
    """Ask for a page, as a browser does."""
    return httpx2.get(serving.url.removesuffix("/mcp") + path, headers=headers)


def basic(token: str, user: str = "whoever") -> str:
    """Give the header by which a browser sends what its user gave as a password."""
    return f"Basic {base64.b64encode(f'{user}:{token}'.encode()).decode()}"


@pytest.mark.parametrize("name", ["empty", "altered", "expired", "revoked"])
def test_a_page_asks_a_browser_for_a_token_and_shows_nothing_without(
    team: Serving, tokens: Mapping[str, str], name: str
) -> None:
    for path in ("/", "/models/coin", "/registry", "/static/style.css", "/nothing"):
        refused = page(team, path, Authorization=basic(tokens[name]))
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith('Basic realm="model-registry"')
        assert refused.headers["content-security-policy"].startswith("default-src 'none'")
        assert "give the token as the password" in refused.text
        assert "toy" not in refused.text


def test_a_token_is_the_password_of_any_user_for_pages_alone(team: Serving, tokens: Mapping[str, str]) -> None:
    for user in ("", "ada", "somebody else"):
        assert page(team, Authorization=basic(tokens["reader"], user)).status_code == 200
    assert page(team, Authorization=f"Bearer {tokens['reader']}").status_code == 200
    assert page(team, Authorization="Basic ####").status_code == 401
    assert post(team, "", wire_call("list_models"), Authorization=basic(tokens["keeper"])).status_code == 401


def test_a_page_is_given_to_callers_by_our_name_alone(team: Serving, tokens: Mapping[str, str]) -> None:
    let_in = {"Authorization": basic(tokens["reader"])}
    assert page(team, **let_in, Host="registry.example.org").status_code == 421
    assert page(team, **let_in, Origin="https://elsewhere.example.org").status_code == 403


def test_a_page_writes_nothing_whoever_asks(team: Serving, tokens: Mapping[str, str]) -> None:
    url = team.url.removesuffix("/mcp")
    for method in ("POST", "PUT", "DELETE"):
        asked = httpx2.request(method, f"{url}/models/coin", headers={"Authorization": basic(tokens["keeper"])})
        assert asked.status_code == 405
