"""The kill matrix as a gate: the suite finds every faulty implementation, and under the right requirements alone.

A search for one plays the known sessions, then makes up others, `KILL_CASES` at most. It ends after so many cases, not
seconds: so a busy machine finds the same.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from attrs import evolve

from lifecycle_conformance.cli.hypothesis_files import hypothesis_elsewhere
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.mutants import BLIND, MUTANTS
from lifecycle_conformance.runner.pool import Pool, pool_of
from lifecycle_conformance.runner.strength import kills
from lifecycle_conformance.runner.strength.kills import CASES, PROPERTIES, Attempt, Row

USUAL_CASES: Final = 40
BY_PROPERTIES: Final = 0.9
"""The least share that properties alone must find."""
SLOWEST: Final = 5
JUDGED_BY_PROPERTIES: Final = frozenset(requirement for each in CHECKS for requirement in each.requirements)


def asked(pool: Pool, most: int) -> list[Row]:
    """Look for all: by the judge of the requirement that each breaks, then by the other one.

    What fixed cases find, properties are asked for, too, where it breaks what they judge; by the known sessions alone.
    """
    rows = kills.matrix(pool, [*MUTANTS], (PROPERTIES, CASES), most=most, thrifty=True)
    unasked = [row.mutant for row in rows if row.of(PROPERTIES) is None]
    names = [mutant.name for mutant in unasked if not mutant.breaks.isdisjoint(JUDGED_BY_PROPERTIES)]
    more = {row.mutant.name: row.attempts for row in kills.matrix(pool, names, (PROPERTIES,), most=0)}
    return [evolve(row, attempts=[*row.attempts, *more.get(row.mutant.name, ())]) for row in rows]


def shortcoming(row: Row) -> str:
    """What is wrong with how one was found; empty where nothing is."""
    if row.survives:
        said = sorted({each for attempt in row.attempts for each in attempt.reported})
        return f"not found under {row.mutant.chief}" + (f"; reported: {', '.join(said)}" if said else "")
    wrong = ", ".join(sorted(row.misattributed))
    return f"reported, though not broken: {wrong}" if wrong else ""


def problems(rows: Sequence[Row]) -> Iterator[str]:
    """What must not be, in sentences."""
    yield from (f"{row.mutant.name}: {wrong}" for row in rows if (wrong := shortcoming(row)))
    share = len([*_by(rows, PROPERTIES)]) / max(1, len(rows))
    if share < BY_PROPERTIES:
        yield f"properties alone find {share:.1%}, and {BY_PROPERTIES:.0%} are wanted"


def totals(rows: Sequence[Row]) -> Iterator[str]:
    """How many were found, by whom, how soon; and the slowest."""
    blind = [row for row in rows if row.mutant.name in BLIND]
    for some, what in ((rows, "faulty implementations"), (blind, "of them written without knowing the suite")):
        right = sum(not shortcoming(row) for row in some)
        properties, cases = ({each.mutant for each in _by(some, judge)} for judge in (PROPERTIES, CASES))
        share, both = len(properties) / max(1, len(some)), len(properties & cases)
        by_whom = f"{len(properties)} by properties ({share:.1%}), {len(cases)} by fixed cases, {both} by both"
        yield f"{len(some)} {what}: {right} found rightly: {by_whom}"
    seconds = sorted(((each.seconds, each.mutant) for each in _by(rows, PROPERTIES)), reverse=True)
    if seconds:
        slowest = ", ".join(f"{name} {spent:.1f} s" for spent, name in seconds[:SLOWEST])
        yield f"median {median(spent for spent, _ in seconds):.2f} s to find one by properties; slowest: {slowest}"


def _by(rows: Sequence[Row], judge: str) -> Iterator[Attempt]:
    return (each for row in rows if (each := row.of(judge)) is not None and each.killed)


def main() -> int:
    """Look for all, print what is wrong and the totals; the exit code is 1 where anything is."""
    most_cases, jobs = int(os.environ.get("KILL_CASES", str(USUAL_CASES))), os.cpu_count() or 1
    with hypothesis_elsewhere(), pool_of(jobs, lambda _: None) as pool:
        rows = asked(pool, most_cases)
    wrong = [*problems(rows)]
    sys.stdout.write("\n".join([*wrong, *totals(rows)]) + "\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
