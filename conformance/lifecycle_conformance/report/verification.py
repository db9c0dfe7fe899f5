"""Whether a statement of conformance holds: what it says against what the same check, made again, finds."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import click
from attrs import field, frozen

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.report.statement import CONFORMS
from lifecycle_conformance.report.wording import WIDTH, paragraph, written
from lifecycle_conformance.runner.verdicts import FAILURES, Verdict
from lifecycle_conformance.specification.index import SPEC_VERSION
from lifecycle_projection import InvalidInputError, Problem
from lifecycle_projection.records import Json

_NAMES: Final = {
    "level": "the level",
    "beyond_level": "the capabilities beyond the level",
    "outcome": "the outcome",
    "limits": "what limits it",
    "verdicts": "the numbers of verdicts",
    "fixed_cases": "the fixed cases",
    "agreement": "agreement with the reference",
}
_MAKERS: Final = {"suite": "the suite", "hypothesis": "Hypothesis"}
"""What decides, beside the options, through which sessions a search goes."""
_DEPTH: Final = (
    "the verdicts are the same, and the reports aren't: something was judged more or less often; is the driver another "
    "build, or do its answers vary?"
)
_OPEN: Final = frozenset({Verdict.UNDECIDED, Verdict.NOT_EXERCISED})
"""What a check that was cut off says of a requirement which it didn't get to."""


@frozen(kw_only=True)
class Verification:
    """In what a check departs from a statement, in sentences; and what was not compared, and why."""

    differences: list[str] = field(factory=list)
    notes: list[str] = field(factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing departs from the statement."""
        return not self.differences


def check_specification(stated: Object, source: str) -> None:
    """Refuse a statement about another version of the specification. Raises :class:`InvalidInputError`."""
    if stated["spec"] != SPEC_VERSION:
        expected = f"expected {SPEC_VERSION}, by which this suite judges, found {written(stated['spec'])}"
        hint = f"verify it with version {stated['suite']} of the suite, which made it"
        raise InvalidInputError(problems=(Problem("$.spec", f"{expected}; {hint}"),), source=source)


def verified(stated: Object, found: Object) -> Verification:
    """Hold a statement against one on a check that was made with the same options.

    Where they needn't be equal, only what contradicts counts: what is said to hold and fails, what is said to fail and
    holds.
    """
    notes = [*_notes(stated, found)]
    differences = [*_of_driver(stated["driver"], found["driver"])]
    differences += (_contradictions if notes else _to_the_letter)(stated, found)
    if not notes and not differences and stated["digest"] != found["digest"]:
        differences.append(_DEPTH)
    return Verification(differences=differences, notes=notes)


def _notes(stated: Object, found: Object) -> Iterator[str]:
    """Why two statements needn't be equal."""
    for name, called in _MAKERS.items():
        if stated[name] != found[name]:
            versions = f"the statement was made with version {stated[name]} of {called}, and this is {found[name]}"
            yield f"{versions}, which may search elsewhere: only contradictions count"
    if stated["not_repeatable"] is not None:
        yield f"equality can't be expected, for {stated['not_repeatable']}: only contradictions count"
    elif found["not_repeatable"] is not None:
        yield f"this check can't be repeated to the letter, for {found['not_repeatable']}: only contradictions count"


def _of_driver(stated: Object, found: Object) -> Iterator[str]:
    for name in ("name", "version", "language", "spec"):
        if stated[name] != found[name]:
            yield f"the driver's {name}: {_against(stated[name], found[name])}"
    missing, more = (
        sorted(set(one["capabilities"]) - set(other["capabilities"]))
        for one, other in ((stated, found), (found, stated))
    )
    if missing:
        yield f"the driver doesn't declare {', '.join(missing)}, which the statement says it does"
    if more:
        yield f"the driver declares {', '.join(more)}, which the statement doesn't name"


def _to_the_letter(stated: Object, found: Object) -> Iterator[str]:
    yield from _verdicts(stated, found, lambda stated, found: stated != found)
    for name, called in _NAMES.items():
        if stated[name] != found[name]:
            yield f"{called}: {_against(*_apart(stated[name], found[name]))}"


def _apart(stated: Json, found: Json) -> tuple[Json, Json]:
    """Two values without the members that they have in common."""
    if not (isinstance(stated, dict) and isinstance(found, dict)):
        return stated, found
    differing = [name for name in (stated | found) if stated.get(name) != found.get(name)]
    return {name: stated.get(name) for name in differing}, {name: found.get(name) for name in differing}


def _contradictions(stated: Object, found: Object) -> Iterator[str]:
    def contradict(stated: str, found: str) -> bool:
        failing = FAILURES - _OPEN
        return (stated == Verdict.PASS and found in failing) or (stated in failing and found == Verdict.PASS)

    yield from _verdicts(stated, found, contradict)
    for name in ("level", "beyond_level"):
        if stated[name] != found[name]:
            yield f"{_NAMES[name]}: {_against(stated[name], found[name])}"
    if stated["outcome"] == CONFORMS != found["outcome"]:
        yield f"{_NAMES['outcome']}: {_against(stated['outcome'], found['outcome'])}"


# --- how it is told ---------------------------------------------------------------------------------------------------


def lines(source: str, stated: Object, verification: Verification, width: int = WIDTH) -> Iterator[str]:
    """What the statement says, whether it holds, and what differs."""
    driver, level = stated["driver"], stated["level"]
    which = f"{stated['profile']}, seed {stated['seed']}"
    at = "" if level is None else f", level {level}"
    said = f"{source}: {driver['name']} {driver['version']} {stated['outcome']}{at} ({which})"
    yield from paragraph(safe(said), width, rest="  ")
    for limit in stated["limits"]:
        yield from paragraph(safe(f"the statement is limited: {limit}"), width, first="  ", rest="    ")
    for note in verification.notes:
        yield from paragraph(safe(note), width, first="  ", rest="    ")
    verdict = "it holds" if verification.holds else "it doesn't hold:"
    yield click.style(verdict, fg="green" if verification.holds else "red", bold=True)
    for difference in verification.differences:
        yield from paragraph(safe(difference), width, first="  - ")


def as_json(source: str, verification: Verification, found: Object) -> Object:
    """The same as a JSON object, with the statement that would be made now."""
    return {
        "statement": source,
        "holds": verification.holds,
        "differences": verification.differences,
        "notes": verification.notes,
        "found": found,
    }


# --- what is compared -------------------------------------------------------------------------------------------------


def _verdicts(stated: Object, found: Object, differ: Callable[[str, str], bool]) -> Iterator[str]:
    said, came = _not_passed(stated), _not_passed(found)
    for id_ in sorted(said.keys() | came.keys()):
        one, other = said.get(id_, Verdict.PASS), came.get(id_, Verdict.PASS)
        if differ(one, other):
            yield f"{id_}: {_against(one, other)}"


def _not_passed(statement: Object) -> Mapping[str, str]:
    return {each["requirement"]: each["verdict"] for each in statement["not_passed"]}


def _against(stated: Json, found: Json) -> str:
    said, came = (each if isinstance(each, str) else written(each) for each in (stated, found))
    return f"the statement says {said}, this check says {came}"
