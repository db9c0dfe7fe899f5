"""Faults in canonical JSON, in ids, and in what a pass recognises: chapters 3 to 5.

Begin with `recording`. May import `driver`, and what stands in `mutants` itself.
"""

from typing import Final

from lifecycle_conformance.mutants.identity import (
    canonical_numbers,
    canonical_texts,
    identities,
    recognizing,
    recognizing_contents,
    recording,
)

MODULES: Final = (recording, canonical_texts, canonical_numbers, identities, recognizing, recognizing_contents)
