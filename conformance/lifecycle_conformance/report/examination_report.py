"""What a first look at a driver showed, for people and for programs: the transcript, the findings, what to do next."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Final

import click

from lifecycle_conformance import __version__
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.report.start import line
from lifecycle_conformance.report.wording import WIDTH, counted, paragraph, short
from lifecycle_conformance.runner.diagnosis import Finding
from lifecycle_conformance.runner.examination import ONLY_JUDGED, Examination
from lifecycle_conformance.runner.next_capability import Addition
from lifecycle_conformance.specification.index import SPEC_VERSION
from lifecycle_conformance.specification.requirements import load

FORMAT: Final = 1
"""The version of the JSON: another one when a member changes its meaning."""
_INDENT: Final = "   "
_LONGEST: Final = 200
"""How many characters are shown of a line."""
_NOTHING: Final = "(no line)"


def render(examination: Examination, driver: Sequence[str], width: int = WIDTH) -> str:
    """Write it for people; `driver` is the command that starts the driver, none for the reference."""
    return "\n".join(_lines(examination, driver, width))


def _lines(examination: Examination, driver: Sequence[str], width: int) -> Iterator[str]:
    if examination.transcript:
        yield "Transcript (> what it was asked, < what it answered)"
        yield from _transcript(examination, width)
        yield ""
    for each in examination.findings:
        yield from _finding(each, width)
        yield ""
    yield from _outcome(examination, width)
    yield from _next(examination, driver, width)


def _transcript(examination: Examination, width: int) -> Iterator[str]:
    wrong = {each.exchange for each in examination.findings}
    for number, exchange in enumerate(examination.transcript, start=1):
        answer = _NOTHING if exchange.answer is None else _text(exchange.answer)
        yield from _row(f"{number:>3} > ", _text(exchange.request), width)
        for row in _row("    < ", answer, width):
            yield click.style(row, fg="red") if number in wrong else row


def _row(first: str, text: str, width: int) -> list[str]:
    return paragraph(short(safe(text), _LONGEST), width, first=first)


def _finding(finding: Finding, width: int) -> Iterator[str]:
    where = "" if finding.exchange is None else f", see {finding.exchange} above"
    heading = f"{finding.requirement}: {load()[finding.requirement].title} ({safe(finding.asked)}{where})"
    for row in paragraph(heading, width, rest="  "):
        yield click.style(row, fg="red", bold=True)
    yield from paragraph(safe(finding.problem), width, first=_INDENT)
    for path, expected in finding.places:
        yield from paragraph(safe(f"{path}: {expected}"), width, first=f"{_INDENT}  ", rest=f"{_INDENT}    ")
    yield from paragraph(f"To do: {finding.to_do}", width, first=_INDENT)
    if finding.stderr:
        yield f"{_INDENT}its standard error ends:"
        for row in finding.stderr.splitlines():
            yield f"{_INDENT}  {short(safe(row), width - len(_INDENT) - 2)}"


def _outcome(examination: Examination, width: int) -> Iterator[str]:
    hello, number = examination.hello, len(examination.findings)
    if hello is None:
        said, colour = "The driver doesn't come up: nothing else was tried.", "red"
    else:
        name = f"{safe(hello.name)} {safe(hello.version)}"
        found = (
            f"{counted(number, 'thing')} to mend" if number else "all that it was asked is answered in the right form"
        )
        said = f"{name}: {found}, in {counted(len(examination.transcript), 'request')}"
        said, colour = f"{said}; {examination.untried}" if examination.untried else said, "red" if number else "green"
    for row in paragraph(said, width, rest="  "):
        yield click.style(row, fg=colour, bold=True)


def _next(examination: Examination, driver: Sequence[str], width: int) -> Iterator[str]:
    """What to do next: mend, then let it be judged, then declare more."""
    if examination.findings:
        first = examination.findings[0]
        yield from line("mend first", f"{first.requirement}. {first.to_do}", width)
    if examination.hello is None:
        return
    if not examination.findings:
        yield from line("go on with", _check(driver), width, whole=True)
        if untold := examination.hello.capabilities.intersection(ONLY_JUDGED):
            yield from line("", f"which also judges {', '.join(sorted(untold))}: no single answer shows these", width)
    if left := examination.additions:
        yield from line("declare next", _said_of(left), width)


def _said_of(left: Sequence[Addition]) -> str:
    """Which capability comes next, how much it unlocks, and what comes after it."""
    first, *later = left
    level = f", for the level {first.level}" if first.level is not None else ""
    others = ", ".join(f"{each.capability} ({len(each.unlocks)})" for each in later)
    unlocked = counted(len(first.unlocks), "requirement")
    order = f"; then {others}: level by level, and first what unlocks most" if later else ""
    return f"{first.capability}{level}: it unlocks {unlocked}{order}"


def _check(driver: Sequence[str]) -> str:
    return safe(shlex.join(["lifecycle-projection", "check", *(["--", *driver] if driver else [])]))


def as_json(examination: Examination) -> Object:
    """The same as a JSON object, nothing shortened: valid by `schemas/doctor-report.schema.json`."""
    hello, left = examination.hello, examination.additions
    introduction = (
        None
        if hello is None
        else {
            "name": hello.name,
            "version": hello.version,
            "language": hello.language,
            "spec": hello.spec,
            "capabilities": sorted(hello.capabilities),
        }
    )
    return {
        "doctor": FORMAT,
        "suite": __version__,
        "spec": SPEC_VERSION,
        "driver": introduction,
        "exit_code": examination.exit_code,
        "findings": [_finding_as_json(each) for each in examination.findings],
        "untried": examination.untried or None,
        "transcript": [
            {"request": _text(each.request), "answer": None if each.answer is None else _text(each.answer)}
            for each in examination.transcript
        ],
        "declare_next": [
            {"capability": each.capability, "level": each.level, "unlocks": [*each.unlocks]} for each in left
        ],
    }


def _finding_as_json(finding: Finding) -> Object:
    return {
        "requirement": finding.requirement,
        "asked": finding.asked,
        "exchange": finding.exchange,
        "problem": finding.problem,
        "places": [{"path": path, "problem": problem} for path, problem in finding.places],
        "to_do": finding.to_do,
        "stderr": finding.stderr,
    }


def _text(line: bytes) -> str:
    return line.decode(errors="backslashreplace")
