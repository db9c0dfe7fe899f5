"""No requirement passes for a driver that never does what it is about.

Each row is a driver that leaves out one thing, and the requirements about that thing: their verdicts may be that they
fail, or that they were not exercised. All drivers go through the same recorded sessions.
"""

import logging
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen

from degenerate import (
    Change,
    Degenerate,
    answering,
    as_it_is,
    both,
    inside,
    nothing_of,
    of_another_kind,
    of_records,
    refusing,
    with_members,
    without,
)
from lifecycle_conformance.driver.interface import Answer
from lifecycle_conformance.driver.server import CAPABILITIES_OF
from lifecycle_conformance.execution.session import executed
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.execution.workspace import workspace
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.judges.vectors import derived
from lifecycle_conformance.model.identity import MARKER
from lifecycle_conformance.runner.evidence import SHOWN_BY, cases_that_count, with_evidence
from lifecycle_conformance.runner.findings import Findings
from lifecycle_conformance.specification import requirements
from lifecycle_conformance.specification.requirements import Judge
from sessions import sessions

_NEVER_SHOWN: Final = frozenset({"TENANT-6"})
"""What the recorded sessions on files don't meet."""


@frozen(eq=False)
class Row:
    """A driver, and patterns of the requirements that it must not pass, but for those of which it shows enough.

    Files show some of it, whatever the driver shows, and a marker needs no import: so it may pass those.
    """

    name: str
    about: str
    change: Change = as_it_is
    skips: Object | None = None
    claims: frozenset[str] | None = None
    may_pass: str = ""

    def driver(self) -> Degenerate:
        return Degenerate(self.change, "files" if self.claims is None else "memory", self.skips, self.claims)

    @property
    def requirements(self) -> list[str]:
        return [each for each in requirements.load() if any(fnmatchcase(each, one) for one in self.about.split())]


def _first_of_each(op: str, _: Object, answer: Answer) -> Answer:
    if op not in {"events", "snapshots"} or answer.ok is None:
        return answer
    return Answer(ok={op: answer.ok[op][:1]})


def _never_refuses(_op: str, _: Object, answer: Answer) -> Answer:
    return answer if answer.error is None else Answer(ok={})


def _of_marker(event: Object) -> Object:
    return {**event, "payload": {}} if event["event_type"] == MARKER else event


def _tenant_only(scope: Object) -> Object:
    return {name: scope[name] for name in ("schema_version", "tenant_context")}


_SUMMARY: Final = ("awaiting_gate", "last_failure", "execution_claim")


def _bare(checkpoint: Object) -> Object:
    return {
        name: None if name in _SUMMARY or not isinstance(value, list | dict) else type(value)()
        for name, value in checkpoint.items()
    }


_OF_PASSES: Final = (
    "REC-* JSON-[1-5] JSON-1[013-6] ALIAS-* PHASE-* EVENT-* SNAP-[123456] CKPT-* REDACT-* SCOPE-* DEF-* PASS-*"
)
ROWS: Final = (
    Row(
        "shows nothing",
        f"{_OF_PASSES} SNAP-[789] SNAP-10 LOG-* TENANT-*"
        " COMPACT-? COMPACT-10 COMPACT-11 COMPACT-13 COMPACT-14 PRUNE-* FILE-1 FILE-3 FILE-4 FILE-1[1234] FILE-19"
        " FILE-2[125] ERR-1 ERR-3 DRIVER-7 DRIVER-9",
        nothing_of("events", "snapshots"),
        may_pass="PRUNE-5",
    ),
    Row(
        "shows no events",
        "EVENT-* ALIAS-* PASS-1 PASS-2 PASS-3 PASS-4 PASS-8 PASS-9 PASS-14 LOG-* COMPACT-? COMPACT-13"
        " COMPACT-14 FILE-1 FILE-19 REDACT-* ERR-1 TENANT-1 TENANT-4",
        nothing_of("events"),
    ),
    Row(
        "shows no snapshots",
        "PHASE-* SNAP-? SNAP-10 CKPT-* REDACT-* PASS-4 PASS-5 PASS-8 PASS-9 PASS-14 PRUNE-* FILE-3 FILE-4 FILE-2[12]"
        " COMPACT-3 ERR-3",
        nothing_of("snapshots"),
        may_pass="FILE-22 PRUNE-5",
    ),
    Row(
        "records nothing",
        f"{_OF_PASSES} LOG-1 LOG-5 TENANT-1 TENANT-4 PRUNE-6 ERR-1 ERR-3 FILE-2[2345]",
        skips={"project": {"projected": 0}},
    ),
    Row(
        "refuses every pass",
        f"{_OF_PASSES} LOG-1 LOG-5 TENANT-1 TENANT-4 PRUNE-6 ERR-1 ERR-3",
        refusing("project"),
        {"project": {}},
    ),
    Row("shows one of each at most", "REC-16 JSON-[1-5] ALIAS-[356789] ALIAS-1? PHASE-2 PHASE-[459] PASS-2 PASS-5"
        " PASS-[79] PASS-13 LOG-3 SNAP-10 COMPACT-1 COMPACT-[6789] COMPACT-1[013]",
        _first_of_each, may_pass="ALIAS-11 PASS-9 PHASE-2 PHASE-5 PHASE-9 COMPACT-6 COMPACT-7 COMPACT-8 COMPACT-9"
        " LOG-3"),
    Row("answers 0 always", "PASS-6 PRUNE-6", answering("project", projected=0)),
    Row("never compacts", "COMPACT-? COMPACT-1[0123]", skips={"compact": {"pruned": 0}}),
    Row("never prunes", "PRUNE-*", skips={"prune": {"pruned": 0}}),
    Row("never appends", "LOG-2 LOG-3 LOG-8 DRIVER-10", skips={"append": {"appended": False, "seq": 0}}),
    Row("keeps no import", "ALIAS-[56789] ALIAS-1? LOG-3 SNAP-[789] FILE-11 FILE-12 DRIVER-9", skips={"import": {}},
        may_pass="LOG-3"),
    Row("refuses every import", "ALIAS-[56789] ALIAS-1? LOG-3 SNAP-[789] FILE-11 FILE-12 DRIVER-9",
        refusing("import"), {"import": {}}, may_pass="LOG-3"),
    Row("identifies nothing", "OCC-2 OCC-3 DRIVER-8", answering("identify", ids=[])),
    Row("keeps nothing on disk", "FILE-1 FILE-[345789] FILE-1[3456789] FILE-2[1-6] SNAP-9 SNAP-11 SNAP-12 COMPACT-12"
        " ERR-4 ERR-5 DRIVER-7", claims=CAPABILITIES_OF["files"], may_pass="FILE-17"),
    Row("never refuses", "REC-[1236] REC-8 REC-11 JSON-13 JSON-14 JSON-16 PHASE-7 PASS-1[012] SNAP-11 SNAP-12"
        " FILE-11 FILE-12 FILE-23 ERR-* DRIVER-4 DRIVER-6 DRIVER-1[01234]", _never_refuses),
    Row("refuses with `internal`", "PHASE-7 PASS-1[012] SNAP-11 SNAP-12 FILE-22 FILE-23 ERR-3 ERR-4 ERR-5 ERR-7"
        " DRIVER-4 DRIVER-6 DRIVER-1[01345]", of_another_kind("internal"), may_pass="FILE-22"),
    Row("refuses moves with `storage`", "PHASE-7 PASS-1[012] ERR-3",
        of_another_kind("storage", "phase_transition"), may_pass="PASS-10"),
    Row("has conflicts with `storage`", "SNAP-11 ERR-4", of_another_kind("storage", "storage_conflict")),
    Row("shows no enterprise scope", "SCOPE-2 SCOPE-[3-9] SCOPE-1?", both(inside("scope", _tenant_only))),
    Row("shows no definition", "DEF-*",
        of_records("snapshots", without("workflow_definition_version", "workflow_definition_snapshot_hash"))),
    Row("shows no phases", "PHASE-[1234589] PHASE-10 SNAP-[789]",
        of_records("snapshots", without("phase", "phase_history", "allowed_next_phases"))),
    Row("shows empty phase histories", "PHASE-[34589] SNAP-7", of_records("snapshots", with_members(phase_history=[]))),
    Row("shows no next phases", "PHASE-10 SNAP-7 SNAP-8",
        of_records("snapshots", with_members(allowed_next_phases=[]))),
    Row("shows no phase id", "EVENT-4 EVENT-5", both(without("phase_id"))),
    Row("shows no wait kind", "EVENT-6 EVENT-7", of_records("events", without("wait_kind"))),
    Row("shows no cause", "EVENT-8 EVENT-9", of_records("events", without("causation_id")), may_pass="EVENT-9"),
    Row("shows no correlation", "EVENT-1 ALIAS-[6789]", of_records("events", without("correlation_id"))),
    Row("shows no payload", "EVENT-2 JSON-[1-5] JSON-1[01] OCC-1", of_records("events", with_members(payload=None))),
    Row("shows no metadata in payloads", "EVENT-2 JSON-[1-5] JSON-1[01]",
        of_records("events", inside("payload", with_members(metadata=None)))),
    Row("shows no occurrence", "OCC-1 EVENT-2",
        of_records("events", inside("payload", without("lifecycle_occurrence")))),
    Row("shows no activity", "EVENT-10", both(lambda each: inside("metadata", without("activity_boundary"))(
        inside("payload", without("counts_as_activity"))(each)))),
    Row("shows no metadata in snapshots", "SNAP-2", of_records("snapshots", without("metadata"))),
    Row("shows no checkpoint", "SNAP-1 SNAP-3 CKPT-* REDACT-*", of_records("snapshots", without("checkpoint"))),
    Row("shows empty checkpoints", "SNAP-3 CKPT-* REDACT-*", of_records("snapshots", with_members(checkpoint={}))),
    Row("shows nothing in checkpoints", "CKPT-*", of_records("snapshots", inside("checkpoint", _bare))),
    Row("shows no digest", "SNAP-1 SNAP-3", of_records("snapshots", without("payload_digest"))),
    Row("shows markers that list nothing", "ALIAS-4 ALIAS-5 LOG-3 COMPACT-8 COMPACT-9 COMPACT-1[014]",
        of_records("events", _of_marker)),
)  # fmt: skip
REFERENCE: Final = Row("the reference", "")


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The reference warns of damage (FILE-20), which these sessions are full of."""
    caplog.set_level(logging.ERROR, "lifecycle_projection")


@cache
def found(row: Row) -> Findings:
    """What a driver shows in the sessions, and in the fixed cases that the row is about."""
    findings, driver = Findings(), row.driver()
    about = {*with_evidence(row.requirements)}
    checks = [each for each in CHECKS if row is REFERENCE or not about.isdisjoint(each.requirements)]
    for recording in sessions():
        if row is not REFERENCE and about.isdisjoint(recording.judged):
            continue
        session, broke = executed(driver, recording.requests, checks)
        assert session.errors == []
        findings.note(session, broke)
    asked = [each for each in _fixed_cases() if each.needs <= driver.hello.capabilities and _is_about(row, each)]
    with workspace() as directory:
        looks = [(case, derived.ask(case, driver, Path(directory))) for case in asked]
    for number, outcome in enumerate(derived.outcomes(looks)):
        for requirement in outcome.requirements:
            findings.cases[requirement].add(number)
        for requirement in (each for difference in outcome.differences for each in difference.requirements):
            findings.broken[requirement].add(number)
    return findings


def _fixed_cases() -> Sequence[derived.DerivedCase]:
    """Every third of the fixed cases: there are hundreds."""
    return derived.cases()[::3]


def _is_about(row: Row, case: derived.DerivedCase) -> bool:
    return row is REFERENCE or not case.requirements.isdisjoint(row.requirements)


def passed(findings: Findings, ids: Iterable[str]) -> list[str]:
    return [each for each in ids if cases_that_count(findings, each) and not findings.broken[each]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_driver_that_never_does_a_thing_doesnt_pass_what_is_about_it(row: Row) -> None:
    assert {*passed(found(row), row.requirements)} <= {*row.may_pass.split()}


def test_the_reference_passes_all_of_it() -> None:
    """So that no row is true for a lack of cases."""
    judged = [each.id for each in requirements.load().values() if each.judge is not Judge.UNIT]
    assert {*judged} - {*passed(found(REFERENCE), judged)} == _NEVER_SHOWN


def test_each_requirement_is_in_a_row() -> None:
    """Left aside are those that such drivers keep: what `identify` says, and how a driver behaves at all."""
    aside = {f"ID-{number}" for number in range(1, 8)} | {
        *("JSON-6", "JSON-7", "JSON-8", "JSON-9", "JSON-12"),
        *("DRIVER-2", "DRIVER-3", "DRIVER-5", "DRIVER-16", "DRIVER-17"),
    }
    named = {each for row in ROWS for each in row.requirements}
    assert {each.id for each in requirements.load().values() if each.judge is not Judge.UNIT} - named == aside


def test_what_shows_a_requirement_needs_no_more_than_it() -> None:
    """Else an implementation that conforms could not have it exercised."""
    known = requirements.load()
    for requirement, shown_by in SHOWN_BY.items():
        for each in shown_by:
            assert known[each].capabilities <= known[requirement].capabilities
            assert known[each].judge not in {Judge.UNIT, Judge.VECTORS}
            assert each not in SHOWN_BY
