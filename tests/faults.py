"""Faults that a test puts into the reference: a function in the place of another one."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest

from lifecycle_conformance.mutants import MUTANTS, Mutant
from lifecycle_conformance.mutants.contents import boundaries
from lifecycle_conformance.mutants.identity import recording
from lifecycle_conformance.mutants.inputs import reading
from lifecycle_conformance.mutants.mutant import faults_of

IN_DETAIL: Mapping[str, Mutant] = {
    each.name: MUTANTS[each.name] for module in (recording, boundaries, reading) for each in faults_of(module)
}
"""The faulty implementations that are looked at closely: by sessions of their own, whole checks, and put together."""
Fault: TypeAlias = Callable[[pytest.MonkeyPatch], None]
"""What makes the reference faulty until the test is over."""


def instead_of(name: str, *owners: Any) -> Callable[[Callable[..., Any]], Fault]:
    """Make a fault of a function: it stands in for the one of this name, and is given that one first."""

    def fault_of(wrong: Callable[..., Any]) -> Fault:
        def fault(patch: pytest.MonkeyPatch) -> None:
            right = getattr(owners[0], name)

            def faulty(*of: Any, **named: Any) -> Any:
                return wrong(right, *of, **named)

            for owner in owners:
                patch.setattr(owner, name, faulty)

        fault.__name__ = wrong.__name__
        return fault

    return fault_of
