"""What older engines left: it can be imported, it is of the kinds that it should be, and no rule goes unjudged."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from builders import AUTOMATION_ID, RUN_ID, lifecycle, run_json
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.execution.session import Session
from lifecycle_conformance.execution.trace import Object, Shown, Step, history_of, owner_of, owner_of_run
from lifecycle_conformance.generation import legacy_stores
from lifecycle_conformance.generation.legacy_stores import LEGACY_STORES, LegacyStore
from lifecycle_conformance.generation.strategies import STATUSES
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.model.identity import MARKER, PREFIX, ids_of, listed_by
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF
from lifecycle_conformance.model.recorded import highest_seq
from lifecycle_conformance.specification import schemas

ALL = frozenset({"import", "compact", "json-numbers", "exact-numbers", "tenants"})
ALIASES = {f"ALIAS-{number}" for number in range(1, 13)}
DRAWN = settings(
    max_examples=250, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
FEW = settings(DRAWN, max_examples=40)
SOUGHT = settings(DRAWN, max_examples=3000, phases=[Phase.generate])
RUN = run_json(lifecycle("node_started", 1))


def grown(run: Object, records: list[Object], status: str) -> Object:
    checkpoint = {**run["checkpoint"], "lifecycle_history": [*history_of(run), *records]}
    return {**run, "status": status, "checkpoint": checkpoint}


def allowed(shown: Shown, status: str) -> str:
    """The status, or one that the guard allows."""
    if not shown.snapshots:
        return status
    phases = (shown.snapshots[-1]["phase"], *NEXT[shown.snapshots[-1]["phase"]])
    return next((each for each in (status, *STATUSES) if PHASE_OF[each] in phases), status)


def execute(session: Session, data: st.DataObject) -> None:
    """Import two legacy stores of a run, with a compaction and a pass after each."""
    session.do("open", store=0)
    run = RUN
    for _ in range(2):
        shown = session.view.get(owner_of_run(run), Shown())
        kind = data.draw(st.sampled_from(sorted(LEGACY_STORES)))
        legacy = data.draw(LEGACY_STORES[kind](run, highest_seq(shown.events) + 1, session.driver.hello.capabilities))
        step = session.do("import", **legacy.left)
        assert step.refusal is None
        assert_kept(step)
        if data.draw(st.integers(0, 3)) == 0:
            session.do("compact", retention_ms=1, now_ms=10_000)
        run = grown(run, legacy.records, allowed(session.view.get(owner_of_run(run), Shown()), run["status"]))
        session.do("project", run=run)


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
    def execute_all(data: st.DataObject) -> None:
        session = Session(driver, checks)
        try:
            execute(session, data)
        finally:
            session.end()
        assert session.errors == []
        assert [each.judgement for each in session.judgements if not each.judgement.holds] == []
        judged.update({each.judgement.requirement for each in session.judgements})

    execute_all()
    assert {id_: judged[id_] for id_ in ALIASES if judged[id_] < 5} == {}


@pytest.mark.parametrize("kind", [*LEGACY_STORES.values(), legacy_stores.two_latest], ids=lambda each: each.__name__)
@FEW
@given(st.data())
def test_a_past_is_readable_and_has_its_place(
    kind: Callable[..., st.SearchStrategy[LegacyStore]], data: st.DataObject
) -> None:
    legacy = data.draw(kind(RUN, 7, ALL))
    for event in legacy.events:
        assert schemas.problems("event-stored", event) == []
    for snapshot in legacy.snapshots:
        assert schemas.problems("snapshot-stored", snapshot) == []
    assert legacy.left == {"events": legacy.events, "snapshots": legacy.snapshots}
    places = [(owner_of(each), each["snapshot_id"]) for each in legacy.snapshots]
    assert len(set(places)) == len(places)
    mine = [each["seq"] for each in legacy.events if owner_of(each) == owner_of_run(RUN)]
    assert min(mine, default=7) >= 7
    # The next legacy starts behind: nothing of it may get an id that is taken.
    assert not mine or max(mine) >= 7 + len({each["event_id"] for each in legacy.events if _indexed(each)}) - 1


def _indexed(event: Object) -> bool:
    prefix = f"automation-v2-lifecycle-{RUN_ID}-"
    return owner_of(event) == owner_of_run(RUN) and event["event_id"].removeprefix(prefix)[:2] in {"6-", "7-", "8-"}


def test_numbers_that_a_driver_may_confuse_are_left_out() -> None:
    @FEW
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        for kind in ("mixed", "markers"):
            legacy = data.draw(LEGACY_STORES[kind](RUN, 1, frozenset({"import"})))
            assert not _whole_doubles([legacy.events, legacy.records])

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


def _entries(legacy: LegacyStore) -> list[Any]:
    payloads = [each["payload"]["compacted_event_ids"] for each in legacy.events if each["event_type"] == MARKER]
    return [entry for entries in payloads if isinstance(entries, list) for entry in entries]


def _occurrence(event: Object) -> Any:
    return event["payload"].get("lifecycle_occurrence", "none") if isinstance(event["payload"], dict) else "none"


def _new_ids(legacy: LegacyStore) -> list[str]:
    return ids_of(grown(RUN, legacy.records, "running"))[1:]


Wanted = Callable[[LegacyStore], bool]


def event_that(holds: Callable[[Object], bool]) -> Wanted:
    return lambda legacy: any(map(holds, legacy.events))


def snapshot_that(holds: Callable[[Object], bool]) -> Wanted:
    return lambda legacy: any(map(holds, legacy.snapshots))


def entry_that(holds: Callable[[str, int, Object], bool]) -> Wanted:
    """An entry of a marker, by its id, its seq and the marker."""
    return lambda legacy: any(holds(id_, seq, each) for each in legacy.events for id_, seq in listed_by(each))


def id_to_come(legacy: LegacyStore) -> bool:
    return any(id_ in _new_ids(legacy) for each in legacy.events for id_, _ in listed_by(each))


def id_to_come_at_anothers(legacy: LegacyStore) -> bool:
    others = [each for each in legacy.events if each["run_id"] == RUN_ID and owner_of(each) != owner_of_run(RUN)]
    return any(each["event_id"] in _new_ids(legacy) for each in others)


def alike(records: list[Object]) -> bool:
    return len({each["seq"] for each in records}) < len(records)


WANTED: dict[str, tuple[str, Wanted]] = {
    "twins of the first generation": (
        "first generation",
        lambda legacy: len({tuple(sorted(map(str, each.items()))) for each in legacy.records}) < len(legacy.records),
    ),
    "a snapshot without phase": ("first generation", snapshot_that(lambda each: "phase" not in each)),
    "a status that no run has": ("first generation", snapshot_that(lambda each: each["status"] not in STATUSES)),
    "a snapshot without event": ("later generation", lambda legacy: len(legacy.events) < len(legacy.snapshots)),
    "a phase without history": (
        "later generation",
        snapshot_that(lambda each: "phase" in each and "phase_history" not in each),
    ),
    "an occurrence that is a text": ("mixed", event_that(lambda each: _occurrence(each) == "1")),
    "a double for an occurrence": ("mixed", event_that(lambda each: repr(_occurrence(each)) == "1.0")),
    "a payload that is a text": ("mixed", event_that(lambda each: isinstance(each["payload"], str))),
    "another correlation": ("mixed", event_that(lambda each: each.get("correlation_id") == f"{AUTOMATION_ID}-2")),
    "another type": ("mixed", event_that(lambda each: not each["event_type"].startswith(PREFIX))),
    "events with equal seq": ("mixed", lambda legacy: alike(legacy.events)),
    "events not in the order of their seq": (
        "mixed",
        lambda legacy: legacy.events != sorted(legacy.events, key=lambda each: each["seq"]),
    ),
    "an occurrence before one that is counted": (
        "overlapping",
        lambda legacy: (
            [_occurrence(each) for each in legacy.events if each["event_type"].startswith(PREFIX)][:2] == [0, "none"]
        ),
    ),
    "a padded entry": (
        "markers",
        lambda legacy: any(
            isinstance(each, dict) and str(each.get("event_id")).startswith("\u2003") for each in _entries(legacy)
        ),
    ),
    "an id of a record to come": ("markers", id_to_come),
    "an index id": ("markers", entry_that(lambda id_, *_: id_.startswith(f"automation-v2-lifecycle-{RUN_ID}-1-"))),
    "a seq above the marker's own": ("markers", entry_that(lambda _, seq, marker: seq > marker["seq"])),
    "no list": (
        "markers",
        event_that(
            lambda each: each["event_type"] == MARKER and isinstance(each["payload"]["compacted_event_ids"], dict)
        ),
    ),
    "an event that is there too": ("markers", lambda legacy: len(legacy.events) > 1 and bool(_entries(legacy))),
    "twins some of which were compacted": ("compacted twins", lambda legacy: len(legacy.events) > 1),
    "snapshots of the same seq": ("phases of old", lambda legacy: alike(legacy.snapshots)),
    **{
        f"the phase {phase}": ("phases of old", snapshot_that(lambda each, phase=phase: each.get("phase") == phase))
        for phase in ("created", "sleeping", "waiting_webhook")
    },
    "another tenant's event with an id of a record to come": ("neighbours", id_to_come_at_anothers),
    "another run's event": ("neighbours", event_that(lambda each: each["run_id"] != RUN_ID)),
}


@pytest.mark.parametrize("wanted", sorted(WANTED))
def test_what_was_found_in_stores_is_drawn(wanted: str) -> None:
    kind, condition = WANTED[wanted]
    found = find(LEGACY_STORES[kind](RUN, 7, ALL), condition, settings=SOUGHT)
    assert condition(found)


def test_compactable_twins_are_compacted_but_for_the_last() -> None:
    driver = InProcessDriver("files")
    legacy = find(legacy_stores.compactable_twins(RUN, 1, ALL), lambda _: True, settings=SOUGHT)
    session = Session(driver, [])
    session.do("open", store=0)
    session.do("import", **legacy.left)
    session.do("compact", retention_ms=1, now_ms=10_000)
    (shown,) = session.view.values()
    session.end()
    assert [each["event_type"] for each in shown.events].count(MARKER) == 1
    assert len(shown.events) == 2
