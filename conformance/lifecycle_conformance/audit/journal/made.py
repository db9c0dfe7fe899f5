"""How many steps of a journal a store shows as made: a tail that left nothing in it was not made yet, or is lost."""

from collections import defaultdict
from collections.abc import Iterator

from lifecycle_conformance.audit.journal.predicting import Prediction, Version
from lifecycle_conformance.audit.journal.reading import Beside, Found
from lifecycle_conformance.audit.journal.telling import is_marker


def steps_made(found: Found, prediction: Prediction) -> int:
    """The most steps that leave exactly what the store holds; if none do, up to the last that left something.

    Steps that change nothing count as made with the one before them.
    """
    steps = len(prediction.steps)
    fits = found.fits(steps)
    if any(fits):
        return steps - fits[::-1].index(True)
    last = max((each for run in found.runs for each in _seen(run, prediction)), default=0)
    changing = {each for version in found.versions for each in (version.since, version.until) if each is not None}
    return min((each for each in changing if each > last), default=steps + 1) - 1


def _seen(run: Beside, prediction: Prediction) -> Iterator[int]:
    """The steps of which something shows in a run: a record, in whatever state, or that all is gone which they removed.

    What differs from all that it ever was, is taken for the last of these.
    """
    if not run.rows:
        return
    yield from (version.since for version in run.versions if version.held)
    last = {version.key: version for version in run.versions}
    for key, row in run.strange:
        if key in last:
            yield last[key].since
        elif is_marker(row.value):
            yield prediction.compactions.get(row.value["occurred_at_ms"], 0)
    there = {version.key for version in run.versions if version.held} | {key for key, _ in run.strange}
    removed: dict[int, list[Version]] = defaultdict(list)
    for version in run.versions:
        if version.until is not None:
            removed[version.until].append(version)
    for step, versions in removed.items():
        if all(each.key not in there for each in versions):
            yield step
