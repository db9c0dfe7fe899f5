"""The eight tests that production has for its projection, each as a named case."""

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from builders import AUTOMATION_ID, RUN_ID, TENANT_KEY, indexed_event, lifecycle, run_of, stored_snapshot
from lifecycle_projection import FileStore, MemoryStore, Store, append_once, compact, identify, project
from lifecycle_projection.phases import NEXT_PHASES
from lifecycle_projection.records import Snapshot
from lifecycle_projection.words import Phase, StatefulStatus

CLAIMED = lifecycle("run_execution_claimed", 10, metadata={"claim": {"claim_id": "claim-1"}})
STARTED = lifecycle("node_started", 20, metadata={"node_id": "node-a", "session_id": "session-1"})
COMPLETED = lifecycle("node_completed", 30, metadata={"node_id": "node-a"})
HISTORY = (CLAIMED, STARTED, COMPLETED)


@pytest.fixture(params=["memory", "files"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    (tmp_path / "store").mkdir()
    makers: dict[str, Callable[[], Store]] = {"memory": MemoryStore, "files": lambda: FileStore(tmp_path / "store")}
    return makers[request.param]()


def snapshots_of(store: Store) -> list[Snapshot]:
    return sorted(store.snapshots(RUN_ID).values(), key=lambda snapshot: snapshot.seq)


def test_new_records_become_events_and_snapshots(store: Store) -> None:
    """Each new lifecycle record gets one event and one snapshot of the same id and seq."""
    result = project(run_of(*HISTORY), store)

    events = store.events(RUN_ID)
    assert result.projected == 3
    assert result.events == tuple(events)
    assert result.snapshots == tuple(snapshots_of(store))
    assert [(event.seq, event.event_type, event.occurred_at_ms) for event in events] == [
        (1, "stateful_runtime.automation_v2.run_execution_claimed", 10),
        (2, "stateful_runtime.automation_v2.node_started", 20),
        (3, "stateful_runtime.automation_v2.node_completed", 30),
    ]
    assert [event.causation_id for event in events] == ["claim-1", "session-1", None]
    assert [event.phase_id for event in events] == [None, "node-a", "node-a"]
    assert [(each.snapshot_id, each.seq) for each in snapshots_of(store)] == [
        (event.event_id, event.seq) for event in events
    ]


def test_a_second_pass_changes_nothing_not_even_a_snapshot_altered_by_hand(store: Store) -> None:
    """What is recorded stays as it is: the second pass answers 0 and rewrites nothing."""
    run = run_of(*HISTORY)
    project(run, store)
    altered = evolve(snapshots_of(store)[1], status=StatefulStatus.BLOCKED, metadata={"altered": "by hand"})
    store.write_snapshot(altered)
    before = store.events(), store.snapshots()

    assert project(run, store).projected == 0
    assert (store.events(), store.snapshots()) == before
    assert snapshots_of(store)[1] == altered


def test_ids_do_not_depend_on_position() -> None:
    """A record inserted before others leaves their ids as they were."""
    inserted = lifecycle("run_resumed", 15)
    before = identify(run_of(*HISTORY))
    after = identify(run_of(CLAIMED, inserted, STARTED, COMPLETED))

    assert [each.event_id for each in before] == [each.event_id for each in after if each.record.event != "run_resumed"]


def test_an_inserted_record_is_the_only_one_that_a_pass_records(store: Store) -> None:
    """After an insertion a pass appends one event, at the end of the log, and leaves the others alone."""
    project(run_of(*HISTORY), store)
    before = store.events()
    result = project(run_of(CLAIMED, lifecycle("run_resumed", 15), STARTED, COMPLETED), store)

    assert result.projected == 1
    assert store.events() == [*before, *result.events]
    assert [event.seq for event in result.events] == [4]


def test_repeated_records_get_distinct_occurrences(store: Store) -> None:
    """Identical records share their identity, and their occurrence tells them apart: 0, 1, 2."""
    run = run_of(STARTED, STARTED, STARTED)

    assert [each.occurrence for each in identify(run)] == [0, 1, 2]
    assert len({each.identity for each in identify(run)}) == 1
    assert project(run, store).projected == 3
    assert len({event.event_id for event in store.events()}) == 3
    assert project(run, store).projected == 0


def test_index_ids_of_the_first_generation_are_recognised(store: Store) -> None:
    """An event that an older engine recorded under an index id keeps it, and its snapshot takes it."""
    old = indexed_event(0, "node_started", 20, 1, metadata=STARTED["metadata"])
    store.append(old)
    result = project(run_of(STARTED, COMPLETED), store)

    assert [event.event_type.rpartition(".")[2] for event in result.events] == ["node_completed"]
    assert [each.snapshot_id for each in snapshots_of(store)] == [old.event_id, result.events[0].event_id]
    assert result.projected == 2


def test_compacted_ids_are_recognised(store: Store) -> None:
    """An event that a marker stands for is neither recorded again by a pass nor appended by hand."""
    run = run_of(*HISTORY)
    project(run, store)
    recorded = store.events()
    assert compact(store, retention_ms=1, now_ms=1_000) == 2  # the newest snapshot protects the third

    assert project(run, store).projected == 0
    assert append_once(store, recorded[0]) == (False, 1)
    assert [event.event_type for event in store.events()] == [
        "stateful_runtime.event_log_compacted",
        "stateful_runtime.automation_v2.node_completed",
    ]


def test_the_phase_history_accumulates_from_a_seeded_queued_snapshot(store: Store) -> None:
    """The guard moves on from the latest snapshot and adds to its history, which it observes if there is none."""
    store.write_snapshot(stored_snapshot("seeded", 0, "queued"))
    project(run_of(STARTED, status="running"), store)
    project(run_of(STARTED, COMPLETED, status="completed"), store)

    newest = snapshots_of(store)[-1]
    assert newest.phase_history is not None
    assert [(entry.from_phase, entry.to_phase, entry.reason) for entry in newest.phase_history] == [
        (None, Phase.QUEUED, "observed_status:queued"),
        (Phase.QUEUED, Phase.RUNNING_PHASE, "automation_v2_lifecycle:node_started"),
        (Phase.RUNNING_PHASE, Phase.COMPLETED, "automation_v2_lifecycle:node_completed"),
    ]
    assert newest.allowed_next_phases == NEXT_PHASES[Phase.COMPLETED]


def test_a_requeue_with_retry_backoff_shows_phase_retrying_and_status_queued(store: Store) -> None:
    """The phase tells that the run will retry; the status stays what the run says."""
    project(run_of(STARTED, status="running"), store)
    retry = lifecycle("node_retry_backoff_scheduled", 40)
    project(run_of(STARTED, retry, status="queued"), store)

    newest = snapshots_of(store)[-1]
    assert (newest.phase, newest.status) == (Phase.RETRYING, StatefulStatus.QUEUED)
    assert newest.scope.tenant_context.key == TENANT_KEY
    assert store.events()[-1].correlation_id == AUTOMATION_ID
