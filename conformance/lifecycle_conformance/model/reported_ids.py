"""What the implementation itself said of the ids of its records, and whether that is right."""

from collections.abc import Iterator, Sequence

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

    Where it doesn't, its ids are wrong, and whether it recognises a record can't be told from whether it records it.
    """
    said = reported_ids(step, trace)
    new = pass_effects(step).events
    return [
        all(event_id == stable_id(*each) for event_id in _own_ids(answer, events))
        for each, answer, events in zip(contents_of(step.run), said, new, strict=True)
    ]


def _own_ids(answer: Object | None, events: Sequence[Object]) -> Iterator[Json]:
    if answer is not None:
        yield answer["event_id"]
    yield from (event["event_id"] for event in events)
