"""What compaction forgets of the first generation's events: the records that their ids stood for (H11, H12)."""

from collections import Counter
from collections.abc import Iterator

from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.lives import Life, is_index_id
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.trace import Object, history_of, member
from lifecycle_conformance.model.identity import PREFIX, RECORD_ID, Content, contents_of, is_unsigned, safe


def compacted_index_ids(life: Life) -> Iterator[Finding]:
    """Index ids that a marker lists, and what was recorded again because of that (COMPACT-14, H11)."""
    listed = {each: seq for each, seq in life.listed.items() if is_index_id(each, life.owner.run_id)}
    if not listed:
        return
    marker = next(row for row in reversed(life.markers))
    yield life.finding(
        "index-ids-compacted", f"markers list {len(listed)} ids of the first generation", marker, actual=[*listed]
    )
    by_record = {_parts(each, life.owner.run_id): (each, seq) for each, seq in listed.items()}
    for row in life.lifecycle_events:
        record = _record_of(row)
        known = None if record is None else by_record.get(record)
        if known is not None and row.value["seq"] > known[1] and row.value["event_id"] != known[0]:
            yield life.finding(
                "recorded-again-after-compaction", "a marker lists the id of the first event", row, expected=known[0]
            )


def shifted_counters(life: Life, run: Object) -> Iterator[Finding]:
    """Old events that are counted from 0 although a compacted one was identical to them (ALIAS-8, H12).

    The history tells what the compacted one recorded, as long as the record stands where it stood.
    """
    contents = [content for content, _ in contents_of(run)]
    compacted: Counter[Content] = Counter()
    for event_id in life.listed:
        if is_index_id(event_id, life.owner.run_id):
            index, name = _parts(event_id, life.owner.run_id)
            if index < len(contents) and safe(history_of(run)[index]["event"]) == name:
                compacted[contents[index]] += 1
    told = set[Content]()
    for row, content, number in life.recorded:
        counted = not is_unsigned(member(row.value.get("payload"), "lifecycle_occurrence"))
        if counted and compacted[content] and content not in told:
            told.add(content)
            yield life.finding(
                "counter-shifted",
                f"{compacted[content]} identical ones were compacted",
                row,
                expected=number + compacted[content],
                actual=number,
            )


def _parts(event_id: str, run_id: str) -> tuple[int, str]:
    """The index and the safe name of which the first generation made an id."""
    index, _, name = event_id.removeprefix(f"{RECORD_ID}{run_id}-").partition("-")
    return int(index), name


def _record_of(row: Row) -> tuple[int, str] | None:
    index = member(row.value.get("payload"), "lifecycle_index")
    return (index, safe(row.value["event_type"].removeprefix(PREFIX))) if is_unsigned(index) else None
