"""Two stores of any kind compared: the runs, events and snapshots that differ, and in which members.

Sources cut a store into parts of their own: a source of files names folders, one of a database run ids. What both share
is the folder to which a run id belongs (FILE-3). So the stores are compared folder by folder, and in each the runs in
the order of their ids. No more than a few runs are held at a time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from heapq import merge
from itertools import groupby, zip_longest
from typing import Final, TypeAlias

import orjson
from attrs import evolve, frozen

from lifecycle_conformance.audit.database_rows import RUNS
from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.kinds import of_database, of_form
from lifecycle_conformance.audit.stored import Row, StoredRun, StoreSource
from lifecycle_conformance.execution.trace import Object, TenantKey, key_of
from lifecycle_conformance.model.comparison import Mismatch, mismatches
from lifecycle_conformance.model.file_layout import segment

UNREAD: Final = frozenset(
    kind.name
    for kind in (
        of_form.DAMAGED_LINE,
        of_form.NO_EVENT,
        of_form.LINE_NOT_UTF8,
        of_form.TORN_TAIL,
        of_form.TORN_CHARACTER,
        of_form.LINE_TOO_LONG,
        of_form.UNREADABLE_SNAPSHOT,
        of_form.MISPLACED_SNAPSHOT,
        of_form.FILE_TOO_LONG,
        of_form.LEADS_OUTSIDE,
        of_form.NO_FILE,
        of_form.CLOSED,
        of_database.EVENT_ROW_UNDECODABLE,
        of_database.SNAPSHOT_ROW_UNDECODABLE,
        of_database.CIPHERTEXT,
    )
)
"""The kinds of findings about something that is no readable record of a run, and so can't be compared."""


class Side(StrEnum):
    """One of the two stores."""

    A = "A"
    B = "B"


@frozen
class Unread:
    """Something in one store that can't be compared, and why."""

    side: Side
    finding: Finding


@frozen(kw_only=True)
class RecordDifference:
    """An event or a snapshot that differs. Where only one store has it, `a` or `b` is `None`, and `places` are empty.

    `sort` is `event` or `snapshot`. Of each place, `expected` is the value in A, and `actual` that in B.
    """

    sort: str
    tenant: TenantKey
    id: str
    a: Row | None
    b: Row | None
    places: Sequence[Mismatch] = ()


@frozen(kw_only=True)
class Count:
    """How many events and snapshots one store holds of a run, and how many records of it that can't be read.

    Snapshot files that can't be read name no run: they count for each run of their folder.
    """

    events: int
    snapshots: int
    unread: int


@frozen(kw_only=True)
class RunComparison:
    """A run, what each store holds of it, and the records that differ; none are named where one store has none."""

    run_id: str
    counts: Mapping[Side, Count]
    records: Sequence[RecordDifference] = ()

    @property
    def only_in(self) -> Side | None:
        """The only store that holds readable records of this run."""
        holding = [side for side, count in self.counts.items() if count.events or count.snapshots]
        return holding[0] if len(holding) == 1 else None

    @property
    def is_same(self) -> bool:
        """Whether both stores hold the same of this run, as far as it can be read."""
        return self.only_in is None and not self.records


Compared: TypeAlias = RunComparison | Unread


def compared(a: StoreSource, b: StoreSource, *, only: frozenset[str] = frozenset()) -> Iterator[Compared]:
    """Compare two stores run by run: each run of both, whether it differs or not, and what can't be compared.

    Both are read, and nothing is changed. `only` names the runs to compare, if not all. Numbers are compared as JSON:
    `1` and `1.0` differ. The order of members doesn't count. Raises what the sources raise where a store can't be read
    at all.
    """
    folders_a, folders_b = _folders(a), _folders(b)
    for side, source in ((Side.A, a), (Side.B, b)):
        yield from _unread(side, source.findings())
    asked = {segment(run_id) for run_id in only}
    for folder in sorted({*folders_a, *folders_b} & asked if only else {*folders_a, *folders_b}):
        sides = ((Side.A, a, folders_a.get(folder, ())), (Side.B, b, folders_b.get(folder, ())))
        for run_id, group in groupby(merge(*(_items(*side) for side in sides), key=_run_id), key=_run_id):
            if not only or run_id in only:
                yield from _told(run_id, [*group])


# --- reading both side by side ----------------------------------------------------------------------------------------

_Item: TypeAlias = tuple[Side, StoredRun]


def _folders(source: StoreSource) -> dict[str, list[str]]:
    """The parts of a source by the folder to which their runs belong."""
    found = defaultdict(list)
    for part in sorted(source.parts()):
        found[segment(part)].append(part)
    return found


def _items(side: Side, source: StoreSource, parts: Sequence[str]) -> Iterator[_Item]:
    for part in parts:
        yield from ((side, run) for run in source.runs(part))


def _run_id(item: _Item) -> str:
    return item[1].run_id


def _told(run_id: str, items: Sequence[_Item]) -> Iterator[Compared]:
    """What is told of one run id. Where no record names it, there are findings only."""
    for side, run in items:
        yield from _unread(side, run.findings)
    runs = dict(items)
    if any(run.events or run.snapshots for run in runs.values()):
        comparison = RunComparison(run_id=run_id, counts={side: _count(run) for side, run in runs.items()})
        if comparison.only_in is None:
            a, b = runs[Side.A], runs[Side.B]
            records = [*_differing("event", a.events, b.events), *_differing("snapshot", a.snapshots, b.snapshots)]
            comparison = evolve(comparison, records=records)
        yield comparison


def _count(run: StoredRun) -> Count:
    unread = run.unread_events + run.unread_snapshots
    return Count(events=len(run.events), snapshots=len(run.snapshots), unread=unread)


def _unread(side: Side, findings: Iterable[Finding]) -> Iterator[Unread]:
    return (Unread(side, finding) for finding in unread_among(findings))


def unread_among(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Those that tell of an event or snapshot that can't be read, or stands in a wrong place; not of a run record."""
    for finding in findings:
        of_run_record = finding.where is not None and finding.where.row == RUNS.name
        if finding.kind.name in UNREAD and not of_run_record:
            yield finding


# --- records ----------------------------------------------------------------------------------------------------------

_Key: TypeAlias = tuple[TenantKey, str]


def _differing(sort: str, a: Sequence[Row], b: Sequence[Row]) -> Iterator[RecordDifference]:
    """The records of a sort that differ. Several of one tenant with one id are matched in their order."""
    by_key_a, by_key_b = _by_key(sort, a), _by_key(sort, b)
    for tenant, id_ in dict.fromkeys((*by_key_a, *by_key_b)):
        rows = zip_longest(by_key_a.get((tenant, id_), ()), by_key_b.get((tenant, id_), ()))
        for row_a, row_b in rows:
            both = row_a is not None and row_b is not None
            places = _places(row_a.value, row_b.value) if both else []
            if places or not both:
                yield RecordDifference(sort=sort, tenant=tenant, id=id_, a=row_a, b=row_b, places=places)


def _places(a: Object, b: Object) -> list[Mismatch]:
    """Same places, faster: values that are written alike are the same, and most are."""
    return [] if orjson.dumps(a) == orjson.dumps(b) else [*mismatches(a, b)]


def _by_key(sort: str, rows: Sequence[Row]) -> dict[_Key, list[Row]]:
    found: dict[_Key, list[Row]] = defaultdict(list)
    for row in rows:
        found[key_of(row.value["scope"]["tenant_context"]), row.value[f"{sort}_id"]].append(row)
    return found
