"""People's pages in a real browser: Debian's Chromium, and axe-core for what hinders those who cannot see or point.

`.ci/interop` installs both where it can. Without the browser nothing here is run, without axe-core all but its checks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import model_registry
from driving import Browser, browsing, is_there
from model_registry.bootstrap import open_registry
from model_registry.domain.source import Source
from model_registry.registry import Registry
from model_registry.web.inside import comparison_view, document, model_view
from pages import Page
from serving import start
from texts import COIN, coin, source

EXAMPLES = Path(model_registry.__file__).parent / "examples"
PAGES = (
    "/",
    "/?q=machine",
    "/?q=states%3Emany",
    "/models/machine-maintenance-agent",
    "/models/machine-maintenance-agent/versions/1.0.0/source",
    "/models/machine-maintenance-agent/compare/1.0.0/2.0.0",
    "/registry",
    "/changes",
    "/models/nobody",
)
PAYLOAD = (
    "\"><script>window.ran='script'</script><img src=x onerror=\"window.ran='img'\"><svg onload=\"window.ran='svg'\">"
)


def filled(folder: Path) -> Registry:
    """Give a registry with every example, two versions of one of them, and a requirement."""
    registry = open_registry(folder / "registry", actor="ada")
    for path in sorted(EXAMPLES.glob("*.md")):
        registry.register_model(Source(path.read_bytes(), path.name), {"performance": 0.5})
    text = (EXAMPLES / "pomdp_agent.md").read_text()
    changed = text.replace("(0.8, 0.55, 0.2, 0.05)", "(0.7, 0.55, 0.2, 0.15)").replace("E>π\n", "")
    requires = {"dependencies": ["animal-glimpse@^1"], "performance": 0.75}
    registry.register_model(Source(changed.encode(), "pomdp_agent.md"), requires, reason="no habit")
    return registry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return filled(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def site(registry: Registry) -> Iterator[str]:
    serving = start(Path(registry.place).parent)
    yield serving.url.removesuffix("/mcp")
    assert serving.stop()[0] == 0


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    if "INTEROP_TOOLS" not in os.environ or not is_there():
        pytest.skip("a browser is absent (run .ci/interop)")
    with browsing() as browser:
        yield browser


@pytest.fixture
def browser(opened: Browser) -> Browser:
    """Give the browser as it was at first."""
    opened.scripts(allowed=True)
    opened.dark(False)
    opened.size(1400)
    opened.devtools("Emulation.setFocusEmulationEnabled", enabled=True)
    opened.complaints()
    return opened


@pytest.fixture(scope="module")
def axe() -> str:
    """Give axe-core as a script."""
    path = Path(os.environ.get("INTEROP_TOOLS", "nowhere")) / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        pytest.skip("axe-core is absent (run .ci/interop)")
    return path.read_text()


def test_a_model_is_found_as_one_types_opened_and_compared(browser: Browser, site: str) -> None:
    browser.open(f"{site}/")
    browser.run("window.same = true")
    browser.type("#q", "workshop wear")
    browser.wait(lambda: browser.url == f"{site}/?q=workshop+wear", "the address of what was typed")
    assert "1 model, best match first" in browser.text(".count")
    assert browser.run("return window.same && document.activeElement.id") == "q"
    assert "1 model" in browser.run("return document.querySelector('[data-told]').textContent")
    browser.follow(".hit h2 a", f"{site}/models/machine-maintenance-agent")
    assert browser.text("h1") == "Machine Maintenance Agent"
    browser.follow(".compare button", f"{site}/models/machine-maintenance-agent/compare/1.0.0/2.0.0")
    assert browser.text(".bump-group h3").startswith("major Breaking")
    assert browser.complaints() == []


def test_an_error_appears_while_one_types_and_goes_when_it_is_mended(browser: Browser, site: str) -> None:
    browser.open(f"{site}/")
    browser.type("#q", "states>")
    browser.type("#q", "x")
    assert "expected a number after states>" in browser.text(".fault").replace("Expected", "expected")
    assert browser.run("return document.querySelector('#q').hasAttribute('aria-invalid')")
    browser.run("document.querySelector('#q').value = 'states>'")
    browser.type("#q", "3")
    browser.wait(lambda: browser.url.endswith("/?q=states%3E3"), "the address of what was mended")
    assert browser.run("return document.querySelector('#q').hasAttribute('aria-invalid')") is False


def test_a_node_tells_what_it_is_and_shows_its_neighbours(browser: Browser, site: str) -> None:
    browser.open(f"{site}/models/machine-maintenance-agent")
    browser.point_at('.node[data-name="G"]')
    assert "Expected free energy of each policy" in browser.text(".graph-told")
    near = browser.run("return [...document.querySelectorAll('.node.near')].map((each) => each.dataset.name).sort()")
    assert near == sorted({"G", "C", "s_prime", "π"})
    browser.run("document.querySelector('.node[data-name=\"s\"]').focus()")
    assert "wear" in browser.text(".graph-told")


def test_a_graph_is_zoomed_moved_and_shown_whole_again_by_keys(browser: Browser, site: str) -> None:
    browser.open(f"{site}/models/machine-maintenance-agent")
    seen = "return document.querySelector('[data-graph] svg').getAttribute('viewBox')"
    whole = browser.run(seen)
    browser.run("document.querySelector('[data-graph]').focus()")
    steps = [whole]
    for key in ("+", "+", "\ue014", "-"):
        browser.press(key)
        steps.append(browser.run(seen))
    assert len(set(steps)) == len(steps)
    browser.press("0")
    assert browser.run(seen) == whole
    browser.click('[aria-label="Zoom in"]')
    assert browser.run(seen) == steps[1]


def test_a_dependency_is_followed_there_and_back(browser: Browser, site: str) -> None:
    browser.open(f"{site}/models/machine-maintenance-agent")
    glimpse, agent = "/models/animal-glimpse/versions/1.0.0", "/models/machine-maintenance-agent"
    browser.follow(f'#dependencies a[href="{glimpse}"]', f"{site}{glimpse}")
    assert browser.text("h1") == "Animal Glimpse"
    browser.follow(f'#dependencies a[href="{agent}"]', f"{site}{agent}")
    assert browser.text("h1") == "Machine Maintenance Agent"


@pytest.mark.parametrize("page", PAGES)
def test_without_scripts_the_same_can_be_read(browser: Browser, site: str, page: str) -> None:
    """Only how often a model was used differs, since reading it counts."""
    texts = []
    for allowed in (True, False):
        browser.scripts(allowed=True)
        browser.open("about:blank")
        browser.scripts(allowed=allowed)
        browser.open(f"{site}{page}")
        whole = browser.devtools("DOM.getDocument")["root"]["nodeId"]
        main = browser.devtools("DOM.querySelector", nodeId=whole, selector="main")["nodeId"]
        texts.append(browser.devtools("DOM.getOuterHTML", nodeId=main)["outerHTML"])
    facts = [_facts(text) for text in texts]
    assert facts[0] == facts[1]


def _facts(html: str) -> list[str]:
    page = Page(f"<html><body>{html}</body></html>")
    kept = (each for each in page.elements if each.tag in {"h1", "h2", "h3", "td", "th", "dt", "dd", "li", "title"})
    texts = (" ".join(each.text.split()) for each in kept)
    return [text for text in texts if text and "read" not in text]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_nothing_hinders_those_who_cannot_see_or_point(
    browser: Browser, site: str, axe: str, page: str, dark: bool
) -> None:
    browser.dark(dark)
    browser.open(f"{site}{page}")
    browser.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    browser.run(axe)
    found = browser.later("const done = arguments[0]; axe.run().then((told) => done(told.violations));")
    serious = [
        (row["id"], node["target"], node.get("failureSummary", ""))
        for row in found
        for node in row["nodes"]
        if row["impact"] in {"serious", "critical"}
    ]
    assert serious == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_is_wider_than_a_phone(browser: Browser, site: str, page: str) -> None:
    browser.size(360)
    browser.open(f"{site}{page}")
    assert browser.run("return document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("page", PAGES)
def test_no_page_breaks_its_own_rules(browser: Browser, site: str, page: str) -> None:
    browser.open(f"{site}{page}")
    assert [told for told in browser.complaints() if "Failed to load resource" not in told] == []


def test_what_is_written_elsewhere_appears_by_itself(browser: Browser, site: str, registry: Registry) -> None:
    browser.open(f"{site}/registry")
    browser.run("window.same = true")
    registry.create_model_version("solar-rover", reason="written while somebody looks")
    browser.wait(lambda: "written while somebody looks" in browser.text("#changes"), "the change")
    assert browser.run("return window.same")
    assert browser.text("#changes .new").endswith("written while somebody looks")


def test_the_first_key_leads_past_the_head_of_the_page(browser: Browser, site: str) -> None:
    browser.open(f"{site}/registry")

    def first_reached() -> str:
        reached = "return document.activeElement === document.body ? '' : document.activeElement.textContent"
        if not browser.run(reached):  # a key may come before the page listens
            browser.press("Tab")
        return str(browser.run(reached))

    assert browser.wait(first_reached, "the focus") == "Skip to the content"
    browser.press("Enter")
    browser.wait(lambda: browser.run("return document.activeElement.id") == "main", "the content")


def test_nothing_that_a_stranger_wrote_ever_runs(browser: Browser, tmp_path: Path) -> None:
    registry = open_registry(tmp_path / "registry", actor=PAYLOAD)
    text = COIN.format(name="Coin Judge", annotation=PAYLOAD, heads=0.5, tails=0.5, connections=f"D>o:{PAYLOAD}\n")
    text = text.replace("# fair or bent", f"# {PAYLOAD}").replace("s=HiddenState", f"s={PAYLOAD}")
    said = {"name": PAYLOAD, "author": PAYLOAD, "tags": [PAYLOAD], "dependencies": ["javascript:window.ran=1"]}
    registry.register_model(source(text, origin=PAYLOAD), said, reason=PAYLOAD)
    registry.register_model(source(text.replace("0.5, 0.8", "0.25, 0.8")), reason=PAYLOAD)
    serving = start(tmp_path)
    site, (first, second) = serving.url.removesuffix("/mcp"), registry.catalogue().entries["coin-judge"].versions
    model = "/models/coin-judge"
    comparison = f"{model}/compare/{first.version}/{second.version}"
    for page in ("/", "/?q=judge", model, f"{model}/versions/1.0.0/source", comparison, "/registry", "/changes"):
        browser.open(f"{site}{page}")
        browser.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert browser.run("return window.ran") is None, page
        assert browser.run("return document.querySelectorAll('a[href^=\"javascript\"]').length") == 0
        assert browser.run("return document.querySelectorAll('img, script:not([src])').length") == 0
    assert serving.stop()[0] == 0


HOST = """
const [page, view, theme, done] = arguments;
const frame = document.createElement("iframe"), heard = [];
frame.setAttribute("sandbox", "allow-scripts");
frame.srcdoc = page;
addEventListener("message", ({ data }) => {
  heard.push(data.method);
  const tell = (message) => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
  if (data.method === "ui/initialize") tell({ id: data.id, result: { hostContext: { theme } } });
  if (data.method === "ui/notifications/initialized") {
    tell({ method: "ui/notifications/tool-result", params: { _meta: { "io.github.model-registry/view": view } } });
  }
  if (data.method === "ui/notifications/size-changed" && data.params.height > 600) done(heard);
});
frame.style.width = "700px";
document.body.append(frame);
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_host_shows_the_view_of_a_model_and_of_a_comparison(browser: Browser, registry: Registry, theme: str) -> None:
    views = (
        model_view(registry, "machine-maintenance-agent"),
        comparison_view(registry, "machine-maintenance-agent", "1.0.0", "2.0.0"),
    )
    for view in views:
        browser.open("about:blank")
        heard = browser.later(HOST, document(), view, theme)
        assert heard[:2] == ["ui/initialize", "ui/notifications/initialized"]
    assert browser.complaints() == []


def test_a_new_model_can_be_found_at_once(browser: Browser, site: str, registry: Registry) -> None:
    registry.register_model(source(coin("Zebra Watcher")))
    browser.open(f"{site}/?q=zebra")
    assert browser.text(".hit h2") == "Zebra Watcher"
