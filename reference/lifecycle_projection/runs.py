"""Files that hold run records (chapter *Records*, the part on files)."""

import json
from pathlib import Path
from typing import Final

from attrs import frozen

from lifecycle_projection.codec import run_from, structure
from lifecycle_projection.errors import InvalidInputError, Problem
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import U64, Json, Run

_RECORD_MEMBERS: Final = ("run_id", "automation_id", "trigger_type", "status", "created_at_ms", "updated_at_ms")


def load_runs(path: str | Path) -> list[Run]:
    """Read the run records of a file, whatever its form: see :func:`parse_runs`.

    Raises :class:`InvalidInputError` that names the file, also where it can't be read. (REC-18)
    """
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        problem = Problem("$", f"expected a readable file: {error.strerror or error}")
        raise InvalidInputError(problems=(problem,), source=str(path)) from error
    return parse_runs(text, source=str(path))


def parse_runs(text: bytes, *, source: str) -> list[Run]:
    """Read run records in any of the forms that hold them, in the order of the text.

    A runs file of version 0 (`{run_id: record, …}`) or 1 (`{"schema_version": 1, "runs": {…}}`), one record, or JSON
    Lines: one record a line, where the successive states of a run replay its life. Raises :class:`InvalidInputError`
    with `source`, and for JSON Lines the line number, in front of the JSON path. (REC-18)
    """
    lines = [(number, line) for number, line in enumerate(text.split(b"\n"), start=1) if line.strip()]
    if not lines:
        raise InvalidInputError(problems=(Problem("$", "expected run records, found nothing"),), source=source)
    try:
        value = read_json(text)
    except InvalidInputError as error:
        if len(lines) == 1 or not _is_json(lines[0][1]):
            raise error.located(source) from None
        return [_line(line, f"{source}:{number}") for number, line in lines]
    try:
        return _runs(value)
    except InvalidInputError as error:
        raise error.located(source) from None


@frozen(kw_only=True)
class _RunsFile:
    """A runs file of version 1."""

    schema_version: U64
    runs: dict[str, Run]


def _runs(value: Json) -> list[Run]:
    if not isinstance(value, dict) or any(_is_scalar(value, name) for name in _RECORD_MEMBERS):
        return [run_from(value)]
    if not _is_scalar(value, "schema_version"):
        return _keyed(structure(value, dict[str, Run]), "$")
    file = structure(value, _RunsFile)
    if file.schema_version != 1:
        raise InvalidInputError(problems=(Problem("$.schema_version", f"expected 1, found {file.schema_version}"),))
    return _keyed(file.runs, "$.runs")


def _is_scalar(value: dict[str, Json], name: str) -> bool:
    """Tell a member of a record from an entry of a map of records, which is an object."""
    return name in value and not isinstance(value[name], dict)


def _keyed(runs: dict[str, Run], path: str) -> list[Run]:
    problems = tuple(
        Problem(f"{path}[{key!r}].run_id", f"expected the key of the record, found {json.dumps(run.run_id)}")
        for key, run in runs.items()
        if run.run_id != key
    )
    if problems:
        raise InvalidInputError(problems=problems)
    return list(runs.values())


def _line(line: bytes, source: str) -> Run:
    try:
        return run_from(read_json(line))
    except InvalidInputError as error:
        raise error.located(source) from None


def _is_json(line: bytes) -> bool:
    try:
        read_json(line)
    except InvalidInputError:
        return False
    return True
