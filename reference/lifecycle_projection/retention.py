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
    """Replace the events of the log that are older than `now_ms - retention_ms` by markers; tell how many.

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
    """Compact a log, given in log order: remove what is before the cutoff and not protected by a newest snapshot.

    One new marker for each run and tenant takes in its removed events and its older markers.
    (COMPACT-2 to COMPACT-7, COMPACT-12)
    """
    protected_from = _newest_seqs(snapshots)
    removed: defaultdict[_EventKey, list[Event]] = defaultdict(list)
    retained: list[Event] = []
    for event in sorted(events, key=lambda event: event.seq):
        old = event.occurred_at_ms < cutoff_ms
        protected = event.run_id in protected_from and event.seq >= protected_from[event.run_id]
        if old and not protected:
            removed[_key(event)].append(event)
        else:
            retained.append(event)

    absorbed: defaultdict[_EventKey, list[Event]] = defaultdict(list)
    remaining: list[Event] = []
    for event in retained:
        if is_marker(event) and _key(event) in removed:
            absorbed[_key(event)].append(event)
        else:
            remaining.append(event)
    markers = [_marker([*rows, *absorbed[key]], now_ms) for key, rows in removed.items()]
    return Compaction(
        log=tuple(sorted([*remaining, *markers], key=lambda event: (event.run_id, event.seq, event.event_id))),
        removed=sum(map(len, removed.values())),
    )


def _newest_seqs(snapshots: Iterable[Snapshot]) -> dict[str, int]:
    """Give the highest seq of the snapshots of each run id, over all tenants (H15)."""
    newest: dict[str, int] = {}
    for snapshot in snapshots:
        newest[snapshot.run_id] = max(snapshot.seq, newest.get(snapshot.run_id, 0))
    return newest


def _key(event: Event) -> _EventKey:
    return event.run_id, event.scope.tenant_context.key


def _marker(rows: Sequence[Event], now_ms: int) -> Event:
    """Build the marker that stands for some events of one run and tenant (COMPACT-8, COMPACT-10)."""
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
    """List what a row stands for: what it lists, if it is a marker, and itself (COMPACT-11)."""
    listed = [*listed_by(row), (row.event_id, row.seq)]
    return [{"event_id": event_id, "seq": seq} for event_id, seq in listed]


def marker_id(tenant: TenantKey, run_id: str, through_seq: int) -> str:
    """Build the event id of a marker: each part in UTF-8, ended by a zero byte, hashed (COMPACT-9)."""
    org_id, workspace_id, deployment_id = tenant
    parts = (org_id, workspace_id, deployment_id or "", run_id, str(through_seq))
    hashed = sha256(b"".join(part.encode() + b"\0" for part in parts))
    return f"stateful-compaction-{hashed.hexdigest()}"


def prune(store: Store, *, retention_ms: int, keep: int, now_ms: int) -> int:
    """Delete snapshots older than `now_ms - retention_ms`, but of each run the newest `keep`; tell how many.

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
    """Choose the snapshots before the cutoff that are not among the newest `keep` (at least 1) of their run id.

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
