"""What a compaction marker lists (chapters *Recognition* and *Compaction and pruning*)."""

from collections.abc import Iterable, Iterator
from typing import Final

from lifecycle_projection.records import Event, Json
from lifecycle_projection.text import member, trimmed

MARKER_TYPE: Final = "stateful_runtime.event_log_compacted"
MARKER_SOURCE: Final = "stateful_event_log_compaction"


def is_marker(event: Event) -> bool:
    """Whether an event stands for events that were compacted away (ALIAS-4)."""
    return event.event_type == MARKER_TYPE


def listed_by(event: Event) -> Iterable[tuple[str, int]]:
    """The (id, seq) that a marker lists, ids trimmed; a malformed entry is passed over, any other event lists nothing.

    (ALIAS-4, ALIAS-5)
    """
    return _listed(member(event.payload, "compacted_event_ids")) if is_marker(event) else ()


def _listed(entries: Json) -> Iterator[tuple[str, int]]:
    for entry in entries if isinstance(entries, list) else ():
        event_id, seq = trimmed(member(entry, "event_id")), member(entry, "seq")
        if event_id is not None and type(seq) is int and seq >= 0:
            yield event_id, seq
