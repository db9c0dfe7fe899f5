"""Faults of a second author in passes, the log, tenants, retention, files and errors: each a mistake of a reader."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from attrs import evolve

from lifecycle_conformance.mutants.changes import Pass, highest_seq, step
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    Event,
    PhaseTransitionError,
    Run,
    Snapshot,
    log,
    markers,
    projection,
    retention,
    snapshots,
)
from lifecycle_projection.identity import Identified
from lifecycle_projection.phases import GuardedPhase
from lifecycle_projection.recognition import Recorded
from lifecycle_projection.records import Tenant, TenantKey
from lifecycle_projection.retention import Compaction
from lifecycle_projection.stores import files, kept_log
from lifecycle_projection.stores.files import FileStore
from lifecycle_projection.stores.kept_log import NumberedLine

# --- the pass ---------------------------------------------------------------------------------------------------------


@fault(
    "PASS-13",
    *("PASS-4", "PASS-5"),
    why="The latest snapshot is said to be the one with the highest seq, so that is kept up.",
)
def latest_snapshot_never_goes_back_to_a_lower_seq() -> Patches:
    """A record's snapshot takes the place of the latest one only if its seq isn't lower than that one's."""

    def wrong(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        before = under_way.latest
        right(under_way, each)
        if before is not None and under_way.latest.seq < before.seq:
            under_way.latest = before

    yield step(wrong)


@fault(
    "PASS-6",
    "FILE-18",
    why="In an undamaged store the snapshots that were written are as many as the records that count.",
)
def record_whose_snapshot_was_there_does_not_count() -> Patches:
    """A record that gets a new event while its snapshot is there isn't counted in the answer of the pass."""

    def wrong(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        draft = under_way.draft
        written, counted = len(draft._snapshots), draft.projected  # noqa: SLF001
        right(under_way, each)
        if len(draft._snapshots) == written:  # noqa: SLF001
            draft.projected = counted

    yield step(wrong)


@fault(
    "PASS-7",
    *("PHASE-3", "TENANT-6"),
    why="A fallback to the folder of the run, for stores of a time before there were tenants.",
)
def newest_snapshot_of_another_tenant_is_latest_where_there_is_no_own() -> Patches:
    """A pass of a tenant that has no snapshot of the run yet begins with the newest one of any other tenant."""

    def wrong(latest_of: Callable[..., Snapshot | None]) -> Callable[..., Snapshot | None]:
        def latest(kept: Iterable[Snapshot], run_id: str, tenant: TenantKey) -> Snapshot | None:
            others = (each for each in kept if each.run_id == run_id)
            return latest_of(kept, run_id, tenant) or max(others, key=snapshots.order, default=None)

        return latest

    yield replaced(projection, "latest_of", wrong)


# --- the log and tenants ----------------------------------------------------------------------------------------------


@fault("LOG-3", why="What a marker lists is known through the marker, so its seq is the one at hand.")
def compacted_id_is_answered_with_the_seq_of_its_marker() -> Patches:
    """An append of an id that a marker lists answers the marker's own seq instead of the listed one."""

    def wrong(
        listed_by: Callable[[Event], Iterable[tuple[str, int]]],
    ) -> Callable[[Event], Iterable[tuple[str, int]]]:
        def listed(event: Event) -> Iterator[tuple[str, int]]:
            for event_id, seq in listed_by(event):
                yield event_id, event.seq
                yield event_id, seq

        return listed

    yield replaced(log, "listed_by", wrong)


@fault("LOG-4", "COMPACT-14", why="A marker has the highest seq that it took in, so the lists need not be looked at.")
def next_seq_overlooks_what_markers_list() -> Patches:
    """The next seq is one more than the highest of the events themselves, even where a marker lists a higher one."""
    yield highest_seq(lambda events: max((event.seq for event in events), default=0))


class _Joined(tuple[str, str, str | None]):
    """The key of a tenant, told from others by its organisation and its workspace in one text."""

    __slots__ = ()

    def told(self) -> tuple[str, str | None]:
        return f"{self[0]}/{self[1]}", self[2]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple) and self.told() == _Joined(other).told()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.told())


@fault("TENANT-1", "TENANT-6", why="Tenants are compared by a key that joins organisation and workspace with a slash.")
def tenants_are_told_apart_by_a_joined_name() -> Patches:
    """The tenants `a/b` with workspace `c` and `a` with workspace `b/c` see each other's records."""
    yield replaced(Tenant, "key", lambda key: property(lambda tenant: _Joined(key.fget(tenant))))


# --- retention --------------------------------------------------------------------------------------------------------


@fault("COMPACT-8", why="An older marker is no event of the run, so the scope is taken from the first that is one.")
def scope_of_a_marker_is_that_of_the_first_event_that_is_none() -> Patches:
    """A marker has the scope of the first event taken in that is no marker itself, even if a marker comes first."""

    def wrong(marker: Callable[[Sequence[Event], int], Event]) -> Callable[[Sequence[Event], int], Event]:
        def made(rows: Sequence[Event], now_ms: int) -> Event:
            first = next((row for row in rows if not markers.is_marker(row)), rows[0])
            return evolve(marker(rows, now_ms), scope=first.scope)

        return made

    yield replaced(retention, "_marker", wrong)


@fault("COMPACT-12", why="Strings compare by UTF-16 code units in JavaScript, Java and C#.")
def compacted_log_is_sorted_by_utf_16() -> Patches:
    """After a compaction, run ids and event ids are sorted by their UTF-16 code units instead of their UTF-8 bytes."""

    def order(event: Event) -> tuple[bytes, int, bytes]:
        return event.run_id.encode("utf-16-be"), event.seq, event.event_id.encode("utf-16-be")

    def wrong(compacted: Callable[..., Compaction]) -> Callable[..., Compaction]:
        def made(*asked: Any, **options: Any) -> Compaction:
            compaction = compacted(*asked, **options)
            return evolve(compaction, log=tuple(sorted(compaction.log, key=order)))

        return made

    yield replaced(retention, "compacted", wrong)


@fault("PRUNE-2", "PRUNE-3", why="Newest first is `ORDER BY seq DESC, snapshot_id`, where the ids don't turn round.")
def pruning_keeps_the_lesser_id_of_equal_seqs() -> Patches:
    """Of snapshots with the same seq, pruning takes the one with the lesser id for the newer."""

    def order(snapshot: Snapshot) -> tuple[int, tuple[int, ...]]:
        return snapshot.seq, (*(-ord(each) for each in snapshot.snapshot_id), 1)

    yield replaced(retention, "order", lambda _: order)


# --- files ------------------------------------------------------------------------------------------------------------


@fault(
    "FILE-4",
    "FILE-3",
    why="Names with a leading dot are hidden files, which a tool that copies a store may leave behind.",
)
def segment_with_a_leading_dot_gets_an_underscore_before_it() -> Patches:
    """The segment of an id that begins with a dot begins with `_.`."""

    def wrong(segment: Callable[[str], str]) -> Callable[[str], str]:
        return lambda name: f"_{segment(name)}" if segment(name).startswith(".") else segment(name)

    yield replaced(files, "segment", wrong)


@fault("FILE-15", why="A tail that is no event is taken for torn, whether or not it parses.")
def whole_tail_that_is_no_event_is_cut_off() -> Patches:
    """A last line without newline that is JSON, but no event, is cut off instead of completed."""

    def wrong(mend: Callable[[Any, int], bool]) -> Callable[[Any, int], bool]:
        def mended(store: Any, log_file: int) -> bool:
            tail = store._read_log().rpartition(b"\n")[2]  # noqa: SLF001
            if not tail or store._event(tail, 0, None) is not None:  # noqa: SLF001
                return mend(store, log_file)
            store._effects.truncate(log_file, os.fstat(log_file).st_size - len(tail))  # noqa: SLF001
            return True

        return mended

    yield replaced(FileStore, "_mend", wrong)


@fault("FILE-18", why="A file opened as text has universal newlines.")
def carriage_return_ends_a_line_of_the_log() -> Patches:
    """A carriage return between two tokens of a line of the log splits the line, which is skipped then."""

    def wrong(
        numbered_lines: Callable[[bytes], Iterator[NumberedLine]],
    ) -> Callable[[bytes], Iterator[NumberedLine]]:
        return lambda text: numbered_lines(text.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))

    yield replaced(files, "numbered_lines", wrong)
    yield replaced(kept_log, "numbered_lines", wrong)


@fault(
    "SNAP-11",
    "ERR-4",
    why="The look-up goes by the path, which was made from the id, so only run and tenant are compared.",
)
def snapshot_of_another_id_at_the_place_is_taken_for_the_own() -> Patches:
    """A snapshot of the same run and tenant, but with another id of the same file name, counts as the record's own."""

    def is_there(under_way: Any, found: Snapshot, _: Recorded) -> bool:
        run: Run = under_way.run
        return found.run_id == run.run_id and found.scope.tenant_context.key == run.tenant_context.key

    yield replaced(Pass, "_is_there", lambda _: is_there)


# --- errors -----------------------------------------------------------------------------------------------------------


@fault("ERR-3", "PASS-11", why="Its event was appended, and a record whose event is appended counts.")
def refused_record_with_a_new_event_is_counted() -> Patches:
    """The `projected` of a refused move counts the refused record, too, if its event was appended by this pass."""

    def wrong(guarded: Callable[[Any, Identified], GuardedPhase]) -> Callable[[Any, Identified], GuardedPhase]:
        def counted(under_way: Any, each: Identified) -> GuardedPhase:
            try:
                return guarded(under_way, each)
            except PhaseTransitionError as error:
                new = any(event.event_id == each.event_id for event in error.done.events)
                raise evolve(error, done=evolve(error.done, projected=error.done.projected + new)) from None

        return counted

    yield replaced(Pass, "_guarded", wrong)
