"""Checks of the chapters *Recognition* and *The pass*: what a pass records, what it leaves alone, what it answers."""

from collections import Counter
from collections.abc import Iterator, Sequence

from lifecycle_conformance.properties.changes import appended, highest_seq, recorded, recorded_ids, written
from lifecycle_conformance.properties.content_ids import contents_of, ids_of, listed_by, stable_id
from lifecycle_conformance.properties.judgement import Judgement, canonical, judged, judges
from lifecycle_conformance.trace import Step, Trace


@judges("PASS-1")
def an_empty_history(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a pass over nothing does nothing."""
    if step.op == "project" and step.answer.ok is not None and not step.history:
        yield judged("PASS-1", "the answer", expected=0, actual=step.ok["projected"])
        yield judged("PASS-1", "the new events", expected=[], actual=appended(step))


@judges("PASS-2", "ALIAS-2", "ALIAS-3", "ALIAS-4", "ALIAS-6")
def each_new_record_is_recorded_once(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge which records got an event: those that the log did not know, in order, and no other.

    Events are told by what they say and their occurrence, so that a wrong id is no fault of recognition.
    """
    if step.op != "project" or step.answer.ok is None:
        return
    table = recorded(step.run, step.shown_before().events)
    contents = contents_of(step.run)
    new_indexes = [event["payload"].get("lifecycle_index") for event in appended(step)]
    unknown = [index for index, each in enumerate(contents) if stable_id(*each) not in table]
    yield judged("PASS-2", "the indexes of the records that got an event", expected=unknown, actual=new_indexes)
    for index, each in enumerate(contents):
        known = table.get(stable_id(*each))
        if known is not None:
            what = f"whether record {index}, recorded as {known.event_id!r}, got a new event"
            yield judged(known.way, what, expected=False, actual=index in new_indexes)
            yield judged("ALIAS-2", what, expected=False, actual=index in new_indexes)


@judges("ALIAS-2")
def the_recorded_id_stands_for_the_record(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a snapshot written for a record that was known takes the recorded id and seq."""
    if step.op != "project":
        return
    table = recorded(step.run, step.shown_before().events)
    ids = ids_of(step.run)
    for snapshot in written(step):
        index = (snapshot.get("metadata") or {}).get("lifecycle_index")
        if type(index) is int and 0 <= index < len(ids) and (known := table.get(ids[index])) is not None:
            expected = {"snapshot_id": known.event_id, "seq": known.seq}
            actual = {"snapshot_id": snapshot["snapshot_id"], "seq": snapshot["seq"]}
            yield judged("ALIAS-2", f"id and seq of the snapshot of record {index}", expected=expected, actual=actual)


@judges("PASS-6")
def the_answer_counts(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a pass answers the number of records whose event it appended or whose snapshot it wrote."""
    if step.op == "project" and step.answer.ok is not None and step.history:
        changed = {event["event_id"] for event in appended(step)} | {each["snapshot_id"] for each in written(step)}
        yield judged("PASS-6", "the answer", expected=len(changed), actual=step.ok["projected"])


@judges("PASS-8")
def a_pass_is_idempotent(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that a pass repeated at once answers 0 and changes nothing."""
    previous = trace.previous(step)
    if (
        step.op == "project"
        and previous is not None
        and previous.op == "project"
        and previous.answer.ok is not None
        and canonical(previous.run) == canonical(step.run)
    ):
        yield judged("PASS-8", "the answer of the second pass", expected={"projected": 0}, actual=step.answer.ok)
        yield judged("PASS-8", "the events it appended", expected=[], actual=appended(step))
        yield judged("PASS-8", "the snapshots it wrote", expected=[], actual=written(step))


@judges("PASS-9")
def an_insertion_records_the_new_records_only(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge how many events a pass appends after records were inserted into a history that was recorded before."""
    previous = trace.previous(step)
    if (
        step.op != "project"
        or step.answer.ok is None
        or previous is None
        or previous.op != "project"
        or previous.answer.ok is None
        or previous.owner != step.owner
    ):
        return
    old, new = list(map(canonical, previous.history)), list(map(canonical, step.history))
    inserted = len(new) - len(old)
    if inserted > 0 and _within(old, new) and _known(step) == len(old):
        yield judged("PASS-9", "the number of new events", expected=inserted, actual=len(appended(step)))


@judges("PASS-5", "SNAP-5")
def each_record_has_its_snapshot(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that after a pass there is one snapshot for each record, under the recorded id."""
    if step.op == "project" and step.answer.ok is not None and step.history:
        ids = set(recorded_ids(step))
        there = Counter(each["snapshot_id"] for each in step.shown_after().snapshots)
        yield judged(
            "SNAP-5",
            "the records without exactly one snapshot",
            expected=[],
            actual=sorted(each for each in ids if there[each] != 1),
        )
        before = {each["snapshot_id"] for each in step.shown_before().snapshots}
        missing = sorted(ids - before)
        if missing:
            new = {each["snapshot_id"] for each in written(step)}
            yield judged(
                "PASS-5", "the missing snapshots that were written", expected=missing, actual=sorted(new & ids)
            )


@judges("PASS-15")
def other_runs_are_left_alone(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a pass changes nothing of another run."""
    if step.op == "project":
        for owner, shown in step.before.items():
            if owner.run_id != step.owner.run_id and shown.events:
                expected = [*shown.events, *shown.snapshots]
                actual = [*step.after[owner].events, *step.after[owner].snapshots]
                yield judged("PASS-15", f"what is shown of run {owner.run_id!r}", expected=expected, actual=actual)


@judges("COMPACT-14")
def what_is_compacted_is_not_recorded_again(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that no pass appends an event whose id a marker lists, or takes a seq that is not above all listed ones."""
    if step.op != "project":
        return
    before = step.shown_before().events
    listed = {event_id for event in before for event_id, _ in listed_by(event)}
    if listed:
        new = appended(step)
        again = [event["event_id"] for event in new if event["event_id"] in listed]
        yield judged("COMPACT-14", "the compacted ids that were appended again", expected=[], actual=again)
        low = [event["seq"] for event in new if event["seq"] <= highest_seq(before)]
        yield judged("COMPACT-14", "the seqs that are not above all known ones", expected=[], actual=low)


def _within(part: Sequence[bytes], whole: Sequence[bytes]) -> bool:
    """Tell whether one sequence is what is left of another when some of its items are taken out."""
    rest = iter(whole)
    return all(each in rest for each in part)


def _known(step: Step) -> int:
    """Count the records of a history that the log knew; a record that was removed and came back is among them."""
    table = recorded(step.run, step.shown_before().events)
    return sum(each in table for each in ids_of(step.run))
