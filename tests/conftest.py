"""What all tests share: in continuous integration nothing may be skipped."""

import os
from functools import cache

import pytest

from lifecycle_conformance.judges import vectors
from lifecycle_conformance.runner.pool import collect_seldom
from searching import shorten

_SKIPPED: list[str] = []
collect_seldom()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _SKIPPED.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A test that needs more than is there skips on a developer's machine; here everything is installed."""
    if os.environ.get("CI") and _SKIPPED:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("CI") and _SKIPPED:
        terminalreporter.write_line(f"skipped although CI is set: {', '.join(_SKIPPED)}", red=True)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name cases alike in every process: the items of a set come in any order."""
    return "-".join(sorted(map(str, val))) or "nothing" if isinstance(val, frozenset | set) else None


@pytest.fixture
def short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """One session round each target, and a few plain cases."""
    shorten(monkeypatch)


@pytest.fixture
def few_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short search that goes round few targets; it has to be made by this process."""
    shorten(monkeypatch, among=slice(6))


@pytest.fixture
def plain_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search without sessions, also where other processes make it: for what the plainest cases show."""
    shorten(monkeypatch, sessions=0)


@pytest.fixture
def vectors_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve megabytes take a second to read: the commands that this process calls share them."""
    for user in ("judges.vectors.stream", "cli.case_sets.stream"):
        monkeypatch.setattr(f"lifecycle_conformance.{user}", lambda: iter(_vectors()))


@cache
def _vectors() -> list[vectors.Scenario]:
    return vectors.load()
