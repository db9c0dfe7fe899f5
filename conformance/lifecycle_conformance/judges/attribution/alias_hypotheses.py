"""Tables of recognition that a pass should not have built, and what a pass would do with each."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import orjson
from attrs import evolve, frozen

from lifecycle_conformance.execution.trace import Object, Owner, Step, Trace, member, owner_of
from lifecycle_conformance.judges.attribution.hypotheses import Hypothesis
from lifecycle_conformance.model.alias_alterations import ALTERATIONS
from lifecycle_conformance.model.alias_table import ANY_SEQ, RULES, Counting, Place, Rules, Table, counted, table_of
from lifecycle_conformance.model.delta import delta
from lifecycle_conformance.model.identity import (
    MARKER,
    PREFIX,
    RECORD_ID,
    Content,
    content_of_event,
    contents_of,
    ids_listed_by,
    ids_of,
    index_ids_of,
    is_unsigned,
    listed_by,
    safe,
    stable_id,
)
from lifecycle_conformance.model.record_ties import pass_effects
from lifecycle_projection.records import Json


@frozen
class Seen:
    """What is seen of whether a record was known: a new event, or a snapshot under the recorded id and seq."""

    event: bool
    snapshot: Place | None = None

    def fits(self, other: "Seen") -> bool:
        """Whether both are the same, as far as can be said."""
        if None in (self.snapshot, other.snapshot) or self.event or other.event:
            return self == other
        assert self.snapshot is not None
        assert other.snapshot is not None
        return self.snapshot[0] == other.snapshot[0] and (
            self.snapshot[1] == other.snapshot[1] or ANY_SEQ in (self.snapshot[1], other.snapshot[1])
        )

    def as_json(self, index: int) -> Object:
        """What a report says of it: the snapshot, if there is one, by its id and its seq."""
        snapshot = None if self.snapshot is None else dict(zip(("id", "seq"), self.snapshot, strict=True))
        return {"record": index, "new event": self.event, **({} if snapshot is None else {"snapshot": snapshot})}


def foreseen(step: Step, table: Table, occurrences: Sequence[int] | None = None) -> list[Seen]:
    """What a pass does for each record if this is its table, and if it counts equal records so."""
    there = {each["snapshot_id"] for each in delta(step).before.snapshots}
    contents, seen = contents_of(step.run), list[Seen]()
    counted = [occurrence for _, occurrence in contents] if occurrences is None else occurrences
    for (content, _), occurrence in zip(contents, counted, strict=True):
        event_id = stable_id(content, occurrence)
        place = table.get(event_id)
        if place is None:
            seen.append(Seen(event=True))
        else:
            seen.append(Seen(event=False, snapshot=None if place[0] in there else place))
        there.add(event_id if place is None else place[0])
    return seen


_COVERS: Final = {
    "what a marker lists is not known": frozenset(("ALIAS-5", "ALIAS-11", "ALIAS-12")),
    "no event is known by its content": frozenset(("ALIAS-8", "ALIAS-10")),
    "events with an occurrence are counted, too": frozenset(("ALIAS-8",)),
    "the counter skips numbers that are taken": frozenset(("ALIAS-8",)),
}
"""Of what is not entered at all nothing can be said of how it is."""
_ALTERED: Final = tuple(
    (Hypothesis(requirement, what, _COVERS.get(what, frozenset())), rules)
    for requirement, alterations in ALTERATIONS.items()
    for what, rules in alterations.items()
)


def predictions(step: Step, trace: Trace) -> Iterator[tuple[Hypothesis, list[Seen]]]:
    """What each hypothesis has a pass do for each record."""
    events = delta(step).before.events
    table = table_of(step.run, events, RULES)
    right = foreseen(step, table)
    for which, others in _other_events(step, trace):
        yield Hypothesis("ALIAS-1", which), foreseen(step, table_of(step.run, others, RULES))
    for which, occurrences in _other_occurrences(step):
        yield Hypothesis("OCC-1", which), foreseen(step, table, occurrences)
    by_number = [Seen(event=False) if index < len(events) and each.event else each for index, each in enumerate(right)]
    yield Hypothesis("PASS-2", "as many records as there are events are taken for recorded"), by_number
    if all(_is_plain(step.run, event) for event in events):
        return
    for hypothesis, rules in (*_ALTERED, *_behind_what_is_listed(step)):
        yield hypothesis, foreseen(step, table_of(step.run, events, rules))
    for hypothesis, other in _other_tables(step, table):
        yield hypothesis, foreseen(step, other)
    remembered = {
        "what was compacted is known as before": _compacted(step, trace),
        "records are known by their index ids in a marker": _under_index_ids(step, events),
    }
    for which, ghosts in remembered.items():
        if ghosts:
            alive = sorted([*events, *ghosts], key=lambda event: event["seq"])
            yield from _remembering(which, step, right, foreseen(step, table_of(step.run, alive, RULES)))


def _other_occurrences(step: Step) -> Iterator[tuple[str, Sequence[int]]]:
    """The occurrences of the records as somebody might count them otherwise, unless the id of an event refutes that."""
    contents = contents_of(step.run)
    number = Counter(content for content, _ in contents)
    from_the_end = [number[content] - 1 - occurrence for content, occurrence in contents]
    told = zip(contents, from_the_end, pass_effects(step).events, strict=True)
    moved = [(stable_id(*each), events) for each, other, events in told if other != each[1]]
    if moved and not any(event["event_id"] == event_id for event_id, events in moved for event in events):
        yield "equal records are counted from the end", from_the_end


def _behind_what_is_listed(step: Step) -> Iterator[tuple[Hypothesis, Rules]]:
    """A counter that goes on behind the index ids that markers list, name by name."""
    index_ids = re.compile(f"{RECORD_ID}{re.escape(step.run['run_id'])}-[0-9]+-(.*)", re.DOTALL)
    listed = ids_listed_by(delta(step).before.events)
    names = Counter(found[1] for each in listed if (found := index_ids.fullmatch(each)))

    def occurrence(content: Content, said: Json, counting: Counting) -> int:
        behind = 0 if is_unsigned(said) else names[safe(orjson.loads(content)["event"])]
        return counted(content, said, counting) + behind

    if names:
        yield (
            Hypothesis("ALIAS-12", "the counter begins behind listed index ids"),
            evolve(RULES, occurrence=occurrence),
        )


def _other_tables(step: Step, table: Table) -> Iterator[tuple[Hypothesis, Table]]:
    """Tables that come of the right one: with the index ids that markers list, or with another seq."""
    events = delta(step).before.events
    listed = dict(place for event in events for place in listed_by(event))
    told = zip(ids_of(step.run), index_ids_of(step.run), strict=True)
    known = {stable: (each, listed[each]) for stable, each in told if each in listed}
    if known:
        yield Hypothesis("ALIAS-11", "records are known by their own index ids in a marker"), {**known, **table}
    highest = max((event["seq"] for event in events), default=0)
    latest = {known_as: (event_id, highest) for known_as, (event_id, _) in table.items()}
    yield Hypothesis("ALIAS-2", "all known records have the highest seq of the log"), latest


def _remembering(
    which: str, step: Step, right: Sequence[Seen], altered: Sequence[Seen]
) -> Iterator[tuple[Hypothesis, list[Seen]]]:
    """The same mistake breaks two requirements: records with equals left are counted, and those alone aren't known."""
    events = delta(step).before.events
    counted = {
        content_of_event(step.run, event)
        for event in events
        if not is_unsigned(member(event.get("payload"), "lifecycle_occurrence"))
    }
    has_equals = [content in counted for content, _ in contents_of(step.run)]
    for requirement, about in (("ALIAS-11", False), ("ALIAS-12", True)):
        told = zip(has_equals, right, altered, strict=True)
        yield Hypothesis(requirement, which), [would if has is about else should for has, should, would in told]


def _is_plain(run: Object, event: Object) -> bool:
    """Whether an event is known by its own id and its content alike, so that no rule is needed to know it."""
    content, occurrence = content_of_event(run, event), member(event.get("payload"), "lifecycle_occurrence")
    if content is None or not is_unsigned(occurrence):
        return False
    return bool(event["event_id"] == stable_id(content, occurrence))


# --- events that a table should not be built from ---------------------------------------------------------------------


def _other_events(step: Step, trace: Trace) -> Iterator[tuple[str, Sequence[Object]]]:
    """The events from which a table might be built wrongly: those of others, too, or in another order."""
    mine = delta(step).before.events
    owners = [owner for owner in step.before if owner != step.owner]
    of_tenants = [each for owner in owners if owner.run_id == step.owner.run_id for each in _of(step, owner)]
    of_runs = [each for owner in owners if owner.tenant == step.owner.tenant for each in _of(step, owner)]
    for which, others in (("events of other tenants count", of_tenants), ("events of other runs count", of_runs)):
        if others:
            yield which, sorted([*mine, *others], key=lambda event: event["seq"])
    if len({event["seq"] for event in mine}) < len(mine):
        ties_reversed = sorted(enumerate(mine), key=lambda each: (each[1]["seq"], -each[0]))
        yield "of events with one seq the later one comes first", [event for _, event in ties_reversed]
    left = _in_the_order_of_imports(mine, step, trace)
    if left != list(mine):
        yield "events come in the order of the log", left


def _of(step: Step, owner: Owner) -> Iterator[Object]:
    return (event for event in step.before[owner].events if owner_of(event) == owner)


def _in_the_order_of_imports(events: Sequence[Object], step: Step, trace: Trace) -> list[Object]:
    """Events in the order in which an older engine left them in the log, where an import tells it."""
    ordered = list(events)
    for earlier in trace.earlier(step):
        if earlier.op == "compact":
            break
        if earlier.op == "import":
            ids = [event["event_id"] for event in earlier.arguments["events"]]
            places = [place for place, event in enumerate(ordered) if event["event_id"] in ids]
            left = sorted((ordered[place] for place in places), key=lambda event: ids.index(event["event_id"]))
            for place, event in zip(places, left, strict=True):
                ordered[place] = event
    return ordered


def _compacted(step: Step, trace: Trace) -> list[Object]:
    """The events of the run that were compacted away in this session."""
    gone = []
    for earlier in trace.earlier(step):
        if earlier.op == "compact" and step.owner in earlier.before:
            left = {event["event_id"] for event in earlier.after[step.owner].events}
            gone += [each for each in earlier.before[step.owner].events if each["event_id"] not in left]
    return [event for event in gone if event["event_type"] != MARKER]


def _under_index_ids(step: Step, events: Sequence[Object]) -> list[Object]:
    """What somebody might make of the index ids that a marker lists: events of the records with that index."""
    listed = dict(place for event in events for place in listed_by(event))
    ghosts = []
    for event_id, record in zip(index_ids_of(step.run), step.history, strict=True):
        if event_id in listed:
            payload = {name: record.get(name) for name in ("reason", "stop_kind", "metadata")}
            ghosts.append(
                {
                    "event_id": event_id,
                    "seq": listed[event_id],
                    "event_type": PREFIX + record["event"],
                    "occurred_at_ms": record["recorded_at_ms"],
                    "correlation_id": step.run["automation_id"],
                    "payload": payload,
                }
            )
    return ghosts
