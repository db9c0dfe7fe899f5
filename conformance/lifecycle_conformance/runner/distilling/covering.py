"""As few cases as tell everything that the cases together can tell."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet


def cover(told: Mapping[str, AbstractSet[int]], cost: Callable[[int], int]) -> dict[int, list[str]]:
    """Some cases, by number, each with what it is there for: all that is told by any is told by one of them.

    The case that tells most comes first, and of those that tell as much the cheapest. In the end those are left out
    that others make needless.
    """
    waiting = {name: by for name, by in told.items() if by}
    chosen: list[int] = []
    while waiting:
        counts: defaultdict[int, int] = defaultdict(int)
        for by in waiting.values():
            for number in by:
                counts[number] += 1
        best = min(counts, key=lambda number: (-counts[number], cost(number), number))
        chosen.append(best)
        waiting = {name: by for name, by in waiting.items() if best not in by}
    for number in reversed(chosen.copy()):
        others = {*chosen} - {number}
        if all(not by or by & others for by in told.values()):
            chosen.remove(number)
    return _shared_out(told, chosen)


def _shared_out(told: Mapping[str, AbstractSet[int]], chosen: list[int]) -> dict[int, list[str]]:
    """What each case is there for: the first that tells it."""
    parts: dict[int, list[str]] = {number: [] for number in chosen}
    for name, by in told.items():
        first = next((number for number in chosen if number in by), None)
        if first is not None:
            parts[first].append(name)
    return parts
