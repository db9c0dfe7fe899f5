"""Which judge finds which faulty implementation, after how many cases, and under which requirement."""

from collections.abc import Iterator, Sequence
from typing import Final

from lifecycle_conformance.report.columns import in_columns
from lifecycle_conformance.report.wording import counted, wrapped
from lifecycle_conformance.runner.strength.kills import CASES, PROPERTIES, SESSIONS, Attempt, Row
from lifecycle_projection.records import Json

_SLOWEST: Final = 5
_NOT_ASKED: Final = ""
_SAYING: Final = {CASES: ", which judge what no property does", SESSIONS: ", without naming a requirement"}
"""What must be known of a judge to read its number."""


def rendered(rows: Sequence[Row], judges: Sequence[str], width: int) -> Iterator[str]:
    """The matrix, what is wrong with it, and its totals."""
    head = ("MUTANT", "BREAKS", *(judge.upper() for judge in judges))
    yield from in_columns(head, [_cells(row, judges) for row in rows])
    yield ""
    for row in rows:
        if row.misattributed:
            named = wrapped(sorted(row.misattributed), width, first=f"{row.mutant.name} doesn't break: ", between=", ")
            yield from named
    yield from _totals(rows, judges)


def _cells(row: Row, judges: Sequence[str]) -> tuple[str, ...]:
    return row.mutant.name, row.mutant.chief, *(_cell(row.of(judge)) for judge in judges)


def _cell(attempt: Attempt | None) -> str:
    if attempt is None:
        return _NOT_ASKED
    return f"{counted(attempt.cases, 'case')}, {attempt.seconds:.1f} s" if attempt.killed else "-"


def _totals(rows: Sequence[Row], judges: Sequence[str]) -> Iterator[str]:
    found = sum(not row.survives for row in rows)
    right = sum(row.is_right for row in rows)
    yield f"{counted(len(rows), 'mutant')}: {found} found, {right} of them under the right requirements alone"
    for judge in judges:
        attempts = [each for row in rows if (each := row.of(judge)) is not None]
        yield f"by {judge}: {sum(each.killed for each in attempts)} of {len(attempts)}{_SAYING.get(judge, '')}"
    if survivors := [row.mutant.name for row in rows if row.survives]:
        yield f"not found: {', '.join(survivors)}"
    if slowest := _slowest(rows):
        yield "slowest: " + ", ".join(f"{each.mutant} {each.seconds:.1f} s" for each in slowest)


def _slowest(rows: Sequence[Row]) -> list[Attempt]:
    killed = (each for row in rows if (each := row.of(PROPERTIES)) is not None and each.killed)
    return sorted(killed, key=lambda each: -each.seconds)[:_SLOWEST]


def as_json(rows: Sequence[Row]) -> dict[str, Json]:
    """The matrix as a JSON object."""
    return {"mutants": [_row_json(row) for row in rows]}


def _row_json(row: Row) -> dict[str, Json]:
    return {
        "mutant": row.mutant.name,
        "fault": row.mutant.__doc__,
        "why": row.mutant.why,
        "requirement": row.mutant.chief,
        "breaks": [*sorted(row.mutant.breaks)],
        "right": row.is_right,
        "misattributed": [*sorted(row.misattributed)],
        "judges": {each.judge: _attempt_json(each) for each in row.attempts},
    }


def _attempt_json(attempt: Attempt) -> dict[str, Json]:
    return {
        "killed": attempt.killed,
        "reported": [*sorted(attempt.reported)],
        "cases": attempt.cases,
        "seconds": round(attempt.seconds, 3),
    }
