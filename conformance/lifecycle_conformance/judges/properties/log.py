"""Checks of the chapter *The event log and its sequences*, and what those of other chapters ask about a log.

An implementation that gets tenants wrong may show an owner the records of others. Whose a record is, its scope says:
what concerns the log of an owner is judged by its own records only, so that such a fault stays one of *Tenants*.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Final

from lifecycle_conformance.execution.judgement import PASSES_AND_APPENDS, Judgement, Steps, judged, none, steps
from lifecycle_conformance.execution.multiset import added
from lifecycle_conformance.execution.operations import ALL, LOOKING, WRITING
from lifecycle_conformance.execution.trace import Object, Owner, Shown, Step, Trace, View, owner_of
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.delta import acting, delta, in_order, own
from lifecycle_conformance.model.identity import content_of_event, contents_of, is_unsigned, stable_id
from lifecycle_conformance.model.json_text import blurred
from lifecycle_conformance.model.record_ties import pass_effects
from lifecycle_conformance.model.recorded import MAX_SEQ, highest_seq, recorded, seqs_by_id
from lifecycle_conformance.model.reported_ids import wrong_ids
from lifecycle_projection.records import Json

_KEEPING_THE_ORDER: Final = WRITING - {"compact"} | {"restart", "refuse"}


# --- the checks -------------------------------------------------------------------------------------------------------


@check("LOG-1", on=PASSES_AND_APPENDS)
def what_is_recorded_stays(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that passes and appends change and remove no event that was there."""
    for owner, shown in step.before.items():
        if shown.events:
            gone = added(step.after.get(owner, Shown()).events, shown.events)
            what = f"the events of {owner.run_id!r} that are gone or changed"
            yield none("LOG-1", what, _ids(gone), subject=owner)


@check("LOG-2", "LOG-3", "LOG-8", on=steps("append").accepted.fully_shown)
def an_event_is_appended_once(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge what an append by hand answers and stores.

    An id that only others know is left to LOG-5. Where an id stands once in the log, LOG-2 says it all; LOG-3 is put to
    the test by an id that a marker lists, and by one that is found under several seqs.
    """
    owner, event, answer = acting(step), step.arguments["event"], step.ok
    event_id, before, new = event["event_id"], delta(step).before.events, delta(step).new_events
    seqs, whether = seqs_by_id(before).get(event_id), f"whether {event_id!r} was appended"
    about_owner = partial(judged, subject=owner)
    if seqs is not None:
        stands = any(each["event_id"] == event_id for each in before)
        requirement = "LOG-2" if stands else "LOG-3"
        yield about_owner(requirement, whether, expected=False, actual=answer["appended"])
        yield about_owner(requirement, "the events that were appended", expected=[], actual=_ids(new))
        if not answer["appended"]:
            under = "LOG-2" if stands and len(set(seqs)) == 1 else "LOG-3"
            yield about_owner(under, f"the seq of {event_id!r}", expected=seqs[0], actual=answer["seq"])
    elif answer["appended"] or not _others_know(step.before, owner, event_id):
        yield about_owner("LOG-2", whether, expected=True, actual=answer["appended"])
        yield about_owner("LOG-2", "the number of events that were appended", expected=1, actual=len(new))
        if answer["appended"] and len(new) == 1:
            yield about_owner("LOG-2", "the seq that is answered", expected=new[0]["seq"], actual=answer["seq"])
            expected = _as_stored({**event, "seq": new[0]["seq"]})
            yield about_owner("LOG-8", "the event that was appended", expected=expected, actual=_as_stored(new[0]))


@check("LOG-8", on=steps("append"))
def the_given_seq_is_ignored(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that an event isn't refused whose seq is missing, or is no number, where its tenant is all that asks."""
    asking, given = (_as_stored_tenant(each) for each in (step.arguments["tenant"], _tenant_in(step)))
    if asking == given and not is_unsigned(step.arguments["event"].get("seq")) and step.refusal == "invalid_input":
        yield judged("LOG-8", "the refusal of an event without a seq", expected=None, actual=step.refusal)


@check("LOG-4", on=PASSES_AND_APPENDS.fully_shown)
def sequence_numbers(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that each new event takes one more than the highest seq known."""
    change = delta(step)
    new, start = change.new_events, highest_seq(change.before.events) + 1
    if new and start + len(new) - 1 <= MAX_SEQ:
        actual = sorted(each["seq"] for each in new)
        expected = list(range(start, start + len(new)))
        yield judged("LOG-4", "the seqs of the new events", expected=expected, actual=actual, subject=acting(step))


@check("LOG-5", on=PASSES_AND_APPENDS.fully_shown)
def sequences_are_independent(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that others have no influence, wherever what they have would make a difference."""
    owner = acting(step)
    new = delta(step).new_events
    misled = _seqs_that_others_lead_to(step.before, owner) - _given_seqs(step)
    if new and misled:
        seq = min(each["seq"] for each in new)
        what = f"whether the first new seq, {seq}, follows from what other runs or tenants have"
        yield judged("LOG-5", what, expected=False, actual=seq in misled, subject=owner)
    if step.op == "append" and step.answer.ok is not None:
        event_id = step.arguments["event"]["event_id"]
        if event_id not in seqs_by_id(delta(step).before.events) and _others_know(step.before, owner, event_id):
            what = f"whether {event_id!r}, which only others have, was appended"
            yield judged("LOG-5", what, expected=True, actual=step.answer.ok["appended"], subject=owner)
    if step.op == "project":
        unknown = _known_to_others_only(step, trace, owner)
        if unknown:
            missing = [index for index in unknown if not pass_effects(step).events[index]]
            what = "the records that only others have and that got no event"
            yield none("LOG-5", what, missing, subject=owner)


@check("LOG-7", on=Steps(ALL - LOOKING))
def shown_in_order(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge the order in which events are shown.

    A wrong order is a fault wherever it shows; a right one says something only where the log has another.
    """
    for owner, shown in step.after.items():
        logged, seqs = _logged(step, owner), _seqs(shown.events)
        as_logged = _seqs(logged)
        in_another_order = any(seq >= later for seq, later in pairwise(as_logged))
        if in_another_order or seqs != sorted(seqs):
            what = f"the seqs of the events of {owner.run_id!r}, as shown"
            yield judged("LOG-7", what, expected=sorted(seqs), actual=seqs)
        if len(set(as_logged)) < len(as_logged) and step.op in _KEEPING_THE_ORDER and trace.is_fully_shown:
            expected, actual = _places(in_order(logged)), _places(in_order(shown.events))
            if sorted(expected) == sorted(actual):
                what = f"the events of {owner.run_id!r}, those with equal seq in log order"
                yield judged("LOG-7", what, expected=expected, actual=actual)


# --- the parts of the checks ------------------------------------------------------------------------------------------


def _ids(events: Iterable[Object]) -> list[Json]:
    return [each["event_id"] for each in events]


def _seqs(events: Iterable[Object]) -> list[int]:
    return [each["seq"] for each in events]


def _places(events: Iterable[Object]) -> list[list[Json]]:
    return [[each["seq"], each["event_id"]] for each in events]


def _logged(step: Step, owner: Owner) -> list[Object]:
    """The events of an owner with those that came later behind the others: a log order, as far as it matters."""
    before, after = step.before.get(owner, Shown()).events, step.after[owner].events
    if step.op == "import":
        return [*before, *(each for each in step.arguments["events"] if owner_of(each) == owner)]
    return [*before, *(added(before, after) if step.op in {"project", "append"} else ())]


def _others(view: View, owner: Owner) -> Iterator[Owner]:
    return (each for each in view if each != owner)


def _given_seqs(step: Step) -> set[Json]:
    """The seq that an append was given, which may have been taken over (LOG-4)."""
    seq = step.arguments["event"].get("seq") if step.op == "append" else None
    return {seq} if is_unsigned(seq) else set()


def _others_know(view: View, owner: Owner, event_id: str) -> bool:
    return any(event_id in seqs_by_id(own(view, each).events) for each in _others(view, owner))


def _seqs_that_others_lead_to(view: View, owner: Owner) -> set[int]:
    """The seqs that the next event would get if the log of others counted, of all or of those that share a part.

    None of them is one that the own events alone could explain, right or wrong.
    """
    events = own(view, owner).events
    others = [(each, own(view, each).events) for each in _others(view, owner)]
    groups = (
        [event for _, rest in others for event in rest],
        [event for each, rest in others if each.run_id == owner.run_id for event in rest],
        [event for each, rest in others if each.tenant == owner.tenant for event in rest],
    )
    misled = {seq for group in groups for seq in _next_seqs([*events, *group])}
    return misled - {1, *_next_seqs(events)}


def _next_seqs(events: Sequence[Object]) -> set[int]:
    """What one may take for the next seq: after the highest known, after the highest own, by their number."""
    return {highest_seq(events) + 1, max(_seqs(events), default=0) + 1, len(events) + 1}


def _known_to_others_only(step: Step, trace: Trace, owner: Owner) -> list[int]:
    """The records whose id others have and the owner hasn't: first occurrences that the pass has reached.

    How far a pass got that was refused depends on more; where the guard was asked, it has looked at its first record.
    One that met another's snapshot may have done so before it looked (SNAP-11). An id that is wrong may be known by its
    content, too, which then is computed wrongly as well.
    """
    if step.answer.ok is None and step.refusal != "phase_transition":
        return []
    contents = contents_of(step.run)
    reached = contents if step.answer.ok is not None else contents[:1]
    events = delta(step).before.events
    table, there = recorded(step.run, events), {content_of_event(step.run, event) for event in events}
    theirs = {known for each in _others(step.before, owner) for known in seqs_by_id(own(step.before, each).events)}
    wrong = wrong_ids(step, trace)
    ids = [
        (index, wrong.get(index) or stable_id(*each))
        for index, each in enumerate(reached)
        if each[1] == 0 and not (index in wrong and each[0] in there)
    ]
    return [index for index, event_id in ids if event_id in theirs and event_id not in table]


_WITH_VERSION: Final = ("scope", "phase_transition")
"""The members of an event that have a version of their own."""


def _as_stored(event: Object) -> Object:
    """An event with what a store fills in where it is missing, and without what it leaves out."""
    stored = _without_absent({name: value for name, value in event.items() if name != "payload"})
    tenant = _as_stored_tenant(event["scope"]["tenant_context"])
    with_version = {name: {"schema_version": 1, **stored[name]} for name in _WITH_VERSION if name in stored}
    with_version["scope"] |= {"tenant_context": tenant}
    return {"schema_version": 1, **stored, **with_version, "payload": blurred(event.get("payload"))}


def _tenant_in(step: Step) -> Object:
    tenant: Object = step.arguments["event"]["scope"]["tenant_context"]
    return tenant


def _as_stored_tenant(tenant: Object) -> Object:
    return {"source": "local_implicit", **_without_absent(tenant)}


def _without_absent(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_absent(each) for name, each in value.items() if each is not None and each != []}
    return [_without_absent(each) for each in value] if isinstance(value, list) else value
