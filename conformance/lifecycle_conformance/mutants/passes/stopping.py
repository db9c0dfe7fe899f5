"""Faults in where a pass stops and goes on: refusals, the order of the guard, interruptions, and other runs."""

from collections.abc import Callable
from typing import Any

from attrs import evolve

from lifecycle_conformance.mutants.changes import Pass, step, whole_pass
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    LifecycleProjectionError,
    PhaseTransitionError,
    ProjectionResult,
    Run,
    Store,
    projection,
    snapshots,
)
from lifecycle_projection.identity import Identified, identify
from lifecycle_projection.planning import Draft, Plan
from lifecycle_projection.words import StatefulStatus

# --- failures ---------------------------------------------------------------------------------------------------------


@fault("PASS-10", why="One record that fails shouldn't cost the others.")
def a_refusal_skips_the_record() -> Patches:
    """A pass goes on behind a record that is refused, and ends with the first error at last."""

    def going_on(right: Callable[..., Plan], run: Run, held: Store) -> Plan:
        failures: list[LifecycleProjectionError] = []

        def wrong(project: Callable[..., None]) -> Callable[..., None]:
            def skipping(under_way: Any, each: Identified) -> None:
                try:
                    project(under_way, each)
                except PhaseTransitionError as error:
                    failures.append(error)

            return skipping

        with replaced(Pass, "project", wrong):
            planned = right(run, held)
        return evolve(planned, failure=planned.failure or next(iter(failures), None))

    yield replaced(projection, "plan", lambda right: lambda run, held: going_on(right, run, held))


@fault("PASS-10", why="A pass may append all events first, it says, and write the snapshots afterwards.")
def all_events_before_a_refusal() -> Patches:
    """All new events of a history are appended, also those behind a record that is refused."""

    def appending(right: Callable[..., Plan], run: Run, held: Store) -> Plan:
        planned = right(run, held)
        if not isinstance(planned.failure, PhaseTransitionError):
            return planned
        draft = Draft(held)
        under_way = Pass.begun(run, draft)
        for identified in identify(run):
            under_way._append_unless_known(identified)  # noqa: SLF001
        return evolve(planned, result=evolve(planned.result, events=tuple(draft._events)))  # noqa: SLF001

    yield replaced(projection, "plan", lambda right: lambda run, held: appending(right, run, held))


@fault("PASS-10", "PASS-11", why="A transaction that fails is rolled back.")
def a_refused_pass_rolls_back() -> Patches:
    """Nothing is written by a pass that is refused."""

    def rolled_back(right: Callable[..., Plan], run: Run, held: Store) -> Plan:
        planned = right(run, held)
        if not isinstance(planned.failure, PhaseTransitionError):
            return planned
        return evolve(planned, result=ProjectionResult(), counted=())

    yield replaced(projection, "plan", lambda right: lambda run, held: rolled_back(right, run, held))


@fault("PASS-11", why="It seems better to ask before anything is written.")
def the_guard_before_the_event() -> Patches:
    """The event of a record that is refused isn't appended."""

    def asked(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        appended = len(under_way.draft._events)  # noqa: SLF001
        try:
            right(under_way, each)
        except PhaseTransitionError:
            del under_way.draft._events[appended:]  # noqa: SLF001
            raise

    yield step(asked)


@fault("ERR-3", "PASS-11", why="The event is there, and so the record seems to be projected.")
def a_refused_record_counts() -> Patches:
    """A record whose event was appended counts, even if it is refused then."""

    def counted(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        try:
            right(under_way, each)
        except PhaseTransitionError as error:
            new = bool(under_way.draft._events) and under_way.draft._events[-1].event_id == each.event_id  # noqa: SLF001
            raise evolve(error, done=evolve(error.done, projected=error.done.projected + new)) from error

    yield step(counted)


@fault("PASS-12", "PHASE-7", "PASS-10", why="What was refused once seems to have been seen to.")
def refused_once_skipped_ever_after() -> Patches:
    """A record that is known is passed over where the guard refuses its snapshot."""

    def skipping(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        known = each.event_id in under_way.table
        try:
            right(under_way, each)
        except PhaseTransitionError:
            if not known:
                raise

    yield step(skipping)


@fault("PASS-12", "PASS-2", "PASS-3", "ALIAS-2", "LOG-2", why="An attempt that failed is one more thing that happened.")
def what_was_refused_is_recorded_again() -> Patches:
    """Each pass that is refused appends the event of the record once more."""

    def again(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        known = each.event_id in under_way.table
        try:
            right(under_way, each)
        except PhaseTransitionError as error:
            if known:
                del under_way.table[each.event_id]
                under_way.known.seqs.pop(each.event_id, None)
                under_way._append_unless_known(each)  # noqa: SLF001
                error = evolve(error, done=under_way.draft.result())
            raise error from None

    yield step(again)


@fault("PASS-13", why="The latest snapshot of a run is the one with the highest seq, at any moment.")
def always_guarded_by_the_highest_seq() -> Patches:
    """Each record is guarded against the snapshot that has the highest seq by then."""

    def highest(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        run = under_way.run
        kept = under_way.draft.snapshots(run.run_id).values()
        under_way.latest = snapshots.latest_of(kept, run.run_id, run.tenant_context.key)
        right(under_way, each)

    yield step(highest)


@fault(
    "PASS-7",
    "PASS-13",
    "PHASE-4",
    "PHASE-5",
    "PHASE-6",
    "PHASE-7",
    why="The first record of a history has no record before it.",
)
def the_first_record_is_not_guarded() -> Patches:
    """The snapshot of the first record of a history is written as the first one of the run."""

    def begun(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        if each.index == 0:
            under_way.latest = None
        right(under_way, each)

    yield step(begun)


# --- interruptions and other runs -------------------------------------------------------------------------------------


@fault(
    "PASS-14",
    "PASS-5",
    "PASS-10",
    "PASS-12",
    "SNAP-5",
    "PRUNE-6",
    why="Whoever writes record by record has one snapshot missing, at most.",
)
def only_the_last_known_is_caught_up() -> Patches:
    """Of the records that are known, only the last one's missing snapshot is written."""

    def caught_up(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        recorded = under_way.table.get(each.event_id)
        ids = [found.event_id for found in under_way.draft.held.events(under_way.run.run_id)]
        if recorded is None or recorded.event_id in ids[-1:] or under_way._found(recorded):  # noqa: SLF001
            right(under_way, each)

    yield step(caught_up)


@fault("PASS-15", why="A folder seems to belong to the run that it is named after.")
def the_folder_is_cleared_of_others() -> Patches:
    """A pass deletes from the folder of its run the snapshots of other runs."""

    def cleared(right: Callable[..., ProjectionResult], run: Run, store: Store) -> ProjectionResult:
        result = right(run, store)
        folder = _folder(store, run)
        for place, each in store.snapshots().items():
            is_another = each.run_id != run.run_id and place.rpartition("/")[0] == folder
            if is_another and each.scope.tenant_context.key == run.tenant_context.key:
                store.delete_snapshot(place)
        return result

    yield whole_pass(cleared)


def _folder(store: Store, run: Run) -> str:
    return store.place(run.run_id, "any", run.tenant_context.key).rpartition("/")[0]


@fault("PASS-15", "LOG-1", why="An automation seems to have one run at a time, so that an older one must be over.")
def other_runs_are_superseded() -> Patches:
    """A pass that records anything marks snapshots of other runs of the tenant as cancelled."""

    def superseding(right: Callable[..., ProjectionResult], run: Run, store: Store) -> ProjectionResult:
        result = right(run, store)
        if result.projected:
            for place, each in store.snapshots().items():
                key = each.scope.tenant_context.key
                own = place == store.place(each.run_id, each.snapshot_id, key)
                if own and each.run_id != run.run_id and key == run.tenant_context.key and each.status == "running":
                    store.write_snapshot(evolve(each, status=StatefulStatus.CANCELLED))
        return result

    yield whole_pass(superseding)
