"""What an event or a lifecycle record says, as a tuple, and the id that follows from it, computed independently.

Two records are identical if and only if their tuples are (ID-1); everything about positions, occurrences and aliases
then follows from counting tuples.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, TypeAlias, TypeGuard

import orjson

from lifecycle_conformance.execution.trace import Object, Owner, history_of, member, once_an_object
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection.records import Json

Content: TypeAlias = bytes
"""The identity members of a record as canonical text."""

MEMBERS: Final = ("run_id", "automation_id", "event", "recorded_at_ms", "reason", "stop_kind", "metadata")
PREFIX: Final = "stateful_runtime.automation_v2."
MARKER: Final = "stateful_runtime.event_log_compacted"
MARKER_ID: Final = "stateful-compaction-"
RECORD_ID: Final = "automation-v2-lifecycle-"
"""With what the id of a marker begins (COMPACT-9)."""
WHITE_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
STOP_KINDS: Final = frozenset(
    word for row in tables()["words"] if row["set"] == "`stop_kind`" for word in code_spans(row["words"])
)


def content_of(run: Object, record: Object) -> Content:
    """The content of a lifecycle record."""
    values = {**record, "run_id": run["run_id"], "automation_id": run["automation_id"]}
    return _content(values)


@once_an_object
def contents_of(run: Object) -> tuple[tuple[Content, int], ...]:
    """Content and occurrence of each record of a history (OCC-1)."""
    seen: Counter[Content] = Counter()
    contents = []
    for record in history_of(run):
        content = content_of(run, record)
        contents.append((content, seen[content]))
        seen[content] += 1
    return tuple(contents)


@lru_cache(maxsize=1 << 13)
def identity_of(content: Content) -> str:
    """Hash a content (ID-1, JSON-1)."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@lru_cache(maxsize=1 << 13)
def stable_id(content: Content, occurrence: int) -> str:
    """Build the id of a record (ID-5 to ID-7)."""
    said = orjson.loads(content)
    return f"{RECORD_ID}{said['run_id']}-{safe(said['event'])}-{digest_of(content)}-{occurrence}"


def index_id(run_id: str, index: int, name: str) -> str:
    """The id that the first generation gave a record, by its position in the history (ALIAS-11)."""
    return f"{RECORD_ID}{run_id}-{index}-{safe(name)}"


def index_ids_of(run: Object) -> list[str]:
    """The ids that the first generation gave the records of a run."""
    return [index_id(run["run_id"], index, record["event"]) for index, record in enumerate(history_of(run))]


def digest_of(content: Content) -> str:
    """The digits of the identity that stand in an id (ID-5)."""
    return identity_of(content)[7:31]


@lru_cache(maxsize=1 << 10)
def safe(name: str) -> str:
    """The safe form of a name (ID-6, ID-7)."""
    return re.sub("[^A-Za-z0-9._-]", "-", name) or "event"


def ids_of(run: Object) -> list[str]:
    """The stable id of each record of a history."""
    return [stable_id(*each) for each in contents_of(run)]


@once_an_object
def content_of_event(run: Object, event: Object) -> Content | None:
    """The content of the lifecycle record that an event records, if it records one of this automation."""
    if not event["event_type"].startswith(PREFIX) or event.get("correlation_id") != run["automation_id"]:
        return None
    return content_of(run, record_of_event(event))


def record_of_event(event: Object) -> Object:
    """The lifecycle record that an event's members say (ALIAS-7)."""
    payload = event.get("payload")
    reason, stop_kind = member(payload, "reason"), member(payload, "stop_kind")
    return {
        "event": event["event_type"].removeprefix(PREFIX),
        "recorded_at_ms": event["occurred_at_ms"],
        "reason": reason if isinstance(reason, str) else None,
        "stop_kind": stop_kind if isinstance(stop_kind, str) and stop_kind in STOP_KINDS else None,
        "metadata": member(payload, "metadata"),
    }


def entries_of(event: Object) -> Json:
    """What stands in a compaction marker for the list of compacted ids, well-formed or not."""
    return member(event.get("payload"), "compacted_event_ids") if event["event_type"] == MARKER else None


def listed_by(event: Object) -> Iterator[tuple[str, int]]:
    """What a compaction marker lists, as ALIAS-4 and ALIAS-5 read it."""
    entries = entries_of(event)
    for entry in entries if isinstance(entries, list) else ():
        event_id, seq = member(entry, "event_id"), member(entry, "seq")
        if isinstance(event_id, str) and event_id.strip(WHITE_SPACE) and is_unsigned(seq):
            yield event_id.strip(WHITE_SPACE), seq


def ids_listed_by(events: Iterable[Object]) -> set[str]:
    """The ids that the compaction markers among events list (ALIAS-4)."""
    return {event_id for event in events for event_id, _ in listed_by(event)}


def marker_id(owner: Owner, through_seq: int) -> str:
    """The id of a compaction marker (COMPACT-9)."""
    org_id, workspace_id, deployment_id = owner.tenant
    parts = (org_id, workspace_id, deployment_id or "", owner.run_id, str(through_seq))
    return f"{MARKER_ID}{hashlib.sha256(b''.join(part.encode() + bytes(1) for part in parts)).hexdigest()}"


def is_unsigned(value: Json) -> TypeGuard[int]:
    """Whether a value is an unsigned integer (REC-7, REC-8)."""
    return type(value) is int and 0 <= value < 2**64


def is_plain(value: Json) -> bool:
    """Whether a value is one that everybody reads and writes alike.

    Whoever misreads a number, or escapes or sorts in another way, breaks the chapter *Canonical JSON*, and must not
    seem to break another one. So what rests on hashes is judged where nothing of the kind occurs.
    """
    match value:
        case bool() | None:
            return True
        case int():
            return abs(value) < 2**53
        case float():
            return value % 1 != 0 and 1e-3 < abs(value) < 1e6 and len(repr(value)) <= 12
        case str():
            return value.isascii() and value.isprintable()
        case list():
            return all(map(is_plain, value))
        case dict():
            return all(map(is_plain, (*value, *value.values())))
    raise AssertionError(value)


def _content(values: Object) -> Content:
    return orjson.dumps({name: values.get(name) for name in MEMBERS}, option=orjson.OPT_SORT_KEYS)
