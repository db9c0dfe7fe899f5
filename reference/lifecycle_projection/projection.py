"""The pass: one call of the projection, the only place that decides (chapter *The pass*)."""

import logging
from typing import Final

from attrs import Factory, define, evolve

from lifecycle_projection.content import SOURCE, RunState, event_of, phase_id_of, snapshot_of, state_of
from lifecycle_projection.errors import (
    LifecycleProjectionError,
    PhaseTransitionError,
    ProjectionResult,
    StorageConflictError,
    StorageError,
)
from lifecycle_projection.identity import Identified, identify
from lifecycle_projection.log import KnownIds, append_new, visible
from lifecycle_projection.phases import GuardedPhase, Refused, guard, phase_status, with_phase
from lifecycle_projection.recognition import Recorded, aliases_of
from lifecycle_projection.records import Event, Run, Snapshot
from lifecycle_projection.snapshots import latest_of
from lifecycle_projection.stores.store import Store

_LOGGER: Final = logging.getLogger(__name__)


def project(run: Run, store: Store) -> ProjectionResult:
    """Project a run: record each lifecycle record of its history once, as an event and a snapshot.

    What was recorded before a failure stays, and the pass can be repeated. Raises :class:`PhaseTransitionError`,
    :class:`StorageConflictError` and :class:`StorageError`, each with what the pass had done before it.
    (PASS-1 to PASS-15, SNAP-5, SNAP-6, SNAP-11, SNAP-12, ERR-5)
    """
    done = _Done()
    if run.checkpoint.lifecycle_history:
        try:
            with store.lock():
                store.sync(run.run_id)
                _pass(run, store, done)
        except StorageError as error:
            raise evolve(error, done=done.result()) from error
    return done.result()


def project_or_warn(run: Run, store: Store) -> ProjectionResult | None:
    """Project a run as production's caller does: a failed pass is logged as a warning with the run id, and no more.

    Gives `None` for a failed pass. (PASS-16)
    """
    try:
        return project(run, store)
    except LifecycleProjectionError as error:
        _LOGGER.warning("projection of run %r failed: %s", run.run_id, error)
        return None


@define
class _Done:
    """What a pass has done so far."""

    projected: int = 0
    events: list[Event] = Factory(list)
    snapshots: list[Snapshot] = Factory(list)

    def result(self) -> ProjectionResult:
        return ProjectionResult(projected=self.projected, events=tuple(self.events), snapshots=tuple(self.snapshots))


def _pass(run: Run, store: Store, done: _Done) -> None:
    tenant = run.tenant_context.key
    state = state_of(run)
    events = visible(store.events(run.run_id), run.run_id, tenant)
    aliases, known = aliases_of(run, events), KnownIds.of(events)
    kept = store.snapshots(run.run_id)
    latest = latest_of(kept.values(), run.run_id, tenant)
    for identified in identify(run):
        appended = None
        if identified.event_id not in aliases:
            appended = append_new(store, known, event_of(state, identified))
            aliases[identified.event_id] = Recorded(identified.event_id, known.seqs[identified.event_id])
        if appended is not None:
            done.events.append(appended)
        recorded = aliases[identified.event_id]

        place = store.place(run.run_id, recorded.event_id, tenant)
        found = kept.get(place) or store.snapshot_at(place)
        if found is None:
            guarded = _guarded(state, identified, latest, done)
            latest = snapshot_of(state, identified, recorded.event_id, recorded.seq, guarded)
            store.write_snapshot(latest)
            done.snapshots.append(latest)
        elif (found.run_id, found.snapshot_id, found.scope.tenant_context.key) == (
            run.run_id,
            recorded.event_id,
            tenant,
        ):
            latest = found
        else:
            raise StorageConflictError(snapshot_id=recorded.event_id, found=found, done=done.result())
        if found is None or appended is not None:
            done.projected += 1


def _guarded(state: RunState, identified: Identified, latest: Snapshot | None, done: _Done) -> GuardedPhase:
    run, record = state.run, identified.record
    guarded = guard(
        None if latest is None else with_phase(latest),
        run_id=run.run_id,
        status=phase_status(state.status, record.event),
        occurred_at_ms=record.recorded_at_ms,
        phase_id=phase_id_of(run, record.metadata),
        reason=f"{SOURCE}:{record.event}",
    )
    if isinstance(guarded, Refused):
        raise PhaseTransitionError(
            run_id=run.run_id,
            lifecycle_index=identified.index,
            from_phase=guarded.from_phase,
            to_phase=guarded.to_phase,
            terminal=guarded.terminal,
            done=done.result(),
        )
    return guarded
