"""What a store holds beside what a journal predicts: which records are exactly as predicted, and which are strange."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from attrs import Factory, define, frozen

from lifecycle_conformance.audit.journal.predicting import EVENT, SNAPSHOT, Key, Prediction, Version
from lifecycle_conformance.audit.stored import Row, StoredRun, StoreSource
from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.trace import TenantKey, key_of


@frozen(kw_only=True)
class Limits:
    """Which runs, and whose records, are compared; all where nothing is named."""

    runs: frozenset[str] = frozenset()
    tenant: TenantKey | None = None

    def has(self, tenant: TenantKey) -> bool:
        """Whether a tenant's records are compared."""
        return self.tenant in {None, tenant}


@define
class Beside:
    """One run of a store beside its prediction.

    `stale` are records that are as predicted, but taken away by a later step; `strange` those that never are so.
    `moved` is the first event that stands in another order than the journal leaves at last.
    """

    run_id: str
    versions: Sequence[Version]
    stale: list[tuple[Key, Row]] = Factory(list)
    strange: list[tuple[Key, Row]] = Factory(list)
    rows: int = 0
    unread: frozenset[str] = frozenset()
    moved: Row | None = None


@define
class Found:
    """A whole store beside its prediction."""

    runs: list[Beside] = Factory(list)

    @property
    def versions(self) -> Iterator[Version]:
        """Each predicted version of each record."""
        return (version for run in self.runs for version in run.versions)

    def fits(self, steps: int) -> list[bool]:
        """Of each number of steps, from 0, whether the store holds exactly what so many steps leave."""
        differing = [0] * (steps + 2)
        for version in self.versions:
            weight = -1 if version.held else 1  # what is held was counted with the rows
            differing[version.since] += weight
            differing[steps + 1 if version.until is None else version.until] -= weight
        rows = sum(run.rows for run in self.runs)
        return [rows + number == 0 for number in accumulate(differing[: steps + 1])]


def read(prediction: Prediction, source: StoreSource, limits: Limits) -> Found:
    """Read a store and hold each run beside its prediction; nothing is kept of what is as predicted."""
    found, seen = Found(), set[str]()
    parts = source.parts()
    if limits.runs:
        parts = sorted({*parts} & {source.part_of(run_id) for run_id in limits.runs})
    for part in parts:
        for run in source.runs(part):
            if not limits.runs or run.run_id in limits.runs:
                seen.add(run.run_id)
                found.runs.append(_beside(prediction, run, limits, source))
    for run_id in sorted(prediction.store.versions.keys() - seen):
        if not limits.runs or run_id in limits.runs:
            unread = frozenset() if source.is_whole else frozenset({EVENT})
            found.runs.append(Beside(run_id, _versions(prediction, run_id, limits), unread=unread))
    return found


def _beside(prediction: Prediction, run: StoredRun, limits: Limits, source: StoreSource) -> Beside:
    versions = _versions(prediction, run.run_id, limits)
    unread = {EVENT: run.unread_events or not source.is_whole, SNAPSHOT: run.unread_snapshots}
    beside = Beside(run.run_id, versions, unread=frozenset(sort for sort, some in unread.items() if some))
    waiting = _alike(versions)
    events = [(key_of_row(EVENT, row), row) for row in run.events]
    snapshots = [(key_of_row(SNAPSHOT, row), row) for row in run.snapshots]
    for key, row in (*events, *snapshots):
        if limits.has(key[1]):
            beside.rows += 1
            same = waiting.get((key, canonical(row.value)))
            _place(beside, key, row, same.pop(0) if same else [])
    if not source.shares_seqs:  # a database has no other order than that of its seqs
        predicted = [each.key for each in prediction.store.in_order(run.run_id)]
        beside.moved = _moved([each for each in events if limits.has(each[0][1])], predicted)
    return beside


def _alike(versions: Sequence[Version]) -> Mapping[tuple[Key, bytes], list[list[Version]]]:
    """The versions that are the same; those that one record can be in turn, as they stood at different times, together.

    An import may leave one event twice, so that two of them stand at one time.
    """
    found: dict[tuple[Key, bytes], list[list[Version]]] = defaultdict(list)
    for version in versions:
        alike = found[version.key, version.text]
        over = (each for each in alike if each[-1].until is not None and each[-1].until <= version.since)
        turns = next(over, None)
        if turns is None:
            alike.append([version])
        else:
            turns.append(version)
    return found


def _place(beside: Beside, key: Key, row: Row, same: Sequence[Version]) -> None:
    """Put a row where it belongs: with the versions that are the same, which stood at different times."""
    for version in same:
        version.held = True
    if not same:
        beside.strange.append((key, row))
    elif all(version.until is not None for version in same):
        beside.stale.append((key, row))


def _moved(events: Sequence[tuple[Key, Row]], predicted: Sequence[Key]) -> Row | None:
    """The first event out of the order that is predicted, among those that are on both sides once."""
    stored = [key for key, _ in events]
    both = _once(stored) & _once(predicted)
    expected = (key for key in predicted if key in both)
    actual = ((key, row) for key, row in events if key in both)
    return next((row for (key, row), other in zip(actual, expected, strict=True) if key != other), None)


def _once(keys: Sequence[Key]) -> set[Key]:
    return {key for key, number in Counter(keys).items() if number == 1}


def _versions(prediction: Prediction, run_id: str, limits: Limits) -> list[Version]:
    return [each for each in prediction.store.versions.get(run_id, ()) if limits.has(each.key[1])]


def key_of_row(sort: str, row: Row) -> Key:
    """By which a row is found again."""
    return sort, key_of(row.value["scope"]["tenant_context"]), row.value[f"{sort}_id"]


def by_key(rows: Sequence[tuple[Key, Row]]) -> Mapping[Key, list[Row]]:
    """Rows by their keys, in order."""
    found: dict[Key, list[Row]] = defaultdict(list)
    for key, row in rows:
        found[key].append(row)
    return found
