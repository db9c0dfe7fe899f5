"""Which findings have one cause: they are about one record, in its event, in its snapshot, or where it is missed."""

from collections.abc import Hashable, Iterable, Iterator, Sequence

from lifecycle_conformance.audit.catalogue import KINDS
from lifecycle_conformance.audit.finding import Finding, Severity
from lifecycle_conformance.model.identity import MARKER_ID, RECORD_ID
from lifecycle_projection.records import Json

_MISSED = frozenset({"seq-missing", "seq-perhaps-missing"})
"""Kinds that name sequence numbers, at the event behind them."""
_WORST = {each: number for number, each in enumerate(Severity)}
_RANK = {name: number for number, name in enumerate(KINDS)}


def causes(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings of each cause, the most telling one first; the causes in the order in which they were found."""
    found: dict[int, list[Finding]] = {}
    cause_of: dict[Hashable, int] = {}
    for number, finding in enumerate(findings):
        subjects = {*_subjects(finding)}
        cause, *others = sorted({cause_of[each] for each in subjects if each in cause_of}) or [number]
        joined = [each for other in others for each in found.pop(other)]
        found.setdefault(cause, []).extend([finding, *joined])
        for each in (*subjects, *(subject for one in joined for subject in _subjects(one))):
            cause_of[each] = cause
    return [sorted(each, key=_telling) for each in found.values()]


def _telling(finding: Finding) -> tuple[int, int]:
    """The place of a finding among those of its cause: by its severity, then by its kind's place in the catalogue."""
    return _WORST[finding.kind.severity], _RANK[finding.kind.name]


def _subjects(finding: Finding) -> Iterator[Hashable]:
    """What a finding is about: records by the ids of their events, and by their sequence numbers."""
    run, tenant = finding.run_id, finding.tenant
    if finding.kind.severity is Severity.NOTE:
        return
    if finding.kind.name in _MISSED:
        yield from ((run, tenant, seq) for seq in _listed(finding.expected))
        return
    for each in (finding.event_id, finding.expected, finding.actual):
        if isinstance(each, str) and each.startswith((RECORD_ID, MARKER_ID)):
            yield run, each  # whosever it is: tenants may share ids
    if finding.seq is not None:
        yield run, tenant, finding.seq


def _listed(value: object) -> Sequence[Json]:
    return value if isinstance(value, list) else ()
