"""The gate of the kill matrix: what it lets pass, and what it doesn't."""

import pytest

import kill_matrix
from kill_matrix import problems, shortcoming, totals
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.runner.pool import pool_of
from lifecycle_conformance.runner.strength.kills import CASES, PROPERTIES, Attempt, Row

NAMES = ("guard-off", "tenant-ignored")


def row(name: str, *killed_by: str, reported: tuple[str, ...] = ()) -> Row:
    attempts = [
        Attempt(
            mutant=name,
            judge=judge,
            killed=judge in killed_by,
            reported=frozenset((*reported, *([MUTANTS[name].chief] if judge in killed_by else ()))),
            cases=3,
            seconds=0.5,
        )
        for judge in (PROPERTIES, CASES)
    ]
    return Row(mutant=MUTANTS[name], attempts=attempts)


RIGHT = [row("guard-off", PROPERTIES, reported=("PHASE-7",)), row("tenant-ignored", PROPERTIES)]


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        (RIGHT, []),
        ([RIGHT[0], row("tenant-ignored")], ["tenant-ignored: not found under TENANT-1", "properties alone"]),
        (
            [row("guard-off", PROPERTIES, reported=("LOG-1", "PHASE-7")), RIGHT[1]],
            ["guard-off: reported, though not broken: LOG-1"],
        ),
        ([RIGHT[0], row("tenant-ignored", CASES)], ["properties alone find 50.0%"]),
    ],
)
def test_none_may_be_found_wrongly(rows: list[Row], wrong: list[str]) -> None:
    found = [*problems(rows)]
    assert len(found) == len(wrong)
    assert all(said.startswith(start) for said, start in zip(found, wrong, strict=True)), found


def test_the_totals_say_who_found_how_many() -> None:
    lines = [*totals([*RIGHT, row("position-in-the-id", CASES)])]
    found = "3 found rightly: 2 by properties (66.7%), 1 by fixed cases, 0 by both"
    assert lines[0] == f"3 faulty implementations: {found}"
    assert lines[-1].startswith("median 0.50 s")


def test_properties_are_asked_too_where_a_fault_breaks_what_they_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its requirement is judged by fixed cases; what it breaks beside that is found in the known sessions."""
    names = ("empty-paths-written", "an-empty-hash-is-none", "guard-off")
    monkeypatch.setattr(kill_matrix, "MUTANTS", {name: MUTANTS[name] for name in names})
    with pool_of(0, lambda _: None) as pool:
        rows = kill_matrix.asked(pool, most=40)
    attempts = [[(each.judge, each.killed) for each in row.attempts] for row in rows]
    assert attempts == [[(CASES, True), (PROPERTIES, True)], [(CASES, True)], [(PROPERTIES, True)]]
    assert [*problems(rows)] == ["properties alone find 66.7%, and 90% are wanted"]
    assert next(iter(totals(rows))).endswith("3 found rightly: 2 by properties (66.7%), 2 by fixed cases, 1 by both")


def test_one_that_nobody_found_says_what_was_reported() -> None:
    assert shortcoming(row("guard-off", reported=("LOG-1",))) == "not found under PHASE-7; reported: LOG-1"
