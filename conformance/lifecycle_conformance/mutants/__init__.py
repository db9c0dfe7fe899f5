"""Faulty implementations: the reference with one fault each, to see whether a suite finds it, and under which name.

`python -m lifecycle_conformance.mutants NAME` is one of them as a driver, with several names all of them at once.

Begin with `mutant`, then `recording`. May import `driver`; nothing but the tests imports it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lifecycle_conformance.mutants import (
    boundaries,
    compaction,
    damage,
    disk,
    event_log,
    looking_up,
    markers,
    protocol,
    pruning,
    reading,
    recording,
    refusals,
    requests,
    sequences,
    stored_records,
    tenants,
)
from lifecycle_conformance.mutants.mutant import Composed, Mutant, faults_of

__all__ = ["MUTANTS", "Composed", "Mutant"]

_MODULES: Final = (
    recording,
    boundaries,
    reading,
    event_log,
    sequences,
    tenants,
    compaction,
    markers,
    pruning,
    stored_records,
    disk,
    looking_up,
    damage,
    refusals,
    protocol,
    requests,
)
MUTANTS: Final[Mapping[str, Mutant]] = MappingProxyType(
    {each.name: each for module in _MODULES for each in faults_of(module)}
)
"""The faulty implementations, by name."""
