"""A store in memory: for trying things out, for tests, and for tenants that share run ids."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

from lifecycle_projection.canonical import canonical_json
from lifecycle_projection.errors import StorageError
from lifecycle_projection.records import Event, Snapshot, TenantKey
from lifecycle_projection.stores.store import Place


class MemoryStore:
    """Keep everything in two collections. Each run, id and tenant has a place of its own, so nothing ever conflicts.

    (TENANT-6)
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._log: list[Event] = []
        self._snapshots: dict[Place, Snapshot] = {}

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other threads from writing."""
        with self._lock:
            yield

    def sync(self, run_id: str) -> None:
        """Do nothing: nothing here outlives the process."""

    def events(self, run_id: str | None = None) -> list[Event]:
        """The events of one run, or of all, in log order."""
        return [event for event in self._log if run_id in (None, event.run_id)]

    def append(self, *events: Event) -> None:
        """Put events at the end of the log."""
        self._log += events

    def mend_log(self) -> None:
        """Do nothing: no crash leaves half a line here."""

    def replace_log(self, events: Sequence[Event]) -> None:
        """Put these events in place of the whole log."""
        self._log = list(events)

    def place(self, run_id: str, snapshot_id: str, tenant: TenantKey) -> Place:
        """Where a snapshot belongs: apart from that of every other run, id and tenant."""
        return canonical_json([run_id, snapshot_id, *tenant]).decode()

    def snapshots(self, run_id: str | None = None) -> dict[Place, Snapshot]:
        """The snapshots of one run, or of all, each with its place."""
        return {place: each for place, each in self._snapshots.items() if run_id in (None, each.run_id)}

    def snapshot_at(self, place: Place) -> Snapshot | None:
        """What stands in a place."""
        return self._snapshots.get(place)

    def unwritable(self, snapshot: Snapshot) -> StorageError | None:  # noqa: ARG002
        """Nothing: any name will do."""
        return None

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Put a snapshot in its place."""
        tenant = snapshot.scope.tenant_context.key
        self._snapshots[self.place(snapshot.run_id, snapshot.snapshot_id, tenant)] = snapshot

    def delete_snapshot(self, place: Place) -> None:
        """Remove what stands in a place."""
        del self._snapshots[place]
