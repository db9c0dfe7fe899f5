"""Checks of the chapter *Phases and the guard*, and of where a pass stops, with the tables of the specification's text.

They walk through a history as a pass does, each step from what the implementation itself showed: so one wrong snapshot
doesn't condemn the next.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from attrs import frozen

from lifecycle_conformance.execution.judgement import PASSES, Judgement, about, canonical, judged, none
from lifecycle_conformance.execution.trace import Object, Shown, Step, Trace
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.alias_table import Entry
from lifecycle_conformance.model.delta import own
from lifecycle_conformance.model.file_layout import is_too_long, path_of
from lifecycle_conformance.model.identity import content_of_event, contents_of, is_unsigned
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF, phase_status
from lifecycle_conformance.model.record_ties import pass_effects
from lifecycle_conformance.model.recorded import places_of
from lifecycle_conformance.model.reported_ids import reported_ids, reported_ids_correct
from lifecycle_projection.records import Json

_OBSERVED: Final = "stateful_runtime.phase.observed"
_TRANSITION: Final = "stateful_runtime.phase.transition"


@check(
    "PHASE-1", "PHASE-2", "PHASE-3", "PHASE-4", "PHASE-5", "PHASE-6", "PHASE-7", "PHASE-8", "PHASE-9", "PHASE-10",
    "PASS-7", "PASS-13",
    on=PASSES,
)  # fmt: skip
def guarded(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge each snapshot that a pass wrote, and each move that it should have refused or allowed."""
    if step.refusal not in {None, "phase_transition"}:
        return
    for place in _walk(step, trace):
        whether, about_record = f"whether {place.move} was refused", partial(judged, subject=place.index)
        was_allowed = place.snapshot is not None and place.move.allowed
        if was_allowed or place.looked_elsewhere(step):
            yield from _guarded_against(place, step)
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
    for place in _walk(step, trace):
        refused_here = place.snapshot is None and not place.move.allowed and pass_effects(step).events[place.index]
        if refused_here and not _is_taken(place, step):
            what = f"the kind of the refusal of {place.move}"
            yield judged("PHASE-7", what, expected="phase_transition", actual=step.refusal)


def _is_taken(place: "_Place", step: Step) -> bool:
    """Whether another's snapshot may stand in the place of a snapshot, or none can."""
    path = path_of(step.owner.run_id, str(place.event_id))
    others = [each for owner, shown in step.before.items() if owner != step.owner for each in shown.snapshots]
    return is_too_long(path) or path in {path_of(each["run_id"], each["snapshot_id"]) for each in others}


@check("PASS-10", "PASS-11", "PASS-12", "ERR-3", on=PASSES)
def refused(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge what a refusal says and leaves behind, and what the next pass makes of it."""
    for place in _walk(step, trace):
        if not place.move.allowed and place.snapshot is None and step.refusal == "phase_transition":
            yield from about(place.index, _stopped(place, step, trace))
    yield from _tried_again(step, trace)


# --- the walk ---------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Place:
    """A record for whose snapshot the guard was to be asked, and that snapshot, if it was written.

    `event_id` is the id under which the record is recorded now, `candidates` are the snapshots that were there.
    """

    index: int
    event_id: str | None
    move: "_Move"
    first: bool
    candidates: tuple[Object, ...]
    snapshot: Object | None

    def refused_in(self, step: Step) -> bool:
        """Whether the pass stopped here."""
        return (
            self.snapshot is None
            and step.refusal == "phase_transition"
            and step.data.get("lifecycle_index") == self.index
        )

    def looked_elsewhere(self, step: Step) -> bool:
        """Whether what came of it follows from another snapshot than the right one, and from the right one not."""
        if self.snapshot is not None:
            return self._another_explains and not self._right_explains
        source = step.data.get("from_phase")
        return (
            self.refused_in(step)
            and source != self.move.source
            and any(each.source == source and not each.allowed for each in self._others())
        )

    @property
    def is_ambiguous(self) -> bool:
        """Whether nobody can tell if the guard allowed what it mustn't, or looked at another snapshot."""
        return self.snapshot is not None and self._right_explains and self._another_explains

    @property
    def _right_explains(self) -> bool:
        return self.snapshot is not None and self.move.explains(self.snapshot["phase_history"])

    @property
    def _another_explains(self) -> bool:
        """Whether the guard, had it looked at another snapshot, would have given the history that was written."""
        history = None if self.snapshot is None else self.snapshot["phase_history"]
        return history is not None and any(each.allowed and each.explains(history) for each in self._others())

    def _others(self) -> Iterator["_Move"]:
        return (self.move.onto(each) for each in self.candidates)


def _walk(step: Step, trace: Trace) -> Iterator[_Place]:
    """Go through the history as a pass does; it ends with the first record that has no snapshot."""
    if not _can_be_followed(step) or not _occurrences_are_right(step, trace):
        return
    before = {each["snapshot_id"]: each for each in step.shown_before().snapshots}
    done, known = pass_effects(step), places_of(step)
    latest = max(before.values(), key=_order, default=None)
    first = True
    for index, record in enumerate(step.history):
        place, events, snapshot = known[index], done.events[index], done.snapshots[index]
        event_id = place.event_id if place is not None else events[0]["event_id"] if events else None
        if event_id is not None and event_id in before:
            latest, first = before[event_id], False
            continue
        yield _Place(
            index=index,
            event_id=event_id,
            move=_Move(step.run, record, latest),
            first=first,
            candidates=tuple(before.values()),
            snapshot=snapshot,
        )
        if snapshot is None:
            return
        latest, first = snapshot, False
        before[snapshot["snapshot_id"]] = snapshot


def _can_be_followed(step: Step) -> bool:
    """Whether a pass can be followed record by record.

    It can't where records were recorded twice or not at all, where something of another tenant is shown, or a snapshot
    without what belongs to its phase: other requirements say so.
    """
    shown = [*step.shown_before().snapshots, *step.shown_after().snapshots]
    if any(own(view, step.owner) != view.get(step.owner, Shown()) for view in (step.before, step.after)):
        return False
    if not all(each.keys() >= {"phase", "phase_history", "allowed_next_phases"} for each in shown):
        return False
    return _are_known_by_one_event_each(step) and all(map(_was_recorded_right, *_per_record(step)))


def _are_known_by_one_event_each(step: Step) -> bool:
    """Whether there are as many events of each content as records that are known by one: no recognition errs."""
    contents = [content for content, _ in contents_of(step.run)]
    pairs = zip(contents, places_of(step), strict=True)
    known = Counter(content for content, place in pairs if place is not None and place.kind != "listed")
    events = Counter(content_of_event(step.run, event) for event in step.shown_before().events)
    return all(events[content] == known[content] for content in contents)


def _per_record(step: Step) -> tuple[Sequence[Any], ...]:
    """For each record where it was known, its events and snapshot, whether it was come to, and what was there."""
    done, known, index = pass_effects(step), places_of(step), step.data.get("lifecycle_index")
    stop = index if step.refusal is not None and is_unsigned(index) else len(known)
    if step.refusal not in {None, "phase_transition"}:
        unseen = (at for at, place in enumerate(known) if place is None and not done.events[at])
        stop = next(unseen, len(known))
    there = {each["snapshot_id"] for each in step.shown_before().snapshots}
    return known, done.events, done.snapshots, [each < stop for each in range(len(known))], [there] * len(known)


def _was_recorded_right(
    known: Entry | None,
    events: Sequence[Object],
    snapshot: Object | None,
    due: bool,  # noqa: FBT001
    there: set[str],
) -> bool:
    if (known is not None and events) or len(events) > 1 or (known is None and due and not events):
        return False
    event_id = known.event_id if known is not None else events[0]["event_id"] if events else None
    return snapshot is None or (snapshot["snapshot_id"] == event_id and event_id not in there)


def _occurrences_are_right(step: Step, trace: Trace) -> bool:
    """Whether the implementation tells identical records apart as it should, as far as is known (OCC-1)."""
    pairs = zip(contents_of(step.run), reported_ids(step, trace), strict=True)
    return all(said is None or said["occurrence"] == occurrence for (_, occurrence), said in pairs)


def _order(snapshot: Object) -> tuple[int, bytes]:
    return snapshot["seq"], snapshot["snapshot_id"].encode()


# --- a move -----------------------------------------------------------------------------------------------------------


class _Move:
    """What the guard is asked: from the phase of the latest snapshot, if any, to that of the record."""

    def __init__(self, run: Object, record: Object, latest: Object | None) -> None:
        self.status = phase_status(run, record)
        self.retries = self.status != run["status"]
        self.source: str | None = None if latest is None else latest["phase"]
        self.target = PHASE_OF[self.status]
        self.before: list[Object] = [] if latest is None else latest["phase_history"]
        self._run, self._record = run, record

    def __str__(self) -> str:
        return f"{self.source or 'no phase'} → {self.target}"

    def onto(self, latest: Object) -> "_Move":
        """The same move from another snapshot."""
        return _Move(self._run, self._record, latest)

    @property
    def allowed(self) -> bool:
        return self.source in {None, self.target} or self.target in NEXT[str(self.source)]

    @property
    def moves(self) -> bool:
        return self.source not in {None, self.target}

    @property
    def requirement(self) -> str:
        """Name the case of the guard."""
        if self.source is None:
            return "PHASE-3"
        if not self.moves:
            return "PHASE-4"
        return "PHASE-5" if self.before else "PHASE-6"

    @property
    def grows(self) -> bool:
        """Whether the history gets a new entry."""
        return self.moves or not self.before

    @property
    def outcome(self) -> bytes:
        """What the guard makes of it, as far as it depends on the snapshot before."""
        return canonical([self.source, self.before] if self.allowed else self.source)

    def explains(self, history: Sequence[Object]) -> bool:
        """Whether a history is what comes of the move; of one that must be refused, what comes of allowing it."""
        if not self.allowed and canonical([*history]) == canonical(self.before):
            return True
        return self.fits(history) and (not self.moves or history[-1].get("from_phase") == self.source)

    def fits(self, history: Sequence[Object]) -> bool:
        """Whether a history is that of the latest snapshot, with an entry of the right kind added if need be."""
        kept, added = history[: len(self.before)], history[len(self.before) :]
        kinds = [each["event_type"] for each in added]
        entry = [_TRANSITION if self.moves else _OBSERVED] if self.grows else []
        return canonical(list(kept)) == canonical(self.before) and kinds == entry

    def entry(self, phase_id: Json) -> Object:
        """The new entry of the history; its phase id is that of the snapshot (EVENT-4)."""
        run_id, time = self._run["run_id"], self._record["recorded_at_ms"]
        entry: Object = {"schema_version": 1, "to_phase": self.target, "occurred_at_ms": time}
        if self.moves:
            entry |= {
                "event_id": f"{run_id}:phase_transition:{self.source}:{self.target}:{time}",
                "from_phase": self.source,
                "event_type": _TRANSITION,
                "reason": f"automation_v2_lifecycle:{self._record['event']}",
            }
        else:
            entry |= {
                "event_id": f"{run_id}:phase:{self.target}:{time}",
                "event_type": _OBSERVED,
                "reason": f"observed_status:{self.status}",
            }
        return entry if phase_id is None else {**entry, "phase_id": phase_id}


def _written(place: _Place, step: Step) -> Iterator[Judgement]:
    move, snapshot = place.move, place.snapshot
    assert snapshot is not None
    about_record = partial(judged, subject=place.index)
    what, history = f"of {snapshot['snapshot_id']} ({move})", snapshot["phase_history"]
    phase = "PHASE-2" if move.retries else "PHASE-1"
    yield about_record(phase, f"the phase {what}", expected=move.target, actual=snapshot["phase"])
    if move.retries:
        yield about_record("PHASE-2", f"the status {what}", expected=step.run["status"], actual=snapshot["status"])
    row = NEXT.get(snapshot["phase"])
    yield about_record("PHASE-10", f"where it may go, {what}", expected=row, actual=snapshot["allowed_next_phases"])
    yield about_record(
        move.requirement, f"the phase history {what}", expected=_brief(move), actual=_kinds(history, move.before)
    )
    if move.grows and move.fits(history):
        expected = move.entry(snapshot.get("phase_id"))
        form = "PHASE-9" if move.moves else "PHASE-8"
        yield about_record(form, f"the new entry of the history {what}", expected=expected, actual=history[-1])


def _guarded_against(place: _Place, step: Step) -> Iterator[Judgement]:
    """Judge which snapshot the guard looked at, where that makes a difference."""
    outcomes = {place.move.onto(each).outcome for each in place.candidates}
    if place.move.source is not None and len(outcomes) > 1:
        yield judged(
            "PASS-7" if place.first else "PASS-13",
            f"whether record {place.index} was guarded against another snapshot than it should have been",
            expected=False,
            actual=place.looked_elsewhere(step),
            subject=place.index,
        )


def _brief(move: _Move) -> Json:
    """What a history should be: that of the latest snapshot, and the kind of the entry that was added."""
    added = [_TRANSITION if move.moves else _OBSERVED] if move.grows else []
    return {"kept": len(move.before), "changed": [], "added": added}


def _kinds(history: Sequence[Object], before: Sequence[Object]) -> Json:
    kept = list(zip(before, history, strict=False))
    return {
        "kept": len(kept),
        "changed": [index for index, (old, new) in enumerate(kept) if canonical(old) != canonical(new)],
        "added": [each["event_type"] for each in history[len(before) :]],
    }


# --- refusals ---------------------------------------------------------------------------------------------------------


def _stopped(place: _Place, step: Step, trace: Trace) -> Iterator[Judgement]:
    done, known = pass_effects(step), places_of(step)
    did = [bool(events) or snapshot is not None for events, snapshot in zip(done.events, done.snapshots, strict=True)]
    expected = {
        "from_phase": place.move.source,
        "to_phase": place.move.target,
        "lifecycle_index": place.index,
        "projected": sum(did[: place.index]),
    }
    yield judged("ERR-3", "the data of the refusal", expected=expected, actual=step.data)
    later = [index for index, each in enumerate(did) if index > place.index and each]
    yield none("PASS-10", "the later records that were looked at", later)
    if known[place.index] is None and reported_ids_correct(step, trace)[place.index]:
        stays = bool(done.events[place.index])
        yield judged("PASS-11", "whether the event of the failing record is there", expected=True, actual=stays)


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
    stopped = next((each for each in _walk(previous, trace) if each.snapshot is None and not each.move.allowed), None)
    again = next(iter(_walk(step, trace)), None)
    if stopped is None or again is None or again.index != stopped.index:
        return
    yield from about(again.index, _compared(stopped, again, step))


def _compared(stopped: _Place, again: _Place, step: Step) -> Iterator[Judgement]:
    """Judge how a pass came to the record at which an earlier one had stopped."""
    if not again.move.allowed:
        if stopped.event_id not in {each["event_id"] for each in step.shown_before().events}:
            return  # whether it is appended once more, nobody sees of an event that isn't shown
        said = {"refused": step.refusal, "lifecycle_index": step.data.get("lifecycle_index")}
        expected: Json = {"refused": "phase_transition", "lifecycle_index": stopped.index}
        yield judged("PASS-12", "where the next pass stops", expected=expected, actual=said)
        new = len(step.shown_after().events) - len(step.shown_before().events)
        yield judged("PASS-12", "how many events the next pass appends", expected=0, actual=new)
    elif step.refusal is None or step.data.get("lifecycle_index") != stopped.index:
        snapshot = pass_effects(step).snapshots[stopped.index]
        found = None if snapshot is None else snapshot["snapshot_id"]
        yield judged("PASS-12", "the id of the snapshot that was missing", expected=stopped.event_id, actual=found)
