"""Checks of the chapter *Files on disk*: what damage does to a log and to what is listed, and what mends it.

Damage is done by the suite's own words. A step that damages is judged by what is shown of the store afterwards; what
follows it goes on from there.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.judgement import ALL_STEPS, PASSES, Judgement, Steps, canonical, judged
from lifecycle_conformance.execution.operations import ALL, ON_FILES, WRITING
from lifecycle_conformance.execution.trace import Files, Object, Owner, Step, Trace, View, member, owner_of
from lifecycle_conformance.judges.properties.log import MAX_SEQ
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.delta import delta
from lifecycle_conformance.model.file_layout import (
    Oddity,
    apart,
    as_read,
    as_text,
    blurred,
    both,
    event_in,
    events_of,
    folder_of,
    is_json,
    is_snapshot_path,
    is_utf8,
    key_of_snapshot,
    lines_of,
    listed_for,
    log_of,
    look,
    path_of,
    segment,
    snapshot_in,
    unknown_in,
)
from lifecycle_conformance.model.record_ties import recorded_ids
from lifecycle_conformance.model.recorded import highest_seq
from lifecycle_projection.records import Json

_APPENDING_NOTHING: Final = ON_FILES | {"identify", "refuse", "say", "restart", "prune"}
"""What adds nothing to the log."""
_NEEDED: Final[Mapping[Oddity, str]] = {
    Oddity.MINUS_ZERO: "exact-numbers",
    Oddity.OTHER_DIGITS: "exact-numbers",
    Oddity.BEYOND_64_BITS: "json-numbers",
}
"""What a driver must have declared to be held to the reading of such numbers."""


# --- reading a damaged log --------------------------------------------------------------------------------------------


@check("FILE-13", "FILE-14", "FILE-17", "FILE-18", "FILE-19", "FILE-26", on=Steps(ON_FILES).with_files)
def what_is_read_of_a_damaged_log(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge what is shown after the log was damaged, where all of the damage is one requirement's subject."""
    files = both(step)
    before, after = log_of(files[0]), log_of(_put(step, files[0]))
    came = _actions_that_came(before, after)
    subjects = {subject for line, whole in came if (subject := _subject(line, whole=whole)) is not None}
    if came and not subjects and all(whole for _, whole in came):
        subjects = {"FILE-26"}  # whole events that another writer may have put there
    if len(subjects) != 1 or _stored_names(before, step.before) != _shown_names(step.before):
        return
    (subject,) = subjects
    if subject in {"FILE-13", "FILE-14"}:
        for line in (line for line, whole in came if _subject(line, whole=whole) == subject):
            if _may_be_asked(line, step.capabilities):
                yield from _one_line(subject, line, step.after)
    else:
        expected, actual = _stored_names(after, step.after), _shown_names(step.after)
        if expected or actual:
            yield judged(subject, "the events that are shown of the damaged log", expected=expected, actual=actual)


@check("FILE-19", on=Steps(ALL - ON_FILES).with_files)
def what_is_read_beside_broken_text(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge, whatever was asked, that all that can be read is shown of a log with bytes that are no UTF-8."""
    files = both(step)
    if not is_utf8(log := log_of(files[1])):
        expected, actual = _stored_names(log, step.after), _shown_names(step.after)
        if expected or actual:
            yield judged("FILE-19", "the events that are shown of the damaged log", expected=expected, actual=actual)


def _put(step: Step, files: Files) -> Files:
    """Give the files as the suite's own word left them, before anything was read."""
    path = step.arguments.get("path", LOG)
    match step.op:
        case "tear":
            return {**files, LOG: log_of(files) + step.arguments["text"].encode()[: step.arguments["bytes"]]}
        case "put":
            given = step.arguments
            return {**files, path: given["text"].encode() if "text" in given else bytes.fromhex(given["bytes"])}
        case "remove":
            return {each: text for each, text in files.items() if each != path}
        case _:
            return files


def _actions_that_came(before: bytes, after: bytes) -> list[tuple[bytes, bool]]:
    """Give the lines of a log that were not there before, each with whether it ends in a newline."""
    left = Counter(_actions(before))
    came = []
    for action in _actions(after):
        if left[action] > 0:
            left[action] -= 1
        else:
            came.append(action)
    return came


def _actions(log: bytes) -> list[tuple[bytes, bool]]:
    whole, tail = lines_of(log)
    return [*((line, True) for line in whole), *([(tail, False)] if tail else [])]


def _subject(line: bytes, *, whole: bool) -> str | None:
    """Tell which requirement says how a line is read; none does for an event as it should be in a whole line."""
    if not is_utf8(line):
        return "FILE-19"
    event = event_in(line)
    special = _special(line, event)
    if not whole:
        return "FILE-17" if special is None else None
    return special or ("FILE-18" if event is None else None)


def _special(line: bytes, event: Object | None) -> str | None:
    """Tell whether a line is written in a way that has a requirement of its own."""
    try:
        looked = look(line)
    except ValueError:
        return None
    if looked.odd and member(looked.value, "event_id") is not None:
        return "FILE-14"
    return "FILE-13" if event is not None and unknown_in(looked.value, "event") else None


def _may_be_asked(line: bytes, capabilities: frozenset[str]) -> bool:
    return {_NEEDED[each] for each in look(line).odd if each in _NEEDED} <= capabilities


def _one_line(subject: str, line: bytes, view: View) -> Iterator[Judgement]:
    """Judge what is shown of a line, member by member."""
    event, event_id = event_in(line), member(look(line).value, "event_id")
    shown = [as_read(each, "event") for seen in view.values() for each in seen.events if each["event_id"] == event_id]
    expected: Json = [] if event is None or owner_of(event) not in view else [event]
    exactly = subject == "FILE-14"
    yield judged(
        subject,
        f"what is shown of the line of {event_id!r}",
        expected=expected if exactly else blurred(expected),
        actual=[*shown] if exactly else blurred([*shown]),
    )


def _stored_names(log: bytes, view: View) -> list[Json]:
    """Name the events in a log, of those whose events are looked at."""
    return _names([event for event in events_of(log) if owner_of(event) in view])


def _shown_names(view: View) -> list[Json]:
    """Name the events that are shown."""
    return _names([event for shown in view.values() for event in shown.events])


def _names(events: Sequence[Object]) -> list[Json]:
    return sorted([each["run_id"], each["event_id"], each["seq"]] for each in events)


# --- what stays and what is mended ------------------------------------------------------------------------------------


@check("FILE-17", on=ALL_STEPS.with_files)
def reading_does_not_mend(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a torn tail stays as it is until something is appended, or the log is compacted."""
    files = both(step)
    before, after = log_of(_put(step, files[0])), log_of(files[1])
    tail = lines_of(before)[1]
    nothing_appended = step.op in {"project", "append"} and _new_names(step) == []
    if tail and (step.op in _APPENDING_NOTHING or nothing_appended) and after in {before, *_mended(before)}:
        expected, actual = apart(before, after)
        yield judged("FILE-17", "the end of the log after reading", expected=expected, actual=actual)


def _mended(log: bytes) -> tuple[bytes, bytes]:
    """Give a log with its torn tail completed, and with its torn tail cut off."""
    return log + b"\n", log[: len(log) - len(lines_of(log)[1])]


def _new_names(step: Step) -> list[Json]:
    """Name the events that are shown after a step and were not before."""
    before = _shown_names(step.before)
    return [each for each in _shown_names(step.after) if each not in before]


@check("FILE-26", on=PASSES.with_files)
def what_another_wrote_counts(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge the seq of what is appended to a log that was written to beneath the process."""
    files = both(step)
    if not trace.is_changed_beneath:
        return
    mine = [each for each in events_of(log_of(files[0])) if owner_of(each) == step.owner]
    new = delta(step).appended
    if mine and new and highest_seq(mine) < MAX_SEQ:
        # By how much it lies above is LOG-4's business.
        what = f"whether the first seq that the pass gave lies above {highest_seq(mine)}, the highest in the log"
        yield judged("FILE-26", what, expected=True, actual=new[0]["seq"] > highest_seq(mine))


@check("FILE-15", "FILE-16", "FILE-19", on=Steps(WRITING - {"prune"}).with_files)
def a_torn_tail_is_mended(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge what became of a torn tail when something was appended, or when a compaction found nothing to remove."""
    files = both(step)
    before, after = log_of(files[0]), log_of(files[1])
    tail = lines_of(before)[1]
    completed, cut = _mended(before)
    if not tail or not (_was_compacted_in_vain(step) or _grew(step, before, after)):
        return
    if is_json(tail):
        yield judged(
            "FILE-15",
            "where the torn line stood",
            expected=as_text(tail + b"\n"),
            actual=as_text(after[len(cut) : len(completed)]),
        )
        return
    requirement = "FILE-16" if is_utf8(tail) else "FILE-19"
    expected, actual = apart(cut, after[: len(cut)])
    yield judged(requirement, "what stood before the torn line", expected=expected, actual=actual)
    left = [line for line, _whole in _actions(after[len(cut) :]) if event_in(line) is None]
    yield judged(requirement, "what is left of it", expected=[], actual=list[Json](map(as_text, left)))


def _was_compacted_in_vain(step: Step) -> bool:
    return step.op == "compact" and step.arguments["retention_ms"] > 0 and step.ok.get("pruned") == 0


def _grew(step: Step, before: bytes, after: bytes) -> bool:
    """Tell whether something was appended, be it shown or not."""
    return step.op != "compact" and after not in {before, *_mended(before)}


@check("FILE-18", on=Steps(WRITING - {"compact"}).with_files)
def damaged_lines_stay(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that an operation other than a compaction leaves the damaged lines of the log where they are."""
    files = both(step)
    if files[0] == files[1]:
        return
    (before, _tail), (after, _tail) = lines_of(log_of(files[0])), lines_of(log_of(files[1]))
    damaged = {line for line in before if event_in(line) is None}
    if damaged:
        expected = [as_text(line)[:80] for line in before if line in damaged]
        # A torn tail that was completed may be one line more of the kind.
        actual = [as_text(line)[:80] for line in after if line in damaged][: len(expected)]
        yield judged("FILE-18", "the damaged lines in the log", expected=expected, actual=actual)


@check("FILE-18", "FILE-19", on=Steps(WRITING - {"compact", "prune"}).with_files)
def what_follows_damaged_lines_is_read(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that what an operation added to a log with damaged lines is shown, as is all else of it."""
    files = both(step)
    if log_of(files[0]) == log_of(files[1]):
        return
    damaged = [line for line in lines_of(log_of(files[1]))[0] if event_in(line) is None]
    subjects = {"FILE-18" if is_utf8(line) else "FILE-19" for line in damaged}
    if len(subjects) == 1:
        shown = _shown_names(step.after)
        missing = [each for each in _stored_names(log_of(files[1]), step.after) if each not in shown]
        what = "the events of a log with damaged lines that are not shown"
        yield judged(subjects.pop(), what, expected=[], actual=missing)


# --- listing snapshots ------------------------------------------------------------------------------------------------


@check("FILE-7", "FILE-13", "FILE-14", "FILE-21", on=Steps(ON_FILES - {"tear"}).with_files)
def what_is_listed_of_the_snapshots(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge which snapshots are shown after a file among them was put there, damaged or removed."""
    files = both(step)
    path = step.arguments.get("path", LOG)
    if path == LOG:
        return
    before, after = files[0], _put(step, files[0])
    # Where ids that are no names have their folders is another matter (FILE-4).
    looked_at = [each for each in step.after if segment(each.run_id) == each.run_id]
    owners = [each for each in looked_at if f"{path}/".startswith(f"{folder_of(each.run_id)}/")]
    if not all(_listed_names(before, each) == _seen_names(step.before, each) for each in owners):
        return
    text = after.get(path, b"")
    special = _special_snapshot(text) if is_snapshot_path(path) else None
    for owner in owners if _may_be_looked_at(text, step.capabilities) else ():
        yield judged(
            "FILE-7" if path.endswith(".tmp") else special or "FILE-21",
            f"the snapshots that are shown of {owner.run_id!r}",
            expected=_listed_names(after, owner),
            actual=_seen_names(step.after, owner),
        )
    snapshot = snapshot_in(text)
    if special is not None and snapshot is not None and owner_of(snapshot) in owners:
        yield from _one_snapshot(special, snapshot, step.after)


def _special_snapshot(text: bytes) -> str | None:
    """Tell whether a file is written in a way that has a requirement of its own."""
    try:
        looked = look(text)
    except ValueError:
        return None
    if looked.odd:
        return "FILE-14"
    return "FILE-13" if snapshot_in(text) is not None and unknown_in(looked.value, "snapshot") else None


def _may_be_looked_at(text: bytes, capabilities: frozenset[str]) -> bool:
    return not is_json(text) or _may_be_asked(text, capabilities)


def _one_snapshot(subject: str, snapshot: Object, view: View) -> Iterator[Judgement]:
    """Judge what is shown of a snapshot, member by member; what was filled in aside (SNAP-7, SNAP-8)."""
    shown = [
        {name: each.get(name) for name in snapshot}
        for each in view[owner_of(snapshot)].snapshots
        if key_of_snapshot(each) == key_of_snapshot(snapshot)
    ]
    exactly = subject == "FILE-14"
    expected, actual = [snapshot], [as_read(each, "snapshot") for each in shown]
    yield judged(
        subject,
        f"what is shown of the file of {snapshot['snapshot_id']!r}",
        expected=[*expected] if exactly else blurred([*expected]),
        actual=[*actual] if exactly else blurred([*actual]),
    )


def _listed_names(files: Files, owner: Owner) -> list[Json]:
    return sorted([each["seq"], each["snapshot_id"]] for each in listed_for(files, owner))


def _seen_names(view: View, owner: Owner) -> list[Json]:
    return sorted([each["seq"], each["snapshot_id"]] for each in view[owner].snapshots)


# --- after an interruption --------------------------------------------------------------------------------------------


@check("PASS-14", "FILE-26", on=PASSES.with_files)
def an_interrupted_pass_can_be_repeated(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge a pass over a store that was put into a state in which an interruption could have left an earlier one.

    An interruption ends the process. One that goes on while the files are taken back must see that, too (FILE-26).
    """
    files = both(step)
    earlier = _undisturbed(step, trace)
    if earlier is None or not _is_cut(earlier, both(earlier), files[0]):
        return
    requirement = "FILE-26" if trace.is_changed_beneath else "PASS-14"
    yield judged(requirement, "the answer of the repeated pass", expected=None, actual=step.refusal)
    for name in ("events", "snapshots"):
        expected, actual = (_as_lines(getattr(each.shown_after(), name)) for each in (earlier, step))
        yield judged(
            requirement,
            f"{name} that only the undisturbed or only the repeated pass left",
            expected=[each for each in expected if each not in actual],
            actual=[each for each in actual if each not in expected],
        )
        if sorted(expected) == sorted(actual):
            continue
        yield judged(requirement, f"the number of {name}", expected=len(expected), actual=len(actual))


def _as_lines(records: Sequence[Object]) -> list[str]:
    return [canonical(blurred(each)).decode() for each in records]


def _undisturbed(step: Step, trace: Trace) -> Step | None:
    """Give the pass over the same run that succeeded before files, and nothing else, were changed."""
    damaged = False
    for each in trace.earlier(step):
        if each.op == "project":
            same = (
                each.answer.ok is not None
                and each.files_before is not None
                and canonical(each.run) == canonical(step.run)
            )
            return each if damaged and same else None
        if each.op not in _APPENDING_NOTHING - {"prune"}:
            return None
        damaged = damaged or each.op in ON_FILES
    return None


def _is_cut(earlier: Step, whole: tuple[Files, Files], now: Files) -> bool:
    """Tell whether these files are what an interruption of the earlier pass could have left.

    A pass writes the event of a record, then its snapshot, then what belongs to the next record.
    """
    before, after = whole
    log = log_of(now)
    if log == log_of(after) and now == after:
        return False
    if not log_of(after).startswith(log) or not log.startswith(log_of(before)):
        return False
    there = {path: text for path, text in now.items() if is_snapshot_path(path)}
    if any(after.get(path) != text for path, text in there.items()) or any(
        path not in there for path in before if is_snapshot_path(path)
    ):
        return False
    order = _order_of_writing(earlier, before, after)
    if not order:
        return False  # what wrote nothing can't have been cut off
    events = {event["event_id"] for event in events_of(log)}
    done = [(what in there) if is_snapshot_path(what) else what in events for what in order]
    return done == sorted(done, reverse=True)


def _order_of_writing(earlier: Step, before: Files, after: Files) -> list[str] | None:
    """Give what a pass wrote, event ids and paths, in the order in which it had to; `None` where that is not clear."""
    new_lines = events_of(log_of(after).removeprefix(log_of(before)))
    events = {event["event_id"] for event in new_lines}
    paths = {path for path in after if is_snapshot_path(path) and path not in before}
    run_id = earlier.owner.run_id
    ids = list(dict.fromkeys(recorded_ids(earlier)))
    order = [what for each in ids for what in (each, path_of(run_id, each)) if what in events or what in paths]
    return order if len(order) == len(new_lines) + len(paths) and len(events) == len(new_lines) else None
