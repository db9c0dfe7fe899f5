"""Which snapshots of a run a tenant sees, in which order, and which is the latest (chapter *Snapshots*)."""

from collections.abc import Iterable

from lifecycle_projection.phases import with_phase
from lifecycle_projection.records import Snapshot, TenantKey


def visible(snapshots: Iterable[Snapshot], run_id: str, tenant: TenantKey) -> list[Snapshot]:
    """Give the snapshots of a run that a tenant sees, in seq order, ties by id, with their phases filled in."""
    seen = (each for each in snapshots if each.run_id == run_id and each.scope.tenant_context.key == tenant)
    return [with_phase(snapshot) for snapshot in sorted(seen, key=order)]


def latest_of(snapshots: Iterable[Snapshot], run_id: str, tenant: TenantKey) -> Snapshot | None:
    """Give the snapshot with the highest seq, among equals the one with the greatest id, its phase filled in (H7)."""
    seen = (each for each in snapshots if each.run_id == run_id and each.scope.tenant_context.key == tenant)
    newest = max(seen, key=order, default=None)
    return None if newest is None else with_phase(newest)


def order(snapshot: Snapshot) -> tuple[int, str]:
    """Order snapshots by seq, ties by id."""
    return snapshot.seq, snapshot.snapshot_id
