"""What pytest loads at every start, even where nobody asks for the suite: so nothing of the suite is imported here."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

if TYPE_CHECKING:
    from lifecycle_conformance.driver.interface import Driver
    from lifecycle_conformance.plugin.suite import Suite

GivenDriver: TypeAlias = "str | Sequence[str] | Callable[[], Driver]"
"""What the fixture `lifecycle_driver` gives: a command as a text or as a list, or what starts a driver in code."""
_SUITE: Final = Path(__file__).with_name("suite.py")
_PACKAGE: Final = _SUITE.parent.parent
_ID: Final = f"{__package__}.{_SUITE.stem}"
"""What the ids of all tests of the suite begin with: wherever it is installed, and however it was named."""
_TITLE: Final = "lifecycle projection"
SUMMARY: Final = pytest.StashKey[Mapping[str, Any]]()
"""What the end of the run says of the search: its `text`, and whether the suite itself is `defective`."""
NO_DRIVER: Final = (
    "no driver: give --lifecycle-driver COMMAND, or lifecycle_driver in the configuration, or a fixture "
    "lifecycle_driver in the conftest.py of the root folder"
)


def seconds(text: str) -> float:
    """A time that ends some day, and takes one."""
    given = float(text)
    if not 0 < given < math.inf:
        raise ValueError
    return given


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `check` that matter in pytest; the seed is --hypothesis-seed."""
    group = parser.getgroup("lifecycle", "conformance with the lifecycle projection (--pyargs lifecycle_conformance)")
    group.addoption("--lifecycle-driver", metavar="COMMAND", help="The command that starts the driver to be judged.")
    group.addoption(
        "--lifecycle-profile",
        choices=["quick", "default", "thorough"],
        default="default",
        help="How much to search.",
    )
    group.addoption(
        "--lifecycle-timeout",
        metavar="SECONDS",
        type=seconds,
        default=10.0,
        help="How long the driver may take to start, to answer and to end.",
    )
    group.addoption(
        "--lifecycle-known-failures",
        metavar="FILE",
        help="The failures that are accepted (TOML, as for check): they are xfail, strictly.",
    )
    group.addoption(
        "--lifecycle-write-known-failures",
        metavar="FILE",
        help="Write all that fails to FILE as known, with the reasons that it or the file of known failures has.",
    )
    group.addoption(
        "--lifecycle-spec",
        metavar="VERSION",
        help="Judge by the requirements of this version of the specification, such as 1.0.",
    )
    parser.addini("lifecycle_driver", "The command that starts the driver to be judged.", default="")
    parser.addini("lifecycle_spec", "The version of the specification that is judged by.", default="")
    parser.addini(
        "lifecycle_known_failures", "The file of the failures that are accepted, from the root folder.", default=""
    )


def pytest_configure(config: pytest.Config) -> None:
    """An id that a run printed names its test without --pyargs, too."""
    if not config.getoption("pyargs"):
        config.args = [_with_path(each) for each in config.args]


def _with_path(argument: str) -> str:
    name, colons, rest = argument.partition("::")
    return f"{_SUITE}{colons}{rest}" if name == _ID else argument


@pytest.fixture(scope="session")
def lifecycle_driver(request: pytest.FixtureRequest) -> GivenDriver:
    """The driver to be judged: a command, or a callable that starts a driver. Override it to give one in code."""
    command: str = request.config.getoption("--lifecycle-driver") or request.config.getini("lifecycle_driver")
    if not command:
        # Every other test of the suite would fail in the same way.
        request.session.shouldfail = NO_DRIVER
        pytest.fail(NO_DRIVER, pytrace=False)
    return command


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "Suite | None":
    """The suite, where it or its package is named: whoever collects all there is doesn't ask for it."""
    if file_path.name != _SUITE.name or file_path != _SUITE:
        return None
    if not any(parent.session.isinitpath(each) for each in (_SUITE, _PACKAGE)):
        return None
    from lifecycle_conformance.plugin.suite import Suite  # noqa: PLC0415

    return Suite.from_parent(parent, path=file_path, nodeid=_ID)


# --- the end of the run -----------------------------------------------------------------------------------------------


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """With xdist: take what the worker says that made the search."""
    if (summary := getattr(node, "workeroutput", {}).get(_TITLE)) is not None:
        node.config.stash[SUMMARY] = summary


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what is to be said on from a worker of xdist; a defect of the suite makes no run green."""
    summary = session.config.stash.get(SUMMARY, None)
    if summary is None:
        return
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_TITLE] = summary
    elif summary["defective"] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """How far the driver got, and what to mend first."""
    summary = config.stash.get(SUMMARY, None)
    if summary is not None and summary["text"]:
        terminalreporter.section(_TITLE)
        terminalreporter.write_line(summary["text"])
