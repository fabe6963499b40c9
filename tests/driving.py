"""A real browser, driven over WebDriver (W3C) by Debian's chromedriver, without a library between."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx2

T = TypeVar("T")

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of a reference to an element, as the standard has it."""

PATIENCE = 15.0
"""Seconds until something that was to come is missed."""

KEYS = {"Tab": "\ue004", "Enter": "\ue007"}


class Browser:
    """A browser with one window."""

    def __init__(self, driver: httpx2.Client, session: str) -> None:
        self._driver = driver
        self._session = session

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """Send a command; AssertionError with what the browser says when it refuses."""
        address = f"/session/{self._session}{path}"
        answer = self._driver.request(method, address, json=body if method == "POST" else None)
        assert answer.status_code == 200, answer.text[:500]
        return answer.json()["value"]

    def open(self, url: str) -> None:
        """Load a page, and wait until it is there."""
        self.ask("POST", "/url", url=url)

    @property
    def url(self) -> str:
        """Give the address of the page."""
        return str(self.ask("GET", "/url"))

    def run(self, script: str, *arguments: Any) -> Any:
        """Give what a script returns."""
        return self.ask("POST", "/execute/sync", script=script, args=list(arguments))

    def later(self, script: str, *arguments: Any) -> Any:
        """Give what a script hands to its last argument, a function."""
        return self.ask("POST", "/execute/async", script=script, args=list(arguments))

    def find(self, selector: str) -> dict[str, str]:
        """Give a reference to the first element of a CSS selector; it must be there soon."""
        return self.wait(lambda: self.run("return document.querySelector(arguments[0])", selector), selector)

    def text(self, selector: str = "main") -> str:
        """Give what is shown of an element, with single spaces."""
        return " ".join(str(self.run("return arguments[0].innerText", self.find(selector))).split())

    def click(self, selector: str) -> None:
        """Click an element, as a person does."""
        self.ask("POST", f"/element/{self.find(selector)[ELEMENT]}/click")

    def follow(self, selector: str, url: str) -> None:
        """Click an element that leads to an address, and wait until the page there is loaded."""
        self.click(selector)
        self.wait(lambda: self.url == url and self.run("return document.readyState") == "complete", url)

    def type(self, selector: str, text: str) -> None:
        """Type into an element."""
        self.ask("POST", f"/element/{self.find(selector)[ELEMENT]}/value", text=text)

    def press(self, key: str) -> None:
        """Press a key where the focus is."""
        actions = [{"type": kind, "value": KEYS.get(key, key)} for kind in ("keyDown", "keyUp")]
        self.ask("POST", "/actions", actions=[{"type": "key", "id": "keys", "actions": actions}])

    def point_at(self, selector: str) -> None:
        """Move the pointer over an element."""
        element = self.find(selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        move = {"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": element}
        self.ask("POST", "/actions", actions=[{"type": "pointer", "id": "mouse", "actions": [move]}])

    def devtools(self, command: str, **parameters: Any) -> Any:
        """Send a command of the browser's own protocol."""
        return self.ask("POST", "/goog/cdp/execute", cmd=command, params=parameters)

    def dark(self, wanted: bool) -> None:
        """Let the user prefer dark pages, or light ones."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if wanted else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme, still])

    def size(self, width: int, height: int = 900) -> None:
        """Give the window a size."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.devtools("Emulation.setDeviceMetricsOverride", **metrics)

    def scripts(self, allowed: bool) -> None:
        """Let pages run scripts, or not."""
        self.devtools("Emulation.setScriptExecutionDisabled", value=not allowed)

    def complaints(self) -> list[str]:
        """Give what went wrong since this was asked last: scripts that failed, things that were refused."""
        rows = self.ask("POST", "/se/log", type="browser")
        return [row["message"] for row in rows if row["level"] == "SEVERE"]

    def picture(self, path: Path) -> None:
        """Keep what is seen."""
        path.write_bytes(base64.b64decode(self.ask("GET", "/screenshot")))

    def wait(self, look: Callable[[], T | None], what: str) -> T:
        """Give what `look` finds as soon as it finds something."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come")


def is_there() -> bool:
    """Tell whether there is a browser that can be driven."""
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


@contextmanager
def browsing() -> Iterator[Browser]:
    """Give a browser with a profile of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            with httpx2.Client(base_url=_listening(driver), timeout=60) as client:
                yield from _session(client, profile)
        finally:
            driver.terminate()
            driver.wait()
            if driver.stdout:
                driver.stdout.close()


def _session(client: httpx2.Client, profile: str) -> Iterator[Browser]:
    options = {"binary": shutil.which("chromium"), "args": [*FLAGS, f"--user-data-dir={profile}"]}
    wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
    made = client.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
    assert "sessionId" in made, made
    browser = Browser(client, made["sessionId"])
    try:
        yield browser
    finally:
        browser.ask("DELETE", "")


def _listening(driver: subprocess.Popen[str]) -> str:
    """Give where the driver listens, which it says on its output."""
    assert driver.stdout
    for line in driver.stdout:
        _, found, port = line.partition("successfully on port ")
        if found:
            return f"http://127.0.0.1:{int(port.strip().rstrip('.'))}"
    raise AssertionError("chromedriver did not start")
