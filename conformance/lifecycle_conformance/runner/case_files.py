"""Failures saved as files: the session that shows one, what it broke, and which driver.

A case that was found names the requirement that it breaks; one of the fixed cases has production's answers instead.
Both can be replayed.
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import reduce
from hashlib import sha256
from operator import or_
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from lifecycle_conformance import __version__
from lifecycle_conformance.driver.interface import OPERATIONS, Breakdown, Hello
from lifecycle_conformance.execution import confinement
from lifecycle_conformance.execution.performing import line_of
from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.judges.agreement import AGREEMENT
from lifecycle_conformance.judges.vectors import Scenario
from lifecycle_conformance.runner.verdicts import Failure, JudgeResult, Report, Result
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.index import SPEC_VERSION
from lifecycle_conformance.specification.requirements import load as load_requirements
from lifecycle_projection import InvalidInputError, Problem
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Json

_MAX_DEPTH: Final = 200
"""Deep enough for the deepest record that a session may hold, inside what a case wraps it in."""
_DIGITS_OF_NAME: Final = 8
_IN_A_STORE: Final = frozenset({"restart", "tear", "put", "remove"})
_TEXT_INPUT: Final = "text-input"
_NOT_OFFERED: Final = "DRIVER-11"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9-]")


@frozen
class Presumed:
    """The capabilities that a driver must declare, and those that it must not, for a case to mean anything to it."""

    declared: frozenset[str]
    undeclared: frozenset[str] = frozenset()

    def __or__(self, other: "Presumed") -> "Presumed":
        """Presume both."""
        return Presumed(self.declared | other.declared, self.undeclared | other.undeclared)


@frozen(kw_only=True)
class Case:
    """The requests of a session, read from a file; `source` is its name, with the line where it has several cases.

    `requirement` is the one that it broke when it was found, or `agreement`; `scenario` is what a fixed case is;
    `presumed` says to which drivers it applies.
    """

    name: str
    source: str
    requests: tuple[Request, ...]
    requirement: str | None
    presumed: Presumed
    message: str = ""
    verdict: str = ""
    scenario: Scenario | None = None

    @property
    def about_a_breakdown(self) -> bool:
        """Whether the driver broke when this was found: then nothing else was judged."""
        return self.verdict in set(Breakdown)

    def misfits(self, capabilities: frozenset[str]) -> tuple[str, ...]:
        """Why the case does not apply to a driver with these capabilities; empty where it does."""
        missing, unwanted = self.presumed.declared - capabilities, self.presumed.undeclared & capabilities
        return (
            *((f"the driver doesn't declare {', '.join(sorted(missing))}",) if missing else ()),
            *((f"the driver declares {', '.join(sorted(unwanted))}",) if unwanted else ()),
        )


# --- what a case presumes ---------------------------------------------------------------------------------------------


def presumed(requests: Sequence[Request], requirement: str | None) -> Presumed:
    """What a session presumes that was found to break a requirement.

    `identify` changes nothing: a session that asks for ids on its way is the same session without.
    """
    known = load_requirements().get(requirement or "")
    parts = [
        _presumed_by(op, arguments)
        for number, (op, arguments) in enumerate(requests, start=1)
        if op != "identify" or number == len(requests)
    ]
    start = Presumed(frozenset() if known is None else known.capabilities)
    return reduce(or_, parts, start)


def _presumed_by(op: str, arguments: Object) -> Presumed:
    """What one step presumes: what must be refused as not offered presumes that it is not declared."""
    if op in _IN_A_STORE:
        return Presumed(frozenset({"durable" if op == "restart" else "files"}))
    request: Object = arguments["request"] if op == "refuse" else {"op": op, **arguments}
    needed = OPERATIONS.get(request["op"])
    offered = set() if needed is None else {needed}
    called_for = {_TEXT_INPUT} if "run_json" in request else offered
    if op == "refuse" and _NOT_OFFERED in arguments["because"]:
        return Presumed(frozenset(), frozenset(called_for))
    if op == "refuse":
        return Presumed(frozenset(called_for | offered))
    written = Scenario(name="", source="", steps=({"op": op, **arguments},), answers=(), files={}).needs
    return Presumed(written | called_for)


# --- saving -----------------------------------------------------------------------------------------------------------


def save(folder: Path, result: Result | JudgeResult, *, hello: Hello, profile: str, seed: int) -> Path:
    """Write the failure of a result into a folder, which is made if it is missing, and return the path of the file.

    The name is that of the requirement and a few digits that stand for the requests, so that the same session makes the
    same file.
    """
    assert result.failure is not None
    failure, requirement = result.failure, AGREEMENT if isinstance(result, JudgeResult) else result.requirement.id
    verdict = failure.verdict if isinstance(result, JudgeResult) else result.verdict
    steps = [{"op": op, **arguments} for op, arguments in failure.requests]
    presumes = presumed(failure.requests, requirement)
    name = f"{requirement}-{sha256(_text(steps).encode()).hexdigest()[:_DIGITS_OF_NAME]}"
    case = {
        "name": name,
        "requirement": requirement,
        "verdict": verdict.value,
        "message": failure.message,
        **({"expected": failure.expected, "actual": failure.actual} if failure.compared else {}),
        "steps": steps,
        "presumes": {
            "declared": sorted(presumes.declared),
            "undeclared": sorted(presumes.undeclared),
        },
        "spec": SPEC_VERSION,
        "suite": __version__,
        "driver": f"{hello.name} {hello.version}",
        "profile": profile,
        "seed": seed,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_UNSAFE.sub('_', name)}.json"
    path.write_text(f"{_text(case)}\n", encoding="utf-8")
    return path


def save_all(folder: Path, report: Report) -> Report:
    """Save every failure that has a session; the report, with the path of its case in each failure."""

    def saved(failure: Failure, result: Result | JudgeResult) -> Failure:
        if not failure.requests:
            return failure
        path = save(folder, result, hello=report.hello, profile=report.profile, seed=report.seed)
        return evolve(failure, case=str(path))

    results = (
        each if each.failure is None else evolve(each, failure=saved(each.failure, each)) for each in report.results
    )
    agreement = report.agreement
    if agreement is not None and agreement.failure is not None:
        agreement = evolve(agreement, failure=saved(agreement.failure, agreement))
    return evolve(report, results=tuple(results), agreement=agreement)


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


# --- reading ----------------------------------------------------------------------------------------------------------


def load(path: str | Path) -> Case:
    """Read a file that holds one case. Raises :class:`InvalidInputError` that names the file and each path."""
    try:
        text = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _invalid(str(path), Problem("$", f"expected a readable file: {reason}")) from error
    found = parse(text, source=str(path))
    if len(found) > 1:
        raise _invalid(str(path), Problem("$", f"expected one case, found {len(found)}"))
    return found[0]


def parse(text: bytes, *, source: str) -> tuple[Case, ...]:
    """Read a case, or JSON Lines of cases, such as the fixed ones.

    Raises :class:`InvalidInputError` with `source`, and the line number where there are several lines.
    """
    lines = [(number, line) for number, line in enumerate(text.split(b"\n"), start=1) if line.strip()]
    if not lines:
        raise _invalid(source, Problem("$", "expected a case, found nothing"))
    if len(lines) == 1 or not _is_json(lines[0][1]):
        return (_read(text, source),)
    return tuple(_read(line, f"{source}:{number}") for number, line in lines)


def _read(text: bytes, source: str) -> Case:
    try:
        value = read_json(text, keep_duplicates=False, max_depth=_MAX_DEPTH)
    except InvalidInputError as error:
        raise error.located(source) from None
    return _case(value, source)


def _is_json(line: bytes) -> bool:
    try:
        read_json(line, max_depth=_MAX_DEPTH)
    except InvalidInputError:
        return False
    return True


def _case(value: Json, source: str) -> Case:
    problems = [Problem(path, message) for path, message in schemas.problems("case", value)]
    problems = problems or list(_beyond_the_schema(value))
    if problems:
        raise _invalid(source, *problems)
    steps: list[Object] = value["steps"]
    if "requirement" not in value:
        scenario = Scenario(
            name=value["name"],
            source=source,
            steps=tuple(steps),
            answers=tuple(value["answers"]),
            files=value["files"],
        )
    else:
        scenario = None
    requests = tuple((step["op"], {name: each for name, each in step.items() if name != "op"}) for step in steps)
    requirement = value.get("requirement")
    said: Object = value.get("presumes", {})
    return Case(
        name=value["name"],
        source=source,
        requests=requests,
        requirement=requirement,
        presumed=Presumed(frozenset(said.get("declared", ())), frozenset(said.get("undeclared", ())))
        | (presumed(requests, requirement) if scenario is None else Presumed(scenario.needs)),
        message=value.get("message", ""),
        verdict=value.get("verdict", ""),
        scenario=scenario,
    )


def _beyond_the_schema(case: Object) -> Iterator[Problem]:
    """What no schema can check: that a requirement is known, and that each step has an answer or a store.

    And that no step leads out of the suite's own folders.
    """
    for index, step in enumerate(case["steps"]):
        yield from _leading_out(step, f"$.steps[{index}]", fixed="requirement" not in case)
    if "requirement" not in case:
        if len(case["answers"]) != len(case["steps"]):
            yield Problem("$.answers", f"expected {len(case['steps'])} answers, found {len(case['answers'])}")
        return
    if case["requirement"] not in {AGREEMENT, *load_requirements()}:
        yield Problem("$.requirement", f"expected a requirement, found {json.dumps(case['requirement'])}")
    opened = False
    for index, step in enumerate(case["steps"]):
        if step["op"] in _IN_A_STORE and not opened:
            yield Problem(f"$.steps[{index}].op", f"expected open before {step['op']}, found no store open")
        if step["op"] == "read" and opened:
            yield Problem(f"$.steps[{index}].op", "expected no store open before read, found one")
        opened = step["op"] == "open" or (opened and step["op"] != "greet")


def _leading_out(step: Object, path: str, *, fixed: bool) -> Iterator[Problem]:
    """What a step may not ask; a fixed case holds raw requests, and has one store."""
    op = step["op"]
    request, place = (step["request"], f"{path}.request") if op == "refuse" else (step, path)
    if "id" in request:
        yield Problem(f"{place}.id", "expected no such member: each request gets its id when it is sent")
    if fixed and op == "open":
        yield Problem(f"{path}.op", "expected another operation: a fixed case has one store, which is open")
    elif fixed or op == "refuse":
        yield from confinement.problems_of_request(request, place)
    elif op == "say":
        yield from confinement.problems_of_line(line_of(step), f"{path}.{'line' if 'line' in step else 'bytes'}")
    else:
        yield from confinement.problems_of_arguments(step, path)


def _invalid(source: str, *problems: Problem) -> InvalidInputError:
    return InvalidInputError(problems=problems, source=source)
