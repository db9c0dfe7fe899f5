"""Faults in what is recorded: ids, occurrences, seqs, and which events are known already."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeAlias
from unittest.mock import patch

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.mutant import Mutant, replaced
from lifecycle_projection import Run, Store, log, projection, recognition, snapshots
from lifecycle_projection.identity import Identified, stable_event_id
from lifecycle_projection.log import KnownIds
from lifecycle_projection.records import Event, Snapshot, TenantKey

_Identify: TypeAlias = Callable[[Run], tuple[Identified, ...]]
_AppendNew: TypeAlias = Callable[[Store, KnownIds, Event], Event | None]


def _identifying(changed: Callable[[Run, Identified], Identified]) -> Iterator[AbstractContextManager[Any]]:
    def wrong(identify: _Identify) -> _Identify:
        return lambda run: tuple(changed(run, each) for each in identify(run))

    for module in (projection, server):
        yield replaced(module, "identify", wrong)


class PositionInTheId(Mutant):
    """The id of an event ends with the position of its record in the history."""

    name = "position-in-the-id"
    why = "An index is at hand in every loop over the history."
    chief = "ID-3"
    breaks = frozenset(
        {
            *("ID-3", "ID-5", "DRIVER-8", "EVENT-1", "PASS-2", "PASS-5", "PASS-9", "PASS-10", "SNAP-5"),
            *("ALIAS-2", "ALIAS-6", "ALIAS-11"),
        }
    )
    # Where no id is right, little can be told of what is recognised by ids.
    hides = frozenset(
        {
            *("ALIAS-1", "ALIAS-3", "ALIAS-5", "ALIAS-7", "ALIAS-8", "ALIAS-9", "ALIAS-10", "ALIAS-12"),
            *("ID-6", "ID-7", "PASS-3", "PASS-11", "PRUNE-6", "SNAP-12"),
        }
    )

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Put the position behind the stable id."""
        return _identifying(lambda _, each: evolve(each, event_id=f"{each.event_id}-{each.index}"))


class OccurrenceAlways0(Mutant):
    """Every record has the occurrence 0, in its id as well: of equal records only the first is recorded."""

    name = "occurrence-always-0"
    why = "Equal records seem to be one record that came twice."
    chief = "OCC-1"
    breaks = frozenset(
        {"OCC-1", "OCC-3", "ID-5", "DRIVER-8", "EVENT-1", "EVENT-2", "PASS-2", "PASS-5", "PASS-9", "SNAP-5", "ALIAS-2"}
    )

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Put 0 in the place of the occurrence."""

        def first(run: Run, each: Identified) -> Identified:
            event_id = stable_event_id(run.run_id, each.record.event, each.identity, 0)
            return evolve(each, occurrence=0, event_id=event_id)

        return _identifying(first)


class CompactedIdsIgnored(Mutant):
    """What a compaction marker lists counts nowhere: neither in the table of a pass nor in the log."""

    name = "compacted-ids-ignored"
    why = "Markers look like events of another kind, which a projection need not read."
    chief = "ALIAS-4"
    breaks = frozenset(
        {
            *("ALIAS-2", "ALIAS-4", "ALIAS-5", "ALIAS-9", "COMPACT-14"),
            *("LOG-2", "LOG-3", "LOG-4", "PASS-2", "PASS-3", "PASS-9", "SNAP-1"),
        }
    )

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Let every marker list nothing."""
        for module in (recognition, log):
            yield patch.object(module, "listed_by", lambda _: iter(()))


class SeqFromTheWholeLog(Mutant):
    """The seq of a new event is one more than the highest of the whole log, whosever run or tenant has it."""

    name = "seq-from-the-whole-log"
    why = "The last line of the log has the highest number at hand."
    chief = "LOG-4"
    breaks = frozenset({"LOG-4", "LOG-5", "TENANT-6", "TENANT-7"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Count all events as known when one is appended."""

        def wrong(append_new: _AppendNew) -> _AppendNew:
            def appended(store: Store, known: KnownIds, event: Event) -> Event | None:
                known.highest = KnownIds.of(store.events()).highest
                return append_new(store, known, event)

            return appended

        for module in (projection, log):
            yield replaced(module, "append_new", wrong)


class TenantIgnored(Mutant):
    """Every tenant sees all events and snapshots of a run, whosever they are, and so does every pass."""

    name = "tenant-ignored"
    why = "Run ids look as if they were unique everywhere."
    chief = "TENANT-1"
    breaks = frozenset(
        {
            *("TENANT-1", "TENANT-3", "TENANT-5", "TENANT-6", "TENANT-7"),
            *("ALIAS-1", "LOG-2", "LOG-3", "LOG-4", "LOG-5", "PASS-2", "PASS-7", "SNAP-5"),
        }
    )
    store = "memory"

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Leave the tenant out of what decides who sees what."""

        def visible(events: Iterable[Event], run_id: str, _: TenantKey) -> list[Event]:
            return sorted((each for each in events if each.run_id == run_id), key=lambda each: each.seq)

        def seen(kept: Iterable[Snapshot], run_id: str, _: TenantKey) -> Iterator[Snapshot]:
            return (each for each in kept if each.run_id == run_id)

        yield patch.object(log, "visible", visible)
        yield patch.object(projection, "visible", visible)
        yield patch.object(snapshots, "_seen", seen)
