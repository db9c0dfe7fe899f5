"""The page of an audit in a real browser: as wide as the window, legible, and without anything that acts or loads."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browsing import DESK, EVERYWHERE, PHONE, Seen, assert_legible_and_accessible, overflow
from html_pages import HOSTILE
from lifecycle_conformance.report.page.page import rendered
from pages import damaged, page_of
from test_page import hostile_page

pytest_plugins = ["browser_fixtures"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a store with faults of each severity."""
    folder = tmp_path_factory.mktemp("page")
    store, runs = damaged(folder)
    (folder / "audit.html").write_bytes(rendered(page_of(store, runs)))
    return folder / "audit.html"


@EVERYWHERE
def test_it_is_legible_and_accessible_at_each_size_and_in_both_colours(page: Page, file: Path) -> None:
    assert_legible_and_accessible(page, file)


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
