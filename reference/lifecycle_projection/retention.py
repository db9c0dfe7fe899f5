"""Compaction of the log and pruning of snapshots (chapter *Compaction and pruning*)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TypeAlias

from attrs import frozen

from lifecycle_projection.markers import MARKER_SOURCE, MARKER_TYPE, is_marker, listed_by
from lifecycle_projection.records import Event, Json, Snapshot, TenantKey
from lifecycle_projection.snapshots import order
from lifecycle_projection.stores.store import Place, Store

_EventKey: TypeAlias = tuple[str, TenantKey]


@frozen
class Compaction:
    """What a compaction makes of a log: the new log, and how many events it removed from the old one.

    (COMPACT-12, COMPACT-13)
    """

    log: tuple[Event, ...]
    removed: int


def compact(store: Store, *, retention_ms: int, now_ms: int) -> int:
    """Replace the events of the log that are older than `now_ms - retention_ms` by markers; the answer is how many.

    A retention of 0 turns compaction off. Raises :class:`StorageError`.
    (COMPACT-1, COMPACT-2, COMPACT-5, COMPACT-13, COMPACT-14)
    """
    if retention_ms == 0:
        return 0
    with store.lock():
        store.mend_log()
        compaction = compacted(
            store.events(), store.snapshots().values(), cutoff_ms=max(0, now_ms - retention_ms), now_ms=now_ms
        )
        if compaction.removed:
            store.replace_log(compaction.log)
    return compaction.removed


def compacted(events: Iterable[Event], snapshots: Iterable[Snapshot], *, cutoff_ms: int, now_ms: int) -> Compaction:
    """The log after a compaction, from the log before it, in log order, and all snapshots.

    The example of the chapter: three events of one key, 3 is the highest seq of the run's snapshots, the cutoff is 100.

        before                                         after
        A        seq 1   time  10               removed
        marker   seq 2   time  20   lists x/1   removed     marker   seq 2   time 1000   lists A/1, x/1, M/2
        B        seq 3   time 900               protected   B        seq 3   time  900

    (COMPACT-2 to COMPACT-7, COMPACT-12)
    """
    protected_from = _newest_seqs(snapshots)
    taken_in: defaultdict[_EventKey, list[Event]] = defaultdict(list)
    retained: list[Event] = []
    for event in sorted(events, key=lambda event: event.seq):
        if _is_removed(event, cutoff_ms, protected_from):
            taken_in[_key(event)].append(event)
        else:
            retained.append(event)
    removed = sum(map(len, taken_in.values()))

    # A key with a new marker keeps no older one: the new one takes them in, behind what was removed (COMPACT-6).
    remaining: list[Event] = []
    for event in retained:
        if is_marker(event) and _key(event) in taken_in:
            taken_in[_key(event)].append(event)
        else:
            remaining.append(event)
    markers = [_marker(rows, now_ms) for rows in taken_in.values()]
    log = sorted([*remaining, *markers], key=lambda event: (event.run_id, event.seq, event.event_id))
    return Compaction(log=tuple(log), removed=removed)


def _newest_seqs(snapshots: Iterable[Snapshot]) -> dict[str, int]:
    """The highest seq of the snapshots of each run id, over all tenants, as production protects them (H15)."""
    newest: dict[str, int] = {}
    for snapshot in snapshots:
        newest[snapshot.run_id] = max(snapshot.seq, newest.get(snapshot.run_id, 0))
    return newest


def _is_removed(event: Event, cutoff_ms: int, protected_from: Mapping[str, int]) -> bool:
    """Whether an event is old and no snapshot protects it (COMPACT-2, COMPACT-3)."""
    protected = event.run_id in protected_from and event.seq >= protected_from[event.run_id]
    return event.occurred_at_ms < cutoff_ms and not protected


def _key(event: Event) -> _EventKey:
    return event.run_id, event.scope.tenant_context.key


def _marker(rows: Sequence[Event], now_ms: int) -> Event:
    """The marker that takes in some events of one run and tenant (COMPACT-8, COMPACT-10)."""
    first = rows[0]
    through_seq = max(row.seq for row in rows)
    return Event(
        event_id=marker_id(first.scope.tenant_context.key, first.run_id, through_seq),
        run_id=first.run_id,
        seq=through_seq,
        event_type=MARKER_TYPE,
        occurred_at_ms=now_ms,
        scope=first.scope,
        payload={
            "source": MARKER_SOURCE,
            "compacted_through_seq": through_seq,
            "compacted_through_ms": max(row.occurred_at_ms for row in rows),
            "pruned_events": len(rows),
            "compacted_event_ids": [entry for row in rows for entry in _entries(row)],
        },
    )


def _entries(row: Event) -> list[Json]:
    """What a row stands for: what it lists, if it is a marker, and then itself (COMPACT-11)."""
    listed = [*listed_by(row), (row.event_id, row.seq)]
    return [{"event_id": event_id, "seq": seq} for event_id, seq in listed]


def marker_id(tenant: TenantKey, run_id: str, through_seq: int) -> str:
    """The event id of a marker: each part in UTF-8, ended by a zero byte, hashed (COMPACT-9)."""
    org_id, workspace_id, deployment_id = tenant
    parts = (org_id, workspace_id, deployment_id or "", run_id, str(through_seq))
    hashed = sha256(b"".join(part.encode() + b"\0" for part in parts))
    return f"stateful-compaction-{hashed.hexdigest()}"


def prune(store: Store, *, retention_ms: int, keep: int, now_ms: int) -> int:
    """Delete snapshots older than `now_ms - retention_ms`, but of each run the newest `keep`; the answer is how many.

    A retention of 0 turns pruning off. Directories stay. Raises :class:`StorageError`.
    (PRUNE-1, PRUNE-4, PRUNE-5, PRUNE-6)
    """
    if retention_ms == 0:
        return 0
    with store.lock():
        prunable_places = prunable(store.snapshots(), keep=keep, cutoff_ms=max(0, now_ms - retention_ms))
        for place in prunable_places:
            store.delete_snapshot(place)
    return len(prunable_places)


def prunable(snapshots: Mapping[Place, Snapshot], *, keep: int, cutoff_ms: int) -> list[Place]:
    """The places of the snapshots before the cutoff that aren't among the newest `keep` (at least 1) of their run id.

    (PRUNE-2, PRUNE-3)
    """
    of_run: defaultdict[str, list[Place]] = defaultdict(list)
    for place, snapshot in snapshots.items():
        of_run[snapshot.run_id].append(place)
    return [
        place
        for places in of_run.values()
        for place in sorted(places, key=lambda place: order(snapshots[place]))[: -max(1, keep)]
        if snapshots[place].created_at_ms < cutoff_ms
    ]
