"""Run records that no implementation may accept, made from the run of a session."""

import json
from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.generation.requests import refusal
from lifecycle_projection.records import Json


def refusals(run: Object, capabilities: frozenset[str]) -> st.SearchStrategy[Request]:
    """Requests for a pass that must be refused, as an object or, where the driver takes that, as text."""
    spoilt: list[tuple[str, Object]] = [(because, {"run": spoil(run)}) for because, spoil in _OBJECTS]
    if "text-input" in capabilities:
        text = json.dumps(run, ensure_ascii=False)
        spoilt += [(because, {"run_json": spoil(text)}) for because, spoil in _TEXTS]
    return st.sampled_from([refusal([because], "invalid_input", "project", **written) for because, written in spoilt])


_NEW: Final[Object] = {"event": "new", "recorded_at_ms": 1}
"""A record that could be recorded, before one that can't be read: nothing of the run may be (ERR-1)."""


def _with(**members: Json) -> Callable[[Object], Object]:
    return lambda run: {**run, **members}


def _with_record(record: Json) -> Callable[[Object], Object]:
    return lambda run: {
        **run,
        "checkpoint": {
            **run["checkpoint"],
            "lifecycle_history": [*run["checkpoint"].get("lifecycle_history", []), dict(_NEW), record],
        },
    }


def _without(name: str) -> Callable[[Object], Object]:
    return lambda run: {member: value for member, value in run.items() if member != name}


_OBJECTS: Final[list[tuple[str, Callable[[Object], Object]]]] = [
    ("REC-9", _with(status="sleeping")),
    ("REC-2", _without("run_id")),
    ("REC-2", _without("checkpoint")),
    ("REC-2", _with_record({"recorded_at_ms": 1})),
    ("REC-2", _with_record({"event": "node_started"})),
    ("REC-3", _with(tenant_context=None)),
    ("REC-3", _with(active_session_ids=None)),
    ("REC-6", _with(run_id=7)),
    ("REC-6", _with_record({"event": 7, "recorded_at_ms": 1})),
    ("REC-7", _with(created_at_ms=-1)),
    ("REC-7", _with(updated_at_ms=1.5)),
    ("REC-9", _with_record({"event": "node_started", "recorded_at_ms": 1, "stop_kind": "tired"})),
]
_TEXTS: Final[list[tuple[str, Callable[[str], str]]]] = [
    ("REC-11", lambda text: f'{{"status": "queued", {text[1:]}'),
    ("JSON-13", lambda text: f'{{"execution_claim_epoch": 1e400, {text[1:]}'),
    ("JSON-14", lambda text: f'{{"detail": "\\ud800", {text[1:]}'),
    ("JSON-16", lambda text: f"{text[:-1]},}}"),
    ("JSON-16", lambda text: f"{text} }}"),
]
"""Ways to spoil a record and its text, each with the requirement by which it is refused."""
