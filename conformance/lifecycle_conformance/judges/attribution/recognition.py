"""What a pass recognised, against what it should have, and the requirement that a difference comes from.

Where a hypothesis predicts something else for a record than the text asks for, its requirement decides about that
record, and is judged by it.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

from lifecycle_conformance.execution.trace import Step, Trace
from lifecycle_conformance.judges.attribution.alias_hypotheses import Seen, foreseen, predictions
from lifecycle_conformance.judges.attribution.hypotheses import Evidence, Observation
from lifecycle_conformance.model.alias_table import RULES, Table, table_of
from lifecycle_conformance.model.delta import delta
from lifecycle_conformance.model.identity import contents_of, ids_of, index_ids_of, stable_id
from lifecycle_conformance.model.record_ties import pass_effects, recorded_ids
from lifecycle_conformance.model.recorded import recorded_before
from lifecycle_conformance.model.reported_ids import reported_ids_correct


@frozen(kw_only=True)
class Recognition:
    """What a pass did with what the log knew, against what it should have done.

    `known` says of each record whether the log knew it. `decided` has, for each requirement, the records about which
    it decides. `explained` says that some hypothesis explains all differences of the pass, and `broken` is the
    requirement to blame: `None` if several explain it as well.
    """

    observation: Observation[int, Seen]
    known: list[bool]
    decided: dict[str, list[int]]
    explained: bool
    broken: str | None

    @property
    def expected(self) -> Mapping[int, Seen]:
        """What the pass should have done for each record that is judged."""
        return self.observation.expected

    @property
    def actual(self) -> Mapping[int, Seen]:
        """What it did for each."""
        return self.observation.actual

    @property
    def judged(self) -> list[int]:
        """The records that the pass looks up under their stable ids."""
        return [*self.observation.expected]

    @property
    def mismatched(self) -> list[int]:
        """The records with which the pass did something else than it should have."""
        return self.observation.differing


def recognition(step: Step, trace: Trace) -> Recognition | None:
    """What a pass that succeeded recognised; nothing where its own ids are not the stable ones (ID-5).

    Several checks ask, and every later pass of the session whose recognition went wrong.
    """
    if _RECOGNITION not in step.memo:
        step.memo[_RECOGNITION] = _recognition(step, trace)
    found: Recognition | None = step.memo[_RECOGNITION]
    return found


_RECOGNITION: Final = "recognition"


def _recognition(step: Step, trace: Trace) -> Recognition | None:
    if step.op != "project" or step.answer.ok is None or not step.history or trace.is_changed_beneath:
        return None
    right = table_of(step.run, delta(step).before.events, RULES)
    observation = _observation(step, trace, right)
    decided: dict[str, set[int]] = {}
    for hypothesis in observation.predictions:
        decided.setdefault(hypothesis.requirement, set()).update(observation.shows(hypothesis))
    differing, blamed = observation.differing, frozenset[str]()
    if differing:
        blamed = Evidence([observation, *_earlier(step, trace)]).certain(observation, differing)
    return Recognition(
        observation=observation,
        known=[stable_id(*each) in right for each in contents_of(step.run)],
        decided={requirement: sorted(indexes) for requirement, indexes in decided.items() if indexes},
        explained=bool(differing and Evidence([observation]).certain(observation, differing)),
        broken=next(iter(blamed)) if len(blamed) == 1 else None,
    )


def _observation(step: Step, trace: Trace, right: Table) -> Observation[int, Seen]:
    sure = [index for index, correct in enumerate(reported_ids_correct(step, trace)) if correct]

    def of_sure(seen: list[Seen]) -> dict[int, Seen]:
        return {index: seen[index] for index in sure}

    return Observation(
        expected=of_sure(foreseen(step, right)),
        actual=of_sure(_seen(step, right)),
        predictions={hypothesis: of_sure(seen) for hypothesis, seen in predictions(step, trace)},
        fits=Seen.fits,
    )


def _earlier(step: Step, trace: Trace) -> Iterator[Observation[int, Seen]]:
    """What the earlier passes of the session showed."""
    for number, earlier in enumerate(trace.steps):
        found = None if earlier is step else recognition(earlier, Trace(trace.steps[:number]))
        if found is not None:
            yield found.observation


def _seen(step: Step, table: Table) -> list[Seen]:
    """What a pass did for each record; a snapshot that names none is that of the first record with its id."""
    done = pass_effects(step)
    named = {each["snapshot_id"] for each in done.snapshots if each is not None}
    nameless = {each["snapshot_id"]: each for each in delta(step).new_snapshots if each["snapshot_id"] not in named}
    found = []
    for each, events, snapshot in zip(contents_of(step.run), done.events, done.snapshots, strict=True):
        place = table.get(stable_id(*each))
        if snapshot is None and place is not None:
            snapshot = nameless.pop(place[0], None)  # noqa: PLW2901 - the better guess
        told = None if events or snapshot is None else (snapshot["snapshot_id"], snapshot["seq"])
        found.append(Seen(event=bool(events), snapshot=told))
    return found


def surely_new(step: Step, trace: Trace) -> set[int]:
    """The records of a pass that are new by every reading of the table, be it right or wrong.

    None is where the log was changed beneath the process, which may go by an older one (FILE-26).
    """
    if trace.is_changed_beneath:
        return set()
    known = {event["event_id"] for event in delta(step).before.events}
    by_index = index_ids_of(step.run)
    new = {index for index, place in enumerate(recorded_before(step)) if place is None and by_index[index] not in known}
    for hypothesis, seen in predictions(step, trace):
        if hypothesis.requirement.startswith("ALIAS-"):
            new -= {index for index, each in enumerate(seen) if not each.event}
    return new


def settled(step: Step, trace: Trace) -> dict[int, str]:
    """The recorded ids of the records of a pass that succeeded, by index, where nobody can doubt them.

    Nothing where the pass built another table; and not those of records that got no event, or whose snapshot stands
    under another id, now or since an earlier pass: others speak of those.
    """
    found = recognition(step, trace)
    nothing_done = Seen(event=False)
    if found is None or found.explained or any(found.actual[each] != nothing_done for each in found.mismatched):
        return {}
    there = {each["snapshot_id"] for each in delta(step).after.snapshots}
    mistaken = _mistaken_before(step, trace)
    told = zip(recorded_ids(step), ids_of(step.run), found.known, pass_effects(step).events, strict=True)
    return {
        index: event_id
        for index, (event_id, stable, known, events) in enumerate(told)
        if (index in found.judged if known else events)
        and (event_id in there or stable not in there)
        and stable not in mistaken
    }


def _mistaken_before(step: Step, trace: Trace) -> set[str]:
    """The stable ids of the records that an earlier pass of the session took for recorded elsewhere, or for new."""
    found = (
        (earlier, recognition(earlier, Trace(trace.steps[:number])))
        for number, earlier in enumerate(trace.steps)
        if earlier is not step
    )
    return {ids_of(earlier.run)[index] for earlier, each in found if each is not None for index in each.mismatched}
