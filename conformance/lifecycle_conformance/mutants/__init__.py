"""Faulty implementations: the reference with one fault each, to see whether a suite finds it, and under which name.

`python -m lifecycle_conformance.mutants NAME` is one of them as a driver, with several names all of them at once.

Begin with `mutant`, then `recording`. May import `driver`; nothing but the tests imports it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lifecycle_conformance.mutants import (
    boundaries,
    canonical_numbers,
    canonical_texts,
    free_form_members,
    identities,
    json_texts,
    reading,
    recognizing,
    recognizing_contents,
    recording,
    typed_members,
)
from lifecycle_conformance.mutants.mutant import Composed, Mutant, faults_of

__all__ = ["MUTANTS", "Composed", "Mutant"]

_MODULES: Final = (
    *(recording, boundaries, reading),
    *(typed_members, free_form_members, json_texts, canonical_texts, canonical_numbers),
    *(identities, recognizing, recognizing_contents),
)
MUTANTS: Final[Mapping[str, Mutant]] = MappingProxyType(
    {each.name: each for module in _MODULES for each in faults_of(module)}
)
"""The faulty implementations, by name."""
