"""Documents that the schemas must refuse: those of the table beside this file, which explains itself."""

import copy
import json
import re
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from lifecycle_conformance.specification.schemas import load


@frozen
class Broken:
    """A document that must be refused, and the paths of the refusal."""

    row: str
    schema: str
    definition: str | None
    document: Any
    paths: frozenset[str]


_ROW: Final = re.compile(
    r"(?P<schema>[a-z-]+)(?:#(?P<definition>\w+))?(?:@(?P<example>\d+))? +(?P<pointer>\S+) +"
    r"(?P<change>absent|= .*?)(?: +-> (?P<paths>.*))?"
)


def broken() -> list[Broken]:
    """Make the documents of the table."""
    schemas = load()
    rows = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    return [_broken(row, schemas) for row in rows if row and not row.startswith("#")]


def _broken(row: str, schemas: Any) -> Broken:
    match = _ROW.fullmatch(row)
    assert match, row
    example = schemas[match["schema"]]["examples"][int(match["example"] or -1)]
    steps = [] if match["pointer"] == "(root)" else match["pointer"].split("/")[1:]
    paths = match["paths"].split(", ") if match["paths"] else [_json_path(steps)]
    return Broken(
        row=" ".join(row.split()),
        schema=match["schema"],
        definition=match["definition"],
        document=_changed(copy.deepcopy(example), steps, match["change"]),
        paths=frozenset(paths),
    )


def _changed(document: Any, steps: list[str], change: str) -> Any:
    if not steps:
        return json.loads(change.removeprefix("= "))
    place = document
    for step in steps[:-1]:
        place = place[_key(place, step)]
    if change == "absent":
        del place[_key(place, steps[-1])]
    elif isinstance(place, list) and int(steps[-1]) == len(place):
        place.append(json.loads(change.removeprefix("= ")))
    else:
        place[_key(place, steps[-1])] = json.loads(change.removeprefix("= "))
    return document


def _key(place: Any, step: str) -> str | int:
    return int(step) if isinstance(place, list) else step


def _json_path(steps: list[str]) -> str:
    return "$" + "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in steps)
