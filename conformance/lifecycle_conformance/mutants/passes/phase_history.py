"""Faults in the phase history: how it grows, and what its entries say."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from attrs import evolve

from lifecycle_conformance.mutants import changes
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Snapshot, phases
from lifecycle_projection.identity import safe
from lifecycle_projection.phases import GuardedPhase, Refused
from lifecycle_projection.records import PhaseEntry
from lifecycle_projection.words import Phase, StatefulStatus

_Guarded: TypeAlias = GuardedPhase | Refused
_MOST_ENTRIES: Final = 3


def _history(changed: Callable[[Snapshot | None, GuardedPhase], tuple[PhaseEntry, ...]]) -> changes.Patch:
    """Change the phase history of each snapshot that is to be written."""

    def wrong(latest: Snapshot | None, _: dict[str, Any], guarded: _Guarded) -> _Guarded:
        return guarded if isinstance(guarded, Refused) else evolve(guarded, history=changed(latest, guarded))

    return changes.phases(wrong)


def _entries(name: str, changed: Callable[[PhaseEntry], PhaseEntry]) -> changes.Patch:
    """Change the entries that the guard adds: the observed ones or the transitions."""
    return replaced(phases, name, lambda made: lambda *said: changed(made(*said)))


# --- how the history grows --------------------------------------------------------------------------------------------


@fault("PHASE-4", why="Every snapshot observes a phase.")
def observed_again_and_again() -> Patches:
    """A snapshot in the same phase as the one before adds an observed entry."""

    def wrong(latest: Snapshot | None, asked: dict[str, Any], guarded: _Guarded) -> _Guarded:
        if isinstance(guarded, Refused) or latest is None or latest.phase is not guarded.phase:
            return guarded
        members = {name: asked[name] for name in ("run_id", "status", "occurred_at_ms", "phase_id")}
        entry = phases._observed(*members.values())  # noqa: SLF001
        return evolve(guarded, history=(*(latest.phase_history or ()), entry))

    yield changes.phases(wrong)


@fault("PHASE-4", why="The history that belongs to a phase seems to begin with it.")
def history_begins_anew_in_the_same_phase() -> Patches:
    """Where the phase stays, only the last entry of its history is kept."""
    yield _history(
        lambda latest, guarded: (
            guarded.history[-1:] if latest is not None and latest.phase is guarded.phase else guarded.history
        )
    )


@fault("PHASE-4", why="The history of the latest snapshot is taken over without a look at whether it holds anything.")
def an_empty_history_stays_empty() -> Patches:
    """A snapshot in the phase of one with an empty history has an empty history, too."""
    yield _history(
        lambda latest, guarded: (
            () if latest is not None and latest.phase is guarded.phase and not latest.phase_history else guarded.history
        )
    )


@fault("PHASE-5", why="A snapshot seems to need the move only that led to it.")
def only_the_last_move_is_kept() -> Patches:
    """A move leaves nothing of the history but itself."""
    yield _history(
        lambda latest, guarded: (
            guarded.history[-1:] if latest is not None and latest.phase is not guarded.phase else guarded.history
        )
    )


@fault("PHASE-5", why="Entries have ids, and ids look unique; but a run can move twice in a millisecond.")
def entries_of_one_id_are_one() -> Patches:
    """A move isn't added where the history has an entry of its id already."""

    def once(latest: Snapshot | None, guarded: GuardedPhase) -> tuple[PhaseEntry, ...]:
        known = {each.event_id for each in (latest and latest.phase_history) or ()}
        moved = latest is not None and latest.phase is not guarded.phase
        return guarded.history[:-1] if moved and guarded.history[-1].event_id in known else guarded.history

    yield _history(once)


@fault("PHASE-5", why="A list that grows without end looks dangerous.")
def old_entries_are_dropped() -> Patches:
    """A history keeps its newest few entries at a move."""
    yield _history(
        lambda latest, guarded: (
            guarded.history[-_MOST_ENTRIES:]
            if latest is not None and latest.phase is not guarded.phase
            else guarded.history
        )
    )


@fault("PHASE-6", why="A history that begins with a move seems to lack its beginning.")
def an_empty_history_is_begun_before_a_move() -> Patches:
    """A move on an empty history adds an observed entry of the old phase before the transition."""

    def begun(latest: Snapshot | None, guarded: GuardedPhase) -> tuple[PhaseEntry, ...]:
        if latest is None or latest.phase_history or latest.phase is guarded.phase:
            return guarded.history
        entry = phases._observed(latest.run_id, latest.status, latest.created_at_ms, latest.phase_id)  # noqa: SLF001
        return (entry, *guarded.history)

    yield _history(begun)


# --- what an entry says -----------------------------------------------------------------------------------------------


@fault("PHASE-8", "SNAP-7", why="The status of the run is at hand, the one that decides the phase isn't.")
def observed_by_the_status_of_the_run() -> Patches:
    """The observed entry of a run that is queued for a retry says that `queued` was observed."""
    yield _entries(
        "_observed",
        lambda entry: evolve(entry, reason="observed_status:queued") if entry.to_phase is Phase.RETRYING else entry,
    )


@fault("PHASE-8", "SNAP-7", why="Statuses and phases are called alike, but for five of them.")
def observed_id_names_the_status() -> Patches:
    """The id of an observed entry names the status in place of the phase."""

    def by_status(made: Callable[..., PhaseEntry]) -> Callable[..., PhaseEntry]:
        def observed(run_id: str, status: StatefulStatus, time: int, phase_id: str | None) -> PhaseEntry:
            return evolve(made(run_id, status, time, phase_id), event_id=f"{run_id}:phase:{status}:{time}")

        return observed

    yield replaced(phases, "_observed", by_status)


@fault("PHASE-9", why="A move of a run has no node, one thinks.")
def moves_have_no_phase_id() -> Patches:
    """A transition entry has no phase id."""
    yield _entries("_transition", lambda entry: evolve(entry, phase_id=None))


@fault("PHASE-9", why="The name is made safe for the id of the event, and then used everywhere.")
def moves_name_the_safe_event() -> Patches:
    """The reason of a transition entry names the event as its id does."""

    def made_safe(entry: PhaseEntry) -> PhaseEntry:
        source, _, event = (entry.reason or "").partition(":")
        return evolve(entry, reason=f"{source}:{safe(event)}")

    yield _entries("_transition", made_safe)


@fault("PHASE-9", why="Both phases are in the entry's members, and the id of an observed entry names one only.")
def move_id_without_origin() -> Patches:
    """The id of a transition entry names the new phase only."""
    yield _entries(
        "_transition",
        lambda entry: evolve(
            entry, event_id=entry.event_id.replace(f"{entry.from_phase}:{entry.to_phase}", entry.to_phase)
        ),
    )
