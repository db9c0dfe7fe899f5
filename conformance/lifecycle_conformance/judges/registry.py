"""Which checks there are: each registers itself, with the requirements that it judges and the steps it is about."""

from collections.abc import Callable
from typing import Final

from lifecycle_conformance.execution.judgement import ALL_STEPS, Check, Registered, Steps
from lifecycle_conformance.specification import requirements

CHECKS: Final[list[Registered]] = []
_KNOWN: Final = requirements.load().keys()


def check(*judged: str, on: Steps = ALL_STEPS) -> Callable[[Check], Check]:
    """Register a check under the requirements that it may judge, and for the steps that it is asked about.

    Raises :class:`ValueError` where the specification has no such requirement.
    """
    if unknown := sorted({*judged} - _KNOWN):
        raise ValueError(f"a check judges {', '.join(unknown)}, of which the specification says nothing")

    def register(function: Check) -> Check:
        CHECKS.append(Registered(check=function, requirements=judged, on=on))
        return function

    return register
