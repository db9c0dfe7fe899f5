"""A store in files that reads a file again only if it has changed: same answers, faster.

Read :mod:`~lifecycle_projection.stores.files` first; whatever is said there holds here.
"""

from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen

from lifecycle_projection.codec import to_json
from lifecycle_projection.records import Event, Snapshot
from lifecycle_projection.stores.file_state import FileState, is_settled, stamped, state_of
from lifecycle_projection.stores.files import FileStore, line_of, text_of
from lifecycle_projection.stores.kept_log import KeptLog, NumberedLine
from lifecycle_projection.stores.store import Place

LIMIT: Final = 20_000


@frozen
class _Remembered:
    """A snapshot, and the state of its file when it was read or written."""

    state: FileState
    snapshot: Snapshot


class RememberingStore(FileStore):
    """A file store that remembers what it read and wrote, each with the state that its file had then.

    At every operation it looks at the state of each file that it would read: what it remembers counts for that very
    state only. A file that changed a moment ago could change again within the same tick of the clock, and nobody would
    see it by its state: such a file is read anew until the clock has moved on. What this store writes itself gets a
    time between two ticks, so that any later change shows. What remains open is an edit in place that keeps the size
    and puts back that very time, all within the tick of the write.

    It remembers the lines of the log, and of events and snapshots up to `limit` each, the latest ones that it met. The
    records that it gives are shared: whoever changes a free-form value in one of them, changes what is remembered.
    (FILE-26)
    """

    def __init__(self, directory: str | Path, *, limit: int = LIMIT, **options: Any) -> None:
        super().__init__(directory, **options)
        self._limit = limit
        self._kept: KeptLog | None = None
        self._of_no_run: frozenset[NumberedLine] = frozenset()
        self._events: OrderedDict[bytes, Event] = OrderedDict()
        self._remembered: OrderedDict[Place, _Remembered] = OrderedDict()

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
        found = self._events.get(line) or super()._event(line, number, run_id)
        if found is not None:
            _remember(self._events, line, found, self._limit)
        return found

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
            _remember(self._events, line, evolve(event, payload=document["payload"]), self._limit)

    # --- the snapshots ------------------------------------------------------------------------------------------------

    def snapshot_at(self, place: Place) -> Snapshot | None:
        """What the file at a path holds."""
        state, found = _state(place), self._remembered.get(place)
        if found is not None and found.state == state:
            return found.snapshot
        settled = state is not None and is_settled(state)
        snapshot = super().snapshot_at(place)
        if snapshot is not None and state is not None and settled and _state(place) == state:
            _remember(self._remembered, place, _Remembered(state, snapshot), self._limit)
        return snapshot

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Put a snapshot in its file, and remember it as it will be read."""
        document = to_json(snapshot)
        place = self._write(snapshot, text_of(document))
        state = stamped(place)
        if state is not None:
            as_read = evolve(snapshot, checkpoint=document.get("checkpoint"), metadata=document.get("metadata"))
            _remember(self._remembered, place, _Remembered(state, as_read), self._limit)


def _state(path: str) -> FileState | None:
    """The state of a file; where it can't be told, reading tells why."""
    with suppress(OSError):
        return state_of(path)
    return None


def _remember(memory: "OrderedDict[Any, Any]", name: Any, value: Any, limit: int) -> None:
    """Keep a value under a name; where there are too many, the one that was kept first goes."""
    memory[name] = value
    while len(memory) > limit:
        memory.popitem(last=False)
