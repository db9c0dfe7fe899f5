"""Checks of the chapters *Event log*, *Snapshots*, *Compaction and pruning*, *Files on disk* and *Errors*."""

from collections.abc import Iterator

from lifecycle_conformance.properties.changes import added, appended, highest_seq
from lifecycle_conformance.properties.content_ids import listed_by
from lifecycle_conformance.properties.judgement import Judgement, canonical, judged, judges
from lifecycle_conformance.trace import Object, Shown, Step, Trace, View, owner_of


@judges("LOG-1", "SNAP-6")
def what_is_recorded_stays(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that passes and appends change and remove nothing that was there."""
    if step.op not in {"project", "append"}:
        return
    for owner, shown in step.before.items():
        after = step.after[owner]
        if shown.events:
            lost = added(after.events, shown.events)
            yield judged("LOG-1", f"events of {owner.run_id!r} that are gone or changed", expected=[], actual=lost)
        if shown.snapshots:
            lost = added(after.snapshots, shown.snapshots)
            yield judged("SNAP-6", f"snapshots of {owner.run_id!r} that are gone or changed", expected=[], actual=lost)


@judges("LOG-4")
def sequence_numbers(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that each new event takes one more than the highest seq known."""
    if step.op == "project" and (new := appended(step)):
        start = highest_seq(step.shown_before().events) + 1
        expected = list(range(start, start + len(new)))
        yield judged("LOG-4", "the seqs of the new events", expected=expected, actual=[each["seq"] for each in new])


@judges("LOG-2", "LOG-3", "LOG-8")
def an_event_is_appended_once(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge what an append by hand answers and stores."""
    if step.op != "append" or step.answer.ok is None:
        return
    event = step.arguments["event"]
    before, after = step.before.get(owner_of(event), Shown()), step.after[owner_of(event)]
    known: dict[str, int] = {}
    for each in before.events:
        for event_id, seq in ((each["event_id"], each["seq"]), *listed_by(each)):
            known.setdefault(event_id, seq)
    new = added(before.events, after.events)
    if event["event_id"] in known:
        expected = {"appended": False, "seq": known[event["event_id"]]}
        own = {each["event_id"] for each in before.events}
        requirement = "LOG-2" if event["event_id"] in own else "LOG-3"
        yield judged(requirement, f"the answer to {event['event_id']!r}", expected=expected, actual=step.answer.ok)
        yield judged(requirement, "what was appended", expected=[], actual=new)
    else:
        seq = highest_seq(before.events) + 1
        yield judged("LOG-2", "the answer", expected={"appended": True, "seq": seq}, actual=step.answer.ok)
        yield judged("LOG-8", "what was appended", expected=[{**event, "seq": seq}], actual=new)


@judges("LOG-7", "SNAP-10")
def shown_in_order(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge the order in which events and snapshots are shown."""
    if step.op == "identify":
        return
    for owner, shown in step.after.items():
        if len(shown.events) > 1:
            seqs = [each["seq"] for each in shown.events]
            yield judged("LOG-7", f"the order of the events of {owner.run_id!r}", expected=sorted(seqs), actual=seqs)
        if len(shown.snapshots) > 1:
            places = [[each["seq"], each["snapshot_id"]] for each in shown.snapshots]
            yield judged(
                "SNAP-10", f"the order of the snapshots of {owner.run_id!r}", expected=sorted(places), actual=places
            )


@judges("COMPACT-1", "PRUNE-1")
def retention_zero_is_off(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a retention of 0 touches nothing."""
    if step.op in {"compact", "prune"} and step.arguments["retention_ms"] == 0:
        requirement = "COMPACT-1" if step.op == "compact" else "PRUNE-1"
        yield judged(requirement, "the answer", expected={"pruned": 0}, actual=step.answer.ok)
        yield judged(requirement, "what is shown", expected=plain(step.before), actual=plain(step.after))


@judges("COMPACT-2", "COMPACT-3", "COMPACT-5", "COMPACT-7", "COMPACT-13")
def compaction_removes_what_is_old(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge which events a compaction removed; that their ids are remembered is judged by the next pass."""
    if step.op != "compact" or step.answer.ok is None or step.arguments["retention_ms"] == 0:
        return
    cutoff = max(0, step.arguments["now_ms"] - step.arguments["retention_ms"])
    removed = 0
    for owner, shown in step.before.items():
        old = [each for each in shown.events if each["occurred_at_ms"] < cutoff]
        limit = _protected_from(step.before, owner.run_id)
        doomed = [each for each in old if limit is None or each["seq"] < limit]
        removed += len(doomed)
        after = {each["event_id"] for each in step.after[owner].events}
        # A new marker may take the id of an old one.
        ids = [each["event_id"] for each in doomed if not _is_marker(each)]
        if ids:
            yield judged(
                "COMPACT-2",
                "the old events that are still there",
                expected=[],
                actual=[each for each in ids if each in after],
            )
        kept = [each["event_id"] for each in old if each not in doomed and not _is_marker(each)]
        if kept:
            gone = [each for each in kept if each not in after]
            yield judged("COMPACT-3", "the protected events that are gone", expected=[], actual=gone)
        young = [each["event_id"] for each in shown.events if each not in old and not _is_marker(each)]
        if young and ids:
            gone = [each for each in young if each not in after]
            yield judged("COMPACT-7", "the young events that are gone", expected=[], actual=gone)
    yield judged("COMPACT-13", "the answer", expected={"pruned": removed}, actual=step.answer.ok)
    if not removed:
        yield judged("COMPACT-5", "what is shown", expected=plain(step.before), actual=plain(step.after))


@judges("PRUNE-2", "PRUNE-3", "PRUNE-4", "PRUNE-5")
def pruning_deletes_old_snapshots(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge which snapshots a pruning deleted."""
    if step.op != "prune" or step.answer.ok is None or step.arguments["retention_ms"] == 0:
        return
    cutoff = max(0, step.arguments["now_ms"] - step.arguments["retention_ms"])
    deleted = 0
    for run_id in {owner.run_id for owner in step.before}:
        snapshots = _in_order(step.before, run_id)
        newest = snapshots[-max(1, step.arguments["keep"]) :]
        doomed = [each for each in snapshots[: len(snapshots) - len(newest)] if each["created_at_ms"] < cutoff]
        deleted += len(doomed)
        left = list(map(canonical, _in_order(step.after, run_id)))
        if newest:
            gone = [each["snapshot_id"] for each in newest if canonical(each) not in left]
            yield judged("PRUNE-2", f"the newest snapshots of {run_id!r} that are gone", expected=[], actual=gone)
        expected = [each["snapshot_id"] for each in snapshots if each not in doomed]
        actual = [each["snapshot_id"] for each in _in_order(step.after, run_id)]
        yield judged("PRUNE-3", f"the snapshots of {run_id!r} that are left", expected=expected, actual=actual)
    yield judged("PRUNE-4", "the answer", expected={"pruned": deleted}, actual=step.answer.ok)
    events = [[*shown.events] for shown in step.before.values()]
    yield judged("PRUNE-5", "the events", expected=events, actual=[[*step.after[each].events] for each in step.before])


@judges("ERR-1", "ERR-7")
def refused_input_changes_nothing(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge the answer to input that must be refused, which a life marks as such."""
    if step.op == "refuse":
        yield judged("ERR-7", "the kind of the refusal", expected="invalid_input", actual=step.refusal)
        yield judged("ERR-1", "what is shown", expected=plain(step.before), actual=plain(step.after))


@judges("FILE-25")
def what_was_answered_survives(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a new process shows what the old one did."""
    if step.op == "restart":
        yield judged("FILE-25", "what is shown", expected=plain(step.before), actual=plain(step.after))


def plain(view: View) -> list[Object]:
    """Give a view as a JSON value."""
    return [
        {
            "run_id": owner.run_id,
            "tenant": list(owner.tenant),
            "events": [*shown.events],
            "snapshots": [*shown.snapshots],
        }
        for owner, shown in view.items()
    ]


def _in_order(view: View, run_id: str) -> list[Object]:
    """Give the snapshots of a run id, of every tenant, in the order in which they are kept or pruned."""
    snapshots = [each for owner, shown in view.items() if owner.run_id == run_id for each in shown.snapshots]
    return sorted(snapshots, key=lambda each: (each["seq"], each["snapshot_id"].encode()))


def _protected_from(view: View, run_id: str) -> int | None:
    return max((each["seq"] for each in _in_order(view, run_id)), default=None)


def _is_marker(event: Object) -> bool:
    return bool(event["event_type"] == "stateful_runtime.event_log_compacted")
