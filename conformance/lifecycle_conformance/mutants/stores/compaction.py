"""Faults in compaction: what it removes, what its markers say, and how the log stands afterwards."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Snapshot, Store, retention
from lifecycle_projection.markers import is_marker
from lifecycle_projection.records import Event, TenantKey
from lifecycle_projection.retention import Compaction

_IsRemoved: TypeAlias = Callable[[Event, int, Mapping[str, int]], bool]
_Compacted: TypeAlias = Callable[..., Compaction]
_Compact: TypeAlias = Callable[..., int]


# --- what is removed --------------------------------------------------------------------------------------------------


@fault("COMPACT-1", why="A retention of 0 reads like: keep nothing.")
def retention_0_compacts_all() -> Patches:
    """With a retention of 0 a compaction removes what is older than now."""

    def wrong(_: _Compact) -> _Compact:
        def compact(store: Store, *, retention_ms: int, now_ms: int) -> int:
            with store.lock():
                store.mend_log()
                cutoff_ms = max(0, now_ms - retention_ms)
                kept = store.snapshots().values()
                compaction = retention.compacted(store.events(), kept, cutoff_ms=cutoff_ms, now_ms=now_ms)
                if compaction.removed:
                    store.replace_log(compaction.log)
            return compaction.removed

        return compact

    yield replaced(server, "compact", wrong)


@fault("COMPACT-2", why="*Older than* and *not younger than* are one character apart.")
def event_at_the_cutoff_removed() -> Patches:
    """An event whose time is the cutoff is removed as well."""
    yield from _removing(lambda removed: lambda event, cutoff_ms, limits: removed(event, cutoff_ms + 1, limits))


@fault("COMPACT-2", why="Unsigned numbers wrap around in a release build.")
def cutoff_wraps_below_0() -> Patches:
    """Where the retention reaches back behind time 0, the cutoff lies far in the future, and all is old."""

    def wrong(_: _Compact) -> _Compact:
        return lambda store, *, retention_ms, now_ms: (
            _compacted_before(store, (now_ms - retention_ms) % 2**64, now_ms) if retention_ms else 0
        )

    yield replaced(server, "compact", wrong)


def _compacted_before(store: Store, cutoff_ms: int, now_ms: int) -> int:
    with store.lock():
        store.mend_log()
        compaction = retention.compacted(store.events(), store.snapshots().values(), cutoff_ms=cutoff_ms, now_ms=now_ms)
        if compaction.removed:
            store.replace_log(compaction.log)
    return compaction.removed


@fault("COMPACT-2", "COMPACT-11", "COMPACT-13", why="A marker stands for what is gone, and seems to be there for good.")
def markers_never_removed() -> Patches:
    """An old marker isn't removed; it is taken in where an event of its key is."""
    yield from _removing(lambda removed: lambda event, *rest: not is_marker(event) and removed(event, *rest))


@fault("COMPACT-2", why="Without a snapshot nothing says that a run may be compacted.")
def runs_without_snapshot_not_compacted() -> Patches:
    """Of a run that has no snapshot nothing is removed."""
    yield from _removing(lambda removed: lambda event, *rest: event.run_id in rest[1] and removed(event, *rest))


@fault("COMPACT-3", why="What the newest snapshot says is known, so that its own event seems to be dispensable.")
def event_of_the_newest_snapshot_removed() -> Patches:
    """An event is protected only if its seq is above that of the newest snapshot."""

    def wrong(_: _IsRemoved) -> _IsRemoved:
        return lambda event, cutoff_ms, limits: (
            event.occurred_at_ms < cutoff_ms and not event.seq > limits.get(event.run_id, 2**64)
        )

    yield from _removing(wrong)


@fault("COMPACT-3", why="A snapshot and its event have the same id, which seems to tie them together.")
def only_events_with_a_snapshot_protected() -> Patches:
    """A snapshot protects the event that has its seq, and none that came later."""

    def wrong(_: _IsRemoved) -> _IsRemoved:
        return lambda event, cutoff_ms, limits: (
            event.occurred_at_ms < cutoff_ms and event.seq != limits.get(event.run_id, -1)
        )

    yield from _removing(wrong)


@fault("COMPACT-4", why="A tenant's events seem to be no business of another tenant's snapshots.", store="memory")
def own_snapshots_protect_only() -> Patches:
    """An event is protected by the snapshots of its own tenant only."""

    def wrong(compacted: _Compacted) -> _Compacted:
        def by_key(events: Iterable[Event], snapshots: Iterable[Snapshot], **when: int) -> Compaction:
            limits: dict[tuple[str, TenantKey], int] = {}
            for each in snapshots:
                key = each.run_id, each.scope.tenant_context.key
                limits[key] = max(each.seq, limits.get(key, 0))

            def removed(event: Event, cutoff_ms: int, _: Mapping[str, int]) -> bool:
                limit = limits.get((event.run_id, event.scope.tenant_context.key), 2**64)
                return event.occurred_at_ms < cutoff_ms and event.seq < limit

            with replaced(retention, "_is_removed", lambda _: removed):
                return compacted(events, snapshots, **when)

        return by_key

    yield replaced(retention, "compacted", wrong)


def _removing(wrong: Callable[[_IsRemoved], Callable[..., bool]]) -> Patches:
    yield replaced(retention, "_is_removed", wrong)


# --- what stays -------------------------------------------------------------------------------------------------------


@fault("COMPACT-5", why="A compaction that merges markers seems to be tidy.")
def markers_merged_where_nothing_is_old() -> Patches:
    """A compaction that has nothing to remove makes one marker of the several that a key has."""

    def merged(events: list[Event], now_ms: int) -> list[Event]:
        of_key: defaultdict[tuple[str, TenantKey], list[Event]] = defaultdict(list)
        for each in filter(is_marker, events):
            of_key[each.run_id, each.scope.tenant_context.key].append(each)
        several = [rows for rows in of_key.values() if len(rows) > 1]
        markers = [retention._marker(rows, now_ms) for rows in several]  # noqa: SLF001
        return [*(each for each in events if not any(each in rows for rows in several)), *markers]

    yield from _where_nothing_is_old(merged)


@fault("COMPACT-5", why="A log that is written anew may as well be written in order.")
def log_sorted_where_nothing_is_old() -> Patches:
    """A compaction that has nothing to remove sorts the log all the same, by run, seq and id."""
    yield from _where_nothing_is_old(
        lambda events, _: sorted(events, key=lambda each: (each.run_id, each.seq, each.event_id))
    )


def _where_nothing_is_old(changed: Callable[[list[Event], int], list[Event]]) -> Patches:
    def wrong(compact: _Compact) -> _Compact:
        def compacting(store: Store, *, retention_ms: int, now_ms: int) -> int:
            removed = compact(store, retention_ms=retention_ms, now_ms=now_ms)
            if retention_ms and not removed and (events := store.events()):
                with store.lock():
                    store.replace_log(changed(events, now_ms))
            return removed

        return compacting

    yield replaced(server, "compact", wrong)


@fault("COMPACT-6", why="Markers stand side by side without harm.")
def markers_that_stay_not_taken_in() -> Patches:
    """A new marker takes in the removed events only; the older markers of its key stay beside it."""

    def wrong(compacted: _Compacted) -> _Compacted:
        def apart(events: Iterable[Event], snapshots: Iterable[Snapshot], **when: int) -> Compaction:
            with replaced(retention, "is_marker", lambda _: lambda _: False):
                return compacted(events, snapshots, **when)

        return apart

    yield replaced(retention, "compacted", wrong)


@fault(
    *("COMPACT-6", "COMPACT-7", "COMPACT-10", "COMPACT-11"),
    why="A run id looks like key enough.",
    store="memory",
)
def one_marker_for_all_tenants_of_a_run() -> Patches:
    """What is removed of several tenants with one run id goes into one marker, which belongs to the first of them."""
    yield replaced(retention, "_key", lambda _: lambda event: (event.run_id, ()))


@fault("COMPACT-7", why="Markers are merged wherever there are any.")
def markers_of_other_keys_made_anew() -> Patches:
    """A compaction that removes something makes the markers of keys without removed events anew as well."""

    def wrong(compacted: _Compacted) -> _Compacted:
        def anew(events: Iterable[Event], snapshots: Iterable[Snapshot], **when: int) -> Compaction:
            log = list(events)
            compaction = compacted(log, snapshots, **when)
            if not compaction.removed:
                return compaction
            made = [
                retention._marker([each], when["now_ms"]) if is_marker(each) and each in log else each  # noqa: SLF001
                for each in compaction.log
            ]
            return evolve(compaction, log=tuple(made))

        return anew

    yield replaced(retention, "compacted", wrong)


@fault("COMPACT-7", why="A log with gaps in its numbers looks broken.")
def what_stays_renumbered() -> Patches:
    """The events that remain of a run get the seqs that follow those of its marker, without gaps."""

    def wrong(compacted: _Compacted) -> _Compacted:
        def renumbered(*given: Any, **when: int) -> Compaction:
            compaction = compacted(*given, **when)
            last: dict[Any, int] = {}
            log = []
            for each in compaction.log:
                key = each.run_id, each.scope.tenant_context.key
                last[key] = last[key] + 1 if key in last and not is_marker(each) else each.seq
                log.append(evolve(each, seq=last[key]))
            return evolve(compaction, log=tuple(log))

        return renumbered

    yield replaced(retention, "compacted", wrong)


@fault("COMPACT-7", why="A snapshot without its event looks like an orphan.")
def snapshots_of_removed_events_deleted() -> Patches:
    """A compaction deletes the snapshots of the events that it removes."""

    def wrong(_: _Compact) -> _Compact:
        def compact(store: Store, **asked: int) -> int:
            before = {(each.run_id, each.event_id) for each in store.events()}
            removed = retention.compact(store, **asked)
            gone = before - {(each.run_id, each.event_id) for each in store.events()}
            for place, each in store.snapshots().items():
                if (each.run_id, each.snapshot_id) in gone:
                    store.delete_snapshot(place)
            return removed

        return compact

    yield replaced(server, "compact", wrong)
