"""Where a store departs from what a journal leaves, and after which step that shows.

A record that differs or is missing is wrong from the step on that left it; one that should be gone, from the step on
that removed it. One that no step leaves is told of the last step, or of none where only a later one can have left it.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from attrs import frozen

from lifecycle_conformance.audit.finding import Finding, Severity
from lifecycle_conformance.audit.journal.made import steps_made
from lifecycle_conformance.audit.journal.predicting import EVENT, SNAPSHOT, Key, Prediction, Version
from lifecycle_conformance.audit.journal.reading import Beside, Limits, by_key, read
from lifecycle_conformance.audit.journal.steps import Step
from lifecycle_conformance.audit.journal.strangers import Strangers, looks_pruned
from lifecycle_conformance.audit.journal.telling import Telling, is_marker
from lifecycle_conformance.audit.kinds import of_journal as kinds
from lifecycle_conformance.audit.stored import Row, StoreSource
from lifecycle_conformance.model.identity import listed_by


@frozen(kw_only=True)
class Journal:
    """A journal that a store was held against: its steps, and how many of these the store shows as made."""

    name: str
    steps: Sequence[Step]
    made: int

    def shortest_prefix(self, findings: Sequence[Finding]) -> int | None:
        """The fewest steps after which the store is wrong, by the violations among some findings."""
        violations = (each for each in findings if each.kind.severity is Severity.VIOLATION)
        return min((each.step for each in violations if each.step is not None), default=None)


def compared(prediction: Prediction, source: StoreSource, limits: Limits) -> tuple[Journal, list[Finding]]:
    """Hold a store against a prediction; the findings come in the order of their steps."""
    found = read(prediction, source, limits)
    made = steps_made(found, prediction)
    journal = Journal(name=prediction.name, steps=prediction.steps, made=made)
    comparison = _Comparison(prediction, made)
    findings = [each for run in found.runs for each in comparison.of_run(run)]
    findings += comparison.of_the_end()
    return journal, sorted(findings, key=lambda each: len(prediction.steps) if each.step is None else each.step)


class _Comparison:
    def __init__(self, prediction: Prediction, made: int) -> None:
        self._made = made
        self._steps = prediction.steps
        self._telling = Telling(prediction.name, prediction.steps)
        self._compactions = {time: step for time, step in prediction.compactions.items() if step <= made}
        self._strangers = Strangers(prediction, made)
        self._pruned: list[Version] = []

    def of_run(self, run: Beside) -> Iterator[Finding]:
        """What differs in one run."""
        strange = self._strangers.not_later(run)
        later = {key for key, _ in run.strange} - {key for key, _ in strange}
        standing = [each for each in run.versions if each.stands_after(self._made)]
        wanted = _by_key(each for each in standing if not each.held and each.key not in later)
        there, missing, left = by_key(strange), list[Version](), list[tuple[Key, Row]]()
        for key in dict.fromkeys((*wanted, *there)):
            for version, row in zip_longest(wanted.get(key, ()), there.get(key, ())):
                if row is None:
                    missing.append(version)
                elif version is None:
                    left.append((key, row))
                else:
                    yield from self._telling.other_members(version, row)
        held = {each.key for each in standing if each.held}
        left += [(key, row) for key, row in run.stale if key not in held]
        yield from self._strange(run, left)
        yield from self._missing(run, missing)
        if run.moved is not None and self._made == len(self._steps):
            yield self._telling.moved(run.moved, self._made)

    def _missing(self, run: Beside, missing: Sequence[Version]) -> Iterator[Finding]:
        """Records that aren't there; what a marker lists that the journal doesn't leave, is told with that marker."""
        markers = ((key[1], row.value) for key, row in run.strange if is_marker(row.value))
        listed = {(tenant, event_id) for tenant, marker in markers for event_id, _ in listed_by(marker)}
        missing = [each for each in missing if each.sort == SNAPSHOT or each.key[1:] not in listed]
        for sort in (EVENT, SNAPSHOT):
            of_sort = [each for each in missing if each.sort == sort]
            if of_sort and sort in run.unread:
                yield self._telling.unread(run.run_id, sort, len(of_sort))
            elif sort == SNAPSHOT and looks_pruned(run, of_sort, self._made):
                self._pruned += of_sort
            else:
                yield from map(self._telling.missing, of_sort)

    def _strange(self, run: Beside, rows: Sequence[tuple[Key, Row]]) -> Iterator[Finding]:
        """Records that should not be there."""
        ended = {each.key: each.until for each in run.versions if each.until is not None and each.until <= self._made}
        known = {each.key for each in run.versions}
        for key, row in rows:
            is_other = is_marker(row.value) and key not in known
            compaction = self._compactions.get(row.value["occurred_at_ms"]) if is_other else None
            if (step := ended.get(key)) is not None:
                yield self._telling.left_over(key[0], row, step)
            elif compaction is not None:
                yield self._telling.wrong_marker(row, compaction)
            else:
                yield self._telling.too_many(key[0], row, self._made)

    def of_the_end(self) -> Iterator[Finding]:
        """That the store is behind the journal, or ahead of it: each in one sentence.

        Where it is ahead, a later step may also have pruned what looks pruned.
        """
        later, steps, made = self._strangers.later, self._steps, self._made
        if not later:
            yield from map(self._telling.missing, self._pruned)
        else:
            runs = {row.value["run_id"] for _, row in later}
            message = f"{len(later)} records of {len(runs)} runs are later than {steps[-1] if steps else 'any step'}"
            yield Finding(kind=kinds.STORE_AHEAD, message=message, where=later[0][1].where)
        if made < len(steps):
            after = f"the store is as left by {steps[made - 1]}" if made else "the store is as before the first one"
            last = "the last step" if made == len(steps) - 1 else f"the last {len(steps) - made} steps"
            message = f"{last} of {len(steps)}: {after}"
            yield Finding(kind=kinds.STORE_BEHIND, message=message, where=self._telling.place_of(made + 1))


def _by_key(versions: Iterator[Version]) -> dict[Key, list[Version]]:
    found: dict[Key, list[Version]] = {}
    for version in versions:
        found.setdefault(version.key, []).append(version)
    return found
