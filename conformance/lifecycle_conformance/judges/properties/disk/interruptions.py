"""Checks of a pass that is repeated after an interruption, or after the files were taken back beneath the process."""

from collections.abc import Iterator, Sequence

from lifecycle_conformance.execution.judgement import PASSES, Judgement, canonical, judged
from lifecycle_conformance.execution.operations import APPENDING_NOTHING, ON_FILES
from lifecycle_conformance.execution.trace import Files, Object, Step, Trace
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.file_layout import both, events_of, is_snapshot_path, log_of, path_of
from lifecycle_conformance.model.json_text import blurred
from lifecycle_conformance.model.record_ties import recorded_ids


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
    """The pass over the same run that succeeded before files, and nothing else, were changed."""
    damaged = False
    for each in trace.earlier(step):
        if each.op == "project":
            same = (
                each.answer.ok is not None
                and each.files_before is not None
                and canonical(each.run) == canonical(step.run)
            )
            return each if damaged and same else None
        if each.op not in APPENDING_NOTHING - {"prune"}:
            return None
        damaged = damaged or each.op in ON_FILES
    return None


def _is_cut(earlier: Step, whole: tuple[Files, Files], now: Files) -> bool:
    """Whether these files are what an interruption of the earlier pass could have left.

    A pass writes the event of a record, then its snapshot, then what belongs to the next record; or all events first.
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
    for each in (order, sorted(order, key=is_snapshot_path)):
        done = [(what in there) if is_snapshot_path(what) else what in events for what in each]
        if done == sorted(done, reverse=True):
            return True
    return False


def _order_of_writing(earlier: Step, before: Files, after: Files) -> list[str] | None:
    """What a pass wrote, event ids and paths, in the order in which it had to; `None` where that is not clear."""
    new_lines = events_of(log_of(after).removeprefix(log_of(before)))
    events = {event["event_id"] for event in new_lines}
    paths = {path for path in after if is_snapshot_path(path) and path not in before}
    run_id = earlier.owner.run_id
    ids = list(dict.fromkeys(recorded_ids(earlier)))
    order = [what for each in ids for what in (each, path_of(run_id, each)) if what in events or what in paths]
    return order if len(order) == len(new_lines) + len(paths) and len(events) == len(new_lines) else None
