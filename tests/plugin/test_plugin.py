"""The suite in pytest: a test for each requirement, with the verdict of `check`."""

import contextlib
import json
import os
import pty
import re
import shlex
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from counting import STARTED, CountingTooMuch
from lifecycle_conformance.plugin import hooks, suite
from lifecycle_conformance.report.failures import in_full
from lifecycle_conformance.runner import known_failures_file, runner
from lifecycle_conformance.runner.known_failures import KnownFailures
from lifecycle_conformance.runner.known_failures_file import text_of
from lifecycle_conformance.runner.verdicts import FAILURES, KnownFailure, Verdict
from lifecycle_conformance.specification import requirements, versions

pytest_plugins = ["pytester"]

SUITE = suite.__name__
SELECTED = "PASS or COMPACT-1 or DB-1"
SHORT_SEARCH = """\
import pytest
from counting import TINY, CountingTooMuch, Right
from lifecycle_conformance.runner import runner

runner.PROFILES = TINY
"""
# Processes that search would take long to start, and a driver that is a process long to shrink with.
IN_ONE_PROCESS = """
searched = runner.run
runner.run = lambda factory, **options: searched(factory, **{**options, "jobs": 0, "shrink_attempts": 0})
"""
IN_CODE = """\

@pytest.fixture
def lifecycle_driver():
    return {driver}
"""
COUNTING_TOO_MUCH = SHORT_SEARCH + IN_CODE.format(driver="CountingTooMuch")
# It answers nothing but hello.
SILENT = """\
import sys
hello = '{"protocol": 1, "name": "silent", "version": "1", "language": "Python", "spec": "1", "capabilities": []}'
print('{"id": 1, "ok": ' + hello + "}", flush=True)
sys.stdin.readline()
sys.exit(sys.stdin.readline() != "")
"""
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run the suite in a folder of its own, in this process or in another one.

    What broke something in another test isn't tried again: Hypothesis keeps it in this folder, too.
    """
    set_hypothesis_home_dir(pytester.path / ".hypothesis")
    monkeypatch.setattr(runner, "PROFILES", runner.PROFILES)  # puts back what a conftest puts there
    folders = [str(Path(__file__).parent), *(each for each in sys.path if each)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(folders))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # these tests may run in one

    def run(
        *arguments: str,
        suite: str = "lifecycle_conformance",
        conftest: str = COUNTING_TOO_MUCH,
        process: bool = False,
    ) -> pytest.RunResult:
        pytester.makeconftest(conftest)
        start = pytester.runpytest_subprocess if process else pytester.runpytest_inprocess
        return start("-p", hooks.__name__, "-p", "no:benchmark", "--pyargs", suite, *arguments)

    yield run
    set_hypothesis_home_dir(None)


def outcomes(result: pytest.RunResult) -> Mapping[str, str]:
    """What became of each test, by its name, from the lines of a verbose run."""
    lines = [line.split() for line in result.outlines if line.startswith(f"{SUITE}::")]
    return {words[0].rpartition("::")[2]: words[1] for words in lines}


def failed(result: pytest.RunResult) -> list[str]:
    """The tests that the summary names as failed."""
    lines = [line.split()[1] for line in result.outlines if line.startswith(f"FAILED {SUITE}::")]
    return [each.rpartition("::")[2] for each in lines]


# --- verdicts ---------------------------------------------------------------------------------------------------------


def test_each_requirement_is_a_test_with_the_verdict_of_a_check(run: Run) -> None:
    result = run("-v", "-rs", "-k", SELECTED)
    report = runner.run(CountingTooMuch, only=sorted(outcomes(result)))
    verdicts = report.verdicts
    wanted = {Verdict.PASS, Verdict.FAIL, Verdict.NOT_EXERCISED, Verdict.NOT_DECLARED, Verdict.NOT_JUDGED_HERE}
    assert {*verdicts.values()} == wanted
    assert outcomes(result) == {
        id_: "PASSED" if verdict is Verdict.PASS else "FAILED" if verdict in FAILURES else "SKIPPED"
        for id_, verdict in verdicts.items()
    }
    result.stdout.fnmatch_lines_random(
        ["SKIPPED*: the driver doesn't declare compact", "SKIPPED*: no driver can show it: *"]
    )


def test_a_failure_reads_as_in_check_and_without_a_traceback(run: Run) -> None:
    result = run("-k", "PASS-6")
    report = runner.run(CountingTooMuch, only=["PASS-6"])
    text = click.unstyle("\n".join(in_full(report.results[0], driver=())))
    assert text in result.stdout.str()
    result.stdout.no_fnmatch_line("*def *")
    result.stdout.fnmatch_lines(["mend first *PASS-6 *"])


def test_the_short_summary_says_what_is_wrong_in_a_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")  # there, lines are whole
    failure = runner.run(CountingTooMuch, only=["PASS-6"]).results[0].failure
    assert failure is not None
    said = f"{failure.message}: expected {failure.expected}, got {failure.actual}"
    result = run("-k", "PASS-6", "-n", "1", process=True)
    summary = result.outlines[result.outlines.index("=" * 27 + " short test summary info " + "=" * 28) :]
    assert f"FAILED {SUITE}::09-pass::PASS-6 - {said}" in summary


def test_all_requirements_and_whole_answers_are_judged_and_grouped_by_chapter(run: Run) -> None:
    result = run("--collect-only", "-q")
    found = [line.split("::") for line in result.outlines if line.startswith(f"{SUITE}::")]
    known = [[SUITE, each.chapter, each.id] for each in requirements.load().values()]
    assert found == [*known, [SUITE, "whole-answers", "agreement"], [SUITE, "whole-answers", "vectors"]]


def test_the_requirements_of_a_version_are_collected_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "versions", lambda _: {"0.9": frozenset({"PASS-6", "PASS-8"})})
    result = run("--collect-only", "-q", "--lifecycle-spec", "0.9")
    names = [line.rpartition("::")[2] for line in result.outlines if line.startswith(f"{SUITE}::")]
    assert names == ["PASS-6", "PASS-8", "agreement", "vectors"]
    refused = run("--lifecycle-spec", "2")
    assert refused.ret == pytest.ExitCode.INTERRUPTED
    refused.stdout.fnmatch_lines(["expected a version of the specification (0.9), found '2'"])


def test_whole_answers_are_compared_where_they_are_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")  # there, lines of the summary are whole
    result = run("-k", "agreement or vectors")
    assert failed(result) == ["agreement", "vectors"]
    result.stdout.fnmatch_lines(["*Agreement with the reference*fail, in *", "*Production's fixed cases*fail, in *"])
    (vectors,) = [each for each in result.outlines if "::vectors - " in each]
    assert re.search(r"::vectors - Production's fixed cases: \d+ agree, \d+ differ$", vectors)


def test_a_driver_that_conforms_is_green(run: Run) -> None:
    result = run("-k", "PASS-6 or PASS-8", conftest=SHORT_SEARCH + IN_CODE.format(driver="Right"))
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("mend first*")


# --- known failures ---------------------------------------------------------------------------------------------------


@pytest.fixture
def known(pytester: pytest.Pytester) -> Path:
    """A file that accepts the failure of PASS-6."""
    pass_6 = KnownFailure(
        requirement="PASS-6",
        verdict=Verdict.FAIL,
        shapes=("the answer",),
        reason="in release 5",
        link="https://tracker.example/5",
    )
    path = pytester.path / "known.toml"
    path.write_text(text_of(KnownFailures(entries=[pass_6], profile="default")), encoding="utf-8")
    return path


def test_a_known_failure_is_expected_to_fail(run: Run, known: Path) -> None:
    result = run("-rxfE", "-k", "PASS-6 or PASS-8", "--lifecycle-known-failures", str(known))
    assert failed(result) == ["PASS-8"]
    result.assert_outcomes(xfailed=1, failed=1)
    result.stdout.fnmatch_lines(["XFAIL *::PASS-6 - *known: in release 5 https://tracker.example/5"])
    assert "mend first    PASS-8" in result.stdout.str()


def test_a_known_failure_that_no_longer_fails_is_one(run: Run, known: Path) -> None:
    right = SHORT_SEARCH + IN_CODE.format(driver="Right")
    result = run("-k", "PASS-6 or PASS-8", "--lifecycle-known-failures", str(known), conftest=right)
    assert failed(result) == ["PASS-6"]
    result.stdout.fnmatch_lines(["*XPASS(strict)* $.failure[[]0], PASS-6 fail: it holds now"])


def test_what_fails_otherwise_fails_and_the_file_may_stand_in_the_configuration(
    run: Run, known: Path, pytester: pytest.Pytester
) -> None:
    known.write_text(known.read_text("utf-8").replace("the answer", "the question"), "utf-8")
    pytester.makeini(f"[pytest]\nlifecycle_known_failures = {known.name}")
    result = run("-k", "PASS-6")
    assert failed(result) == ["PASS-6"]
    result.stdout.fnmatch_lines(["a known failure: $.failure[[]0], PASS-6 fail: it fails otherwise: *"])


def test_what_fails_is_written_as_known_with_the_reasons_that_stand(run: Run, known: Path) -> None:
    result = run("-k", "PASS-6 or PASS-8", "--lifecycle-write-known-failures", str(known))
    result.assert_outcomes(xfailed=2)
    result.stdout.fnmatch_lines([f"{known}: say why, in `reason`, of PASS-8; until then the file is refused"])
    (first, second) = known_failures_file.read(str(known), with_reasons=False).entries
    assert (first.requirement, first.reason) == ("PASS-6", "in release 5")
    assert (second.requirement, second.reason) == ("PASS-8", "")
    known.write_text(known.read_text("utf-8").replace('reason = ""', 'reason = "as well"'), "utf-8")
    again = run("-k", "PASS-6 or PASS-8", "--lifecycle-known-failures", str(known))
    again.assert_outcomes(xfailed=2)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("conftest.py", "expected TOML: *"),
        ("nowhere/known.toml", "expected a file in a folder that exists"),
        (".", "expected a readable file: Is a directory"),
    ],
)
def test_what_can_not_be_written_as_known_is_told_before_the_search(run: Run, name: str, said: str) -> None:
    result = run("-k", "PASS-6", "--lifecycle-write-known-failures", name)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([f"{name}: {said}"])


def test_workers_share_what_is_known(run: Run, known: Path) -> None:
    result = run("-n", "2", "-k", "PASS-6", "--lifecycle-known-failures", str(known), process=True)
    result.assert_outcomes(xfailed=1)


def test_a_wrong_file_is_told_once_without_a_traceback(run: Run, known: Path) -> None:
    known.write_text("known_failures = 2", "utf-8")
    result = run("--lifecycle-known-failures", str(known))
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([f"{known}: expected 1, found 2 at $.known_failures; *"])
    result.stdout.no_fnmatch_line("*Traceback*")


# --- pytest's own ways ------------------------------------------------------------------------------------------------


def test_what_failed_last_runs_again_alone_and_the_first_failure_may_end_it(run: Run) -> None:
    first = failed(run("-k", "PASS-6 or PASS-8 or PASS-14"))
    assert first == ["PASS-6", "PASS-8"]
    assert failed(run("--lf")) == first
    assert failed(run("--lf", "-x")) == first[:1]


@pytest.mark.parametrize("options", [["--pyargs"], []])
def test_each_id_that_is_printed_can_be_given(
    run: Run, pytester: pytest.Pytester, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = run("--collect-only", "-q").outlines[:3]
    monkeypatch.chdir(pytester.mkdir("elsewhere"))
    result = pytester.runpytest_subprocess("-p", hooks.__name__, "--collect-only", "-q", *options, *printed)
    assert [each for each in result.outlines if "::" in each] == printed


def test_a_test_is_selected_by_its_id(run: Run) -> None:
    result = run(suite=f"{SUITE}::09-pass::PASS-6")
    assert failed(result) == ["PASS-6"]
    result.assert_outcomes(failed=1)


def test_junit_names_the_chapter_and_the_requirement(run: Run, pytester: pytest.Pytester) -> None:
    run("-k", "PASS-6", "--junitxml", "found.xml")
    (case,) = ET.parse(pytester.path / "found.xml").getroot().iter("testcase")
    assert (case.get("classname"), case.get("name")) == (f"{SUITE}.09-pass", "PASS-6")
    (failure,) = case.iter("failure")
    assert "PASS-6: What a pass answers" in (failure.text or "")
    assert (failure.get("message") or "").startswith("the answer")


def test_workers_share_one_search(run: Run, pytester: pytest.Pytester) -> None:
    result = run("-n", "2", "-k", SELECTED, process=True)
    alone = failed(result)
    processes = {*(pytester.path / STARTED).read_text(encoding="utf-8").split()}
    assert {"PASS-6", "PASS-8"} <= {*alone}
    assert len(processes) == 1
    result.stdout.fnmatch_lines(["mend first *PASS-6 *"])


def test_a_seed_and_a_database_are_those_that_hypothesis_was_given(run: Run, pytester: pytest.Pytester) -> None:
    profile = """
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

settings.register_profile("team", derandomize=False, database=DirectoryBasedExampleDatabase("shared"))
settings.load_profile("team")
"""
    driver = shlex.join([sys.executable, "-m", "counting_program"])
    options = ["--hypothesis-seed=7", "--hypothesis-show-statistics", "--lifecycle-driver", driver]
    result = run("-k", "PASS-6", *options, conftest=SHORT_SEARCH + IN_ONE_PROCESS + profile, process=True)
    result.stdout.no_fnmatch_line("*sessions and fixed cases: *")
    (case,) = (pytester.path / "lifecycle-cases").glob("PASS-6-*.json")
    assert json.loads(case.read_text(encoding="utf-8"))["seed"] == 7
    assert [*(pytester.path / "shared").rglob("*")]


# --- progress on a terminal -------------------------------------------------------------------------------------------


@pytest.fixture
def on_terminal(run: Run, pytester: pytest.Pytester) -> Callable[..., tuple[str, list[str]]]:
    """Run the suite on a terminal of 60 columns: all that was written there, and the lines that can be read at last."""
    del run  # it prepares the folder and the environment

    def on_terminal(*arguments: str, **environment: str) -> tuple[str, list[str]]:
        pytester.makeconftest(COUNTING_TOO_MUCH)
        own = ["-p", hooks.__name__, "-p", "no:benchmark", "-p", "no:cacheprovider", "--color=no", "--pyargs", SUITE]
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 60))
        variables = {**os.environ, "TERM": "xterm", "COLUMNS": "60", **environment}
        with subprocess.Popen(
            [sys.executable, "-m", "pytest", *own, "-k", "PASS-6 or PASS-8", *arguments], stdout=theirs, env=variables
        ):
            os.close(theirs)
            written = b""
            with contextlib.suppress(OSError):  # that is how a terminal ends
                while chunk := os.read(ours, 4096):
                    written += chunk
        os.close(ours)
        return written.decode(), lines_read(written.decode())

    return on_terminal


def lines_read(written: str, columns: int = 60) -> list[str]:
    """The lines that somebody sees on a terminal, which knows as much as a test needs."""
    lines, row, column = [""], 0, 0
    for each in re.findall(r"\x1b\[\d*[A-Za-z]|.", written, re.DOTALL):
        if each == "\r":
            column = 0
        elif each == "\n" or (column == columns and not each.startswith("\x1b")):
            row, column = row + 1, column if each == "\n" else 0
            lines += [""] * (row == len(lines))
        if each == "\x1b[K":
            lines[row] = lines[row][:column]
        elif each == "\x1b[A":
            row -= 1
        elif each.startswith("\x1b"):
            column += int(each[2:-1])
        elif each not in "\r\n":
            lines[row] = f"{lines[row][:column]:{column}}{each}{lines[row][column + 1 :]}"
            column += 1
    return [line.rstrip() for line in lines]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], r"lifecycle_conformance\.plugin\.suite FF +\[100%\]"),
        (["-q"], r"FF +\[100%\]"),
        (["-v"], r"lifecycle_conformance\.plugin\.suite::09-pass::PASS-6 FAILED.*"),
    ],
)
def test_how_far_the_search_is_shows_on_a_terminal_and_leaves_nothing_there(
    on_terminal: Callable[..., tuple[str, list[str]]], options: list[str], line: str
) -> None:
    written, read = on_terminal(*options)
    assert "sessions and fixed cases: " in written
    assert not [each for each in read if "fixed cases: " in each]
    assert [each for each in read if re.fullmatch(line, each)]


@pytest.mark.parametrize(("options", "term"), [(["-q", "-q"], "xterm"), ([], "dumb"), (["-n", "1"], "xterm")])
def test_nothing_shows_where_it_is_not_wanted_or_can_not_be(
    on_terminal: Callable[..., tuple[str, list[str]]], options: list[str], term: str
) -> None:
    written, read = on_terminal(*options, TERM=term)
    assert any("mend first" in each for each in read)
    assert "fixed cases: " not in written


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1", "soon"])
def test_a_time_that_is_none_or_never_over_is_refused(run: Run, seconds: str) -> None:
    result = run("--lifecycle-timeout", seconds)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--lifecycle-timeout: invalid seconds value: '{seconds}'"])


# --- without a driver -------------------------------------------------------------------------------------------------


def test_without_a_driver_one_test_says_so(run: Run) -> None:
    result = run("-k", "PASS", conftest="")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([hooks.NO_DRIVER[:40] + "*"])


def test_a_driver_that_does_not_come_up_is_told_once(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nlifecycle_driver = no-such-driver")
    result = run("-k", "PASS", conftest="")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the driver `no-such-driver` did not come up: *", "*nothing could be judged*"])


def test_a_driver_in_code_that_can_not_be_started_is_told_once_with_its_traceback(run: Run) -> None:
    broken = "\n@pytest.fixture\ndef lifecycle_driver():\n    return lambda: 1 / 0\n"
    result = run("-k", "PASS", conftest=SHORT_SEARCH + broken)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError*", "*nothing could be judged*"])


def test_a_driver_that_can_not_be_judged_is_told_once(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(silent=SILENT)
    result = run("-k", "PASS", "--lifecycle-driver", shlex.join([sys.executable, "silent.py"]), conftest="")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["silent 1 can't be judged: *", "FAILED *::PASS-1 - silent 1 *"])


def test_without_being_asked_for_it_adds_nothing_and_imports_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    print('LOADED', sorted(each for each in sys.modules if each.startswith('lifecycle_')))\n"
    )
    pytester.makepyfile("def test_one(): pass")
    result = pytester.runpytest_subprocess("-p", hooks.__name__, "--lifecycle-driver", "unused")
    result.assert_outcomes(passed=1)
    assert f"LOADED {['lifecycle_conformance', 'lifecycle_conformance.plugin', hooks.__name__]}" in result.outlines


def test_a_walk_over_the_package_does_not_ask_for_the_suite(pytester: pytest.Pytester) -> None:
    folder = Path(suite.__file__).parents[2]
    options = ["--collect-only", "--rootdir", str(pytester.path), "-c", str(pytester.makeini("[pytest]"))]
    result = pytester.runpytest_subprocess("-p", hooks.__name__, *options, str(folder))
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
