"""The search behind the tests of a run: it is made for the first of them, and judges what was selected."""

import shlex
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import hypothesis
import pytest
from attrs import frozen

from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.interface import DriverError
from lifecycle_conformance.driver.processors import usual_jobs
from lifecycle_conformance.plugin import outcomes
from lifecycle_conformance.plugin.hooks import SUMMARY, GivenDriver
from lifecycle_conformance.plugin.shared import made_once
from lifecycle_conformance.plugin.showing import progress
from lifecycle_conformance.report.wording import WIDTH
from lifecycle_conformance.runner import case_files, known_failures_file, runner
from lifecycle_conformance.runner.findings import number_of
from lifecycle_conformance.runner.known_failures import KnownFailures, held, renewed
from lifecycle_conformance.runner.quiet import without_warnings
from lifecycle_conformance.runner.search import Factory
from lifecycle_conformance.runner.verdicts import Report

_CASES: Final = Path("lifecycle-cases")
_KNOWN: Final = pytest.StashKey[KnownFailures]()
_FOUND: Final = pytest.StashKey["Found"]()


@frozen
class Found:
    """What the search found: a report, or an `error` that kept it from judging anything; `command` starts the driver.

    A driver in code has no command. `note` says of the file of known failures what is to be said at the end.
    """

    command: tuple[str, ...]
    report: Report | None
    error: str = ""
    note: str = ""


def found_for(request: pytest.FixtureRequest, given: GivenDriver, only: Sequence[str]) -> Found:
    """What the one search of this run finds about a driver, for `only` these requirements or, with none, for all."""
    stash = request.config.stash
    if _FOUND not in stash:
        stash[_FOUND] = _made(request, given, only)
    return stash[_FOUND]


def _made(request: pytest.FixtureRequest, given: GivenDriver, only: Sequence[str]) -> Found:
    def make() -> Found:
        found = _searched(request, given, only)
        request.config.stash[SUMMARY] = _summary(found)
        return found

    if not hasattr(request.config, "workerinput"):
        return make()
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    return made_once(factory.getbasetemp().parent / "lifecycle-projection.found", make)


def _searched(request: pytest.FixtureRequest, given: GivenDriver, only: Sequence[str]) -> Found:
    config, command = request.config, _command(given)
    processes = getattr(config, "workerinput", {}).get("workercount", usual_jobs())
    try:
        # What the reference warns of, which judges beside the driver, belongs to no test.
        with without_warnings(), progress(config) as show:
            report = runner.run(
                _factory(given, config.getoption("--lifecycle-timeout")),
                profile=config.getoption("--lifecycle-profile"),
                seed=_seed(config),
                # What is made in a conftest can't be sent to other processes.
                jobs=processes if command else 0,
                only=only,
                spec=spec_version(config),
                database=hypothesis.settings().database,
                progress=show,
            )
    except DriverError as error:
        return Found(command, None, str(error))
    if report.interrupted:
        raise KeyboardInterrupt
    if report.unusable:
        return Found(command, None, outcomes.nothing_judged(report, command, WIDTH))
    known, note = _renewed(config, report)
    report = held(report, known)
    # A case is replayed with the command.
    return Found(command, case_files.save_all(_CASES, report) if command else report, note=note)


def _renewed(config: pytest.Config, report: Report) -> tuple[KnownFailures, str]:
    """What is known, after its file is written anew if that was asked for, and what is to be said of the file."""
    known, target = known_failures(config), config.getoption("--lifecycle-write-known-failures")
    if not target:
        return known, ""
    if report.cut:
        # What is known may be yet to come.
        return known, f"{target} is left as it is: {report.cut}"
    known = renewed(report, known)
    return known, known_failures_file.write(target, known)


def spec_version(config: pytest.Config) -> str | None:
    """The version of the specification whose requirements are judged, if not all are."""
    return config.getoption("--lifecycle-spec") or config.getini("lifecycle_spec") or None


def known_failures(config: pytest.Config) -> KnownFailures:
    """The failures that are accepted. Raises :class:`InvalidInputError` where their file is wrong."""
    stash = config.stash
    if _KNOWN not in stash:
        configured = config.getini("lifecycle_known_failures")
        given = config.getoption("--lifecycle-known-failures") or (configured and str(config.rootpath / configured))
        target = config.getoption("--lifecycle-write-known-failures")
        stash[_KNOWN] = known_failures_file.read_for(given or None, target or None)
    return stash[_KNOWN]


def _command(given: GivenDriver) -> tuple[str, ...]:
    if callable(given):
        return ()
    return tuple(shlex.split(given) if isinstance(given, str) else given)


def _factory(given: GivenDriver, timeout_s: float) -> Factory:
    return given if callable(given) else partial(SubprocessDriver, _command(given), timeout_s=timeout_s)


def _seed(config: pytest.Config) -> int:
    """The seed that Hypothesis was given, which may be any text; without it 0, as for `check`."""
    given = config.getoption("--hypothesis-seed", None)
    if given is None:
        return 0
    return int(given) if str(given).isdecimal() else number_of(str(given))


def _summary(found: Found) -> dict[str, object]:
    if found.report is None:
        return {"text": "", "defective": False}
    return {
        "text": outcomes.summary(found.report, found.command, WIDTH, found.note),
        "defective": bool(found.report.errors),
    }
