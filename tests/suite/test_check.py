"""The check from end to end: the reference passes, faulty implementations are caught, broken drivers lose nothing."""

import ast
import json
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis.database import InMemoryExampleDatabase

import lifecycle_conformance.judges.properties
from degenerate import Degenerate, as_it_is, of_records, with_members
from faults import IN_DETAIL
from idle import idle
from lifecycle_conformance.driver import server
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import STILL_RUNNING, ExitStatus
from lifecycle_conformance.driver.process import DriverProcess
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.mutants import Mutant
from lifecycle_conformance.report.as_json import as_json
from lifecycle_conformance.report.terminal import render
from lifecycle_conformance.runner import runner, shrinking
from lifecycle_conformance.runner.verdicts import FAILURES, Report, Verdict
from lifecycle_conformance.specification import requirements
from lifecycle_conformance.specification.requirements import Judge
from searching import RoundSomeTargets, shorten

CHANGING = {"project", "import", "append", "compact", "prune", "restart", "tear", "put", "remove", "read", "refuse"}


def checked_by(factory: Any, *, seed: int = 1, **options: Any) -> Report:
    return runner.run(factory, profile="quick", seed=seed, **{"vectors": False, **options})


def checked(store: Any = "files", **options: Any) -> Report:
    return checked_by(partial(InProcessDriver, store), **options)


def unreached(report: Report) -> set[str]:
    return {id_ for id_, verdict in report.verdicts.items() if verdict is Verdict.NOT_EXERCISED}


SELDOM = {"ALIAS-5", "ALIAS-10", "ALIAS-12", "COMPACT-4", "DRIVER-12", "ERR-4", "FILE-15", "FILE-24", "PHASE-2"}


# --- the reference ----------------------------------------------------------------------------------------------------


def test_the_reference_conforms_by_every_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory, by a few targets: that every requirement is reached is said by `make check`, and for each level."""
    shorten(monkeypatch, among=slice(0, None, 4))
    report = checked("memory", vectors=True)
    assert {verdict for verdict in report.verdicts.values() if verdict in FAILURES} <= {Verdict.NOT_EXERCISED}
    assert report.errors == ()
    assert report.lost == ()
    assert report.agreement is not None
    assert (report.agreement.agreed > 0, report.agreement.differing) == (True, 0)
    assert report.vectors is not None
    assert (report.vectors.agreed > 450, report.vectors.differing) == (True, 0)


@pytest.mark.usefixtures("few_targets")
def test_only_some_requirements_are_judged_on_demand() -> None:
    report = checked(only=["ALIAS-*", "SCOPE-4"], vectors=True)
    assert set(report.verdicts) == {each for each in requirements.load() if each.startswith("ALIAS-")} | {"SCOPE-4"}
    assert report.vectors is None
    assert report.agreement is None


@pytest.mark.usefixtures("plain_cases")
@pytest.mark.parametrize("profile", ["default", "ci"])
def test_a_database_keeps_what_broke_something_whatever_profile_is_loaded(profile: str) -> None:
    database, before = InMemoryExampleDatabase(), settings.get_current_profile_name()
    settings.load_profile(profile)
    try:
        checked_by(partial(Degenerate, as_it_is, "memory", {"project": {"projected": 0}}), database=database)
    finally:
        settings.load_profile(before)
    assert database.data


def test_a_seed_gives_the_same_report_whatever_the_machine_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feedback B2: alone and beside a busy loop, with one process or three, whatever the hashes of the process are."""
    among = slice(1, None, 8)  # the move that is refused is among them
    shorten(monkeypatch, among=among, shards=1, slices=2, input_cases=1, protocol_cases=1)
    command = (sys.executable, "-m", "lifecycle_conformance.mutants", "guard-off", "--store", "memory")
    factory = RoundSomeTargets(partial(SubprocessDriver, command), among)
    reports = []
    for jobs, busy in ((1, 0), (3, 1)):
        monkeypatch.setenv("PYTHONHASHSEED", str(jobs))
        loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
        try:
            report = runner.run(factory, profile="quick", seed=2, vectors=False, jobs=jobs, shrink_attempts=200)
        finally:
            for loop in loops:
                loop.kill()
                loop.wait()
        reports.append(as_json(report))
        reports[-1].pop("seconds")
    assert reports[0]["verdicts"]["fail"] > 0
    assert reports[0]["verdicts"]["pass"] > 50
    assert reports[0] == reports[1]


def test_what_is_searched_depends_on_no_module_that_happens_to_be_loaded(tmp_path: Path) -> None:
    """Hypothesis draws constants from modules that it takes for local, which others are on other machines."""
    program = """
import sys
from functools import partial
sys.path[:0] = PATHS
import lifecycle_conformance.runner.runner
EXTRA
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.generation.targets import targets
from lifecycle_conformance.runner import search
from lifecycle_conformance.runner.search import Shard, explored
search.targets = lambda capabilities: dict(list(targets(capabilities).items())[:5])
shard = Shard(number=0, seed=1, sessions=1, actions=4, input_cases=3, protocol_cases=3)
told = []
explored(told.append, partial(InProcessDriver, "memory"), shard, None)
print(sorted((name, number) for each in told for name, numbers in each.cases.items() for number in numbers))
"""
    (tmp_path / "constants.py").write_text("\n".join(f"C{n} = {f'constant-{n}'!r}, {n * 7919}" for n in range(500)))
    found = []
    for extra in ("", "import constants"):
        script = tmp_path / "script.py"
        script.write_text(program.replace("PATHS", repr(sys.path)).replace("EXTRA", extra))
        done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, cwd=tmp_path)
        found.append(done.stdout)
    assert len(found[0]) > 1000
    assert found[0] == found[1]


# --- faulty implementations -------------------------------------------------------------------------------------------

WHOLE: Final = "position-in-the-id"
SEARCHES: Final[Mapping[str, Mapping[str, Any]]] = {
    WHOLE: {"among": None},
    "guard-off": {"among": slice(3, None, 4)},
    "snapshots-rewritten": {"among": slice(3, None, 4)},
    "broken-text-empties-the-log": {"among": slice(39, 49)},
    "namesakes-pruned": {"among": ("pruning beside a namesake",)},
    "lesser-of-two-latest": {"among": ("two latest snapshots",), "sessions": 6},
}
"""What finds a faulty implementation that doesn't show by every fourth target from the first on."""


@pytest.mark.parametrize("mutant", IN_DETAIL.values(), ids=IN_DETAIL)
def test_a_faulty_implementation_is_caught_under_the_right_requirement_by_a_short_session(
    mutant: Mutant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By some targets where they are enough.

    Agreement with the reference is left aside, and the failure that counts is the one that is made smaller.
    """
    usual = {"among": slice(0, None, 4), "actions": 8, "input_cases": 5, "protocol_cases": 8}
    shorten(monkeypatch, **{**usual, **SEARCHES.get(mutant.name, {})})
    by_vectors = requirements.load()[mutant.chief].judge is Judge.VECTORS
    with mutant.applied():
        report = checked(mutant.store, only=None if by_vectors else ["*"], vectors=by_vectors, shrink_attempts=0)
        failures = {each.requirement.id: each.failure for each in report.results if each.failure is not None}
        assert mutant.chief in failures, sorted(failures)
        failure = failures[mutant.chief]
        if not by_vectors:  # whose cases are as small as they can be
            ((_, failure),) = shrinking._smallest(InProcessDriver(mutant.store), mutant.chief, failure, 200)
    assert report.exit_code == 1
    assert report.errors == ()
    assert failures.keys() <= mutant.breaks
    if mutant.name == WHOLE:
        # The search is a short one; in `check` as users call it only those that are hidden are left.
        assert unreached(report) <= mutant.hides | mutant.breaks | SELDOM
    assert failure.shrunk or by_vectors
    assert failure.again is None
    assert sum(op in CHANGING for op, _ in failure.requests) <= 6
    assert f"{mutant.chief}: " in render(report)
    assert json.loads(json.dumps(as_json(report)))["exit_code"] == 1


def test_what_a_faulty_implementation_breaks_or_hides_are_requirements() -> None:
    known = requirements.load().keys()
    for mutant in IN_DETAIL.values():
        assert {mutant.chief} <= mutant.breaks <= known
        assert mutant.hides <= known - mutant.breaks


# --- drivers that declare too much ------------------------------------------------------------------------------------


def boasting(*boasted: str) -> Degenerate:
    """The reference without some capabilities, which it declares nevertheless."""
    return Degenerate(as_it_is, "memory", claims=server.CAPABILITIES_OF["memory"], without=boasted)


@pytest.mark.usefixtures("few_targets")
@pytest.mark.parametrize(
    ("boasted", "vectors"),
    [(("compact",), False), (("text-input",), False), (("append", "identify", "import", "prune"), True)],
)
def test_what_is_declared_and_not_there_is_all_that_fails(boasted: tuple[str, ...], *, vectors: bool) -> None:
    report = checked_by(partial(boasting, *boasted), vectors=vectors)
    assert report.absent == boasted
    assert report.exit_code == 1
    assert {each.requirement.id for each in report.results if each.failure is not None} == {"DRIVER-3"}
    assert report.verdicts["DRIVER-3"] is Verdict.FAIL
    for each in report.results:
        if each.requirement.capabilities & set(boasted):
            assert each.verdict is Verdict.NOT_DECLARED
            declared = each.requirement.capabilities <= report.hello.capabilities
            assert each.why.startswith("declared, but not there: ") is declared
    judges = [each for each in (report.agreement, report.vectors) if each is not None]
    assert [each.differing for each in judges] == [0, 0][: 1 + vectors]


@pytest.mark.usefixtures("few_targets")
def test_what_is_not_there_falls_short_whatever_was_asked_for() -> None:
    report = checked_by(partial(boasting, "compact"), only=["COMPACT-*"])
    assert (report.absent, report.exit_code) == (("compact",), 1)


# --- drivers that break -----------------------------------------------------------------------------------------------

DRIVER = f"""
import sys
sys.path[:0] = {[str(Path(server.__file__).parents[2]), *sys.path]!r}
from lifecycle_conformance.driver.server import Server
server = Server("memory")
for number, line in enumerate(sys.stdin.buffer):
    if number == 300:
        %s
    sys.stdout.buffer.write(server.answer(line))
    sys.stdout.buffer.flush()
"""


@pytest.mark.usefixtures("few_targets")
@pytest.mark.parametrize(
    ("fault", "verdict", "exit_codes"),
    [
        ("sys.exit('out of luck')", Verdict.CRASH, {1}),
        ("print('a stray line', flush=True)", Verdict.PROTOCOL, {1, 3}),
    ],
)
def test_a_driver_that_breaks_now_and_then_loses_nothing_that_was_established(
    fault: str, verdict: Verdict, exit_codes: set[int], tmp_path: Path
) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER % fault)
    factory = partial(SubprocessDriver, [sys.executable, str(script)])
    report = checked_by(factory, shrink_attempts=200 if verdict is Verdict.CRASH else 0)
    assert report.verdicts["DRIVER-2"] == verdict
    assert report.verdicts["ID-1"] == report.verdicts["PASS-2"] == Verdict.PASS
    assert not {each for each, found in report.verdicts.items() if found is Verdict.FAIL}
    assert report.exit_code in exit_codes
    if verdict is Verdict.CRASH:
        assert "out of luck" in render(report)


@pytest.mark.usefixtures("short_search")
def test_a_driver_that_never_comes_up_again_gets_a_report(tmp_path: Path) -> None:
    """What was established before it died for good is told."""
    script, flag = tmp_path / "driver.py", tmp_path / "died"
    script.write_text(f"import os\nif os.path.exists({str(flag)!r}): raise SystemExit('dead')\n")
    script.write_text(script.read_text() + DRIVER % f"open({str(flag)!r}, 'w').close(); sys.exit('dying')")
    factory = partial(SubprocessDriver, [sys.executable, str(script)])
    report = runner.run(factory, profile="quick", seed=1, vectors=False, shrink_attempts=2000)
    assert report.verdicts["DRIVER-2"] is Verdict.CRASH
    assert report.lost


@pytest.mark.parametrize(
    ("fault", "verdict", "says"),
    [
        ("sys.exit(0)", Verdict.CRASH, "it ended with status 0"),
        ("time.sleep(1000)", Verdict.TIMEOUT, "does it hang"),
        ("while True: write('x' + chr(10))", Verdict.PROTOCOL, "which is no answer"),
        ("if request['op'] == 'project': time.sleep(1000)", Verdict.TIMEOUT, "asked for project"),
    ],
)
def test_a_driver_that_cannot_answer_the_plainest_requests_is_told_so_in_three_lines(
    fault: str, verdict: Verdict, says: str, tmp_path: Path
) -> None:
    """Feedback B4: and what it was not asked is undecided, for it was never there to be exercised."""
    timeout_s = 1.0 if verdict is Verdict.TIMEOUT else 60.0
    report = runner.run(partial(SubprocessDriver, idle(tmp_path, fault), timeout_s=timeout_s), profile="quick")
    assert report.unusable
    assert says in report.cut
    assert report.verdicts["DRIVER-2"] is verdict
    assert report.verdicts["PASS-2"] is Verdict.UNDECIDED
    assert unreached(report) == set()
    assert report.coverage.sessions == 0
    assert report.exit_code == (3 if verdict is Verdict.PROTOCOL else 1)
    shown = render(report, width=10_000).splitlines()
    assert len(shown) == 3
    assert says in shown[1]


@pytest.mark.usefixtures("few_targets")
def test_a_driver_that_dies_of_malformed_requests_has_all_its_sessions(tmp_path: Path) -> None:
    """Feedback B3: what a crash costs is that case."""
    died = "if op == 'malformed' or not isinstance(request.get('store', ''), str): os._exit(3)"
    report = runner.run(partial(SubprocessDriver, idle(tmp_path, died)), profile="quick", vectors=False)
    assert report.verdicts["DRIVER-2"] is Verdict.CRASH
    assert report.coverage.sessions >= 6
    assert report.errors == ()


@pytest.mark.usefixtures("few_targets")
def test_a_driver_that_does_not_end_fails_and_is_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Feedback B5: DRIVER-16 fails, with the reason."""
    waits = []
    end = DriverProcess.end

    def counted(process: DriverProcess, timeout_s: float) -> ExitStatus:
        waits.append(status := end(process, timeout_s))
        return status

    monkeypatch.setattr(DriverProcess, "end", counted)
    factory = partial(SubprocessDriver, idle(tmp_path, last="time.sleep(1000)"), timeout_s=3.0)
    report = runner.run(factory, profile="quick", vectors=False, only=["DRIVER-16", "PASS-2"])
    (result,) = (each for each in report.results if each.requirement.id == "DRIVER-16")
    assert result.verdict is Verdict.FAIL
    assert result.failure is not None
    assert (result.failure.expected, result.failure.actual) == (0, STILL_RUNNING)
    # Once for the introduction, once for the search, once for each failure that is made smaller.
    failures = sum(each.failure is not None for each in report.results) + 1
    assert len([each for each in waits if each == STILL_RUNNING]) <= failures + 2


@pytest.mark.usefixtures("few_targets")
def test_a_driver_that_hangs_again_and_again_ends_the_check(tmp_path: Path) -> None:
    """Feedback B4: what it has answered by then is judged, the rest is undecided."""
    hangs = "ok['asked'] = ok.get('asked', 0) + 1\n        if ok['asked'] > 6: time.sleep(1000)"
    factory = partial(SubprocessDriver, idle(tmp_path, hangs), timeout_s=3.0)
    report = runner.run(factory, profile="quick", vectors=False, shrink_attempts=0)
    assert not report.unusable
    assert report.cut == "the driver hung 3 times in a row"
    assert report.verdicts["DRIVER-2"] is Verdict.TIMEOUT
    assert report.exit_code == 1
    assert unreached(report) == set()
    assert report.coverage.sessions < 5


HOPELESS: Final = """
ok["hello"]["capabilities"] = ["identify", "import", "append", "compact", "prune"]
ok |= {"project": {"projected": 7}, "identify": {"ids": []}, "append": {"appended": True, "seq": 0}}
ok |= {"compact": {"pruned": 3}, "prune": {"pruned": 3}}
"""


@pytest.mark.usefixtures("few_targets")
def test_an_implementation_that_does_nothing_gets_its_report(tmp_path: Path) -> None:
    """Many requirements fail, and each is told, the worst first."""
    factory = partial(SubprocessDriver, idle(tmp_path, first=HOPELESS))
    report = runner.run(factory, profile="quick", vectors=False, shrink_attempts=0)
    assert report.errors == ()
    failed = [each for each in report.results if each.failure is not None]
    assert len(failed) > 15
    assert "identify" in render(report, verbose=True)


@pytest.mark.usefixtures("few_targets")
def test_no_spoilt_answer_costs_the_report() -> None:
    """Whatever is shown is a failure of the implementation and no exception of the suite (test_spoiled_answers)."""
    payload = {"lifecycle_index": -1, "lifecycle_occurrence": []}
    factory = partial(Degenerate, of_records("events", with_members(payload=payload)), "memory")
    report = checked_by(factory, shrink_attempts=0)
    assert report.errors == ()
    assert {id_ for id_, verdict in report.verdicts.items() if verdict is Verdict.FAIL}
    assert render(report)


# --- the ties ---------------------------------------------------------------------------------------------------------


def test_every_requirement_that_a_check_can_judge_is_judged_by_one() -> None:
    known = requirements.load()
    named = {each for registered in CHECKS for each in registered.requirements} | {"DRIVER-2"}
    assert named <= known.keys()
    looked_at = {Judge.PROPERTY, Judge.FILES, Judge.FAULTS}
    assert {each.id for each in known.values() if each.judge in looked_at} <= named
    # By small cases, and in texts of JSON, at which they don't look.
    by_both = {"SCOPE-5"}
    assert {each.id for each in known.values() if each.judge in {Judge.UNIT, Judge.VECTORS}} & named == by_both


def test_a_check_of_a_requirement_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="a check judges LOG-99, of which the specification says nothing"):
        check("LOG-1", "LOG-99")


def test_no_check_runs_the_reference() -> None:
    """Of the reference the checks may use the type of JSON values, and nothing else."""
    for path in Path(lifecycle_conformance.judges.properties.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            modules += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            used = {each for each in modules if each and each.startswith("lifecycle_projection")}
            assert used <= {"lifecycle_projection.records"}, path.name
