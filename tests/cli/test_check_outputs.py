"""`check --junit` and `--html`: where they go, and what they say of the call."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from calling import call
from html_pages import well_formed
from lifecycle_conformance.runner.verdicts import Report
from test_report import failed, report, result


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    """The reports that a check gives, the next one last: no search is made."""
    reports = [report(failed("PASS-2"), result("PASS-3"))]
    monkeypatch.setattr("lifecycle_conformance.cli.check._checked", lambda *_, **__: reports[-1])
    return reports


@pytest.mark.usefixtures("found")
def test_they_stand_beside_the_report(tmp_path: Path) -> None:
    plain = call("check", "--", "./my driver")
    done = call("check", "--junit", tmp_path / "c.xml", "--html", tmp_path / "c.html", "--", "./my driver")
    assert (done.exit_code, done.stdout) == (1, plain.stdout)
    page = well_formed((tmp_path / "c.html").read_bytes())
    assert "lifecycle-projection replay cases/PASS-2-0a1b2c3d.json -- './my driver'" in page.text
    tests = ET.parse(tmp_path / "c.xml").getroot().iter("testcase")
    assert [each.attrib["name"] for each in tests] == ["PASS-2", "PASS-3", "agreement", "fixed-cases", "complete"]


@pytest.mark.usefixtures("found")
@pytest.mark.parametrize("option", ["--junit", "--html"])
def test_one_takes_the_place_of_the_report_on_standard_output(tmp_path: Path, option: str) -> None:
    file = tmp_path / "file"
    call("check", option, file)
    done = call("check", option, "-")
    assert done.exit_code == 1
    assert done.stdout_bytes == file.read_bytes()


@pytest.mark.usefixtures("found")
def test_the_page_stands_beside_json(tmp_path: Path) -> None:
    plain, done = call("check", "--json"), call("check", "--json", "--html", tmp_path / "c.html")
    assert done.stdout == plain.stdout
    assert (tmp_path / "c.html").exists()


def test_an_interrupted_check_is_told_in_both(tmp_path: Path, found: list[Report]) -> None:
    found.append(report(result("PASS-2"), interrupted=True, cut="it was interrupted"))
    assert call("check", "--junit", tmp_path / "c.xml", "--html", tmp_path / "c.html").exit_code == 130
    assert "this page is partial" in well_formed((tmp_path / "c.html").read_bytes()).text
    assert ET.parse(tmp_path / "c.xml").find(".//testcase[@name='complete']/error") is not None


@pytest.mark.usefixtures("found")
def test_what_can_not_be_written_does_not_cost_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    plain = call("check")
    monkeypatch.setattr("os.fsync", full)
    done = call("check", "--html", tmp_path / "c.html")
    assert (done.exit_code, done.stdout) == (2, plain.stdout)
    assert "No space left on device" in done.stderr
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--json", "--junit", "-"), "--json and --junit - would both write to standard output"),
        (("--junit", "-", "--html", "-"), "--junit - and --html - would both write to standard output"),
        (("--junit", "nowhere/c.xml"), "expected a file in a folder that exists"),
        (("--html", "."), "expected a regular file"),
        (("--junit", "c", "--html", "c"), "expected a file outside of c"),
    ],
)
def test_a_wrong_call_is_refused_before_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("lifecycle_conformance.cli.check._checked", never)
    monkeypatch.chdir(tmp_path)
    done = call("check", *arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert [*tmp_path.iterdir()] == []
