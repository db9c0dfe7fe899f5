"""The checks of phases and of where a pass stops: on sessions of the reference, and on steps made wrong by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from builders import imported, project, snapshot
from lifecycle_conformance.execution.trace import Object, Request, Step, Trace
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF
from traces import OWNER, judgements, last, refused, shown

OURS = {
    "PHASE-1", "PHASE-2", "PHASE-3", "PHASE-4", "PHASE-5", "PHASE-6", "PHASE-7", "PHASE-8", "PHASE-9", "PHASE-10",
    "PASS-7", "PASS-10", "PASS-11", "PASS-12", "PASS-13", "ERR-3",
}  # fmt: skip


def run(status: str, *events: str) -> Request:
    return project(*events, status=status)


def left(phase: str, *, seq: int = 1, snapshot_id: str = "old", **members: Any) -> Object:
    return snapshot(snapshot_id, seq, status="queued", phase=phase, **members)


def said(step: Step, trace: Trace) -> tuple[set[str], set[str]]:
    """What was judged and what failed, of the requirements of this chapter."""
    found = {id_: all(each.holds for each in said) for id_, said in judgements(step, trace).items() if id_ in OURS}
    return set(found), {id_ for id_, holds in found.items() if not holds}


HISTORY = [{"event_id": "h", "to_phase": "running_phase", "event_type": "x", "occurred_at_ms": 1, "schema_version": 1}]
SESSIONS: dict[str, tuple[list[Request], set[str]]] = {
    "the first snapshot": ([run("queued", "a")], {"PHASE-1", "PHASE-3", "PHASE-8", "PHASE-10"}),
    "the same phase": ([run("queued", "a"), run("queued", "a", "b")], {"PHASE-4"}),
    "a move": ([run("queued", "a"), run("running", "a", "b")], {"PHASE-5", "PHASE-9"}),
    "a retry": ([run("running", "a"), run("queued", "a", "node_retry_backoff_scheduled")], {"PHASE-2", "PHASE-9"}),
    "no history": ([imported(left("sleeping")), run("running", "a")], {"PHASE-6", "PHASE-9"}),
    "no history, and no move": ([imported(left("queued")), run("queued", "a")], {"PHASE-4", "PHASE-8"}),
    "a refusal": ([run("running", "a"), run("queued", "a", "b", "c")], {"PHASE-7", "PASS-10", "PASS-11", "ERR-3"}),
    "a refusal again": ([run("running", "a"), run("queued", "a", "b"), run("queued", "a", "b")], {"PASS-12"}),
    "what was refused is allowed": (
        [run("running", "a"), run("queued", "a", "b"), run("running", "a", "b")],
        {"PASS-12", "PHASE-4"},
    ),
    "two snapshots with the highest seq": (
        [
            imported(
                left("running_phase", snapshot_id="a", phase_history=HISTORY),
                left("sleeping", snapshot_id="b"),
                left("awaiting_approval", snapshot_id="c"),
            ),
            run("running", "x"),
        ],
        {"PASS-7"},
    ),
    "two with the highest seq, one without history": (
        [
            imported(left("sleeping", snapshot_id="a"), left("sleeping", snapshot_id="b", phase_history=HISTORY)),
            run("running", "x"),
        ],
        {"PHASE-5", "PHASE-9"},
    ),
    "against the snapshot before it": (
        [
            imported(left("running_phase", seq=9, snapshot_id="new", phase_history=HISTORY), left("sleeping", seq=5)),
            run("running", "a", "b"),
        ],
        {"PASS-7", "PASS-13"},
    ),
}


@pytest.mark.parametrize("name", SESSIONS)
def test_what_a_session_meets_is_judged_and_holds(name: str) -> None:
    requests, expected = SESSIONS[name]
    judged, failed = said(*last(*requests))
    assert failed == set()
    assert expected <= judged


def newest(step: Step, **members: Any) -> Step:
    """A step after which the newest snapshot says something else."""
    new = written(step)
    snapshots = tuple({**each, **members} if each is new else each for each in step.after[OWNER].snapshots)
    return shown(step, OWNER, snapshots=snapshots)


def written(step: Step) -> Object:
    """The last snapshot that a pass wrote."""
    return [each for each in step.after[OWNER].snapshots if "metadata" in each][-1]


def entries(step: Step) -> list[Object]:
    history: list[Object] = written(step)["phase_history"]
    return history


Spoil = Callable[[Step], Step]


def newest_as(**members: Any) -> Spoil:
    return lambda step: newest(step, **members)


def history_as(change: Callable[[list[Object]], list[Object]]) -> Spoil:
    """Let the newest snapshot have another phase history."""
    return lambda step: newest(step, phase_history=change(entries(step)))


def refused_as(**data: Any) -> Spoil:
    return lambda step: refused(step, **{**step.data, **data})


def event_lost(step: Step) -> Step:
    return shown(step, OWNER, events=step.after[OWNER].events[:-1])


def move_refused(step: Step) -> Step:
    before = shown(step, OWNER, snapshots=step.after[OWNER].snapshots[:-1])
    return refused(before, from_phase="queued", to_phase="running_phase", lifecycle_index=1, projected=0)


def without_source(entry: Object) -> Object:
    return {name: value for name, value in entry.items() if name != "from_phase"}


def observed(entry: Object) -> Object:
    return {**entry, "event_type": "stateful_runtime.phase.observed"}


FIRST = "the first snapshot"
FAULTS: dict[str, tuple[str, Spoil, set[str]]] = {
    "another phase": (FIRST, newest_as(phase="retrying"), {"PHASE-1", "PHASE-10"}),
    "no retry": ("a retry", newest_as(phase="queued", allowed_next_phases=NEXT["queued"]), {"PHASE-2"}),
    "the status of the retry": ("a retry", newest_as(status="retrying"), {"PHASE-2"}),
    "an empty history": (FIRST, newest_as(phase_history=[]), {"PHASE-3"}),
    "another reason to observe": (FIRST, history_as(lambda it: [{**it[0], "reason": "because"}]), {"PHASE-8"}),
    "an entry for staying": ("the same phase", history_as(lambda it: [*it, it[0]]), {"PHASE-4"}),
    "a history that starts anew": ("a move", history_as(lambda it: it[-1:]), {"PHASE-5"}),
    "a transition without source": ("a move", history_as(lambda it: [*it[:-1], without_source(it[-1])]), {"PHASE-9"}),
    "observed before the transition": ("no history", history_as(lambda it: [observed(it[0]), *it]), {"PHASE-6"}),
    "another row": ("a move", newest_as(allowed_next_phases=["completed"]), {"PHASE-10"}),
    "the wrong record": ("a refusal", refused_as(lifecycle_index=2), {"ERR-3"}),
    "too many counted": ("a refusal", refused_as(projected=1), {"ERR-3"}),
    "the event is gone": ("a refusal", event_lost, {"PASS-11"}),
    "an allowed move refused": ("a move", move_refused, {"PHASE-5"}),
    "guarded against the lesser id": (
        "two snapshots with the highest seq",
        newest_as(phase_history=HISTORY),
        {"PASS-7"},
    ),
    "entries dropped, or guarded against the one without": (
        "two with the highest seq, one without history",
        history_as(lambda it: it[-1:]),
        set(),
    ),
    "an entry twice, which none had": (
        "two with the highest seq, one without history",
        history_as(lambda it: [*it[:-1], it[0], it[-1]]),
        {"PHASE-5"},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_by_its_requirement_alone(name: str) -> None:
    session, spoil, expected = FAULTS[name]
    step, trace = last(*SESSIONS[session][0])
    assert said(spoil(step), trace)[1] == expected


def test_a_move_that_should_have_been_refused_is_that_and_nothing_else() -> None:
    allowed, trace = last(run("running", "a"), run("paused", "a", "b"))
    queued = newest(allowed, status="queued", phase="queued", allowed_next_phases=NEXT["queued"])
    wrong = evolve(queued, arguments=run("queued", "a", "b")[1])
    assert said(wrong, trace)[1] == {"PHASE-7"}


@pytest.mark.parametrize("phase", NEXT)
@pytest.mark.parametrize("status", ["queued", "running", "awaiting_approval", "paused", "completed", "failed"])
def test_the_walk_agrees_with_the_reference_from_every_phase(phase: str, status: str) -> None:
    step, trace = last(imported(left(phase)), run(status, "a"), store="memory")
    judged, failed = said(step, trace)
    assert failed == set()
    assert ("PHASE-7" in judged) == (PHASE_OF[status] not in (phase, *NEXT[phase])) == (step.refusal is not None)
