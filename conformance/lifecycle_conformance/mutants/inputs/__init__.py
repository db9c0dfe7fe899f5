"""Faults in reading run records and stored records: chapters 2 and 12.

Begin with `typed_members`. May import `driver`, and what stands in `mutants` itself.
"""

from typing import Final

from lifecycle_conformance.mutants.inputs import (
    free_form_members,
    json_texts,
    reading,
    stored_records,
    typed_members,
)

MODULES: Final = (reading, typed_members, free_form_members, json_texts, stored_records)
