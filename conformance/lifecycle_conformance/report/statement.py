"""A statement of conformance: what a check came to, and all that it takes to make the same check again (chapter 17)."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Final

import hypothesis
from attrs import evolve, frozen

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.report.as_json import as_json
from lifecycle_conformance.report.wording import counted
from lifecycle_conformance.runner.runner import chosen
from lifecycle_conformance.runner.verdicts import FAILURES, FALLS_SHORT, WELL, JudgeResult, Report, Verdict
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.requirements import levels
from lifecycle_conformance.specification.versions import requirements_of, versions
from lifecycle_projection import InvalidInputError, Problem
from lifecycle_projection.canonical import stable_hash
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Json

FORMAT: Final = 1
"""The version of this format: another one when a member changes its meaning."""
SCHEMA: Final = "statement"
CONFORMS: Final = "conforms"
HOLDS_IN_PART: Final = "holds in part"
OUTCOME_FALLS_SHORT: Final = "falls short"
OUTCOME_UNDECIDED: Final = "undecided"
_VARYING: Final = ("seconds", "errors", "worst_first", "explained")
_VARYING_OF_A_RESULT: Final = ("failure", "failures")
_CHANCE: Final = {
    Verdict.NONDETERMINISTIC: "the driver's answers differ from time to time",
    Verdict.STATE_LEAK: "some answers depend on what the process did before",
    Verdict.TIMEOUT: "the driver was silent too long, which depends on the machine",
}


@frozen(kw_only=True)
class Asked:
    """What a check was asked for, beside profile and seed, as far as that decides what it finds.

    `requirements` are the patterns of ids that were asked for, none for all; `spec` is the version whose requirements
    alone were, if one was.
    """

    requirements: tuple[str, ...] = ()
    spec: str | None = None
    fixed_cases: bool = True
    shrink_attempts: int


def statement_of(report: Report, asked: Asked) -> Object:
    """The statement on a report as a JSON object, valid by `schemas/statement.schema.json`.

    None can be made on a check that was interrupted. The failures that the implementer knows of are listed; they are
    failures all the same.
    """
    known_failures, report = [*_known_failures(report)], _without_known(report)
    document = as_json(report)
    limits = [*_limits(report, asked)]
    level, beyond = _level(report)
    return {
        "statement": FORMAT,
        "suite": document["suite"],
        "hypothesis": hypothesis.__version__,
        "spec": document["spec"],
        "driver": document["driver"],
        "level": level,
        "beyond_level": beyond,
        "profile": report.profile,
        "seed": report.seed,
        "asked": {
            "requirements": [*asked.requirements],
            "spec": asked.spec,
            "fixed_cases": asked.fixed_cases,
            "shrink_attempts": asked.shrink_attempts,
        },
        "outcome": _outcome(report, limited=bool(limits)),
        "limits": limits,
        "not_repeatable": _not_repeatable(report),
        "verdicts": document["verdicts"],
        "not_passed": [
            {"requirement": each.requirement.id, "verdict": each.verdict.value}
            for each in report.results
            if each.verdict is not Verdict.PASS
        ],
        "fixed_cases": _counts(report.vectors),
        "agreement": _counts(report.agreement),
        "known_failures": known_failures,
        "digest": digest(document),
    }


def digest(document: Object) -> str:
    """The stable hash (JSON-1) of a report without what may differ between two checks that find the same.

    That are times, tracebacks, and failures, in which paths and messages stand; their verdicts and counts remain.
    """
    kept = {name: value for name, value in document.items() if name not in _VARYING}
    kept["requirements"] = [_bare(each) for each in document["requirements"]]
    for judge in ("vectors", "agreement"):
        kept[judge] = None if document[judge] is None else _bare(document[judge])
    return stable_hash(kept)


def _bare(result: Object) -> Object:
    return {name: value for name, value in result.items() if name not in _VARYING_OF_A_RESULT}


def _known_failures(report: Report) -> Iterator[Json]:
    for judged in (*report.results, report.vectors, report.agreement):
        if judged is not None and (known := judged.known) is not None:
            yield {
                "requirement": known.requirement,
                "verdict": known.verdict.value,
                "reason": known.reason,
                "link": known.link,
            }


def _without_known(report: Report) -> Report:
    """The report as if no failure were known: whoever verifies needs no file of them."""
    vectors, agreement = (each and evolve(each, known=None) for each in (report.vectors, report.agreement))
    results = tuple(evolve(each, known=None) for each in report.results)
    return evolve(report, results=results, vectors=vectors, agreement=agreement, stale=())


def _level(report: Report) -> tuple[str | None, list[str]]:
    """The highest level whose capabilities are all declared and offered, and the capabilities beyond it."""
    offered = report.hello.capabilities - set(report.absent)
    reached = [(name, those) for name, those in levels().items() if those <= offered]
    name, those = reached[-1] if reached else (None, frozenset[str]())
    return name, sorted(offered - those)


def _limits(report: Report, asked: Asked) -> Iterator[str]:
    """What keeps the statement from being about all requirements, in sentences."""
    if asked.requirements:
        yield f"only the requirements that match {', '.join(asked.requirements)} were judged"
    if asked.spec is not None and len(requirements_of(asked.spec)) < len(chosen(())):
        yield f"only the requirements of version {asked.spec} were judged, and there are more now"
    if not asked.fixed_cases:
        yield "the fixed cases were left out, and the requirements that they judge"
    if report.cut:
        yield f"the check was cut off: {report.cut}"
    for each in report.lost:
        yield f"not looked at: {each}"
    if report.errors:
        yield f"the suite has {counted(len(report.errors), 'defect')} that kept it from judging some steps"


def _outcome(report: Report, *, limited: bool) -> str:
    code = report.exit_code
    if code == FALLS_SHORT:
        return OUTCOME_FALLS_SHORT
    if code != WELL:
        return OUTCOME_UNDECIDED
    return HOLDS_IN_PART if limited else CONFORMS


def _not_repeatable(report: Report) -> str | None:
    """Why the same check needn't find the same again; `None` where it must."""
    found = {each.verdict for each in report.results}
    if report.cut or report.lost:
        return "the check was cut off, and another one may get further"
    if report.errors:
        return "the suite has a defect"
    return next((why for verdict, why in _CHANCE.items() if verdict in found), None)


def _counts(judge: JudgeResult | None) -> Object | None:
    return None if judge is None else {"agreed": judge.agreed, "differing": judge.differing}


def as_text(statement: Object) -> bytes:
    """A statement as the text of its file."""
    return json.dumps(statement, ensure_ascii=False, indent=2).encode() + b"\n"


def parse(text: bytes, source: str) -> Object:
    """Read a statement.

    Raises :class:`InvalidInputError` that names the source, the JSON path of each thing that is wrong, and what was
    expected.
    """
    try:
        document = read_json(text)
    except InvalidInputError as error:
        raise error.located(source) from None
    problems = [Problem(path, message) for path, message in schemas.problems(SCHEMA, document)]
    problems = problems or [*_inconsistencies(document)]
    if problems:
        raise InvalidInputError(problems=tuple(problems), source=source)
    statement: Object = document
    return statement


def _inconsistencies(statement: Object) -> Iterator[Problem]:
    """Where members of a statement contradict each other, so that nobody can have written it as it is."""
    patterns, spec = statement["asked"]["requirements"], statement["asked"].get("spec")
    if spec is not None and spec not in versions():
        yield Problem("$.asked.spec", f"expected one of {', '.join(versions())}, found {json.dumps(spec)}")
    elif patterns and not chosen(patterns, spec):
        yield Problem("$.asked.requirements", "expected patterns that some requirement matches")
    listed = Counter(each["verdict"] for each in statement["not_passed"])
    for verdict, number in statement["verdicts"].items():
        if verdict != Verdict.PASS and number != listed[verdict]:
            path = schemas.json_path(["verdicts", verdict])
            yield Problem(path, f"expected {listed[verdict]}, the number in `not_passed`, found {number}")
    if statement["outcome"] == CONFORMS and (statement["limits"] or listed.keys() & FAILURES):
        yield Problem("$.outcome", f"expected no {CONFORMS!r} beside limits or requirements that fail")
