"""What an event or a lifecycle record says, as a tuple, and the id that follows from it, computed independently.

Two records are identical if and only if their tuples are (ID-1); everything about positions, occurrences and aliases
then follows from counting tuples.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, TypeAlias, TypeGuard

import orjson

from lifecycle_conformance.requirements import code_spans, tables
from lifecycle_conformance.trace import Object
from lifecycle_projection.records import Json

Content: TypeAlias = bytes
"""The identity members of a record as canonical text."""

MEMBERS: Final = ("run_id", "automation_id", "event", "recorded_at_ms", "reason", "stop_kind", "metadata")
PREFIX: Final = "stateful_runtime.automation_v2."
MARKER: Final = "stateful_runtime.event_log_compacted"
WHITE_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
STOP_KINDS: Final = frozenset(
    word for row in tables()["words"] if row["set"] == "`stop_kind`" for word in code_spans(row["words"])
)


def content_of(run: Object, record: Object) -> Content:
    """Give the content of a lifecycle record."""
    values = {**record, "run_id": run["run_id"], "automation_id": run["automation_id"]}
    return _content(values)


def contents_of(run: Object) -> list[tuple[Content, int]]:
    """Give content and occurrence of each record of a history (OCC-1)."""
    seen: Counter[Content] = Counter()
    contents = []
    for record in run["checkpoint"]["lifecycle_history"]:
        content = content_of(run, record)
        contents.append((content, seen[content]))
        seen[content] += 1
    return contents


def identity_of(content: Content) -> str:
    """Hash a content (ID-1, JSON-1)."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def stable_id(content: Content, occurrence: int) -> str:
    """Build the id of a record (ID-5 to ID-7)."""
    said = orjson.loads(content)
    name = re.sub("[^A-Za-z0-9._-]", "-", said["event"]) or "event"
    return f"automation-v2-lifecycle-{said['run_id']}-{name}-{identity_of(content)[7:31]}-{occurrence}"


def ids_of(run: Object) -> list[str]:
    """Give the stable id of each record of a history."""
    return [stable_id(*each) for each in contents_of(run)]


def content_of_event(run: Object, event: Object) -> Content | None:
    """Give the content of the lifecycle record that an event records, if it records one of this automation."""
    if not event["event_type"].startswith(PREFIX) or event.get("correlation_id") != run["automation_id"]:
        return None
    payload = event.get("payload")
    said: Object = payload if isinstance(payload, dict) else {}
    reason, stop_kind = said.get("reason"), said.get("stop_kind")
    return _content(
        {
            "run_id": event["run_id"],
            "automation_id": run["automation_id"],
            "event": event["event_type"].removeprefix(PREFIX),
            "recorded_at_ms": event["occurred_at_ms"],
            "reason": reason if isinstance(reason, str) else None,
            "stop_kind": stop_kind if isinstance(stop_kind, str) and stop_kind in STOP_KINDS else None,
            "metadata": said.get("metadata"),
        }
    )


def listed_by(event: Object) -> Iterator[tuple[str, int]]:
    """Give what a compaction marker lists, as ALIAS-4 and ALIAS-5 read it."""
    payload = event.get("payload")
    entries = (
        payload.get("compacted_event_ids") if event["event_type"] == MARKER and isinstance(payload, dict) else None
    )
    for entry in entries if isinstance(entries, list) else ():
        event_id, seq = (entry.get("event_id"), entry.get("seq")) if isinstance(entry, dict) else (None, None)
        if isinstance(event_id, str) and event_id.strip(WHITE_SPACE) and is_unsigned(seq):
            yield event_id.strip(WHITE_SPACE), seq


def is_unsigned(value: Json) -> TypeGuard[int]:
    """Tell whether a value is an unsigned integer (REC-7, REC-8)."""
    return type(value) is int and value >= 0


def _content(values: Object) -> Content:
    return orjson.dumps({name: values.get(name) for name in MEMBERS}, option=orjson.OPT_SORT_KEYS)
