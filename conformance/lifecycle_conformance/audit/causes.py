"""Which findings have one cause: they are about one record, in its event, in its snapshot, or where it is missed."""

from collections.abc import Hashable, Iterable, Iterator

from lifecycle_conformance.audit.catalogue import KINDS
from lifecycle_conformance.audit.finding import Finding, Severity
from lifecycle_conformance.model.identity import MARKER_ID, RECORD_ID

_MISSED = frozenset({"seq-missing", "seq-perhaps-missing", "occurrence-missing"})
"""Kinds that are told at the event behind what they are about."""
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
    yield from ((run, tenant, seq) for seq in finding.seqs)
    event_id = None if finding.kind.name in _MISSED else finding.event_id
    for each in (event_id, finding.expected, finding.actual):
        if isinstance(each, str) and each.startswith((RECORD_ID, MARKER_ID)):
            yield run, each  # whosever it is: tenants may share ids
