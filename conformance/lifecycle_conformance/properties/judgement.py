"""What a check says: for a requirement, what was expected and what came."""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import orjson
from attrs import frozen

from lifecycle_conformance.trace import Step, Trace
from lifecycle_projection.records import Json


@frozen(kw_only=True)
class Judgement:
    """One comparison that a check made. That it was made at all says that the requirement's precondition held.

    `problems` are sentences that say what is wrong, where there is no value to compare with: what can't be read.
    """

    requirement: str
    what: str
    expected: Json = None
    actual: Json = None
    problems: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether both are the same JSON value: members in any order, integers and doubles apart."""
        return not self.problems and canonical(self.expected) == canonical(self.actual)


Check: TypeAlias = Callable[[Step, Trace], Iterator[Judgement]]
"""Judges one step, which is the newest of the trace. It never runs an implementation."""


@frozen(kw_only=True)
class Registered:
    """A check and the requirements that it may judge."""

    check: Check
    requirements: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.check.__name__


CHECKS: Final[list[Registered]] = []


def judges(*requirements: str) -> Callable[[Check], Check]:
    """Register a check under the requirements that it may judge."""

    def register(check: Check) -> Check:
        CHECKS.append(Registered(check=check, requirements=requirements))
        return check

    return register


def judged(requirement: str, what: str, *, expected: Json, actual: Json) -> Judgement:
    """Compare what a requirement asks for with what came."""
    return Judgement(requirement=requirement, what=what, expected=expected, actual=actual)


def canonical(value: Json) -> bytes:
    """Write a value so that equal values, and only those, give the same bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
