"""Ids of events, records that are recorded twice, and occurrences."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import orjson

from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.lives import Life, is_index_id
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.trace import member
from lifecycle_conformance.model.identity import PREFIX, Content, is_unsigned, stable_id
from lifecycle_projection.records import Json

_DIGITS: Final = 15
"""How many digits of a number every reader keeps (hazard H9)."""
_AS_NOUGHTS: Final = bytes.maketrans(b".123456789", b"0000000000")
_LONG: Final = b"0" * (_DIGITS + 1)


def identity(life: Life) -> Iterator[Finding]:
    """What is wrong with the ids of the events that record lifecycle records (ID-5, OCC-1, PASS-3, JSON-12)."""
    first: dict[str, Row] = {}
    for row, content, number in life.recorded:
        expected = stable_id(content, number)
        if not is_right(row, content, number):
            yield life.finding(
                "wrong-event-id",
                "the id that the content gives as it stands now, and the id of the event",
                row,
                expected=expected,
                actual=row.value["event_id"],
            )
        elif expected in first and first[expected].value["event_id"] != row.value["event_id"]:
            yield life.finding("record-recorded-twice", f"this record is recorded at {first[expected].where}, too", row)
        first.setdefault(expected, row)
    yield from _changed_numbers(life)
    yield from _missing_occurrences(life)


def is_right(row: Row, content: Content, number: int) -> bool:
    """Whether an event has the id that its content gives with an occurrence, or one that an older engine gave it."""
    event = row.value
    if event["event_id"] == stable_id(content, number):
        return True
    if is_unsigned(member(event.get("payload"), "lifecycle_occurrence")):
        return False
    name = event["event_type"].removeprefix(PREFIX)
    # Today's own ids stay readable without the occurrence, which an appended event may lack.
    prefix = stable_id(content, 0).removesuffix("0")
    own = event["event_id"].removeprefix(prefix)
    return is_index_id(event["event_id"], event["run_id"], name) or (own != event["event_id"] and own.isdigit())


def _changed_numbers(life: Life) -> Iterator[Finding]:
    """Two events that differ in the last digits of long numbers only: the record was read again, changed (H9)."""
    alike: defaultdict[Content, list[tuple[Row, Content]]] = defaultdict(list)
    if not any(_LONG in content.translate(_AS_NOUGHTS) for _, content, _ in life.recorded):
        return
    for row, content, _ in life.recorded:
        alike[shortened(content)].append((row, content))
    for group in alike.values():
        (first, content), *others = group
        for row, other in others:
            if other != content:
                yield life.finding(
                    "number-changed",
                    f"the event at {first.where} says the same but for the last digits of a number",
                    row,
                    expected=_metadata(first),
                    actual=_metadata(row),
                )


def shortened(content: Content) -> Content:
    """A content with its numbers cut to the digits that every reader keeps."""
    return orjson.dumps(_shortened(orjson.loads(content)), option=orjson.OPT_SORT_KEYS)


def _shortened(value: Json) -> Json:
    match value:
        case dict():
            return {name: _shortened(each) for name, each in value.items()}
        case list():
            return [_shortened(each) for each in value]
        case bool() | None | str():
            return value
        case _:
            return f"{value:.{_DIGITS - 1}e}"


def _metadata(row: Row) -> Json:
    return member(row.value.get("payload"), "metadata")


def _missing_occurrences(life: Life) -> Iterator[Finding]:
    if life.lists_index_ids:  # a marker no longer tells which record such an id stood for
        return
    if not any(number for _, _, number in life.recorded):
        return
    highest: dict[Content, tuple[int, Row]] = {}
    for row, content, number in life.recorded:
        if number >= highest.get(content, (0, row))[0]:
            highest[content] = number, row
    for content, (number, row) in highest.items():
        if number > len(life.events) + len(life.listed):
            missing = [0]
        else:
            missing = [each for each in range(number) if stable_id(content, each) not in life.known_ids]
        if missing:
            yield life.finding(
                "occurrence-missing",
                f"occurrence {number} is recorded, and {', '.join(map(str, missing))} is not",
                row,
                seqs=(),
                expected=stable_id(content, missing[0]),
            )
