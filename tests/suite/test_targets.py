"""Targets: each fault that they are there for is found by the few sessions that go round them."""

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from attrs import evolve

from builders import lifecycle, run_json
from lifecycle_conformance.driver import server
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer, Refusal
from lifecycle_conformance.driver.server import CAPABILITIES_OF
from lifecycle_conformance.execution.session import Session, executed
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.generation.targets import targets
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.judges.vectors import derived
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.runner import runner
from lifecycle_projection import FileStore, InvalidInputError, Scope, Store, retention, scope
from lifecycle_projection.json_text import read_json
from lifecycle_projection.retention import prunable
from sessions import sessions_around
from traces import broken_in


def broken(sessions: list[Session]) -> set[str]:
    assert [each for session in sessions for each in session.errors] == []
    return set[str]().union(*map(broken_in, sessions))


# --- faults -----------------------------------------------------------------------------------------------------------


def pruning_by_id(store: Store, *, retention_ms: int, keep: int, now_ms: int) -> int:
    """Delete each snapshot that has the id of a prunable one, whatever its run, and count ids (hazard H20)."""
    there = store.snapshots()
    places = prunable(there, keep=keep, cutoff_ms=max(0, now_ms - retention_ms)) if retention_ms else []
    ids = {there[place].snapshot_id for place in places}
    for place in [place for place, each in there.items() if each.snapshot_id in ids]:
        store.delete_snapshot(place)
    return len(ids)


def sorted_by_utf16(items: Any, key: Any = None) -> list[Any]:
    def in_units(value: Any) -> Any:
        return value.encode("utf-16-be") if isinstance(value, str) else value

    return sorted(
        items, key=lambda each: tuple(map(in_units, key(each))) if isinstance(key(each), tuple) else key(each)
    )


def mending_without_nuls(_: FileStore, log: int) -> bool:
    """Take a tail for whole that is whole but for NULs at its end."""
    size = os.fstat(log).st_size
    if size == 0 or os.pread(log, 1, size - 1) == b"\n":
        return False
    tail = (os.pread(log, size, 0)).rpartition(b"\n")[2]
    try:
        read_json(tail.rstrip(b"\0"))
    except InvalidInputError:
        os.ftruncate(log, size - len(tail))
    else:
        os.write(log, b"\n")
    return True


def pruned_by_id() -> AbstractContextManager[Any]:
    return patch.object(server, "prune", pruning_by_id)


def in_order_of_utf16() -> AbstractContextManager[Any]:
    return patch.object(retention, "sorted", sorted_by_utf16, create=True)


def nuls_stripped() -> AbstractContextManager[Any]:
    return patch.object(FileStore, "_mend", mending_without_nuls)


@pytest.mark.parametrize(
    ("fault", "target", "expected"),
    [
        (pruned_by_id, "pruning beside a namesake", {"PRUNE-2", "PRUNE-4"}),
        (in_order_of_utf16, "compaction of several runs", {"COMPACT-12"}),
        (nuls_stripped, "a torn tail, then a record", {"FILE-16"}),
    ],
)
def test_a_fault_is_found_by_a_few_sessions(fault: Any, target: str, expected: set[str]) -> None:
    driver = InProcessDriver("files")
    assert broken(sessions_around(driver, target, CHECKS, examples=9)) == set()
    with fault():
        assert expected <= broken(sessions_around(driver, target, CHECKS, examples=9))


QUICK = runner.PROFILES["quick"]
SEEDS = range(10)


@pytest.mark.parametrize(
    ("mutant", "target", "expected"),
    [
        ("lesser-of-two-latest", "two latest snapshots", "PASS-7"),
        ("long-doubles-read-one-off", "an event that is hard to read, then a record", "FILE-14"),
    ],
)
def test_a_rare_situation_is_met_with_every_seed(mutant: str, target: str, expected: str) -> None:
    """In the sessions of `quick` that aim at it."""
    driver = InProcessDriver("files")
    checks = [each for each in CHECKS if expected in each.requirements]
    examples = targets(driver.hello.capabilities)[target] * QUICK.sessions * QUICK.shards
    with MUTANTS[mutant].applied():
        found = [broken(sessions_around(driver, target, checks, examples=examples, seed=seed)) for seed in SEEDS]
    assert [expected in each for each in found] == [True] * len(SEEDS)


# --- single inputs ----------------------------------------------------------------------------------------------------


def test_a_tail_of_nuls_gives_each_seq_once() -> None:
    """Two records, the last newline became 64 NULs, a fresh process, three records."""
    records = [lifecycle("node_started", 1), lifecycle("node_completed", 2), lifecycle("node_failed", 3)]
    started: list[Request] = [("open", {"store": 0}), ("project", {"run": run_json(*records[:2])})]

    def after_the_damage() -> Session:
        driver = InProcessDriver("files")
        session, _ = executed(driver, started, ())
        (log,) = [text for path, text in (session.trace.steps[-1].files_after or {}).items() if path.endswith("jsonl")]
        damaged: Request = ("put", {"path": "stateful_events.jsonl", "text": log[:-1].decode() + "\0" * 64})
        then: list[Request] = [damaged, ("restart", {"kill": True}), ("project", {"run": run_json(*records)})]
        return executed(driver, [*started, *then], CHECKS)[0]

    session = after_the_damage()
    events = session.trace.steps[-1].shown_after().events
    assert [each["seq"] for each in events] == [1, 2, 3]
    assert len({each["event_id"] for each in events}) == 3
    assert broken([session]) == set()
    with nuls_stripped():
        assert "FILE-16" in broken([after_the_damage()])


def test_lower_casing_letter_by_letter_is_scope_10(tmp_path: Path) -> None:
    in_normal_form = scope.in_normal_form

    def letter_by_letter(merged: Scope) -> Scope:
        right, unit = in_normal_form(merged), merged.owning_org_unit_id
        return right if unit is None else evolve(right, owning_org_unit_id="".join(each.lower()[0] for each in unit))

    (case,) = [each for each in derived.cases() if each.name.startswith("letters whose lower case")]
    assert case.expected == {"owning_org_unit_id": "τμημα πωλησεως i\u0307stanbul"}
    driver = InProcessDriver("memory")
    assert derived.judge(case, driver, tmp_path) == []
    with patch.object(scope, "in_normal_form", letter_by_letter):
        (difference,) = derived.judge(case, driver, tmp_path)
    assert difference.requirements == {"SCOPE-10"}


# --- drivers that keep a session from going on ------------------------------------------------------------------------


class NeverOpens:
    """The reference, for which no directory is there: a session with it is over at its first step."""

    def __init__(self) -> None:
        self._inner = InProcessDriver("files")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def ask(self, op: str, **arguments: Any) -> Answer:
        if op == "open":
            return Answer(error=Refusal(kind="storage", message="not there", data={}))
        return self._inner.ask(op, **arguments)


@pytest.mark.parametrize("target", [*targets(CAPABILITIES_OF["files"])])
def test_no_corner_rests_on_what_the_session_before_it_could_not_do(target: str) -> None:
    assert broken(sessions_around(NeverOpens(), target, CHECKS, examples=2)) == {"DRIVER-6"}
