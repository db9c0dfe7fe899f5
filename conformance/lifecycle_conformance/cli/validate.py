"""`lifecycle-projection validate`."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

import click
from attrs import frozen

from lifecycle_conformance.cli import exits
from lifecycle_conformance.cli.inputs import read_source
from lifecycle_conformance.cli.messages import complain, echo, echo_json
from lifecycle_projection import InvalidInputError, Problem, parse_runs
from lifecycle_projection.codec import event_from, snapshot_from
from lifecycle_projection.json_text import read_json
from lifecycle_projection.markers import MARKER_TYPE
from lifecycle_projection.records import Json

_EPILOG = """\b
EXAMPLES
  lifecycle-projection validate automation_v2_runs.json
  lifecycle-projection validate store/stateful_events.jsonl store/stateful_snapshots/*/*.json
  lifecycle-projection validate --written store/stateful_events.jsonl
  jq -c .runs[] runs.json | lifecycle-projection validate --as run -

\b
EXIT CODES
  0  every file holds what it should
  1  with --written: something can be read, but is not as a conforming pass writes it
  2  a file or a record in it can't be read: each problem is named"""


class _Kind(StrEnum):
    RUN = "run"
    EVENT = "event"
    SNAPSHOT = "snapshot"
    LOG = "log"


_READERS: Final[dict[_Kind, Callable[[Json], object]]] = {
    _Kind.EVENT: event_from,
    _Kind.LOG: event_from,
    _Kind.SNAPSHOT: snapshot_from,
}


_SCHEMAS: Final = {_Kind.EVENT: "event-written", _Kind.LOG: "event-written", _Kind.SNAPSHOT: "snapshot-written"}


@frozen(kw_only=True)
class _Finding:
    """A file, or a line of one, that is not as it should be; `refused` tells what can't be read at all."""

    source: str
    problems: tuple[Problem, ...]
    refused: bool = True


@frozen(kw_only=True)
class _Validated:
    """A file: what it holds, how many records, and what was found wrong with it."""

    source: str
    kind: _Kind | None
    records: int
    findings: tuple[_Finding, ...] = ()

    @property
    def code(self) -> int:
        """The exit code that this file asks for."""
        if not self.findings:
            return exits.WELL
        return exits.WRONG_CALL if any(finding.refused for finding in self.findings) else exits.FALLS_SHORT


@click.command(epilog=_EPILOG)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--as",
    "kind",
    type=click.Choice([kind.value for kind in _Kind]),
    help="What the files hold. Without it, their members tell.",
)
@click.option("--written", is_flag=True, help="Hold events and snapshots to the schemas of what a pass writes today.")
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
@click.pass_context
def command(ctx: click.Context, files: tuple[str, ...], kind: str | None, *, written: bool, as_json: bool) -> None:
    """Say whether files hold what they should: run records, an event, a snapshot, or an event log.

    Run records come in every form that `project` takes; an event or a snapshot stands alone in its file; a log has an
    event a line. `-` reads standard input. Everything is read by the strict reader of the reference, which says what
    it expected and where. What older engines left can be read, too; --written asks for what is written today.
    """
    validated = [_validated(source, None if kind is None else _Kind(kind), written=written) for source in files]
    for finding in (finding for one in validated for finding in one.findings):
        for problem in finding.problems:
            complain(f"{finding.source}: {problem}")
    if as_json:
        echo_json({"files": list(map(_entry, validated))})
    else:
        for one in validated:
            echo(_line(one))
    ctx.exit(max(one.code for one in validated))


def _validated(source: str, kind: _Kind | None, *, written: bool) -> _Validated:
    try:
        text, name = read_source(source)
    except InvalidInputError as error:
        return _Validated(source=source, kind=kind, records=0, findings=(_refused(error, source),))
    kind = kind or _recognised(text)
    if kind is _Kind.RUN:
        return _runs(text, name)
    pieces = list(_pieces(text, name, kind))
    findings = (_finding(piece, place, kind, written=written) for place, piece in pieces)
    return _Validated(source=name, kind=kind, records=len(pieces), findings=tuple(filter(None, findings)))


def _recognised(text: bytes) -> _Kind:
    """Tell by the members of the document, or else of its first line, what it is; what nothing tells is a run."""
    first_line = next((line for line in text.split(b"\n") if line.strip()), b"")
    for part, event in ((text, _Kind.EVENT), (first_line, _Kind.LOG)):
        try:
            value = read_json(part, keep_duplicates=False)
        except InvalidInputError:
            continue
        members = value.keys() if isinstance(value, dict) else ()
        if "event_id" in members:
            return event
        return _Kind.SNAPSHOT if "snapshot_id" in members else _Kind.RUN
    return _Kind.RUN


def _runs(text: bytes, source: str) -> _Validated:
    try:
        runs = parse_runs(text, source=source)
    except InvalidInputError as error:
        return _Validated(source=source, kind=_Kind.RUN, records=0, findings=(_refused(error, source),))
    return _Validated(source=source, kind=_Kind.RUN, records=len(runs))


def _pieces(text: bytes, source: str, kind: _Kind) -> Iterator[tuple[str, bytes]]:
    """Give each record's text with its place: a log has one a line, any other file is one."""
    if kind is not _Kind.LOG:
        yield source, text
        return
    for number, line in enumerate(text.split(b"\n"), start=1):
        if line.strip():
            yield f"{source}:{number}", line


def _finding(text: bytes, source: str, kind: _Kind, *, written: bool) -> _Finding | None:
    try:
        # As the store reads them: in a snapshot, the last of two members counts.
        value = read_json(text, keep_duplicates=kind is not _Kind.SNAPSHOT)
        _READERS[kind](value)
    except InvalidInputError as error:
        return _refused(error, source)
    departures = _departures(value, kind) if written else ()
    return _Finding(source=source, problems=departures, refused=False) if departures else None


def _departures(value: Json, kind: _Kind) -> tuple[Problem, ...]:
    from lifecycle_conformance import schemas  # noqa: PLC0415 - jsonschema takes its time to load

    marker = isinstance(value, dict) and value.get("event_type") == MARKER_TYPE
    schema = "compaction-marker" if marker else _SCHEMAS[kind]
    return tuple(Problem(path, message) for path, message in schemas.problems(schema, value))


def _refused(error: InvalidInputError, source: str) -> _Finding:
    return _Finding(source=error.source or source, problems=error.problems)


def _line(validated: _Validated) -> str:
    refused = sum(finding.refused for finding in validated.findings)
    counts = ((refused, "refused"), (len(validated.findings) - refused, "not as written today"))
    said = ", ".join(f"{count} {what}" for count, what in counts if count) or "well"
    if validated.kind is not _Kind.LOG and refused:
        return f"{validated.source}: refused"
    counted = f"{validated.records} {'record' if validated.records == 1 else 'records'}"
    return f"{validated.source}: {validated.kind}, {counted}, {said}"


def _entry(validated: _Validated) -> dict[str, Json]:
    return {
        "file": validated.source,
        "kind": validated.kind,
        "records": validated.records,
        "problems": [_problem(finding, problem) for finding in validated.findings for problem in finding.problems],
    }


def _problem(finding: _Finding, problem: Problem) -> dict[str, Json]:
    return {
        "source": finding.source,
        "path": problem.path,
        "expected": problem.message,
        "refused": finding.refused,
    }
