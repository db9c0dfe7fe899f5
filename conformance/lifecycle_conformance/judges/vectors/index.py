"""The index of the fixed cases, for whoever runs them without a driver: by requirement, and by name."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from lifecycle_conformance import __version__
from lifecycle_conformance.judges.vectors.scenarios import Scenario
from lifecycle_conformance.judges.vectors.tags import tags
from lifecycle_conformance.specification.index import SPEC_VERSION
from lifecycle_projection.records import Json

RECIPE: Final = Path(__file__).with_name("RUNNING.md")
"""How to run the cases from one's own tests."""


def index(scenarios: Iterable[Scenario]) -> dict[str, Json]:
    """Which cases touch each requirement, and of each case where it stands and which capabilities it needs."""
    return indexed((each.name, each.source, each.needs, tags()[each.name]) for each in scenarios)


def indexed(cases: Iterable[tuple[str, str, Collection[str], Iterable[str]]]) -> dict[str, Json]:
    """The index of some cases, each given by its name, its file and line, what it needs, and its requirements."""
    by_requirement: defaultdict[str, list[Json]] = defaultdict(list)
    named: dict[str, Json] = {}
    for name, source, needs, touched in cases:
        file, _, line = source.partition(":")
        named[name] = {"file": file, "line": int(line), "needs": sorted(needs)}
        for requirement in touched:
            by_requirement[requirement].append(name)
    requirements: dict[str, Json] = {each: by_requirement[each] for each in sorted(by_requirement, key=in_order)}
    return {"spec": SPEC_VERSION, "suite": __version__, "requirements": requirements, "cases": named}


def in_order(requirement: str) -> tuple[str, int]:
    """Where a requirement stands among others: by its prefix, then by its number."""
    prefix, _, number = requirement.rpartition("-")
    return prefix, int(number)
