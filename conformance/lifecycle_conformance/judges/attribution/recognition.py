"""What a pass recognised, against what it should have, and the requirement that a difference comes from.

Where an altered table gives something else for a record than the right one, the requirement that it alters decides
about that record, and is judged by it. Where a pass did what one altered table gives, and no other that earlier passes
of the session leave possible, that requirement is broken.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import define, frozen

from lifecycle_conformance.execution.trace import Object, Owner, Step, Trace, member, owner_of
from lifecycle_conformance.model.alias_table import ALTERATIONS, ANY_SEQ, RULES, Place, Table, table_of
from lifecycle_conformance.model.delta import delta
from lifecycle_conformance.model.identity import (
    MARKER,
    PREFIX,
    content_of_event,
    contents_of,
    ids_of,
    is_unsigned,
    listed_by,
    safe,
    stable_id,
)
from lifecycle_conformance.model.record_ties import pass_effects, recorded_ids
from lifecycle_conformance.model.reported_ids import reported_ids_correct

# --- tables that a pass should not have built -------------------------------------------------------------------------


@frozen
class Altered:
    """A table that a pass should not have built: the requirement that it alters, and which of its alterations it is."""

    requirement: str
    which: str
    table: Table

    @property
    def key(self) -> tuple[str, str]:
        """What is the same at another pass."""
        return self.requirement, self.which


_COMPACTED: Final = "ALIAS-11, ALIAS-12"
"""Stands for both, which are broken in the same way: by knowing more of what was compacted than its id."""


def _altered(step: Step, trace: Trace) -> Iterator[Altered]:
    events = delta(step).before.events
    for which, others in _other_events(step, trace):
        yield Altered("ALIAS-1", which, table_of(step.run, others, RULES))
    if all(_is_plain(step.run, event) for event in events):
        return
    for requirement, alterations in ALTERATIONS.items():
        for number, rules in enumerate(alterations):
            yield Altered(requirement, str(number), table_of(step.run, events, rules))
    remembered = {"compacted": _compacted(step, trace), "index ids": _under_index_ids(step, events)}
    for which, ghosts in remembered.items():
        if ghosts:
            alive = sorted([*events, *ghosts], key=lambda event: event["seq"])
            yield Altered(_COMPACTED, which, table_of(step.run, alive, RULES))


def _is_plain(run: Object, event: Object) -> bool:
    """Tell whether an event is known by its own id and its content alike, so that no rule is needed to know it."""
    content, occurrence = content_of_event(run, event), member(event.get("payload"), "lifecycle_occurrence")
    if content is None or not is_unsigned(occurrence):
        return False
    return bool(event["event_id"] == stable_id(content, occurrence))


def _other_events(step: Step, trace: Trace) -> Iterator[tuple[str, Sequence[Object]]]:
    """Give the events from which a table might be built wrongly: those of others, too, or in another order."""
    mine = delta(step).before.events
    owners = [owner for owner in step.before if owner != step.owner]
    of_tenants = [each for owner in owners if owner.run_id == step.owner.run_id for each in _of(step, owner)]
    of_runs = [each for owner in owners if owner.tenant == step.owner.tenant for each in _of(step, owner)]
    for which, others in (("other tenants", of_tenants), ("other runs", of_runs)):
        if others:
            yield which, sorted([*mine, *others], key=lambda event: event["seq"])
    if len({event["seq"] for event in mine}) < len(mine):
        ties_reversed = sorted(enumerate(mine), key=lambda each: (each[1]["seq"], -each[0]))
        yield "ties", [event for _, event in ties_reversed]
    left = _in_the_order_of_imports(mine, step, trace)
    if left != list(mine):
        yield "log order", left


def _of(step: Step, owner: Owner) -> Iterator[Object]:
    return (event for event in step.before[owner].events if owner_of(event) == owner)


def _in_the_order_of_imports(events: Sequence[Object], step: Step, trace: Trace) -> list[Object]:
    """Give events in the order in which an older engine left them in the log, where an import tells it."""
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
    """Give the events of the run that were compacted away in this session."""
    gone = []
    for earlier in trace.earlier(step):
        if earlier.op == "compact" and step.owner in earlier.before:
            left = {event["event_id"] for event in earlier.after[step.owner].events}
            gone += [each for each in earlier.before[step.owner].events if each["event_id"] not in left]
    return [event for event in gone if event["event_type"] != MARKER]


def _under_index_ids(step: Step, events: Sequence[Object]) -> list[Object]:
    """Give what somebody might make of the index ids that a marker lists: events of the records with that index."""
    listed = dict(place for event in events for place in listed_by(event))
    ghosts = []
    for index, record in enumerate(step.history):
        event_id = f"automation-v2-lifecycle-{step.run['run_id']}-{index}-{safe(record['event'])}"
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


# --- what a pass did with what it knew --------------------------------------------------------------------------------


@frozen
class Seen:
    """What is seen of whether a record was known: a new event, or a snapshot under the recorded id and seq."""

    event: bool
    snapshot: Place | None = None

    def fits(self, other: "Seen") -> bool:
        """Tell whether both are the same, as far as can be said."""
        if None in (self.snapshot, other.snapshot) or self.event or other.event:
            return self == other
        assert self.snapshot is not None
        assert other.snapshot is not None
        return self.snapshot[0] == other.snapshot[0] and (
            self.snapshot[1] == other.snapshot[1] or ANY_SEQ in (self.snapshot[1], other.snapshot[1])
        )

    def as_json(self, index: int) -> Object:
        """Give it for a report."""
        snapshot = None if self.snapshot is None else list(self.snapshot)
        return {"record": index, "new event": self.event, **({} if snapshot is None else {"snapshot": snapshot})}


def foreseen(step: Step, table: Table) -> list[Seen]:
    """Tell what a pass does for each record if this is its table."""
    there = {each["snapshot_id"] for each in delta(step).before.snapshots}
    seen = []
    for each in contents_of(step.run):
        event_id = stable_id(*each)
        place = table.get(event_id)
        if place is None:
            seen.append(Seen(event=True))
        else:
            seen.append(Seen(event=False, snapshot=None if place[0] in there else place))
        there.add(event_id if place is None else place[0])
    return seen


def seen(step: Step, table: Table) -> list[Seen]:
    """Tell what a pass did for each record; a snapshot that names none is that of the first record with its id."""
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


@define
class Recognition:
    """What a pass did with what the log knew, against what it should have done.

    `judged` are the records that it looks up under their stable ids, `known` tells of each record whether the log knew
    it. `decided` has, for each requirement, the records about which it decides. `mismatched` are those with which the
    pass did something else than it should have; `explained` says that some alteration explains all of that, and
    `broken` is the requirement that it alters: `None` if there is more than one that is no special case of another.
    """

    judged: list[int]
    known: list[bool]
    expected: list[Seen]
    actual: list[Seen]
    decided: dict[str, list[int]]
    mismatched: list[int]
    explained: bool
    broken: str | None


_SPECIAL_CASES: Final = {
    ("ALIAS-4", "0"): {"ALIAS-5", "ALIAS-11", "ALIAS-12"},
    ("ALIAS-6", "0"): {"ALIAS-7", "ALIAS-8", "ALIAS-10"},
    ("ALIAS-10", "0"): {"ALIAS-8"},
    ("ALIAS-10", "1"): {"ALIAS-8"},
}
"""Of what is not entered at all nothing can be said of how it is; a case that has a requirement of its own is that."""


_newest: list[tuple[Step, Trace, Recognition | None]] = []
"""The newest answer: several checks ask about the same step, one after the other, and it takes long to tell."""


def recognition(step: Step, trace: Trace) -> Recognition | None:
    """Tell what a pass that succeeded recognised; nothing where its own ids are not the stable ones (ID-5)."""
    if not _newest or _newest[0][0] is not step or _newest[0][1] is not trace:
        _newest[:] = [(step, trace, _recognition(step, trace))]
    return _newest[0][2]


def _recognition(step: Step, trace: Trace) -> Recognition | None:
    if step.op != "project" or step.answer.ok is None or not step.history or trace.is_changed_beneath:
        return None
    right = table_of(step.run, delta(step).before.events, RULES)
    found = Recognition(
        judged=[index for index, sure in enumerate(reported_ids_correct(step, trace)) if sure],
        known=[stable_id(*each) in right for each in contents_of(step.run)],
        expected=foreseen(step, right),
        actual=seen(step, right),
        decided={},
        mismatched=[],
        explained=False,
        broken=None,
    )
    found.mismatched = [index for index in found.judged if not found.actual[index].fits(found.expected[index])]
    explaining: dict[tuple[str, str], list[str]] = {}
    for each in _altered(step, trace):
        altered = foreseen(step, each.table)
        decides = [index for index in found.judged if not altered[index].fits(found.expected[index])]
        names = _apart(each.requirement, decides, step)
        for name, indexes in names.items():
            found.decided[name] = sorted({*found.decided.get(name, ()), *indexes})
        if found.mismatched and all(found.actual[index].fits(altered[index]) for index in found.judged):
            explaining[each.key] = list(names)
    if explaining:
        found.explained = True
        found.broken = _cause(explaining, step, trace)
    return found


def _cause(explaining: dict[tuple[str, str], list[str]], step: Step, trace: Trace) -> str | None:
    """Name the requirement that is broken, if it is certain."""
    possible = explaining.keys() - _refuted(step, trace)
    special = {each for key in possible for each in _SPECIAL_CASES.get(key, ())}
    names = {name for key in possible for name in explaining[key]} - special
    return names.pop() if len(names) == 1 else None


def _refuted(step: Step, trace: Trace) -> set[tuple[str, str]]:
    """Give the alterations that would have shown at an earlier pass of the session, but didn't."""
    refuted = set()
    for number, earlier in enumerate(trace.steps):
        if earlier is step or earlier.op != "project" or earlier.answer.ok is None or not earlier.history:
            continue
        before = Trace(trace.steps[:number])
        right = table_of(earlier.run, delta(earlier).before.events, RULES)
        expected, actual = foreseen(earlier, right), seen(earlier, right)
        sure = reported_ids_correct(earlier, before)
        for each in _altered(earlier, before):
            told = zip(sure, expected, actual, foreseen(earlier, each.table), strict=True)
            if any(certain and not would.fits(should) and not did.fits(would) for certain, should, did, would in told):
                refuted.add(each.key)
    return refuted


def _apart(requirement: str, indexes: list[int], step: Step) -> dict[str, list[int]]:
    """Tell the records of compacted events that were alone from those that have equals left, which are counted."""
    if requirement != _COMPACTED:
        return {requirement: indexes} if indexes else {}
    left = {
        content_of_event(step.run, event)
        for event in delta(step).before.events
        if not is_unsigned(member(event.get("payload"), "lifecycle_occurrence"))
    }
    contents = contents_of(step.run)
    counted = [index for index in indexes if contents[index][0] in left]
    alone = [index for index in indexes if index not in counted]
    return {name: each for name, each in (("ALIAS-11", alone), ("ALIAS-12", counted)) if each}


def settled(step: Step, trace: Trace) -> dict[int, str]:
    """Give the recorded ids of the records of a pass that succeeded, by index, where nobody can doubt them.

    Nothing where the pass built another table; and not those of records that got no event, or whose snapshot stands
    under another id: others speak of those.
    """
    found = recognition(step, trace)
    nothing_done = Seen(event=False)
    if found is None or found.explained or any(found.actual[each] != nothing_done for each in found.mismatched):
        return {}
    there = {each["snapshot_id"] for each in delta(step).after.snapshots}
    told = zip(recorded_ids(step), ids_of(step.run), found.known, pass_effects(step).events, strict=True)
    return {
        index: event_id
        for index, (event_id, stable, known, events) in enumerate(told)
        if (index in found.judged if known else events) and (event_id in there or stable not in there)
    }
