"""`lifecycle-projection validate`."""

import os
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

import click
from attrs import Factory, define, frozen

from lifecycle_conformance.cli import exits, options
from lifecycle_conformance.cli.inputs import bytes_shown, opened
from lifecycle_conformance.cli.messages import complain, echo, echo_json
from lifecycle_projection import InvalidInputError, Problem
from lifecycle_projection.codec import event_from, snapshot_from
from lifecycle_projection.json_stream import cut_line, first_object, next_not_blank
from lifecycle_projection.json_text import read_json
from lifecycle_projection.markers import MARKER_TYPE
from lifecycle_projection.records import Json
from lifecycle_projection.runs import Progress, RunsFile
from lifecycle_projection.stores.files import LOG_NAME, SNAPSHOTS_NAME

_EPILOG = """\b
EXAMPLES
  lifecycle-projection validate automation_v2_runs.json
  lifecycle-projection validate store
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
_SUFFIXES: Final = (".json", ".jsonl")
_BETWEEN: Final = "what is wrong between files is not looked at (`audit` does)"


@frozen(kw_only=True)
class _Finding:
    """A file, or a line of one, that is not as it should be; `refused` says that it can't be read at all."""

    source: str
    problems: tuple[Problem, ...]
    refused: bool = True


@define(kw_only=True)
class _Validated:
    """A file: what it holds, how many records, and what was found wrong with it."""

    source: str
    kind: _Kind | None = None
    records: int = 0
    findings: list[_Finding] = Factory(list)

    @property
    def refused(self) -> int:
        """How many records, or files, can't be read."""
        return sum(finding.refused for finding in self.findings)

    @property
    def unlike(self) -> int:
        """How many records can be read, but aren't as they are written today."""
        return len(self.findings) - self.refused

    @property
    def code(self) -> int:
        """The exit code that this file asks for."""
        if not self.findings:
            return exits.WELL
        return exits.WRONG_CALL if self.refused else exits.FALLS_SHORT


@click.command(epilog=_EPILOG)
@click.argument("sources", metavar="FILE|DIR...", nargs=-1, required=True)
@click.option(
    "--as",
    "kind",
    type=click.Choice([kind.value for kind in _Kind]),
    help="What the files hold. Without it, their names and members tell.",
)
@click.option("--written", is_flag=True, help="Hold events and snapshots to the schemas of what a pass writes today.")
@options.as_json
@click.pass_context
def command(ctx: click.Context, sources: tuple[str, ...], kind: str | None, *, written: bool, as_json: bool) -> None:
    """Say whether files hold what they should: run records, an event, a snapshot, or an event log.

    Run records come in every form that `project` takes; an event or a snapshot stands alone in its file; a log has an
    event a line. `-` reads standard input. Everything is read by the strict reader of the reference, one record at a
    time, which says what it expected and where. What older engines left can be read, too; --written asks for what is
    written today.

    Of a directory (a store, or a tree of archived records) each file that ends in .json or .jsonl is looked at for
    itself. What is wrong between files, such as an event without its snapshot, is for `audit`.
    """
    asked = None if kind is None else _Kind(kind)
    validated: list[_Validated] = []
    report: dict[str, Json] = {}
    for source in sources:
        directory = os.path.isdir(source)  # noqa: PTH112 - it knows about paths that can't be, and a Path doesn't
        new = [_validated(name, asked, written=written) for name in (_files(source) if directory else [source])]
        if directory:
            new = new or [_nothing_in(source)]
            report["between_files"] = "not looked at"
        if not as_json:
            echo(_directory_line(source, new) if directory else _line(new[0]))
        validated += new
    if as_json:
        report["files"] = list(map(_entry, validated))
        echo_json(report)
    ctx.exit(max(one.code for one in validated))


def _files(directory: str) -> list[str]:
    """The files of a directory that are validated, at any depth."""
    found = (Path(folder, name) for folder, _, names in os.walk(directory) for name in names)
    return sorted(str(path) for path in found if path.suffix in _SUFFIXES)


def _nothing_in(directory: str) -> _Validated:
    problem = Problem("$", f"expected files that end in {' or '.join(_SUFFIXES)}, found none")
    return _reported(_Validated(source=directory, findings=[_Finding(source=directory, problems=(problem,))]))


def _validated(source: str, kind: _Kind | None, *, written: bool) -> _Validated:
    validated = _Validated(source=source, kind=kind)
    try:
        with opened(source) as (file, name), bytes_shown(file, name) as progress:
            validated.source = name
            validated.kind = kind or _kind_by_place(name) or _kind_by_members(file)
            for finding in _findings(file, name, validated.kind, written=written, progress=progress):
                validated.records += 1
                if finding is not None:
                    validated.findings.append(finding)
    except InvalidInputError as error:
        validated.findings.append(_refused(error, validated.source))
    return _reported(validated)


def _reported(validated: _Validated) -> _Validated:
    """Name each problem, as it is found."""
    for finding in validated.findings:
        for problem in finding.problems:
            complain(f"{finding.source}: {problem}")
    return validated


def _kind_by_place(name: str) -> _Kind | None:
    """What a file of a store holds, by its name and folder; `None` where they don't say."""
    path = Path(name)
    if path.name == LOG_NAME:
        return _Kind.LOG
    return _Kind.SNAPSHOT if path.parent.parent.name == SNAPSHOTS_NAME else None


def _kind_by_members(file: BinaryIO) -> _Kind:
    """What a file holds, by the members of its first value; a run where they don't say."""
    start = next_not_blank(file, 0)
    try:
        first = None if start is None else first_object(file, start, {"event_id", "snapshot_id"})
    except InvalidInputError:
        return _Kind.RUN
    if first is None or not first.members:
        return _Kind.RUN
    if "event_id" in first.members:
        return _Kind.EVENT if first.followed_at is None else _Kind.LOG
    return _Kind.SNAPSHOT


def _findings(
    file: BinaryIO, name: str, kind: _Kind, *, written: bool, progress: Progress
) -> Iterator[_Finding | None]:
    """What is wrong with each record of a file, or `None`."""
    if kind is _Kind.RUN:
        yield from [None] * len(RunsFile(file, source=name, progress=progress))
    elif kind is _Kind.LOG:
        number, start = 1, 0
        while line := cut_line(file, start):
            if line.strip():
                yield _finding(line.rstrip(b"\n"), f"{name}:{number}", kind, written=written)
            number, start = number + 1, start + len(line)
            progress(start)
    else:
        file.seek(0)
        yield _finding(file.read(), name, kind, written=written)


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
    from lifecycle_conformance.specification import schemas  # noqa: PLC0415 - jsonschema takes its time to load

    marker = isinstance(value, dict) and value.get("event_type") == MARKER_TYPE
    schema = "compaction-marker" if marker else _SCHEMAS[kind]
    return tuple(Problem(path, message) for path, message in schemas.problems(schema, value))


def _refused(error: InvalidInputError, source: str) -> _Finding:
    return _Finding(source=error.source or source, problems=error.problems)


# --- reports ----------------------------------------------------------------------------------------------------------


def _line(validated: _Validated) -> str:
    if validated.kind is not _Kind.LOG and validated.refused:
        return f"{validated.source}: refused"
    return f"{validated.source}: {validated.kind}, {_said([validated])}"


def _directory_line(directory: str, files: list[_Validated]) -> str:
    return f"{directory}: {_counted(len(files), 'file')}, {_said(files)}; {_BETWEEN}"


def _said(files: list[_Validated]) -> str:
    refused, unlike = sum(one.refused for one in files), sum(one.unlike for one in files)
    counts = ((refused, "refused"), (unlike, "not as written today"))
    said = ", ".join(f"{count} {what}" for count, what in counts if count) or "well"
    return f"{_counted(sum(one.records for one in files), 'record')}, {said}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what if number == 1 else f'{what}s'}"


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
