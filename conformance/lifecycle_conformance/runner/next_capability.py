"""Which capability a driver is best given next."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from attrs import evolve, frozen

from lifecycle_conformance.specification.requirements import Judge, Requirement, code_spans, levels, load, tables

_EXCLUDED: Final = {"files": "tenants", "tenants": "files"}
"""What can't be had together: two tenants can't use the same run id in the layout of files."""


@frozen(kw_only=True)
class Addition:
    """A capability that a driver doesn't declare yet, and the requirements that are judged as soon as it does.

    `level` is the level that it belongs to, if it does to one.
    """

    capability: str
    level: str | None
    unlocks: tuple[str, ...]


def additions(declared: Collection[str]) -> list[Addition]:
    """What can still be declared, in the order in which it is best added.

    The levels come in their order, and what belongs to no level after them. Within a level the capability comes first
    that unlocks most requirements, given those that are declared and those before it in this order.
    """
    return [*_in_order(frozenset(declared), _unadded())]


def _unadded() -> list[Addition]:
    """All capabilities in the order of the text, each with its level."""
    known = [name for row in tables()["capabilities"] for name in code_spans(row["capability"])]
    ranked = levels().items()
    return [
        Addition(capability=each, level=next((level for level, those in ranked if each in those), None), unlocks=())
        for each in known
    ]


def _in_order(declared: frozenset[str], known: Sequence[Addition]) -> Iterator[Addition]:
    order = [*levels(), None]
    judged = [each for each in load().values() if each.judge is not Judge.UNIT]
    while left := [each for each in known if _can_be_declared(each.capability, declared)]:
        rank = min(order.index(each.level) for each in left)
        of_level = [_weighed(each, declared, judged) for each in left if order.index(each.level) == rank]
        best = max(of_level, key=lambda each: len(each.unlocks))
        yield best
        declared |= {best.capability}


def _can_be_declared(capability: str, declared: frozenset[str]) -> bool:
    return capability not in declared and _EXCLUDED.get(capability) not in declared


def _weighed(addition: Addition, declared: frozenset[str], judged: Sequence[Requirement]) -> Addition:
    more = declared | {addition.capability}
    unlocked = [each.id for each in judged if each.capabilities <= more and not each.capabilities <= declared]
    return evolve(addition, unlocks=tuple(unlocked))
