"""Checks of the chapter *Files on disk*: which snapshots are listed beside damaged and other files."""

from collections.abc import Iterator

from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.judgement import Judgement, Steps, judged
from lifecycle_conformance.execution.operations import ON_FILES
from lifecycle_conformance.execution.trace import Files, Object, Owner, Step, Trace, View, owner_of
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.delta import own
from lifecycle_conformance.model.file_layout import (
    as_put,
    as_read,
    both,
    folder_of,
    is_snapshot_path,
    key_of_snapshot,
    listed_for,
    segment,
    snapshot_in,
    unknown_in,
)
from lifecycle_conformance.model.json_text import blurred, is_json, look, may_be_asked
from lifecycle_projection.records import Json


@check("FILE-7", "FILE-13", "FILE-14", "FILE-21", "FILE-26", on=Steps(ON_FILES - {"tear"}).with_files)
def what_is_listed_of_the_snapshots(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge which snapshots are shown after a file among them was put there, damaged or removed."""
    files = both(step)
    path = step.arguments.get("path", LOG)
    if path == LOG:
        return
    before, after = files[0], as_put(step, files[0])
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
    subject = special or ("FILE-26" if _is_of_the_same(before.get(path, b""), text) else None)
    if subject is not None and snapshot is not None and owner_of(snapshot) in owners:
        yield from _one_snapshot(subject, snapshot, step.after)


def _is_of_the_same(before: bytes, after: bytes) -> bool:
    """Whether a file held a snapshot, and holds that snapshot still, otherwise than before."""
    there, now = snapshot_in(before), snapshot_in(after)
    if before == after or there is None or now is None:
        return False
    return key_of_snapshot(there) == key_of_snapshot(now)


def _special_snapshot(text: bytes) -> str | None:
    """Whether a file is written in a way that has a requirement of its own."""
    try:
        looked = look(text)
    except ValueError:
        return None
    if looked.odd:
        return "FILE-14"
    return "FILE-13" if snapshot_in(text) is not None and unknown_in(looked.value, "snapshot") else None


def _may_be_looked_at(text: bytes, capabilities: frozenset[str]) -> bool:
    return not is_json(text) or may_be_asked(text, capabilities)


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
    """What an owner is shown of its own: that it is shown nothing of others is a matter of tenants (TENANT-1)."""
    return sorted([each["seq"], each["snapshot_id"]] for each in own(view, owner).snapshots)
