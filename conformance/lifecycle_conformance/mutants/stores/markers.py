"""Faults in the markers of a compaction, in the order of the log, and in what a compaction answers."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Any, TypeAlias

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import retention
from lifecycle_projection.markers import is_marker
from lifecycle_projection.records import Event, Json, Scope, TenantKey
from lifecycle_projection.retention import Compaction

_Marker: TypeAlias = Callable[[Sequence[Event], int], Event]
_Entries: TypeAlias = Callable[[Event], list[Json]]


# --- its members ------------------------------------------------------------------------------------------------------


@fault("COMPACT-8", why="What stands for old events seems to be as old as they are.")
def marker_dated_as_its_newest_event() -> Patches:
    """The time of a marker is the highest of what it takes in."""
    yield from _marking(lambda marker, rows: evolve(marker, occurred_at_ms=max(each.occurred_at_ms for each in rows)))


@fault("COMPACT-8", why="The key holds all of the tenant that decides anything.")
def marker_with_a_bare_scope() -> Patches:
    """The scope of a marker is the tenant of its key and no more: no actor, no source, nothing of an enterprise."""

    def bare(marker: Event, _: Sequence[Event]) -> Event:
        tenant = marker.scope.tenant_context
        kept = {name: getattr(tenant, name) for name in ("org_id", "workspace_id", "deployment_id")}
        return evolve(marker, scope=Scope(tenant_context=type(tenant)(**kept)))

    yield from _marking(bare)


@fault("COMPACT-8", why="The newest scope seems to be the valid one.")
def marker_with_the_last_scope() -> Patches:
    """The scope of a marker is that of the last event taken in."""
    yield from _marking(lambda marker, rows: evolve(marker, scope=rows[-1].scope))


@fault("COMPACT-8", why="An event of an automation names the automation.")
def marker_with_a_correlation_id() -> Patches:
    """A marker has the correlation id of the first event taken in."""
    yield from _marking(lambda marker, rows: evolve(marker, correlation_id=rows[0].correlation_id))


@fault("COMPACT-9", why="A separator stands between the parts of a text, not behind the last one.")
def marker_id_without_the_last_zero_byte() -> Patches:
    """The parts of which the id of a marker is hashed are joined by zero bytes; none follows the last one."""
    yield from _naming(lambda parts: b"\0".join(part.encode() for part in parts if part is not None))


@fault("COMPACT-9", why="What is absent is left out of a list of parts.")
def marker_id_without_an_absent_deployment() -> Patches:
    """An absent deployment leaves no zero byte among the parts of which the id of a marker is hashed."""
    yield from _naming(lambda parts: b"".join(part.encode() + b"\0" for part in parts if part is not None))


def _naming(data: Callable[[Sequence[str | None]], bytes]) -> Patches:
    def wrong(tenant: TenantKey, run_id: str, through_seq: int) -> str:
        return f"stateful-compaction-{sha256(data((*tenant, run_id, str(through_seq)))).hexdigest()}"

    yield replaced(retention, "marker_id", lambda _: wrong)


# --- its numbers ------------------------------------------------------------------------------------------------------


@fault("COMPACT-10", why="What was taken in last came last, as long as no older marker is behind it.")
def through_seq_of_the_last_taken_in() -> Patches:
    """`compacted_through_seq` is the seq of what was taken in last."""

    def numbered(marker: Event, rows: Sequence[Event]) -> Event:
        last = rows[-1]
        marker_id = retention.marker_id(last.scope.tenant_context.key, last.run_id, last.seq)
        payload = {**marker.payload, "compacted_through_seq": last.seq}
        return evolve(marker, event_id=marker_id, seq=last.seq, payload=payload)

    yield from _marking(numbered)


@fault("COMPACT-10", why="In a log that is sorted by seq the times seem to be in order.")
def through_ms_of_the_last_taken_in() -> Patches:
    """`compacted_through_ms` is the time of what was taken in last."""
    yield from _saying(compacted_through_ms=lambda rows: rows[-1].occurred_at_ms)


@fault("COMPACT-10", why="A marker says itself through which time it reaches.")
def through_ms_of_a_marker_from_its_payload() -> Patches:
    """For `compacted_through_ms` a marker that is taken in counts with the time that its payload says."""

    def reached(row: Event) -> int:
        said = row.payload.get("compacted_through_ms") if is_marker(row) and isinstance(row.payload, dict) else None
        return said if type(said) is int else row.occurred_at_ms

    yield from _saying(compacted_through_ms=lambda rows: max(map(reached, rows)))


@fault("COMPACT-10", why="A marker is no event, and what it stands for was counted when it was made.")
def markers_not_counted_in_a_marker() -> Patches:
    """`pruned_events` counts the events taken in, not the markers among them."""
    yield from _saying(pruned_events=lambda rows: sum(not is_marker(each) for each in rows))


@fault("COMPACT-10", why="The number beside a list seems to be its length.")
def listed_ids_counted_in_a_marker() -> Patches:
    """`pruned_events` is the number of the ids that the marker lists."""
    yield from _saying(pruned_events=lambda rows: sum(len(retention._entries(each)) for each in rows))  # noqa: SLF001


def _saying(**members: Callable[[Sequence[Event]], Json]) -> Patches:
    yield from _marking(
        lambda marker, rows: evolve(
            marker, payload={**marker.payload, **{name: made(rows) for name, made in members.items()}}
        )
    )


def _marking(changed: Callable[[Event, Sequence[Event]], Event]) -> Patches:
    def wrong(marker: _Marker) -> _Marker:
        return lambda rows, now_ms: changed(marker(rows, now_ms), rows)

    yield replaced(retention, "_marker", wrong)


# --- its ids ----------------------------------------------------------------------------------------------------------


@fault("COMPACT-11", why="An id that is listed twice seems to be a mistake.")
def listed_ids_deduplicated() -> Patches:
    """A marker lists an id that it takes in several times only once, with the first of its seqs."""

    def once(rows: Sequence[Event]) -> Json:
        entries = [entry for each in rows for entry in retention._entries(each)]  # noqa: SLF001
        return list({entry["event_id"]: entry for entry in reversed(entries)}.values())[::-1]

    yield from _saying(compacted_event_ids=once)


@fault("COMPACT-11", why="A row comes before what hangs on it.")
def marker_listed_before_its_entries() -> Patches:
    """A marker that is taken in is listed first, and then what it lists."""
    yield from _listing(lambda entries: lambda row: [entries(row)[-1], *entries(row)[:-1]])


@fault("COMPACT-11", why="A marker that is replaced has done its work.")
def marker_taken_in_not_listed() -> Patches:
    """Of a marker that is taken in what it lists is listed, not its own id."""
    yield from _listing(lambda entries: lambda row: entries(row)[:-1] if is_marker(row) else entries(row))


@fault("COMPACT-11", "COMPACT-14", why="A row is a row: its id and its seq say all of it.")
def entries_of_a_marker_lost() -> Patches:
    """Of a marker that is taken in its own id is listed, not what it lists."""
    yield from _listing(lambda entries: lambda row: entries(row)[-1:])


@fault("COMPACT-11", why="A list is copied from marker to marker.")
def entries_of_a_marker_copied() -> Patches:
    """The entries of a marker that is taken in are copied as they are, untrimmed and malformed ones, too."""

    def copied(entries: _Entries) -> _Entries:
        def listed(row: Event) -> list[Json]:
            found = row.payload.get("compacted_event_ids") if is_marker(row) and isinstance(row.payload, dict) else ()
            return [*(found if isinstance(found, list) else ()), *entries(row)[-1:]]

        return listed

    yield from _listing(copied)


@fault("COMPACT-11", why="A sorted list is easier to search.")
def listed_ids_sorted_by_seq() -> Patches:
    """A marker lists what it takes in by seq, not in the order of taking in."""

    def in_order(rows: Sequence[Event]) -> Json:
        entries = [entry for each in rows for entry in retention._entries(each)]  # noqa: SLF001
        return sorted(entries, key=lambda entry: entry["seq"])

    yield from _saying(compacted_event_ids=in_order)


def _listing(wrong: Callable[[_Entries], _Entries]) -> Patches:
    yield replaced(retention, "_entries", wrong)


# --- the order of the log, and the answer -----------------------------------------------------------------------------


@fault("COMPACT-12", why="JavaScript, Java and C# sort texts by UTF-16 units.")
def log_sorted_by_utf_16() -> Patches:
    """After a compaction the log is sorted by the UTF-16 units of its run ids and ids."""
    yield from _ordering(lambda each: (each.run_id.encode("utf-16-be"), each.seq, each.event_id.encode("utf-16-be")))


@fault("COMPACT-12", why="The log is a history, and time is its order.")
def log_sorted_by_seq() -> Patches:
    """After a compaction the log is sorted by seq, then by run id and id."""
    yield from _ordering(lambda each: (each.seq, each.run_id, each.event_id))


@fault("COMPACT-12", why="A marker stands for what came first.")
def log_begins_with_the_markers() -> Patches:
    """After a compaction all markers stand before all other events."""
    yield from _ordering(lambda each: (not is_marker(each), each.run_id, each.seq, each.event_id))


@fault("COMPACT-12", why="A log is appended to.")
def log_ends_with_the_new_markers() -> Patches:
    """After a compaction the events stand in their old order, and the new markers behind them."""

    def wrong(compacted: Callable[..., Compaction]) -> Callable[..., Compaction]:
        def appended(events: Iterable[Event], *rest: Any, **when: int) -> Compaction:
            before = list(events)
            compaction = compacted(before, *rest, **when)
            there = [each for each in before if each in compaction.log]
            return evolve(compaction, log=(*there, *(each for each in compaction.log if each not in before)))

        return appended

    yield replaced(retention, "compacted", wrong)


def _ordering(key: Callable[[Event], Any]) -> Patches:
    def wrong(compacted: Callable[..., Compaction]) -> Callable[..., Compaction]:
        def ordered(*given: Any, **when: int) -> Compaction:
            compaction = compacted(*given, **when)
            return evolve(compaction, log=tuple(sorted(compaction.log, key=key)))

        return ordered

    yield replaced(retention, "compacted", wrong)


@fault("COMPACT-13", why="What the markers say adds up to an answer.")
def pruned_events_of_the_markers_answered() -> Patches:
    """A compaction answers the sum of what its new markers took in, older markers that were not removed among it."""
    yield from _answering(
        lambda before, after: sum(each.payload["pruned_events"] for each in after if each not in before)
    )


@fault("COMPACT-13", why="How much shorter the log has become is what a caller seems to ask.")
def lines_saved_answered() -> Patches:
    """A compaction answers by how many events the log is shorter."""
    yield from _answering(lambda before, after: len(before) - len(after))


def _answering(answer: Callable[[Sequence[Event], Sequence[Event]], int]) -> Patches:
    def wrong(compact: Callable[..., int]) -> Callable[..., int]:
        def answered(store: Any, **asked: int) -> int:
            before = store.events()
            removed = compact(store, **asked)
            return answer(before, store.events()) if removed else 0

        return answered

    yield replaced(server, "compact", wrong)
