"""What many faults have in common: they change the events, the snapshots or the phases that a pass makes."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Final, TypeAlias

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.mutant import replaced
from lifecycle_projection import Event, ProjectionResult, Run, Snapshot, Store, content, projection
from lifecycle_projection.content import RunState
from lifecycle_projection.identity import Identified, safe
from lifecycle_projection.log import KnownIds
from lifecycle_projection.phases import GuardedPhase, Refused
from lifecycle_projection.records import Json

Patch: TypeAlias = AbstractContextManager[Any]


def events(changed: Callable[[RunState, Identified, Event], Event]) -> Patch:
    """Change each event that a pass makes of a record."""

    def wrong(event_of: Callable[..., Event]) -> Callable[..., Event]:
        return lambda state, identified, seq: changed(state, identified, event_of(state, identified, seq))

    return replaced(projection, "event_of", wrong)


def payloads(changed: Callable[[RunState, Identified, dict[str, Json]], dict[str, Json]]) -> Patch:
    """Change the payload of each event that a pass makes of a record."""
    return events(lambda state, identified, event: evolve(event, payload=changed(state, identified, event.payload)))


def snapshots(changed: Callable[[RunState, Identified, Snapshot], Snapshot]) -> Patch:
    """Change each snapshot that a pass makes of a record."""

    def wrong(snapshot_of: Callable[..., Snapshot]) -> Callable[..., Snapshot]:
        return lambda state, identified, *others: changed(state, identified, snapshot_of(state, identified, *others))

    return replaced(projection, "snapshot_of", wrong)


def metadata(changed: Callable[[RunState, Identified, dict[str, Json]], dict[str, Json]]) -> Patch:
    """Change the metadata of each snapshot that a pass makes of a record."""
    return snapshots(lambda state, identified, each: evolve(each, metadata=changed(state, identified, each.metadata)))


def summaries(changed: Callable[[Run, dict[str, Json]], dict[str, Json]]) -> Patch:
    """Change the checkpoint summary of a run."""

    def wrong(summary: Callable[[Run], dict[str, Json]]) -> Callable[[Run], dict[str, Json]]:
        return lambda run: changed(run, summary(run))

    return replaced(content, "checkpoint_summary", wrong)


def phases(
    changed: Callable[[Snapshot | None, dict[str, Any], GuardedPhase | Refused], GuardedPhase | Refused],
) -> Patch:
    """Change what the guard says of a move from the latest snapshot, in view of what it was asked."""

    def wrong(guard: Callable[..., GuardedPhase | Refused]) -> Callable[..., GuardedPhase | Refused]:
        return lambda latest, **asked: changed(latest, asked, guard(latest, **asked))

    return replaced(projection, "guard", wrong)


def highest_seq(told: Callable[[list[Event]], int]) -> Patch:
    """Let another seq be taken for the highest of a log, in view of its events."""

    def wrong(right: Any) -> Any:
        def known(cls: Any, events: Iterable[Event]) -> KnownIds:
            seen = list(events)
            ids: KnownIds = right.__func__(cls, seen)
            return evolve(ids, highest=told(seen))

        return classmethod(known)

    return replaced(KnownIds, "of", wrong)


def index_id(run: Run, each: Identified) -> str:
    """The id that the first generation gave a record, by its position in the history."""
    return f"automation-v2-lifecycle-{run.run_id}-{each.index}-{safe(each.record.event)}"


Pass: Final = projection._Pass  # noqa: SLF001 - the pass is a class of one module


def step(changed: Callable[[Callable[..., None], Any, Identified], None]) -> Patch:
    """Change what a pass does with one record, in view of how it is done rightly."""
    return replaced(Pass, "project", lambda right: lambda under_way, each: changed(right, under_way, each))


def whole_pass(changed: Callable[[Callable[..., ProjectionResult], Run, Store], ProjectionResult]) -> Patch:
    """Change a whole pass, in view of how it is done rightly."""
    return replaced(server, "project", lambda right: lambda run, store: changed(right, run, store))
