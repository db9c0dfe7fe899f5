"""`check --known-failures` and `--write-known-failures`: what is read, what is written, and what the report says."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve

from calling import call
from html_pages import well_formed
from lifecycle_conformance.runner.known_failures_file import read
from lifecycle_conformance.runner.verdicts import Report, Verdict
from lifecycle_conformance.specification.schemas import problems
from test_report import failed, report, result

FAILING = report(failed("PASS-2"), result("PASS-3"), seed=0)
MENDED = report(result("PASS-2"), result("PASS-3"), seed=0)


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    """The reports that a check gives, the next one last: no search is made."""
    found = [FAILING]
    monkeypatch.setattr("lifecycle_conformance.cli.check._checked", lambda *_, **__: found[-1])
    return found


@pytest.fixture
def file(tmp_path: Path, reports: list[Report]) -> Path:
    """A file that accepts the failure, with a reason."""
    assert reports
    path = tmp_path / "known.toml"
    assert call("check", "--write-known-failures", path).exit_code == 0
    path.write_text(path.read_text("utf-8").replace('reason = ""', 'reason = "in release 5"'), "utf-8")
    return path


@pytest.mark.usefixtures("reports")
def test_a_file_is_written_and_wants_reasons(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    done = call("check", "--write-known-failures", path)
    assert done.exit_code == 0
    assert f"{path}: say why, in `reason`, of PASS-2" in done.stderr
    refused = call("check", "--known-failures", path)
    assert refused.exit_code == 2
    assert f"{path}: expected why PASS-2 may fail, found an empty text at $.failure[0].reason" in refused.stderr


def test_what_is_known_is_green_and_told_everywhere(tmp_path: Path, file: Path) -> None:
    done = call("check", "--known-failures", file, "--junit", tmp_path / "c.xml", "--html", tmp_path / "c.html")
    assert done.exit_code == 0
    assert "conforms, as far as it was checked, but for 1 known failure" in " ".join(done.stdout.split())
    assert "known: in release 5" in done.stdout
    assert "1 fail (1 known)" in done.stdout
    skipped = ET.parse(tmp_path / "c.xml").find(".//testcase[@name='PASS-2']/skipped")
    assert skipped is not None
    assert skipped.attrib == {"message": "known: in release 5", "type": "fail"}
    page = well_formed((tmp_path / "c.html").read_bytes())
    assert "known: in release 5" in page.text
    assert "failure-PASS-2" not in page.ids
    document = json.loads(call("check", "--known-failures", file, "--json").stdout)
    assert problems("report", document) == []
    assert [each.get("known") for each in document["requirements"]] == [{"reason": "in release 5"}, None]
    assert (document["exit_code"], document["worst_first"]) == (0, [])


def test_what_is_mended_is_an_error_and_told_everywhere(tmp_path: Path, file: Path, reports: list[Report]) -> None:
    reports.append(MENDED)
    done = call("check", "--known-failures", file, "--junit", tmp_path / "c.xml", "--html", tmp_path / "c.html")
    assert done.exit_code == 1
    said = "$.failure[0], PASS-2 fail: it holds now"
    assert done.stdout.startswith("how far       2 requirements hold\n")
    assert f"1 known failure is stale:\n  {said}\n" in done.stdout
    failure = ET.parse(tmp_path / "c.xml").find(".//testcase[@name='PASS-2']/failure")
    assert failure is not None
    assert failure.attrib["message"] == "a known failure: it holds now"
    assert said in well_formed((tmp_path / "c.html").read_bytes()).text
    document = json.loads(call("check", "--known-failures", file, "--json").stdout)
    assert problems("report", document) == []
    assert document["stale"] == [{"place": "$.failure[0]", "requirement": "PASS-2", "now": "it holds now"}]


def test_what_fails_otherwise_is_an_error_and_told_in_full(tmp_path: Path, file: Path, reports: list[Report]) -> None:
    reports.append(report(failed("PASS-2", message="the order"), seed=0))
    done = call("check", "--known-failures", file, "--junit", tmp_path / "c.xml")
    assert done.exit_code == 1
    assert "PASS-2 fail: it fails otherwise: fail, the order" in done.stdout
    assert "── PASS-2: " in done.stdout
    failure = ET.parse(tmp_path / "c.xml").find(".//testcase[@name='PASS-2']/failure")
    assert failure is not None
    assert "it fails otherwise: fail, the order" in str(failure.text)


def test_written_anew_it_keeps_reasons_and_drops_what_is_mended(file: Path, reports: list[Report]) -> None:
    reports.append(report(failed("PASS-2", message="the order"), failed("PASS-3"), seed=0))
    assert call("check", "--known-failures", file, "--write-known-failures", file).exit_code == 0
    entries = read(str(file), with_reasons=False).entries
    assert [(each.requirement, each.shapes[0], each.reason) for each in entries] == [
        ("PASS-2", "the order", "in release 5"),
        ("PASS-3", "the indexes of the records that got an event", ""),
    ]
    reports.append(MENDED)
    assert call("check", "--write-known-failures", file).exit_code == 0
    assert read(str(file)).entries == []


def test_the_reasons_of_both_files_are_kept(tmp_path: Path, file: Path, reports: list[Report]) -> None:
    other = tmp_path / "other.toml"
    reports.append(report(failed("PASS-3"), seed=0))
    call("check", "--write-known-failures", other)
    other.write_text(other.read_text("utf-8").replace('reason = ""', 'reason = "never"'), "utf-8")
    reports.append(report(failed("PASS-2"), failed("PASS-3"), seed=0))
    assert call("check", "--known-failures", file, "--write-known-failures", other).exit_code == 0
    assert [each.reason for each in read(str(other)).entries] == ["in release 5", "never"]


def test_a_check_that_was_cut_off_writes_nothing(file: Path, reports: list[Report]) -> None:
    before = file.read_bytes()
    reports.append(report(result("PASS-2", Verdict.UNDECIDED), seed=0, cut="the 5 s that were given were over"))
    done = call("check", "--write-known-failures", file)
    assert (done.exit_code, file.read_bytes()) == (3, before)
    assert f"{file} is left as it is: the 5 s that were given were over" in done.stderr


def test_hostile_reasons_are_shown_safely(file: Path) -> None:
    text = file.read_text("utf-8")
    file.write_text(text.replace("in release 5", "\\u001b[31m<b>\\u202e"), "utf-8")
    done = call("check", "--known-failures", file, "--html", "-")
    assert "<b>" not in done.stdout
    assert "\x1b[31m<b>" not in call("check", "--known-failures", file).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--known-failures", "none"), "none: expected a readable file: No such file or directory"),
        (("--known-failures", "other"), "other: expected TOML: "),
        (("--write-known-failures", "other"), "other: expected TOML: "),
        (("--write-known-failures", "-"), "expected a file, found standard output"),
        (("--write-known-failures", "nowhere/known.toml"), "expected a file in a folder that exists"),
        (("--write-known-failures", "k", "--html", "k"), "expected a file outside of k"),
    ],
)
def test_a_wrong_call_is_refused_before_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("lifecycle_conformance.cli.check._checked", never)
    monkeypatch.chdir(tmp_path)
    Path("other").write_text("<html>", "utf-8")
    done = call("check", *arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert Path("other").read_text("utf-8") == "<html>"


def test_what_is_known_is_accepted_with_fewer_cases_looked_at(file: Path, reports: list[Report]) -> None:
    reports.append(evolve(MENDED, seed=0))
    assert call("check", "--known-failures", file, "--no-vectors").exit_code == 0
    assert call("check", "--known-failures", file).exit_code == 1
