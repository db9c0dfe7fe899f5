"""Faulty implementations: the reference with one fault each, to see whether a suite finds it, and under which name.

`python -m lifecycle_conformance.mutants NAME` is one of them as a driver, with several names all of them at once.

Begin with `mutant`, then `recording`. May import `driver`; nothing but the tests imports it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lifecycle_conformance.mutants import (
    boundaries,
    causes,
    copied,
    definitions,
    events,
    kept,
    passing,
    phase_history,
    phasing,
    reading,
    recording,
    scope_values,
    scopes,
    stopping,
    summaries,
    written,
)
from lifecycle_conformance.mutants.mutant import Composed, Mutant, faults_of

__all__ = ["MUTANTS", "Composed", "Mutant"]

_MODULES: Final = (
    *(recording, boundaries, reading),
    *(phasing, phase_history, events, causes, written, kept, summaries, copied),
    *(scopes, scope_values, definitions, passing, stopping),
)
MUTANTS: Final[Mapping[str, Mutant]] = MappingProxyType(
    {each.name: each for module in _MODULES for each in faults_of(module)}
)
"""The faulty implementations, by name."""
