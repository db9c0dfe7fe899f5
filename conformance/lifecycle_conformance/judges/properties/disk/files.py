"""Checks of the chapter *Files on disk*: what an implementation writes."""

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Final

from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.judgement import ALL_STEPS, Judgement, Steps, canonical, judged, none, steps
from lifecycle_conformance.execution.operations import WRITING
from lifecycle_conformance.execution.trace import Object, Step, Trace, once_a_step, owner_of
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.delta import delta, touched
from lifecycle_conformance.model.file_layout import (
    MEMBERS,
    as_read,
    both,
    event_in,
    events_of,
    free_form_in,
    hidden_of,
    is_snapshot_path,
    key_of_snapshot,
    lines_of,
    log_of,
    objects_in,
    path_of,
    records_in,
    segment,
    snapshot_in,
    snapshots_of,
    unknown_in,
)
from lifecycle_conformance.model.identity import MARKER
from lifecycle_conformance.model.json_text import apart, as_text, blurred, compact_text, difference, parse, pretty_text
from lifecycle_conformance.model.phase_table import FILLED_IN
from lifecycle_projection.records import Json

_COMPACTIONS: Final = steps("compact").with_files
_FILLING: Final = steps("project", "import").with_files


# --- the log ----------------------------------------------------------------------------------------------------------


@check("FILE-1", on=ALL_STEPS.with_files)
def the_log(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge the lines of the log that a step wrote: whole, compact, in order, and what is shown."""
    files = both(step)
    hidden = [each["event_id"] for each in hidden_of(step) if "event_id" in each] if step.op in WRITING else []
    if hidden and not trace.is_damaged:
        yield none("FILE-1", "the events in new lines that are not shown", hidden)
    lines = _new_lines(step)
    if not (lines or _new_events(step)):
        return
    tail = lines_of(log_of(files[1]))[1]
    yield judged("FILE-1", "what stands behind the last newline of the log", expected="", actual=as_text(tail))
    for line in lines:
        value = _value(line)
        expected, actual = ("JSON", as_text(line)) if value is None else apart(compact_text(value), line)
        yield judged("FILE-1", "a new line of the log, where it isn't compact", expected=expected, actual=actual)
    if step.op == "compact":
        yield from _all_of_the_log(step, log_of(files[1]))
    elif not tail:
        yield from _as_shown(step, lines)
        yield from _the_rest(lines_of(log_of(files[0]))[0], lines_of(log_of(files[1]))[0])


def _as_shown(step: Step, lines: list[bytes]) -> Iterator[Judgement]:
    """Compare the new lines with the events that the step is shown to have appended, doubles aside."""
    new = _in_order_of_appending(step)
    read = [event_in(line) for line in lines]
    expected = [[each["run_id"], each["event_id"], each["seq"]] for each in new]
    actual = [_name(each) if each is not None else as_text(line) for each, line in zip(read, lines, strict=True)]
    # Where an import left something out, DRIVER-9 says so, and nobody knows the order of the rest.
    is_certain = len(new) == (
        len(step.arguments["events"]) if step.op == "import" else len({each["seq"] for each in new})
    )
    if not is_certain:
        expected.sort(key=str)
        actual.sort(key=str)
    yield judged("FILE-1", "the events in the last lines of the log", expected=expected, actual=actual)
    by_name = {str(_name(each)): each for each in new}
    if expected == actual and len(by_name) == len(new):
        for event in filter(None, read):
            shown, stored = difference(*(blurred(each) for each in (by_name[str(_name(event))], event)))
            yield judged("FILE-1", f"the line of {event['event_id']!r}", expected=shown, actual=stored)


def _the_rest(before: list[bytes], after: list[bytes]) -> Iterator[Judgement]:
    """Judge that the lines that were there, and still are, stand in their old order."""
    if before and after[: len(before)] != before:
        there, still = set(after), set(before)
        expected = [as_text(line)[:80] for line in before if line in there]
        actual = [as_text(line)[:80] for line in after if line in still]
        yield judged("FILE-1", "the order of the lines that were there", expected=expected, actual=actual)


def _all_of_the_log(step: Step, log: bytes) -> Iterator[Judgement]:
    """Compare all of the log with what is shown of it."""
    events = [event for each in step.after.values() for event in each.events]
    shown = sorted(_name(event) for event in events if owner_of(event) in step.after)
    stored = sorted(_name(event) for event in events_of(log) if owner_of(event) in step.after)
    expected, actual = [each for each in shown if each not in stored], [each for each in stored if each not in shown]
    yield judged("FILE-1", "the events that only one has, view or log", expected=expected, actual=actual)


@check("COMPACT-12", on=_COMPACTIONS)
def the_log_is_in_order_after_a_compaction(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge order and readability of a log after a compaction that removed something."""
    files = both(step)
    if not _compacted(step) or not log_of(files[1]):
        return  # what was compacted isn't in this log: FILE-1 says so
    whole, tail = lines_of(log_of(files[1]))
    damaged = [as_text(line)[:80] for line in [*whole, *filter(None, [tail])] if event_in(line) is None]
    yield none("COMPACT-12", "the lines that are no events", damaged)
    old = {_content(event): number for number, event in enumerate(events_of(log_of(files[0])))}
    events = [event for line in whole if (event := event_in(line)) is not None]
    ranks = [_rank(event, old.get(_content(event))) for event in events]
    yield judged("COMPACT-12", "the order of the events", expected=list[Json](sorted(ranks)), actual=list[Json](ranks))


def _rank(event: Object, number: int | None) -> list[Json]:
    """The place of an event: of equal ones those that remained by their old places, then the new markers."""
    new_marker = event["event_type"] == MARKER and number is None
    return [event["run_id"], event["seq"], event["event_id"], new_marker, number or 0]


def _content(event: Object) -> bytes:
    return canonical(blurred(event))


@check("COMPACT-5", on=_COMPACTIONS)
def the_log_stays_where_nothing_is_removed(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a log without torn tail is the same after a compaction that lost no event and made none."""
    before, after = map(log_of, both(step))
    same = [sorted(map(_content, events_of(log))) for log in (before, after)]
    if step.arguments["retention_ms"] and step.ok.get("pruned") == 0 and not lines_of(before)[1] and same[0] == same[1]:
        expected, actual = apart(before, after)
        yield judged("COMPACT-5", "the log, where it differs", expected=expected, actual=actual)


@check("FILE-13", on=_COMPACTIONS)
def unknown_members_are_left_out(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that what a compaction writes again has lost its unknown members."""
    files = both(step)
    if not _compacted(step):
        return
    left = {str(_name(event)): line for line in lines_of(log_of(files[1]))[0] if (event := event_in(line)) is not None}
    for line in log_of(files[0]).split(b"\n"):
        event = event_in(line)
        if event is not None and unknown_in(_value(line), "event") and (again := left.get(str(_name(event)))):
            unknown = unknown_in(_value(again), "event")
            yield none("FILE-13", f"unknown members of {event['event_id']!r}", unknown)


# --- snapshot files ---------------------------------------------------------------------------------------------------


@check("FILE-3", "FILE-4", on=_FILLING)
def where_a_snapshot_lies(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge the path of each snapshot that was written."""
    files = both(step)
    changed = {path: text for path, text in files[1].items() if path != LOG and files[0].get(path) != text}
    for snapshot in _new_snapshots(step):
        run_id, snapshot_id, _tenant = key = key_of_snapshot(snapshot)
        wanted = path_of(run_id, snapshot_id)
        found = [path for path, text in changed.items() if _holds(text, key)]
        path = wanted if wanted in changed else next(iter(sorted(found)), None)
        yield from _path(run_id, snapshot_id, path)


def _path(run_id: str, snapshot_id: str, path: str | None) -> Iterator[Judgement]:
    """Judge the shape of a path, and apart from it what became of ids that can't stand in one as they are."""
    names = [run_id, snapshot_id]
    wanted = path_of(run_id, snapshot_id).split("/")
    parts = [] if path is None else path.split("/")
    what = f"the path of {snapshot_id!r} of {run_id!r}"
    odd_ones = [at for at, name in enumerate(names, start=1) if segment(name) != name or not name.strip(".")]
    if len(parts) != 3 or not parts[2].endswith(".json"):
        # A name that can't stand in a path as it is may have led anywhere.
        yield judged("FILE-4" if odd_ones else "FILE-3", what, expected=wanted, actual=parts)
        return
    yield judged(
        "FILE-3", what, expected=[parts[at] if at in odd_ones else wanted[at] for at in range(3)], actual=parts
    )
    if odd_ones:
        yield judged("FILE-4", what, expected=[wanted[at] for at in odd_ones], actual=[parts[at] for at in odd_ones])


def _holds(text: bytes, key: tuple[str, str, object]) -> bool:
    snapshot = snapshot_in(text)
    return snapshot is not None and key_of_snapshot(snapshot) == key


@check("FILE-5", on=_FILLING)
def the_form_of_a_snapshot_file(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge layout and content of each snapshot file that was written; the order of members is another's business."""
    shown = {key_of_snapshot(each): as_read(each, "snapshot") for each in _new_snapshots(step)}
    for path, text in _new_files(step).items():
        value = _value(text)
        expected, actual = ("JSON", as_text(text[:60])) if value is None else apart(pretty_text(value), text)
        yield judged("FILE-5", f"{path}, where its form is not right", expected=expected, actual=actual)
        snapshot = snapshot_in(text)
        if snapshot is not None and (seen := shown.get(key_of_snapshot(snapshot))) is not None:
            # How the rest reads, says SNAP-7.
            stored = snapshot.keys() if snapshot.keys() >= FILLED_IN else snapshot.keys() - FILLED_IN
            told, snapshot = ({name: each.get(name) for name in stored} for each in (seen, snapshot))
            expected_members, actual_members = difference(*(blurred(each) for each in (told, snapshot)))
            yield judged("FILE-5", f"what {path} holds", expected=expected_members, actual=actual_members)


# --- both -------------------------------------------------------------------------------------------------------------


@check("FILE-7", on=Steps(WRITING).with_files)
def no_other_file(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that an operation that wrote something left nothing but log and snapshots."""
    files = both(step)
    if files[0] == files[1]:
        return
    before, after = files
    others = [path for path, text in after.items() if path not in before and not _belongs(path, text)]
    written = [path for path in after if before.get(path) != after[path] and (path != LOG or _compacted(step))]
    left = [f"{path}.tmp" for path in written if f"{path}.tmp" in before and f"{path}.tmp" in after]
    yield none("FILE-7", "other files than log and snapshots", sorted([*others, *left]))


def _belongs(path: str, text: bytes) -> bool:
    # A snapshot in a wrong place is one all the same: where it should be says FILE-3.
    return path == LOG or is_snapshot_path(path) or snapshot_in(text) is not None


@check("FILE-8", on=Steps(WRITING).with_files)
def the_order_of_members(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge which members of typed records were written, and in which order."""
    for what, table, value in _written(step):
        optional = FILLED_IN if step.op == "import" else frozenset[str]()
        orders = [(_right(kind, record, optional), _found(kind, record)) for kind, record in records_in(value, table)]
        expected, actual = next((each for each in orders if each[0] != each[1]), orders[0])
        yield judged("FILE-8", f"the members of {what}", expected=expected, actual=actual)


def _right(kind: str, record: Object, optional: frozenset[str]) -> list[str]:
    return [
        name
        for name, member in MEMBERS[kind].items()
        if (name in record and not member.left_out(record[name]))
        or (name not in record and member.written == "always" and name not in optional)
    ]


def _found(kind: str, record: Object) -> list[str]:
    return [name for name in record if name in MEMBERS[kind]]


@check("FILE-9", on=Steps(WRITING).with_files)
def free_form_values_are_sorted(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge the order of the members of each object in a free-form value that was written."""
    for what, table, value in _written(step):
        found = [list(each) for free in free_form_in(value, table) for each in objects_in(free) if len(each) > 1]
        if found:
            actual = next((names for names in found if names != _sorted(names)), found[0])
            yield judged("FILE-9", f"members in {what}", expected=list[Json](_sorted(actual)), actual=actual)


def _sorted(names: list[str]) -> list[str]:
    return sorted(names, key=str.encode)


# --- what a step wrote ------------------------------------------------------------------------------------------------


def _compacted(step: Step) -> bool:
    """Whether a step was a compaction that removed something, and wrote the log again.

    Where the log is as it was, its lines are those that somebody else wrote.
    """
    files = both(step)
    return step.op == "compact" and bool(step.ok.get("pruned")) and log_of(files[0]) != log_of(files[1])


def _new_events(step: Step) -> list[Object]:
    """The events that a step added; of owners that were not looked at before, not those that stood in the log."""
    return [each for owner in touched(step) for each in delta(step, owner).new_events]


def _new_snapshots(step: Step) -> list[Object]:
    """The snapshots that a step wrote: new to what is shown, and in no file that is as it was."""
    new = [each for owner in touched(step) for each in delta(step, owner).new_snapshots]
    if not new:
        return []
    files = both(step)
    old = {path: text for path, text in files[0].items() if files[1].get(path) == text}
    kept = {key_of_snapshot(each) for each in snapshots_of(old).values()}
    return [each for each in new if key_of_snapshot(each) not in kept]


def _in_order_of_appending(step: Step) -> list[Object]:
    """The new events as they are shown, in the order in which they were appended: of a pass, that of their seq."""
    new = [as_read(each, "event") for each in _new_events(step)]
    if step.op != "import":
        return sorted(new, key=lambda each: int(each["seq"]))
    places: defaultdict[str, deque[int]] = defaultdict(deque)
    for place, event in enumerate(step.arguments["events"]):
        places[str(_name(event))].append(place)
    # Of several with the same id and seq each takes a place of its own.
    given = [(places[str(_name(each))] or deque([len(new)])).popleft() for each in new]
    return [event for _, event in sorted(zip(given, new, strict=True), key=lambda each: each[0])]


@once_a_step
def _new_lines(step: Step) -> list[bytes]:
    """The lines of the log that a step wrote: all events, after a compaction that removed any."""
    files = both(step)
    whole, _ = lines_of(log_of(files[1]))
    if log_of(files[0]) == log_of(files[1]):
        return []
    if _compacted(step):
        return [line for line in whole if event_in(line) is not None]
    count = len(_new_events(step)) if step.op in WRITING else 0
    return whole[-count:] if count else []


@once_a_step
def _new_files(step: Step) -> dict[str, bytes]:
    """The snapshot files that a step wrote; that a pass changes one that is there is another matter (SNAP-6)."""
    files = both(step)
    if step.op not in {"project", "import"}:
        return {}
    old, now = files
    there = {path: text for path, text in old.items() if step.op == "project" or now.get(path) == text}
    return {path: text for path, text in now.items() if is_snapshot_path(path) and path not in there}


@once_a_step
def _written(step: Step) -> list[tuple[str, str, Json]]:
    """Each record that a step wrote: what to call it, the table that it follows, and its value."""
    lines = [_value(line) for line in _new_lines(step) if event_in(line) is not None]
    files = [(path, text) for path, text in _new_files(step).items() if snapshot_in(text) is not None]
    return [
        *((f"the line of {value['event_id']!r}", "event", value) for value in lines),
        *((path, "snapshot", _value(text)) for path, text in files),
    ]


def _name(event: Object) -> list[Json]:
    return [event["run_id"], event["event_id"], event["seq"]]


def _value(text: bytes) -> Json:
    try:
        return parse(text)
    except ValueError:
        return None
