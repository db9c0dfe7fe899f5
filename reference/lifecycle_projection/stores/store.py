"""What the projection asks of a store. A store keeps and gives back; no rule of the projection is in it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from lifecycle_projection.errors import StorageError
from lifecycle_projection.records import Event, Snapshot, TenantKey

Place: TypeAlias = str
"""Where a store keeps a snapshot: a path, a key, whatever tells one place from another."""


class Held(Protocol):
    """What can be asked of a store without changing it. Every method may raise :class:`StorageError`."""

    def events(self, run_id: str | None = None) -> list[Event]:
        """The readable events of one run, or of all, of every tenant, in log order."""
        ...

    def place(self, run_id: str, snapshot_id: str, tenant: TenantKey) -> Place:
        """Where a snapshot belongs. Two snapshots may belong to one place; whoever writes looks there first."""
        ...

    def snapshots(self, run_id: str | None = None) -> Mapping[Place, Snapshot]:
        """The readable snapshots of one run, or of all, of every tenant, as stored, each with where it stands."""
        ...

    def snapshot_at(self, place: Place) -> Snapshot | None:
        """What stands in a place, be it what belongs there or not; `None` where nothing does."""
        ...

    def unwritable(self, snapshot: Snapshot) -> StorageError | None:
        """Why a snapshot can't be written, where that is known before anybody tries: its name may be too long."""
        ...


class Recording(Held, Protocol):
    """What recording needs. Every method may raise :class:`StorageError`."""

    def append(self, *events: Event) -> None:
        """Put events at the end of the log, all at once; they are durable when this returns."""
        ...

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Put a snapshot where it belongs, all or nothing; it is durable after the next `sync` of its run."""
        ...


class Store(Recording, Protocol):
    """A log of events and a place for each snapshot. Every method may raise :class:`StorageError`."""

    def lock(self) -> AbstractContextManager[None]:
        """Keep all other writers out while the context is open; readers are never kept out."""
        ...

    def sync(self, run_id: str) -> None:
        """Return when all that the store holds of a run is durable: who wrote it may have died before that."""
        ...

    def mend_log(self) -> None:
        """End the log in a whole line, if a crash left it otherwise."""
        ...

    def replace_log(self, events: Sequence[Event]) -> None:
        """Put these events in place of the whole log, all or nothing."""
        ...

    def delete_snapshot(self, place: Place) -> None:
        """Remove what stands in a place."""
        ...
