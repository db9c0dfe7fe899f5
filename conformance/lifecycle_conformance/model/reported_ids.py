"""What the implementation itself said of the ids of its records, and whether that is right."""

import re
from collections.abc import Sequence
from typing import Final

import orjson

from lifecycle_conformance.execution.trace import Object, Step, Trace, once_a_step
from lifecycle_conformance.model.identity import Content, contents_of, stable_id
from lifecycle_conformance.model.record_ties import pass_effects

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")


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
    Of identical records, in this pass and in those before it, the ids are right or wrong together, and in doubt
    together are those of odd names. Where it gave only wrong ones so far, those of all records are in doubt.
    """
    recorded = [each for earlier in (step, *trace.earlier(step)) for each in _recorded(earlier)]
    wrong = {content for content, right in recorded if not right}
    said = zip(contents_of(step.run), reported_ids(step, trace), strict=True)
    wrong |= {each[0] for each, answer in said if answer is not None and answer["event_id"] != stable_id(*each)}
    if recorded and not any(right for _, right in recorded):
        return [False for _ in step.history]
    is_odd_wrong = any(map(_has_odd_name, wrong))
    return [
        content not in wrong and not (is_odd_wrong and _has_odd_name(content)) for content, _ in contents_of(step.run)
    ]


def _has_odd_name(content: Content) -> bool:
    """Whether the name is one that somebody may write otherwise in an id (ID-6)."""
    return not _PLAIN.fullmatch(orjson.loads(content)["event"])


@once_a_step
def _recorded(step: Step) -> tuple[tuple[Content, bool], ...]:
    """The contents of the records that a pass recorded, and whether under their stable ids."""
    if step.op != "project":
        return ()
    told = zip(contents_of(step.run), pass_effects(step).events, strict=True)
    return tuple((each[0], event["event_id"] == stable_id(*each)) for each, events in told for event in events)


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
