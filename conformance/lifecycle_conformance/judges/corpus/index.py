"""The index of the distilled corpus, for whoever runs it without a driver: by requirement, and by name."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from lifecycle_conformance.judges.corpus.cases import CorpusCase
from lifecycle_conformance.judges.vectors.index import indexed
from lifecycle_projection.records import Json

RECIPE: Final = Path(__file__).with_name("RUNNING.md")
"""How to run the cases from one's own tests."""


def index(cases: Iterable[CorpusCase]) -> dict[str, Json]:
    """Which cases exercise each requirement, and of each case where it stands and which capabilities it needs."""
    return indexed((each.name, each.source, each.needs, each.requirements) for each in cases)
