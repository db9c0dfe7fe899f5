"""Faults in the table by which a pass recognises what is recorded already."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from attrs import Factory, define, frozen

from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Event, Run, log, markers, projection, recognition
from lifecycle_projection.content import EVENT_TYPE_PREFIX
from lifecycle_projection.identity import identity_of, stable_event_id
from lifecycle_projection.markers import is_marker, listed_by
from lifecycle_projection.recognition import Aliases, Recorded
from lifecycle_projection.records import Json
from lifecycle_projection.text import member, trimmed
from lifecycle_projection.words import StopKind

_AliasesOf: TypeAlias = Callable[[Run, Iterable[Event]], Aliases]
_Listed: TypeAlias = Callable[[Event], Iterable[tuple[str, int]]]


# --- the table, with rules that can be got wrong ----------------------------------------------------------------------


@define
class Counts:
    """The events of each identity that were looked at: all, those that were counted, and the occurrences taken."""

    all: Counter[str] = Factory(Counter)
    counted: Counter[str] = Factory(Counter)
    taken: set[tuple[str, int]] = Factory(set)


def _is_known_by_content(run: Run, event: Event) -> bool:
    return event.event_type.startswith(EVENT_TYPE_PREFIX) and event.correlation_id == run.automation_id


def record_of(event: Event) -> dict[str, Json]:
    """The lifecycle record that an event records: all that enters an identity but the ids (ALIAS-7)."""
    reason, stop_kind = member(event.payload, "reason"), member(event.payload, "stop_kind")
    return {
        "event": event.event_type.removeprefix(EVENT_TYPE_PREFIX),
        "recorded_at_ms": event.occurred_at_ms,
        "reason": reason if isinstance(reason, str) else None,
        "stop_kind": stop_kind if isinstance(stop_kind, str) and stop_kind in set(StopKind) else None,
        "metadata": member(event.payload, "metadata"),
    }


def is_number(value: Json) -> bool:
    """Whether a value is an unsigned integer."""
    return type(value) is int and value >= 0


def count(identity: str, counts: Counts) -> int:
    """The next occurrence of an identity, by the counter (ALIAS-8)."""
    counts.counted[identity] += 1
    return counts.counted[identity] - 1


def _occurrence(said: Json, identity: str, counts: Counts) -> int | None:
    return said if is_number(said) else count(identity, counts)


@frozen(kw_only=True)
class Rules:
    """The rules of the table. Kinds of entries are `listed`, `own` and `content`; the `replacing` ones come last."""

    listed: _Listed = listed_by
    is_known_by_content: Callable[[Run, Event], bool] = _is_known_by_content
    record: Callable[[Event], dict[str, Json]] = record_of
    occurrence: Callable[[Json, str, Counts], int | None] = _occurrence
    order: tuple[str, ...] = ("listed", "own", "content")
    replacing: frozenset[str] = frozenset({"own"})
    event_by_event: bool = True
    counts: Callable[[Run, list[Event]], Counts] = lambda *_: Counts()

    def table(self, run: Run, events: Iterable[Event]) -> Aliases:
        """The table of a run by these rules."""
        looked_at = list(events)
        counts = self.counts(run, looked_at)
        found = [self._entries(run, event, counts) for event in looked_at]
        ordered = [(kind, entries[kind]) for entries in found for kind in self.order]
        if not self.event_by_event:
            ordered.sort(key=lambda each: self.order.index(each[0]))
        table: Aliases = {}
        for kind, entries in ordered:
            for known_as, recorded in entries:
                if kind in self.replacing or known_as not in table:
                    table[known_as] = recorded
        return table

    def _entries(self, run: Run, event: Event, counts: Counts) -> dict[str, list[tuple[str, Recorded]]]:
        recorded = Recorded(event.event_id, event.seq)
        by_content = [(event_id, recorded) for event_id in self._stable_ids(run, event, counts)]
        listed = [(event_id, Recorded(event_id, seq)) for event_id, seq in self.listed(event)]
        return {"listed": listed, "own": [(event.event_id, recorded)], "content": by_content}

    def _stable_ids(self, run: Run, event: Event, counts: Counts) -> Iterator[str]:
        if not self.is_known_by_content(run, event):
            return
        record = self.record(event)
        identity = identity_of(run_id=run.run_id, automation_id=run.automation_id, **record)
        occurrence = self.occurrence(member(event.payload, "lifecycle_occurrence"), identity, counts)
        counts.all[identity] += 1
        if occurrence is not None:
            counts.taken.add((identity, occurrence))
            yield stable_event_id(run.run_id, record["event"], identity, occurrence)


def table_by(**rules: Any) -> Patches:
    """Build the table by other rules."""
    yield replaced(projection, "aliases_of", lambda _: Rules(**rules).table)


def _table(wrong: Callable[[_AliasesOf], _AliasesOf]) -> Patches:
    yield replaced(projection, "aliases_of", wrong)


# --- from which events ------------------------------------------------------------------------------------------------


@fault(
    "ALIAS-1",
    *("ALIAS-2", "LOG-5", "TENANT-5", "TENANT-6", "TENANT-7"),
    store="memory",
    why="A run id looks as if it were unique.",
)
def events_of_all_tenants_known() -> Patches:
    """The table is built from the events of all tenants that have the run."""
    return _of_all(lambda _, events: sorted(events, key=lambda each: each.seq))


@fault("ALIAS-1", "ALIAS-2", why="The log is read from its start, and seems to be in order.")
def table_in_log_order() -> Patches:
    """The table is built in the order of the log."""
    return _of_all(
        lambda run, events: [each for each in events if each.scope.tenant_context.key == run.tenant_context.key]
    )


@fault("ALIAS-1", "ALIAS-2", why="Sorting in descending order and turning that round turns round what is equal, too.")
def ties_turned_round() -> Patches:
    """Of events with one seq, the last of the log comes first in the table."""

    def turned(events: Iterable[Event]) -> list[Event]:
        return sorted(events, key=lambda each: each.seq, reverse=True)[::-1]

    return _table(lambda aliases_of: lambda run, events: aliases_of(run, turned(events)))


def _of_all(chosen: Callable[[Run, list[Event]], list[Event]]) -> Patches:
    """Build the table from others of the events that were read for it."""
    read: list[Event] = []

    def wrong(visible: Callable[..., list[Event]]) -> Callable[..., list[Event]]:
        def seen(events: Iterable[Event], *whose: Any) -> list[Event]:
            read[:] = events
            return visible(read, *whose)

        return seen

    yield replaced(projection, "visible", wrong)
    yield replaced(projection, "aliases_of", lambda aliases_of: lambda run, _: aliases_of(run, chosen(run, read)))


# --- what a known record gets -----------------------------------------------------------------------------------------


@fault("ALIAS-2", "SNAP-1", why="The id of a record is at hand, and it seems to be the one of its event.")
def snapshot_under_the_stable_id() -> Patches:
    """A known record has its snapshot under its stable id, whatever the id of its event."""
    return _table(
        lambda aliases_of: (
            lambda run, events: {
                known_as: Recorded(known_as, recorded.seq) for known_as, recorded in aliases_of(run, events).items()
            }
        )
    )


@fault("ALIAS-2", "SNAP-1", why="The highest seq of the log is at hand, and it was right for the record before.")
def snapshot_with_the_highest_seq() -> Patches:
    """The snapshot of a known record has the highest seq of the log."""

    def wrong(aliases_of: _AliasesOf) -> _AliasesOf:
        def aliases(run: Run, events: Iterable[Event]) -> Aliases:
            looked_at = list(events)
            highest = max((event.seq for event in looked_at), default=0)
            table = aliases_of(run, looked_at)
            return {known_as: Recorded(each.event_id, highest) for known_as, each in table.items()}

        return aliases

    return _table(wrong)


# --- own ids and listed ones ------------------------------------------------------------------------------------------


@fault("ALIAS-3", "ALIAS-2", why="`setdefault` is right for the other two kinds of ids.")
def own_id_does_not_replace() -> Patches:
    """The own id of an event doesn't replace what was known before."""
    return table_by(replacing=frozenset())


def _listing(listed: _Listed) -> Patches:
    """Read markers in another way, for the table as for the log: a pass appends no id that either of them knows."""
    for module in (recognition, log):
        yield replaced(module, "listed_by", lambda _: listed)


def _entries(read: Callable[[Json], Iterable[tuple[str, int]]]) -> _Listed:
    def listed(event: Event) -> Iterator[tuple[str, int]]:
        entries = member(event.payload, "compacted_event_ids") if is_marker(event) else None
        for entry in entries if isinstance(entries, list) else ():
            yield from read(entry)

    return listed


def _read(event_id: Json, seq: Json) -> Iterator[tuple[str, int]]:
    trimmed_id = trimmed(event_id)
    if trimmed_id is not None and is_number(seq):
        yield trimmed_id, seq


@fault(
    "ALIAS-4",
    "ALIAS-2",
    "LOG-3",
    "LOG-4",
    "COMPACT-14",
    why="Ids are written without white space, and so they are read.",
)
def listed_ids_not_trimmed() -> Patches:
    """The ids that a marker lists keep the white space around them."""

    def entry(value: Json) -> Iterator[tuple[str, int]]:
        for _ in _read(member(value, "event_id"), member(value, "seq")):
            yield value["event_id"], value["seq"]

    return _listing(_entries(entry))


@fault("ALIAS-4", "ALIAS-2", why="The seq of the marker is at hand.")
def listed_with_the_seq_of_the_marker() -> Patches:
    """An id that a marker lists is known with the seq of the marker."""
    return table_by(listed=lambda event: ((event_id, event.seq) for event_id, _ in listed_by(event)))


@fault("ALIAS-4", "ALIAS-2", "LOG-3", "LOG-4", "COMPACT-14", why="`if event_id and seq` asks whether both are there.")
def listed_with_seq_0_skipped() -> Patches:
    """An entry of a marker whose seq is 0 is passed over."""
    return _listing(lambda event: ((event_id, seq) for event_id, seq in listed_by(event) if seq))


@fault("ALIAS-4", "ALIAS-2", why="Putting something into a map replaces what is there.")
def listed_ids_replace() -> Patches:
    """An id that a marker lists replaces what was known before."""
    return table_by(replacing=frozenset({"own", "listed"}))


@fault(
    "ALIAS-4",
    "ALIAS-2",
    "LOG-3",
    "LOG-4",
    "COMPACT-14",
    why="Markers have a source of their own in production, as all events have.",
)
def markers_known_by_their_source() -> Patches:
    """A marker counts only if its payload has a source and no other members beside its list."""
    return _listing(lambda event: listed_by(event) if member(event.payload, "source") == markers.MARKER_SOURCE else ())


@fault("ALIAS-5", "ALIAS-2", "LOG-3", "LOG-4", why="A seq that was written by JavaScript may be a double.")
def listed_with_fractions() -> Patches:
    """An entry of a marker may have any number for its seq, which is rounded down."""
    return _listing(
        _entries(
            lambda entry: _read(
                member(entry, "event_id"),
                int(seq) if isinstance(seq := member(entry, "seq"), float) and seq > 0 else seq,
            )
        )
    )


@fault("ALIAS-5", "ALIAS-2", "LOG-3", "LOG-4", why="The seq is not what an id is listed for.")
def listed_without_seq() -> Patches:
    """An entry of a marker without a valid seq has the seq of the marker."""

    def listed(event: Event) -> Iterator[tuple[str, int]]:
        def entry(value: Json) -> Iterator[tuple[str, int]]:
            seq = member(value, "seq")
            return _read(member(value, "event_id"), seq if is_number(seq) else event.seq)

        return iter([*_entries(entry)(event)])

    return _listing(listed)


@fault("ALIAS-5", "ALIAS-2", "LOG-3", "LOG-4", why="A list of bare ids would do, and may have been written so.")
def listed_as_bare_texts() -> Patches:
    """An entry of a marker may be a bare id."""
    return _listing(
        _entries(
            lambda entry: (
                _read(entry, 0) if isinstance(entry, str) else _read(member(entry, "event_id"), member(entry, "seq"))
            )
        )
    )


@fault(
    "ALIAS-5",
    "ALIAS-4",
    "ALIAS-2",
    "LOG-3",
    "LOG-4",
    "COMPACT-14",
    why="A reader of records stops at the first that it can't read.",
)
def malformed_entry_ends_the_list() -> Patches:
    """What a marker lists behind a malformed entry is not known."""

    def listed(event: Event) -> Iterator[tuple[str, int]]:
        entries = member(event.payload, "compacted_event_ids") if is_marker(event) else None
        for entry in entries if isinstance(entries, list) else ():
            read = [*_read(member(entry, "event_id"), member(entry, "seq"))]
            if not read:
                return
            yield from read

    return _listing(listed)


@fault(
    "ALIAS-5", "ALIAS-4", "ALIAS-2", "LOG-3", "LOG-4", "COMPACT-14", why="The list is read as a whole, or not at all."
)
def malformed_entry_spoils_the_list() -> Patches:
    """A marker with a malformed entry lists nothing."""

    def listed(event: Event) -> Iterator[tuple[str, int]]:
        entries, read = member(event.payload, "compacted_event_ids"), [*listed_by(event)]
        yield from read if isinstance(entries, list) and len(entries) == len(read) else ()

    return _listing(listed)
