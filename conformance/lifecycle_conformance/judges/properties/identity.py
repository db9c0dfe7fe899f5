"""Checks of the chapter *Identity and occurrence*: on what `identify` answers and on the events that a pass appends.

Identity, form of the id, occurrence and independence are judged apart: each from what the implementation said of the
others, so that one that is wrong doesn't make the next seem wrong.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, combinations
from typing import Final

import orjson
from attrs import frozen

from lifecycle_conformance.execution.judgement import PASSES, Judgement, canonical, judged, none, steps
from lifecycle_conformance.execution.trace import Object, Step, Trace, member
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.delta import delta
from lifecycle_conformance.model.identity import (
    Content,
    content_of,
    content_of_event,
    contents_of,
    digest_of,
    identity_of,
    is_plain,
    is_unsigned,
    safe,
    stable_id,
)
from lifecycle_conformance.model.record_ties import pass_effects
from lifecycle_conformance.model.reported_ids import given_ids, reported_ids
from lifecycle_projection.records import Json

_DIGITS: Final = re.compile("-([0-9A-Fa-f]{24})-[0-9]+$")
_OPTIONAL: Final = ("reason", "stop_kind", "metadata")
_EMPTY: Final[tuple[Json, ...]] = ("", {}, [])


@check("DRIVER-8", "ID-1", "ID-2", "OCC-1", "ID-5", "ID-6", "ID-7", on=steps("identify"))
def identified(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge what `identify` says of each record."""
    if step.refusal == "unsupported":
        return
    yield judged("DRIVER-8", "the refusal to identify", expected=None, actual=step.refusal)
    if step.answer.ok is None:
        return
    contents, said = contents_of(step.run), step.ok["ids"]
    yield judged("DRIVER-8", "the number of ids", expected=len(contents), actual=len(said))
    if len(contents) != len(said):
        return
    if _is_permuted(contents, said):
        right = [identity_of(content) for content, _ in contents]
        yield judged("DRIVER-8", "the order", expected=right, actual=[each["identity"] for each in said])
        return
    bare = [each["identity"] for each in said if not each["identity"].startswith("sha256:")]
    yield none("DRIVER-8", "the identities without `sha256:`", bare)
    from_the_store = _told_from_the_store(step, trace)
    yield none("DRIVER-8", "the ids under which others have recorded a record", list[Json](from_the_store.values()))
    for index, (record, (content, occurrence), each) in enumerate(zip(step.history, contents, said, strict=True)):
        what = f"of {record['event']!r} at {record['recorded_at_ms']}"
        yield from _identity(what, record, content, f"sha256:{each['identity'].removeprefix('sha256:')}")
        yield judged("OCC-1", f"the occurrence {what}", expected=occurrence, actual=each["occurrence"])
        digest = each["identity"].removeprefix("sha256:")[:24]
        if index not in from_the_store:
            yield from _form(what, content, digest, each["occurrence"], each["event_id"])


@check("ID-1", "ID-2", "OCC-1", "ID-5", "ID-6", "ID-7", on=PASSES)
def of_new_events(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge occurrence and id of each event that a pass appended, and the identity in the id where nobody told it."""
    if not step.history:
        return
    contents, said = contents_of(step.run), reported_ids(step, trace)
    for record, (content, occurrence), answer, events in zip(
        step.history, contents, said, pass_effects(step).events, strict=True
    ):
        what = f"of the event of {record['event']!r} at {record['recorded_at_ms']}"
        for event in events[:1]:
            told = member(event.get("payload"), "lifecycle_occurrence")
            if content_of_event(step.run, event) == content:  # else it says something else: EVENT-1 and EVENT-2
                yield judged("OCC-1", f"the occurrence {what}", expected=occurrence, actual=told)
            shown = _DIGITS.search(event["event_id"])
            if answer is None and shown is not None:
                yield from _identity(what, record, content, shown[1], lambda identity: identity[7:31])
            yield from _form(what, content, _digest(content, answer, event["event_id"]), told, event["event_id"])


@check("ID-3", "ID-4", "OCC-2", on=steps("identify"))
def nothing_else_enters(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that a record that was identified before, elsewhere or in another state of the run, is so again.

    Ids are compared where the occurrences are the same, for of those OCC-2 speaks.
    """
    earlier = next(_identified_before(step, trace), None)
    if earlier is None:
        return
    told = [{*_told_from_the_store(each, trace)} for each in (earlier, step)]
    pairs = [_Pair(*each) for each in _same_records(earlier, step)]
    pairs = [each for each in pairs if each.then not in told[0] and each.now not in told[1]]
    same_state = _state(earlier.run) == _state(step.run)
    stay = [pair for pair in pairs if pair.then == pair.now]
    # Where the state changed, too, the records that stayed in their places tell whether that made the difference.
    if same_state or (stay and all(pair.keeps for pair in stay)):
        for pair in pairs:
            if pair.then != pair.now and pair.counts_alike:
                yield pair.judged("ID-3", f"what record {pair.now}, which was {pair.then}, is known as")
    if earlier.run != step.run or earlier.before != step.before:
        for pair in stay:
            if pair.counts_alike:
                yield pair.judged("ID-4", f"what record {pair.now} is known as, in another state")
    for pair in pairs:
        if _others_before(earlier, pair.then) != _others_before(step, pair.now):
            expected, actual = (each["occurrence"] for each in (pair.said_then, pair.said_now))
            what = f"the occurrence of record {pair.now}, with other records before it"
            yield judged("OCC-2", what, expected=expected, actual=actual)


@check("ID-3", "ID-4", on=PASSES)
def of_events_that_are_there(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that a record whose event this implementation appended gets no other under another id."""
    if not step.history:
        return
    given = given_ids(step, trace)
    there = {
        (content_of_event(step.run, event), _occurrence_in(event)): event
        for event in delta(step).before.events
        if event["event_id"] not in given and is_unsigned(_occurrence_in(event))
    }
    for index, (each, events) in enumerate(zip(contents_of(step.run), pass_effects(step).events, strict=True)):
        event = there.get(each)
        if event is None:
            continue
        moved = member(event.get("payload"), "lifecycle_index") != index
        changed = member(event.get("payload"), "status") != step.run["status"]
        if moved != changed:  # if both, nobody can tell which of them made a difference
            new = [other["event_id"] for other in events if _occurrence_in(other) == each[1]]
            ids = sorted({event["event_id"], *new})
            what = f"the ids of the events of record {index}"
            yield judged("ID-3" if moved else "ID-4", what, expected=[event["event_id"]], actual=ids)


@check("OCC-3", on=steps("identify"))
def removing_an_equal_renumbers(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that of identical records, one of which is gone, the occurrences start with 0 and leave none out."""
    earlier = next(_identified_before(step, trace), None)
    if earlier is None:
        return
    then, now = (Counter(content for content, _ in contents_of(each.run)) for each in (earlier, step))
    for content in now:
        if now[content] < then[content]:
            said = [
                each["occurrence"]
                for record, each in zip(step.history, step.ok["ids"], strict=True)
                if content_of(step.run, record) == content
            ]
            what = f"the occurrences of identical records, of which there were {then[content]}"
            yield judged("OCC-3", what, expected=list(range(now[content])), actual=said)


# --- one record -------------------------------------------------------------------------------------------------------


def _identity(
    what: str, record: Object, content: Content, said: str, form: Callable[[str], str] = str
) -> Iterator[Judgement]:
    """Judge an identity, shown in some form; one that comes from another reading of what is absent breaks ID-2 only."""
    values = orjson.loads(content)
    if not is_plain(values):
        return
    right = form(identity_of(content))
    altered = (
        {form(identity_of(canonical(each))) for each in _otherwise_absent(record, values)} if said != right else ()
    )
    if any(values[name] is None or values[name] in _EMPTY for name in _OPTIONAL) and (said == right or said in altered):
        yield judged("ID-2", f"the identity {what}", expected=right, actual=said)
    if said not in altered:
        yield judged("ID-1", f"the identity {what}", expected=right, actual=said)


def _otherwise_absent(record: Object, values: Object) -> Iterator[Object]:
    """What somebody might hash who treats absent and empty members in another way, some of them or all."""
    absent = [name for name in _OPTIONAL if values[name] is None]
    empty = [name for name in _OPTIONAL if values[name] in _EMPTY]
    yield {name: value for name, value in values.items() if name in record or name not in absent}
    for names in _some_of(absent):
        yield {name: value for name, value in values.items() if name not in names}
        for each in _EMPTY:
            yield {**values, **dict.fromkeys(names, each)}
    for names in _some_of(empty):
        yield {**values, **dict.fromkeys(names)}
    yield {name: value for name, value in values.items() if name not in (*absent, *empty)}


def _some_of(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return chain.from_iterable(combinations(names, count) for count in range(1, len(names) + 1))


def _form(what: str, content: Content, digest: str, occurrence: Json, event_id: str) -> Iterator[Judgement]:
    """Judge the form of an id by the identity and the occurrence that the implementation gave, right or wrong."""
    if type(occurrence) is not int:
        return
    values = orjson.loads(content)
    name = safe(values["event"])
    start, end = f"automation-v2-lifecycle-{values['run_id']}-", f"-{digest}-{occurrence}"
    framed = event_id.startswith(start) and event_id.endswith(end) and len(event_id) >= len(start) + len(end)
    found = event_id[len(start) : -len(end)] if framed else name
    yield judged("ID-5", f"the id {what}", expected=f"{start}{found}{end}", actual=event_id)
    if framed and not values["event"]:
        yield judged("ID-7", f"the safe form of the empty name, {what}", expected=name, actual=found)
    elif framed and re.search("[^a-z_]", values["event"]):
        yield judged("ID-6", f"the safe form of the name, {what}", expected=name, actual=found)


def _digest(content: Content, answer: Object | None, event_id: str) -> str:
    """The digest that an event's id should have: by the identity that the implementation says, if it does.

    Else by the one that stands there, which is judged by itself; else by the right one.
    """
    if answer is not None:
        return str(answer["identity"].removeprefix("sha256:")[:24])
    shown = _DIGITS.search(event_id)
    return shown[1] if shown else digest_of(content)


def _is_permuted(contents: Sequence[tuple[Content, int]], said: Sequence[Object]) -> bool:
    right, told = [identity_of(content) for content, _ in contents], [each["identity"] for each in said]
    return right != told and sorted(right) == sorted(told)


def _occurrence_in(event: Object) -> Json:
    return member(event.get("payload"), "lifecycle_occurrence")


def _told_from_the_store(step: Step, trace: Trace) -> dict[int, str]:
    """The records of which `identify` told the id of an event that others had put into the log, not the stable one.

    An id that ends in what is said beside it may have been made of that, however it came into the log.
    """
    given = given_ids(step, trace)
    pairs = enumerate(zip(contents_of(step.run), step.ok["ids"], strict=True))
    return {
        index: each["event_id"]
        for index, (content, each) in pairs
        if each["event_id"] in given - {stable_id(*content)} and not each["event_id"].endswith(_end(each))
    }


def _end(said: Object) -> str:
    """How an id ends that follows from the identity and the occurrence that are said with it."""
    return f"-{said['identity'].removeprefix('sha256:')[:24]}-{said['occurrence']}"


# --- two answers ------------------------------------------------------------------------------------------------------


@frozen
class _Pair:
    """A record in two histories: where it stands, and what was said of it."""

    then: int
    said_then: Object
    now: int
    said_now: Object

    @property
    def counts_alike(self) -> bool:
        return canonical(self.said_then["occurrence"]) == canonical(self.said_now["occurrence"])

    @property
    def keeps(self) -> bool:
        return _known_as(self.said_then) == _known_as(self.said_now)

    def judged(self, requirement: str, what: str) -> Judgement:
        return judged(requirement, what, expected=_known_as(self.said_then), actual=_known_as(self.said_now))


def _known_as(said: Object) -> Object:
    return {"identity": said["identity"], "event_id": said["event_id"]}


def _identified_before(step: Step, trace: Trace) -> Iterator[Step]:
    """Earlier answers, newest first, about records some of which are identified again now."""
    if _is_complete(step):
        for earlier in trace.earlier(step):
            if _is_complete(earlier) and _same_records(earlier, step):
                yield earlier


def _is_complete(step: Step) -> bool:
    return step.op == "identify" and step.answer.ok is not None and len(step.ok["ids"]) == len(step.history)


def _same_records(earlier: Step, step: Step) -> list[tuple[int, Object, int, Object]]:
    """The records that are in both histories, those of identical ones with the same number of equals before."""
    places = {each: (index, earlier.ok["ids"][index]) for index, each in enumerate(contents_of(earlier.run))}
    return [
        (*places[each], index, step.ok["ids"][index])
        for index, each in enumerate(contents_of(step.run))
        if each in places
    ]


def _state(run: Object) -> Object:
    """A run record without its history."""
    checkpoint = {name: value for name, value in run["checkpoint"].items() if name != "lifecycle_history"}
    return {**run, "checkpoint": checkpoint}


def _others_before(step: Step, place: int) -> list[Content]:
    """The records before a place that are not identical to the one there."""
    contents = [content for content, _ in contents_of(step.run)]
    return [content for content in contents[:place] if content != contents[place]]
