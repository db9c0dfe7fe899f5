"""The page of an audit in a real browser: as wide as the window, legible, and without anything that acts or loads."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, Request, expect, sync_playwright

from lifecycle_conformance.report.page.page import rendered
from pages import damaged, page_of
from test_page import HOSTILE, hostile_page

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next((found for found in map(shutil.which, BROWSERS) if found), None)
    if program is None:
        pytest.skip(f"no browser is installed: one of {', '.join(BROWSERS)} is needed")
    expect.set_options(timeout=30_000)  # the machine may be busy
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=as_root)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a store with faults of each severity."""
    folder = tmp_path_factory.mktemp("page")
    store, runs = damaged(folder)
    (folder / "audit.html").write_bytes(rendered(page_of(store, runs)))
    return folder / "audit.html"


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


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty tab; a test that is parametrised with it says its size and colours."""
    size, colours = getattr(request, "param", (DESK, "light"))
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=colours, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def overflow(page: Page) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found


@pytest.mark.parametrize(
    "page",
    [(size, colours) for size in (PHONE, DESK) for colours in ("light", "dark")],
    ids=lambda each: f"{each[0][0]}-{each[1]}",
    indirect=True,
)
def test_it_is_legible_and_accessible_at_each_size_and_in_both_colours(page: Page, file: Path) -> None:
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


def test_the_colours_are_those_that_are_preferred(page: Page, file: Path) -> None:
    page.goto(file.as_uri())
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


@pytest.mark.parametrize("page", [(PHONE, "light"), (DESK, "light")], ids=["phone", "desk"], indirect=True)
def test_the_time_line_marks_the_fault_and_leads_to_the_finding(page: Page, file: Path) -> None:
    page.goto(file.as_uri())
    line = page.get_by_role("group", name=re.compile("^Time line of run run-1$"))
    expect(line).to_be_visible()
    fault = line.get_by_role("link", name=re.compile("seq-missing"))
    shape, drawing = fault.bounding_box(), line.bounding_box()
    assert shape is not None
    assert drawing is not None
    assert drawing["x"] <= shape["x"] <= drawing["x"] + drawing["width"]
    assert drawing["y"] <= shape["y"] <= drawing["y"] + drawing["height"]
    assert "No event" in str(line.text_content())
    fault.click()
    finding = page.locator(page.evaluate("location.hash"))
    expect(finding).to_be_in_viewport()
    assert "before this event is missing: seq" in str(finding.text_content())


def test_it_is_used_by_the_keyboard_alone(page: Page, file: Path) -> None:
    page.goto(file.as_uri())
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the report")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    folded = page.get_by_text("The same as a table").first
    table = page.locator("table.line").first
    expect(table).to_be_hidden()
    folded.focus()
    page.keyboard.press("Enter")
    expect(table).to_be_visible()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_it_is_printed_whole(page: Page, file: Path) -> None:
    """Folded findings are printed, too, and a drawing is no wider than the paper, so that its table isn't needed."""
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})
    expect(page.locator("details .item").first).to_be_visible()
    for hidden in ("nav", ".skip", ".twin"):
        expect(page.locator(hidden).first).to_be_hidden()
    assert overflow(page) <= 0
    assert page.evaluate("Math.max(...[...document.querySelectorAll('svg')].map((each) => each.clientWidth))") <= 700


@pytest.mark.parametrize("page", [(PHONE, "light")], ids=["phone"], indirect=True)
def test_hostile_texts_do_nothing(page: Page, tmp_path: Path) -> None:
    seen = Seen(page)
    file = tmp_path / "hostile.html"
    text = " ".join(HOSTILE)
    file.write_bytes(hostile_page(text, text.encode(errors="replace").decode()))
    page.goto(file.as_uri())
    assert page.locator("script, img, iframe, object, [onload], [onerror], [href^='javascript']").count() == 0
    assert overflow(page) <= 0
    assert seen.requests == [file.as_uri()]
    assert seen.said == []


def test_the_policy_lets_no_script_run_and_nothing_load(page: Page, file: Path) -> None:
    """Should markup get in all the same, the browser holds it back."""
    seen = Seen(page)
    text = file.read_text(encoding="utf-8")
    for evil in (
        "<script>alert(1)</script>",
        "<img src=https://example.org/x onerror=alert(2)>",
        "<p style='color:red'>",
    ):
        file.with_name("evil.html").write_text(text.replace("<main", f"{evil}<main", 1), encoding="utf-8")
        page.goto(file.with_name("evil.html").as_uri())
    assert all("Content Security Policy" in each for each in seen.said)
    assert len(seen.said) >= 3
    assert [each for each in seen.loaded if not each.startswith("file:")] == []
