"""What became of the syntactic mutants: how many of each sort were found, by whom, and which ones were not."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Final

from lifecycle_conformance.mutants.syntactic.equivalents import described
from lifecycle_conformance.report.columns import in_columns
from lifecycle_conformance.report.wording import counted
from lifecycle_conformance.runner.strength.syntactic import Fate
from lifecycle_projection.records import Json

_HEAD: Final = ("OPERATOR", "MUTANTS", "FOUND", "EXPLAINED", "NOT FOUND")


def survivors(fates: Sequence[Fate], reasons: Mapping[str, str]) -> list[Fate]:
    """Those that nothing found and nothing explains."""
    return [each for each in fates if not each.killed and each.mutation.id not in reasons]


def wrongly_explained(fates: Sequence[Fate], reasons: Mapping[str, str]) -> list[Fate]:
    """Those that were found although it was said why nothing could find them."""
    return [each for each in fates if each.killed and each.mutation.id in reasons]


def rendered(fates: Sequence[Fate], reasons: Mapping[str, str]) -> Iterator[str]:
    """The table of operators, the totals, and each mutant that should have been found, or should not."""
    yield from in_columns(_HEAD, list(_rows(fates, reasons)))
    yield ""
    found, left = [each for each in fates if each.killed], survivors(fates, reasons)
    explained = len(fates) - len(found) - len(left)
    share = len(found) / max(1, len(fates) - explained)
    whole = counted(len(fates), "mutant")
    yield f"{whole}: {len(found)} found, {explained} explained, {len(left)} not found ({share:.1%})"
    by_judge = Counter(each.judge for each in found)
    yield "found first by: " + ", ".join(f"{judge} {number}" for judge, number in by_judge.most_common())
    if found:
        spent = sorted(each.seconds for each in found)
        yield f"seconds to find one: median {median(spent):.2f}, worst {spent[-1]:.1f}"
    for each in left:
        yield f"not found: {_told(each)}"
    for each in wrongly_explained(fates, reasons):
        yield f"found by {each.judge}, although explained: {_told(each)} ({reasons[each.mutation.id]})"


def _rows(fates: Sequence[Fate], reasons: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for kind in sorted({each.mutation.kind for each in fates}):
        of_kind = [each for each in fates if each.mutation.kind == kind]
        found, left = sum(each.killed for each in of_kind), len(survivors(of_kind, reasons))
        yield kind, *map(str, (len(of_kind), found, len(of_kind) - found - left, left))


def _told(fate: Fate) -> str:
    mutation = fate.mutation
    return f"{mutation.id} (line {mutation.line}): {described(mutation)}"


def as_json(fates: Sequence[Fate], reasons: Mapping[str, str]) -> dict[str, Json]:
    """What became of each, as a JSON object."""
    return {
        "mutants": [
            {
                "mutant": each.mutation.id,
                "line": each.mutation.line,
                "change": described(each.mutation),
                "found_by": each.judge or None,
                "reported": [*sorted(each.reported)],
                "equivalent": reasons.get(each.mutation.id),
                "cases": each.cases,
                "seconds": round(each.seconds, 3),
            }
            for each in fates
        ]
    }
