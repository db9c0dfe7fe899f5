"""What no case of the distilled corpus can tell, and why."""

from collections.abc import Mapping
from typing import Final

from lifecycle_conformance.mutants import Mutant

_UNEXERCISED: Final[Mapping[str, str]] = {}
_UNTOLD_OF: Final[Mapping[str, str]] = {}
"""By the requirement that is broken: whatever breaks it, no answer and no file differs."""
_UNTOLD: Final[Mapping[str, str]] = {}


def why_unexercised(requirement: str) -> str:
    """Why no case exercises a requirement; empty where one should."""
    return _UNEXERCISED.get(requirement, "")


def why_untold(mutant: Mutant) -> str:
    """Why no case tells a faulty implementation; empty where one should."""
    return _UNTOLD.get(mutant.name, "") or _UNTOLD_OF.get(mutant.chief, "")
