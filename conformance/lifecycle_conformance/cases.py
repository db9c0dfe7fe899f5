"""Failures saved as files: the life that shows one, in the format of the fixed cases, with what it says and of whom.

A case that was found names the requirement that it breaks; one of the fixed cases has production's answers instead.
Both can be replayed.
"""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from lifecycle_conformance import schemas
from lifecycle_conformance.agreement import AGREEMENT
from lifecycle_conformance.driver.interface import Breakdown, Hello
from lifecycle_conformance.requirements import SPEC_VERSION
from lifecycle_conformance.requirements import load as load_requirements
from lifecycle_conformance.trace import Object, Request
from lifecycle_conformance.vectors import Scenario
from lifecycle_conformance.verdicts import Failure, JudgeResult, Report, Result
from lifecycle_projection import InvalidInputError, Problem
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Json

_MAX_DEPTH: Final = 200
"""Deep enough for the deepest record that a life may hold, inside what a case wraps it in."""
_DIGITS_OF_NAME: Final = 8
_IN_A_STORE: Final = frozenset({"restart", "tear", "put", "remove"})
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9-]")


@frozen(kw_only=True)
class Case:
    """The requests of a life, read from a file; `source` is its name, with the line where it has several cases.

    `requirement` is the one that it broke when it was found, or `agreement`; `scenario` is what a fixed case is.
    """

    name: str
    source: str
    requests: tuple[Request, ...]
    requirement: str | None
    message: str = ""
    verdict: str = ""
    scenario: Scenario | None = None

    @property
    def about_a_breakdown(self) -> bool:
        """Tell whether the driver broke when this was found: then nothing else was judged."""
        return self.verdict in set(Breakdown)

    @property
    def needs(self) -> frozenset[str]:
        """The capabilities without which a driver can't be asked this: what must be refused needs none."""
        if self.scenario is not None:
            return self.scenario.needs
        steps = tuple({"op": op, **arguments} for op, arguments in self.requests if op != "refuse")
        text = {"text-input"} if any("run_json" in step for step in steps) else set()
        return Scenario(name=self.name, source=self.source, steps=steps, answers=(), files={}).needs | text


def suite_version() -> str:
    """Give the version of this suite."""
    try:
        return version("lifecycle-projection")
    except PackageNotFoundError:
        return "not installed"


# --- saving -----------------------------------------------------------------------------------------------------------


def save(folder: Path, result: Result | JudgeResult, *, hello: Hello, profile: str, seed: int) -> Path:
    """Write the failure of a result into a folder, which is made if it is missing, and give the path of the file.

    The name is that of the requirement and a few digits that stand for the requests: the same life again is the same
    file.
    """
    assert result.failure is not None
    failure, requirement = result.failure, AGREEMENT if isinstance(result, JudgeResult) else result.requirement.id
    verdict = failure.verdict if isinstance(result, JudgeResult) else result.verdict
    steps = [{"op": op, **arguments} for op, arguments in failure.requests]
    name = f"{requirement}-{sha256(_text(steps).encode()).hexdigest()[:_DIGITS_OF_NAME]}"
    case = {
        "name": name,
        "requirement": requirement,
        "verdict": verdict.value,
        "message": failure.message,
        **({"expected": failure.expected, "actual": failure.actual} if failure.compared else {}),
        "steps": steps,
        "spec": SPEC_VERSION,
        "suite": suite_version(),
        "driver": f"{hello.name} {hello.version}",
        "profile": profile,
        "seed": seed,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_UNSAFE.sub('_', name)}.json"
    path.write_text(f"{_text(case)}\n", encoding="utf-8")
    return path


def save_all(folder: Path, report: Report) -> Report:
    """Save every failure that has a life, and give the report with the path of its case in each."""

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
    return Case(
        name=value["name"],
        source=source,
        requests=tuple((step["op"], {name: each for name, each in step.items() if name != "op"}) for step in steps),
        requirement=value.get("requirement"),
        message=value.get("message", ""),
        verdict=value.get("verdict", ""),
        scenario=scenario,
    )


def _beyond_the_schema(case: Object) -> Iterator[Problem]:
    """Tell what no schema can say: that a requirement is known, that each step has an answer or a store."""
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


def _invalid(source: str, *problems: Problem) -> InvalidInputError:
    return InvalidInputError(problems=problems, source=source)
