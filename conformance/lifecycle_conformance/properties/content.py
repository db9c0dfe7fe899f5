"""Checks of the chapter *Content of events and snapshots*, with the tables of the specification's text.

A table says for each member where it comes from: a JSON constant, a path into the run or the lifecycle record, or a
rule in words. The first two are judged here as they stand; of the third that the member is there.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Final

from lifecycle_conformance.properties.changes import appended, written
from lifecycle_conformance.properties.content_ids import is_unsigned
from lifecycle_conformance.properties.judgement import Judgement, canonical, judged, judges
from lifecycle_conformance.requirements import code_spans, tables
from lifecycle_conformance.trace import Object, Step, Trace
from lifecycle_projection.records import Json

CANARY: Final = "canary-that-must-not-be-copied"
"""What lives plant wherever something must not be copied, each with the word that stands for the place."""

_TABLES: Final = tables()
_NO_VALUE: Final = object()
_DEFAULTS: Final[Object] = {
    "completed_nodes": [],
    "pending_nodes": [],
    "blocked_nodes": [],
    "node_attempts": {},
    "execution_claim_epoch": 0,
    "active_session_ids": [],
    "active_instance_ids": [],
}
_NO_ACTIVITY: Final = ("run_execution_claimed", "run_execution_claim_expired_requeued")


@judges("EVENT-1", "EVENT-2", "EVENT-3", "EVENT-10")
def of_events(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge the members of each event that a pass appended."""
    if step.op != "project":
        return
    for event in appended(step):
        payload = event.get("payload") or {}
        index = payload.get("lifecycle_index")
        names_one = is_unsigned(index) and index < len(step.history)
        yield judged("EVENT-3", "whether the lifecycle index names a record", expected=True, actual=names_one)
        if not is_unsigned(index) or not names_one:
            continue
        record = step.history[index]
        yield from _by_table("EVENT-1", "event", event, step.run, record)
        yield from _by_table("EVENT-2", "event.payload", payload, step.run, record)
        counts = record["event"] not in _NO_ACTIVITY
        yield judged("EVENT-10", "counts_as_activity", expected=counts, actual=payload.get("counts_as_activity"))


@judges("SNAP-1", "SNAP-2", "SNAP-3", "CKPT-1", "CKPT-2", "CKPT-3", "EVENT-3")
def of_snapshots(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge the members of each snapshot that a pass wrote."""
    if step.op != "project":
        return
    for snapshot in written(step):
        metadata, checkpoint = snapshot.get("metadata") or {}, snapshot.get("checkpoint") or {}
        index = metadata.get("lifecycle_index")
        names_one = is_unsigned(index) and index < len(step.history)
        yield judged("EVENT-3", "whether the lifecycle index names a record", expected=True, actual=names_one)
        if not is_unsigned(index) or not names_one:
            continue
        record = step.history[index]
        yield from _by_table("SNAP-1", "snapshot", snapshot, step.run, record)
        yield from _by_table("SNAP-2", "snapshot.metadata", metadata, step.run, record)
        yield from _by_table("CKPT-1", "checkpoint", checkpoint, step.run, record)
        yield from _counts(step.run, checkpoint)
        digest = _digest(checkpoint)
        yield judged("SNAP-3", "payload_digest", expected=digest, actual=snapshot.get("payload_digest"))


@judges("REDACT-1", "REDACT-2", "REDACT-3", "REDACT-4", "REDACT-5")
def what_is_never_copied(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that none of the planted words is in an event or snapshot that a pass recorded."""
    if step.op != "project":
        return
    recorded = b"".join(map(canonical, [*appended(step), *written(step)])).decode()
    asked = canonical(step.run).decode()
    for number, place in enumerate(("outputs", "verdicts", "gate", "gate-history", "unknown"), start=1):
        if recorded and f"{CANARY}-{place}" in asked:
            copied = f"{CANARY}-{place}" in recorded
            yield judged(f"REDACT-{number}", f"whether something of {place} was copied", expected=False, actual=copied)


def _by_table(requirement: str, table: str, document: Object, run: Object, record: Object) -> Iterator[Judgement]:
    rows = {code_spans(row["member"])[0]: row for row in _TABLES[table]}
    always = {name for name, row in rows.items() if row["written when"] == "always"}
    allowed = {name for name, row in rows.items() if row["written when"] != "never"}
    yield judged(requirement, f"missing members of {table}", expected=[], actual=sorted(always - document.keys()))
    yield judged(
        requirement, f"members that {table} doesn't have", expected=[], actual=sorted(document.keys() - allowed)
    )
    for name, row in rows.items():
        expected = _value(row["where it comes from"], run, record)
        if expected is not _NO_VALUE and name in document:
            yield judged(requirement, f"{name} of {table}", expected=expected, actual=document[name])


def _value(cell: str, run: Object, record: Object) -> Json:
    """Give the value that a cell stands for: a constant or a path; words have none."""
    spans = code_spans(cell)
    if len(spans) != 1 or cell != f"`{spans[0]}`":
        return _NO_VALUE
    text = spans[0]
    if text == "stateful_runtime.automation_v2.{record.event}":
        return f"stateful_runtime.automation_v2.{record['event']}"
    root, _, path = text.partition(".")
    if root not in {"run", "record"} or not path:
        return json.loads(text)
    value: Json = run if root == "run" else record
    for step in path.split("."):
        value = value.get(step)
        if value is None:
            return _DEFAULTS.get(step)
    return value


def _counts(run: Object, checkpoint: Object) -> Iterator[Judgement]:
    given = run["checkpoint"]
    expected = {
        "node_attempt_verdict_counts": {
            node: len(verdicts) for node, verdicts in given.get("node_attempt_verdicts", {}).items()
        },
        "gate_history_count": len(given.get("gate_history", [])),
        "lifecycle_event_count": len(given["lifecycle_history"]),
    }
    yield judged("CKPT-2", "the counts", expected=expected, actual={name: checkpoint.get(name) for name in expected})
    names = sorted(given.get("node_outputs", {}), key=str.encode)
    yield judged("CKPT-3", "node_output_ids", expected=names, actual=checkpoint.get("node_output_ids"))


def _digest(checkpoint: Object) -> str:
    return f"sha256:{hashlib.sha256(canonical(checkpoint)).hexdigest()}"
