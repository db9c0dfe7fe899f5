"""Pages in a real browser, that of `browser_fixtures`: what must hold of every page that is looked at."""

from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Dialog, Error, Page, Request

PHONE, DESK = (390, 844), (1440, 900)
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST: Final = """
() => {
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (text) => {
    const box = text.parentElement.matches(".fault, .band") && text.parentElement.querySelector("rect");
    return box ? getComputedStyle(box).fill : getComputedStyle(document.body).backgroundColor;
  };
  return [...document.querySelectorAll("svg text")].map((text) => {
    const both = [luminance(getComputedStyle(text).fill), luminance(behind(text))].sort();
    return (both[1] + 0.05) / (both[0] + 0.05);
  });
}
"""
"""The contrast of each text of the drawings with what is behind it, which axe doesn't look at."""


class Seen:
    """What a page did that it must not do."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.loaded: list[str] = []
        self.said: list[str] = []
        page.on("request", self._requested)
        page.on("requestfinished", self._loaded)
        page.on("console", self._logged)
        page.on("pageerror", self._failed)
        page.on("dialog", self._asked)

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)

    def _loaded(self, request: Request) -> None:
        self.loaded.append(request.url)

    def _logged(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)

    def _failed(self, error: Error) -> None:
        self.said.append(error.message)

    def _asked(self, dialog: Dialog) -> None:
        self.said.append(dialog.message)
        dialog.dismiss()


def overflow(page: Page) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found


EVERYWHERE: Final = pytest.mark.parametrize(
    "page",
    [(size, colours) for size in (PHONE, DESK) for colours in ("light", "dark")],
    ids=lambda each: f"{each[0][0]}-{each[1]}",
    indirect=True,
)
"""A test that is made at a phone's and a desk's width, light and dark."""


def assert_legible_and_accessible(page: Page, file: Path) -> None:
    """Opened with all that is folded: nothing that axe finds, no wider than the window, and nothing that acts."""
    seen = Seen(page)
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.response["passes"]
    assert found.generate_snapshot() == ""
    assert overflow(page) <= 0
    contrasts = page.evaluate(CONTRAST)
    assert len(contrasts) > 50
    assert min(contrasts) >= 4.5
    assert (seen.requests, seen.said) == ([file.as_uri()], [])
