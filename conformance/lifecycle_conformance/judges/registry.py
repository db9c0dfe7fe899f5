"""Which checks there are: each registers itself, with the requirements that it judges and the steps it is about."""

from collections.abc import Callable
from typing import Final

from lifecycle_conformance.execution.judgement import ALL_STEPS, Check, Registered, Steps, steps
from lifecycle_conformance.specification import requirements

CHECKS: Final[list[Registered]] = []


def check(*judged: str, on: Steps | str = ALL_STEPS) -> Callable[[Check], Check]:
    """Register a check under the requirements that it may judge; it is asked about some steps, or those of one name.

    Raises :class:`ValueError` where the specification has no such requirement.
    """
    if unknown := sorted({*judged} - requirements.load().keys()):
        raise ValueError(f"a check judges {', '.join(unknown)}, of which the specification says nothing")

    def register(function: Check) -> Check:
        about = steps(on) if isinstance(on, str) else on
        CHECKS.append(Registered(check=function, requirements=judged, on=about))
        return function

    return register
