"""The findings of an audit as JUnit XML.

There is one test for each kind of finding, in a class named after store and requirement: neither names a run, which
would be new each time. A test fails if the severity of its kind counts, and is skipped where all findings of its kind
are accepted. One more test stands for the audit as a whole,
since some systems take a file without tests for a failure.
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Final

from lifecycle_conformance.audit.finding import Finding, Kind
from lifecycle_conformance.report import audit_report, baseline_report
from lifecycle_conformance.report.audit_report import Form
from lifecycle_conformance.report.audited import Audited
from lifecycle_conformance.report.junit import Ended, Outcome, Test, class_of, document
from lifecycle_conformance.report.wording import counted

_SUITE: Final = "lifecycle-projection audit"
_WHOLE: Final = "audit"


def as_junit(audited: Audited, form: Form) -> bytes:
    """An audit as an XML document in UTF-8, the same for the same findings."""
    tests = [_of_kind(group, audited, form) for group in audit_report.groups(audited.told.left)]
    tests += [*_of_accepted(audited)]
    tests += [*([_of_baseline(audited, form)] if audited.has_baseline else []), _of_whole(audited)]
    said = audit_report.summary(audited.store, audited.told.left, audited.read.runs, form.also, cut=audited.cut)
    return document(_SUITE, audited.store, tests, said)


def _of_kind(group: Sequence[Finding], audited: Audited, form: Form) -> Test:
    """A test that fails, or passes and says what was found where that doesn't count."""
    kind = group[0].kind
    name, lines = _class(audited, kind.requirement), [*audit_report.group_lines(group, form)]
    if kind.severity not in audited.counting:
        return Test(classname=name, name=kind.name, said="\n".join(lines))
    message = f"{counted(len(group), kind.severity)}: {kind.meaning}"
    ended = Ended(outcome=Outcome.FAILURE, message=message, sort=kind.severity, lines=lines)
    return Test(classname=name, name=kind.name, ended=ended)


def _of_accepted(audited: Audited) -> Iterator[Test]:
    """A test that is skipped, with the reasons, for each kind of which all findings are accepted."""
    left = {finding.kind for finding in audited.told.left}
    reasons: dict[Kind, list[str]] = {}
    for finding, reason in audited.told.accepted:
        reasons.setdefault(finding.kind, []).append(reason)
    for kind, given in reasons.items():
        if kind not in left:
            why = "; ".join(dict.fromkeys(filter(None, given))) or "no reason is given"
            ended = Ended(outcome=Outcome.SKIPPED, message=f"{len(given)} accepted: {why}", sort=kind.severity)
            yield Test(classname=_class(audited, kind.requirement), name=kind.name, ended=ended)


def _of_baseline(audited: Audited, form: Form) -> Test:
    ended = None
    if stale := audited.told.stale:
        message = f"{counted(len(stale), 'entry', 'entries')} of the baseline fit no finding any more"
        lines = [baseline_report.rendered(stale, form.width)]
        ended = Ended(outcome=Outcome.FAILURE, message=message, sort="stale", lines=lines)
    return Test(classname=_class(audited, _WHOLE), name="no-stale-entries", ended=ended)


def _of_whole(audited: Audited) -> Test:
    message = "The audit was interrupted: there may be more findings"
    ended = Ended(outcome=Outcome.ERROR, message=message, sort="partial") if audited.cut else None
    return Test(classname=_class(audited, _WHOLE), name="complete", ended=ended)


def _class(audited: Audited, about: str) -> str:
    return class_of("audit", PurePath(audited.store).name, about)
