"""Which members of a record's metadata an event shows, and where (chapter *Events and snapshots*)."""

from collections.abc import Mapping
from typing import Final

SHOWN_AS: Final[Mapping[str, str]] = {
    "node_id": "phase_id",
    "wait_kind": "wait_kind",
    "session_id": "causation_id",
    "wait_id": "causation_id",
    "delivery_id": "causation_id",
    "handoff_id": "causation_id",
}
"""The members of a record's metadata that are shown trimmed, each with the member of the event that shows it."""
WAIT_KINDS: Final = ("timer", "webhook", "approval", "external_condition", "retry_backoff")
"""What a run may wait for (EVENT-7)."""
