"""Checks of compaction (chapter *Compaction and pruning*), with the tables of the specification's text.

What a compaction should do follows from the log that was shown before it. What a new marker holds is judged where the
compaction took in what it should, so that one event too many doesn't condemn all that is said of it.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from lifecycle_conformance.execution.judgement import PASSES, Judgement, about, canonical, judged, none, steps
from lifecycle_conformance.execution.multiset import more_often
from lifecycle_conformance.execution.trace import Object, Owner, Shown, Step, Trace, View, member
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.delta import delta, differences, in_order, own
from lifecycle_conformance.model.identity import MARKER, ids_listed_by, ids_of, is_unsigned, listed_by, marker_id
from lifecycle_conformance.model.json_text import blurred
from lifecycle_conformance.model.recorded import MAX_SEQ
from lifecycle_conformance.specification.requirements import Table, code_spans, tables
from lifecycle_projection.records import Json

_TABLES: Final = tables()
_COMPACTIONS: Final = steps("compact").accepted.fully_shown


# --- compaction -------------------------------------------------------------------------------------------------------


@check("COMPACT-1", on=steps("compact").fully_shown)
def retention_zero_is_off(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a retention of 0 touches nothing, where a retention of less than anything would."""
    if step.arguments["retention_ms"] == 0 and any(each.removed for each in _compactions(step)):
        yield from touched_nothing("COMPACT-1", step)


@check("COMPACT-2", "COMPACT-3", "COMPACT-4", "COMPACT-13", on=_COMPACTIONS)
def what_a_compaction_removes(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge which events are gone, by the requirement that decides on each, and that their number was answered."""
    if step.arguments["retention_ms"] == 0:
        return
    compactions = _compactions(step)
    if _may_break_either(compactions):
        clear = (about(each.owner, _removed(each)) for each in compactions)
        yield from (each for judgements in clear for each in judgements if each.requirement == "COMPACT-3")
        return
    for each in compactions:
        yield from about(each.owner, _removed(each))
    number = sum(len(each.removed) for each in compactions)
    if number:
        yield judged("COMPACT-13", "the answer", expected={"pruned": number}, actual=step.answer.ok)


@check("COMPACT-5", "COMPACT-7", on=_COMPACTIONS)
def what_a_compaction_leaves_alone(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that what is neither removed nor taken in stays as it is: all of it, where nothing is old."""
    if step.arguments["retention_ms"] == 0:
        return
    compactions = _compactions(step)
    if not any(each.removed for each in compactions):
        events = [event for each in compactions for event in each.remaining]
        gone = [event for each in compactions for event in each.gone]
        # One that is removed is judged as such; what is left are markers that were made anew.
        if events and (step.ok["pruned"] == 0 or not gone) and all(map(_is_marker, gone)):
            yield judged("COMPACT-5", "the answer", expected={"pruned": 0}, actual=step.answer.ok)
            runs = [each.owner.run_id for each in compactions if not each.is_untouched]
            yield none("COMPACT-5", "the runs whose log is another now", runs)
        return
    for each in () if _may_break_either(compactions) else compactions:
        yield from about(each.owner, _left_alone(step, each))


@check("COMPACT-6", "COMPACT-8", "COMPACT-9", "COMPACT-10", "COMPACT-11", on=_COMPACTIONS)
def the_new_markers(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that one marker stands for what was removed of each key, and what it says."""
    if step.arguments["retention_ms"] == 0:
        return
    compactions = _compactions(step)
    for each in () if _may_break_either(compactions) else compactions:
        others = [entry for other in compactions if other is not each for entry in _entries(other)]
        yield from about(each.owner, _new_marker(step, each, others))


@check("COMPACT-14", on=PASSES.fully_shown)
def what_is_compacted_is_not_recorded_again(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that no pass appends an event whose id a marker lists, or takes a seq that is not above all listed ones."""
    listed = [each for event in delta(step).before.events for each in listed_by(event)]
    ids, highest = {event_id for event_id, _ in listed}, max((seq for _, seq in listed), default=MAX_SEQ)
    new = delta(step).new_events
    if not ids.isdisjoint(ids_of(step.run)):
        again = [each for each in new if each["event_id"] in ids]
        yield none("COMPACT-14", "the compacted ids that were appended again", _ids(again))
    if new and highest < MAX_SEQ:
        low = [each["seq"] for each in new if each["seq"] <= highest]
        what = f"the new seqs that are not above {highest}, the highest that is listed"
        yield none("COMPACT-14", what, low)


# --- what a compaction should do, and did -----------------------------------------------------------------------------


@frozen(kw_only=True)
class _Compaction:
    """The log of one key, in the order of taking in, parted as a compaction should, and what became of it."""

    owner: Owner
    cutoff: int
    before: tuple[Object, ...]
    after: tuple[Object, ...]
    removed: list[Object]
    protected: list[Object]
    """The old events that a snapshot protects."""
    taken_in: list[Object]
    """The markers that are not removed, but taken in."""
    remaining: list[Object]
    limit: int | None
    """The highest seq of a snapshot of its run id."""
    decided_by_others: list[Object]
    """The old events that would have another fate if the snapshots of other tenants didn't count."""
    gone: list[Object]
    """What is there less often than it was, as it was."""
    new: list[Object]

    @property
    def is_untouched(self) -> bool:
        """Whether the log is as it was, in the same order."""
        return list(map(_text, self.before)) == list(map(_text, self.after))

    def lost(self, events: Sequence[Object]) -> list[Object]:
        """Those of some events that are gone for good: one that was changed is still there under its id.

        A marker that lists its own id took in an older one with that id, which is gone.
        """
        ids = {each["event_id"] for each in self.new if each["event_id"] not in ids_listed_by([each])}
        return [each for each in _in_both(events, self.gone) if each["event_id"] not in ids]


def _removed(compaction: _Compaction) -> Iterator[Judgement]:
    name, others_decide = f"of {compaction.owner.run_id!r}", compaction.decided_by_others
    removed = _more_often(compaction.removed, others_decide)
    if removed:
        still = _more_often(removed, compaction.gone)
        yield none("COMPACT-2", f"the old events {name} that are still there", _ids(still))
    young = [
        event
        for event in compaction.remaining
        if event["occurred_at_ms"] >= compaction.cutoff and not _is_marker(event)
    ]
    if young:
        lost = compaction.lost(young)
        yield none("COMPACT-2", f"the young events {name} that are gone", _ids(lost))
    protected = _more_often(compaction.protected, [*others_decide, *compaction.taken_in])
    if protected:
        lost = compaction.lost(protected)
        yield none("COMPACT-3", f"the protected events {name} that are gone", _ids(lost))
    decided = _more_often(others_decide, compaction.taken_in)
    if decided:
        due, kept = _in_both(decided, compaction.removed), _more_often(decided, compaction.removed)
        actual = [*_in_both(due, compaction.gone), *compaction.lost(kept)]
        what = f"the events {name}, of those that another tenant's snapshot decides on, that are gone"
        yield judged("COMPACT-4", what, expected=_ids(due), actual=_ids(actual))


def _may_break_either(compactions: Iterable[_Compaction]) -> bool:
    """Whether events are gone that another tenant's snapshot protects, each of them newer than that snapshot.

    Nobody can tell then whether that snapshot didn't count (COMPACT-4), or protected its own event only (COMPACT-3).
    """
    lost = [
        (event["seq"], each.limit)
        for each in compactions
        for event in each.lost(_more_often(each.decided_by_others, [*each.taken_in, *each.removed]))
    ]
    return bool(lost) and all(seq != limit for seq, limit in lost)


def _left_alone(step: Step, compaction: _Compaction) -> Iterator[Judgement]:
    if compaction.remaining:
        lost = compaction.lost(compaction.remaining)
        changed = _more_often(_in_both(compaction.remaining, compaction.gone), lost)
        markers = [event for event in lost if _is_marker(event) and event not in compaction.protected]
        what = f"what stays of {compaction.owner.run_id!r} and is not as it was"
        yield none("COMPACT-7", what, _ids([*changed, *markers]))
    before, after = _both(step, compaction.owner)
    if before.snapshots:
        what = f"what happened to the snapshots of {compaction.owner.run_id!r}"
        actual = differences(Shown(snapshots=before.snapshots), Shown(snapshots=after.snapshots))
        yield none("COMPACT-7", what, actual)


def _new_marker(step: Step, compaction: _Compaction, others: list[Json]) -> Iterator[Judgement]:
    if not _in_both(compaction.removed, compaction.gone):
        return
    markers = [event for event in compaction.new if _is_marker(event)]
    name = f"of {compaction.owner.run_id!r}"
    yield judged("COMPACT-6", f"the number of new markers {name}", expected=1, actual=len(markers))
    if compaction.taken_in:
        still = _more_often(compaction.taken_in, compaction.gone)
        yield none("COMPACT-6", f"the older markers {name} that are still there", _ids(still))
    if len(markers) == 1:
        foreign = _foreign(_listed(markers[0]), _entries(compaction), others)
        yield none("COMPACT-6", f"what the marker {name} lists of what was removed of others", foreign)
        yield from _marker(step, compaction, markers[0])


def _compactions(step: Step) -> list[_Compaction]:
    """Part the log of each owner that was shown."""
    return [_compaction(step, owner) for owner in step.before]


def _compaction(step: Step, owner: Owner) -> _Compaction:
    before, after = (shown.events for shown in _both(step, owner))
    cutoff = max(0, step.arguments["now_ms"] - step.arguments["retention_ms"])
    events = in_order(before)
    old = [event for event in events if event["occurred_at_ms"] < cutoff]
    limit = _newest_seq(step.before, [each for each in step.before if each.run_id == owner.run_id])
    own_limit = _newest_seq(step.before, [owner])
    removed = [event for event in old if not _protects(limit, event)]
    rest = [event for event in events if event not in removed]
    taken_in = [event for event in rest if removed and _is_marker(event)]
    return _Compaction(
        owner=owner,
        cutoff=cutoff,
        before=before,
        after=after,
        removed=removed,
        protected=[event for event in old if _protects(limit, event)],
        taken_in=taken_in,
        remaining=[event for event in rest if event not in taken_in],
        limit=limit,
        decided_by_others=[event for event in old if _protects(limit, event) != _protects(own_limit, event)],
        gone=_more_often(before, after),
        new=_more_often(after, before),
    )


def _newest_seq(view: View, owners: Iterable[Owner]) -> int | None:
    return max((each["seq"] for owner in owners for each in own(view, owner).snapshots), default=None)


def _protects(limit: int | None, event: Object) -> bool:
    return limit is not None and event["seq"] >= limit


def _is_marker(event: Object) -> bool:
    return bool(event["event_type"] == MARKER)


# --- what a marker should say -----------------------------------------------------------------------------------------


def _marker(step: Step, compaction: _Compaction, marker: Object) -> Iterator[Judgement]:
    owner, taken_in = compaction.owner, [*compaction.removed, *compaction.taken_in]
    payload = marker.get("payload")
    yield from _members("marker", marker)
    yield from _members("marker.payload", payload if isinstance(payload, dict) else {})
    through_seq = member(payload, "compacted_through_seq")
    expected = {
        "run_id": owner.run_id,
        "seq": through_seq,
        "occurred_at_ms": step.arguments["now_ms"],
        "scope": taken_in[0]["scope"],
    }
    actual = {name: marker[name] for name in expected}
    yield judged("COMPACT-8", "the members of the marker that depend on its key", expected=expected, actual=actual)
    if is_unsigned(through_seq):
        event_id = marker_id(owner, through_seq)
        yield judged("COMPACT-9", "the id of the marker", expected=event_id, actual=marker["event_id"])
    numbers = {
        "compacted_through_seq": max(each["seq"] for each in taken_in),
        "compacted_through_ms": max(each["occurred_at_ms"] for each in taken_in),
        "pruned_events": len(taken_in),
    }
    actual = {name: member(payload, name) for name in numbers}
    yield judged("COMPACT-10", "the numbers of the marker", expected=numbers, actual=actual)
    entries, listed = _entries(compaction), _listed(marker)
    yield judged("COMPACT-11", "the ids that the marker lists", expected=entries, actual=listed)


def _entries(compaction: _Compaction) -> list[Json]:
    """What a marker should list of a key (COMPACT-11)."""
    taken_in = [*compaction.removed, *compaction.taken_in]
    places = [place for each in taken_in for place in (*listed_by(each), (each["event_id"], each["seq"]))]
    return [{"event_id": event_id, "seq": seq} for event_id, seq in places]


def _listed(marker: Object) -> Json:
    return member(marker.get("payload"), "compacted_event_ids")


def _foreign(listed: Json, own_entries: Sequence[Json], others: Sequence[Json]) -> list[Json]:
    """What a marker lists beyond its own, if all of that is what belongs into the markers of others."""
    more = more_often(listed, own_entries, canonical) if isinstance(listed, list) else []
    return more if all(each in others for each in more) else []


def _members(table: str, document: Object) -> Iterator[Judgement]:
    """Judge that a document has the members of its table, and the constants among them."""
    rows: Table = _TABLES[table]
    names = [code_spans(row["member"])[0] for row in rows]
    # A member that is null is absent, but for the payload, and no member of a marker may be absent.
    there = [name for name, value in document.items() if value is not None]
    yield judged("COMPACT-8", f"the members of the {table}", expected=sorted(names), actual=sorted(there))
    constants = {name: json.loads(cell) for name, cell in _constants(rows).items()}
    actual = {name: document.get(name) for name in constants}
    yield judged("COMPACT-8", f"the constants of the {table}", expected=constants, actual=actual)


def _constants(rows: Table) -> dict[str, str]:
    """The members whose cell is nothing but a number or a string in JSON."""
    cells = {code_spans(row["member"])[0]: row["where it comes from"] for row in rows}
    whole = {name: cell[1:-1] for name, cell in cells.items() if cell[:1] == cell[-1:] == "`"}
    return {name: text for name, text in whole.items() if text.isdecimal() or text.startswith('"')}


# --- comparing --------------------------------------------------------------------------------------------------------


def touched_nothing(requirement: str, step: Step) -> Iterator[Judgement]:
    """Judge that a compaction or a pruning answered 0 and changed nothing that is shown."""
    changes = [each for owner in step.before for each in delta(step, owner).differences]
    yield judged(requirement, "the answer", expected={"pruned": 0}, actual=step.answer.ok)
    yield none(requirement, "what changed", changes)


def _both(step: Step, owner: Owner) -> tuple[Shown, Shown]:
    change = delta(step, owner)
    return change.before, change.after


def _ids(events: Iterable[Object]) -> list[Json]:
    return [each["event_id"] for each in events]


def _text(event: Object) -> bytes:
    """What tells an event from others: a compaction writes the log anew, and what that does to doubles is JSON-12's."""
    return canonical(blurred(event))


def _more_often(here: Sequence[Object], there: Sequence[Object]) -> list[Object]:
    return more_often(here, there, _text)


def _in_both(these: Sequence[Object], those: Sequence[Object]) -> list[Object]:
    """The events that are here as well as there, as often as they are in both."""
    return _more_often(these, _more_often(these, those))
