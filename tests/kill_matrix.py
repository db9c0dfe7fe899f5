"""The kill matrix as a gate: the suite finds every faulty implementation, and under the right requirements alone.

Those of which that isn't so yet are listed in `not_rightly_found.toml`, each with what is missing. Long searches, as at
night, hold strictly to the list: one that is found rightly by now must leave it; one that is `late` is found by them
only. Searches end after so many cases, not seconds: so a busy machine finds the same. `KILL_CASES` says after how many,
`KILL_EVERY` 2 takes every second fault only.
"""

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from lifecycle_conformance.cli.hypothesis_files import hypothesis_elsewhere
from lifecycle_conformance.mutants import BLIND, MUTANTS
from lifecycle_conformance.report.wording import counted
from lifecycle_conformance.runner import kills
from lifecycle_conformance.runner.kills import CASES, PROPERTIES, Attempt, Row
from lifecycle_conformance.runner.pool import pool_of

LISTED: Final = Path(__file__).with_name("not_rightly_found.toml")
USUAL_CASES: Final = 40
LATE_CASES: Final = 300
"""In how many cases those are found, too, that are late."""
BY_PROPERTIES: Final = 0.9
"""The least share that properties alone must find in long searches, of those for which they are asked."""
SLOWEST: Final = 5


def listed(most_cases: int, path: Path = LISTED) -> Mapping[str, str]:
    """The faulty implementations that aren't found rightly in so many cases, each with what is missing."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: entry["missing"]
        for name, entry in entries.items()
        if most_cases < LATE_CASES or not entry.get("late", False)
    }


def shortcoming(row: Row) -> str:
    """What is wrong with how one was found; empty where nothing is."""
    if row.survives:
        said = sorted({each for attempt in row.attempts for each in attempt.reported})
        return f"not found under {row.mutant.chief}" + (f"; reported: {', '.join(said)}" if said else "")
    wrong = ", ".join(sorted(row.misattributed))
    return f"reported, though not broken: {wrong}" if wrong else ""


def problems(rows: Sequence[Row], known: Mapping[str, str], *, strict: bool) -> Iterator[str]:
    """What must not be, in sentences."""
    found = {row.mutant.name: shortcoming(row) for row in rows}
    for name, wrong in found.items():
        if wrong and name not in known:
            yield f"{name}: {wrong}"
        if strict and not wrong and name in known:
            yield f"{name}: found rightly by now; take it off the list"
    yield from (f"{name}: listed, and there is no such mutant" for name in known if name not in MUTANTS)
    theirs = [row for row in rows if row.of(PROPERTIES) is not None]
    share = len([*_by(theirs, PROPERTIES)]) / max(1, len(theirs))
    if strict and share < BY_PROPERTIES:
        yield f"properties alone find {share:.1%} of those that they are asked for, and {BY_PROPERTIES:.0%} are wanted"


def totals(rows: Sequence[Row], known: Mapping[str, str]) -> Iterator[str]:
    """How many were found, by whom, how soon; and the slowest."""
    blind = [row for row in rows if row.mutant.name in BLIND]
    for some, what in ((rows, "faulty implementations"), (blind, "of them written without knowing the suite")):
        right = sum(not shortcoming(row) for row in some)
        judged = (f"{len([*_by(some, judge)])} by {judge}" for judge in (PROPERTIES, CASES))
        yield f"{len(some)} {what}: {right} found rightly ({', '.join(judged)})"
    yield f"{counted(len(known), 'one is', 'are')} listed as not found rightly yet"
    seconds = sorted(((each.seconds, each.mutant) for each in _by(rows, PROPERTIES)), reverse=True)
    if seconds:
        slowest = ", ".join(f"{name} {spent:.1f} s" for spent, name in seconds[:SLOWEST])
        yield f"median {median(spent for spent, _ in seconds):.2f} s to find one by properties; slowest: {slowest}"


def _by(rows: Sequence[Row], judge: str) -> Iterator[Attempt]:
    return (each for row in rows if (each := row.of(judge)) is not None and each.killed)


def main() -> int:
    """Look for all, print what is wrong and the totals; the exit code is 1 where anything is."""
    most_cases, jobs = int(os.environ.get("KILL_CASES", str(USUAL_CASES))), os.cpu_count() or 1
    known = listed(most_cases)
    with hypothesis_elsewhere(), pool_of(jobs, lambda _: None) as pool:
        names = [*MUTANTS][:: int(os.environ.get("KILL_EVERY", "1"))]
        rows = kills.matrix(pool, names, (PROPERTIES, CASES), most=most_cases, thrifty=True)
    wrong = [*problems(rows, known, strict=most_cases >= LATE_CASES)]
    sys.stdout.write("\n".join([*wrong, *totals(rows, known)]) + "\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
