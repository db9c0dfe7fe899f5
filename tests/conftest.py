"""What all tests share: in continuous integration nothing may be skipped."""

import os

import pytest

from lifecycle_conformance.runner import runner
from lifecycle_conformance.runner.pool import collect_seldom

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
    """Let a check be over soon, where it matters that it is made and not how far it goes."""
    short = runner.Profile(shards=1, sessions=1, actions=4, input_cases=2, protocol_cases=3, wanted=1)
    monkeypatch.setattr(runner, "PROFILES", {"quick": short})
