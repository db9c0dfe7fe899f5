"""`lifecycle-projection vectors`."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import click
from attrs import frozen

from lifecycle_conformance.cli import exits
from lifecycle_conformance.cli.progress import progress_line
from lifecycle_conformance.cli.root import reference_command
from lifecycle_conformance.cli.signals import interruptible
from lifecycle_conformance.driver import descendants
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.interface import Breakdown, BrokenDriverError, Driver
from lifecycle_conformance.texts import VECTORS
from lifecycle_conformance.vectors.judging import judge
from lifecycle_conformance.vectors.scenarios import FILES, Scenario, stream
from lifecycle_conformance.vectors.tags import tags
from lifecycle_conformance.workspace import workspace
from lifecycle_projection.records import Json

_EPILOG = """\b
EXAMPLES
  lifecycle-projection vectors --list
  lifecycle-projection vectors -- ./my-driver
  lifecycle-projection vectors --only 'scopes-*' --json -- ./my-driver
  lifecycle-projection vectors --requirements 'SCOPE-*' --list
  lifecycle-projection vectors --export cases

\b
EXIT CODES
  0  every case that the driver's capabilities allow agrees
  1  some don't, or the driver crashed or hung
  2  the call is wrong
  3  the driver would not start or broke the protocol, or its capabilities allow no case at all"""


class _Verdict(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    WRONG_REASON = "wrong reason"
    CRASH = "crash"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    NOT_DECLARED = "not declared"


_FALLS_SHORT: Final = {_Verdict.FAIL, _Verdict.WRONG_REASON, _Verdict.CRASH, _Verdict.TIMEOUT}
_BREAKDOWNS: Final = {
    Breakdown.CRASH: _Verdict.CRASH,
    Breakdown.TIMEOUT: _Verdict.TIMEOUT,
    Breakdown.PROTOCOL: _Verdict.PROTOCOL,
}


@frozen(kw_only=True)
class _Judged:
    scenario: Scenario
    verdict: _Verdict
    details: tuple[str, ...] = ()


@click.command(epilog=_EPILOG)
@click.argument("driver_command", metavar="[-- COMMAND...]", nargs=-1)
@click.option("--list", "listed", is_flag=True, help="List the names and stop.")
@click.option("--export", "export_to", metavar="DIR", type=click.Path(path_type=Path), help="Copy the cases and stop.")
@click.option("--only", metavar="PATTERN", multiple=True, help="Take the cases whose names match, such as 'walks-*'.")
@click.option(
    "--requirements",
    metavar="PATTERN",
    multiple=True,
    help="Take the cases that touch a requirement whose id matches, such as 'SCOPE-*'; in a list, name those.",
)
@click.option(
    "--store",
    type=click.Choice(["files", "memory"]),
    default="files",
    show_default=True,
    help="Without COMMAND: the store of the reference.",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="How long the driver may take to start, to answer and to end.",
)
@click.option("--json", "as_json", is_flag=True, help="Report, or list, as one JSON object.")
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    ctx: click.Context,
    driver_command: tuple[str, ...],
    only: tuple[str, ...],
    requirements: tuple[str, ...],
    export_to: Path | None,
    store: str,
    timeout: float,
    *,
    listed: bool,
    as_json: bool,
) -> None:
    """List the fixed cases, export them, or judge an implementation by them alone.

    A case is a life of one store: requests of the driver protocol, the answers that production gave, and the SHA-256
    of every file that it left. COMMAND starts the driver of an implementation; without it the reference is judged. A
    case that needs a capability which the driver doesn't declare is counted as not declared, never as passed.
    """
    if export_to is not None:
        _export(export_to)
        return
    scenarios = [
        scenario for scenario in stream() if _matches(scenario.name, only) and _touched(scenario, requirements)
    ]
    if not scenarios:
        raise click.UsageError(f"no case matches {' '.join((*only, *requirements))}; `vectors --list` shows the names")
    if listed:
        _list(scenarios, requirements, as_json=as_json)
        return
    ctx.with_resource(interruptible())
    ctx.with_resource(descendants.adopting())
    driver = SubprocessDriver(driver_command or reference_command(store), timeout_s=timeout)
    try:
        judged = list(_judged(scenarios, driver))
        name = f"{driver.hello.name} {driver.hello.version}"
    finally:
        driver.close()
    if as_json:
        click.echo(json.dumps(_report(name, judged), ensure_ascii=False, indent=2))
    else:
        _show(name, judged)
    ctx.exit(_code(judged))


def _export(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(VECTORS / name, directory / name)
        click.echo(str(directory / name))


def _matches(text: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(text, pattern) for pattern in patterns)


def _touched(scenario: Scenario, patterns: Sequence[str]) -> list[str]:
    """Name the requirements that a scenario touches; with patterns, those that match one."""
    return sorted(id_ for id_ in tags()[scenario.name] if _matches(id_, patterns))


def _list(scenarios: Sequence[Scenario], patterns: Sequence[str], *, as_json: bool) -> None:
    if not as_json:
        lines = (" ".join([each.name, *(_touched(each, patterns) if patterns else ())]) for each in scenarios)
        click.echo("\n".join(lines))
        return
    listed = [
        {
            "name": scenario.name,
            "source": scenario.source,
            "steps": len(scenario.steps),
            "needs": sorted(scenario.needs),
            "requirements": _touched(scenario, patterns),
        }
        for scenario in scenarios
    ]
    click.echo(json.dumps({"vectors": listed}, ensure_ascii=False, indent=2))


def _judged(scenarios: Sequence[Scenario], driver: Driver) -> Iterator[_Judged]:
    with workspace() as directory, progress_line() as show:
        for number, scenario in enumerate(scenarios, start=1):
            show(f"case {number} of {len(scenarios)}: {scenario.name}")
            yield _judge_one(scenario, driver, Path(directory))


def _judge_one(scenario: Scenario, driver: Driver, directory: Path) -> _Judged:
    missing = scenario.needs - driver.hello.capabilities
    if missing:
        return _Judged(scenario=scenario, verdict=_Verdict.NOT_DECLARED, details=tuple(sorted(missing)))
    try:
        differences = judge(scenario, driver, directory)
    except BrokenDriverError as error:
        return _Judged(scenario=scenario, verdict=_BREAKDOWNS[error.verdict], details=(str(error),))
    if not differences:
        return _Judged(scenario=scenario, verdict=_Verdict.PASS)
    wrong_reason = all(difference.wrong_reason for difference in differences)
    verdict = _Verdict.WRONG_REASON if wrong_reason else _Verdict.FAIL
    return _Judged(scenario=scenario, verdict=verdict, details=tuple(map(str, differences)))


def _code(judged: Sequence[_Judged]) -> int:
    verdicts = {one.verdict for one in judged}
    if verdicts & _FALLS_SHORT:
        return exits.FALLS_SHORT
    if _Verdict.PROTOCOL in verdicts or _Verdict.PASS not in verdicts:
        return exits.UNDECIDED
    return exits.WELL


def _show(name: str, judged: Sequence[_Judged]) -> None:
    for one in judged:
        if one.verdict not in (_Verdict.PASS, _Verdict.NOT_DECLARED):
            click.echo(f"{one.scenario.name} ({one.scenario.source}): {one.verdict}")
            for detail in one.details:
                click.echo("".join(f"  {line}\n" for line in detail.splitlines()), nl=False)
    needed = sorted({need for one in judged if one.verdict is _Verdict.NOT_DECLARED for need in one.details})
    counts = ", ".join(f"{number} {verdict}" for verdict, number in _counts(judged).items() if number)
    because = f" (for want of {', '.join(needed)})" if needed else ""
    click.echo(f"{name}: {len(judged)} cases: {counts}{because}")


def _counts(judged: Sequence[_Judged]) -> dict[str, int]:
    counted = Counter(one.verdict for one in judged)
    return {verdict.value: counted[verdict] for verdict in _Verdict}


def _report(name: str, judged: Sequence[_Judged]) -> dict[str, Json]:
    return {
        "implementation": name,
        "counts": _counts(judged),
        "vectors": [
            {"name": one.scenario.name, "verdict": one.verdict.value, "details": list(one.details)} for one in judged
        ],
    }
