"""Findings of one cause are told together, and those of different causes apart."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from attrs import evolve

import damaging
from damaging import dropped
from lifecycle_conformance.audit.auditing import audit
from lifecycle_conformance.audit.catalogue import KINDS
from lifecycle_conformance.audit.causes import causes
from lifecycle_conformance.audit.finding import Finding, Severity
from lifecycle_conformance.audit.opening import opened
from lifecycle_conformance.audit.run_records import RunRecords
from test_audit import ALONE, MARKERS, MOVED, WITH_RUNS

TABLES: Any = {
    "alone": (ALONE, damaging.healthy),
    "moved": (MOVED, lambda folder: damaging.healthy(folder, moved=True)),
    "markers": (MARKERS, damaging.compacted),
    "with runs": (WITH_RUNS, damaging.healthy),
}
APART = {
    "a marker lost an entry": [{"marker-lists-too-little"}, {"snapshot-without-event"}],
    "a move that the table doesn't have": [{"broken-phase-history"}, {"phase-history-changed"}],
    "a move out of a terminal phase": [{"illegal-move"}, {"phase-history-changed"}],
}
"""What nothing in the findings ties together: an id that a marker lost, histories of two snapshots."""
CASES = [(table, name) for table, (damages, _) in TABLES.items() for name in damages]


def found(store: Path, runs: Path | None = None) -> list[list[Finding]]:
    told = causes(audit(opened(str(store)), None if runs is None else RunRecords([str(runs)])))
    return [each for each in told if each[0].kind.severity is not Severity.NOTE]


@pytest.mark.parametrize(("table", "name"), CASES)
def test_one_damage_is_one_cause(table: str, name: str, store: Path, tmp_path: Path) -> None:
    damages, make = TABLES[table]
    damage, expected = damages[name]
    damage(make(store))
    runs = tmp_path / "runs.json"
    runs.write_bytes(orjson.dumps({"run-1": damaging.RUN}))
    told = [{each.kind.name for each in cause} for cause in found(store, runs if table == "with runs" else None)]
    assert told == APART.get(name, [expected] if expected else [])


def test_two_damages_are_two_causes_and_the_most_telling_finding_comes_first(store: Path) -> None:
    damaging.healthy(store)
    dropped(2)(store)
    ALONE["a phase was changed"][0](store)
    told = [[each.kind.name for each in cause] for cause in found(store)]
    assert sorted(told) == [
        ["seq-missing", "snapshot-without-event", "occurrence-missing"],
        ["wrong-phase", "wrong-next-phases", "broken-phase-history"],
    ]


def test_causes_that_turn_out_to_be_one_are_joined() -> None:
    """The third finding is about what each of the first two is about."""
    first, second = (Finding(kind=KINDS["wrong-digest"], message="", run_id="r", seqs=[seq]) for seq in (1, 2))
    third = Finding(kind=KINDS["seq-missing"], message="", run_id="r", seqs=[1, 2])
    fourth = Finding(kind=KINDS["seq-missing"], message="", run_id="r", seqs=[1])
    assert causes([first, second]) == [[first], [second]]
    assert causes([first, second, third, fourth]) == [[third, fourth, first, second]]


def test_tenants_share_a_cause_where_they_share_an_id_and_not_where_they_share_a_number() -> None:
    event_id = "automation-v2-lifecycle-r-e-000000000000000000000000-0"
    a, b = (
        Finding(kind=KINDS["wrong-digest"], message="", run_id="r", tenant=(org, "w", None), event_id=event_id)
        for org in ("a", "b")
    )
    assert causes([a, b]) == [[a, b]]
    assert len(causes([evolve(a, event_id=None, seqs=[1]), evolve(b, event_id=None, seqs=[1])])) == 2


def test_notes_are_causes_of_their_own() -> None:
    note = Finding(kind=KINDS["time-backwards"], message="", run_id="r", seqs=[1])
    wrong = Finding(kind=KINDS["wrong-digest"], message="", run_id="r", seqs=[1])
    assert causes([note, wrong]) == [[note], [wrong]]
