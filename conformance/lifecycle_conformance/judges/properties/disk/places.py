"""Checks of the chapters *Snapshots*, *Files on disk* and *Errors*: what stands where a snapshot should, or nowhere."""

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from lifecycle_conformance.execution.judgement import PASSES, Judgement, about, canonical, judged, none
from lifecycle_conformance.execution.trace import Files, Step, Trace, owner_of
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.file_layout import (
    STOPPED_BY_A_PLACE,
    Key,
    both,
    events_of,
    folder_of,
    is_snapshot_path,
    is_too_long,
    is_unusually_long,
    key_of_snapshot,
    lines_of,
    listed_for,
    log_of,
    path_of,
    segment,
    snapshot_in,
)
from lifecycle_conformance.model.json_text import apart
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF, phase_status
from lifecycle_conformance.model.record_ties import pass_effects, recorded_ids
from lifecycle_conformance.model.recorded import recorded, recorded_before
from lifecycle_conformance.model.reported_ids import reported_ids_correct
from lifecycle_projection.records import Json

# --- what keeps a pass from a snapshot --------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Obstacle:
    """A record of a history whose snapshot can't be looked up or written, and why."""

    kind: str
    index: int
    event_id: str
    path: str


_ANOTHERS: Final = "another's"
_UNREADABLE: Final = "unreadable"
_TOO_LONG: Final = "too long"
_BLOCKED: Final = "blocked"


def _first_obstacle(step: Step, files: Files) -> _Obstacle | None:
    return next(_obstacles(step, files), None)


def _obstacles(step: Step, files: Files) -> Iterator[_Obstacle]:
    run_id = step.owner.run_id
    written: dict[str, str] = {}
    for index, event_id in enumerate(recorded_ids(step)):
        path = path_of(run_id, event_id)
        kind = _kind_of_obstacle(step, files, path, event_id, written)
        if kind is not None:
            yield _Obstacle(kind=kind, index=index, event_id=event_id, path=path)
        written[path] = event_id


def _kind_of_obstacle(step: Step, files: Files, path: str, event_id: str, written: dict[str, str]) -> str | None:
    if path in files:
        snapshot = snapshot_in(files[path])
        if snapshot is None:
            return _UNREADABLE
        return None if key_of_snapshot(snapshot) == (step.owner.run_id, event_id, step.owner.tenant) else _ANOTHERS
    if folder_of(step.owner.run_id) in files:
        return _BLOCKED
    if is_too_long(path):
        return _TOO_LONG
    return None if written.get(path, event_id) == event_id else _ANOTHERS


def _reached(step: Step, obstacle: _Obstacle, after: Files) -> bool:
    """Whether the pass got as far as the obstacle, and has the same id and the same place for the record."""
    if not all(_has_snapshot(step, event_id, after) for event_id in recorded_ids(step)[: obstacle.index]):
        return False
    key = step.owner.run_id, obstacle.event_id, step.owner.tenant
    before = step.files_before or {}
    if any(path != obstacle.path and _holds(after[path], key) for path in after if before.get(path) != after[path]):
        return False
    return _is_named(step, obstacle) or _is_recorded(step, obstacle.event_id, after)


def _holds(text: bytes, key: Key) -> bool:
    snapshot = snapshot_in(text)
    return snapshot is not None and key_of_snapshot(snapshot) == key


def _is_recorded(step: Step, event_id: str, after: Files) -> bool:
    """Whether the log has the event, or knows that it had; one of another tenant's is another one."""
    known = {each.event_id for each in recorded(step.run, step.shown_after().events).values()}
    own = {event["event_id"] for event in events_of(log_of(after)) if owner_of(event) == step.owner}
    return event_id in known or event_id in own


def _met(step: Step) -> tuple[_Obstacle, Files, Files] | None:
    """What kept a pass from a snapshot, if something did, with the files before and after it."""
    files = both(step)
    obstacle = _first_obstacle(step, files[0])
    return None if obstacle is None or not _reached(step, obstacle, files[1]) else (obstacle, *files)


@check("SNAP-11", "ERR-4", on=PASSES.with_files)
def anothers_snapshot_is_not_overwritten(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge a pass that finds another's snapshot at the place of one of its own; with wrong ids it finds others.

    That its run record is refused is a matter of reading it (REC).
    """
    met = None if step.refusal == "invalid_input" else _met(step)
    if met is None or met[0].kind != _ANOTHERS or not _ids_are_known(step, trace, met[0].index):
        return
    first, before, after = met
    yield from about(first.path, _not_overwritten(step, *met))
    if step.refusal != "storage_conflict":
        # A pass that went on may have overwritten more.
        for each in _obstacles(step, before):
            if each.kind == _ANOTHERS and each.path in before.keys() - {first.path}:
                yield _unchanged("SNAP-11", each.path, before, after)


def _not_overwritten(step: Step, obstacle: _Obstacle, before: Files, after: Files) -> Iterator[Judgement]:
    what = f"the place of {obstacle.event_id!r} being taken"
    yield judged("SNAP-11", f"the answer, {what}", expected="storage_conflict", actual=step.refusal)
    if obstacle.path in before:
        yield _unchanged("SNAP-11", obstacle.path, before, after)
    if step.refusal == "storage_conflict":
        if _is_whole(before):
            is_there = _is_recorded(step, obstacle.event_id, after)
            yield judged("SNAP-11", f"whether the event is there, {what}", expected=True, actual=is_there)
        yield judged("ERR-4", "the data", expected={"snapshot_id": obstacle.event_id}, actual=step.data)


def _ids_are_known(step: Step, trace: Trace, index: int) -> bool:
    """Whether it is known under which ids a pass recorded a record and those before it, be they right or wrong."""
    right, new = reported_ids_correct(step, trace), pass_effects(step).events
    known = [place is not None for place in recorded_before(step)]
    return all(right[at] or (new[at] and not known[at]) for at in range(index + 1))


@check("SNAP-12", "ERR-5", on=PASSES.with_files)
def a_damaged_snapshot_is_not_overwritten(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge a pass that finds a file that is no snapshot at the place of one of its own, or its folder blocked."""
    met = _met(step)
    if met is None or met[0].kind not in {_UNREADABLE, _BLOCKED}:
        return
    obstacle, before, after = met
    requirement = "SNAP-12" if obstacle.kind == _UNREADABLE else "ERR-5"
    damaged = obstacle.path if obstacle.kind == _UNREADABLE else folder_of(step.owner.run_id)
    yield judged(requirement, f"the answer, {damaged} being damaged", expected="storage", actual=step.refusal)
    yield _unchanged(requirement, damaged, before, after)
    if step.refusal == "storage":
        yield judged("ERR-5", f"whether the message names {damaged}", expected=True, actual=_says(step, damaged))
        yield none("ERR-5", "what is gone", _gone(before, after))
        yield from _what_was_done_is_told(step, trace, obstacle.index)


def _what_was_done_is_told(step: Step, trace: Trace, index: int) -> Iterator[Judgement]:
    """Judge how many records a failed pass says that it projected, where it says so and that can be seen."""
    if "projected" not in step.data or not _ids_are_known(step, trace, index):
        return
    done = pass_effects(step)
    did = [bool(events) or snapshot is not None for events, snapshot in zip(done.events, done.snapshots, strict=True)]
    yield judged("ERR-5", "how many it projected before", expected=sum(did[:index]), actual=step.data["projected"])


@check("ERR-5", on=PASSES.with_files)
def a_pass_can_be_repeated_when_the_cause_is_gone(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge a pass whose last attempt ended in a storage error, after the damage was mended."""
    files = both(step)
    if _first_obstacle(step, files[0]) is not None:
        return
    last = next((each for each in trace.earlier(step) if each.op == "project"), None)
    if last is None or last.refusal != "storage" or canonical(last.run) != canonical(step.run):
        return
    met = _met(last)
    if met is not None and met[0].kind in {_UNREADABLE, _BLOCKED}:
        yield judged("ERR-5", "whether it fails again", expected=False, actual=step.refusal == "storage")


@check("FILE-22", "FILE-23", on=PASSES.with_files)
def a_name_too_long(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge a pass that comes to a snapshot whose name is too long for the file system.

    That the file is there afterwards is no excuse: without its sibling it was not written as it must be (FILE-6). Only
    where the store has longer names than usual file systems allow, nobody knows what is too long.
    """
    met = _met(step)
    if met is None or met[0].kind != _TOO_LONG or any(map(is_unusually_long, met[2])):
        return
    obstacle = met[0]
    move = _move(step, obstacle.index)
    if move is not None and not _allowed(*move):
        # That the guard refuses such moves must have been seen: else it is the guard that is at fault.
        if step.refusal in {"phase_transition", "storage"} and _refused_before(step, trace, *move):
            what = "the guard's answer, the look-up having found nothing"
            yield judged("FILE-22", what, expected="phase_transition", actual=step.refusal)
        return
    if step.refusal == "phase_transition":
        return
    yield judged("FILE-23", "the answer, the name being too long", expected="storage", actual=step.refusal)
    if step.refusal == "storage":
        yield from _stays_and_is_named(step, obstacle, met[1], met[2])


@check("FILE-22", on=PASSES.accepted.with_files)
def a_snapshot_under_another_name(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that a snapshot that stands under another name isn't found there by its id: it is written at its place."""
    before, after = both(step)
    elsewhere = {each["snapshot_id"] for each in listed_for(before, step.owner)}
    for event_id, is_right in zip(recorded_ids(step), reported_ids_correct(step, trace), strict=True):
        path = path_of(step.owner.run_id, event_id)
        if is_right and event_id in elsewhere and path not in before:
            what = f"whether {path} is written, its snapshot standing under another name"
            yield judged("FILE-22", what, expected=True, actual=path in after, subject=path)


@check("PASS-10", on=PASSES.with_files)
def nothing_is_recorded_of_later_records(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that a pass which a place stopped left the records behind it alone: that place could be seen beforehand.

    A blocked folder shows only in writing, when the events of later records may be there already.
    """
    met = _met(step)
    if met is None or met[0].kind == _BLOCKED or step.refusal not in STOPPED_BY_A_PLACE:
        return
    index = met[0].index
    if index + 1 < len(step.history) and _ids_are_known(step, trace, index):
        later = [at for at, events in enumerate(pass_effects(step).events) if at > index and events]
        what = f"the records behind record {index}, which stopped the pass, that got an event"
        yield none("PASS-10", what, later)


@check("PASS-10", on=PASSES.with_files)
def what_earlier_records_lead_to_is_written(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that the records before the one whose place stopped a pass have their snapshots.

    That it was this place which stopped it, the refusal says by its kind and by naming the snapshot.
    """
    before, after = both(step)
    obstacle = _first_obstacle(step, before) if step.refusal in STOPPED_BY_A_PLACE else None
    if obstacle is None or obstacle.kind == _BLOCKED or not _is_named(step, obstacle):
        return
    if obstacle.index and _ids_are_known(step, trace, obstacle.index):
        earlier = enumerate(recorded_ids(step)[: obstacle.index])
        missing = [at for at, event_id in earlier if not _has_snapshot(step, event_id, after)]
        what = f"the records before record {obstacle.index}, which stopped the pass, that have no snapshot"
        yield none("PASS-10", what, missing)


def _has_snapshot(step: Step, event_id: str, files: Files) -> bool:
    key = step.owner.run_id, event_id, step.owner.tenant
    return _holds(files.get(path_of(step.owner.run_id, event_id), b""), key)


def _is_named(step: Step, obstacle: _Obstacle) -> bool:
    return step.data.get("snapshot_id") == obstacle.event_id or _says(step, obstacle.event_id)


def _stays_and_is_named(step: Step, obstacle: _Obstacle, before: Files, after: Files) -> Iterator[Judgement]:
    if _is_whole(before):
        stays = _is_recorded(step, obstacle.event_id, after)
        yield judged("FILE-23", f"whether the event {obstacle.event_id!r} is there", expected=True, actual=stays)
    if segment(obstacle.event_id) == obstacle.event_id:
        named = _says(step, obstacle.event_id)
        yield judged("FILE-23", "whether the message names the snapshot", expected=True, actual=named)


def _is_whole(files: Files) -> bool:
    """Whether the log has no torn tail: what becomes of an event that is put behind one says FILE-16."""
    return lines_of(log_of(files))[1] == b""


def _move(step: Step, index: int) -> tuple[str, str] | None:
    """The phases from and to which a record asks to move, if there is a snapshot before it."""
    if index:
        previous = recorded_ids(step)[index - 1]
        earlier = [each for each in step.shown_after().snapshots if each["snapshot_id"] == previous]
    else:
        earlier = list(step.shown_before().snapshots)
    latest = max(earlier, key=lambda each: (each["seq"], each["snapshot_id"].encode()), default=None)
    if latest is None or latest.get("phase") not in NEXT:
        return None
    if any(each["seq"] == latest["seq"] and each.get("phase") != latest["phase"] for each in earlier):
        return None  # that the right one of them is asked is PASS-7's business
    return latest["phase"], PHASE_OF[phase_status(step.run, step.history[index])]


def _allowed(from_phase: str, to_phase: str) -> bool:
    return to_phase in (from_phase, *NEXT[from_phase])


def _refused_before(step: Step, trace: Trace, from_phase: str, to_phase: str) -> bool:
    move = {"from_phase": from_phase, "to_phase": to_phase}
    return any(
        each.refusal == "phase_transition" and {name: each.data.get(name) for name in move} == move
        for each in trace.earlier(step)
    )


def _unchanged(requirement: str, path: str, before: Files, after: Files) -> Judgement:
    expected, actual = apart(before[path], after.get(path, b""))
    return judged(requirement, f"{path}, where it was changed", expected=expected, actual=actual, subject=path)


def _says(step: Step, text: str) -> bool:
    return step.answer.error is not None and text in step.answer.error.message


def _gone(before: Files, after: Files) -> list[Json]:
    """Name the snapshot files and the events that are not there any more."""
    left = {event["event_id"] for event in events_of(log_of(after))}
    paths = [path for path in before if is_snapshot_path(path) and path not in after]
    return [*paths, *(event["event_id"] for event in events_of(log_of(before)) if event["event_id"] not in left)]
