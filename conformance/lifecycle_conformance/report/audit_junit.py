"""The findings of an audit as JUnit XML, the form in which CI systems take the results of tests.

They know a test again by its class and name, and tell which are new and which are mended. So there is one test for each
kind of finding, in a class named after store and requirement: neither names a run, which would be new each time. A test
fails if the severity of its kind counts. One more test stands for the audit as a whole, since some systems take a file
without tests for a failure.
"""

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Final
from xml.etree import ElementTree as ET

from attrs import frozen

from lifecycle_conformance.audit.baseline import Matched
from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.journal.comparing import Journal
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.report import audit_report, baseline_report
from lifecycle_conformance.report.audit_report import Form
from lifecycle_conformance.report.wording import counted

_SUITE: Final = "lifecycle-projection audit"
_WHOLE: Final = "audit"


@frozen(kw_only=True)
class Audited:
    """An audit that is to be told: of which store, how many runs it saw, and whether it was interrupted.

    `counting` are the severities that make a test fail; `has_baseline` says that the findings were held against one.
    """

    store: str
    told: Matched
    runs: int
    counting: Sequence[str]
    cut: bool
    has_baseline: bool
    journal: Journal | None = None


def as_junit(audited: Audited, form: Form) -> bytes:
    """An audit as an XML document in UTF-8, the same for the same findings: it says no time."""
    tests = [_of_kind(group, audited, form) for group in audit_report.groups(audited.told.left)]
    tests += [*([_of_baseline(audited, form)] if audited.has_baseline else []), _of_whole(audited)]
    counts = {
        "tests": str(len(tests)),
        "failures": str(sum(each.find("failure") is not None for each in tests)),
        "errors": str(sum(each.find("error") is not None for each in tests)),
        "skipped": "0",
    }
    root = ET.Element("testsuites", {"name": _SUITE, **counts})
    suite = ET.SubElement(root, "testsuite", {"name": _text(f"{_SUITE} {audited.store}"), **counts})
    suite.extend(tests)
    said = audit_report.summary(audited.store, audited.told.left, audited.runs, form.also, cut=audited.cut)
    ET.SubElement(suite, "system-out").text = _text(said)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _of_kind(group: Sequence[Finding], audited: Audited, form: Form) -> ET.Element:
    """A test that fails, or passes and says what was found where that doesn't count."""
    kind = group[0].kind
    test = _test(audited, kind.requirement, kind.name)
    lines = audit_report.group_lines(group, form)
    if kind.severity in audited.counting:
        _add(test, "failure", f"{counted(len(group), kind.severity)}: {kind.meaning}", kind.severity, lines)
    else:
        ET.SubElement(test, "system-out").text = _text("\n".join(lines))
    return test


def _of_baseline(audited: Audited, form: Form) -> ET.Element:
    test = _test(audited, _WHOLE, "no-stale-entries")
    if stale := audited.told.stale:
        said = f"{counted(len(stale), 'entry', 'entries')} of the baseline fit no finding any more"
        _add(test, "failure", said, "stale", [baseline_report.rendered(stale, form.width)])
    return test


def _of_whole(audited: Audited) -> ET.Element:
    test = _test(audited, _WHOLE, "complete")
    if audited.cut:
        _add(test, "error", "The audit was interrupted: there may be more findings", "partial", ())
    return test


def _test(audited: Audited, about: str, name: str) -> ET.Element:
    """Dots would part the name of a class into packages, so the store's has none."""
    store = PurePath(audited.store).name.replace(".", "_")
    return ET.Element("testcase", {"classname": _text(f"audit.{store}.{about}"), "name": name})


def _add(test: ET.Element, outcome: str, message: str, sort: str, lines: Iterable[str]) -> None:
    element = ET.SubElement(test, outcome, {"message": _text(message), "type": sort})
    element.text = _text("\n".join(lines))


def _text(text: str) -> str:
    """A text without what XML forbids, such as control characters and lone surrogates."""
    return safe(text, keep="\n")
