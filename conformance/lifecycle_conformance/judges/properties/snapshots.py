"""Checks of snapshots: written once, one for each record, read with what is missing filled in (chapter 7)."""

from collections import Counter
from collections.abc import Iterator

from lifecycle_conformance.execution.judgement import IMPORTS, PASSES, Judgement, Steps, judged, none
from lifecycle_conformance.execution.operations import ALL
from lifecycle_conformance.execution.trace import Object, Shown, Step, Trace, owner_of
from lifecycle_conformance.judges.attribution.recognition import settled
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.delta import delta
from lifecycle_conformance.model.file_layout import path_of
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF
from lifecycle_projection.records import Json


@check("SNAP-5", on=PASSES.accepted)
def one_snapshot_for_each_record(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that after a pass that succeeded there is one snapshot with the recorded id of each record."""
    ids = settled(step, trace)
    if ids:
        there = Counter(each["snapshot_id"] for each in delta(step).after.snapshots)
        wrong = [index for index, event_id in ids.items() if there[event_id] != 1]
        yield none("SNAP-5", "the records without exactly one snapshot", wrong)


@check("SNAP-6", on=PASSES)
def snapshots_are_written_once(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a pass leaves the snapshots of its run as they are; those of others are TENANT-4's and PASS-15's."""
    what, change = "the snapshots that are gone or changed", delta(step)
    for each in change.lost_snapshots:
        place = path_of(each["run_id"], each["snapshot_id"])
        yield none("SNAP-6", what, [each["snapshot_id"]], subject=place)
    if change.before.snapshots and not change.lost_snapshots:
        yield none("SNAP-6", what, [])


@check("SNAP-7", "SNAP-8", on=IMPORTS.accepted)
def what_is_missing_is_filled_in(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge how snapshots are read that an older engine stored without all that belongs to the phase."""
    for stored in step.arguments["snapshots"]:
        shown = step.after.get(owner_of(stored), Shown()).snapshots
        same = [each for each in shown if each["snapshot_id"] == stored["snapshot_id"]]
        twins = [each for each in step.arguments["snapshots"] if each["snapshot_id"] == stored["snapshot_id"]]
        if len(same) == len(twins) == 1:  # where several meet, or none is there, this isn't about reading
            yield from _filled_in(stored, same[0])


def _filled_in(stored: Object, shown: Object) -> Iterator[Judgement]:
    requirement, what = ("SNAP-8", "with") if "phase" in stored else ("SNAP-7", "without")
    phase = stored.get("phase", PHASE_OF[stored["status"]])
    expected = {
        "phase": phase,
        "phase_history": [] if "phase" in stored else [_observed(stored, phase)],
        "allowed_next_phases": NEXT[phase],
    }
    for name, filled in expected.items():
        if name not in stored:
            yield judged(requirement, f"{name}, stored {what} phase", expected=filled, actual=_plain(shown.get(name)))
        elif requirement == "SNAP-7":
            kept = _plain(stored[name])
            yield judged(requirement, f"{name}, which is there", expected=kept, actual=_plain(shown.get(name)))


def _observed(stored: Object, phase: str) -> Object:
    """The entry that stands for a history that is missing (PHASE-8)."""
    time, phase_id = stored["created_at_ms"], stored.get("phase_id")
    return {
        "schema_version": 1,
        "event_id": f"{stored['run_id']}:phase:{phase}:{time}",
        "to_phase": phase,
        "event_type": "stateful_runtime.phase.observed",
        "occurred_at_ms": time,
        **({} if phase_id is None else {"phase_id": phase_id}),
        "reason": f"observed_status:{stored['status']}",
    }


def _plain(value: Json) -> Json:
    """Phase entries with their defaults, and without members that are null: both say the same (FILE-11)."""
    if not isinstance(value, list):
        return value
    return [
        {"schema_version": 1, **{name: said for name, said in each.items() if said is not None}}
        if isinstance(each, dict)
        else each
        for each in value
    ]


@check("SNAP-10", on=Steps(ALL - {"identify", "read", "say"}))
def snapshots_are_shown_in_order(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge the order in which snapshots are shown: by seq, and by the bytes of their ids where that is equal."""
    for owner, shown in step.after.items():
        if len(shown.snapshots) > 1:
            places = [[each["seq"], each["snapshot_id"]] for each in shown.snapshots]
            expected = sorted(places, key=lambda place: (place[0], place[1].encode()))
            yield judged("SNAP-10", f"the snapshots of {owner.run_id!r}, in order", expected=expected, actual=places)
