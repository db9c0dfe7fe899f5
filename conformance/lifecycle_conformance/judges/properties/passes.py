"""Checks of the chapter *The pass*: what a pass records, what it leaves alone, what it answers.

Where it stops, and in which order the guard is asked, is judged with the phases.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from lifecycle_conformance.execution.judgement import PASSES, Judgement, canonical, judged, none
from lifecycle_conformance.execution.multiset import added
from lifecycle_conformance.execution.trace import Object, Shown, Step, Trace
from lifecycle_conformance.judges.attribution.recognition import recognition, settled, surely_new
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.delta import delta, differences
from lifecycle_conformance.model.file_layout import STOPPED_BY_A_PLACE, hidden_of, path_of, stands_in_its_place
from lifecycle_conformance.model.guard_walk import refused_in_vain
from lifecycle_conformance.model.identity import (
    Content,
    content_of_event,
    contents_of,
    ids_of,
)
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF, phase_status
from lifecycle_conformance.model.record_ties import pass_effects, recorded_ids
from lifecycle_conformance.model.recorded import recorded_before
from lifecycle_conformance.model.reported_ids import given_ids, reported_ids, reported_ids_correct


@check("PASS-1", on=PASSES)
def an_empty_history(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a pass over nothing does nothing; that its run record is refused is a matter of reading it (REC)."""
    if not step.history and step.refusal != "invalid_input":
        yield judged("PASS-1", "the answer", expected={"projected": 0}, actual=step.answer.ok)
        changed = delta(step).differences
        yield none("PASS-1", "what it wrote", changed)
        if step.files_before is not None and step.files_after is not None:
            before, after = step.files_before, step.files_after
            paths = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
            yield none("PASS-1", "the files that it changed", paths)


@check("PASS-2", on=PASSES.accepted)
def each_new_record_is_recorded_once(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge which records that the log did not know got an event, in which order.

    That a known record gets none is PASS-3 and ALIAS-2, what an event's id must be ID-5.
    """
    if not step.history or _hides_something(step):
        return
    odd, right = _with_odd_ids(step, trace), reported_ids_correct(step, trace)
    places = enumerate(recorded_before(step))
    new = [index for index, place in places if place is None and right[index] and index not in odd]
    done = pass_effects(step)
    unattributed = [event["event_id"] for event in done.unattributed]
    of_none = f" (beside {', '.join(map(repr, unattributed))}, which is of no record)" if unattributed else ""
    unsure = [index for index in new if not done.events[index]]
    unsure = [*set(unsure) - surely_new(step, trace)] if unsure else []
    new = [index for index in new if index not in unsure]
    for index in new:
        what, number = f"how many events the new record {index} got{of_none}", len(done.events[index])
        yield judged("PASS-2", what, expected=1, actual=number, subject=index)
    if new:
        got = sorted((event["seq"], index) for index in new for event in done.events[index])
        order = list(dict.fromkeys(index for _, index in got))
        what = "the order in which new records got their events"
        yield judged("PASS-2", what, expected=sorted(order), actual=order)
    if new or unattributed:
        what = "new events of which neither the id nor the payload is that of a record"
        yield none("PASS-2", what, unattributed)


@check("PASS-3", on=PASSES.accepted)
def a_record_that_is_recorded_keeps_its_event(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that a record whose event is there under the stable id gets no other, when the run has changed since."""
    if not _changed_since(step, trace):
        return
    there = {event["event_id"] for event in delta(step).before.events}
    done = pass_effects(step)
    sure = reported_ids_correct(step, trace)
    recorded = [index for index, event_id in enumerate(ids_of(step.run)) if event_id in there and sure[index]]
    if recorded:
        again = [index for index in recorded if done.events[index]]
        yield none("PASS-3", "the records that got another event", again)


@check("PASS-4", on=PASSES)
def a_snapshot_that_is_there_stays(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that the snapshots of the records stay as they are, and that no guard is asked where all are there."""
    if not step.history or (step.refusal in STOPPED_BY_A_PLACE and not trace.is_fully_shown):
        return
    before, after = delta(step).before.snapshots, delta(step).after.snapshots
    there = {each["snapshot_id"]: each for each in before}
    recorded = [place.event_id for place in recorded_before(step) if place is not None and place.event_id in there]
    if recorded:
        kept = set(map(canonical, after))
        lost = sorted({each for each in recorded if canonical(there[each]) not in kept})
        yield none("PASS-4", "the snapshots that are gone or changed", lost)
    if refused_in_vain(step):
        index = step.data["lifecycle_index"]
        if reported_ids_correct(step, trace)[index]:  # else it may be new to who gives it another id
            what = f"the refusal of record {index}, whose snapshot is there"
            yield judged("PASS-4", what, expected=None, actual=step.refusal)
        return
    ids = ids_of(step.run)
    if _are_there(ids, step) and all(reported_ids_correct(step, trace)) and _would_be_refused(step, ids, there):
        yield judged(
            "PASS-4", "the refusal of a pass that has no snapshot to write", expected=None, actual=step.refusal
        )


@check("PASS-5", on=PASSES.accepted)
def a_snapshot_that_is_missing_is_written(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that a pass that succeeded wrote each snapshot that was missing."""
    before = {each["snapshot_id"] for each in delta(step).before.snapshots}
    missing = {index: event_id for index, event_id in settled(step, trace).items() if event_id not in before}
    if missing:
        after = {each["snapshot_id"] for each in delta(step).after.snapshots}
        left = [index for index, event_id in missing.items() if event_id not in after]
        yield none("PASS-5", "the records whose missing snapshot wasn't written", left)


@check("PASS-6", on=PASSES.accepted)
def the_answer_counts(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a pass answers the number of records whose event it appended or whose snapshot it wrote.

    Where the snapshot of a known record is missing after the pass, nobody can tell whether it was written.
    """
    there = {each["snapshot_id"] for each in delta(step).after.snapshots}
    if (
        not step.history
        or _hides_something(step)
        or not there.issuperset(place.event_id for place in recorded_before(step) if place is not None)
    ):
        return
    done = pass_effects(step)
    places: dict[str, int] = {}
    for index, event_id in enumerate(recorded_ids(step)):
        places.setdefault(event_id, index)
    named = {each["snapshot_id"]: index for index, each in enumerate(done.snapshots) if each is not None}
    counted: set[int | str] = {index for index, events in enumerate(done.events) if events}
    counted |= {event["event_id"] for event in done.unattributed}
    for each in delta(step).new_snapshots:
        snapshot_id: str = each["snapshot_id"]
        counted.add(named.get(snapshot_id, places.get(snapshot_id, snapshot_id)))
    yield judged("PASS-6", "the answer", expected=len(counted), actual=step.ok.get("projected"))


@check("PASS-8", on=PASSES)
def a_pass_is_idempotent(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that a pass repeated at once answers 0 and changes nothing."""
    previous = trace.previous(step)
    if (
        previous is not None
        and previous.op == "project"
        and previous.answer.ok is not None
        and canonical(previous.run) == canonical(step.run)
    ):
        changed = delta(step).differences
        yield judged("PASS-8", "the answer of the second pass", expected={"projected": 0}, actual=step.answer.ok)
        yield none("PASS-8", "what it changed", changed)


@check("PASS-9", on=PASSES.accepted)
def an_insertion_records_the_new_records_only(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge how many events a pass appends after records were inserted into a history that was recorded before."""
    inserted = _inserted(step, trace)
    if not inserted:
        return
    contents = contents_of(step.run)
    new = Counter(content for (content, _), place in zip(contents, recorded_before(step), strict=True) if place is None)
    got: Counter[Content] = Counter()
    for (content, _), events in zip(contents, pass_effects(step).events, strict=True):
        got[content] += len(events)
    # Of an old record that isn't recorded, or of a new one that is, others speak.
    odd = {contents[index][0] for index in _with_odd_ids(step, trace)}
    more = {each for each in got if got[each] > inserted[each] >= new[each]} - odd
    old = [index for index, (each, _) in enumerate(contents) if each in more]
    yield none("PASS-9", "the records with more new events than were inserted", old)
    found = recognition(step, trace)
    again = [each for each in inserted if each not in odd and inserted[each] == new[each] < _count(contents, each)]
    if again and found is not None and not found.explained:
        yield judged(
            "PASS-9",
            "the numbers of new events for records that are identical to others",
            expected=[inserted[each] for each in again],
            actual=[max(got[each], 0) for each in again],
        )
    lost = [each["event_id"] for each in delta(step).lost_events]
    yield none("PASS-9", "the events that were there and are gone or changed", lost, subject=step.owner)
    yield from _without_loss("PASS-9", delta(step).lost_snapshots)


@check("PASS-15", on=PASSES)
def other_runs_are_left_alone(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a pass changes nothing of another run."""
    for owner, shown in step.before.items():
        if owner.run_id != step.owner.run_id and (shown.events or shown.snapshots):
            lost = added(step.after[owner].snapshots, shown.snapshots)
            left = Shown(shown.events, tuple(each for each in shown.snapshots if each not in lost))
            changed = differences(left, step.after[owner])
            yield none("PASS-15", f"what else changed of the run {owner.run_id!r}", changed, subject=owner)
            yield from _without_loss("PASS-15", lost)


def _hides_something(step: Step) -> bool:
    """Whether a pass wrote into the files what isn't shown, so that what is shown doesn't tell what it did."""
    return step.files_before is not None and step.files_after is not None and bool(hidden_of(step))


def _without_loss(requirement: str, lost: Sequence[Object]) -> Iterator[Judgement]:
    """Judge that no snapshot was lost, each by its place: what stands there now may be another's (SNAP-11)."""
    for each in lost:
        place = path_of(each["run_id"], each["snapshot_id"])
        yield none(requirement, "a snapshot that is gone or changed", [each["snapshot_id"]], subject=place)


def _with_odd_ids(step: Step, trace: Trace) -> set[int]:
    """The records to which the implementation gives other ids than the stable ones, as it said or as events show.

    Of these, nobody can tell what is new to it.
    """
    said, ids = reported_ids(step, trace), ids_of(step.run)
    others = {*ids, *given_ids(step, trace)}
    events = delta(step).before.events
    elsewhere = {content_of_event(step.run, event) for event in events if event["event_id"] not in others}
    contents = contents_of(step.run)
    return {
        index
        for index, ((content, _), event_id, each) in enumerate(zip(contents, ids, said, strict=True))
        if (each["event_id"] != event_id if each is not None else content in elsewhere)
    }


def _changed_since(step: Step, trace: Trace) -> bool:
    """Whether the run is another than when its newest pass before was made."""
    passes = (each for each in trace.earlier(step) if each.op == "project" and each.owner == step.owner)
    newest = next(passes, None)
    return newest is not None and canonical(newest.run) != canonical(step.run)


def _are_there(ids: Sequence[str], step: Step) -> bool:
    """Whether events and snapshots with these ids are all there, each snapshot where a pass looks it up."""
    shown = delta(step).before
    there = (each for each in shown.snapshots if stands_in_its_place(each, step.files_before))
    return {each["event_id"] for each in shown.events} & {each["snapshot_id"] for each in there} >= set(ids)


def _would_be_refused(step: Step, ids: Sequence[str], there: dict[str, Object]) -> bool:
    """Whether a guard that is asked for snapshots that are there would refuse one of them."""
    latest = max(there.values(), key=lambda each: (each["seq"], each["snapshot_id"].encode()))
    for record, event_id in zip(step.history, ids, strict=True):
        target = PHASE_OF[phase_status(step.run, record)]
        if target not in (latest.get("phase"), *NEXT.get(str(latest.get("phase")), [])):
            return True
        latest = there[event_id]
    return False


def _inserted(step: Step, trace: Trace) -> Counter[Content]:
    """Count the records that were inserted since a pass just before that recorded all others."""
    previous = trace.previous(step)
    if previous is None or previous.op != "project" or previous.answer.ok is None or previous.owner != step.owner:
        return Counter()
    old, new = ([content for content, _ in contents_of(each.run)] for each in (previous, step))
    return Counter(new) - Counter(old) if _within(old, new) else Counter()


def _within(part: Sequence[bytes], whole: Sequence[bytes]) -> bool:
    """Whether one sequence is what is left of another when some of its items are taken out."""
    rest = iter(whole)
    return all(each in rest for each in part)


def _count(contents: Sequence[tuple[Content, int]], content: Content) -> int:
    return sum(each == content for each, _ in contents)
