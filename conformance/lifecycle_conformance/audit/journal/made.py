"""How many steps of a journal a store shows as made: a tail that left nothing in it was not made yet, or is lost."""

from collections import defaultdict
from collections.abc import Iterator

from lifecycle_conformance.audit.journal.predicting import SNAPSHOT, Version
from lifecycle_conformance.audit.journal.reading import Beside, Found


def steps_made(found: Found, steps: int) -> int:
    """The most steps that leave exactly what the store holds; if none do, up to the last that left something.

    Steps that change nothing count as made with the one before them.
    """
    fits = found.fits(steps)
    if any(fits):
        return steps - fits[::-1].index(True)
    last = max((each for run in found.runs for each in _seen(run)), default=0)
    changing = {each for version in found.versions for each in (version.since, version.until) if each is not None}
    return min((each for each in changing if each > last), default=steps + 1) - 1


def _seen(run: Beside) -> Iterator[int]:
    """The steps of which something shows in a run: what they recorded first, or that all is gone which they removed."""
    there = {key for key, _ in run.strange}
    first: set[object] = set()
    removed: dict[int, list[Version]] = defaultdict(list)
    for version in run.versions:
        if version.held or (version.key in there and version.key not in first):
            yield version.since
        first.add(version.key)
        if version.until is not None:
            removed[version.until].append(version)
    there |= {version.key for version in run.versions if version.held}
    for step, versions in removed.items():
        # What a compaction removes, its marker shows.
        if all(each.key[0] == SNAPSHOT and each.key not in there for each in versions):
            yield step
