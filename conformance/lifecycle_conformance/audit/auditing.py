"""The audit: every run of a store, held against the specification and, where they are given, its run records."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from typing import Final, Protocol, TypeAlias

from attrs import frozen

from lifecycle_conformance.audit.checks.completeness import completeness
from lifecycle_conformance.audit.checks.content import content
from lifecycle_conformance.audit.checks.definitions import definitions
from lifecycle_conformance.audit.checks.first_generation import compacted_index_ids
from lifecycle_conformance.audit.checks.histories import histories
from lifecycle_conformance.audit.checks.identity import identity
from lifecycle_conformance.audit.checks.members import members
from lifecycle_conformance.audit.checks.order import markers, order
from lifecycle_conformance.audit.checks.records import records as in_detail
from lifecycle_conformance.audit.checks.scope import scope
from lifecycle_conformance.audit.finding import Finding, Where
from lifecycle_conformance.audit.lives import Life, lives
from lifecycle_conformance.audit.stored import StoredRun, StoreSource
from lifecycle_conformance.execution.trace import Object, TenantKey, owner_of_run

_CHECKS: Final = (
    *(order, markers, identity, content, histories, members),
    *(scope, definitions, completeness, compacted_index_ids),
)
_BATCH: Final = 16
"""How many parts a worker is given at a time."""
_HANDED_OUT: Final = 64
"""How many tasks wait for workers, at most."""


class Records(Protocol):
    """Run records, one of each run id."""

    def get(self, run_id: str) -> tuple[Object, Where] | None:
        """The run record with an id, and where it stands."""

    def run_ids(self) -> Iterable[str]:
        """The ids of all run records."""

    def findings(self) -> Iterator[Finding]:
        """What is wrong with the run records themselves."""


@frozen(kw_only=True)
class Read:
    """How much of a store was read, in bytes, too, and of which tenants it was."""

    runs: int = 0
    events: int = 0
    snapshots: int = 0
    size: int = 0
    tenants: frozenset[TenantKey] = frozenset()

    def __add__(self, other: "Read") -> "Read":
        """Both together."""
        return Read(
            runs=self.runs + other.runs,
            events=self.events + other.events,
            snapshots=self.snapshots + other.snapshots,
            size=self.size + other.size,
            tenants=self.tenants | other.tenants,
        )


Progress: TypeAlias = Callable[[int, int, Read], None]
"""Takes how many parts of a store are done, of how many, and what was read in these."""
Given: TypeAlias = Mapping[str, tuple[Object, Where]]
"""Run records by their ids, each with its place."""
_Worked: TypeAlias = tuple[list[Finding], Read]


def audit(
    source: StoreSource,
    records: Records | None = None,
    *,
    only: frozenset[str] = frozenset(),
    progress: Progress = lambda _, __, ___: None,
    executor: Executor | None = None,
) -> Iterator[Finding]:
    """Find where a store departs from the specification; with run records, also where it departs from these.

    It reads the store and changes nothing. `only` names the runs to look at, if not all. The runs are shared out to the
    workers of `executor`, if there is one: any will do that can pickle. Raises what the source raises where the store
    can't be read at all.
    """
    by_part = _by_part(source, records, only)
    parts = sorted({*source.parts(), *by_part})
    if only:
        parts = sorted({*parts} & {source.part_of(run_id) for run_id in only})
    yield from source.findings()
    done, read = 0, Read()
    for batch, (findings, found) in _worked(_tasks(source, records, parts, by_part, only), executor):
        yield from findings
        done, read = done + batch, read + found
        progress(done, len(parts), read)
    if records is not None:
        yield from records.findings()


def unknown(source: StoreSource, records: Records | None, asked: Iterable[str]) -> list[str]:
    """The run ids among those that a user names of which neither the store nor the run records know anything."""
    known = set() if records is None else {*records.run_ids()}
    return [
        run_id
        for run_id in sorted({*asked} - known)
        if not any(run.run_id == run_id for run in source.runs(source.part_of(run_id)) if run.events or run.snapshots)
    ]


def _by_part(source: StoreSource, records: Records | None, only: frozenset[str]) -> dict[str, list[str]]:
    """The ids of the run records, by the part of the store in which their runs belong."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for run_id in () if records is None or isinstance(source, NoStore) else records.run_ids():
        if not only or run_id in only:
            found[source.part_of(run_id)].append(run_id)
    return found


@frozen
class _Task:
    """Some parts of a store, with the run records that belong there: what a worker does at a time."""

    source: StoreSource
    parts: Sequence[str]
    given: Given
    only: frozenset[str]

    def __call__(self) -> _Worked:
        """What is found in these parts, and how much stands there."""
        findings: list[Finding] = []
        read = Read()
        seen: set[str] = set()
        for part in self.parts:
            for run in self.source.runs(part):
                if (not self.only or run.run_id in self.only) and (run.events or run.snapshots or run.findings):
                    seen.add(run.run_id)
                    held = [*lives(run, is_whole=self.source.is_whole, shared_seqs=self.source.shares_seqs)]
                    tenants = frozenset(life.owner.tenant for life in held)
                    read += Read(events=len(run.events), snapshots=len(run.snapshots), size=run.size, tenants=tenants)
                    findings += judged(run, held, self.given.get(run.run_id))
        for run_id, (record, where) in self.given.items():
            if run_id not in seen:  # no pass has been made
                life = Life(owner=owner_of_run(record), events=(), snapshots=())
                findings += in_detail(life, record, where)
        return findings, read + Read(runs=len(seen))


def _tasks(
    source: StoreSource,
    records: Records | None,
    parts: Sequence[str],
    by_part: Mapping[str, Sequence[str]],
    only: frozenset[str],
) -> Iterator[_Task]:
    for start in range(0, len(parts), _BATCH):
        batch = parts[start : start + _BATCH]
        ids = [run_id for part in batch for run_id in by_part.get(part, ())]
        found = {run_id: record for run_id in ids if records and (record := records.get(run_id)) is not None}
        yield _Task(source.limited_to(batch), batch, found, only)


def _worked(tasks: Iterator[_Task], executor: Executor | None) -> Iterator[tuple[int, _Worked]]:
    """Have tasks done, in their order; few are handed out at a time, so that memory stays bounded."""
    if executor is None:
        yield from ((len(task.parts), task()) for task in tasks)
        return
    waiting: deque[tuple[int, Future[_Worked]]] = deque()
    for task in tasks:
        waiting.append((len(task.parts), executor.submit(task)))
        if len(waiting) > _HANDED_OUT:
            size, future = waiting.popleft()
            yield size, future.result()
    yield from ((size, future.result()) for size, future in waiting)


class NoStore:
    """No store: run records are looked at for themselves."""

    name = ""
    is_whole = True
    shares_seqs = False

    def parts(self) -> Sequence[str]:
        """None."""
        return ()

    def runs(self, part: str) -> Iterator[StoredRun]:  # noqa: ARG002
        """None."""
        return iter(())

    def findings(self) -> Iterator[Finding]:
        """None."""
        return iter(())

    def part_of(self, run_id: str) -> str:
        """Any."""
        return run_id

    def limited_to(self, parts: Sequence[str]) -> "NoStore":  # noqa: ARG002
        """The same."""
        return self


def judged(run: StoredRun, held: Sequence[Life], record: tuple[Object, Where] | None) -> Iterator[Finding]:
    """What is wrong with one run: with what `held` says of each of its tenants, and with its run record."""
    yield from run.findings
    owner = None if record is None else owner_of_run(record[0])
    for life in held:
        for check in _CHECKS:
            yield from check(life)
        if record is not None and life.owner == owner:
            yield from in_detail(life, *record)
