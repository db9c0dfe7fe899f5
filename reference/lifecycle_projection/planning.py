"""What a pass does to a store: noted whole, then done in the order that a disk needs (chapter *The pass*).

Nothing that a pass decides depends on what it has written itself being on the disk. So it need not wait for the disk
at each record: one waiting for all events, and then one for each snapshot.
"""

from collections.abc import Mapping, Sequence

from attrs import Factory, define, evolve, field, frozen

from lifecycle_projection.errors import LifecycleProjectionError, StorageError
from lifecycle_projection.records import Event, ProjectionResult, Snapshot, TenantKey
from lifecycle_projection.stores.store import Held, Place, Store


@frozen(kw_only=True)
class Plan:
    """The events that a pass appends, the snapshots that it writes, and how it ends.

    `result` says all of it, as the pass answers when it is done; `failure` is the error that the pass then ends with,
    if it is one of those that can be seen before anything is written. `counted` says of each snapshot how many records
    count before the one that it belongs to.
    """

    run_id: str
    result: ProjectionResult
    counted: Sequence[int]
    failure: LifecycleProjectionError | None = None

    def done_before(self, written: int) -> ProjectionResult:
        """What is done when all events are appended and so many snapshots are written (ERR-5)."""
        if written == len(self.counted):
            return self.result
        return evolve(self.result, projected=self.counted[written], snapshots=self.result.snapshots[:written])


def commit(plan: Plan, store: Store) -> None:
    """Append the events, and when they are durable, write the snapshots; the store is locked.

    Raises :class:`StorageError` with what was done before it. What was written stays. (PASS-10, PASS-11, FILE-2, ERR-5)
    """
    if plan.result.events:
        store.append(*plan.result.events)
    written: list[Snapshot] = []
    try:
        _write(plan, store, written)
    except StorageError as error:
        raise evolve(error, done=plan.done_before(len(written))) from error


def _write(plan: Plan, store: Store, written: list[Snapshot]) -> None:
    """Write the snapshots. Where one fails, those before it are made durable all the same."""
    if plan.result.snapshots:
        try:
            for snapshot in plan.result.snapshots:
                store.write_snapshot(snapshot)
                written.append(snapshot)
        finally:
            store.sync(plan.run_id)


@define
class Draft:
    """A plan that is being made. A pass takes it for its store: what it records there is noted only, and found again.

    `projected` are the records that count so far.
    """

    held: Held
    projected: int = 0
    _events: list[Event] = field(init=False, default=Factory(list))
    _snapshots: dict[Place, Snapshot] = field(init=False, default=Factory(dict))
    _counted: list[int] = field(init=False, default=Factory(list))

    def result(self) -> ProjectionResult:
        """What the pass has done so far, once that is committed (PASS-6)."""
        return ProjectionResult(
            projected=self.projected, events=tuple(self._events), snapshots=tuple(self._snapshots.values())
        )

    def plan(self, run_id: str, failure: LifecycleProjectionError | None) -> Plan:
        """The plan that has been made (PASS-10)."""
        return Plan(run_id=run_id, result=self.result(), counted=tuple(self._counted), failure=failure)

    def events(self, run_id: str | None = None) -> list[Event]:
        """The events of one run, or of all, with those that are noted."""
        return [*self.held.events(run_id), *self._events]

    def append(self, *events: Event) -> None:
        """Note events."""
        self._events += events

    def place(self, run_id: str, snapshot_id: str, tenant: TenantKey) -> Place:
        """Where a snapshot belongs."""
        return self.held.place(run_id, snapshot_id, tenant)

    def snapshots(self, run_id: str | None = None) -> Mapping[Place, Snapshot]:
        """The snapshots of one run, or of all, with those that are noted."""
        return {**self.held.snapshots(run_id), **self._snapshots}

    def snapshot_at(self, place: Place) -> Snapshot | None:
        """What stands in a place, or is noted for it."""
        return self._snapshots.get(place) or self.held.snapshot_at(place)

    def unwritable(self, snapshot: Snapshot) -> StorageError | None:
        """Why a snapshot can't be written, where that is known before."""
        return self.held.unwritable(snapshot)

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Note a snapshot, unless it is known that it can't be written (FILE-23)."""
        if error := self.unwritable(snapshot):
            raise error
        self._snapshots[self.place(snapshot.run_id, snapshot.snapshot_id, snapshot.scope.tenant_context.key)] = snapshot
        self._counted.append(self.projected)
