"""What a check says: for a requirement, what was expected and what came."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

import orjson
from attrs import frozen

from lifecycle_conformance.execution.trace import Object, Step, Trace, once_an_object
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


def judged(requirement: str, what: str, *, expected: Json, actual: Json) -> Judgement:
    """Compare what a requirement asks for with what came."""
    return Judgement(requirement=requirement, what=what, expected=expected, actual=actual)


def canonical(value: Json) -> bytes:
    """Write a value so that equal values, and only those, give the same bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def added(before: Sequence[Object], after: Sequence[Object]) -> list[Object]:
    """Give what is there now more often than it was."""
    left = Counter(map(_text, before))
    new = []
    for each in after:
        if left[_text(each)] > 0:
            left[_text(each)] -= 1
        else:
            new.append(each)
    return new


_text: Final = once_an_object(canonical)
