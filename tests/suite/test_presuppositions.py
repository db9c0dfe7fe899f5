"""What a requirement presupposes: each line of the specification is needed, and no consequence is told."""

import doctest
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeAlias

import pytest
from attrs import evolve

import lifecycle_projection as reference
import test_attribution as attribution
import test_properties_files as files
import test_properties_log as logs
import test_properties_phases as phases
import test_properties_recognition as recognition
import test_properties_retention as retention
from builders import AUTOMATION_ID, OPEN, append, event, imported, lifecycle, project, run_json
from faults import Fault, instead_of
from lifecycle_conformance.execution import presuppositions
from lifecycle_conformance.execution.judgement import Judgement, judged
from lifecycle_conformance.execution.presuppositions import counted, presupposed
from lifecycle_conformance.execution.trace import Request, Step, Trace
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.model.identity import ids_of
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.runner.search import checks_for
from lifecycle_conformance.specification import requirements
from traces import OWNER, answered, executed, shown

REQUIREMENTS = requirements.load()
DECLARED = {(each.id, other) for each in REQUIREMENTS.values() for other in each.presupposes}
Pair: TypeAlias = tuple[str, str]


def said(steps: Iterable[Step]) -> Iterator[list[Judgement]]:
    """All that the checks say of each step, with what isn't counted."""
    earlier: list[Step] = []
    for step in steps:
        yield [each for check in CHECKS for each in check.judgements(step, Trace([*earlier]))]
        earlier.append(step)


def proved(steps: Iterable[Step]) -> set[Pair]:
    """The requirements that would fail beside one that they presuppose if all that is said were counted."""
    found = set()
    for judgements in said(steps):
        failed = [each for each in judgements if not each.holds]
        found |= {(later.requirement, cause.requirement) for cause in failed for later in failed if meet(cause, later)}
    return found & DECLARED


def meet(cause: Judgement, later: Judgement) -> bool:
    return counted([cause, later]) == [cause]


# --- steps in which a requirement is broken, and one that rests on it seems to be -------------------------------------


def doctored(requests: Iterable[Request], change: Callable[[Step], Step]) -> list[Step]:
    """The steps of a session of the reference, the last one of which was made wrong."""
    *earlier, step = executed([OPEN, *requests]).trace.steps
    return [*earlier, change(step)]


def of_recognition(name: str) -> list[Step]:
    _, requests, change = recognition.CASES[name]
    return doctored(requests, change)


def of_phases(name: str) -> list[Step]:
    session, change, _ = phases.FAULTS[name]
    return doctored(phases.SESSIONS[session][0], change)


def begun_anew(step: Step) -> Step:
    """Let an append write a log that holds the new event only."""
    (new,) = [each for each in logs.events_after(step) if each not in step.before[OWNER].events]
    return shown(step, OWNER, events=({**new, "seq": 1},))


EVENT, STARTED, COMPLETED, after = recognition.event, recognition.STARTED, recognition.COMPLETED, recognition.after
BLOCKED = {**STARTED, "event": "node_blocked"}
NAMED_OTHERWISE = EVENT(STARTED, 1, payload={"event": "node_blocked"})
PADDED = recognition.marker(
    1, recognition.listed(recognition.STABLE), recognition.listed(f"{recognition.STABLE_TOO}\u200b")
)
TWINS = [lifecycle("node_started", 0)] * 3
TYPE = "stateful_runtime.automation_v2.node_started"
OTHERS: dict[str, Callable[[], list[Step]]] = {
    "a log that is begun anew by each append": lambda: doctored([append("a"), append("b")], begun_anew),
    "numbers by position, with one that is told": lambda: doctored(
        after(
            [recognition.COUNTED, recognition.BY_EVENT, EVENT(STARTED, 3, payload={"lifecycle_occurrence": 1})],
            *(STARTED, STARTED),
        ),
        recognition.with_snapshot(1, recognition.SECOND_ID, 2),
    ),
    "an occurrence that is a string": lambda: doctored(
        after([recognition.COUNTED_IN_TEXT], STARTED, STARTED),
        lambda step: recognition.known_as(1, recognition.FIRST_ID, 1)(recognition.anew(0)(step)),
    ),
    "a name in the payload": lambda: doctored(
        after([NAMED_OTHERWISE], BLOCKED), recognition.known_as(0, recognition.FIRST_ID, 1)
    ),
    "a snapshot that is written again and counted": lambda: doctored(
        [phases.run("queued", "a"), phases.run("running", "a")],
        lambda step: answered(phases.newest(step, status="running"), projected=1),
    ),
    "what was filled in is another's now": lambda: doctored(
        [files.EMPTY, files.put(files.PATH, files.PHASELESS), files.PASSED],
        files.file_left(lambda _: files.pretty(files.snapshot())),
    ),
    "a listed id with other white space": lambda: doctored(
        after([PADDED], STARTED, COMPLETED), recognition.known_as(1, recognition.STABLE_TOO, 1)
    ),
    "occurrences that count other records, too": lambda: of_a_mutant(
        "occurrence-per-event-name",
        [
            project(*TWINS[:1]),
            imported(*(event(f"known-{seq}", seq, 0, event_type=TYPE, correlation_id=AUTOMATION_ID) for seq in (1, 5))),
            project(TWINS[0], {**TWINS[0], "metadata": {}}, *TWINS[1:]),
        ],
    ),
}


@instead_of("_newest_seqs", reference.retention)
def protects_nothing(*_: Any) -> Any:
    return {}


@instead_of("latest_of", reference.projection)
def first_of_the_latest(_: Any, kept: Any, *__: Any) -> Any:
    return min(kept, key=lambda each: each.seq, default=None)


def always_the_latest_before(patch: pytest.MonkeyPatch) -> None:
    latest: list[Any] = []

    @instead_of("latest_of", reference.projection)
    def noted(latest_of: Any, *of: Any) -> Any:
        latest[:] = [latest_of(*of)]
        return latest[0]

    @instead_of("_guarded", reference.projection._Pass)
    def wrong(guarded: Any, a_pass: Any, identified: Any) -> Any:
        return guarded(evolve(a_pass, latest=latest[0]), identified)

    noted(patch)
    wrong(patch)


def two(phase: str, other: str, **members: Any) -> Request:
    """Leave two snapshots, the first of which a guard must not look at."""
    lesser = phases.left(other, snapshot_id="a", phase_history=phases.HISTORY)
    return imported(lesser, phases.left(phase, snapshot_id="b", seq=2, **members))


ENTRY = {"phase_history": [{**phases.HISTORY[0], "event_id": "other"}]}
(X,) = ids_of(run_json("x"))


def between(phase: str, other: str, history: Any = phases.HISTORY, **members: Any) -> Request:
    """Leave the event and the snapshot of a record, and a newer snapshot that the guard of the next mustn't look at."""
    event = recognition.event(lifecycle("x"), 1, X)
    snapshots = [
        phases.left(phase, snapshot_id=X, **members),
        phases.left(other, snapshot_id="newer", seq=9, phase_history=history),
    ]
    return imported(event, *snapshots)


GUARDED = [
    [left, phases.run("running", "x", "y")]
    for leaves in (two, between)
    for left in (
        leaves("running_phase", "sleeping", **ENTRY),
        leaves("sleeping", "running_phase", **ENTRY),
        leaves("sleeping", "running_phase"),
        leaves("completed", "running_phase", **ENTRY),
    )
] + [
    [between("sleeping", "queued", []), phases.run("running", "x", "y")],
    [
        between("running_phase", "running_phase", attribution.observed("running_phase"), phase_history=[]),
        phases.run("running", "x", "y"),
    ],
    [between("completed", "cancelled", []), phases.run("failed", "x", "y")],
    [between("cancelled", "queued", []), *(phases.run(status, "x", "y") for status in ("completed", "running"))],
]


def faulty(fault: Fault, requests: Iterable[Request]) -> list[Step]:
    """The steps of a session of an implementation with a fault."""
    with pytest.MonkeyPatch.context() as patch:
        fault(patch)
        return executed([OPEN, *requests], "memory").trace.steps


def queued_for_a_retry(patch: pytest.MonkeyPatch) -> None:
    """A run that waits for a retry is in the phase of its status."""
    patch.setattr(reference.projection, "phase_status", lambda status, _: status)


def of_a_mutant(name: str, requests: Iterable[Request]) -> list[Step]:
    with MUTANTS[name].applied():
        return executed([OPEN, *requests], MUTANTS[name].store).trace.steps


def proofs() -> Iterator[Any]:
    for name in recognition.CASES:
        yield pytest.param(partial(of_recognition, name), id=name)
    for name in phases.FAULTS:
        yield pytest.param(partial(of_phases, name), id=name)
    for fault in (retention.own_tenant_protects, retention.cutoff_one_later, retention.markers_stay, protects_nothing):
        yield pytest.param(partial(faulty, fault, retention.SESSION), id=fault.__name__)
    waiting = phases.run("queued", "node_retry_backoff_scheduled")
    yield pytest.param(partial(faulty, queued_for_a_retry, [waiting]), id="queued_for_a_retry")
    for fault in (first_of_the_latest, always_the_latest_before):
        for number, requests in enumerate(GUARDED):
            yield pytest.param(partial(faulty, fault, requests), id=f"{fault.__name__} {number}")
    for name, (requests, _) in attribution.ANOTHERS.items():
        yield pytest.param(partial(of_a_mutant, "anothers-snapshot-overwritten", requests), id=name)
    for name, requests in attribution.TIES.items():
        yield pytest.param(partial(of_a_mutant, "lesser-of-two-latest", requests), id=name)
    for status, requests in attribution.OTHERS.items():
        mutant = "newest-snapshot-of-another-tenant-is-latest-where-there-is-no-own"
        yield pytest.param(partial(of_a_mutant, mutant, requests), id=f"another tenant's, {status}")
    for name, steps in OTHERS.items():
        yield pytest.param(steps, id=name)


PROOFS = list(proofs())


def test_each_presupposition_is_needed() -> None:
    found = set[Pair]().union(*(proved(each.values[0]()) for each in PROOFS))
    assert sorted(DECLARED - found) == [], "prove each by an entry of OTHERS"


@pytest.mark.parametrize("steps", PROOFS)
def test_what_follows_from_a_cause_is_not_told(steps: Callable[[], list[Step]]) -> None:
    for judgements in said(steps()):
        told = {each.requirement for each in counted(judgements) if not each.holds}
        assert [(each, told & presupposed(each)) for each in told if told & presupposed(each)] == []


# --- the lines of the specification -----------------------------------------------------------------------------------


def test_a_requirement_presupposes_others_of_the_text_and_never_itself() -> None:
    assert {other for _, other in DECLARED} <= REQUIREMENTS.keys()
    assert [each for each in REQUIREMENTS if each in presupposed(each)] == []


# --- which judgements count -------------------------------------------------------------------------------------------


def wrong(requirement: str, subject: str | None = None) -> Judgement:
    return judged(requirement, "what", expected=1, actual=2, subject=subject)


@pytest.fixture
def chained(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """LOG-3 presupposes LOG-2, and this LOG-1."""
    changed = {"LOG-3": ("LOG-2",), "LOG-2": ("LOG-1",)}
    known = {id_: evolve(each, presupposes=changed.get(id_, ())) for id_, each in REQUIREMENTS.items()}
    monkeypatch.setattr(requirements, "load", lambda: known)
    presupposed.cache_clear()
    yield
    presupposed.cache_clear()


@pytest.mark.usefixtures("chained")
def test_what_is_presupposed_counts_through_others() -> None:
    assert presupposed("LOG-3") == {"LOG-1", "LOG-2"}
    assert counted([wrong("LOG-3"), wrong("LOG-1")]) == [wrong("LOG-1")]


@pytest.mark.usefixtures("chained")
@pytest.mark.parametrize(
    ("cause", "consequence", "meet"),
    [("a", "a", True), ("a", "b", False), (None, "a", True), ("a", None, True), (None, None, True)],
)
def test_judgements_meet_by_their_subject_or_by_the_step(cause: str, consequence: str, *, meet: bool) -> None:
    both = [wrong("LOG-1", cause), wrong("LOG-2", consequence)]
    assert counted(both) == (both[:1] if meet else both)


@pytest.mark.usefixtures("chained")
def test_what_seems_to_hold_does_not_count_either() -> None:
    holds = judged("LOG-2", "what", expected=1, actual=1)
    assert counted([holds, wrong("LOG-1")]) == [wrong("LOG-1")]
    assert counted([holds, judged("LOG-1", "what", expected=1, actual=1)])[0] is holds


def test_a_requirement_is_searched_for_with_the_checks_of_what_it_presupposes() -> None:
    asked = {each.name for each in checks_for(["LOG-4"])}
    assert asked >= {each.name for each in CHECKS if "LOG-1" in each.requirements}


def test_the_example_is_right() -> None:
    assert doctest.testmod(presuppositions).failed == 0
