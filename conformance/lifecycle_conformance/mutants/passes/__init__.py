"""Faults in phases and passes: chapters 6 and 9.

Begin with `passing`. May import `driver`, and what stands in `mutants` itself.
"""

from typing import Final

from lifecycle_conformance.mutants.passes import (
    passing,
    phase_history,
    phasing,
    stopping,
)

MODULES: Final = (phasing, phase_history, passing, stopping)
