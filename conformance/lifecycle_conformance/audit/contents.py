"""What a store holds of a run, as a person asks for it: numbers by tenant, and its events and snapshots in order."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise

from attrs import frozen

from lifecycle_conformance.audit.checks.order import holes
from lifecycle_conformance.audit.lives import lives
from lifecycle_conformance.audit.stored import Row, StoredRun, StoreSource
from lifecycle_conformance.execution.trace import Object, Owner, owner_of
from lifecycle_conformance.model.identity import MARKER, PREFIX, RECORD_ID, ids_listed_by, safe
from lifecycle_projection.codec import snapshot_from
from lifecycle_projection.phases import with_phase


class IdForm(StrEnum):
    """Which form the id of an event has, and so which generations of engines may have recorded it."""

    INDEX = "index"
    """By the position in the history: the first generation's (ALIAS-1)."""
    STABLE = "stable"
    """By the content of the record: that of all later ones (ID-5)."""
    MARKER = "marker"
    """That of a compaction marker."""
    OTHER = "other"
    """That of an event of another kind, or of none of these forms."""


@frozen(kw_only=True)
class Summary:
    """What a store holds of one owner; `phase` is that of the latest snapshot."""

    owner: Owner
    events: int
    snapshots: int
    phase: str | None
    ids: Mapping[IdForm, int]


@frozen(kw_only=True)
class Entry:
    """A place in the sequence of an owner: an event with its snapshot, or one of them alone.

    `compacted` says that a marker lists the id of a snapshot that stands alone.
    """

    owner: Owner
    event: Row | None = None
    snapshot: Row | None = None
    compacted: bool = False

    @property
    def record(self) -> Object:
        """The event, or else the snapshot."""
        row = self.event or self.snapshot
        assert row is not None
        return row.value

    @property
    def id(self) -> str:
        """The id that both have."""
        found: str = self.record["event_id" if self.event else "snapshot_id"]
        return found


def run_of(source: StoreSource, run_id: str) -> StoredRun | None:
    """A run of a store, read by itself."""
    return next((run for run in source.runs(source.part_of(run_id)) if run.run_id == run_id), None)


def summaries(run: StoredRun) -> list[Summary]:
    """A run in numbers, tenant by tenant."""
    owners = dict.fromkeys(owner_of(row.value) for row in (*run.events, *run.snapshots))
    return [_summary(owner, _of(run.events, owner), _of(run.snapshots, owner)) for owner in owners]


def entries(run: StoredRun) -> list[Entry]:
    """The events and snapshots of a run, tenant by tenant, each in the order of seq (LOG-7, SNAP-10)."""
    return [entry for summary in summaries(run) for entry in _entries(run, summary.owner)]


def gaps(run: StoredRun, source: StoreSource) -> dict[Owner, list[range]]:
    """The numbers that each owner's sequence lacks, and that no marker lists and no snapshot has (LOG-4)."""
    found = {}
    for life in lives(run, is_whole=source.is_whole, shared_seqs=source.shares_seqs):
        there = {row.value["seq"] for row in life.snapshots}
        found[life.owner] = [part for hole in holes(life) for part in _without(hole, there)]
    return found


def _without(hole: range, there: set[int]) -> Iterator[range]:
    """A hole without some numbers: what is left of it, in parts."""
    ends = [hole.start - 1, *sorted(each for each in there if hole.start <= each < hole.stop), hole.stop]
    return (range(before + 1, after) for before, after in pairwise(ends) if after > before + 1)


def phase_of(snapshot: Object) -> str:
    """The phase of a snapshot, filled in where an older engine left it out (SNAP-7)."""
    return str(with_phase(snapshot_from(snapshot)).phase)


def id_form(event: Object) -> IdForm:
    """Which form the id of an event has (ID-5, ALIAS-1)."""
    event_type: str = event["event_type"]
    if event_type == MARKER:
        return IdForm.MARKER
    beginning, name = f"{RECORD_ID}{event['run_id']}-", safe(event_type.removeprefix(PREFIX))
    event_id: str = event["event_id"]
    if not (event_type.startswith(PREFIX) and event_id.startswith(beginning)):
        return IdForm.OTHER
    rest = event_id.removeprefix(beginning)
    if re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{24}}-\d+", rest):
        return IdForm.STABLE
    return IdForm.INDEX if re.fullmatch(rf"\d+-{re.escape(name)}", rest) else IdForm.OTHER


def _of(rows: Sequence[Row], owner: Owner) -> list[Row]:
    return [row for row in rows if owner_of(row.value) == owner]


def _summary(owner: Owner, events: list[Row], snapshots: list[Row]) -> Summary:
    latest = max(snapshots, key=lambda row: (row.value["seq"], row.value["snapshot_id"]), default=None)
    return Summary(
        owner=owner,
        events=len(events),
        snapshots=len(snapshots),
        phase=None if latest is None else phase_of(latest.value),
        ids=Counter(id_form(row.value) for row in events),
    )


def _entries(run: StoredRun, owner: Owner) -> Iterator[Entry]:
    """An owner's entries. Of several events or snapshots with one id, each pair stands together as long as it can."""
    events, snapshots = _of(run.events, owner), _of(run.snapshots, owner)
    listed = ids_listed_by(row.value for row in events)
    waiting: dict[str, list[Row]] = {}
    for row in snapshots:
        waiting.setdefault(row.value["snapshot_id"], []).append(row)
    found = []
    for row in events:
        own = waiting.get(row.value["event_id"])
        found.append(Entry(owner=owner, event=row, snapshot=own.pop(0) if own else None))
    alone = (row for rows in waiting.values() for row in rows)
    found += [Entry(owner=owner, snapshot=row, compacted=row.value["snapshot_id"] in listed) for row in alone]
    yield from sorted(found, key=lambda entry: entry.record["seq"])
