"""Checks of the chapter *Files on disk*: what damage does to a log, and what mends it.

The harness does the damage. A step that damages is judged by what is shown of the store afterwards; what
follows it goes on from there.
"""

import json
from collections.abc import Iterator, Sequence

from lifecycle_conformance.execution.judgement import ALL_STEPS, PASSES, Judgement, Steps, judged, none
from lifecycle_conformance.execution.multiset import more_often
from lifecycle_conformance.execution.operations import ALL, APPENDING_NOTHING, ON_FILES, WRITING
from lifecycle_conformance.execution.trace import Object, Step, Trace, View, member, owner_of
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.delta import delta
from lifecycle_conformance.model.file_layout import (
    as_put,
    as_read,
    both,
    event_in,
    events_of,
    lines_of,
    log_of,
    unknown_in,
)
from lifecycle_conformance.model.json_text import apart, as_text, blurred, is_json, is_utf8, look, may_be_asked
from lifecycle_conformance.model.recorded import MAX_SEQ, highest_seq
from lifecycle_projection.records import Json

# --- reading a damaged log --------------------------------------------------------------------------------------------


@check("FILE-13", "FILE-14", "FILE-17", "FILE-18", "FILE-19", "FILE-26", on=Steps(ON_FILES).with_files)
def what_is_read_of_a_damaged_log(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge what is shown after the log was damaged, where all of the damage is one requirement's subject."""
    files = both(step)
    before, after = log_of(files[0]), log_of(as_put(step, files[0]))
    came = _lines_that_came(before, after)
    subjects = {subject for line, whole in came if (subject := _subject(line, whole=whole)) is not None}
    if not subjects and all(whole for _, whole in came):
        subjects = {"FILE-26"}  # whole events that another writer may have put there, or taken back
    if len(subjects) != 1 or _stored_names(before, step.before) != _shown_names(step.before):
        return
    (subject,) = subjects
    if subject in {"FILE-13", "FILE-14"}:
        for line in (line for line, whole in came if _subject(line, whole=whole) == subject):
            if not is_json(line) or may_be_asked(line, step.capabilities):
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


@check("FILE-17", on=Steps(ALL - ON_FILES).with_files)
def what_is_read_of_a_torn_tail(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge, of an event in a last line without newline, that it was shown before anything mended the log."""
    tail = lines_of(log_of(both(step)[0]))[1]
    event = event_in(tail) if tail and _subject(tail, whole=False) == "FILE-17" else None
    if event is not None and owner_of(event) in step.before:
        ids = [each["event_id"] for each in step.before[owner_of(event)].events]
        what = f"whether {event['event_id']!r}, in a last line without newline, was shown"
        yield judged("FILE-17", what, expected=True, actual=event["event_id"] in ids)


def _lines_that_came(before: bytes, after: bytes) -> list[tuple[bytes, bool]]:
    """The lines of a log that were not there before, each with whether it ends in a newline."""
    return more_often(_lines(after), _lines(before), by=lambda line: line)


def _lines(log: bytes) -> list[tuple[bytes, bool]]:
    whole, tail = lines_of(log)
    return [*((line, True) for line in whole), *([(tail, False)] if tail else [])]


def _subject(line: bytes, *, whole: bool) -> str | None:
    """Which requirement says how a line is read; none does for an event as it should be in a whole line."""
    if not is_utf8(line):
        return "FILE-19"
    event = event_in(line)
    special = _special(line, event)
    if not whole:
        return "FILE-17" if special is None else None
    return special or ("FILE-18" if event is None else None)


def _special(line: bytes, event: Object | None) -> str | None:
    """Whether a line is written in a way that has a requirement of its own."""
    try:
        looked = look(line)
    except ValueError:
        return "FILE-14" if member(_leniently(line), "event_id") is not None else None
    if looked.odd and member(looked.value, "event_id") is not None:
        return "FILE-14"
    if event is None:
        return None
    if unknown_in(looked.value, "event"):
        return "FILE-13"
    # In JSON it is white space, and to some it is the end of a line.
    return "FILE-18" if b"\r" in line else None


def _leniently(line: bytes) -> Json:
    """What a lenient reader makes of a line: lone surrogates, and numbers beyond the doubles (JSON-13, JSON-14)."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def _one_line(subject: str, line: bytes, view: View) -> Iterator[Judgement]:
    """Judge what is shown of a line, member by member."""
    event, event_id = event_in(line), member(_leniently(line), "event_id")
    if event is not None and owner_of(event) not in view:
        return  # whether others are shown it is a matter of tenants (TENANT-1)
    seen = [*view.values()] if event is None else [view[owner_of(event)]]
    shown = [as_read(each, "event") for one in seen for each in one.events if each["event_id"] == event_id]
    expected: Json = [] if event is None else [event]
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
    """Name the events that are shown to whom they belong; what others are shown of them is TENANT-1's business."""
    return _names([event for owner, shown in view.items() for event in shown.events if owner_of(event) == owner])


def _names(events: Sequence[Object]) -> list[Json]:
    return sorted([each["run_id"], each["event_id"], each["seq"]] for each in events)


# --- what stays and what is mended ------------------------------------------------------------------------------------


@check("FILE-17", on=ALL_STEPS.with_files)
def reading_does_not_mend(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a torn tail stays as it is until something is appended, or the log is compacted.

    A pass over nothing reads nothing: that it leaves the log alone is said by PASS-1.
    """
    if step.op == "project" and not step.history:
        return
    files = both(step)
    before, after = log_of(as_put(step, files[0])), log_of(files[1])
    tail = lines_of(before)[1]
    nothing_appended = step.op in {"project", "append"} and _new_names(step) == []
    if tail and (step.op in APPENDING_NOTHING or nothing_appended) and after in {before, *_mended(before)}:
        expected, actual = apart(before, after)
        yield judged("FILE-17", "the end of the log after reading", expected=expected, actual=actual)


def _mended(log: bytes) -> tuple[bytes, bytes]:
    """A log with its torn tail completed, and with its torn tail cut off."""
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
        # By how much it lies above, and above what markers list, is LOG-4's business.
        highest = max(event["seq"] for event in mine)
        what = f"whether the first seq that the pass gave lies above {highest}, the highest in the log"
        yield judged("FILE-26", what, expected=True, actual=new[0]["seq"] > highest)


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
    lines = [line for line, _whole in _lines(after[len(cut) :])]
    # What a pass records anew may be what was torn, but not beside what was left of it.
    left = [line for line in lines if event_in(line) is None or (tail.startswith(line) and lines.count(line) > 1)]
    yield none(requirement, "what is left of it", list[Json](map(as_text, left)))


def _was_compacted_in_vain(step: Step) -> bool:
    return step.op == "compact" and step.arguments["retention_ms"] > 0 and step.ok.get("pruned") == 0


def _grew(step: Step, before: bytes, after: bytes) -> bool:
    """Whether something was appended, be it shown or not."""
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
        yield none(subjects.pop(), what, missing)
