"""Few causes for many failures: the faulty implementations that do, in several failures, exactly what the driver did.

One mistake shows in more than one requirement, and one failure is often like several faults. What explains most of the
failures at once is most likely the cause, and what it breaks is to be mended first.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

from attrs import frozen

from lifecycle_conformance.mutants import MUTANTS


@frozen
class Explanation:
    """Faulty implementations, `like` each of which the driver is in all failures `of` these names."""

    like: tuple[str, ...]
    of: tuple[str, ...]

    @property
    def chief(self) -> str | None:
        """The requirement that the first of them breaks which is broken here, if there is one."""
        chiefs = (MUTANTS[name].chief for name in self.like)
        return next((chief for chief in chiefs if chief in self.of), None)


def explanations(like: Mapping[str, Sequence[str]]) -> list[Explanation]:
    """As few as explain all failures that are like some faulty implementation, first what explains most.

    `like` holds, for the name of each failure, the faulty implementations that it is like.
    """
    left, found = {name: names for name, names in like.items() if names}, list[Explanation]()
    while left:
        by_fault = {fault: _failures_like(fault, left) for fault in dict.fromkeys(chain.from_iterable(left.values()))}
        best = max(by_fault, key=lambda fault: (len(by_fault[fault]), MUTANTS[fault].chief in by_fault[fault]))
        equals = [fault for fault in by_fault if fault != best and by_fault[fault] == by_fault[best]]
        found.append(Explanation((best, *equals), by_fault[best]))
        left = {name: names for name, names in left.items() if name not in by_fault[best]}
    return found


def _failures_like(fault: str, like: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(name for name, names in like.items() if fault in names)
