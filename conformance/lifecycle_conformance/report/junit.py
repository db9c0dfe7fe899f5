"""JUnit XML, the form in which CI systems take the results of tests.

They know a test again by its class and name, and tell which are new and which are mended: neither may hold what is new
each time. The same tests give the same document: it says no time.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final
from xml.etree import ElementTree as ET

from attrs import frozen

from lifecycle_conformance.driver.safe_text import safe


class Outcome(StrEnum):
    """What becomes of a test that doesn't pass."""

    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


_COUNTED: Final = {Outcome.FAILURE: "failures", Outcome.ERROR: "errors", Outcome.SKIPPED: "skipped"}


@frozen(kw_only=True)
class Ended:
    """How a test ended that didn't pass: what to say in a line, of what sort it is, and all that is known."""

    outcome: Outcome
    message: str
    sort: str = ""
    lines: Sequence[str] = ()


@frozen(kw_only=True)
class Test:
    """A test; without `ended` it passed. `said` is what it tells beside that."""

    classname: str
    name: str
    ended: Ended | None = None
    said: str = ""


def class_of(command: str, subject: str, about: str) -> str:
    """The name of a class. Dots would part it into packages, so what it is named after loses its own."""
    return ".".join([command, subject.replace(".", "_"), about])


def document(suite: str, subject: str, tests: Iterable[Test], said: str) -> bytes:
    """One suite of tests as an XML document in UTF-8."""
    cases = [*tests]
    ends = [each.ended.outcome for each in cases if each.ended is not None]
    counts = {"tests": str(len(cases)), **{name: str(ends.count(outcome)) for outcome, name in _COUNTED.items()}}
    root = ET.Element("testsuites", {"name": suite, **counts})
    element = ET.SubElement(root, "testsuite", {"name": _text(f"{suite} {subject}"), **counts})
    element.extend(map(_case, cases))
    ET.SubElement(element, "system-out").text = _text(said)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(test: Test) -> ET.Element:
    case = ET.Element("testcase", {"classname": _text(test.classname), "name": _text(test.name)})
    if (ended := test.ended) is not None:
        sort = {"type": ended.sort} if ended.sort else {}
        element = ET.SubElement(case, ended.outcome, {"message": _text(ended.message), **sort})
        element.text = _text("\n".join(ended.lines))
    if test.said:
        ET.SubElement(case, "system-out").text = _text(test.said)
    return case


def _text(text: str) -> str:
    """A text without what XML forbids, such as control characters and lone surrogates."""
    return safe(text, keep="\n")
