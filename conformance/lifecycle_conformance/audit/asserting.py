"""The audit as one line of an engine's own tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lifecycle_conformance.audit.auditing import audit
from lifecycle_conformance.audit.finding import Finding, Severity
from lifecycle_conformance.audit.opening import opened
from lifecycle_conformance.audit.postgres_address import shown
from lifecycle_conformance.audit.run_records import RunRecords

_MOST: Final = 20
"""How many findings the message tells."""


def assert_conforms(
    store: str | Path, runs: str | Path | Sequence[str | Path] = (), *, fail_on: Severity = Severity.SUSPECT
) -> None:
    """Raise :class:`AssertionError` where a store departs from the specification, with what is wrong and where.

    `runs` are files or folders of run records that the store is held against; `fail_on` is the least severity that
    counts. Raises :class:`LifecycleProjectionError` where the store or the run records can't be read at all.
    """
    sources = [runs] if isinstance(runs, str | Path) else runs
    records = RunRecords([*map(str, sources)]) if sources else None
    wrong = [each for each in audit(opened(str(store)), records) if each.kind.severity in fail_on.and_worse]
    if wrong:
        more = "" if len(wrong) <= _MOST else f"\n… and {len(wrong) - _MOST} more"
        raise AssertionError(
            f"{shown(str(store))} departs from the specification:\n" + "\n".join(map(_line, wrong[:_MOST])) + more
        )


def _line(finding: Finding) -> str:
    place = "" if finding.where is None else f"{finding.where}: "
    return f"{place}{finding.kind.severity} {finding.kind.requirement} {finding.kind.name}: {finding.message}"
