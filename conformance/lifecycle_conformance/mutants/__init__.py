"""Faulty implementations: the reference with one fault each, to see whether a suite finds it, and under which name.

They lie in folders by what is faulty, which follow the chapters of the specification; `blind` holds those that were
written without knowing the suite, `syntactic` makes others by rules, and `generations` are production's older engines.
`python -m lifecycle_conformance.mutants NAME` is one of them as a driver, with several names all of them at once.

Begin with `mutant`, then `identity/recording`. May import `driver`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lifecycle_conformance.mutants import blind, contents, drivers, identity, inputs, passes, stores
from lifecycle_conformance.mutants.mutant import Composed, Mutant, faults_of

__all__ = ["BLIND", "MUTANTS", "Composed", "Mutant"]

_FOLDERS: Final = (inputs, identity, passes, contents, stores, drivers, blind)
MUTANTS: Final[Mapping[str, Mutant]] = MappingProxyType(
    {each.name: each for folder in _FOLDERS for module in folder.MODULES for each in faults_of(module)}
)
"""The faulty implementations, by name."""
BLIND: Final[frozenset[str]] = frozenset(each.name for module in blind.MODULES for each in faults_of(module))
"""Those that were written without knowing the suite."""
