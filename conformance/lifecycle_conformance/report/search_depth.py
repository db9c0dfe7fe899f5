"""How deep the sessions of a check went: what they met, and how often."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Final

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.model.phase_table import NEXT
from lifecycle_conformance.report.wording import WIDTH, counted, wrapped


def move_name(source: str, target: str) -> str:
    """What a move is called where moves are counted."""
    return f"{source} → {target}"


_MOVES: Final = [(source, target) for source in NEXT for target in NEXT if source != target]
ALLOWED: Final = [move_name(source, target) for source, target in _MOVES if target in NEXT[source]]
"""The moves between phases that the table allows."""
FORBIDDEN: Final = [move_name(source, target) for source, target in _MOVES if target not in NEXT[source]]
"""The moves between phases that the table doesn't allow: the guard refuses them."""
COLUMN: Final = 14
"""The column in which the text begins, after the names."""


def depths(coverage: Coverage) -> dict[str, tuple[float, int]]:
    """The median and the most of what a session had, by what that is."""
    return {name: (median(numbers), max(numbers)) for name, numbers in coverage.depth.items() if numbers}


def moves(coverage: Coverage) -> dict[str, tuple[int, int]]:
    """How many of the allowed and of the forbidden moves were asked for, and how many there are."""
    seen = coverage.moves.keys()
    return {
        "allowed": (len(seen & ALLOWED), len(ALLOWED)),
        "forbidden": (len(seen & FORBIDDEN), len(FORBIDDEN)),
    }


def lines(coverage: Coverage, width: int = WIDTH) -> Iterator[str]:
    """What sessions met, a line for each sort of thing."""
    refused = f" ({coverage.refusals} refused)" if coverage.refusals else ""
    requests, passes = counted(coverage.steps, "request"), counted(coverage.passes, "pass", "passes")
    yield from _line("sessions", [f"{coverage.sessions}, with {requests} judged, {passes}{refused}"], width)
    if found := [_depth(name, *numbers) for name, numbers in depths(coverage).items()]:
        yield from _line("of a session", found, width)
    yield from _line(
        "phases", [f"{len(NEXT.keys() & coverage.phases)} of {len(NEXT)} seen", *_counts(coverage.phases)], width
    )
    asked = [f"{seen} of {all_} {kind} ones" for kind, (seen, all_) in moves(coverage).items()]
    yield from _line("moves", [", ".join(asked)], width)
    for name, counter in (("generations", coverage.generations), ("targets", coverage.targets)):
        yield from _line(name, _counts(counter) or ["none"], width)


def _depth(name: str, middle: float, most: int) -> str:
    return f"{name}: median {middle:g}, at most {most}"


def _counts(counter: Mapping[str, int]) -> list[str]:
    return [f"{safe(name)} {count}" for name, count in Counter(counter).most_common()]


def _line(name: str, phrases: Sequence[str], width: int) -> Iterator[str]:
    return wrapped(phrases, width, first=f"{name:{COLUMN}}")
