"""The kill matrix as a gate: the suite finds every faulty implementation, and under the right requirements alone.

A search for one plays the known sessions, then makes up others, `KILL_CASES` at most. It ends after so many cases, not
seconds: so a busy machine finds the same.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from lifecycle_conformance.cli.hypothesis_files import hypothesis_elsewhere
from lifecycle_conformance.mutants import BLIND, MUTANTS
from lifecycle_conformance.runner.pool import pool_of
from lifecycle_conformance.runner.strength import kills
from lifecycle_conformance.runner.strength.kills import CASES, PROPERTIES, Attempt, Row

USUAL_CASES: Final = 40
BY_PROPERTIES: Final = 0.9
"""The least share that properties alone must find, of those for which they are asked."""
SLOWEST: Final = 5


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
    theirs = [row for row in rows if row.of(PROPERTIES) is not None]
    share = len([*_by(theirs, PROPERTIES)]) / max(1, len(theirs))
    if share < BY_PROPERTIES:
        yield f"properties alone find {share:.1%} of those that they are asked for, and {BY_PROPERTIES:.0%} are wanted"


def totals(rows: Sequence[Row]) -> Iterator[str]:
    """How many were found, by whom, how soon; and the slowest."""
    blind = [row for row in rows if row.mutant.name in BLIND]
    for some, what in ((rows, "faulty implementations"), (blind, "of them written without knowing the suite")):
        right = sum(not shortcoming(row) for row in some)
        judged = (f"{len([*_by(some, judge)])} by {judge}" for judge in (PROPERTIES, CASES))
        yield f"{len(some)} {what}: {right} found rightly ({', '.join(judged)})"
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
        rows = kills.matrix(pool, [*MUTANTS], (PROPERTIES, CASES), most=most_cases, thrifty=True)
    wrong = [*problems(rows)]
    sys.stdout.write("\n".join([*wrong, *totals(rows)]) + "\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
