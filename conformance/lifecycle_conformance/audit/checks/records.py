"""The lifecycle records of a run record, beside what a store holds of its run."""

from collections.abc import Iterator, Sequence
from itertools import islice

from lifecycle_conformance.audit.checks.first_generation import shifted_counters
from lifecycle_conformance.audit.checks.identity import is_right, shortened
from lifecycle_conformance.audit.checks.order import holes
from lifecycle_conformance.audit.checks.redaction import redaction
from lifecycle_conformance.audit.finding import Finding, Where
from lifecycle_conformance.audit.lives import Life
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.trace import Object, history_of, member
from lifecycle_conformance.model.identity import Content, contents_of, ids_of, record_of_event, stable_id
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF, phase_status
from lifecycle_projection.records import Json


def records(life: Life, run: Object, where: Where) -> Iterator[Finding]:
    """What differs between the history of a run record and its events (PASS-2, PASS-12, ID-1, JSON-12)."""
    contents = contents_of(run)
    by_id = {stable_id(*each): index for index, each in enumerate(contents)}
    missing = [index for event_id, index in by_id.items() if event_id not in life.known_ids]
    strange = [each for each in life.recorded if stable_id(*each[1:]) not in by_id]
    changed = _changed(strange, contents)
    for row, index in changed:
        if index in missing:  # else two events tell it, see `identity`
            yield life.finding(
                "number-changed",
                "the lifecycle record says the same but for the last digits of a number",
                row,
                record_index=index,
                expected=history_of(run)[index].get("metadata"),
                actual=member(row.value.get("payload"), "metadata"),
            )
    if not life.lists_index_ids:  # a marker no longer tells which record such an id stood for (H11)
        yield from _unrecorded(life, run, sorted({*missing} - {index for _, index in changed}), where)
    for row, content, number in strange:
        of_id = by_id.get(row.value["event_id"])
        if of_id is not None:
            yield from _altered(life, row, of_id, history_of(run)[of_id])
        elif not any(row is each for each, _ in changed) and is_right(row, content, number):
            yield life.finding("event-not-explained", f"no lifecycle record at {where} says this", row)
    yield from redaction(life, run)
    yield from shifted_counters(life, run)


def _changed(
    strange: Sequence[tuple[Row, Content, int]], contents: Sequence[tuple[Content, int]]
) -> list[tuple[Row, int]]:
    """The events that say the same as a record but for the last digits of a number, each with its index (H9)."""
    if not strange:
        return []
    alike = {shortened(content): index for index, (content, _) in enumerate(contents)}
    return [(row, index) for row, content, _ in strange if (index := alike.get(shortened(content))) is not None]


def _altered(life: Life, row: Row, index: int, record: Object) -> Iterator[Finding]:
    """What an event says otherwise than the lifecycle record of which it has the id."""
    said = record_of_event(row.value)
    for name in said:
        if canonical(record.get(name)) != canonical(said[name]):
            yield life.finding(
                "event-altered",
                f"`{name}` of the lifecycle record",
                row,
                record_index=index,
                expected=record.get(name),
                actual=said[name],
            )


def _unrecorded(life: Life, run: Object, missing: Sequence[int], where: Where) -> Iterator[Finding]:
    """Records that are not recorded: the newest wait for a pass, or for a move that the guard allows (H1)."""
    length = len(history_of(run))
    newest = next(
        (length - number for number, index in enumerate(reversed(missing)) if index != length - 1 - number), 0
    )
    tail = [index for index in missing if index >= (newest or length - len(missing))]
    inside = [index for index in missing if index not in tail]
    for index, seqs in zip(inside, _seqs_of(inside, life), strict=True):
        record = history_of(run)[index]
        yield life.finding(
            "record-missing",
            f"`{record['event']}` at {record['recorded_at_ms']} ms",
            where=where,
            record_index=index,
            event_id=ids_of(run)[index],
            seqs=seqs,
        )
    if tail:
        refused = _refused(life, run, history_of(run)[tail[0]])
        if refused is not None:
            yield life.finding(
                "move-refused",
                f"from `{refused[0]}` to `{refused[1]}`",
                where=where,
                record_index=tail[0],
                expected=list[Json](NEXT[refused[0]]),
                actual=refused[1],
            )
        else:
            yield life.finding(
                "records-not-projected", f"{len(tail)} of {length} records", where=where, record_index=tail[0]
            )


def _seqs_of(missing: Sequence[int], life: Life) -> list[tuple[int, ...]]:
    """The numbers that missing records had, where the sequence lacks as many; else nothing tells them."""
    lacking = [*islice((seq for hole in holes(life) for seq in hole), len(missing) + 1)]
    return [(seq,) for seq in lacking] if len(lacking) == len(missing) else [()] * len(missing)


def _refused(life: Life, run: Object, record: Object) -> tuple[str, str] | None:
    """The move that the guard refuses for a record, if it does (PHASE-7)."""
    latest = max(life.snapshots, key=lambda row: (row.value["seq"], row.value["snapshot_id"]), default=None)
    if latest is None:
        return None
    came_from = latest.value.get("phase") or PHASE_OF[latest.value["status"]]
    goes_to = PHASE_OF[phase_status(run, record)]
    legal = came_from == goes_to or goes_to in NEXT.get(str(came_from), [])
    return None if legal or not isinstance(came_from, str) else (came_from, goes_to)
