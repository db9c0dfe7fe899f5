"""What a step changed, and where the records of a run are recorded, derived from what was shown."""

from collections import Counter
from collections.abc import Sequence

from attrs import frozen

from lifecycle_conformance.properties.content_ids import (
    content_of_event,
    contents_of,
    is_unsigned,
    listed_by,
    stable_id,
)
from lifecycle_conformance.properties.judgement import canonical
from lifecycle_conformance.trace import Object, Step


@frozen(kw_only=True)
class Recorded:
    """Where a record is recorded: under which id and seq, and how that is known."""

    event_id: str
    seq: int
    way: str


def appended(step: Step) -> list[Object]:
    """Give the events of the step's owner that were not there before, in the order of their seq."""
    return added(step.shown_before().events, step.shown_after().events)


def written(step: Step) -> list[Object]:
    """Give the snapshots of the step's owner that were not there before."""
    return added(step.shown_before().snapshots, step.shown_after().snapshots)


def added(before: Sequence[Object], after: Sequence[Object]) -> list[Object]:
    """Give what is there now more often than it was."""
    left = Counter(map(canonical, before))
    new = []
    for each in after:
        if left[canonical(each)] > 0:
            left[canonical(each)] -= 1
        else:
            new.append(each)
    return new


def recorded(run: Object, events: Sequence[Object]) -> dict[str, Recorded]:
    """Give where each id that a log knows is recorded (ALIAS-1 to ALIAS-9).

    `way` is the requirement by which it is known: ALIAS-3 (an own id), ALIAS-4 (compacted), ALIAS-6 (by content).
    """
    table: dict[str, Recorded] = {}
    counted: Counter[bytes] = Counter()
    for event in events:
        for event_id, seq in listed_by(event):
            table.setdefault(event_id, Recorded(event_id=event_id, seq=seq, way="ALIAS-4"))
        own = {"event_id": event["event_id"], "seq": event["seq"]}
        table[event["event_id"]] = Recorded(**own, way="ALIAS-3")
        content = content_of_event(run, event)
        if content is not None:
            payload = event.get("payload")
            occurrence = payload.get("lifecycle_occurrence") if isinstance(payload, dict) else None
            if not is_unsigned(occurrence):
                occurrence = counted[content]
                counted[content] += 1
            table.setdefault(stable_id(content, occurrence), Recorded(**own, way="ALIAS-6"))
    return table


def recorded_ids(step: Step) -> list[str]:
    """Give the id under which each record of a history is recorded after a pass, whatever it was before."""
    table = recorded(step.run, step.shown_before().events)
    ids = [stable_id(*each) for each in contents_of(step.run)]
    return [table[each].event_id if each in table else each for each in ids]


def highest_seq(events: Sequence[Object]) -> int:
    """Give the highest seq that a log knows, its events' own or listed ones; 0 if there is none (LOG-4)."""
    listed = (seq for event in events for _, seq in listed_by(event))
    return max((*(event["seq"] for event in events), *listed), default=0)
