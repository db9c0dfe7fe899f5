"""The audit: every run of a store, held against the specification and, where they are given, its run records."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol, TypeAlias

from lifecycle_conformance.audit.checks.completeness import completeness
from lifecycle_conformance.audit.checks.content import content
from lifecycle_conformance.audit.checks.identity import identity
from lifecycle_conformance.audit.checks.order import markers, order
from lifecycle_conformance.audit.checks.records import records as in_detail
from lifecycle_conformance.audit.finding import Finding, Where
from lifecycle_conformance.audit.lives import Life, lives
from lifecycle_conformance.audit.stored import StoredRun, StoreSource
from lifecycle_conformance.execution.trace import Object, owner_of_run

_CHECKS: Final = (order, markers, identity, content, completeness)


class Records(Protocol):
    """Run records, one of each run id."""

    def get(self, run_id: str) -> tuple[Object, Where] | None:
        """The run record with an id, and where it stands."""

    def run_ids(self) -> Iterable[str]:
        """The ids of all run records."""

    def findings(self) -> Iterator[Finding]:
        """What is wrong with the run records themselves."""


Progress: TypeAlias = Callable[[int, int, int], None]
"""Takes how many parts of a store are done, of how many, and how many runs stand in these."""


def audit(
    source: StoreSource,
    records: Records | None = None,
    *,
    only: frozenset[str] = frozenset(),
    progress: Progress = lambda _, __, ___: None,
) -> Iterator[Finding]:
    """Find where a store departs from the specification; with run records, also where it departs from these.

    It reads the store and changes nothing. `only` names the runs to look at, if not all. Raises what the source raises
    where the store can't be read at all.
    """
    parts = source.parts()
    yield from source.findings()
    seen: set[str] = set()
    for number, part in enumerate(parts):
        progress(number, len(parts), len(seen))
        for run in source.runs(part):
            if not only or run.run_id in only:
                seen.add(run.run_id)
                yield from judged(run, None if records is None else records.get(run.run_id), source)
    progress(len(parts), len(parts), len(seen))
    if records is not None:
        yield from records.findings()
        yield from _not_in_the_store(source, records, seen, only)


def _not_in_the_store(source: StoreSource, records: Records, seen: set[str], only: frozenset[str]) -> Iterator[Finding]:
    """The runs of which the store holds nothing: no pass has been made."""
    if isinstance(source, NoStore):
        return
    for run_id in records.run_ids():
        if run_id not in seen and (not only or run_id in only) and (found := records.get(run_id)) is not None:
            owner = owner_of_run(found[0])
            yield from in_detail(Life(owner=owner, events=(), snapshots=()), *found)


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

    def limited_to(self, parts: Sequence[str]) -> "NoStore":  # noqa: ARG002
        """The same."""
        return self


def judged(run: StoredRun, record: tuple[Object, Where] | None, source: StoreSource) -> Iterator[Finding]:
    """What is wrong with one run, of all its tenants."""
    yield from run.findings
    owner = None if record is None else owner_of_run(record[0])
    for life in lives(run, is_whole=source.is_whole, shared_seqs=source.shares_seqs):
        for check in _CHECKS:
            yield from check(life)
        if record is not None and life.owner == owner:
            yield from in_detail(life, *record)
