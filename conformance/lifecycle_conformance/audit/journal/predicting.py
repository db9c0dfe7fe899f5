"""What the steps of a journal leave in a store, by the reference: each record, and between which steps it stands."""

import errno
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import BinaryIO, Final

from attrs import Factory, define, field

from lifecycle_conformance.audit.journal.steps import Step, acts, steps
from lifecycle_conformance.driver.server import Server
from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.trace import Object, Owner, TenantKey, history_of, owner_of_run
from lifecycle_conformance.model.file_layout import is_too_long, path_of
from lifecycle_conformance.model.identity import ids_of
from lifecycle_projection.codec import to_json
from lifecycle_projection.errors import InvalidInputError, LifecycleProjectionError, StorageError
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Event, Snapshot
from lifecycle_projection.stores.store import Place

EVENT: Final = "event"
SNAPSHOT: Final = "snapshot"
Key = tuple[str, TenantKey, str]
"""Whether it is an event or a snapshot, whose, and its id."""


@define(eq=False, slots=False)
class Version:
    """An event or a snapshot as it stands in the predicted store: after the step `since`, and before `until`."""

    record: Event | Snapshot
    since: int
    until: int | None = None
    held: bool = field(init=False, default=False)
    """Whether the store that is compared holds exactly this."""

    def stands_after(self, step: int) -> bool:
        """Whether it is in the store when a step is done."""
        return self.since <= step and (self.until is None or self.until > step)

    @property
    def sort(self) -> str:
        """Whether it is an event or a snapshot."""
        return EVENT if isinstance(self.record, Event) else SNAPSHOT

    @cached_property
    def key(self) -> Key:
        """By which it is found again."""
        record = self.record
        id_ = record.event_id if isinstance(record, Event) else record.snapshot_id
        return self.sort, record.scope.tenant_context.key, id_

    @cached_property
    def value(self) -> Object:
        """The record as a store holds it."""
        return to_json(self.record)

    @cached_property
    def text(self) -> bytes:
        """The same for equal values only."""
        return canonical(self.value)


@define
class PredictedStore:
    """A store in memory that forgets nothing: what a step removes is kept with the number of that step.

    Snapshots have the places that they have in files, where two tenants meet (TENANT-7); where `in_files`, a name may
    be too long (FILE-22). Each run's events are kept by themselves: their order among other runs' says nothing.
    """

    in_files: bool = True
    step: int = 0
    versions: defaultdict[str, list[Version]] = Factory(lambda: defaultdict(list))
    _log: defaultdict[str, list[Version]] = Factory(lambda: defaultdict(list))
    _at: dict[Place, Version] = Factory(dict)
    _places: defaultdict[str, dict[Place, Version]] = Factory(lambda: defaultdict(dict))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Do nothing: there is one writer."""
        yield

    def sync(self, run_id: str) -> None:
        """Do nothing: nothing here lasts."""

    def mend_log(self) -> None:
        """Do nothing: there is no half line."""

    def events(self, run_id: str | None = None) -> list[Event]:
        """The events of one run, or of all run by run."""
        runs = [self._log.get(run_id, [])] if run_id is not None else self._log.values()
        return [each.record for run in runs for each in run if isinstance(each.record, Event)]

    def append(self, *events: Event) -> None:
        """Put events at the end of their runs' logs."""
        for event in events:
            self._log[event.run_id].append(self._new(event))

    def replace_log(self, events: Sequence[Event]) -> None:
        """Put these events in place of the whole log; those that stay are the same objects."""
        stay = {id(event) for event in events}
        before = {id(each.record): each for run in self._log.values() for each in run}
        for known, version in before.items():
            if known not in stay:
                version.until = self.step
        self._log.clear()
        for event in events:
            self._log[event.run_id].append(before.get(id(event)) or self._new(event))

    def place(self, run_id: str, snapshot_id: str, tenant: TenantKey) -> Place:  # noqa: ARG002
        """Where its file would be (FILE-3)."""
        return path_of(run_id, snapshot_id)

    def snapshots(self, run_id: str | None = None) -> Mapping[Place, Snapshot]:
        """The snapshots of one run, or of all, each with its place."""
        found = self._at if run_id is None else self._places.get(run_id, {})
        return {place: each.record for place, each in found.items() if isinstance(each.record, Snapshot)}

    def snapshot_at(self, place: Place) -> Snapshot | None:
        """What stands in a place."""
        found = self._at.get(place)
        return found.record if found is not None and isinstance(found.record, Snapshot) else None

    def unwritable(self, snapshot: Snapshot) -> StorageError | None:
        """A name too long for a file system (FILE-23)."""
        path = path_of(snapshot.run_id, snapshot.snapshot_id)
        if not self.in_files or not is_too_long(path):
            return None
        return StorageError(path=path, problem=os.strerror(errno.ENAMETOOLONG))

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Put a snapshot in its place."""
        place = path_of(snapshot.run_id, snapshot.snapshot_id)
        if place in self._at:
            self.delete_snapshot(place)
        self._at[place] = self._places[snapshot.run_id][place] = self._new(snapshot)

    def delete_snapshot(self, place: Place) -> None:
        """Remove what stands in a place."""
        version = self._at.pop(place)
        version.until = self.step
        del self._places[version.record.run_id][place]

    def in_order(self, run_id: str) -> Sequence[Version]:
        """The events of a run as the log has them at last."""
        return self._log.get(run_id, ())

    def _new(self, record: Event | Snapshot) -> Version:
        version = Version(record=record, since=self.step)
        self.versions[record.run_id].append(version)
        return version


@define(slots=False)
class Passes:
    """What the passes over a run were given: the run record of the last one, and the statuses of all."""

    run: Object = Factory(dict)
    statuses: set[str] = Factory(set)

    @property
    def longest(self) -> int:
        """The length of the last history."""
        return len(history_of(self.run)) if self.run else 0

    @cached_property
    def ids(self) -> set[str]:
        """The stable ids of the records of the last history."""
        return set(ids_of(self.run)) if self.run else set()


@define(slots=False)
class Prediction:
    """A journal, and what it leaves; `passes` is what was given to the passes over each run."""

    name: str
    store: PredictedStore
    steps: list[Step] = Factory(list)
    passes: dict[Owner, Passes] = Factory(dict)

    @cached_property
    def compactions(self) -> Mapping[int, int]:
        """The compactions by the times that they were told, which stand in their markers."""
        compactions = (each for each in self.steps if each.op == "compact")
        return {each.now_ms: each.number for each in compactions if each.now_ms is not None}


def predicted(
    journal: BinaryIO,
    name: str,
    *,
    in_files: bool = True,
    progress: Callable[[int], None] = lambda _: None,
) -> Prediction:
    """Carry out the steps of a journal in memory, by the reference. What is refused stays refused, as by an engine.

    Raises :class:`InvalidInputError` that names the line, for the first that can't be read.
    """
    prediction = Prediction(name, PredictedStore(in_files=in_files))
    server = Server("memory")
    for step, request in steps(journal, name):
        prediction.steps.append(step)
        prediction.store.step = step.number
        progress(step.number)
        if acts(step):
            _carry_out(server, prediction, step, request)
    return prediction


def _carry_out(server: Server, prediction: Prediction, step: Step, request: Object) -> None:
    try:
        server.act_on(prediction.store, {**request, "id": 0})
    except InvalidInputError as error:
        raise error.located(f"{prediction.name}:{step.line}") from None
    except LifecycleProjectionError:
        pass  # the guard refused, or a place was taken: what was done before stays
    if step.op == "project":
        run = request["run"] if "run" in request else read_json(request["run_json"])
        passes = prediction.passes.setdefault(owner_of_run(run), Passes())
        passes.run = run
        passes.statuses.add(run["status"])
