"""A store held against a journal: silent where it is what the steps leave, else the first step after which it isn't."""

from io import BytesIO
from pathlib import Path
from typing import Final

import orjson
import pytest

import damaging
import stores
from builders import OTHER_TENANT, Request, append, event, imported, lifecycle, project, run_json
from damaging import LOG, edited, put, respelled
from journals import HISTORY, LIFE, NAME, carried_out, compact, held_against, kinds, lines, passes, prune
from lifecycle_conformance.audit.finding import Severity
from lifecycle_conformance.audit.journal.members import differing, requirements_of_members
from lifecycle_conformance.audit.journal.predicting import predicted
from lifecycle_conformance.audit.journal.reading import Limits
from lifecycle_conformance.audit.kinds.of_journal import JOURNAL_KINDS, OF_MEMBERS
from lifecycle_conformance.judges.vectors.scenarios import Scenario, load
from lifecycle_conformance.specification import requirements
from lifecycle_projection import InvalidInputError
from lifecycle_projection.markers import MARKER_TYPE

SCENARIOS: Final = [each for each in load() if each.files][::8]
SUSPECT, NOTE = Severity.SUSPECT, Severity.NOTE


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return carried_out(LIFE, tmp_path / "store")


def requests_of(scenario: Scenario) -> list[Request]:
    """The steps that were carried out; an engine journals none that it couldn't read."""
    done = zip(scenario.steps, scenario.answers, strict=True)
    return [
        (step["op"], {name: value for name, value in step.items() if name != "op"})
        for step, answer in done
        if answer != {"error": {"kind": "invalid_input"}}
    ]


# --- what is as the journal leaves it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", [pytest.param(each, id=each.name) for each in SCENARIOS])
def test_what_production_was_asked_explains_what_the_reference_leaves(scenario: Scenario, tmp_path: Path) -> None:
    steps = requests_of(scenario)
    journal, findings = held_against(carried_out(steps, tmp_path), steps)
    assert (findings, journal.made) == ([], len(steps))


def test_a_life_is_explained_by_its_journal(store: Path) -> None:
    journal, findings = held_against(store, LIFE)
    assert (findings, journal.made, journal.shortest_prefix(findings)) == ([], len(LIFE), None)


def test_a_database_is_held_against_a_journal_as_files_are(store: Path, tmp_path: Path) -> None:
    database = stores.as_database(store, tmp_path / "store.sqlite3")
    assert held_against(database, LIFE)[1] == []
    edited(1, put("failed", "payload", "status"))(store)
    changed = stores.as_database(store, tmp_path / "changed.sqlite3")
    (finding,) = held_against(changed, LIFE)[1]
    assert (finding.kind.name, finding.step) == ("journal-payload-member", 3)


def test_what_was_refused_left_what_it_had_done_before(tmp_path: Path) -> None:
    """The guard refuses `completed` to `running`; another tenant's snapshot stands in the place; a name is too long."""
    steps = (
        passes(1, status="completed"),
        passes(2),
        project(*HISTORY[:1], run_id="run-1", tenant=OTHER_TENANT),
        project(lifecycle("x" * 300), run_id="run-2"),
    )
    assert held_against(carried_out(steps, tmp_path / "store"), steps)[1] == []


def test_what_was_there_before_is_imported(tmp_path: Path) -> None:
    old = imported(event("old", 1), event("old", 1), event("older", 2))
    steps = (old, append("appended"), passes(2))
    assert held_against(carried_out(steps, tmp_path / "store"), steps)[1] == []


def test_what_only_asks_is_a_step_that_changes_nothing(store: Path) -> None:
    asking = ("identify", {"run": run_json()})
    journal, findings = held_against(store, (asking, *LIFE, asking))
    assert (findings, journal.made) == ([], len(LIFE) + 2)


def test_a_text_holds_a_run_record_as_well(tmp_path: Path) -> None:
    steps = [("project", {"run_json": orjson.dumps(run_json("a", "b")).decode()})]
    assert held_against(carried_out(steps, tmp_path / "store"), steps)[1] == []


# --- what differs -----------------------------------------------------------------------------------------------------

MARKER, EVENT = 0, 3
MEMBERS: dict[str, tuple[damaging.Damage, set[str], int]] = {
    "a seq": (edited(EVENT, put(9, "seq")), {"seq"}, 5),
    "a time": (edited(EVENT, put(9, "occurred_at_ms")), {"event-member"}, 5),
    "a trigger": (edited(EVENT, put("x", "payload", "trigger_type")), {"payload-member"}, 5),
    "an unknown member": (edited(EVENT, put("x", "note")), {"event-member"}, 5),
    "an index": (edited(EVENT, put(7, "payload", "lifecycle_index")), {"index"}, 5),
    "an actor": (edited(EVENT, put("x", "scope", "tenant_context", "actor_id")), {"scope"}, 5),
    "a count of a marker": (edited(MARKER, put(2, "payload", "pruned_events")), {"marker-numbers"}, 4),
    "an id in a marker": (
        edited(MARKER, put("x", "payload", "compacted_event_ids", 0, "event_id")),
        {"marker-ids"},
        4,
    ),
    "a checkpoint": (
        respelled(EVENT, put(["n"], "checkpoint", "blocked_nodes"), digest=True),
        {"checkpoint", "digest"},
        5,
    ),
    "a phase": (respelled(EVENT, put("failed", "phase")), {"phase"}, 5),
    "a move": (respelled(EVENT, put("failed", "phase_history", -1, "to_phase")), {"phase-history"}, 5),
    "a status": (respelled(EVENT, put("failed", "status")), {"snapshot-member"}, 5),
    "another tenant's event": (
        edited(EVENT, put("org-b", "scope", "tenant_context", "org_id")),
        {"event-missing", "event-extra"},
        5,
    ),
    "an id": (edited(EVENT, put("x", "event_id")), {"event-missing", "event-extra"}, 5),
    "a snapshot's id": (respelled(EVENT, put("x", "snapshot_id")), {"snapshot-missing", "snapshot-extra"}, 5),
    "an event is gone": (damaging.dropped(EVENT), {"event-missing"}, 5),
    "a snapshot is gone": (damaging.without_snapshot(EVENT), {"snapshot-missing"}, 5),
    "a marker is gone": (damaging.dropped(MARKER), {"marker-missing"}, 4),
    "an event stands twice": (damaging.doubled, {"event-extra"}, len(LIFE)),
}


def moved(store: Path) -> str:
    """The marker of a run stands behind its next event."""
    there = damaging.lines(store)
    (store / LOG).write_bytes(b"".join([there[1], there[0], *there[2:]]))
    return LOG


MEMBERS["two lines changed places"] = moved, {"other-order"}, len(LIFE)


@pytest.mark.parametrize("name", MEMBERS)
def test_each_damage_is_found_under_its_requirement_and_at_its_step(name: str, store: Path) -> None:
    damage, expected, step = MEMBERS[name]
    damage(store)
    journal, findings = held_against(store, LIFE)
    assert kinds(findings) == expected
    assert kinds(findings, SUSPECT) | kinds(findings, NOTE) == set()
    assert (journal.shortest_prefix(findings), journal.made) == (step, len(LIFE))


def test_a_finding_says_step_place_and_values(store: Path) -> None:
    edited(EVENT, put(9, "seq"))(store)
    (finding,) = held_against(store, LIFE)[1]
    assert (finding.message, finding.expected, finding.actual) == ("`seq`, as left by step 5 (a pass over run-1)", 3, 9)
    assert (str(finding.where), finding.run_id, finding.record_index) == (f"{LOG}:4", "run-1", 2)


def test_what_is_missing_is_told_at_the_line_of_its_step(store: Path) -> None:
    damaging.dropped(EVENT)(store)
    (finding,) = held_against(store, LIFE)[1]
    assert (finding.message, str(finding.where)) == ("left by step 5 (a pass over run-1)", f"{NAME}:5")
    assert finding.expected == {"seq": 3}


_ROWS: Final = [pytest.param(*row, id=" ".join(row)) for row in requirements_of_members()]
_KEYS: Final = {("event", "event_id"), ("marker", "event_id"), ("snapshot", "snapshot_id")}
"""By these a record is found, so that they never differ."""


@pytest.mark.parametrize(("table", "name"), _ROWS)
def test_each_member_belongs_to_the_requirement_that_its_row_names(table: str, name: str) -> None:
    sort = "event" if table.startswith(("event", "marker")) else "snapshot"
    inside = "checkpoint" if table == "checkpoint" else table.partition(".")[2]
    is_marker = {"event_type": MARKER_TYPE} if table.startswith("marker") else {}
    before, after = ({inside: {name: value}} if inside else {name: value} for value in (1, 2))
    ((requirement, places),) = differing(sort, {**before, **is_marker}, {**is_marker, **after})
    assert requirement == requirements_of_members()[table, name]
    assert [each.path for each in places] == [f"$.{inside}.{name}" if inside else f"$.{name}"]
    assert requirement in OF_MEMBERS or (table, name) in _KEYS


def test_each_kind_is_of_a_requirement_and_each_of_members_of_some_row() -> None:
    assert {each.requirement for each in JOURNAL_KINDS.values()} <= requirements.load().keys()
    assert OF_MEMBERS.keys() <= {*requirements_of_members().values()}


# --- steps that were not made, or otherwise ---------------------------------------------------------------------------


def without(number: int) -> list[Request]:
    """The life without a step, counted from 1."""
    return [*LIFE[: number - 1], *LIFE[number:]]


def test_a_pass_that_was_not_made_is_the_first_that_shows(tmp_path: Path) -> None:
    journal, findings = held_against(carried_out(without(5), tmp_path / "store"), LIFE)
    assert journal.shortest_prefix(findings) == 5
    assert {"event-member", "payload-member"} & kinds(findings)


def test_two_passes_in_another_order_show_at_the_first(tmp_path: Path) -> None:
    steps = [passes(1), passes(2, status="paused"), passes(3)]
    journal, findings = held_against(carried_out([steps[1], steps[0], steps[2]], tmp_path / "store"), steps)
    assert journal.shortest_prefix(findings) == 1


def test_a_compaction_that_was_not_made_is_found(tmp_path: Path) -> None:
    journal, findings = held_against(carried_out(without(4), tmp_path / "store"), LIFE)
    assert kinds(findings) == {"not-compacted", "marker-missing"}
    assert journal.shortest_prefix(findings) == 4


def test_a_pruning_that_was_not_made_is_found_where_something_follows(tmp_path: Path) -> None:
    steps = [passes(1), passes(2), prune(250), passes(2, "run-2")]
    store = carried_out([*steps[:2], steps[3]], tmp_path / "store")
    journal, findings = held_against(store, steps)
    assert (kinds(findings), journal.shortest_prefix(findings)) == ({"not-pruned"}, 3)
    journal, findings = held_against(store, [*steps[:2], steps[3], steps[2]])
    assert (kinds(findings), kinds(findings, NOTE), journal.made) == (set(), {"goes-on"}, 3)


def test_a_compaction_that_is_repeated_changes_nothing(tmp_path: Path) -> None:
    twice = [*LIFE[:4], *LIFE[3:]]
    assert held_against(carried_out(twice, tmp_path / "store"), LIFE)[1] == []


def test_a_later_compaction_is_one_that_the_journal_lacks(tmp_path: Path) -> None:
    journal, findings = held_against(carried_out([*LIFE, compact(350)], tmp_path / "store"), LIFE)
    assert (kinds(findings), kinds(findings, SUSPECT)) == (set(), {"ends-early"})
    assert journal.made == len(LIFE)


def test_a_compaction_that_took_in_too_much_is_found(tmp_path: Path) -> None:
    """As an engine would that takes each event before `now_ms` for an old one."""
    steps = [passes(4), compact(350, 200)]
    store = carried_out([steps[0], compact(350, 1)], tmp_path / "store")
    journal, findings = held_against(store, steps)
    assert (kinds(findings), journal.shortest_prefix(findings)) == ({"marker-missing", "marker-extra"}, 2)


# --- a store that is behind its journal, or ahead of it ---------------------------------------------------------------


@pytest.mark.parametrize("count", range(len(LIFE)))
def test_a_store_that_is_behind_is_told_in_one_note(count: int, tmp_path: Path) -> None:
    folder = carried_out(LIFE[:count], tmp_path / "store")
    (folder / LOG).touch()
    journal, findings = held_against(folder, LIFE)
    assert (kinds(findings), kinds(findings, SUSPECT), kinds(findings, NOTE)) == (set(), set(), {"goes-on"})
    assert (journal.made, len(findings)) == (count, 1)


def test_a_store_that_is_behind_and_damaged_is_held_against_what_was_made(tmp_path: Path) -> None:
    store = carried_out(LIFE[:6], tmp_path / "store")
    edited(EVENT, put(9, "seq"))(store)
    journal, findings = held_against(store, LIFE)
    assert (kinds(findings), kinds(findings, NOTE), journal.made) == ({"seq"}, {"goes-on"}, 6)


@pytest.mark.parametrize("count", range(len(LIFE)))
def test_a_store_that_is_ahead_is_told_in_one_suspect(count: int, store: Path) -> None:
    journal, findings = held_against(store, LIFE[:count])
    assert [each.kind.name for each in findings] == ["journal-ends-early"]
    assert (journal.made, journal.shortest_prefix(findings)) == (count, None)


def test_snapshots_that_are_gone_are_missing_where_nothing_else_is_later(store: Path) -> None:
    damaging.snapshot_path(store, 1).unlink()
    assert kinds(held_against(store, LIFE)[1]) == {"snapshot-missing"}


def test_newer_snapshots_are_never_pruned(store: Path) -> None:
    damaging.snapshot_path(store, 6).unlink()
    assert kinds(held_against(store, LIFE[:8])[1]) == {"snapshot-missing"}


def test_what_the_guard_should_have_refused_is_not_later(tmp_path: Path) -> None:
    """An engine without a guard goes on where the reference stops; the status is one that a pass had."""
    refused = passes(3)
    steps = [passes(1, status="completed"), refused]
    store = carried_out([passes(1, status="running"), passes(3)], tmp_path / "store")
    findings = held_against(store, steps)[1]
    assert {"event-extra", "snapshot-extra"} <= kinds(findings)


def test_another_stores_journal_explains_nothing(tmp_path: Path) -> None:
    store = carried_out([passes(2, "other")], tmp_path / "store")
    journal, findings = held_against(store, LIFE)
    assert (kinds(findings), journal.shortest_prefix(findings)) == ({"event-extra", "snapshot-extra"}, 0)


# --- what can't be compared, and what isn't asked for -----------------------------------------------------------------


def test_what_seems_to_be_missing_may_be_what_cannot_be_read(store: Path) -> None:
    there = damaging.lines(store)
    (store / LOG).write_bytes(b"".join([*there[:EVENT], b"{" + there[EVENT], *there[EVENT + 1 :]]))
    damaging.snapshot_path(carried_out(LIFE, store.parent / "whole"), 1)
    findings = held_against(store, LIFE)[1]
    assert (kinds(findings), kinds(findings, SUSPECT)) == (set(), {"perhaps-missing"})


def test_only_the_runs_and_the_tenant_that_are_asked_for_are_compared(store: Path) -> None:
    edited(EVENT, put(9, "seq"))(store)
    assert held_against(store, LIFE, Limits(runs=frozenset({"run-2"})))[1] == []
    assert len(held_against(store, LIFE, Limits(runs=frozenset({"run-1"})))[1]) == 1
    assert held_against(store, LIFE, Limits(tenant=("org-b", "ws-a", None)))[1] == []


# --- journals that can't be read --------------------------------------------------------------------------------------

BAD: Final = {
    b"{": "expected JSON text",
    b"7": "expected an object: a step of a journal",
    b"{}": "expected the member `op`: what was asked",
    b'{"op": "compact", "op": "prune"}': "expected each member once",
    b'{"op": "forget"}': "expected one of append, compact, events, identify, import, project, prune, snapshots, found "
    '"forget" at $.op',
    b'{"op": 7}': "found 7 at $.op",
    b'{"op": "hello", "protocols": [1]}': 'found "hello" at $.op',
    b'{"op": "compact", "now_ms": 1}': "$.retention_ms",
    b'{"op": "compact", "retention_ms": -1, "now_ms": 1}': "$.retention_ms",
    b'{"op": "project"}': "expected either `run` or `run_json`",
    b'{"op": "project", "run": {"run_id": 7}}': "$.run.run_id",
    b'{"op": "project", "run_json": "{"}': "expected JSON text",
    b'{"name": "case", "steps": [], "answers": []}': "expected the member `op`: what was asked",
    b'{"op": "compact"}\xff': "UTF-8",
}


@pytest.mark.parametrize("line", BAD)
def test_a_line_that_cannot_be_read_is_named_with_its_place(line: bytes) -> None:
    with pytest.raises(InvalidInputError) as refused:
        predicted(BytesIO(b"\n" + lines(LIFE[:1]) + line + b"\n"), NAME)
    assert str(refused.value).startswith(f"{NAME}:3: ")
    assert BAD[line] in str(refused.value)


def test_an_empty_journal_explains_an_empty_store_only(store: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / LOG).touch()
    journal, findings = held_against(empty, ())
    assert (findings, len(journal.steps), journal.made) == ([], 0, 0)
    assert kinds(held_against(store, ())[1], SUSPECT) == {"ends-early"}


def test_a_run_record_may_nest_as_deep_as_in_a_file_of_its_own() -> None:
    deep = b'{"op": "project", "run": {"x": ' + b"[" * 126 + b"]" * 126
    too_deep = deep.replace(b"[[", b"[[[", 1).replace(b"]]", b"]]]", 1)
    for text, problem in ((deep, "$.run.run_id"), (too_deep, "127")):
        with pytest.raises(InvalidInputError) as refused:
            predicted(BytesIO(text + b"}}"), NAME)
        assert problem in str(refused.value) or "128" in str(refused.value)
