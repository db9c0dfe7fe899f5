"""The requests that file faults are made of, and the records in them."""

import json
from itertools import count
from typing import TypeAlias

import orjson

from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.trace import LOCAL, Files, Object, Request
from lifecycle_conformance.model.file_layout import events_of, log_of
from lifecycle_projection.records import Json

Requests: TypeAlias = list[Request]


def note(run: Object, files: Files, **members: Json) -> Object:
    """Write an event of a run that no pass would: readable, with an id and a seq that are new, and letters to tear."""
    return {
        "schema_version": 1,
        "event_id": unused("note", {LOG: log_of(files)}),
        "run_id": run["run_id"],
        "seq": 1 + max((event["seq"] for event in events_of(log_of(files))), default=0),
        "event_type": "note",
        "occurred_at_ms": 1,
        "scope": {"schema_version": 1, "tenant_context": tenant_of_run(run)},
        "payload": {"text": "größe 😀 \u2028"},
        **members,
    }


def project(run: Object) -> Request:
    """A pass over a copy of a run, so that no later change reaches the request."""
    return "project", {"run": json.loads(json.dumps(run))}


def put(path: str, content: bytes) -> Request:
    """A file that is written: as text where it is UTF-8, so that people can read it in a case."""
    try:
        return "put", {"path": path, "text": content.decode()}
    except UnicodeDecodeError:
        return "put", {"path": path, "bytes": content.hex()}


def unused(word: str, files: Files) -> str:
    """A name that stands nowhere in the store."""
    texts = [*files.values(), *map(str.encode, files)]
    return next(name for number in count() if not any((name := f"{word}-{number}").encode() in text for text in texts))


def line_of(event: Object) -> bytes:
    """An event as a line of the log, without its newline."""
    return orjson.dumps(event)


def pretty(snapshot: Object) -> bytes:
    """A snapshot as production writes it, with indents."""
    return orjson.dumps(snapshot, option=orjson.OPT_INDENT_2)


def tenant_of_run(run: Object) -> Object:
    """The tenant of a run, the local one where it names none (REC-12)."""
    tenant: Object = run.get("tenant_context", LOCAL)
    return tenant


def with_record(run: Object, record: Object) -> Object:
    """A run with one lifecycle record more at the end of its history."""
    history = [*run["checkpoint"].get("lifecycle_history", []), record]
    return {**run, "checkpoint": {**run["checkpoint"], "lifecycle_history": history}}


def without_history(run: Object) -> Object:
    """A run with an empty history: a pass over it touches nothing, whatever it finds (PASS-1)."""
    return {**run, "checkpoint": {**run["checkpoint"], "lifecycle_history": []}}
