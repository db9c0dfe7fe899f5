"""Which checks there are: each registers itself under the requirements that it may judge."""

from collections.abc import Callable
from typing import Final

from lifecycle_conformance.execution.judgement import Check, Registered

CHECKS: Final[list[Registered]] = []


def judges(*requirements: str) -> Callable[[Check], Check]:
    """Register a check under the requirements that it may judge."""

    def register(check: Check) -> Check:
        CHECKS.append(Registered(check=check, requirements=requirements))
        return check

    return register
