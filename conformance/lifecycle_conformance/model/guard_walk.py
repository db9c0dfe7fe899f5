"""Where a pass asks the guard: the records that had no snapshot, each with the move that it asks for.

The walk goes through the history as a pass does, each step from what the implementation itself showed: so one wrong
snapshot doesn't condemn the next. A run that is `running`, with three records:

    record   its snapshot               the guard is asked
    x        was there, `queued`        not at all; now this is the latest snapshot
    y        written, `running_phase`   queued → running_phase
    z        written, `running_phase`   running_phase → running_phase, for y's is the latest one

Had the snapshot of y said `sleeping`, that would be y's fault (PHASE-1), and z would be asked sleeping → running_phase.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Final

from attrs import frozen

from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.trace import Object, Shown, Step, Trace
from lifecycle_conformance.model.delta import own
from lifecycle_conformance.model.file_layout import stands_in_its_place
from lifecycle_conformance.model.identity import content_of_event, contents_of, is_unsigned
from lifecycle_conformance.model.phase_table import FILLED_IN, NEXT, PHASE_OF, phase_status
from lifecycle_conformance.model.record_ties import pass_effects
from lifecycle_conformance.model.recorded import recorded_before
from lifecycle_conformance.model.reported_ids import reported_ids
from lifecycle_projection.records import Json

OBSERVED: Final = "stateful_runtime.phase.observed"
TRANSITION: Final = "stateful_runtime.phase.transition"


class Fit(IntEnum):
    """How well something explains a history: not at all, by what is kept and added, or by every member of that."""

    NONE = 0
    IN_KIND = 1
    TO_THE_LETTER = 2


class Move:
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

    def onto(self, latest: Object | None) -> "Move":
        """The same move from another snapshot, or from none."""
        return Move(self._run, self._record, latest)

    @property
    def allowed(self) -> bool:
        """Whether the guard lets it pass (PHASE-7)."""
        return self.source in {None, self.target} or self.target in NEXT[str(self.source)]

    @property
    def moves(self) -> bool:
        """Whether it leads to another phase."""
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

    def explains(self, history: Sequence[Object], phase_id: Json) -> Fit:
        """How well a history is what comes of the move; of one that must be refused, what comes of allowing it."""
        if not self.allowed and canonical([*history]) == canonical(self.before):
            return Fit.TO_THE_LETTER
        if not self.fits(history) or (self.moves and history[-1].get("from_phase") != self.source):
            return Fit.NONE
        added = [self.entry(phase_id)] if self.grows else []
        return Fit.TO_THE_LETTER if canonical([*history]) == canonical([*self.before, *added]) else Fit.IN_KIND

    def fits(self, history: Sequence[Object]) -> bool:
        """Whether a history is that of the latest snapshot, with an entry of the right kind added if need be."""
        kept, added = history[: len(self.before)], history[len(self.before) :]
        kinds = [each["event_type"] for each in added]
        entry = [TRANSITION if self.moves else OBSERVED] if self.grows else []
        return canonical(list(kept)) == canonical(self.before) and kinds == entry

    def entry(self, phase_id: Json) -> Object:
        """The new entry of the history; its phase id is that of the snapshot (EVENT-4)."""
        run_id, time = self._run["run_id"], self._record["recorded_at_ms"]
        entry: Object = {"schema_version": 1, "to_phase": self.target, "occurred_at_ms": time}
        if self.moves:
            entry |= {
                "event_id": f"{run_id}:phase_transition:{self.source}:{self.target}:{time}",
                "from_phase": self.source,
                "event_type": TRANSITION,
                "reason": f"automation_v2_lifecycle:{self._record['event']}",
            }
        else:
            entry |= {
                "event_id": f"{run_id}:phase:{self.target}:{time}",
                "event_type": OBSERVED,
                "reason": f"observed_status:{self.status}",
            }
        return entry if phase_id is None else {**entry, "phase_id": phase_id}


@frozen(kw_only=True)
class Place:
    """A record for whose snapshot the guard was to be asked, and that snapshot, if it was written.

    `event_id` is the id under which the record is recorded now, `candidates` are the snapshots of the run that were
    there; at the first such record those of other tenants are among them, since a pass may have begun with one. `None`
    among them stands for no snapshot at all.
    """

    index: int
    event_id: str | None
    move: Move
    first: bool
    candidates: tuple[Object | None, ...]
    snapshot: Object | None

    def refused_in(self, step: Step) -> bool:
        """Whether the pass stopped here."""
        return (
            self.snapshot is None
            and step.refusal == "phase_transition"
            and step.data.get("lifecycle_index") == self.index
        )

    def asked_for(self, step: Step) -> Json:
        """The phase that was written, or refused here; `None` where nothing of it is known."""
        if self.snapshot is not None:
            return self.snapshot["phase"]
        return step.data.get("to_phase") if self.refused_in(step) else None

    def looked_elsewhere(self, step: Step) -> bool:
        """Whether what came of it follows from another snapshot than the right one, and from the right one not."""
        if self.snapshot is not None:
            return self._by_another > self._by_the_right_one and not self.lacks_entries
        source = step.data.get("from_phase")
        return (
            self.refused_in(step)
            and source != self.move.source
            and any(each.source == source and not each.allowed for each in self._others())
        )

    @property
    def lacks_entries(self) -> bool:
        """Whether the history may be the right one without its first entries, or without its last.

        Nobody can tell then whether entries were dropped (PHASE-5), or another snapshot had fewer of them. One that had
        the phase already, and that very history, is taken for the better explanation.
        """
        if self.snapshot is None:
            return False
        history, added = self.snapshot["phase_history"], [self.move.entry(self.snapshot.get("phase_id"))]
        right = [*self.move.before, *(added if self.move.grows else [])]
        ends = {canonical(right[: len(history)]), canonical(right[len(right) - len(history) :])}
        kept = (each.before for each in self._others() if not each.grows and each.target == self.snapshot["phase"])
        return len(history) < len(right) and canonical(history) in ends - set(map(canonical, kept))

    @property
    def may_be_of_fewer(self) -> bool:
        """Whether the history lacks entries, and is to the letter what comes of another snapshot, which had fewer."""
        return self.lacks_entries and self._by_another is Fit.TO_THE_LETTER

    @property
    def is_ambiguous(self) -> bool:
        """Whether nobody can tell if the guard allowed what it mustn't, or looked at another snapshot."""
        return self._by_another == self._by_the_right_one != Fit.NONE

    @property
    def _by_the_right_one(self) -> Fit:
        """How well the history that was written follows from the snapshot at which the guard was to look."""
        return Fit.NONE if self.snapshot is None else self._explained(self.snapshot, self.move)

    @property
    def _by_another(self) -> Fit:
        """How well it follows, at best, from one at which the guard may have looked."""
        if self.snapshot is None:
            return Fit.NONE
        allowed = (each for each in self._others() if each.allowed)
        return max((self._explained(self.snapshot, each) for each in allowed), default=Fit.NONE)

    @staticmethod
    def _explained(snapshot: Object, move: Move) -> Fit:
        return move.explains(snapshot["phase_history"], snapshot.get("phase_id"))

    def _others(self) -> Iterator[Move]:
        return (self.move.onto(each) for each in self.candidates)


def walk(step: Step, trace: Trace) -> Iterator[Place]:
    """Go through the history as a pass does; it ends with the first record that has no snapshot."""
    if not _can_be_followed(step, trace):
        return
    before = {each["snapshot_id"]: each for each in step.shown_before().snapshots}
    done, known = pass_effects(step), recorded_before(step)
    latest = max(before.values(), key=_order, default=None)
    first = True
    for index, record in enumerate(step.history):
        place, events, snapshot = known[index], done.events[index], done.snapshots[index]
        event_id = place.event_id if place is not None else events[0]["event_id"] if events else None
        if event_id is not None and event_id in before:
            latest, first = before[event_id], False
            continue
        move = Move(step.run, record, latest)
        yield Place(
            index=index,
            event_id=event_id,
            move=move,
            first=first,
            candidates=(*before.values(), *(_beside_the_own(step, move) if first else ())),
            snapshot=snapshot,
        )
        if snapshot is None:
            return
        latest, first = snapshot, False
        before[snapshot["snapshot_id"]] = snapshot


def _beside_the_own(step: Step, move: Move) -> Iterator[Object | None]:
    """What a pass may begin with by mistake: a snapshot that another tenant has of the run, or none for that reason.

    Without any, a move to another phase is only observed; in the same phase other mistakes look like it.
    """
    others = [each for each in step.before if each.run_id == step.owner.run_id and each != step.owner]
    snapshots = [each for other in others for each in step.before[other].snapshots if each.keys() >= FILLED_IN]
    yield from snapshots
    if snapshots and move.moves:
        yield None


def refused_in_vain(step: Step) -> bool:
    """Whether a pass was refused at a record whose snapshot is there, as if the guard were asked for it (PASS-4).

    In files a snapshot is there for a pass only if it stands in its place, while any is the latest one (FILE-21 f.).
    """
    index, known = step.data.get("lifecycle_index"), recorded_before(step)
    if step.refusal != "phase_transition" or not is_unsigned(index) or index >= len(known):
        return False
    shown = step.shown_before().snapshots
    there = {each["snapshot_id"]: each for each in shown if stands_in_its_place(each, step.files_before)}
    met = [None if place is None else there.get(place.event_id) for place in known[: index + 1]]
    latest = met[index - 1] if index else max(shown, key=_order, default=None)
    if met[index] is None or latest is None or not latest.keys() >= FILLED_IN:
        return False
    move = Move(step.run, step.history[index], latest)
    said = step.data.get("from_phase"), step.data.get("to_phase")
    return not move.allowed and said == (move.source, move.target)


# --- whether it can be followed --------------------------------------------------------------------------------------


def _can_be_followed(step: Step, trace: Trace) -> bool:
    """Whether a pass can be followed record by record.

    It can't where records were recorded twice or not at all, or are told apart wrongly; where something of another
    tenant is shown; where a snapshot stands in another place than its own, at which no pass looks it up; and where one
    lacks what belongs to its phase: other requirements say so.
    """
    shown = [*step.shown_before().snapshots, *step.shown_after().snapshots]
    return (
        all(own(view, step.owner) == view.get(step.owner, Shown()) for view in (step.before, step.after))
        and all(each.keys() >= FILLED_IN for each in shown)
        and all(stands_in_its_place(each, step.files_before) for each in step.shown_before().snapshots)
        and _are_known_by_one_event_each(step)
        and _was_recorded_right(step)
        and _occurrences_are_right(step, trace)
    )


def _are_known_by_one_event_each(step: Step) -> bool:
    """Whether there are as many events of each content as records that are known by one: no recognition errs."""
    contents = [content for content, _ in contents_of(step.run)]
    pairs = zip(contents, recorded_before(step), strict=True)
    known = Counter(content for content, place in pairs if place is not None and place.kind != "listed")
    events = Counter(content_of_event(step.run, event) for event in step.shown_before().events)
    return all(events[content] == known[content] for content in contents)


def _was_recorded_right(step: Step) -> bool:
    """Whether each record got one event, in order, if it was new and come to, none else, and a snapshot with its id."""
    done, stop = pass_effects(step), _stop(step)
    seqs = [event["seq"] for events in done.events for event in events]
    if seqs != sorted(seqs):  # in another order than that of the history (PASS-2)
        return False
    there = {each["snapshot_id"] for each in step.shown_before().snapshots}
    records = zip(recorded_before(step), done.events, done.snapshots, strict=True)
    for index, (known, events, snapshot) in enumerate(records):
        if (known is not None and events) or len(events) > 1 or (known is None and not events and index < stop):
            return False
        event_id = known.event_id if known is not None else events[0]["event_id"] if events else None
        if snapshot is not None and (snapshot["snapshot_id"] != event_id or event_id in there):
            return False
    return True


def _stop(step: Step) -> int:
    """How many records the pass came to, as far as its answer and what it did tell."""
    known, index = recorded_before(step), step.data.get("lifecycle_index")
    if step.refusal not in {None, "phase_transition"}:
        new = (at for at, place in enumerate(known) if place is None and not pass_effects(step).events[at])
        return next(new, len(known))
    return index if step.refusal is not None and is_unsigned(index) else len(known)


def _occurrences_are_right(step: Step, trace: Trace) -> bool:
    """Whether the implementation tells identical records apart as it should, as far as is known (OCC-1)."""
    pairs = zip(contents_of(step.run), reported_ids(step, trace), strict=True)
    return all(said is None or said["occurrence"] == occurrence for (_, occurrence), said in pairs)


def _order(snapshot: Object) -> tuple[int, bytes]:
    return snapshot["seq"], snapshot["snapshot_id"].encode()
