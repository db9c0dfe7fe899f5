"""A report as text: what failed, each with its smallest life, then a table of all requirements."""

import json
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Final

from lifecycle_conformance.trace import Object
from lifecycle_conformance.verdicts import FAILURES, Failure, Report, Result, Verdict
from lifecycle_projection.records import Json

_WIDTH: Final = 110
_SHOWN_VECTORS: Final = 10


def render(report: Report) -> str:
    """Write a report for people."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    for result in report.results:
        if result.failure is not None:
            yield from _failed(result)
            yield ""
    yield from _table(report)
    yield ""
    yield from _vectors(report)
    yield from _lives(report)
    yield _summary(report)


def _table(report: Report) -> Iterator[str]:
    width = max(len(result.requirement.id) for result in report.results)
    yield f"{'':{width}}  {'verdict':13}  {'cases':>5}"
    for result in report.results:
        requirement = result.requirement
        cases = str(result.cases) if result.cases else "-"
        yield f"{requirement.id:{width}}  {result.verdict:13}  {cases:>5}  {requirement.title}"


def _failed(result: Result) -> Iterator[str]:
    requirement, failure = result.requirement, result.failure
    assert failure is not None
    yield f"── {requirement.id}: {requirement.title} ── {result.verdict}"
    yield from textwrap.wrap(
        requirement.statement.replace("\n", " "), _WIDTH, initial_indent="   ", subsequent_indent="   "
    )
    yield ""
    yield from _operations(failure)
    yield ""
    yield f"   {failure.message}:"
    if failure.compared:
        yield from _difference(failure.expected, failure.actual)
    if not failure.shrunk:
        yield "   (not shrunk: the time for that was spent)"
    if failure.stderr.strip():
        yield "   standard error, its end:"
        yield from (f"     {line}" for line in failure.stderr.strip().splitlines()[-10:])


def _operations(failure: Failure) -> Iterator[str]:
    previous: Object | None = None
    for number, (op, arguments) in enumerate(failure.requests, start=1):
        run = arguments.get("run")
        yield f"   {number:>2}  {op:8}  {_short(arguments) if run is None else _run(run, previous)}"
        previous = previous if run is None else run


def _run(run: Object, previous: Object | None) -> str:
    """Write what matters of a run: on its first appearance all of that, later what changed."""
    history = run.get("checkpoint", {}).get("lifecycle_history", [])
    if run == previous:
        return "the same run"
    gate = run.get("checkpoint", {}).get("awaiting_gate")
    awaiting = "" if gate is None else ", awaiting a gate"
    records = ", ".join(_short(record) for record in history)
    return f"{run.get('run_id')!r} {run.get('status')}{awaiting}: [{records}]"


def _difference(expected: Json, actual: Json) -> Iterator[str]:
    """Show two values: objects member by member, where they differ."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in sorted(expected.keys() | actual.keys()):
            left, right = expected.get(name, "(nothing)"), actual.get(name, "(nothing)")
            if json.dumps(left, sort_keys=True) != json.dumps(right, sort_keys=True):
                yield f"     {name}: expected {_short(left)}, got {_short(right)}"
    else:
        yield f"     expected  {_short(expected)}"
        yield f"     got       {_short(actual)}"


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 4 * _WIDTH else f"{text[: 4 * _WIDTH]} … ({len(text)} characters)"


def _vectors(report: Report) -> Iterator[str]:
    if report.vectors is None:
        return
    failed = report.vectors.failed
    yield f"vectors: {report.vectors.agreed} agree, {len(failed)} differ, {report.vectors.not_declared} not declared"
    for name, difference in failed[:_SHOWN_VECTORS]:
        yield f"  {name}: {difference}"
    if len(failed) > _SHOWN_VECTORS:
        yield f"  and {len(failed) - _SHOWN_VECTORS} more"


def _lives(report: Report) -> Iterator[str]:
    census = report.census
    yield (
        f"lives: {census.lives}, {census.steps} requests judged, {census.passes} passes ({census.refusals} refused),"
        f" at most {census.most_passes} passes and {census.longest_history} records in a life"
    )
    yield f"phases met: {', '.join(f'{phase} {count}' for phase, count in census.phases.most_common())}"


def _summary(report: Report) -> str:
    counted = Counter(result.verdict for result in report.results)
    verdicts = ", ".join(f"{counted[verdict]} {verdict}" for verdict in Verdict if counted[verdict])
    red = [result for result in report.results if result.verdict in FAILURES]
    outcome = (
        "conforms, as far as it was checked" if report.exit_code == 0 else f"falls short in {len(red)} requirements"
    )
    if red == [] and report.exit_code:
        outcome = "differs from the vectors"
    return (
        f"{report.hello.name} {report.hello.version} {outcome}: {verdicts}"
        f" ({report.profile}, seed {report.seed}, {report.seconds:.0f} s)"
    )
