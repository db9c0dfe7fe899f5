"""Faults in what events and snapshots hold: chapters 7 and 8.

Begin with `boundaries`. May import `driver`, and what stands in `mutants` itself.
"""

from typing import Final

from lifecycle_conformance.mutants.contents import (
    boundaries,
    causes,
    copied,
    definitions,
    events,
    scope_values,
    scopes,
    summaries,
    written,
)

MODULES: Final = (boundaries, events, causes, written, summaries, copied, scopes, scope_values, definitions)
