"""The pass: one call of the projection, the only place that decides (chapter *The pass*)."""

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from attrs import define, evolve

from lifecycle_projection.content import SOURCE, RunState, event_of, phase_id_of, snapshot_of, state_of
from lifecycle_projection.errors import (
    LifecycleProjectionError,
    PhaseTransitionError,
    StorageConflictError,
    StorageError,
)
from lifecycle_projection.identity import Identified, identify
from lifecycle_projection.log import KnownIds, append_new, visible
from lifecycle_projection.phases import GuardedPhase, Refused, guard, phase_status, with_phase
from lifecycle_projection.planning import Draft, Plan, commit
from lifecycle_projection.recognition import Aliases, Recorded, aliases_of
from lifecycle_projection.records import ProjectionResult, Run, Snapshot
from lifecycle_projection.snapshots import latest_of
from lifecycle_projection.stores.store import Held, Place, Store

_LOGGER: Final = logging.getLogger(__name__)


def project(run: Run, store: Store) -> ProjectionResult:
    """Project a run: record each lifecycle record of its history once, as an event and a snapshot.

    What was recorded before a failure stays, and the pass can be repeated. Raises :class:`PhaseTransitionError`,
    :class:`StorageConflictError` and :class:`StorageError`, each with what the pass had done before it.
    (PASS-1 to PASS-15, SNAP-5, SNAP-6, SNAP-11, SNAP-12, ERR-5)
    """
    if not run.checkpoint.lifecycle_history:
        return ProjectionResult()
    try:
        with store.lock():
            store.sync(run.run_id)
            planned = plan(run, store)
            commit(planned, store)
    except StorageError as error:
        raise evolve(error, done=error.done or ProjectionResult()) from error
    if planned.failure is not None:
        raise planned.failure
    return planned.result


def plan(run: Run, held: Held) -> Plan:
    """What a pass over a run has to do with what a store holds. Nothing is written.

    (PASS-2 to PASS-13, SNAP-5, SNAP-6, SNAP-11, SNAP-12)
    """
    draft = Draft(held)
    failure: LifecycleProjectionError | None = None
    try:
        under_way = _Pass.begun(run, draft)
        for identified in identify(run):
            under_way.project(identified)
    except (PhaseTransitionError, StorageConflictError) as error:
        failure = error
    except StorageError as error:
        failure = evolve(error, done=draft.result())
    return draft.plan(run.run_id, failure)


def project_or_warn(run: Run, store: Store) -> ProjectionResult | None:
    """Project a run as production's caller does: a failed pass is logged as a warning with the run id, and no more.

    The answer of a failed pass is `None`. (PASS-16)
    """
    try:
        return project(run, store)
    except LifecycleProjectionError as error:
        _LOGGER.warning("projection of run %r failed: %s", run.run_id, error)
        return None


@define
class _Pass:
    """A pass under way.

    It keeps two things in hand from record to record: the `table` of what is recorded, and the `latest` snapshot, with
    which the guard compares. `known` are the ids and the highest seq of the log; `kept` are the snapshots of the run as
    they stood when the pass began.
    """

    run: Run
    draft: Draft
    known: KnownIds
    kept: Mapping[Place, Snapshot]
    table: Aliases
    latest: Snapshot | None

    @classmethod
    def begun(cls, run: Run, draft: Draft) -> "_Pass":
        """The pass before its first record (PASS-7)."""
        tenant = run.tenant_context.key
        events = visible(draft.events(run.run_id), run.run_id, tenant)
        kept = draft.snapshots(run.run_id)
        return cls(
            run=run,
            draft=draft,
            known=KnownIds.of(events),
            kept=kept,
            table=aliases_of(run, events),
            latest=latest_of(kept.values(), run.run_id, tenant),
        )

    @cached_property
    def state(self) -> RunState:
        """What all that this pass records shares; worked out where it records anything (SNAP-4)."""
        return state_of(self.run)

    def project(self, identified: Identified) -> None:
        """Make sure that one lifecycle record has its event and its snapshot (PASS-2 to PASS-6, PASS-10, PASS-11)."""
        # What happens to the record, as the chapter has it:
        #
        #   event   snapshot     guard       appended   written   counts   the pass
        #   -----   ----------   ---------   --------   -------   ------   ------------------------
        #   known   there        not asked                        no       goes on
        #   known   not there    allows                 yes       yes      goes on
        #   known   not there    refuses                          no       stops: phase_transition
        #   known   another's    not asked                        no       stops: storage_conflict
        #   known   unreadable   not asked                        no       stops: storage
        #   new     there        not asked   yes                  yes      goes on
        #   new     not there    allows      yes        yes       yes      goes on
        #   new     not there    refuses     yes                  no       stops: phase_transition
        #   new     another's    not asked   yes                  no       stops: storage_conflict
        #   new     unreadable   not asked   yes                  no       stops: storage
        appended = self._append_unless_known(identified)
        recorded = self.table[identified.event_id]
        found = self._found(recorded)
        if found is None:
            self.latest = self._write(identified, recorded, self._guarded(identified))
        elif self._is_there(found, recorded):
            self.latest = found
        else:
            raise StorageConflictError(snapshot_id=recorded.event_id, found=found, done=self.draft.result())
        if appended or found is None:
            self.draft.projected += 1

    def _append_unless_known(self, identified: Identified) -> bool:
        """Whether the event is new: then it is appended, and its id entered into the table (PASS-2, PASS-3)."""
        event_id = identified.event_id
        if event_id in self.table:
            return False
        appended = append_new(self.draft, self.known, event_of(self.state, identified, self.known.highest + 1))
        self.table[event_id] = Recorded(event_id, self.known.seqs[event_id])
        return appended is not None

    def _found(self, recorded: Recorded) -> Snapshot | None:
        """What stands where the snapshot belongs, be it that one or another's; one that can't be read ends the pass.

        Same result, faster: what was read when the pass began isn't read again, for nobody else can have changed it
        since, and the pass itself overwrites nothing.
        """
        run = self.run
        place = self.draft.place(run.run_id, recorded.event_id, run.tenant_context.key)
        return self.kept.get(place) or self.draft.snapshot_at(place)

    def _is_there(self, found: Snapshot, recorded: Recorded) -> bool:
        """Whether what was found is of this run and tenant and has the recorded id (PASS-4, SNAP-11)."""
        run = self.run
        of_this_run = found.run_id == run.run_id and found.scope.tenant_context.key == run.tenant_context.key
        return of_this_run and found.snapshot_id == recorded.event_id

    def _guarded(self, identified: Identified) -> GuardedPhase:
        """The phase of the snapshot to be written; a refusal by the guard ends the pass (PASS-12, PASS-13)."""
        run, record = self.run, identified.record
        guarded = guard(
            None if self.latest is None else with_phase(self.latest),
            run_id=run.run_id,
            status=phase_status(self.state.status, record.event),
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
                done=self.draft.result(),
            )
        return guarded

    def _write(self, identified: Identified, recorded: Recorded, guarded: GuardedPhase) -> Snapshot:
        """Write the snapshot of a record under the id and seq of its event (PASS-5)."""
        snapshot = snapshot_of(self.state, identified, recorded.event_id, recorded.seq, guarded)
        self.draft.write_snapshot(snapshot)
        return snapshot
