"""Which checks there are: each registers itself, with the requirements that it judges and the steps it is about."""

from collections.abc import Callable
from typing import Final

from lifecycle_conformance.execution.judgement import ALL_STEPS, Check, Registered, Steps

CHECKS: Final[list[Registered]] = []


def check(*requirements: str, on: Steps | str = ALL_STEPS) -> Callable[[Check], Check]:
    """Register a check under the requirements that it may judge; it is asked about some steps, or those of one name."""
    steps = Steps(frozenset({on})) if isinstance(on, str) else on

    def register(function: Check) -> Check:
        CHECKS.append(Registered(check=function, requirements=requirements, on=steps))
        return function

    return register
