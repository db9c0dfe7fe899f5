"""Faults of a third author in recognition, phases, scopes and passes: each shows in rare situations only."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

from attrs import evolve

from lifecycle_conformance.mutants.changes import Pass, phases, step
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    Event,
    PhaseTransitionError,
    ProjectionResult,
    Run,
    Scope,
    Snapshot,
    content,
    log,
    projection,
    recognition,
    scope,
    snapshots,
)
from lifecycle_projection.identity import Identified, identify
from lifecycle_projection.markers import listed_by
from lifecycle_projection.phases import GuardedPhase, Refused
from lifecycle_projection.planning import Draft, Plan
from lifecycle_projection.recognition import Aliases, Recorded
from lifecycle_projection.records import TenantKey
from lifecycle_projection.stores.store import Held
from lifecycle_projection.text import member, trimmed
from lifecycle_projection.words import StatefulStatus

# --- recognition ------------------------------------------------------------------------------------------------------


@fault("ALIAS-6", why="In Go an absent string is the empty one.")
def no_correlation_is_the_empty_one() -> Patches:
    """Where the automation id is empty, events without correlation id are known by their content, too."""

    def filled(event: Event) -> Event:
        return event if event.correlation_id is not None else evolve(event, correlation_id="")

    def wrong(aliases_of: Callable[[Run, Iterable[Event]], Aliases]) -> Callable[[Run, Iterable[Event]], Aliases]:
        return lambda run, events: aliases_of(run, events if run.automation_id else [*map(filled, events)])

    yield replaced(projection, "aliases_of", wrong)


@fault("ALIAS-7", "ALIAS-6", why="`payload.reason || null` is how one asks in JavaScript.")
def empty_reason_of_an_old_event() -> Patches:
    """An empty `reason` in the payload of a recorded event counts as absent."""
    yield replaced(recognition, "_string", lambda string: lambda value: string(value) or None)


@fault("ALIAS-9", why="First one query for all ids, own and listed; then the contents are read of those that need it.")
def contents_after_all_ids() -> Patches:
    """The contents of events are entered after the ids of all events, so that a later marker's entry prevails."""

    def aliases_of(run: Run, events: Iterable[Event]) -> Aliases:
        seen = list(events)
        aliases: Aliases = {}
        counted: Counter[str] = Counter()
        for event in seen:
            for event_id, seq in listed_by(event):
                aliases.setdefault(event_id, Recorded(event_id, seq))
            aliases[event.event_id] = Recorded(event.event_id, event.seq)
        for event in seen:
            if event.event_type.startswith(content.EVENT_TYPE_PREFIX) and event.correlation_id == run.automation_id:
                stable_id = recognition._stable_id(event, counted)  # noqa: SLF001
                aliases.setdefault(stable_id, Recorded(event.event_id, event.seq))
        return aliases

    yield replaced(projection, "aliases_of", lambda _: aliases_of)


# --- phases and the guard ---------------------------------------------------------------------------------------------


@fault("PHASE-2", why="A run that awaits a gate waits for an approval and not for a retry, as EVENT-6 has it.")
def no_retry_behind_a_gate() -> Patches:
    """A run that is queued for a retry counts as queued if it awaits a gate."""
    gated = False

    def noting(guarded: Callable[[Any, Identified], GuardedPhase]) -> Callable[[Any, Identified], GuardedPhase]:
        def noted(under_way: Any, each: Identified) -> GuardedPhase:
            nonlocal gated
            gated = under_way.run.checkpoint.awaiting_gate is not None
            return guarded(under_way, each)

        return noted

    def wrong(
        phase_status: Callable[[StatefulStatus, str], StatefulStatus],
    ) -> Callable[[StatefulStatus, str], StatefulStatus]:
        def status_of(status: StatefulStatus, event: str) -> StatefulStatus:
            return status if gated and status is StatefulStatus.QUEUED else phase_status(status, event)

        return status_of

    yield replaced(Pass, "_guarded", noting)
    yield replaced(projection, "phase_status", wrong)


@fault("PHASE-5", "PHASE-9", why="The entries stand in a table with their event id as key, and INSERT OR IGNORE.")
def phase_entries_by_id() -> Patches:
    """A transition entry is left out if the history has one with its id: the same move at the same time."""

    def inserted(latest: Snapshot | None, _: dict[str, Any], guarded: GuardedPhase | Refused) -> GuardedPhase | Refused:
        if latest is None or isinstance(guarded, Refused):
            return guarded
        *before, last = guarded.history
        longer = len(guarded.history) > len(latest.phase_history or ())
        doubled = longer and last.event_id in {each.event_id for each in before}
        return evolve(guarded, history=tuple(before)) if doubled else guarded

    yield phases(inserted)


# --- events and snapshots ---------------------------------------------------------------------------------------------


@fault("EVENT-3", *("SNAP-2", "PRUNE-6"), why="The index is taken from the event, which is at hand.")
def index_of_the_event() -> Patches:
    """A snapshot written later than its event has the index that the record had when the event was appended."""

    def wrong(write: Callable[..., Snapshot]) -> Callable[..., Snapshot]:
        def written(under_way: Any, each: Identified, recorded: Recorded, guarded: GuardedPhase) -> Snapshot:
            for event in under_way.draft.events(under_way.run.run_id):
                index = member(event.payload, "lifecycle_index")
                if event.event_id == recorded.event_id and type(index) is int:
                    each = evolve(each, index=index)
            return write(under_way, each, recorded, guarded)

        return written

    yield replaced(Pass, "_write", wrong)


# --- scope ------------------------------------------------------------------------------------------------------------


@fault("SCOPE-10", "SCOPE-1", why="The list becomes a set when it is read, and is trimmed when it is written.")
def grants_doubled_by_trimming() -> Patches:
    """Delegation grants that are equal only after trimming are not joined."""

    def wrong(in_normal_form: Callable[[Scope], Scope]) -> Callable[[Scope], Scope]:
        def normal(found: Scope) -> Scope:
            grants = map(trimmed, set(found.delegation_grant_ids))
            kept = sorted(grant for grant in grants if grant is not None)
            return evolve(in_normal_form(found), delegation_grant_ids=tuple(kept))

        return normal

    yield replaced(scope, "in_normal_form", wrong)


# --- the pass ---------------------------------------------------------------------------------------------------------


@fault("PASS-13", "PASS-4", why="What was appended just now can have no snapshot: the look-up is for the count.")
def latest_stays_behind_damage() -> Patches:
    """Where a new event meets a snapshot that is there, that does not become the latest snapshot."""

    def wrong(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        draft, before = under_way.draft, under_way.latest
        events, written = len(draft._events), len(draft._counted)  # noqa: SLF001
        right(under_way, each)
        if len(draft._events) > events and len(draft._counted) == written:  # noqa: SLF001
            under_way.latest = before

    yield step(wrong)


@fault(
    "PASS-5",
    *("PASS-12", "SNAP-5", "PRUNE-6"),
    why="Every event known, and a SELECT COUNT(*) that says that no snapshot is missing.",
)
def complete_by_count() -> Patches:
    """A pass answers 0 if all its records are known and the run has at least as many snapshots as it has records."""

    def wrong(plan: Callable[[Run, Held], Plan]) -> Callable[[Run, Held], Plan]:
        def planned(run: Run, held: Held) -> Plan:
            tenant = run.tenant_context.key
            table = recognition.aliases_of(run, log.visible(held.events(run.run_id), run.run_id, tenant))
            identified = identify(run)
            kept = snapshots.visible(held.snapshots(run.run_id).values(), run.run_id, tenant)
            if len(kept) >= len(identified) and all(each.event_id in table for each in identified):
                return Draft(held).plan(run.run_id, None)
            return plan(run, held)

        return planned

    yield replaced(projection, "plan", wrong)


@fault(
    "PASS-7",
    *("PASS-13", "TENANT-4", "TENANT-7", "LOG-5"),
    why="ORDER BY seq DESC LIMIT 1, and then the tenant is checked.",
)
def latest_of_another_tenant() -> Patches:
    """Where the run's newest snapshot is another tenant's, there is no latest snapshot."""

    def latest_of(kept: Iterable[Snapshot], run_id: str, tenant: TenantKey) -> Snapshot | None:
        of_run = (each for each in kept if each.run_id == run_id)
        newest = max(of_run, key=snapshots.order, default=None)
        return None if newest is None or newest.scope.tenant_context.key != tenant else newest

    yield replaced(projection, "latest_of", lambda _: latest_of)


@fault(
    "PHASE-3",
    *("FILE-26", "PASS-5", "PASS-7", "PASS-12", "PHASE-4", "PHASE-5", "TENANT-7"),
    why="A refusal stays until the run record changes, so that it is remembered.",
)
def refusals_are_remembered() -> Patches:
    """The very run record that was refused last is refused again, whatever has become of the snapshots since."""
    refused: WeakKeyDictionary[Held, tuple[Run, PhaseTransitionError]] = WeakKeyDictionary()

    def wrong(plan: Callable[[Run, Held], Plan]) -> Callable[[Run, Held], Plan]:
        def planned(run: Run, held: Held) -> Plan:
            last = refused.get(held)
            if last is not None and last[0] == run:
                failure = evolve(last[1], done=ProjectionResult())
                return Plan(run_id=run.run_id, result=ProjectionResult(), counted=(), failure=failure)
            made = plan(run, held)
            if isinstance(made.failure, PhaseTransitionError):
                refused[held] = run, made.failure
            elif last is not None and last[0].run_id == run.run_id:
                del refused[held]
            return made

        return planned

    yield replaced(projection, "plan", wrong)
