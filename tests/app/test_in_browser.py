"""The app in a real browser: forms are filled and sent, nothing overflows a phone, and no other page can use it."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket

from openner_utils.app.serve import Server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")]
PATIENCE = 60.0


class Tab:
    """A tab of a headless browser, driven by the DevTools protocol."""

    def __init__(self, port: int) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            target = next(each for each in json.load(answer) if each["type"] == "page")
        self._socket = websocket.create_connection(target["webSocketDebuggerUrl"], suppress_origin=True)
        self._number = 0
        self._width = 0

    def call(self, method: str, **params: Any) -> Any:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv())).get("id") != self._number:
            pass
        return answer["result"]

    def value(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression)["result"].get("value")

    def until(self, expression: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.value(expression):
            assert time.monotonic() < end, self.value("document.body.innerText")
            time.sleep(0.1)

    def fits(self) -> bool:
        """Return whether nothing is wider than the window; on a phone innerWidth grows with what is too wide, and says nothing."""
        return bool(self.value("document.documentElement.scrollWidth") <= self._width)

    def open(self, address: str, width: int = 1280) -> None:
        self._width = width
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A browser with one tab."""
    profile = tmp_path_factory.mktemp("profile")
    command = [str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
    with subprocess.Popen(
        [*command, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.DEVNULL
    ) as browser:
        try:
            told, end = profile / "DevToolsActivePort", time.monotonic() + PATIENCE
            while not (told.is_file() and told.read_text().count("\n")):
                assert time.monotonic() < end
                time.sleep(0.1)
            yield Tab(int(told.read_text().split()[0]))
        finally:
            browser.terminate()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", ["", "file", "replies"])
def test_pages_fit_their_window(tab: Tab, server: Server, path: str, width: int) -> None:
    tab.open(server.address + path, width)
    assert tab.fits()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_text_is_pasted_sent_and_marked(tab: Tab, server: Server, width: int) -> None:
    tab.open(server.address, width)
    tab.value("document.querySelector('textarea').value = 'we met mr Adagor Bedlin in Orlund\\n<b>x</b>'")
    tab.value("document.querySelector('button').click()")
    tab.until("document.querySelectorAll('mark').length >= 2")
    assert "Adagor Bedlin" in tab.value("document.querySelector('mark').innerText")
    assert tab.value("document.querySelector('.found').innerText").endswith("<b>x</b>")
    assert tab.fits()


def test_a_file_is_sent_and_checked(tab: Tab, server: Server, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("Adagor I-PER\nBedlin I-PER\nin O\nOrlund B-LOC\n")
    tab.open(f"{server.address}file", 390)
    node = tab.call(
        "DOM.querySelector", nodeId=tab.call("DOM.getDocument")["root"]["nodeId"], selector="[name=labelled]"
    )
    tab.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node["nodeId"])
    tab.value("document.querySelector('button').click()")
    tab.until("document.body.innerText.includes('How mine.txt is read')")
    assert "invalid transition" in tab.value("document.body.innerText")
    assert tab.fits()


@pytest.mark.parametrize("width", [1280, 390])
def test_kept_replies_are_chosen_and_turned_over(tab: Tab, server: Server, width: int) -> None:
    tab.open(f"{server.address}replies", width)
    tab.value("document.querySelector('button').click()")
    tab.until("document.querySelectorAll('tbody tr').length === 20")
    assert "absent from text" in tab.value("document.querySelector('tbody tr').innerText")
    assert tab.value("document.querySelectorAll('script').length") == 0
    tab.value("[...document.querySelectorAll('button')].at(-1).click()")
    tab.until("document.querySelectorAll('tbody tr').length === 5")
    assert tab.fits()


def test_a_page_of_somewhere_else_cannot_use_it(tab: Tab, server: Server, tmp_path: Path) -> None:
    page = tmp_path / "foreign.html"
    page.write_text(
        f"<form method=post action={server.address}><input name=text value=Ada><input name=model value=good></form>"
        "<script>document.forms[0].submit()</script>"
    )
    tab.open(page.as_uri())
    tab.until("document.body.innerText.includes('sent from another site')")
