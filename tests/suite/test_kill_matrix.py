"""The gate of the kill matrix: what it lets pass, and what it doesn't."""

from pathlib import Path

import pytest

from kill_matrix import LATE_CASES, USUAL_CASES, listed, problems, shortcoming, totals
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.runner.kills import CASES, PROPERTIES, Attempt, Row

NAMES = ("guard-off", "tenant-ignored")


def row(name: str, *killed_by: str, reported: tuple[str, ...] = ()) -> Row:
    attempts = [
        Attempt(
            mutant=name,
            judge=judge,
            killed=judge in killed_by,
            reported=frozenset(reported),
            cases=3,
            seconds=0.5,
        )
        for judge in (PROPERTIES, CASES)
    ]
    return Row(mutant=MUTANTS[name], attempts=attempts)


RIGHT = [row("guard-off", PROPERTIES, reported=("PHASE-7",)), row("tenant-ignored", PROPERTIES)]


@pytest.mark.parametrize(
    ("rows", "known", "wrong"),
    [
        (RIGHT, {}, []),
        ([RIGHT[0], row("tenant-ignored")], {}, ["tenant-ignored: not found under TENANT-1", "properties alone"]),
        (
            [row("guard-off", PROPERTIES, reported=("LOG-1", "PHASE-7")), RIGHT[1]],
            {},
            ["guard-off: reported, though not broken: LOG-1"],
        ),
        (RIGHT, {"guard-off": "luck"}, ["guard-off: found rightly by now"]),
        (RIGHT, {"no-such-fault": "luck"}, ["no-such-fault: listed, and there is no such mutant"]),
        ([RIGHT[0], row("tenant-ignored", CASES)], {}, ["properties alone find 50.0%"]),
    ],
)
def test_only_what_is_listed_may_be_found_wrongly(rows: list[Row], known: dict[str, str], wrong: list[str]) -> None:
    found = [*problems(rows, known, strict=True)]
    assert len(found) == len(wrong)
    assert all(said.startswith(start) for said, start in zip(found, wrong, strict=True)), found


def test_a_short_search_may_find_what_is_listed() -> None:
    assert [*problems(RIGHT, {"guard-off": "luck"}, strict=False)] == []


def test_what_is_listed_is_there_and_says_what_is_missing() -> None:
    known = listed(USUAL_CASES)
    assert known.keys() <= MUTANTS.keys()
    assert all(each.strip() for each in known.values())


def test_what_is_late_is_not_excused_in_a_longer_search(tmp_path: Path) -> None:
    path = tmp_path / "listed.toml"
    path.write_text('[guard-off]\nmissing = "luck"\nlate = true\n[tenant-ignored]\nmissing = "a target"\n')
    assert listed(USUAL_CASES, path) == {"guard-off": "luck", "tenant-ignored": "a target"}
    assert listed(LATE_CASES, path) == {"tenant-ignored": "a target"}


def test_the_totals_say_who_found_how_many() -> None:
    lines = [*totals([*RIGHT, row("position-in-the-id", CASES)], {})]
    assert lines[0] == "3 faulty implementations: 3 found rightly (2 by properties, 1 by fixed cases)"
    assert lines[-1].startswith("median 0.50 s")


def test_one_that_nobody_found_says_what_was_reported() -> None:
    assert shortcoming(row("guard-off", reported=("LOG-1",))) == "not found under PHASE-7; reported: LOG-1"
