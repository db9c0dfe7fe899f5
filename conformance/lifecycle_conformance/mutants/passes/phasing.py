"""Faults in the phases: what a status means, which moves are allowed, and where a run may go."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from attrs import evolve

from lifecycle_conformance.mutants import changes
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import PhaseTransitionError, Snapshot, StorageError, content, phases, projection
from lifecycle_projection.phases import NEXT_PHASES, PHASE_OF_STATUS, GuardedPhase, Refused
from lifecycle_projection.words import Phase, StatefulStatus

_Guarded: TypeAlias = GuardedPhase | Refused
_RETRY: Final = "node_retry_backoff_scheduled"


def _moves(**more: tuple[Phase, ...]) -> changes.Patch:
    """Let the guard allow further moves. What snapshots say of where a run may go remains right."""

    def wrong(latest: Snapshot | None, asked: dict[str, Any], guarded: _Guarded) -> _Guarded:
        if (
            latest is None
            or isinstance(guarded, GuardedPhase)
            or guarded.to_phase not in more.get(guarded.from_phase, ())
        ):
            return guarded
        run_id, *others = (asked[name] for name in ("run_id", "occurred_at_ms", "phase_id", "reason"))
        moved = phases._transition(run_id, guarded.from_phase, guarded.to_phase, *others)  # noqa: SLF001
        return GuardedPhase(phase=guarded.to_phase, history=(*(latest.phase_history or ()), moved))

    return changes.phases(wrong)


# --- what a status means ----------------------------------------------------------------------------------------------


@fault("PHASE-1", "SNAP-7", "ERR-3", why="A run that is asked to pause runs on for a while.")
def pausing_still_runs() -> Patches:
    """The status `pausing` means the phase `running_phase`."""
    table = {**PHASE_OF_STATUS, StatefulStatus.PAUSING: Phase.RUNNING_PHASE}
    yield replaced(phases, "PHASE_OF_STATUS", lambda _: table)


@fault("PHASE-1", "SNAP-7", "ERR-3", why="Blocked sounds like the end of a run.")
def blocked_has_failed() -> Patches:
    """The status `blocked` means the phase `failed`."""
    table = {**PHASE_OF_STATUS, StatefulStatus.BLOCKED: Phase.FAILED}
    yield replaced(phases, "PHASE_OF_STATUS", lambda _: table)


@fault("PHASE-1", why="The name of the record says it all, and the condition on the status is overlooked.")
def retrying_while_running() -> Patches:
    """A record of a retry makes a running run `retrying`, too."""
    changing = (StatefulStatus.QUEUED, StatefulStatus.RUNNING)
    yield replaced(
        projection,
        "phase_status",
        lambda _: lambda status, event: StatefulStatus.RETRYING if event == _RETRY and status in changing else status,
    )


@fault("PHASE-2", why="The exception stands behind the table, where nobody looks for it.")
def retry_stays_queued() -> Patches:
    """A run that is queued for a retry is in the phase `queued`."""
    yield replaced(projection, "phase_status", lambda _: lambda status, _event: status)


@fault("PHASE-2", "SNAP-1", why="The status that the guard is asked with is at hand where the snapshot is made.")
def retry_changes_the_status() -> Patches:
    """The snapshot of a run that is queued for a retry has the status `retrying`."""
    yield changes.snapshots(
        lambda _, identified, each: (
            evolve(each, status=StatefulStatus.RETRYING)
            if each.status == "queued" and identified.record.event == _RETRY
            else each
        )
    )


@fault("PHASE-2", "PHASE-1", why="The phase looks like a property of the pass, as the status is.")
def retry_by_the_last_record() -> Patches:
    """Whether a queued run is retrying is decided once for a pass, by the last record of the history."""

    def wrong(guarded: Callable[..., Any]) -> Callable[..., Any]:
        def by_the_last(under_way: Any, identified: Any) -> Any:
            last = under_way.run.checkpoint.lifecycle_history[-1].event
            with replaced(projection, "phase_status", lambda right: lambda status, _: right(status, last)):
                return guarded(under_way, identified)

        return by_the_last

    yield replaced(projection._Pass, "_guarded", wrong)  # noqa: SLF001 - the pass is a class of one module


# --- what the guard allows --------------------------------------------------------------------------------------------


@fault("PHASE-3", why="The table begins with `created`, and so seems every run to do.")
def a_run_begins_as_created() -> Patches:
    """The first snapshot of a run is guarded as if the run had been in the phase `created`."""

    def wrong(latest: Snapshot | None, asked: dict[str, Any], guarded: _Guarded) -> _Guarded:
        to_phase = PHASE_OF_STATUS[asked["status"]]
        began = latest is None and to_phase not in NEXT_PHASES[Phase.CREATED]
        return Refused(Phase.CREATED, to_phase) if began else guarded

    yield changes.phases(wrong)


@fault("PHASE-3", "PHASE-8", why="To have no phase and to get one looks like a move.")
def the_first_phase_is_a_move() -> Patches:
    """The first phase of a run is recorded as a transition from `created`."""

    def wrong(latest: Snapshot | None, asked: dict[str, Any], guarded: _Guarded) -> _Guarded:
        if latest is not None or isinstance(guarded, Refused):
            return guarded
        status, named = asked["status"], ("run_id", "occurred_at_ms", "phase_id", "reason")
        run_id, *others = (asked[name] for name in named)
        moved = phases._transition(run_id, Phase.CREATED, PHASE_OF_STATUS[status], *others)  # noqa: SLF001
        return evolve(guarded, history=(moved,))

    yield changes.phases(wrong)


@fault("PHASE-3", why="A run that begins at its end looks like damage.")
def no_first_snapshot_at_the_end() -> Patches:
    """A run whose first snapshot would be in a terminal phase is refused."""

    def wrong(latest: Snapshot | None, _: dict[str, Any], guarded: _Guarded) -> _Guarded:
        if latest is None and isinstance(guarded, GuardedPhase) and not NEXT_PHASES[guarded.phase]:
            return Refused(Phase.CREATED, guarded.phase)
        return guarded

    yield changes.phases(wrong)


@fault("PHASE-4", why="*No move leads out of a terminal phase* is read as: nothing follows.")
def nothing_follows_the_end() -> Patches:
    """In a terminal phase even staying is refused."""

    def wrong(latest: Snapshot | None, _: dict[str, Any], guarded: _Guarded) -> _Guarded:
        if latest is not None and latest.phase is not None and not NEXT_PHASES[latest.phase]:
            return Refused(latest.phase, guarded.phase if isinstance(guarded, GuardedPhase) else guarded.to_phase)
        return guarded

    yield changes.phases(wrong)


@fault("PHASE-7", why="A failed run can be started again by hand.")
def failed_runs_restart() -> Patches:
    """A failed run may be queued again."""
    yield _moves(failed=(Phase.QUEUED,))


@fault("PHASE-7", why="An engine puts a run back into its queue, after all.")
def running_runs_are_queued_again() -> Patches:
    """A running or retrying run may be queued again."""
    yield _moves(running_phase=(Phase.QUEUED,), retrying=(Phase.QUEUED,))


@fault("PHASE-7", why="A short run may end between two passes, so that nobody sees it run.")
def queued_runs_complete() -> Patches:
    """A queued run may complete or fail at once."""
    yield _moves(queued=(Phase.COMPLETED, Phase.FAILED))


@fault(
    "PHASE-7",
    hides=("ERR-3", "PASS-10", "PASS-11", "PASS-12"),
    why="Whatever goes wrong while something is stored is taken for an error of the store.",
)
def refused_as_an_error_of_the_store() -> Patches:
    """A refused move is answered with the error `storage`."""

    def wrong(guarded: Callable[..., Any]) -> Callable[..., Any]:
        def guarding(under_way: Any, identified: Any) -> Any:
            try:
                return guarded(under_way, identified)
            except PhaseTransitionError as error:
                raise StorageError(path=error.run_id, problem=str(error)) from error

        return guarding

    yield replaced(projection._Pass, "_guarded", wrong)  # noqa: SLF001


# --- where a run may go -----------------------------------------------------------------------------------------------


@fault("PHASE-10", why="Sets have no order, so that a sorted list is the natural way to write one.")
def next_phases_sorted() -> Patches:
    """The next phases are listed by name."""
    yield replaced(content, "NEXT_PHASES", lambda table: {phase: tuple(sorted(row)) for phase, row in table.items()})


@fault("PHASE-10", why="Staying is always allowed.")
def next_phases_with_the_own() -> Patches:
    """The next phases begin with the phase itself."""
    yield replaced(content, "NEXT_PHASES", lambda table: {phase: (phase, *row) for phase, row in table.items()})


@fault("PHASE-10", why="What the guard looked at is the row of the phase before.")
def next_phases_of_the_one_before() -> Patches:
    """The next phases are those from which the run came here, where it moved."""
    yield changes.snapshots(
        lambda _, __, each: evolve(
            each,
            allowed_next_phases=NEXT_PHASES[
                (each.phase_history and each.phase_history[-1].from_phase) or each.phase or Phase.CREATED
            ],
        )
    )
