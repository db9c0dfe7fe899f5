"""Faults in errors and in the driver protocol: chapters 15 and 16.

Begin with `protocol`. May import `driver`, and what stands in `mutants` itself.
"""

from typing import Final

from lifecycle_conformance.mutants.drivers import (
    protocol,
    refusals,
    requests,
)

MODULES: Final = (refusals, protocol, requests)
