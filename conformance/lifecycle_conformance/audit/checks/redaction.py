"""Texts of a run record that no event and no snapshot may hold, in what a store holds of its run.

Of a run only its newest record is known. A text that is hidden there now may have stood in a member that is copied when
an earlier pass was made: a node's error in the last failure, say, that the node's output repeats. So a text is certain
to be copied only where it stands in no member that the specification knows.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.lives import Life
from lifecycle_conformance.execution.trace import Object, member
from lifecycle_conformance.model.identity import MARKER
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection.records import Json

_LONG_ENOUGH: Final = 16
"""From how many characters on a text is told apart from words that stand everywhere."""
_HIDDEN: Final = ("node_outputs", "node_attempt_verdicts", "gate_history", "awaiting_gate")
_OF_GATE: Final = ("instructions", "metadata")
_OF_DECISION: Final = ("reason", "metadata")
"""What a decision says for itself; its other members repeat what the gate and others say."""


def redaction(life: Life, run: Object) -> Iterator[Finding]:
    """Texts of a run record that stand where none may be copied to (REDACT-1 to REDACT-4)."""
    secrets = {what: {*_texts(values)} for what, values in _hidden(run["checkpoint"]).items()}
    if not any(secrets.values()):
        return
    allowed = {*_texts([_shown(run)])}
    of_decisions = {*_texts(_said(run["checkpoint"].get("gate_history")))}
    for row in (*life.events, *life.snapshots):
        table = _table(row.value)
        known, unknown = ({*_texts(values)} - allowed for values in _parted(row.value, table))
        for what, texts in secrets.items():
            if found := unknown & texts:
                yield life.finding(f"copied-{what}", "a text, in a member that no record has", row, actual=min(found))
            elif found := known & (texts & of_decisions if what == "decisions" else texts):
                yield life.finding(f"perhaps-copied-{what}", "a text", row, actual=min(found))


def _hidden(checkpoint: Object) -> Mapping[str, list[Json]]:
    gate = checkpoint.get("awaiting_gate")
    return {
        "outputs": _values(checkpoint.get("node_outputs")),
        "verdicts": _values(checkpoint.get("node_attempt_verdicts")),
        "gate": [member(gate, name) for name in _OF_GATE],
        "decisions": [checkpoint.get("gate_history")],
    }


def _shown(run: Object) -> Object:
    """The run record without what must not be copied."""
    checkpoint = run["checkpoint"]
    gate = checkpoint.get("awaiting_gate")
    kept = {name: each for name, each in gate.items() if name not in _OF_GATE} if isinstance(gate, dict) else None
    shown = {name: each for name, each in checkpoint.items() if name not in _HIDDEN}
    return {**run, "checkpoint": {**shown, "awaiting_gate": kept}}


def _said(decisions: Json) -> list[Json]:
    return [member(each, name) for each in decisions for name in _OF_DECISION] if isinstance(decisions, list) else []


# --- the members of a stored record -----------------------------------------------------------------------------------

_INSIDE: Final[Mapping[tuple[str, str], str]] = {
    ("event", "payload"): "event.payload",
    ("marker", "payload"): "marker.payload",
    ("snapshot", "metadata"): "snapshot.metadata",
    ("snapshot", "checkpoint"): "checkpoint",
    ("checkpoint", "awaiting_gate"): "gate",
    ("checkpoint", "last_failure"): "failure",
    ("checkpoint", "execution_claim"): "claim",
}
"""The members that have a table of their own."""


def _table(record: Object) -> str:
    if "snapshot_id" in record:
        return "snapshot"
    return "marker" if record.get("event_type") == MARKER else "event"


def _parted(record: Object, table: str) -> tuple[list[Json], list[Json]]:
    """The values of the members that a table and those inside it name, and the values of all others."""
    known: list[Json] = []
    unknown: list[Json] = []
    for name, value in record.items():
        inside = _INSIDE.get((table, name))
        if name not in _names(table):
            unknown.append(value)
        elif inside is not None and isinstance(value, dict):
            of_inside = _parted(value, inside)
            known += of_inside[0]
            unknown += of_inside[1]
        else:
            known.append(value)
    return known, unknown


@cache
def _names(table: str) -> frozenset[str]:
    names = {code_spans(row["member"])[0] for row in tables()[table]}
    return frozenset(names - {*_OF_GATE} if table == "gate" else names)


def _values(value: Json) -> list[Json]:
    return [*value.values()] if isinstance(value, dict) else []


def _texts(values: Iterable[Json]) -> Iterator[str]:
    """The long texts in some values, at every depth."""
    waiting = [*values]
    while waiting:
        match waiting.pop():
            case str() as text if len(text) >= _LONG_ENOUGH:
                yield text
            case dict() as object_:
                waiting += object_.values()
            case list() as list_:
                waiting += list_
            case _:
                pass
