"""Faults in the pass: what it records, what it leaves alone, what it answers, and which snapshot is the latest."""

from collections.abc import Callable
from typing import Any

from attrs import evolve

from lifecycle_conformance.mutants.changes import Patch, step, whole_pass
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    ProjectionResult,
    Run,
    Snapshot,
    Store,
    projection,
    snapshots,
)
from lifecycle_projection.identity import Identified
from lifecycle_projection.records import TenantKey
from lifecycle_projection.text import member


def _order(changed: Callable[[tuple[Identified, ...]], Any]) -> Patch:
    """Change the order in which a pass goes through the history, and what it sees of it."""
    return replaced(projection, "identify", lambda identify: lambda run: changed(identify(run)))


# --- what is recorded -------------------------------------------------------------------------------------------------


@fault("PASS-1", "FILE-17", why="Every pass begins alike.")
def an_empty_pass_mends_the_log() -> Patches:
    """A pass over an empty history mends the end of the log."""

    def mending(right: Callable[..., ProjectionResult], run: Run, store: Store) -> ProjectionResult:
        if not run.checkpoint.lifecycle_history:
            with store.lock():
                store.mend_log()
        return right(run, store)

    yield whole_pass(mending)


@fault("PASS-1", "SNAP-6", why="A history that is empty looks as if the run had been started anew.")
def an_empty_pass_deletes_the_snapshots() -> Patches:
    """A pass over an empty history deletes the snapshots of the run."""

    def deleting(right: Callable[..., ProjectionResult], run: Run, store: Store) -> ProjectionResult:
        if not run.checkpoint.lifecycle_history:
            with store.lock():
                for place, each in store.snapshots(run.run_id).items():
                    if each.scope.tenant_context.key == run.tenant_context.key:
                        store.delete_snapshot(place)
        return right(run, store)

    yield whole_pass(deleting)


@fault("PASS-2", "PASS-13", why="A history looks as if it were in the order of time.")
def records_by_time() -> Patches:
    """A pass goes through the history in the order of time."""
    yield _order(lambda each: sorted(each, key=lambda identified: identified.record.recorded_at_ms))


@fault("PASS-2", "PASS-5", "PASS-9", "SNAP-5", why="What is older than the newest event seems to be known.")
def older_records_skipped() -> Patches:
    """A record that is older than the newest event of the run counts as recorded."""

    def newer(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        known = each.event_id in under_way.table
        held = under_way.draft.held.events(under_way.run.run_id)
        newest = max((event.occurred_at_ms for event in held), default=0)
        if known or each.record.recorded_at_ms >= newest:
            right(under_way, each)

    yield step(newer)


@fault("PASS-2", "PASS-5", "PASS-9", "SNAP-5", why="A history that only grows is longer by what is new.")
def only_the_tail_is_new() -> Patches:
    """As many records as the run has events are taken for recorded, wherever the new ones stand."""

    def tail(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        recorded = len(under_way.draft.held.events(under_way.run.run_id))
        if each.event_id in under_way.table or each.index >= recorded:
            right(under_way, each)

    yield step(tail)


@fault(
    "PASS-3",
    "LOG-2",
    "PASS-8",
    "PASS-9",
    "ALIAS-2",
    why="An event that says something else now seems to be out of date.",
)
def events_follow_the_run() -> Patches:
    """A record is recorded again, under its id, where its event says another status than the run has."""

    def again(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        found = under_way.table.get(each.event_id)
        held = under_way.draft.held.events(under_way.run.run_id)
        said = [member(event.payload, "status") for event in held if found and event.event_id == found.event_id]
        if found is not None and said and said[-1] not in {None, under_way.run.status}:
            del under_way.table[each.event_id]
            under_way.known.seqs.pop(each.event_id, None)
        right(under_way, each)

    yield step(again)


@fault("PASS-4", why="The guard stands at the beginning of each record's turn.")
def the_guard_is_always_asked() -> Patches:
    """The guard is asked for a snapshot that is there, too."""

    def asked(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        recorded = under_way.table.get(each.event_id)
        found = recorded and under_way._found(recorded)  # noqa: SLF001
        if found and under_way._is_there(found, recorded):  # noqa: SLF001
            under_way._guarded(each)  # noqa: SLF001
        right(under_way, each)

    yield step(asked)


@fault("PASS-13", "PASS-4", why="The latest snapshot is the one that was written last.")
def what_is_there_is_passed_over() -> Patches:
    """A snapshot that is there doesn't become the latest one."""

    def passing(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        before, written = under_way.latest, len(under_way.draft._snapshots)  # noqa: SLF001
        right(under_way, each)
        if len(under_way.draft._snapshots) == written:  # noqa: SLF001
            under_way.latest = before

    yield step(passing)


@fault(
    "PASS-5", "SNAP-5", "PASS-10", "PASS-12", "PASS-14", "PRUNE-6", why="A record that is known seems to be done with."
)
def known_records_get_no_snapshot() -> Patches:
    """A record whose event is known isn't looked at any further."""

    def new(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        recorded = under_way.table.get(each.event_id)
        if recorded is None:
            right(under_way, each)
        else:
            found = under_way._found(recorded)  # noqa: SLF001
            under_way.latest = found or under_way.latest

    yield step(new)


@fault("PASS-13", "PASS-5", why="The latest snapshot is looked up once.")
def what_was_written_is_not_the_latest() -> Patches:
    """All records are guarded against the snapshot that was the latest when the pass began."""

    def kept(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        before = under_way.latest
        right(under_way, each)
        under_way.latest = before if before is not None else under_way.latest

    yield step(kept)


# --- what it answers --------------------------------------------------------------------------------------------------


@fault("PASS-6", "PRUNE-6", why="Each record that is projected gets an event.")
def only_events_count() -> Patches:
    """A pass answers how many events it appended."""
    yield whole_pass(lambda right, run, store: evolve(result := right(run, store), projected=len(result.events)))


@fault("PASS-6", why="Each record that is projected gets a snapshot.")
def only_snapshots_count() -> Patches:
    """A pass answers how many snapshots it wrote."""
    yield whole_pass(lambda right, run, store: evolve(result := right(run, store), projected=len(result.snapshots)))


@fault("PASS-6", why="An event and a snapshot are two things.")
def events_and_snapshots_count() -> Patches:
    """A pass answers how many events and snapshots it wrote."""
    yield whole_pass(
        lambda right, run, store: evolve(
            result := right(run, store), projected=len(result.events) + len(result.snapshots)
        )
    )


@fault("PASS-6", "PASS-8", why="A caller that sees 0 seems to need to know that all is there.")
def a_pass_without_news_answers_its_length() -> Patches:
    """A pass that has nothing to do answers how many records it looked at."""
    yield whole_pass(
        lambda right, run, store: (
            result
            if (result := right(run, store)).projected
            else evolve(result, projected=len(run.checkpoint.lifecycle_history))
        )
    )


# --- the latest snapshot ----------------------------------------------------------------------------------------------


def _latest(order: Callable[[Snapshot], Any]) -> Patch:
    def wrong(_: Any) -> Any:
        def latest(kept: Any, run_id: str, tenant: TenantKey) -> Snapshot | None:
            return max(snapshots._seen(kept, run_id, tenant), key=order, default=None)  # noqa: SLF001

        return latest

    return replaced(projection, "latest_of", wrong)


@fault("PASS-7", why="The latest is the newest.")
def the_latest_by_time() -> Patches:
    """The latest snapshot is the one with the latest time."""
    yield _latest(lambda each: (each.created_at_ms, each.seq, each.snapshot_id))


@fault("PASS-7", why="A seq that is part of a name, or of a key, sorts as text.")
def the_latest_by_seq_as_text() -> Patches:
    """The latest snapshot is the one whose seq has the greatest digits."""
    yield _latest(lambda each: (str(each.seq), each.snapshot_id))


@fault("PASS-7", why="Strings are sorted by UTF-16 units in Java, C# and JavaScript.")
def the_latest_by_utf16() -> Patches:
    """Of two snapshots with the highest seq, the latest is the one whose id is greatest by UTF-16 units."""
    yield _latest(lambda each: (each.seq, each.snapshot_id.encode("utf-16-be")))


@fault("PASS-7", why="A snapshot without phase seems to be of no use to the guard.")
def the_latest_has_a_phase() -> Patches:
    """The latest snapshot is looked for among those that are stored with a phase, if there are any."""
    yield _latest(lambda each: (each.phase is not None, each.seq, each.snapshot_id))


# --- repetition -------------------------------------------------------------------------------------------------------


@fault("PASS-8", "PASS-6", why="The last record is where a run stands, so that it is always looked at.")
def the_last_record_always_counts() -> Patches:
    """A pass counts its last record, whether anything was written for it or not."""

    def counted(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        before = under_way.draft.projected
        right(under_way, each)
        if each.index == len(under_way.run.checkpoint.lifecycle_history) - 1:
            under_way.draft.projected = before + 1

    yield step(counted)


@fault("PASS-9", "SNAP-6", "PASS-4", why="An index that is no longer true looks like a mistake to be mended.")
def an_insertion_renumbers_snapshots() -> Patches:
    """After an insertion, snapshots get the new index of their records."""

    def renumbered(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        right(under_way, each)
        found, recorded = under_way.latest, under_way.table[each.event_id]
        if found.snapshot_id == recorded.event_id and isinstance(found.metadata, dict):
            known = found.metadata.get("lifecycle_index", each.index)
            if known < each.index:
                right_one = evolve(found, metadata={**found.metadata, "lifecycle_index": each.index})
                place = under_way.draft.place(found.run_id, found.snapshot_id, found.scope.tenant_context.key)
                under_way.draft._snapshots.setdefault(place, right_one)  # noqa: SLF001
                under_way.draft._counted.append(under_way.draft.projected)  # noqa: SLF001

    yield step(renumbered)


@fault(
    "PASS-2",
    "PASS-5",
    "PASS-8",
    "PASS-9",
    "SNAP-5",
    why="Equal records in one pass look like one record that came twice.",
)
def twins_of_one_pass_are_one() -> Patches:
    """Of equal records that are new in one pass, the first only is recorded."""

    def once(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        history = under_way.run.checkpoint.lifecycle_history
        new = [history[event.payload["lifecycle_index"]] for event in under_way.draft._events]  # noqa: SLF001
        if each.event_id in under_way.table or each.record not in new:
            right(under_way, each)

    yield step(once)
