"""The suite itself: the reference passes, faulty implementations are caught under the right requirement."""

import ast
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import lifecycle_conformance.properties
from lifecycle_conformance import check, requirements
from lifecycle_conformance.driver import server
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.properties import CHECKS
from lifecycle_conformance.report.as_json import as_json
from lifecycle_conformance.report.terminal import render
from lifecycle_conformance.requirements import Judge
from lifecycle_conformance.verdicts import FAILURES, Failure, Report, Verdict
from lifecycle_projection import ProjectionResult, Run, Store, projection
from lifecycle_projection.identity import Identified, identify, stable_event_id
from lifecycle_projection.phases import GuardedPhase, Refused, guard

CHANGING = {"project", "import", "append", "compact", "prune", "restart"}


def checked(store: str = "files", *, seed: int = 1, **options: Any) -> Report:
    return check.run(lambda: InProcessDriver(store), profile="quick", seed=seed, vectors=False, **options)


def failed(report: Report) -> dict[str, Failure]:
    return {each.requirement.id: each.failure for each in report.results if each.failure is not None}


@pytest.mark.parametrize(("store", "seed"), [("files", 1), ("files", 2), ("files", 3), ("memory", 1)])
def test_the_reference_passes_every_check_and_each_is_exercised(store: str, seed: int) -> None:
    report = checked(store, seed=seed)
    assert {id_: verdict for id_, verdict in report.verdicts.items() if verdict in FAILURES} == {}
    assert report.exit_code == 0
    not_judged = {
        id_ for id_, verdict in report.verdicts.items() if verdict in {Verdict.NO_CHECK, Verdict.NOT_DECLARED}
    }
    assert set(report.verdicts) - not_judged >= check.CHECKED - {"FILE-25"}
    assert report.census.longest_history > 10
    assert len(report.census.phases) >= 7


def test_a_seed_reproduces_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(check.PROFILES, "quick", check.Profile(lives=20, pieces=12, shrink_s=5))
    first, second = (as_json(checked(seed=4)) for _ in range(2))
    first.pop("seconds"), second.pop("seconds")
    assert first == second


# --- faulty implementations -------------------------------------------------------------------------------------------


def position_in_the_id(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(run: Run) -> tuple[Identified, ...]:
        return tuple(evolve(each, event_id=f"{each.event_id}-{each.index}") for each in identify(run))

    monkeypatch.setattr(projection, "identify", wrong)
    monkeypatch.setattr(server, "identify", wrong)


def occurrence_always_0(monkeypatch: pytest.MonkeyPatch) -> None:
    def first(run: Run, each: Identified) -> Identified:
        event_id = stable_event_id(run.run_id, each.record.event, each.identity, 0)
        return evolve(each, occurrence=0, event_id=event_id)

    def wrong(run: Run) -> tuple[Identified, ...]:
        return tuple(first(run, each) for each in identify(run))

    monkeypatch.setattr(projection, "identify", wrong)
    monkeypatch.setattr(server, "identify", wrong)


def snapshots_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(run: Run, store: Store) -> ProjectionResult:
        result = projection.project(run, store)
        for snapshot in store.snapshots(run.run_id).values():
            store.write_snapshot(evolve(snapshot, status=run.status))
        return result

    monkeypatch.setattr(server, "project", wrong)


def guard_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(latest: Any, **asked: Any) -> GuardedPhase | Refused:
        guarded = guard(latest, **asked)
        if isinstance(guarded, Refused):
            return GuardedPhase(phase=guarded.to_phase, history=latest.phase_history)
        return guarded

    monkeypatch.setattr(projection, "guard", wrong)


def compacted_ids_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("recognition", "log"):
        monkeypatch.setattr(f"lifecycle_projection.{module}.listed_by", lambda _: iter(()))


@pytest.mark.parametrize(
    ("spoil", "right"),
    [
        (position_in_the_id, "ID-3"),
        (occurrence_always_0, "OCC-1"),
        (snapshots_rewritten, "SNAP-6"),
        (guard_off, "PHASE-7"),
        (compacted_ids_ignored, "ALIAS-4"),
    ],
)
def test_a_faulty_implementation_is_caught_under_the_right_requirement_with_a_short_life(
    spoil: Callable[[pytest.MonkeyPatch], None], right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(check.PROFILES, "quick", check.Profile(lives=60, pieces=10, shrink_s=40))
    spoil(monkeypatch)
    report = checked()
    failures = failed(report)
    assert right in failures, sorted(failures)
    assert report.exit_code == 1
    assert failures[right].shrunk
    assert sum(op in CHANGING for op, _ in failures[right].requests) <= 6
    text = render(report)
    assert f"── {right}: " in text
    assert json.loads(json.dumps(as_json(report)))["exit_code"] == 1


# --- drivers that break -----------------------------------------------------------------------------------------------

DRIVER = f"""
import sys
sys.path[:0] = {[str(Path(server.__file__).parents[2]), *sys.path]!r}
from lifecycle_conformance.driver.server import Server
server = Server("memory")
for number, line in enumerate(sys.stdin.buffer):
    if number == 100:
        %s
    sys.stdout.buffer.write(server.answer(line))
    sys.stdout.buffer.flush()
"""


@pytest.mark.parametrize(
    ("fault", "verdict", "exit_code"),
    [
        ("sys.exit('out of luck')", Verdict.CRASH, 1),
        ("import time; time.sleep(60)", Verdict.TIMEOUT, 1),
        ("print('a stray line', flush=True)", Verdict.PROTOCOL, 3),
    ],
)
def test_a_driver_that_breaks_now_and_then_loses_nothing_that_was_established(
    fault: str, verdict: Verdict, exit_code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(check.PROFILES, "quick", check.Profile(lives=25, pieces=12, shrink_s=5))
    script = tmp_path / "driver.py"
    script.write_text(DRIVER % fault)
    report = check.run(
        lambda: SubprocessDriver([sys.executable, str(script)], timeout_s=0.5), profile="quick", seed=1, vectors=False
    )
    assert report.verdicts["DRIVER-2"] == verdict
    assert report.verdicts["ID-1"] == Verdict.PASS
    assert not {each for each, found in report.verdicts.items() if found is Verdict.FAIL}
    if verdict is Verdict.CRASH:
        assert "out of luck" in render(report)
    if not {each for each, found in report.verdicts.items() if found is Verdict.NOT_EXERCISED}:
        assert report.exit_code == exit_code


# --- the ties ---------------------------------------------------------------------------------------------------------


def test_checks_name_requirements_that_exist() -> None:
    known = requirements.load()
    named = {each for registered in CHECKS for each in registered.requirements}
    assert named <= known.keys()
    assert {known[each].judge for each in named} <= {Judge.PROPERTY, Judge.FAULTS}


def test_no_check_runs_the_reference() -> None:
    """Of the reference the checks may use the type of JSON values, and nothing else."""
    for path in Path(lifecycle_conformance.properties.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            modules += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            used = {each for each in modules if each and each.startswith("lifecycle_projection")}
            assert used <= {"lifecycle_projection.records"}, path.name
