"""The suite as pytest collects it: a group for each chapter, and in it a test for each requirement, named by its id."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NoReturn, Self, TypeAlias

import pytest

from lifecycle_conformance.plugin import outcomes
from lifecycle_conformance.plugin.hooks import GivenDriver
from lifecycle_conformance.plugin.outcomes import Judge, Outcome
from lifecycle_conformance.plugin.search import Found, found_for, known_failures, spec_version
from lifecycle_conformance.report.wording import WIDTH
from lifecycle_conformance.runner.runner import chosen
from lifecycle_conformance.runner.verdicts import Report
from lifecycle_conformance.specification.texts import SPEC
from lifecycle_conformance.specification.versions import UnknownVersionError
from lifecycle_projection import InvalidInputError

_JUDGES: Final[Sequence[Judge]] = ("agreement", "vectors")
_WHOLE_ANSWERS: Final = "whole-answers"
_NOTHING_JUDGED: Final = "nothing could be judged"
"""Why no other test of the suite is run: each would say the same."""
_BecomesOf: TypeAlias = Callable[[Report, Sequence[str], int], Outcome]


class Suite(pytest.File):
    """All chapters, then the judges of whole answers."""

    def collect(self) -> Iterator["Chapter"]:
        """The groups of tests, in the order of the specification."""
        try:
            known_failures(self.config)
            wanted = chosen((), spec_version(self.config))
        except (InvalidInputError, UnknownVersionError) as error:
            raise self.CollectError(str(error)) from error
        for name, group in groupby(wanted, key=lambda each: each.chapter):
            tests = {each.id: partial(outcomes.of_requirement, requirement=each.id) for each in group}
            yield Chapter.of(self, name, SPEC / f"{name}.md", tests)
        judges: dict[str, _BecomesOf] = {each: partial(outcomes.of_judge, judge=each) for each in _JUDGES}
        yield Chapter.of(self, _WHOLE_ANSWERS, SPEC / "17-conformance.md", judges)


class Chapter(pytest.Collector):
    """The requirements of a chapter."""

    tests: Mapping[str, _BecomesOf]

    @classmethod
    def of(cls, parent: Suite, name: str, text: Path, tests: Mapping[str, _BecomesOf]) -> Self:
        """A group of tests, each by its name with what becomes of it."""
        chapter = cls.from_parent(parent, name=name, path=text)
        chapter.tests = tests
        return chapter

    def collect(self) -> Iterator["RequirementTest"]:
        """The tests, in the order of the specification."""
        for name, becomes in self.tests.items():
            test: RequirementTest = RequirementTest.from_parent(self, name=name, callobj=_judged)
            test.becomes = becomes
            yield test


class RequirementTest(pytest.Function):
    """A requirement as a test; `becomes` says what a report makes of it, `brief` what is wrong, if anything is."""

    becomes: _BecomesOf
    brief: str = ""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        """The failure as pytest shows it; its short summary would begin with the first line, which is a heading."""
        shown: Any = super().repr_failure(excinfo)
        if self.brief and (crash := getattr(shown, "reprcrash", None)) is not None:
            crash.message = self.brief
        return shown

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it stands in the specification."""
        return self.path, None, self.name


def _judged(request: pytest.FixtureRequest, lifecycle_driver: GivenDriver) -> None:
    """The test of each requirement: what the one search of this run found of it."""
    found = _found(request, lifecycle_driver)
    test: Any = request.node
    if found.report is None:
        request.session.shouldfail = _NOTHING_JUDGED
        _fail(test, found.error, " ".join(found.error.split()))
    outcome = test.becomes(found.report, driver=found.command, width=WIDTH)
    if outcome.kind == "skipped":
        pytest.skip(outcome.said)
    if outcome.kind == "known":
        pytest.xfail(outcome.said)
    if outcome.kind == "failed":
        _fail(test, outcome.said, outcome.brief)


def _fail(test: RequirementTest, said: str, brief: str) -> NoReturn:
    test.brief = brief
    pytest.fail(said, pytrace=False)


def _found(request: pytest.FixtureRequest, given: GivenDriver) -> Found:
    try:
        return found_for(request, given, _selected(request.session))
    except Exception:
        # What starts a driver in code is at fault: every other test would say the same.
        request.session.shouldfail = _NOTHING_JUDGED
        raise


def _selected(session: pytest.Session) -> Sequence[str]:
    """The requirements that this run is about; none where it is about all, or about a judge of whole answers."""
    selected = {each.name for each in session.items if isinstance(each, RequirementTest)}
    everything = not selected.isdisjoint(_JUDGES) or len(selected) == len(chosen((), spec_version(session.config)))
    return () if everything else sorted(selected)
