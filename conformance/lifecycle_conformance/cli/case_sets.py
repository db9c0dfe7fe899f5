"""The sets of cases that `vectors` lists, exports and judges by: the fixed cases, and the distilled corpus."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from attrs import frozen

from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.judges import corpus
from lifecycle_conformance.judges.corpus import index as corpus_index
from lifecycle_conformance.judges.corpus.cases import CORPUS
from lifecycle_conformance.judges.vectors import index as vectors_index
from lifecycle_conformance.judges.vectors.judging import Comparison, compare
from lifecycle_conformance.judges.vectors.scenarios import FILES, stream
from lifecycle_conformance.judges.vectors.tags import tags
from lifecycle_conformance.specification.texts import VECTORS
from lifecycle_projection.records import Json


@frozen(kw_only=True)
class Case:
    """A case of either set; `compare` holds a driver to it, in a directory for its store."""

    name: str
    source: str
    steps: int
    needs: frozenset[str]
    requirements: frozenset[str]
    compare: Callable[[Driver, Path], Comparison]


@frozen(kw_only=True)
class CaseSet:
    """A set of cases: how to read them, and what an export holds."""

    cases: Callable[[], Iterator[Case]]
    files: tuple[Path, ...]
    recipe: Path
    index: Callable[[], dict[str, Json]]


def _fixed() -> Iterator[Case]:
    for each in stream():
        yield Case(
            name=each.name,
            source=each.source,
            steps=len(each.steps),
            needs=each.needs,
            requirements=tags()[each.name],
            compare=partial(compare, each),
        )


def _distilled() -> Iterator[Case]:
    for each in corpus.stream():
        yield Case(
            name=each.name,
            source=each.source,
            steps=len(each.steps),
            needs=each.needs,
            requirements=frozenset(each.requirements),
            compare=partial(_compare_distilled, each),
        )


def _compare_distilled(case: corpus.CorpusCase, driver: Driver, _: Path) -> Comparison:
    return corpus.compare(case, driver)


FIXED: Final = "fixed"
SETS: Final[Mapping[str, CaseSet]] = {
    FIXED: CaseSet(
        cases=_fixed,
        files=tuple(VECTORS / name for name in FILES),
        recipe=vectors_index.RECIPE,
        index=lambda: vectors_index.index(stream()),
    ),
    "distilled": CaseSet(
        cases=_distilled,
        files=(CORPUS,),
        recipe=corpus_index.RECIPE,
        index=lambda: corpus_index.index(corpus.stream()),
    ),
}
"""The sets by the names that the command line knows."""
