"""Checks of the chapter *Phases and the guard*, and of where a pass stops, with the tables of the specification's text.

They walk through a history as a pass does, each step from what the implementation itself showed: so one wrong snapshot
doesn't condemn the next.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from lifecycle_conformance.execution.judgement import PASSES, Judgement, about, canonical, judged, none
from lifecycle_conformance.execution.trace import Object, Step, Trace
from lifecycle_conformance.judges.attribution.recognition import surely_new
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.delta import delta
from lifecycle_conformance.model.file_layout import is_too_long, path_of
from lifecycle_conformance.model.guard_walk import OBSERVED, TRANSITION, Move, Place, refused_in_vain, walk
from lifecycle_conformance.model.identity import is_unsigned
from lifecycle_conformance.model.phase_table import NEXT
from lifecycle_conformance.model.record_ties import pass_effects
from lifecycle_conformance.model.recorded import recorded_before
from lifecycle_conformance.model.reported_ids import reported_ids_correct
from lifecycle_projection.records import Json


@check(
    "PHASE-1", "PHASE-2", "PHASE-3", "PHASE-4", "PHASE-5", "PHASE-6", "PHASE-7", "PHASE-8", "PHASE-9", "PHASE-10",
    "PASS-7", "PASS-13",
    on=PASSES,
)  # fmt: skip
def guarded(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge each snapshot that a pass wrote, and each move that it should have refused or allowed."""
    if step.refusal not in {None, "phase_transition"} or refused_in_vain(step):
        return
    for place in walk(step, trace):
        whether, about_record = f"whether {place.move} was refused", partial(judged, subject=place.index)
        asked = place.asked_for(step)
        if asked not in {None, place.move.target} and (place.snapshot is not None or place.move.allowed):
            # What a wrong phase led to says nothing of the guard.
            what = f"the phase of record {place.index}, whose phase status is {place.move.status}"
            yield about_record(_of_phase(place.move), what, expected=place.move.target, actual=asked)
            if place.snapshot is not None:
                yield from _row(place, place.snapshot)
            continue
        was_allowed = place.snapshot is not None and place.move.allowed
        if was_allowed or place.looked_elsewhere(step):
            yield from _guarded_against(place, step, trace)
        if was_allowed:
            yield from _written(place, step)
        elif place.is_ambiguous:
            continue
        elif not place.move.allowed and (place.snapshot is not None or step.refusal is not None):
            was_refused = place.snapshot is None and step.refusal == "phase_transition"
            yield about_record("PHASE-7", whether, expected=True, actual=was_refused)
        elif place.refused_in(step):
            yield about_record(place.move.requirement, whether, expected=False, actual=True)


@check("PHASE-7", on=PASSES.fully_shown)
def refused_for_another_reason(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge the kind of a refusal that came where the guard had to refuse, once the event was appended (PASS-11).

    What else may end a pass there, before the guard is asked, stands in the place of the snapshot (SNAP-11, SNAP-12).
    """
    if step.refusal in {None, "phase_transition"}:
        return
    for place in walk(step, trace):
        refused_here = place.snapshot is None and not place.move.allowed and pass_effects(step).events[place.index]
        if refused_here and not _is_taken(place, step):
            what = f"the kind of the refusal of {place.move}"
            yield judged("PHASE-7", what, expected="phase_transition", actual=step.refusal)


def _is_taken(place: "Place", step: Step) -> bool:
    """Whether another's snapshot may stand in the place of a snapshot, or none can."""
    path = path_of(step.owner.run_id, str(place.event_id))
    others = [each for owner, shown in step.before.items() if owner != step.owner for each in shown.snapshots]
    return is_too_long(path) or path in {path_of(each["run_id"], each["snapshot_id"]) for each in others}


@check("PASS-10", "PASS-11", "PASS-12", "ERR-3", on=PASSES)
def refused(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge what a refusal says and leaves behind, and what the next pass makes of it."""
    if refused_in_vain(step):
        return
    yield from _rolled_back(step, trace)
    for place in walk(step, trace):
        if place.snapshot is not None or step.refusal != "phase_transition":
            continue
        if not place.move.allowed:
            yield from about(place.index, _stopped(place, step, trace))
        elif pass_effects(step).events[place.index] and _is_before_the_refused(place, step):
            index = step.data["lifecycle_index"]
            what = f"whether the snapshot of record {place.index} stays, where record {index} is refused"
            yield judged("PASS-10", what, expected=True, actual=False, subject=place.index)
    yield from _tried_again(step, trace)


# --- what is judged of a record --------------------------------------------------------------------------------------


def _written(place: Place, step: Step) -> Iterator[Judgement]:
    move, snapshot = place.move, place.snapshot
    assert snapshot is not None
    about_record = partial(judged, subject=place.index)
    what, history = f"of {snapshot['snapshot_id']} ({move})", snapshot["phase_history"]
    phase = _of_phase(move)
    yield about_record(phase, f"the phase {what}", expected=move.target, actual=snapshot["phase"])
    if move.retries:
        yield about_record("PHASE-2", f"the status {what}", expected=step.run["status"], actual=snapshot["status"])
    yield from _row(place, snapshot)
    if not place.may_be_of_fewer:
        told = f"the phase history {what}"
        yield about_record(move.requirement, told, expected=_brief(move), actual=_kinds(history, move.before))
    if move.grows and move.fits(history):
        expected = move.entry(snapshot.get("phase_id"))
        form = "PHASE-9" if move.moves else "PHASE-8"
        yield about_record(form, f"the new entry of the history {what}", expected=expected, actual=history[-1])


def _row(place: Place, snapshot: Object) -> Iterator[Judgement]:
    """Judge where a snapshot says that the run may go, from whatever phase it names."""
    what, row = f"where it may go, of {snapshot['snapshot_id']}", NEXT.get(snapshot["phase"])
    yield judged("PHASE-10", what, expected=row, actual=snapshot["allowed_next_phases"], subject=place.index)


def _of_phase(move: Move) -> str:
    """What says which phase a move leads to."""
    return "PHASE-2" if move.retries else "PHASE-1"


def _guarded_against(place: Place, step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge which snapshot the guard looked at, where that makes a difference."""
    outcomes = {place.move.outcome, *(place.move.onto(each).outcome for each in place.candidates)}
    if len(outcomes) < 2 or place.lacks_entries:
        return
    elsewhere = place.looked_elsewhere(step)
    if elsewhere and _has_dropped_entries(step, trace):
        return
    yield judged(
        "PASS-7" if place.first else "PASS-13",
        f"whether record {place.index} was guarded against another snapshot than it should have been",
        expected=False,
        actual=elsewhere,
        subject=place.index,
    )


def _has_dropped_entries(step: Step, trace: Trace) -> bool:
    """Whether earlier passes over the run dropped entries of a history, which may make it look like another's."""
    passes = (each for each in trace.earlier(step) if each.op == "project" and each.owner == step.owner)
    return any(place.lacks_entries for each in passes for place in walk(each, trace))


def _brief(move: Move) -> Json:
    """What a history should be: that of the latest snapshot, and the kind of the entry that was added."""
    added = [TRANSITION if move.moves else OBSERVED] if move.grows else []
    return {"kept": len(move.before), "changed": [], "added": added}


def _kinds(history: Sequence[Object], before: Sequence[Object]) -> Json:
    kept = list(zip(before, history, strict=False))
    return {
        "kept": len(kept),
        "changed": [index for index, (old, new) in enumerate(kept) if canonical(old) != canonical(new)],
        "added": [each["event_type"] for each in history[len(before) :]],
    }


# --- refusals ---------------------------------------------------------------------------------------------------------


def _stopped(place: Place, step: Step, trace: Trace) -> Iterator[Judgement]:
    done, known = pass_effects(step), recorded_before(step)
    did = [bool(events) or snapshot is not None for events, snapshot in zip(done.events, done.snapshots, strict=True)]
    expected = {
        "from_phase": place.move.source,
        "to_phase": place.move.target,
        "lifecycle_index": place.index,
        "projected": sum(did[: place.index]),
    }
    later = [index for index, each in enumerate(did) if index > place.index and each]
    if known[place.index] is not None and step.data.get("lifecycle_index") in later:
        return  # a record that was known, for which the guard wasn't asked: others say that its snapshot is missing
    yield none("PASS-10", "the later records that were looked at", later)
    if not later:  # else it may be one of these that was refused
        yield judged("ERR-3", "the data of the refusal", expected=expected, actual=step.data)
    if known[place.index] is None and reported_ids_correct(step, trace)[place.index]:
        stays = bool(done.events[place.index])
        yield judged("PASS-11", "whether the event of the failing record is there", expected=True, actual=stays)


def _is_before_the_refused(place: Place, step: Step) -> bool:
    index = step.data.get("lifecycle_index")
    return is_unsigned(index) and place.index < index


def _rolled_back(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that a refusal leaves something of the new records before: which of them, and what, is for others."""
    index, known = step.data.get("lifecycle_index"), recorded_before(step)
    if step.refusal == "phase_transition" and is_unsigned(index):
        right = reported_ids_correct(step, trace)
        new = [at for at, place in enumerate(known[:index]) if place is None and right[at]]
        if new and not surely_new(step, trace).isdisjoint(new):
            done = pass_effects(step)
            there = any(map(bool, done.events)) or any(done.snapshots) or bool(done.unattributed)
            yield judged("PASS-10", "whether earlier records stay", expected=True, actual=there, subject=index)


def _tried_again(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge a pass after one that was refused, with the same history: it stops again, or writes what is missing."""
    previous = trace.previous(step)
    if (
        previous is None
        or previous.op != "project"
        or previous.refusal != "phase_transition"
        or step.refusal not in {None, "phase_transition"}
        or previous.owner != step.owner
        or canonical(previous.history) != canonical(step.history)
    ):
        return
    if step.refusal is not None and step.data.get("lifecycle_index") == previous.data.get("lifecycle_index"):
        there = {each["event_id"] for each in step.shown_before().events}
        twice = [each["event_id"] for each in delta(step).new_events if each["event_id"] in there]
        yield none("PASS-12", "the events that the next pass appends once more", twice)
    stopped = next((each for each in walk(previous, trace) if each.snapshot is None and not each.move.allowed), None)
    again = next(iter(walk(step, trace)), None)
    if stopped is None or stopped.event_id is None or again is None or again.index != stopped.index:
        return
    if step.data.get("lifecycle_index") == previous.data.get("lifecycle_index") != stopped.index:
        return  # both were refused in the same way, and tell a wrong record: ERR-3
    yield from about(again.index, _compared(stopped, again, step))


def _names_what_is_there(step: Step) -> bool:
    """Whether a refusal names a record whose snapshot was there, for which no guard is asked."""
    index, known = step.data.get("lifecycle_index"), recorded_before(step)
    place = known[index] if is_unsigned(index) and index < len(known) else None
    return place is not None and place.event_id in {each["snapshot_id"] for each in step.shown_before().snapshots}


def _compared(stopped: Place, again: Place, step: Step) -> Iterator[Judgement]:
    """Judge how a pass came to the record at which an earlier one had stopped."""
    if not again.move.allowed:
        if stopped.event_id not in {each["event_id"] for each in step.shown_before().events}:
            return  # whether it is appended once more, nobody sees of an event that isn't shown
        if again.snapshot is not None:
            return  # that the guard allowed it now, says PHASE-7
        if _names_what_is_there(step):
            return  # no pass stops there, so the index is wrong: ERR-3
        said = {"refused": step.refusal, "lifecycle_index": step.data.get("lifecycle_index")}
        expected: Json = {"refused": "phase_transition", "lifecycle_index": stopped.index}
        yield judged("PASS-12", "where the next pass stops", expected=expected, actual=said)
        new = len(step.shown_after().events) - len(step.shown_before().events)
        yield judged("PASS-12", "how many events the next pass appends", expected=0, actual=new)
    elif step.refusal is None or step.data.get("lifecycle_index") != stopped.index:
        snapshot = pass_effects(step).snapshots[stopped.index]
        found = None if snapshot is None else snapshot["snapshot_id"]
        yield judged("PASS-12", "the id of the snapshot that was missing", expected=stopped.event_id, actual=found)
