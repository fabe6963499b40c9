"""A registry and its pages, as a browser asks for them."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from model_registry.bootstrap import memory_registry
from model_registry.registry import Registry
from model_registry.web.answering import harmless
from model_registry.web.site import pages
from pages import Page, Read
from texts import coin, source


def judges() -> Registry:
    """Give three versions of a coin judge, measured; a dice judge that requires it; and one that is put away."""
    registry = memory_registry(actor="ada")
    registry.register_model(source(coin(), origin="toys/coin.md"), {"tags": ["toy"], "performance": 0.5})
    registry.register_model(source(coin(heads=0.7)), {"performance": 0.75}, reason="the coin is bent")
    registry.register_model(source(coin(heads=0.7, connections="D>o\n")), reason="a shortcut")
    registry.set_model_alias("coin-judge", "production", "1.0.0")
    registry.register_model(
        source(coin("Dice Judge", heads=0.6)),
        {"dependencies": ["coin-judge@^1", "nobody@^2", "pypi:numpy>=1.26"], "author": "Bo Muster"},
    )
    registry.register_model(source(coin("Old Judge")))
    registry.archive_model("old-judge", "worn out")
    return registry


@pytest.fixture
def registry() -> Registry:
    return judges()


@pytest.fixture
def browser(registry: Registry) -> TestClient:
    return TestClient(harmless(pages(registry)), base_url="http://127.0.0.1", follow_redirects=False)


@pytest.fixture
def read(browser: TestClient) -> Read:
    """Give the page at an address; the status must be the one expected."""

    def page(address: str, status: int = 200) -> Page:
        answer = browser.get(address)
        assert answer.status_code == status, answer.text
        return Page(answer.text)

    return page
