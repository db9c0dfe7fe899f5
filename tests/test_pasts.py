"""What older engines left: it can be imported, it is of the kinds that it should be, and no rule goes unjudged."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.execution.session import Life
from lifecycle_conformance.execution.trace import Object, Shown, Step, history_of, owner_of, owner_of_run
from lifecycle_conformance.generation import legacy_stores
from lifecycle_conformance.generation.legacy_stores import PASTS, Past
from lifecycle_conformance.generation.strategies import STATUSES
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.model.changes import highest_seq
from lifecycle_conformance.model.identity import MARKER, PREFIX, ids_of, listed_by
from lifecycle_conformance.specification import schemas

ALL = frozenset({"import", "compact", "json-numbers", "exact-numbers", "tenants"})
ALIASES = {f"ALIAS-{number}" for number in range(1, 13)}
DRAWN = settings(
    max_examples=200, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
FEW = settings(DRAWN, max_examples=40)
SOUGHT = settings(DRAWN, max_examples=3000, phases=[Phase.generate])
RUN: Object = {
    "run_id": "r",
    "automation_id": "a",
    "tenant_context": {"org_id": "o", "workspace_id": "w"},
    "trigger_type": "manual",
    "status": "running",
    "created_at_ms": 1,
    "updated_at_ms": 2,
    "checkpoint": {"lifecycle_history": [{"event": "node_started", "recorded_at_ms": 1}]},
}


def grown(run: Object, records: list[Object], status: str) -> Object:
    checkpoint = {**run["checkpoint"], "lifecycle_history": [*history_of(run), *records]}
    return {**run, "status": status, "checkpoint": checkpoint}


def allowed(shown: Shown, status: str) -> str:
    """Give the status, or one that the guard allows."""
    if not shown.snapshots:
        return status
    phases = (shown.snapshots[-1]["phase"], *NEXT[shown.snapshots[-1]["phase"]])
    return next((each for each in (status, *STATUSES) if PHASE_OF[each] in phases), status)


def live(life: Life, data: st.DataObject) -> None:
    """Import two pasts of a run, with a compaction and a pass after each."""
    life.do("open", store=0)
    run = RUN
    for _ in range(2):
        shown = life.view.get(owner_of_run(run), Shown())
        kind = data.draw(st.sampled_from(sorted(PASTS)))
        past = data.draw(PASTS[kind](run, highest_seq(shown.events) + 1, life.driver.hello.capabilities))
        step = life.do("import", **past.left)
        assert step.refusal is None
        assert_kept(step)
        if data.draw(st.integers(0, 3)) == 0:
            life.do("compact", retention_ms=1, now_ms=10_000)
        run = grown(run, past.records, allowed(life.view.get(owner_of_run(run), Shown()), run["status"]))
        life.do("project", run=run)


def assert_kept(step: Step) -> None:
    """Hold that the store shows what was imported, with all its members: known ones only were there."""
    for kind, name in (("events", "event_id"), ("snapshots", "snapshot_id")):
        for given_ in step.arguments[kind]:
            shown = getattr(step.after[owner_of(given_)], kind)
            same = [each for each in shown if each[name] == given_[name] and each["seq"] == given_["seq"]]
            there = {name for name, value in given_.items() if value is not None}
            assert any(there <= each.keys() for each in same), given_


@pytest.mark.parametrize("store", ["files", "memory"])
def test_pasts_can_be_imported_and_each_rule_of_recognition_is_judged(store: Any) -> None:
    driver = InProcessDriver(store)
    checks = [each for each in CHECKS if ALIASES & set(each.requirements)]
    judged: Counter[str] = Counter()

    @DRAWN
    @given(st.data())
    def live_all(data: st.DataObject) -> None:
        life = Life(driver, checks)
        try:
            live(life, data)
        finally:
            life.end()
        assert life.errors == []
        assert [each.judgement for each in life.judgements if not each.judgement.holds] == []
        judged.update({each.judgement.requirement for each in life.judgements})

    live_all()
    assert {id_: judged[id_] for id_ in ALIASES if judged[id_] < 5} == {}


@pytest.mark.parametrize("kind", sorted(PASTS))
@FEW
@given(st.data())
def test_a_past_is_readable_and_has_its_place(kind: str, data: st.DataObject) -> None:
    past = data.draw(PASTS[kind](RUN, 7, ALL))
    for event in past.events:
        assert schemas.problems("event-stored", event) == []
    for snapshot in past.snapshots:
        assert schemas.problems("snapshot-stored", snapshot) == []
    assert past.left == {"events": past.events, "snapshots": past.snapshots}
    places = [(owner_of(each), each["snapshot_id"]) for each in past.snapshots]
    assert len(set(places)) == len(places)
    mine = [each["seq"] for each in past.events if owner_of(each) == owner_of_run(RUN)]
    assert min(mine, default=7) >= 7
    # The next past starts behind: nothing of it may get an id that is taken.
    assert not mine or max(mine) >= 7 + len({each["event_id"] for each in past.events if _indexed(each)}) - 1


def _indexed(event: Object) -> bool:
    prefix = "automation-v2-lifecycle-r-"
    return owner_of(event) == owner_of_run(RUN) and event["event_id"].removeprefix(prefix)[:2] in {"6-", "7-", "8-"}


def test_numbers_that_a_driver_may_confuse_are_left_out() -> None:
    @FEW
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        for kind in ("mixed", "markers"):
            past = data.draw(PASTS[kind](RUN, 1, frozenset({"import"})))
            assert not _whole_doubles([past.events, past.records])

    hold()


def _whole_doubles(value: Any) -> bool:
    match value:
        case float():
            return value % 1 == 0
        case list():
            return any(map(_whole_doubles, value))
        case dict():
            return any(map(_whole_doubles, value.values()))
    return False


# --- what they are to contain -----------------------------------------------------------------------------------------


def _entries(past: Past) -> list[Any]:
    payloads = [each["payload"]["compacted_event_ids"] for each in past.events if each["event_type"] == MARKER]
    return [entry for entries in payloads if isinstance(entries, list) for entry in entries]


def _occurrence(event: Object) -> Any:
    return event["payload"].get("lifecycle_occurrence", "none") if isinstance(event["payload"], dict) else "none"


def _new_ids(past: Past) -> list[str]:
    return ids_of(grown(RUN, past.records, "running"))[1:]


WANTED: dict[str, tuple[str, Any]] = {
    "twins of the first generation": (
        "first generation",
        lambda past: len({tuple(sorted(map(str, each.items()))) for each in past.records}) < len(past.records),
    ),
    "a snapshot without phase": ("first generation", lambda past: any("phase" not in each for each in past.snapshots)),
    "a status that no run has": (
        "first generation",
        lambda past: any(each["status"] not in STATUSES for each in past.snapshots),
    ),
    "a snapshot without event": ("later generation", lambda past: len(past.events) < len(past.snapshots)),
    "a phase without history": (
        "later generation",
        lambda past: any("phase" in each and "phase_history" not in each for each in past.snapshots),
    ),
    "an occurrence that is a text": ("mixed", lambda past: any(_occurrence(each) == "1" for each in past.events)),
    "a double for an occurrence": (
        "mixed",
        lambda past: any(type(_occurrence(each)) is float and _occurrence(each) == 1 for each in past.events),
    ),
    "a payload that is a text": ("mixed", lambda past: any(isinstance(each["payload"], str) for each in past.events)),
    "another correlation": ("mixed", lambda past: any(each.get("correlation_id") == "a-2" for each in past.events)),
    "another type": ("mixed", lambda past: any(not each["event_type"].startswith(PREFIX) for each in past.events)),
    "events with equal seq": (
        "mixed",
        lambda past: len({each["seq"] for each in past.events}) < len(past.events),
    ),
    "events not in the order of their seq": (
        "mixed",
        lambda past: [each["seq"] for each in past.events] != sorted(each["seq"] for each in past.events),
    ),
    "an occurrence before one that is counted": (
        "overlapping",
        lambda past: (
            [_occurrence(each) for each in past.events if each["event_type"].startswith(PREFIX)][:2] == [0, "none"]
        ),
    ),
    "a padded entry": (
        "markers",
        lambda past: any(
            isinstance(each, dict) and str(each.get("event_id")).startswith("\u2003") for each in _entries(past)
        ),
    ),
    "an id of a record to come": (
        "markers",
        lambda past: any(id_ in _new_ids(past) for each in past.events for id_, _ in listed_by(each)),
    ),
    "an index id": (
        "markers",
        lambda past: any(
            id_.startswith("automation-v2-lifecycle-r-1-") for each in past.events for id_, _ in listed_by(each)
        ),
    ),
    "a seq above the marker's own": (
        "markers",
        lambda past: any(seq > each["seq"] for each in past.events for _, seq in listed_by(each)),
    ),
    "no list": (
        "markers",
        lambda past: any(
            isinstance(each["payload"]["compacted_event_ids"], dict)
            for each in past.events
            if each["event_type"] == MARKER
        ),
    ),
    "an event that is there too": (
        "markers",
        lambda past: len(past.events) > 1 and bool(_entries(past)),
    ),
    "twins some of which were compacted": ("compacted twins", lambda past: len(past.events) > 1),
    "snapshots of the same seq": (
        "phases of old",
        lambda past: len({each["seq"] for each in past.snapshots}) < len(past.snapshots),
    ),
    **{
        f"the phase {phase}": (
            "phases of old",
            lambda past, phase=phase: any(each.get("phase") == phase for each in past.snapshots),
        )
        for phase in ("created", "sleeping", "waiting_webhook")
    },
    "another tenant's event with an id of a record to come": (
        "neighbours",
        lambda past: any(
            each["event_id"] in _new_ids(past) and each["run_id"] == "r" and owner_of(each) != owner_of_run(RUN)
            for each in past.events
        ),
    ),
    "another run's event": ("neighbours", lambda past: any(each["run_id"] != "r" for each in past.events)),
}


@pytest.mark.parametrize("wanted", sorted(WANTED))
def test_what_was_found_in_stores_is_drawn(wanted: str) -> None:
    kind, condition = WANTED[wanted]
    found = find(PASTS[kind](RUN, 7, ALL), condition, settings=SOUGHT)
    assert condition(found)


def test_compactable_twins_are_compacted_but_for_the_last() -> None:
    driver = InProcessDriver("files")
    past = find(legacy_stores.compactable_twins(RUN, 1, ALL), lambda _: True, settings=SOUGHT)
    life = Life(driver, [])
    life.do("open", store=0)
    life.do("import", **past.left)
    life.do("compact", retention_ms=1, now_ms=10_000)
    (shown,) = life.view.values()
    life.end()
    assert [each["event_type"] for each in shown.events].count(MARKER) == 1
    assert len(shown.events) == 2
