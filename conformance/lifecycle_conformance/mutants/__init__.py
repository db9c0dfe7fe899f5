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
    causes,
    compaction,
    copied,
    damage,
    definitions,
    disk,
    event_log,
    events,
    free_form_members,
    identities,
    json_texts,
    kept,
    looking_up,
    markers,
    passing,
    phase_history,
    phasing,
    protocol,
    pruning,
    reading,
    recognizing,
    recognizing_contents,
    recording,
    refusals,
    requests,
    scope_values,
    scopes,
    sequences,
    stopping,
    stored_records,
    summaries,
    tenants,
    typed_members,
    written,
)
from lifecycle_conformance.mutants.blind import (
    honest,
    honest_more,
    second_contents,
    second_stores,
    sly,
    sly_more,
    third_contents,
    third_rules,
    third_stores,
)
from lifecycle_conformance.mutants.mutant import Composed, Mutant, faults_of

__all__ = ["BLIND", "MUTANTS", "Composed", "Mutant"]

_BLIND: Final = (
    *(honest, honest_more, sly, sly_more),
    *(second_contents, second_stores),
    *(third_contents, third_rules, third_stores),
)
_MODULES: Final = (
    *(recording, boundaries, reading),
    *(typed_members, free_form_members, json_texts, canonical_texts, canonical_numbers),
    *(identities, recognizing, recognizing_contents),
    *(phasing, phase_history, events, causes, written, kept, summaries, copied),
    *(scopes, scope_values, definitions, passing, stopping),
    *(event_log, sequences, tenants, compaction, markers, pruning),
    *(stored_records, disk, looking_up, damage, refusals, protocol, requests),
    *_BLIND,
)
MUTANTS: Final[Mapping[str, Mutant]] = MappingProxyType(
    {each.name: each for module in _MODULES for each in faults_of(module)}
)
"""The faulty implementations, by name."""
BLIND: Final[frozenset[str]] = frozenset(each.name for module in _BLIND for each in faults_of(module))
"""Those that were written without knowing the suite."""
