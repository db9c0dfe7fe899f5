"""The frozen sets of requirements: none vanishes from the text, none is added, and a check keeps to them."""

import hashlib
from functools import partial
from pathlib import Path

import pytest

from calling import call
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.report.as_json import as_json
from lifecycle_conformance.report.page.check_page import check_page
from lifecycle_conformance.report.terminal import render
from lifecycle_conformance.runner import runner
from lifecycle_conformance.runner.runner import chosen
from lifecycle_conformance.specification import requirements, versions
from lifecycle_conformance.specification.schemas import problems
from lifecycle_conformance.specification.texts import SPEC
from lifecycle_conformance.specification.versions import UnknownVersionError, requirements_of
from searching import shorten
from test_report import report, result

# A set that is frozen is written once: whoever changes it changes what earlier statements of conformance say.
FROZEN = {"1.0": (236, "8c5cf752dcfb6e54ce6e526b601bc4b5dae681f6add8d1bd9e30e2230e4d7889")}


@pytest.mark.parametrize("version", versions.versions())
def test_a_frozen_set_is_in_the_text_and_stays_as_it_was(version: str) -> None:
    ids = requirements_of(version)
    assert ids - requirements.load().keys() == set()
    assert (len(ids), hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()) == FROZEN[version]


def test_each_frozen_version_is_known() -> None:
    assert [*versions.versions()] == [*FROZEN]
    assert all(each in (SPEC / "17-conformance.md").read_text(encoding="utf-8") for each in FROZEN)


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two older versions, the later of which has the requirements of passes but for PASS-6."""
    kept = sorted({each for each in requirements.load() if each.startswith("PASS-")} - {"PASS-6"})
    for version, ids in (("0.9", kept), ("0.10", [*kept, "LOG-1"])):
        (tmp_path / f"requirements-{version}.txt").write_text("# frozen\n\n" + "\n".join(ids) + "\n", encoding="utf-8")
    monkeypatch.setattr(versions, "SPEC", tmp_path)


@pytest.mark.usefixtures("later")
def test_what_came_later_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch, sessions=0)
    found = runner.run(partial(InProcessDriver, "memory"), profile="quick", spec="0.9", vectors=False)
    assert found.verdicts.keys() == requirements_of("0.9")
    assert found.spec == "0.9"
    assert found.agreement is not None
    only = [each.id for each in chosen(["PASS-6", "PASS-8", "LOG-*"], "0.10")]
    assert only == ["PASS-8", "LOG-1"]


@pytest.mark.usefixtures("later")
def test_an_unknown_version_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownVersionError, match=r"expected a version of the specification \(0.9, 0.10\), found '2'"):
        requirements_of("2")


def test_each_report_says_which_version_was_judged() -> None:
    found = report(result("PASS-2"), spec="1.0")
    assert "(requirements of 1.0, quick, seed 7, 12 s)" in " ".join(render(found).split())
    assert as_json(found)["requirements_of"] == "1.0"
    assert problems("report", as_json(found)) == []
    assert "those of version 1.0" in [each.text for each in check_page(found, (), lambda _: ()).totals]


def test_the_command_refuses_an_unknown_version() -> None:
    done = call("check", "--spec", "9.9")
    assert done.exit_code == 2
    assert "expected a version of the specification (1.0), found '9.9'" in " ".join(done.stderr.split())
