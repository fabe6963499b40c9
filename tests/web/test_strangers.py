"""Stored text is a stranger's: whatever stands in any field is shown as text, and nothing of it runs or leads away."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from model_registry.bootstrap import memory_registry
from model_registry.errors import RegistryError
from model_registry.registry import Registry
from model_registry.web.answering import harmless
from model_registry.web.inside import comparison_view, document, model_view
from model_registry.web.site import pages
from pages import Page, harm
from texts import COIN, source

PAYLOADS = (
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "</title></style></textarea></script><script>alert(1)</script>",
    "{{ 7 * 7 }}{% import 'os' %}",
    "]]><!--<b>--!>",
    "a\u202egnp.exe\u2066\u200bb\x1b[31mred\x07\x00",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
)


def hostile(payload: str, heads: float = 0.5) -> str:
    """Give a model with a payload in every place of its text that takes one."""
    text = COIN.format(
        name="Coin Judge", annotation=f"Judges. {payload}", heads=heads, tails=1 - heads, connections=f"D>o:{payload}\n"
    )
    return (
        text.replace("# fair or bent", f"# fair {payload}")
        .replace("s=HiddenState", f"s={payload}")
        .replace("# P(face | coin)", f"# {payload}")
        .replace("D={(0.5, 0.5)}", f"# {payload}\nD={{(0.5, 0.5)}}\nE={payload}")
        .replace(
            "## Time",
            f"## Equations\n{payload}\n\n## ModelParameters\nnum_obs: {payload}\n\n## {payload}\nx\n\n## Time",
        )
    )


def filled(payload: str) -> Registry:
    """Give a registry in which a payload stands in every field that takes one."""
    registry = memory_registry(actor=payload)
    said: dict[str, Any] = {
        "name": f"Name {payload}",
        "description": f"A description {payload}",
        "author": f"Author {payload}",
        "tags": [payload.strip() or "tag", "toy"],
        "performance": {f"metric {payload}": 0.5, "score": 0.25},
        "dependencies": ["javascript:alert(1)", "nobody@^1"],
        f"extra {payload}": payload,
        "list": [payload, {"key": payload}],
    }
    kept = {key: each for key, each in said.items() if _is_taken(registry, {key: each})}
    registry.register_model(source(hostile(payload), f"{payload}.md", payload), kept, reason=payload)
    registry.register_model(source(hostile(payload, 0.75), f"{payload}.md"), reason=payload)
    registry.deprecate_model("coin-judge", payload)
    return registry


def _is_taken(registry: Registry, metadata: dict[str, Any]) -> bool:
    try:
        registry.register_model(source(hostile("plain")), metadata, dry_run=True)
    except RegistryError:
        return False
    return True


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_in_any_field_runs_on_any_page(payload: str) -> None:
    registry = filled(payload)
    version = registry.catalogue().entries["coin-judge"].current
    browser = TestClient(harmless(pages(registry)), base_url="http://127.0.0.1")
    addresses = (
        "/",
        "/?q=judge",
        "/models/coin-judge",
        "/models/coin-judge/versions",
        "/models/coin-judge/versions/1.0.0",
        f"/models/coin-judge/versions/{version}/source",
        f"/models/coin-judge/compare/1.0.0/{version}",
        "/registry",
        "/changes",
    )
    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert list(harm(Page(answer.text))) == [], address


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("name", ["q", "tags", "author", "state", "sort", "cursor"])
def test_no_payload_in_an_address_runs(payload: str, name: str) -> None:
    browser = TestClient(pages(memory_registry()), base_url="http://127.0.0.1")
    answer = browser.get("/", params={name: payload})
    assert list(harm(Page(answer.text))) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_in_a_path_runs(payload: str) -> None:
    browser = TestClient(pages(memory_registry()), base_url="http://127.0.0.1")
    for address in ("/models/{}", "/models/a/versions/{}", "/models/a/compare/{}/{}", "/changes?model={}", "/{}"):
        answer = browser.get(address.replace("{}", quote(payload, safe="")))
        assert answer.status_code in {400, 404}
        assert list(harm(Page(answer.text))) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_runs_inside_an_assistant(payload: str) -> None:
    registry = filled(payload)
    version = registry.catalogue().entries["coin-judge"].current
    for view in (model_view(registry, "coin-judge"), comparison_view(registry, "coin-judge", "1.0.0", version)):
        assert list(harm(Page(f"<html><body>{view}</body></html>"))) == []


def test_the_document_inside_an_assistant_fetches_nothing() -> None:
    page = Page(document())
    assert page.faults == []
    assert [each.tag for each in page.elements if {"src", "href"} & each.attributes.keys()] == []
    assert "http" not in document().replace("http://www.w3.org/2000/svg", "")


def test_what_a_stranger_wrote_can_still_be_read() -> None:
    browser = TestClient(pages(filled("<script>alert(1)</script>")), base_url="http://127.0.0.1")
    page = Page(browser.get("/models/coin-judge").text)
    assert page.one("h1").text == "Name <script>alert(1)</script>"
