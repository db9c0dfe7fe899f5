"""What is there more often in one sequence than in another."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Final, TypeVar

from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.trace import Object, once_an_object

_T = TypeVar("_T")


def more_often(here: Sequence[_T], there: Sequence[_T], by: Callable[[_T], Hashable]) -> list[_T]:
    """The items that are here more often than there, in their order; equal ones are those that are equal `by` a key."""
    left = Counter(map(by, there))
    more = []
    for each in here:
        key = by(each)
        if left[key] > 0:
            left[key] -= 1
        else:
            more.append(each)
    return more


def added(before: Sequence[Object], after: Sequence[Object]) -> list[Object]:
    """The events or snapshots that are there now more often than before."""
    return more_often(after, before, _text)


_text: Final = once_an_object(canonical)
