"""The events in some lines of a log, and what is wrong with the lines that aren't written as events are."""

import os
from collections.abc import Iterable
from typing import BinaryIO

import orjson
from attrs import define, field

from lifecycle_conformance.audit import stored_text
from lifecycle_conformance.audit.finding import NOTHING, Finding, Kind, Where
from lifecycle_conformance.audit.kinds import of_form as kinds
from lifecycle_conformance.audit.log_index import LONGEST, Span
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.trace import key_of
from lifecycle_conformance.model.json_text import is_utf8
from lifecycle_projection.errors import InvalidInputError


@define
class EventLines:
    """The events in lines of a log, findings, and how many of the lines are no events (FILE-17 to FILE-19).

    The lines name the run `run_id`, or none; `size` is how many bytes were read.
    """

    log: BinaryIO | None
    run_id: str | None = None
    rows: list[Row] = field(factory=list)
    findings: list[Finding] = field(factory=list)
    unread: int = 0
    size: int = 0

    def read(self, spans: Iterable[Span]) -> "EventLines":
        """Read these lines, too."""
        if self.log is not None:
            for span in spans:
                self._read(span, self.log.fileno())
        return self

    def _read(self, span: Span, log: int) -> None:
        if span.length > LONGEST:
            self._unread(kinds.LINE_TOO_LONG, f"The line has {span.length} bytes", span)
            return
        text = os.pread(log, span.length, span.start)
        self.size += len(text)
        try:
            value, departures = stored_text.read(text, stored_text.LINE)
        except InvalidInputError as error:
            self._unread(*_damage(text, error, torn=span.torn), span, error)
            return
        row = Row(value=value, where=Where(path=LOG, line=span.number))
        self.rows.append(row)
        for kind, place in departures:
            self._tell_of(row, kind, f"The event isn't written as an engine writes it, at {place}")
        if span.torn:
            self._tell_of(row, kinds.WHOLE_TAIL, "The last line of the log has no newline")

    def _unread(self, kind: Kind, message: str, span: Span, error: InvalidInputError | None = None) -> None:
        self.unread += 1
        where, actual = Where(path=LOG, line=span.number), NOTHING if error is None else str(error)
        self.findings.append(Finding(kind=kind, message=message, where=where, run_id=self.run_id, actual=actual))

    def _tell_of(self, row: Row, kind: Kind, message: str) -> None:
        tenant, event_id = key_of(row.value["scope"]["tenant_context"]), row.value["event_id"]
        run_id = row.value["run_id"]
        self.findings.append(
            Finding(
                kind=kind,
                message=message,
                where=row.where,
                run_id=run_id,
                tenant=tenant,
                event_id=event_id,
                at_ms=row.at_ms,
            )
        )


def _damage(text: bytes, error: InvalidInputError, *, torn: bool) -> tuple[Kind, str]:
    """Of which kind the damage of a line is, and a sentence that says so."""
    if not is_utf8(text):
        kind = kinds.TORN_CHARACTER if torn else kinds.LINE_NOT_UTF8
        return kind, "The line holds bytes that are no UTF-8"
    if _is_json(text):
        return kinds.NO_EVENT, f"The line can't be read as an event, at {error.problems[0].path}"
    return (kinds.TORN_TAIL, "The log ends inside a line") if torn else (kinds.DAMAGED_LINE, "The line is no JSON")


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
