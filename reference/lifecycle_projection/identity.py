"""Which lifecycle record is which: identity, occurrence and stable event id (chapter *Identity and occurrence*)."""

import re
from collections import Counter
from typing import Final

from attrs import frozen

from lifecycle_projection.canonical import stable_hash
from lifecycle_projection.records import Json, LifecycleRecord, Run

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")


@frozen(kw_only=True)
class Identified:
    """A lifecycle record with its place in the history and what identifies it (ID-1, OCC-1, ID-5)."""

    record: LifecycleRecord
    index: int
    identity: str
    occurrence: int
    event_id: str


def identify(run: Run) -> tuple[Identified, ...]:
    """Identify each lifecycle record of a run, in order.

    The occurrence of a record is how many earlier records of the history have the same identity.
    (ID-3, OCC-1, OCC-2, OCC-3)
    """
    seen: Counter[str] = Counter()
    identified = []
    for index, record in enumerate(run.checkpoint.lifecycle_history):
        identity = identity_of(
            run_id=run.run_id,
            automation_id=run.automation_id,
            event=record.event,
            recorded_at_ms=record.recorded_at_ms,
            reason=record.reason,
            stop_kind=record.stop_kind,
            metadata=record.metadata,
        )
        occurrence = seen[identity]
        seen[identity] += 1
        event_id = stable_event_id(run.run_id, record.event, identity, occurrence)
        identified.append(
            Identified(record=record, index=index, identity=identity, occurrence=occurrence, event_id=event_id)
        )
    return tuple(identified)


def identity_of(  # noqa: PLR0913 - the seven members are the identity
    *,
    run_id: str,
    automation_id: str,
    event: str,
    recorded_at_ms: int,
    reason: str | None,
    stop_kind: str | None,
    metadata: Json,
) -> str:
    """The hash of the seven members that make a lifecycle record what it is; neither position nor tenant is among them.

    (ID-1, ID-2, ID-4)
    """
    return stable_hash(
        {
            "run_id": run_id,
            "automation_id": automation_id,
            "event": event,
            "recorded_at_ms": recorded_at_ms,
            "reason": reason,
            "stop_kind": stop_kind,
            "metadata": metadata,
        }
    )


def stable_event_id(run_id: str, event: str, identity: str, occurrence: int) -> str:
    """The event id of a record, from its identity and occurrence; `run_id` enters as it is (ID-5)."""
    shortened = identity.removeprefix("sha256:")[:24]
    return f"automation-v2-lifecycle-{run_id}-{safe(event)}-{shortened}-{occurrence}"


def safe(event: str) -> str:
    """A name with `-` for each character but ASCII letters, digits, `-`, `_` and `.`; `event` for the empty one.

    (ID-6, ID-7)
    """
    return _UNSAFE.sub("-", event) or "event"
