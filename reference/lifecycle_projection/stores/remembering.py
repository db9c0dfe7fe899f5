"""A store in files that reads a file again only if it has changed: same answers, faster.

Read :mod:`~lifecycle_projection.stores.files` first; whatever is said there holds here.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from attrs import evolve, frozen

from lifecycle_projection.codec import to_json
from lifecycle_projection.records import Event, Json, Snapshot
from lifecycle_projection.stores.file_state import FileState, is_settled, stamped, state_of
from lifecycle_projection.stores.files import FileStore, line_of, text_of
from lifecycle_projection.stores.kept_log import KeptLog, NumberedLine
from lifecycle_projection.stores.store import Place

_Name = TypeVar("_Name", bound=Hashable)
_Record = TypeVar("_Record", Event, Snapshot)

LIMIT: Final = 5_000
_UNTOLD: Final = (0, 0, 0, 0, 1 << 63)
"""The state of a file where the system doesn't tell it: never settled, so that the file is read, which says why."""


@frozen
class _Remembered(Generic[_Record]):
    """A record as it was read; or as it was written, with the values that were written. And the state of its file."""

    record: _Record
    values: Mapping[str, Json] | None = None
    state: FileState | None = None

    def as_read(self) -> "_Remembered[_Record]":
        """The record as it reads: its free-form values are those of the file, whatever has become of those before."""
        return self if self.values is None else evolve(self, record=evolve(self.record, **self.values), values=None)


class _Memory(Generic[_Name, _Record]):
    """Records by name; where there are too many, the one that was kept first goes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[_Name, _Remembered[_Record]] = OrderedDict()

    def look_up(self, name: _Name) -> _Remembered[_Record] | None:
        found = self._kept.get(name)
        if found is not None and found.values is not None:
            found = self._kept[name] = found.as_read()
        return found

    def keep(self, name: _Name, remembered: _Remembered[_Record]) -> None:
        self._kept[name] = remembered
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)


class RememberingStore(FileStore):
    """A file store that remembers what it read and wrote, each with the state that its file had then.

    At every operation it looks at the state of each file that it would read: what it remembers counts for that very
    state only. A file that changed a moment ago could change again within the same tick of the clock, and nobody would
    see it by its state: such a file is read anew until the clock has moved on. What this store writes itself gets a
    time between two ticks, so that any later change shows. What remains open is an edit in place that keeps the size
    and puts back that very time, all within the tick of the write.

    It remembers the lines of the log, and of events and snapshots up to `limit` each, the latest ones that it met: with
    small metadata, that is about 9 KiB for an event and its snapshot. The records that it gives are shared: whoever
    changes a free-form value in one of them, changes what is remembered.
    (FILE-26)
    """

    def __init__(self, directory: str | Path, *, limit: int = LIMIT, **options: Any) -> None:
        super().__init__(directory, **options)
        self._kept: KeptLog | None = None
        self._of_no_run: frozenset[NumberedLine] = frozenset()
        self._events: _Memory[bytes, Event] = _Memory(limit)
        self._remembered: _Memory[Place, Snapshot] = _Memory(limit)

    # --- the log ------------------------------------------------------------------------------------------------------

    def _lines(self, run_id: str | None) -> Iterable[NumberedLine]:
        """The lines that name a run; those that name none are warned of when they are new."""
        if run_id is None:
            return super()._lines(run_id)
        state = _state(self._log)
        kept = self._kept
        if kept is None or kept.state != state:
            settled = state is None or is_settled(state)
            kept = KeptLog.read(self._read_log(), state)
            self._kept = kept if settled and _state(self._log) == state else None
            for number, line in kept.of_no_run:
                if (number, line) not in self._of_no_run:
                    super()._event(line, number, None)
            self._of_no_run = frozenset(kept.of_no_run)
        return kept.of_run.get(run_id, [])

    def _event(self, line: bytes, number: int, run_id: str | None) -> Event | None:
        """The event in a line: the same line is the same event, wherever it stands."""
        if (found := self._events.look_up(line)) is not None:
            return found.record
        event = super()._event(line, number, run_id)
        if event is not None:
            self._events.keep(line, _Remembered(event))
        return event

    def append(self, *events: Event) -> None:
        """Put events at the end of the log, and remember them as they will be read."""
        documents = list(map(to_json, events))
        lines = list(map(line_of, documents))
        kept, before = self._kept, _state(self._log)
        self._append(lines)
        if kept is None or kept.state != before:
            self._kept = None
            return
        named = [(event.run_id, line[:-1]) for event, line in zip(events, lines, strict=True)]
        state = stamped(self._log)
        if state is not None:
            self._durable.note(self._log, state)
        self._kept = None if state is None else kept.grown(named, state)
        for event, document, (_, line) in zip(events, documents, named, strict=True):
            self._events.keep(line, _Remembered(event, {"payload": document["payload"]}))

    # --- the snapshots ------------------------------------------------------------------------------------------------

    def snapshot_at(self, place: Place) -> Snapshot | None:
        """What the file at a path holds."""
        state = _state(place)
        if state is None:
            return None
        found = self._remembered.look_up(place)
        if found is not None and found.state == state:
            return found.record
        settled = is_settled(state)
        snapshot = super().snapshot_at(place)
        if snapshot is not None and settled and _state(place) == state:
            self._remembered.keep(place, _Remembered(snapshot, state=state))
        return snapshot

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Put a snapshot in its file, and remember it as it will be read."""
        document = to_json(snapshot)
        place = self._write(snapshot, text_of(document))
        state = stamped(place)
        if state is not None:
            values = {name: document.get(name) for name in ("checkpoint", "metadata")}
            self._remembered.keep(place, _Remembered(snapshot, values, state))


def _state(path: str) -> FileState | None:
    try:
        return state_of(path)
    except OSError:
        return _UNTOLD
