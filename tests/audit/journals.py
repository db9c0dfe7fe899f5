"""Journals that the tests make up, and the stores that they leave."""

import json
import logging
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from builders import Request, lifecycle, project
from lifecycle_conformance.audit.finding import Finding, Severity
from lifecycle_conformance.audit.journal.comparing import Journal, compared
from lifecycle_conformance.audit.journal.predicting import predicted
from lifecycle_conformance.audit.journal.reading import Limits
from lifecycle_conformance.audit.opening import opened
from lifecycle_conformance.driver.in_process import InProcessDriver

NAME: Final = "journal.jsonl"
NAMES: Final = ("run_created", "node_started", "node_failed", "node_completed", "run_paused", "run_resumed")
HISTORY: Final = tuple(lifecycle(name, 100 * number) for number, name in enumerate(NAMES, 1))


def passes(count: int, run_id: str = "run-1", **members: Any) -> Request:
    """A pass over the first records of the history."""
    return project(*HISTORY[:count], run_id=run_id, **members)


def compact(now_ms: int, retention_ms: int = 1) -> Request:
    return "compact", {"retention_ms": retention_ms, "now_ms": now_ms}


def prune(now_ms: int, keep: int = 1) -> Request:
    return "prune", {"retention_ms": 1, "keep": keep, "now_ms": now_ms}


LIFE: Final = (
    passes(1),
    passes(1, "run-2"),
    passes(2),
    compact(150),
    passes(3, status="paused"),
    passes(3, "run-2"),
    prune(250),
    passes(4),
    passes(5),
)
"""Two runs: events 1 of both are compacted, and the snapshots 1 and 2 of the first, and 1 and 2 of the second, pruned.

After that, the next passes bring the pruned ones back.
"""


def lines(steps: Iterable[Request]) -> bytes:
    return b"".join(json.dumps({"op": op, **arguments}).encode() + b"\n" for op, arguments in steps)


def carried_out(steps: Sequence[Request], folder: Path) -> Path:
    """The store that the reference's driver leaves in files."""
    folder.mkdir(exist_ok=True)
    driver = InProcessDriver("files")
    driver.ask("open", store=str(folder))
    logging.disable(logging.CRITICAL)
    for op, arguments in steps:
        driver.ask(op, **arguments)
    logging.disable(logging.NOTSET)
    return folder


def held_against(store: Path, steps: Iterable[Request], limits: Limits | None = None) -> tuple[Journal, list[Finding]]:
    """What is found in a store of the journal with these steps."""
    source = opened(str(store))
    prediction = predicted(BytesIO(lines(steps)), NAME, in_files=not source.shares_seqs)
    return compared(prediction, source, limits or Limits())


def kinds(findings: Iterable[Finding], severity: Severity = Severity.VIOLATION) -> set[str]:
    return {each.kind.name.removeprefix("journal-") for each in findings if each.kind.severity is severity}
