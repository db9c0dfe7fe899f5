"""Known failures: what they accept, when they are stale, their file, and the shapes by which they are known again."""

import tomllib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Breakdown
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.report.as_json import as_json
from lifecycle_conformance.report.check_junit import as_junit
from lifecycle_conformance.report.outcome import outcome
from lifecycle_conformance.report.page.check_page import check_page
from lifecycle_conformance.report.start import how_far
from lifecycle_conformance.report.terminal import render
from lifecycle_conformance.runner import known_failures_file, runner
from lifecycle_conformance.runner.failure_shape import shape_of
from lifecycle_conformance.runner.known_failures import KnownFailures, held, renewed
from lifecycle_conformance.runner.verdicts import FAILURES, Failure, JudgeResult, KnownFailure, Report, Verdict
from lifecycle_projection import InvalidInputError
from searching import shorten
from test_report import NOT_RECORDED, OPEN, failed, report, result

SHAPE = "the indexes of the records that got an event"
PASS_2 = KnownFailure(requirement="PASS-2", verdict=Verdict.FAIL, shapes=(SHAPE,), reason="later", link="https://x")


def known(*entries: KnownFailure, profile: str = "quick", seed: int = 7) -> KnownFailures:
    """What a file accepts, written after such a check as `report` makes."""
    return KnownFailures(entries=entries or (PASS_2,), profile=profile, seed=seed)


def now(found: Report) -> dict[str, str]:
    """What is so instead of each stale entry."""
    return {each.entry.requirement: each.now for each in found.stale}


# --- what is accepted -------------------------------------------------------------------------------------------------


def test_a_known_failure_does_not_count() -> None:
    found = held(report(failed("PASS-2"), result("PASS-3")), known())
    assert (found.exit_code, found.stale) == (0, ())
    assert [each.known for each in found.results] == [PASS_2, None]


def test_another_failure_counts_beside_it() -> None:
    assert held(report(failed("PASS-2"), failed("PASS-3")), known()).exit_code == 1


def test_an_entry_that_no_longer_fails_is_stale() -> None:
    found = held(report(result("PASS-2")), known())
    assert (found.exit_code, now(found)) == (1, {"PASS-2": "it holds now"})
    assert found.stale[0].place == "$.failure[0]"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (failed("PASS-2", message="the order"), "it fails otherwise: fail, the order"),
        (failed("PASS-2", Verdict.STATE_LEAK), f"it fails otherwise: state leak, {SHAPE}"),
        (result("PASS-2", Verdict.NOT_EXERCISED), "it fails otherwise: not exercised"),
    ],
)
def test_an_entry_that_fails_otherwise_is_stale_and_the_failure_counts(found: Any, said: str) -> None:
    held_ = held(report(found), known())
    assert (held_.exit_code, now(held_)) == (1, {"PASS-2": said})
    assert held_.results[0].known is None


@pytest.mark.parametrize("verdict", sorted({Verdict.NOT_DECLARED, Verdict.NOT_JUDGED_HERE}))
def test_an_entry_about_what_was_not_judged_is_not_stale(verdict: Verdict) -> None:
    assert held(report(result("PASS-2", verdict), result("PASS-3")), known()).exit_code == 0
    assert held(report(result("PASS-3")), known()).exit_code == 0


@pytest.mark.parametrize(
    ("members", "all_cases"),
    [
        ({"cut": "the 5 s that were given were over"}, True),
        ({"lost": ("a part: its process was ended",)}, True),
        ({"seed": 8}, True),
        ({}, False),
    ],
)
def test_an_entry_is_not_stale_where_less_was_looked_at(members: Any, all_cases: bool) -> None:
    assert held(report(result("PASS-2"), **members), known(), all_cases=all_cases).stale == ()


def test_a_lesser_profile_makes_no_entry_stale_and_a_greater_one_does() -> None:
    assert held(report(result("PASS-2"), profile="quick"), known(profile="default")).stale == ()
    assert held(report(result("PASS-2"), profile="thorough"), known(profile="default")).stale


def test_a_cut_check_with_known_failures_only_is_undecided() -> None:
    found = report(failed("PASS-2"), result("PASS-3", Verdict.UNDECIDED), cut="over")
    assert held(found, known()).exit_code == 3


def test_a_requirement_that_was_never_exercised_can_be_known() -> None:
    found = report(result("PASS-2", Verdict.NOT_EXERCISED), result("PASS-3"))
    assert held(found, known(evolve(PASS_2, verdict=Verdict.NOT_EXERCISED, shapes=()))).exit_code == 0


def test_nothing_is_known_of_a_driver_that_can_not_be_judged() -> None:
    crash = Failure(requests=(OPEN,), message="it ended", broke=Breakdown.CRASH)
    entry = KnownFailure(requirement="DRIVER-2", verdict=Verdict.CRASH, shapes=("it ended",), reason="later")
    found = report(result("DRIVER-2", Verdict.CRASH, failure=crash), unusable=True, cut="it ended")
    assert held(found, known(entry)).exit_code == 1


def test_the_judges_of_whole_answers_have_entries_of_their_own() -> None:
    vectors = JudgeResult(agreed=450, differing=2, failures=(("edge-1", "x"), ("edge-2", "y")))
    agreement = JudgeResult(agreed=7, differing=2, failure=NOT_RECORDED)
    found = report(result("PASS-2"), vectors=vectors, agreement=agreement)
    entries = renewed(found, KnownFailures(seed=7))
    assert [each.requirement for each in entries.entries] == ["agreement", "vectors"]
    assert held(found, entries).exit_code == 0
    fewer = held(evolve(found, vectors=evolve(vectors, differing=1)), entries)
    assert now(fewer) == {"vectors": "it fails otherwise: fail, cases that differ: 1"}
    cut = held(evolve(found, vectors=evolve(vectors, differing=1), cut="over"), entries)
    assert cut.stale == ()
    none = held(evolve(found, vectors=JudgeResult(agreed=452), agreement=JudgeResult(agreed=9)), entries)
    assert now(none) == {"agreement": "it holds now", "vectors": "it holds now"}
    assert held(evolve(found, vectors=None, agreement=None), entries).exit_code == 0


def test_known_judges_are_counted_beside_known_requirements() -> None:
    differing = JudgeResult(agreed=7, differing=2, failure=NOT_RECORDED)
    found = report(failed("PASS-2"), result("PASS-3"), vectors=evolve(differing, failure=None), agreement=differing)
    accepted = held(found, renewed(found, KnownFailures(seed=7)))
    assert outcome(accepted) == "conforms, as far as it was checked, but for 3 known failures"
    far = "1 requirement holds, 1 is known to be broken, agreement and vectors are known to differ"
    assert how_far(accepted) == far
    assert how_far(evolve(accepted, vectors=None)) == far.replace(" and vectors are", " is")


def test_a_known_judge_is_told_with_its_reason_and_without_its_cases() -> None:
    vectors = JudgeResult(agreed=450, differing=1, failures=(("edge-1", "step 0: expected 1, got 2"),))
    entry = KnownFailure(requirement="vectors", verdict=Verdict.FAIL, shapes=("cases that differ: 1",), reason="later")
    found = held(report(result("PASS-2"), vectors=vectors), known(entry))
    assert "450 agree, 1 differ, known: later" in render(found)
    assert "edge-1" not in render(found)
    assert "edge-1" in render(found, verbose=True)
    (page, _) = check_page(found, (), lambda _: ()).judges
    assert (page.said, page.differences) == ("450 agree, 1 differ; known: later", ())
    assert as_json(found)["vectors"]["known"] == {"reason": "later"}
    skipped = ET.fromstring(as_junit(found)).find(".//testcase[@name='fixed-cases']/skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "known: later"


# --- written anew -----------------------------------------------------------------------------------------------------


def test_what_fails_is_written_with_all_its_shapes_and_then_known() -> None:
    found = report(evolve(failed("PASS-2"), shapes=frozenset({"b", SHAPE})), result("PASS-3"))
    entries = renewed(found, KnownFailures())
    assert entries == KnownFailures(
        entries=[KnownFailure(requirement="PASS-2", verdict=Verdict.FAIL, shapes=("b", SHAPE))], seed=7
    )
    assert held(found, entries).exit_code == 0


def test_reasons_and_links_stay_and_what_holds_is_left_out() -> None:
    other = evolve(PASS_2, requirement="PASS-3")
    unjudged = evolve(PASS_2, requirement="PASS-4")
    found = report(failed("PASS-2", message="the order"), result("PASS-3"))
    assert renewed(found, known(PASS_2, other, unjudged)).entries == [evolve(PASS_2, shapes=("the order",)), unjudged]


def test_entries_that_fit_stay_as_they_are() -> None:
    entry = evolve(PASS_2, shapes=("seldom", SHAPE))
    assert renewed(report(failed("PASS-2")), known(entry)).entries == [entry]


# --- the file ---------------------------------------------------------------------------------------------------------


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
ENTRIES = st.builds(
    KnownFailure,
    requirement=st.sampled_from(["PASS-2", "agreement"]),
    verdict=st.sampled_from(sorted(FAILURES)),
    shapes=st.lists(TEXTS).map(tuple),
    reason=TEXTS.filter(str.strip),
    link=TEXTS,
)


@given(entries=st.lists(ENTRIES, unique_by=lambda each: each.requirement), seed=st.integers(0, 2**64 - 1))
def test_what_is_written_is_read_again(entries: Sequence[KnownFailure], seed: int) -> None:
    written = KnownFailures(entries=entries, profile="default", seed=seed)
    text = known_failures_file.text_of(written)
    assert known_failures_file.parsed(text.encode()) == written
    assert tomllib.loads(text)["known_failures"] == 1


HEAD = 'known_failures = 1\nprofile = "quick"\nseed = 0\n'
ENTRY = '[[failure]]\nrequirement = "PASS-2"\nverdict = "fail"\nshapes = ["x"]\nreason = "later"\n'


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("known_failures =", "$", "expected TOML: "),
        ("a = " + "[" * 5000, "$", "expected TOML: "),
        ("a = '\xff'".encode("latin-1"), "$", "expected text in UTF-8: "),
        ("", "$.known_failures", "expected this member"),
        (HEAD.replace("1", "2", 1), "$.known_failures", "expected 1"),
        (HEAD.replace("quick", "deep"), "$.profile", "expected one of quick, default, thorough"),
        (HEAD + "failure = 3", "$.failure", "expected a list, found 3"),
        (HEAD + ENTRY.replace('"later"', "3"), "$.failure[0].reason", "expected a string, found 3"),
        (HEAD + ENTRY.replace('"fail"', "1979-05-27"), "$.failure[0].verdict", "expected one of fail"),
        (HEAD + ENTRY.replace('"fail"', '"pass"'), "$.failure[0].verdict", "expected one of fail"),
        (HEAD + ENTRY + "note = 1", "$.failure[0].note", "expected no such member"),
        (
            HEAD + ENTRY.replace("later", " "),
            "$.failure[0].reason",
            "expected why PASS-2 may fail, found an empty text",
        ),
        (HEAD + ENTRY.replace("PASS-2", "PASS-999"), "$.failure[0].requirement", "expected a known requirement, or "),
        (HEAD + 2 * ENTRY, "$.failure[1].requirement", "expected one entry for PASS-2, which stands at $.failure[0] "),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_what_was_expected(
    tmp_path: Path, text: str | bytes, path: str, said: str
) -> None:
    file = tmp_path / "known.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidInputError) as raised:
        known_failures_file.read(str(file))
    assert raised.value.source == str(file)
    assert any(each.path == path and each.message.startswith(said) for each in raised.value.problems), raised.value


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="expected a readable file: No such file or directory"):
        known_failures_file.read(str(tmp_path / "none"))


# --- shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("messages", "shape"),
    [
        (["whether queued → retrying was refused", "whether no phase → failed was refused"], "whether … was refused"),
        (["the line of 'x'", "the line of \"it's\"", r"the line of 'a\'b'"], "the line of …"),
        (["the occurrence of record 7, with others", "the occurrence of record 12, with others"],
         "the occurrence of record …, with others"),
        (["the path of a/b.json, where", "the path of stateful_snapshots/x-1.json, where"], "the path of …, where"),
        (["how many events record 3 got", "how many events record 3 got (beside 'x', which is of none)"],
         "how many events record … got"),
        (["asked for project: it ended with exit code 3\nTraceback", "asked for project: it ended with exit code 4"],
         "asked for project: it ended with exit code …"),
    ],
)  # fmt: skip
def test_a_shape_has_no_value_of_the_session(messages: Sequence[str], shape: str) -> None:
    assert {shape_of(each) for each in messages} == {shape}


@pytest.mark.parametrize("name", ["guard-off", "position-in-the-id"])
def test_a_fault_has_known_shapes_with_another_seed_and_without_shrinking(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shorten(monkeypatch, among=slice(3, None, 4), actions=6)
    mutant = MUTANTS[name]
    search = partial(runner.run, partial(InProcessDriver, "memory"), profile="quick", vectors=False)
    with mutant.applied():
        entries = renewed(search(seed=1, shrink_attempts=300), KnownFailures())
        other = held(search(seed=2, shrink_attempts=0), entries)
    again = {each.requirement.id for each in other.results if each.known is not None and each.failure is not None}
    assert again & mutant.breaks
    assert [each.now for each in other.stale if "not exercised" not in each.now] == []
