"""Checks of pruning, and of what comes back of it (chapter *Compaction and pruning*)."""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from lifecycle_conformance.execution.judgement import PASSES, Judgement, judged, none, steps
from lifecycle_conformance.execution.operations import OPENING
from lifecycle_conformance.execution.trace import Object, Owner, Shown, Step, Trace, View
from lifecycle_conformance.judges.properties.compaction import touched_nothing
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.delta import delta, differences, own
from lifecycle_conformance.model.identity import ids_of
from lifecycle_conformance.model.record_ties import pass_effects
from lifecycle_conformance.model.recorded import recorded_before
from lifecycle_conformance.model.reported_ids import reported_ids, reported_ids_correct
from lifecycle_conformance.specification.requirements import tables

_TABLES: Final = tables()


# --- pruning ----------------------------------------------------------------------------------------------------------


@check("PRUNE-1", on=steps("prune").fully_shown)
def retention_zero_is_off(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a retention of 0 touches nothing, where a retention of less than anything would."""
    if step.arguments["retention_ms"] == 0 and any(each.doomed for each in _prunings(step)):
        yield from touched_nothing("PRUNE-1", step)


@check("PRUNE-2", "PRUNE-3", "PRUNE-4", "PRUNE-5", on=steps("prune").accepted.fully_shown)
def what_a_pruning_deletes(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge which snapshots are gone, that their number was answered, and that all else is as it was."""
    if step.arguments["retention_ms"] == 0:
        return
    prunings = _prunings(step)
    for each in prunings:
        name, namesakes = f"of {each.run_id!r}", each.namesakes_of_doomed(prunings)
        lost = [snapshot.id for snapshot in each.newest if snapshot not in each.left]
        if lost or any(snapshot.created_at_ms < each.cutoff for snapshot in each.newest):
            yield none("PRUNE-2", f"the newest snapshots {name} that are gone", lost)
        if namesakes:
            lost = [snapshot.id for snapshot in namesakes if snapshot not in each.left]
            what = f"the snapshots {name} that are gone, of those to stay whose namesakes of other runs must go"
            yield none("PRUNE-2", what, lost)
        others = [snapshot for snapshot in each.others if snapshot not in namesakes]
        if others:
            expected = [snapshot.id for snapshot in others if snapshot not in each.doomed]
            actual = [snapshot.id for snapshot in others if snapshot in each.left]
            what = f"the snapshots {name} that are left, the newest aside"
            yield judged("PRUNE-3", what, expected=[*expected], actual=[*actual])
    deleted = sum(len(each.all) - len(each.left) for each in prunings)
    if any(each.all for each in prunings):
        yield judged("PRUNE-4", "the answer", expected={"pruned": deleted}, actual=step.answer.ok)
    if deleted:
        changes = [change for owner in step.before for change in _changes_beside_pruning(step, owner)]
        yield none("PRUNE-5", "what changed of what is kept", [*changes, *_files_changed(step)])


@check("PRUNE-5", on=steps("prune").accepted.with_files)
def folders_stay(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a pruning that deletes a file leaves all folders, also one that has become empty."""
    if step.folders_before is not None and step.folders_after is not None and step.files_before != step.files_after:
        yield none("PRUNE-5", "the folders that are gone", sorted(step.folders_before - step.folders_after))


@check("PRUNE-6", on=PASSES.accepted.fully_shown)
def pruned_snapshots_come_back(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that a pass writes the snapshots that were pruned, with the state of that day, and counts them.

    Which record is which is for others to judge: where the ids of the implementation are wrong, or it takes a record
    for a new one, nothing follows. Nothing follows of the answer where one has no snapshot that wasn't pruned.
    """
    pruned = _pruned(step, trace)
    found = dict.fromkeys(_found(step, trace) if pruned else ())
    due = [event_id for event_id in found if event_id in pruned]
    if not due:
        return
    there = {each["snapshot_id"]: each for each in delta(step).after.snapshots}
    missing = [each for each in due if each not in there]
    yield none("PRUNE-6", "the pruned snapshots that didn't come back", missing)
    states: Object = {each: there[each]["status"] for each in due if each in there}
    expected: Object = dict.fromkeys(states, step.run["status"])
    yield judged("PRUNE-6", "the statuses of those that came back", expected=expected, actual=states)
    before = {each["snapshot_id"] for each in delta(step).before.snapshots}
    others = [*(there.keys() - before - {*due}), *delta(step).new_events]
    if not others and there.keys() >= found.keys():
        yield judged("PRUNE-6", "the answer", expected=len(due), actual=step.ok["projected"])


# --- what a pruning should do, and did --------------------------------------------------------------------------------


@frozen
class _Kept:
    """A snapshot, told from all others; of those with the same run id the order is that of these members."""

    seq: int
    id_in_order: bytes
    owner: Owner
    created_at_ms: int

    @property
    def id(self) -> str:
        return self.id_in_order.decode()

    @property
    def order(self) -> tuple[int, bytes]:
        return self.seq, self.id_in_order


@frozen(kw_only=True)
class _Pruning:
    """The snapshots of a run id, of all tenants, parted as a pruning should, and what is left of them."""

    run_id: str
    cutoff: int
    all: list[_Kept]
    newest: list[_Kept]
    others: list[_Kept]
    left: list[_Kept]

    @property
    def doomed(self) -> list[_Kept]:
        """Those that must go."""
        return [each for each in self.others if each.created_at_ms < self.cutoff]

    def namesakes_of_doomed(self, prunings: "Sequence[_Pruning]") -> list[_Kept]:
        """Those of the others that stay and have the id of one of another run that must go (H20)."""
        ids = {each.id for pruning in prunings if pruning is not self for each in pruning.doomed}
        return [each for each in self.others if each not in self.doomed and each.id in ids]


def _prunings(step: Step) -> list[_Pruning]:
    cutoff = max(0, step.arguments["now_ms"] - step.arguments["retention_ms"])
    return [_pruning(step, run_id, cutoff) for run_id in dict.fromkeys(owner.run_id for owner in step.before)]


def _pruning(step: Step, run_id: str, cutoff: int) -> _Pruning:
    """Part the snapshots of a run id.

    Two tenants may have snapshots with the same seq and id. Where only one of them would be among the newest, nothing
    says which, so they are counted neither among these nor among the others.
    """
    kept = sorted(_kept(step.before, run_id), key=lambda each: each.order)
    first = max(0, len(kept) - max(1, step.arguments["keep"]))
    newest, others = kept[first:], kept[:first]
    undecided = {each.order for each in newest} & {each.order for each in others}
    after = {(each.owner, each.id) for each in _kept(step.after, run_id)}
    return _Pruning(
        run_id=run_id,
        cutoff=cutoff,
        all=kept,
        newest=[each for each in newest if each.order not in undecided],
        others=[each for each in others if each.order not in undecided],
        left=[each for each in kept if (each.owner, each.id) in after],
    )


def _kept(view: View, run_id: str) -> list[_Kept]:
    return [
        _Kept(each["seq"], each["snapshot_id"].encode(), owner, each["created_at_ms"])
        for owner in view
        if owner.run_id == run_id
        for each in own(view, owner).snapshots
    ]


def _changes_beside_pruning(step: Step, owner: Owner) -> list[str]:
    """Name the changes of an owner's events, and of its snapshots that are still there."""
    change = delta(step, owner)
    before, after = change.before, change.after
    ids = {each["snapshot_id"] for each in after.snapshots}
    kept = tuple(each for each in before.snapshots if each["snapshot_id"] in ids)
    return differences(Shown(events=before.events, snapshots=kept), after)


def _files_changed(step: Step) -> list[str]:
    """The files that a pruning left and changed."""
    before, after = step.files_before or {}, step.files_after or {}
    return sorted(path for path, text in before.items() if path in after and after[path] != text)


def _pruned(step: Step, trace: Trace) -> set[str]:
    """The ids of an owner's snapshots that were pruned since the store was opened and are still missing."""
    pruned: set[str] = set()
    for earlier in trace.earlier(step):
        if earlier.op in OPENING:
            break
        if earlier.op == "prune":
            before, after = (own(view, step.owner).snapshots for view in (earlier.before, earlier.after))
            pruned |= {each["snapshot_id"] for each in before} - {each["snapshot_id"] for each in after}
    return pruned - {each["snapshot_id"] for each in delta(step).before.snapshots}


def _found(step: Step, trace: Trace) -> list[str]:
    """The ids under which a pass found records of its history, as far as it looked for them under the right ones.

    Under an id of another form it looks only where the stable id leads there, which an implementation that was not
    asked for its ids need not have known.
    """
    told, right, new = reported_ids(step, trace), reported_ids_correct(step, trace), pass_effects(step).events
    ids = zip(recorded_before(step), ids_of(step.run), strict=True)
    return [
        place.event_id
        for (place, event_id), answer, is_right, events in zip(ids, told, right, new, strict=True)
        if place is not None and is_right and not events and (answer is not None or place.event_id == event_id)
    ]
