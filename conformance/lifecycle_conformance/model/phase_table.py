"""The tables of the chapter *Phases and the guard*: which phase a status means, and which phases may follow which."""

from typing import Final

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.specification.requirements import code_spans, tables

NEXT: Final[dict[str, list[str]]] = {
    code_spans(row["phase"])[0]: list(code_spans(row["next"])) for row in tables()["phases"]
}
PHASE_OF: Final[dict[str, str]] = {
    code_spans(row["status"])[0]: code_spans(row["phase"])[0] for row in tables()["statuses"]
}
FILLED_IN: Final = frozenset({"phase", "phase_history", "allowed_next_phases"})
"""The members of a snapshot that are filled in when it is read, where an older engine left them out (SNAP-7)."""


def phase_status(run: Object, record: Object) -> str:
    """The status that decides the phase of a record (PHASE-2)."""
    status: str = run["status"]
    return "retrying" if (status, record["event"]) == ("queued", "node_retry_backoff_scheduled") else status
