"""`lifecycle-projection vectors`."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import click
from attrs import frozen

from lifecycle_conformance.cli import options
from lifecycle_conformance.cli.case_sets import FIXED, SETS, Case, CaseSet
from lifecycle_conformance.cli.drivers import started
from lifecycle_conformance.cli.messages import echo, echo_json, echo_report, width
from lifecycle_conformance.cli.platform import require_posix
from lifecycle_conformance.cli.progress import progress_line
from lifecycle_conformance.cli.signals import interruptible
from lifecycle_conformance.driver import descendants
from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.workspace import workspace
from lifecycle_conformance.judges.vectors.judging import Difference
from lifecycle_conformance.model.comparison import Mismatch
from lifecycle_conformance.report.difference import place
from lifecycle_conformance.report.wording import counted, paragraph
from lifecycle_conformance.runner.verdicts import Verdict, exit_code
from lifecycle_conformance.runner.whole_file import write_whole
from lifecycle_projection.records import Json

_EPILOG = """\b
EXAMPLES
  lifecycle-projection vectors --list
  lifecycle-projection vectors -- ./my-driver
  lifecycle-projection vectors --only 'scopes-*' --json -- ./my-driver
  lifecycle-projection vectors --requirements 'SCOPE-*' --list
  lifecycle-projection vectors --export cases
  lifecycle-projection vectors --corpus distilled -- ./my-driver

\b
EXIT CODES
  0  every case that the driver's capabilities allow agrees
  1  some don't, or the driver crashed, hung or broke the protocol
  2  the call is wrong
  3  undecided: the driver would not start, the protocol was broken before anything could be
     judged, or the driver's capabilities allow no case at all"""


_RECIPE: Final = "README.md"
_INDEX: Final = "index.json"
_VERDICTS: Final = (
    Verdict.PASS,
    Verdict.FAIL,
    Verdict.WRONG_REASON,
    Verdict.CRASH,
    Verdict.TIMEOUT,
    Verdict.PROTOCOL,
    Verdict.NOT_DECLARED,
)
"""The verdicts on a case, in the order in which they are counted."""


@frozen(kw_only=True)
class _Judged:
    """The verdict on a case, its reasons, and how many answers were compared."""

    case: Case
    verdict: Verdict
    details: tuple[str, ...] = ()
    compared: int = 0
    differences: tuple[Difference, ...] = ()


@click.command(epilog=_EPILOG)
@options.driver_command
@click.option(
    "--corpus",
    type=click.Choice([*SETS]),
    default=FIXED,
    show_default=True,
    help="Which cases: the fixed ones, or the distilled corpus, few and small ones with the reference's answers.",
)
@click.option("--list", "listed", is_flag=True, help="List the names and stop.")
@click.option(
    "--export",
    "export_to",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Copy the cases, with an index by requirement and how to run them without a driver, and stop.",
)
@click.option("--only", metavar="PATTERN", multiple=True, help="Take the cases whose names match, such as 'walks-*'.")
@click.option(
    "--requirements",
    metavar="PATTERN",
    multiple=True,
    help="Take the cases that touch a requirement whose id matches, such as 'SCOPE-*'; in a list, name those.",
)
@options.store
@options.timeout
@click.option("--json", "as_json", is_flag=True, help="Report, or list, as one JSON object.")
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    ctx: click.Context,
    driver_command: tuple[str, ...],
    only: tuple[str, ...],
    requirements: tuple[str, ...],
    corpus: str,
    export_to: Path | None,
    store: str,
    timeout: float,
    *,
    listed: bool,
    as_json: bool,
) -> None:
    """List the fixed cases or the distilled corpus, export them, or judge an implementation by them alone.

    A case is a session of one store: requests of the driver protocol, the answers that production gave, and the SHA-256
    of every file that it left. COMMAND starts the driver of an implementation; without it the reference is judged. A
    case that needs a capability which the driver doesn't declare is counted as not declared, never as passed.

    The distilled corpus was grown from lives: it tells nearly all faulty implementations that this suite knows, in the
    least time. There, the answers are the reference's, and the properties hold in each case.
    """
    chosen = SETS[corpus]
    if export_to is not None:
        _export(chosen, export_to)
        return
    cases = [case for case in chosen.cases() if _matches(case.name, only) and _touched(case, requirements)]
    if not cases:
        raise click.UsageError(f"no case matches {' '.join((*only, *requirements))}; `vectors --list` shows the names")
    if listed:
        _list(cases, requirements, as_json=as_json)
        return
    require_posix("vectors")
    ctx.with_resource(interruptible())
    ctx.with_resource(descendants.adopting())
    driver = started(driver_command, store, timeout)
    ctx.exit(_judge(cases, driver, as_json=as_json))


def _judge(cases: Sequence[Case], driver: Driver, *, as_json: bool) -> int:
    """Judge a driver by some cases, and report; the exit code."""
    try:
        judged = list(_judged(cases, driver))
        name = f"{driver.hello.name} {driver.hello.version}"
    finally:
        driver.close()
    if as_json:
        echo_json(_report(name, judged))
    else:
        _show(name, judged)
    return _code(judged)


def _export(chosen: CaseSet, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for file in chosen.files:
        _copy(file, directory / file.name)
        echo(str(directory / file.name))
    _copy(chosen.recipe, directory / _RECIPE)
    echo(str(directory / _RECIPE))
    write_whole(str(directory / _INDEX), json.dumps(chosen.index(), ensure_ascii=False, indent=1).encode() + b"\n")
    echo(str(directory / _INDEX))


def _copy(source: Path, target: Path) -> None:
    """Copy a file whole or not at all; an error names the copy."""
    temporary = target.with_name(f"{target.name}.tmp")
    try:
        shutil.copyfile(source, temporary)
        temporary.replace(target)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise OSError(error.errno, error.strerror, str(target)) from error


def _matches(text: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(text, pattern) for pattern in patterns)


def _touched(case: Case, patterns: Sequence[str]) -> list[str]:
    """The ids of the requirements that a case touches; with patterns, those that match one."""
    return sorted(id_ for id_ in case.requirements if _matches(id_, patterns))


def _list(cases: Sequence[Case], patterns: Sequence[str], *, as_json: bool) -> None:
    if not as_json:
        lines = (" ".join([each.name, *(_touched(each, patterns) if patterns else ())]) for each in cases)
        echo("\n".join(lines))
        return
    listed = [
        {
            "name": case.name,
            "source": case.source,
            "steps": case.steps,
            "needs": sorted(case.needs),
            "requirements": _touched(case, patterns),
        }
        for case in cases
    ]
    echo_json({"vectors": listed})


def _judged(cases: Sequence[Case], driver: Driver) -> Iterator[_Judged]:
    with workspace() as directory, progress_line() as show:
        for number, case in enumerate(cases, start=1):
            show(f"case {number} of {len(cases)}: {case.name}")
            yield _judge_one(case, driver, Path(directory))


def _judge_one(case: Case, driver: Driver, directory: Path) -> _Judged:
    missing = case.needs - driver.hello.capabilities
    if missing:
        return _Judged(case=case, verdict=Verdict.NOT_DECLARED, details=tuple(sorted(missing)))
    comparison = case.compare(driver, directory)
    differences, broke = comparison.differences, comparison.broke
    details = tuple(map(str, differences if broke is None else [broke]))
    if broke is not None:
        verdict = Verdict(broke.verdict.value)
    elif not differences:
        verdict = Verdict.PASS
    else:
        wrong_reason = all(difference.wrong_reason for difference in differences)
        verdict = Verdict.WRONG_REASON if wrong_reason else Verdict.FAIL
    return _Judged(
        case=case,
        verdict=verdict,
        details=details,
        differences=tuple(differences),
        compared=comparison.compared,
    )


def _code(judged: Sequence[_Judged]) -> int:
    """The exit code, by the rule of all commands that judge; undecided where no case applies to the driver."""
    verdicts = {one.verdict for one in judged}
    return exit_code(verdicts, judged=any(one.compared for one in judged), undecided=verdicts == {Verdict.NOT_DECLARED})


def _show(name: str, judged: Sequence[_Judged]) -> None:
    wide = width()
    for one in judged:
        if one.verdict not in (Verdict.PASS, Verdict.NOT_DECLARED):
            echo_report("\n".join(_lines_on(one, wide)))
    needed = sorted({need for one in judged if one.verdict is Verdict.NOT_DECLARED for need in one.details})
    counts = ", ".join(f"{number} {verdict}" for verdict, number in _counts(judged).items() if number)
    because = f" (for want of {', '.join(needed)})" if needed else ""
    echo("\n".join(paragraph(safe(f"{name}: {counted(len(judged), 'case')}: {counts}{because}"), wide, rest="  ")))


def _lines_on(one: _Judged, wide: int) -> Iterator[str]:
    """The lines on a case that differs: at which step and in which members, or how the driver broke."""
    yield from paragraph(f"{one.case.name} ({one.case.source}): {one.verdict}", wide, rest="  ")
    for difference in one.differences:
        yield f"  {difference.where}"
        yield from place(Mismatch(difference.path, difference.expected, difference.actual), wide)
    for detail in () if one.differences else one.details:
        for line in detail.splitlines():
            yield from paragraph(safe(line), wide, first="  ", rest="    ")


def _counts(judged: Sequence[_Judged]) -> dict[str, int]:
    number = Counter(one.verdict for one in judged)
    return {verdict.value: number[verdict] for verdict in _VERDICTS}


def _report(name: str, judged: Sequence[_Judged]) -> dict[str, Json]:
    return {
        "implementation": name,
        "counts": _counts(judged),
        "vectors": [
            {"name": one.case.name, "verdict": one.verdict.value, "details": list(one.details)} for one in judged
        ],
    }
