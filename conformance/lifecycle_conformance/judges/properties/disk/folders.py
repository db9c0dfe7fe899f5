"""Checks of the chapter *Files on disk*: snapshot files that lie elsewhere, and those that lack members of a phase."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TypeAlias

from lifecycle_conformance.execution.file_operations import put_by
from lifecycle_conformance.execution.judgement import Judgement, Steps, judged, none, steps
from lifecycle_conformance.execution.operations import ALL
from lifecycle_conformance.execution.trace import Files, Object, Shown, Step, Trace, owner_of
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.file_layout import (
    both,
    events_of,
    is_snapshot_path,
    key_of_snapshot,
    log_of,
    misplaced_in,
    path_of,
    snapshot_in,
    snapshots_of,
)
from lifecycle_conformance.model.phase_table import FILLED_IN
from lifecycle_projection.records import Json

# --- what is filled in ------------------------------------------------------------------------------------------------


@check("SNAP-9", on=Steps(ALL - {"open"}).with_files)
def what_is_filled_in_is_not_stored(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that the file of a snapshot that lacks members of its phase goes on lacking them."""
    before, after = both(step)
    own = {step.arguments.get("path")} if step.op == "remove" else set[str]()
    if step.op == "put":
        before = {**before, step.arguments["path"]: put_by(step.arguments)}
    if step.op == "import":
        own = {path_of(each["run_id"], each["snapshot_id"]) for each in step.arguments["snapshots"]}
    for path, text in before.items():
        if is_snapshot_path(path) and path in after and path not in own and (lacking := _lacking(text)):
            filled = sorted(lacking - _lacking(after[path]))
            if filled or _is_shown_filled_in(text, lacking, step):
                what = f"what was filled in in {path}"
                yield none("SNAP-9", what, filled, subject=path)


def _is_shown_filled_in(text: bytes, lacking: set[str], step: Step) -> bool:
    """Whether a snapshot is shown with what its file lacks."""
    snapshot = snapshot_in(text)
    if snapshot is None:
        return False
    shown = step.after.get(owner_of(snapshot), Shown()).snapshots
    return any(key_of_snapshot(each) == key_of_snapshot(snapshot) and lacking <= each.keys() for each in shown)


def _lacking(text: bytes) -> set[str]:
    # Nearly every file holds all of them, and need not be read.
    if all(f'"{name}"'.encode() in text for name in FILLED_IN):
        return set()
    snapshot = snapshot_in(text)
    return set() if snapshot is None else {*FILLED_IN} - snapshot.keys()


# --- retention --------------------------------------------------------------------------------------------------------

_Kept: TypeAlias = dict[str, list[tuple[str, Object]]]
"""Snapshots with their paths, in groups."""


@check("FILE-24", on=steps("compact", "prune").accepted.with_files)
def retention_reads_all_folders(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge compaction and pruning where a snapshot stands in the folder of another run, and that matters.

    What they do is compared with what they should do and with what follows from looking into the own folder only, or
    from taking a folder for a run; anything else is not about folders.
    """
    files = both(step)
    if not misplaced_in(files[0]):
        return
    if not step.arguments["retention_ms"]:
        return
    outcome: Callable[[_Kept], Json]
    if step.op == "prune":
        actual: Json = sorted(path for path in files[0] if is_snapshot_path(path) and path not in files[1])

        def outcome(groups: _Kept) -> Json:
            return _pruned(groups, step.arguments)

        what = "the files that were deleted"
    else:
        actual = step.ok.get("pruned")

        def outcome(groups: _Kept) -> Json:
            return _compacted(groups, files[0], step.arguments)

        what = "the number of events that were removed"
    snapshots, misplaced = snapshots_of(files[0]), misplaced_in(files[0])
    own = {path: each for path, each in snapshots.items() if path not in misplaced}
    right = outcome(_grouped(snapshots, lambda _path, each: str(each["run_id"])))
    wrong = [
        outcome(_grouped(own, lambda _path, each: str(each["run_id"]))),
        outcome(_grouped(snapshots, lambda path, _each: path.split("/")[1])),
    ]
    if any(each != right for each in wrong) and actual in [right, *wrong]:
        yield judged("FILE-24", what, expected=right, actual=actual)


def _grouped(snapshots: dict[str, Object], group: Callable[[str, Object], str]) -> _Kept:
    groups: _Kept = defaultdict(list)
    for path, snapshot in snapshots.items():
        groups[group(path, snapshot)].append((path, snapshot))
    return groups


def _pruned(groups: _Kept, asked: Object) -> Json:
    """The paths that a pruning deletes (PRUNE-2, PRUNE-3)."""
    cutoff = max(0, asked["now_ms"] - asked["retention_ms"])
    paths = []
    for snapshots in groups.values():
        ordered = sorted(snapshots, key=lambda each: (each[1]["seq"], each[1]["snapshot_id"].encode()))
        older = ordered[: -max(1, asked["keep"])]
        paths += [path for path, snapshot in older if snapshot["created_at_ms"] < cutoff]
    return sorted(paths)


def _compacted(groups: _Kept, files: Files, asked: Object) -> Json:
    """The number of events that a compaction removes (COMPACT-2, COMPACT-3)."""
    cutoff = max(0, asked["now_ms"] - asked["retention_ms"])
    newest = {run_id: max(snapshot["seq"] for _, snapshot in each) for run_id, each in groups.items()}
    return sum(
        event["occurred_at_ms"] < cutoff and (event["run_id"] not in newest or event["seq"] < newest[event["run_id"]])
        for event in events_of(log_of(files))
    )
