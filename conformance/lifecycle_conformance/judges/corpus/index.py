"""The index of the distilled corpus, for whoever runs it without a driver: by requirement, and by name."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from lifecycle_conformance import __version__
from lifecycle_conformance.judges.corpus.cases import CorpusCase
from lifecycle_conformance.judges.vectors.index import in_order
from lifecycle_conformance.specification.requirements import SPEC_VERSION
from lifecycle_projection.records import Json

RECIPE: Final = Path(__file__).with_name("RUNNING.md")
"""How to run the cases from one's own tests."""


def index(cases: Iterable[CorpusCase]) -> dict[str, Json]:
    """Which cases exercise each requirement, and of each case where it stands and which capabilities it needs."""
    by_requirement: defaultdict[str, list[Json]] = defaultdict(list)
    named: dict[str, Json] = {}
    for case in cases:
        file, _, line = case.source.partition(":")
        named[case.name] = {"file": file, "line": int(line), "needs": sorted(case.needs)}
        for requirement in case.requirements:
            by_requirement[requirement].append(case.name)
    requirements: dict[str, Json] = {each: by_requirement[each] for each in sorted(by_requirement, key=in_order)}
    return {"spec": SPEC_VERSION, "suite": __version__, "requirements": requirements, "cases": named}
