"""How the judges are measured on faulty implementations."""

from collections.abc import Iterator

import orjson
import pytest

from calling import call
from lifecycle_conformance.cli import mutants
from lifecycle_conformance.mutants import MUTANTS, Mutant
from lifecycle_conformance.mutants.mutant import Patches, fault
from lifecycle_conformance.report import kill_matrix
from lifecycle_conformance.runner.pool import pool_of
from lifecycle_conformance.runner.strength import kills
from lifecycle_conformance.runner.strength.kills import AGREEMENT, CASES, PROPERTIES, SESSIONS, Attempt, Row


@fault("LOG-1", why="Nothing was done.")
def no_fault() -> Patches:
    """Everything is right."""
    return ()


def attempt(name: str, judge: str, most: int = 300) -> Attempt:
    found: list[Attempt] = []
    kills.judged(found.append, name, judge, most, 0)
    return found[0]


@pytest.fixture
def without_fault(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(kills, "MUTANTS", {**MUTANTS, no_fault.name: no_fault})
    return no_fault.name


@pytest.mark.parametrize(
    ("name", "judge"),
    [
        ("guard-off", PROPERTIES),
        ("occurrence-always-0", AGREEMENT),
        ("scope-sources-dropped", CASES),
        ("position-in-the-id", SESSIONS),
    ],
)
def test_a_judge_finds_a_fault_and_stops(name: str, judge: str) -> None:
    found = attempt(name, judge)
    assert found.killed
    assert found.cases > 0
    assert found.misattributed == set()
    named = MUTANTS[name].chief in found.reported
    assert named or judge not in kills.NAMING


@pytest.mark.parametrize("judge", kills.JUDGES)
def test_what_is_right_survives_all_cases(judge: str, without_fault: str) -> None:
    found = attempt(without_fault, judge, most=10)
    assert not found.killed
    assert found.reported == set()


def test_a_fault_is_gone_after_the_attempt(without_fault: str) -> None:
    assert attempt("guard-off", PROPERTIES).killed
    assert attempt(without_fault, PROPERTIES, most=1).reported == set()


# --- the matrix -------------------------------------------------------------------------------------------------------


def made(mutant: Mutant, *killed: bool, reported: tuple[str, ...] = ()) -> Row:
    attempts = [
        Attempt(
            mutant=mutant.name,
            judge=judge,
            killed=each,
            reported=frozenset(reported if judge == PROPERTIES else [mutant.chief] if each else ()),
            cases=7,
            seconds=1.25,
        )
        for judge, each in zip((PROPERTIES, CASES, SESSIONS), killed, strict=False)
    ]
    return Row(mutant=mutant, attempts=attempts)


@pytest.mark.parametrize(
    ("row", "survives", "right"),
    [
        (made(MUTANTS["guard-off"], True, False, reported=("PHASE-7",)), False, True),
        (made(MUTANTS["guard-off"], False, True), False, True),
        (made(MUTANTS["guard-off"], False, False, True), True, False),
        (made(MUTANTS["guard-off"], True, True, reported=("PHASE-7", "LOG-1")), False, False),
        (made(MUTANTS["empty-paths-written"], True, False, reported=("FILE-8",)), True, False),
        (made(MUTANTS["empty-paths-written"], True, True, reported=("FILE-8",)), False, True),
        (made(MUTANTS["guard-off"], False, True, reported=("LOG-1",)), False, False),
    ],
)
def test_rightly_found_is_under_what_it_breaks_and_nothing_else(row: Row, *, survives: bool, right: bool) -> None:
    assert (row.survives, row.is_right) == (survives, right)


def test_the_matrix_says_who_found_what_and_what_is_wrong() -> None:
    rows = [
        made(MUTANTS["guard-off"], True, False, reported=("PHASE-7", "LOG-1")),
        made(MUTANTS["tenant-ignored"], False, False, True),
    ]
    assert list(kill_matrix.rendered(rows, (PROPERTIES, CASES, SESSIONS), 80)) == [
        "MUTANT          BREAKS    PROPERTIES      FIXED CASES  FIXED SESSIONS",
        "guard-off       PHASE-7   7 cases, 1.2 s  -",
        "tenant-ignored  TENANT-1  -               -            7 cases, 1.2 s",
        "",
        "guard-off doesn't break: LOG-1",
        "2 mutants: 1 found, 0 of them under the right requirements alone",
        "by properties: 1 of 2",
        "by fixed cases: 0 of 2, which judge what no property does",
        "by fixed sessions: 1 of 1, without naming a requirement",
        "not found: tenant-ignored",
        "slowest: guard-off 1.2 s",
    ]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    """What judges are asked; each finds what has its own name's first letter."""
    found: list[tuple[str, str]] = []

    def judged(send: object, name: str, judge: str, *_: object) -> None:
        assert callable(send)
        found.append((name, judge))
        send(Attempt(mutant=name, judge=judge, killed=name[0] == judge[0], reported=frozenset(), cases=1, seconds=0.0))

    monkeypatch.setattr(kills, "judged", judged)
    return found


@pytest.mark.parametrize("thrifty", [False, True])
def test_the_thrifty_ask_no_further_judge_about_what_is_found(asked: list[tuple[str, str]], *, thrifty: bool) -> None:
    names = ("position-in-the-id", "guard-off")
    with pool_of(0, lambda _: None) as pool:
        rows = kills.matrix(pool, names, (PROPERTIES, CASES), most=1, thrifty=thrifty)
    assert [row.mutant.name for row in rows] == [*names]
    assert asked == [
        ("position-in-the-id", PROPERTIES),
        ("guard-off", PROPERTIES),
        *([] if thrifty else [("position-in-the-id", CASES)]),
        ("guard-off", CASES),
    ]


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_judges_what_is_named() -> None:
    done = call("mutants", "guard-off", "--judge", "properties", "--json")
    assert done.exit_code == 0
    (row,) = orjson.loads(done.stdout)["mutants"]
    assert (row["mutant"], row["requirement"], row["right"]) == ("guard-off", "PHASE-7", True)
    assert row["judges"]["properties"]["reported"] == ["PHASE-7"]


def test_a_survivor_makes_the_command_fail() -> None:
    done = call("mutants", "guard-off", "--judge", "fixed cases", "--cases", "5")
    assert done.exit_code == 1
    assert "not found: guard-off" in done.stdout


def test_the_command_offers_every_judge() -> None:
    """It names them itself, so that its help need not load them."""
    assert {*mutants._JUDGES} == {*kills.JUDGES}


def test_an_unknown_name_is_a_wrong_call() -> None:
    done = call("mutants", "guard-of")
    assert done.exit_code == 2
    assert "there is no mutant guard-of" in done.stderr
