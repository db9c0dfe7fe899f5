"""Faults in the log, tenants, retention and files: chapters 10, 11, 13 and 14.

Begin with `event_log`. May import `driver`, and what stands in `mutants` itself.
"""

from typing import Final

from lifecycle_conformance.mutants.stores import (
    compaction,
    damage,
    disk,
    event_log,
    kept,
    looking_up,
    markers,
    pruning,
    sequences,
    tenants,
)

MODULES: Final = (event_log, sequences, tenants, kept, compaction, markers, pruning, disk, looking_up, damage)
