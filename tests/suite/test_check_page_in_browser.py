"""The page of a check in a real browser: as wide as the window, legible, and without anything that acts or loads."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browsing import DESK, EVERYWHERE, PHONE, Seen, assert_legible_and_accessible, overflow
from html_pages import HOSTILE
from lifecycle_conformance.report.page.page import rendered
from test_check_page import everything, hostile_page
from test_check_page import page as page_of

pytest_plugins = ["browser_fixtures"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a report with something in every part."""
    found = tmp_path_factory.mktemp("page") / "check.html"
    found.write_bytes(rendered(page_of(everything())))
    return found


@EVERYWHERE
def test_it_is_legible_and_accessible_at_each_size_and_in_both_colours(page: Page, file: Path) -> None:
    assert_legible_and_accessible(page, file)


@pytest.mark.parametrize("page", [(PHONE, "light"), (DESK, "light")], ids=["phone", "desk"], indirect=True)
def test_one_begins_at_the_failure_whose_line_marks_what_is_missing(page: Page, file: Path) -> None:
    page.goto(file.as_uri())
    page.get_by_role("link", name="See how it fails").click()
    expect(page.locator(page.evaluate("location.hash")).get_by_role("heading").first).to_be_in_viewport()
    line = page.get_by_role("group", name=re.compile("^Time line for SNAP-5$"))
    expect(line).to_be_visible()
    step, missing = line.get_by_text("2 project fails", exact=True), line.locator(".mark.missing path")
    above, below, frame = step.bounding_box(), missing.bounding_box(), line.bounding_box()
    assert above is not None
    assert below is not None
    assert frame is not None
    assert frame["y"] <= above["y"] < below["y"] <= frame["y"] + frame["height"]
    assert page.evaluate("getComputedStyle(document.querySelector('.mark.missing path')).strokeDasharray") != "none"


def test_what_holds_is_unfolded_by_the_keyboard(page: Page, file: Path) -> None:
    page.goto(file.as_uri())
    row = page.locator("#PASS-3")
    expect(row).to_be_hidden()
    page.locator("#chapter-09-pass summary").first.focus()
    page.keyboard.press("Enter")
    expect(row).to_be_visible()


@pytest.mark.parametrize("page", [(PHONE, "light")], ids=["phone"], indirect=True)
def test_hostile_texts_do_nothing(page: Page, tmp_path: Path) -> None:
    seen, file, text = Seen(page), tmp_path / "hostile.html", " ".join(HOSTILE)
    file.write_bytes(hostile_page(text, text.encode(errors="replace").decode()))
    page.goto(file.as_uri())
    assert page.locator("script, img, iframe, object, [onload], [onerror], [href^='javascript']").count() == 0
    assert overflow(page) <= 0
    assert (seen.requests, seen.said) == ([file.as_uri()], [])
