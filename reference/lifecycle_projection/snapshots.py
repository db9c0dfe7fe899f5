"""Which snapshots of a run a tenant sees, in which order, and which is the latest (chapter *Events and snapshots*)."""

from collections.abc import Iterable, Iterator

from lifecycle_projection.phases import with_phase
from lifecycle_projection.records import Snapshot, TenantKey


def visible(snapshots: Iterable[Snapshot], run_id: str, tenant: TenantKey) -> list[Snapshot]:
    """The snapshots of a run that a tenant sees, in seq order, ties by id, with their phases filled in.

    (SNAP-10, TENANT-1)
    """
    return [with_phase(snapshot) for snapshot in sorted(_seen(snapshots, run_id, tenant), key=order)]


def latest_of(snapshots: Iterable[Snapshot], run_id: str, tenant: TenantKey) -> Snapshot | None:
    """The snapshot, as stored, with the highest seq that a tenant sees; of several, the one with the greatest id (H7).

    (PASS-7)
    """
    return max(_seen(snapshots, run_id, tenant), key=order, default=None)


def order(snapshot: Snapshot) -> tuple[int, str]:
    """What snapshots are sorted by: seq, ties by id (SNAP-10)."""
    return snapshot.seq, snapshot.snapshot_id


def _seen(snapshots: Iterable[Snapshot], run_id: str, tenant: TenantKey) -> Iterator[Snapshot]:
    return (each for each in snapshots if each.run_id == run_id and each.scope.tenant_context.key == tenant)
