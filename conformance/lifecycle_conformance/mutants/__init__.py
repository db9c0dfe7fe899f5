"""Faulty implementations: the reference with one fault each, to see whether a suite finds it, and under which name.

`python -m lifecycle_conformance.mutants NAME` is one of them as a driver, with several names all of them at once.

Begin with `mutant`, then `recording`. May import `driver`; nothing but the tests imports it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lifecycle_conformance.mutants.boundaries import (
    AnothersSnapshotOverwritten,
    GuardOff,
    LesserOfTwoLatest,
    NamesakesPruned,
    NodeOutputsCopied,
    SnapshotsRewritten,
)
from lifecycle_conformance.mutants.mutant import Composed, Mutant
from lifecycle_conformance.mutants.reading import BrokenTextEmptiesTheLog, LongDoublesReadOneOff, ScopeSourcesDropped
from lifecycle_conformance.mutants.recording import (
    CompactedIdsIgnored,
    OccurrenceAlways0,
    PositionInTheId,
    SeqFromTheWholeLog,
    TenantIgnored,
)

__all__ = ["MUTANTS", "Composed", "Mutant"]

MUTANTS: Final[Mapping[str, Mutant]] = MappingProxyType(
    {
        each.name: each()
        for each in (
            PositionInTheId,
            OccurrenceAlways0,
            SnapshotsRewritten,
            GuardOff,
            CompactedIdsIgnored,
            NodeOutputsCopied,
            TenantIgnored,
            SeqFromTheWholeLog,
            AnothersSnapshotOverwritten,
            LongDoublesReadOneOff,
            BrokenTextEmptiesTheLog,
            LesserOfTwoLatest,
            NamesakesPruned,
            ScopeSourcesDropped,
        )
    }
)
"""The faulty implementations, by name."""
