"""What the implementation itself said of the ids of its records, and whether that is right."""

from collections.abc import Iterator, Sequence
from itertools import chain

from lifecycle_conformance.execution.trace import Object, Step, Trace
from lifecycle_conformance.model.identity import contents_of, stable_id
from lifecycle_conformance.model.record_ties import pass_effects
from lifecycle_projection.records import Json


def reported_ids(step: Step, trace: Trace) -> list[Object | None]:
    """What the implementation said of each record when it was asked to identify those of this run, if it was."""
    for earlier in trace.earlier(step):
        if earlier.op == "identify" and earlier.answer.ok is not None and earlier.run == step.run:
            ids: list[Object | None] = [*earlier.ok["ids"]]
            return ids if len(ids) == len(step.history) else [None for _ in step.history]
    return [None for _ in step.history]


def reported_ids_correct(step: Step, trace: Trace) -> list[bool]:
    """Whether the implementation looks each record up under its stable id, as far as is known.

    It tells so when it is asked, and by the events that passes over the same run append. Where it doesn't, its ids are
    wrong, and whether it recognises a record can't be told from whether it records it.
    """
    said = reported_ids(step, trace)
    passes = [step, *(each for each in trace.earlier(step) if each.op == "project" and each.run == step.run)]
    new = zip(*(pass_effects(each).events for each in passes), strict=True)
    return [
        all(event_id == stable_id(*each) for event_id in _own_ids(answer, [*chain.from_iterable(events)]))
        for each, answer, events in zip(contents_of(step.run), said, new, strict=True)
    ]


def wrong_ids(step: Step, trace: Trace) -> dict[int, str]:
    """The ids of records, by index, of which the implementation said that they are others than the stable ids.

    That is wrong (ID-5). What is known and what isn't can be asked of these ids as of any others.
    """
    told = zip(contents_of(step.run), reported_ids(step, trace), strict=True)
    return {
        index: said["event_id"]
        for index, (each, said) in enumerate(told)
        if said is not None and said["event_id"] != stable_id(*each)
    }


def given_ids(step: Step, trace: Trace) -> set[str]:
    """The ids of the events that came into the log from outside, before a step: by an import or an append."""
    events = (event for earlier in trace.earlier(step) for event in _given_by(earlier))
    return {event["event_id"] for event in events}


def _given_by(step: Step) -> Sequence[Object]:
    events: Sequence[Object] = step.arguments["events"] if step.op == "import" else ()
    return [step.arguments["event"]] if step.op == "append" else events


def _own_ids(answer: Object | None, events: Sequence[Object]) -> Iterator[Json]:
    if answer is not None:
        yield answer["event_id"]
    yield from (event["event_id"] for event in events)
