"""The cases of the distilled corpus, read from their file and written to it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import frozen

from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.specification.index import SPEC_VERSION
from lifecycle_projection.json_text import read_json

CORPUS: Final = Path(__file__).with_name("distilled.jsonl")
_MADE_BY: Final = "reference"


@frozen(kw_only=True)
class CorpusCase:
    """A session, what the reference answered to each of its steps, and the digests of the files that it left.

    `source` is the file and line, `spec` the version of the specification. `needs` are the capabilities of a driver
    without which it says nothing, `requirements` those that it exercises, and `kills` the faulty implementations that
    answer otherwise. `files` is `None` where it says nothing of files.
    """

    name: str
    source: str = ""
    spec: str = SPEC_VERSION
    needs: frozenset[str] = frozenset()
    requirements: tuple[str, ...] = ()
    kills: tuple[str, ...] = ()
    steps: tuple[Request, ...]
    answers: tuple[Object, ...]
    files: Mapping[str, str] | None = None


def load(path: Path = CORPUS) -> list[CorpusCase]:
    """Read all cases."""
    return list(stream(path))


def stream(path: Path = CORPUS) -> Iterator[CorpusCase]:
    """Read the cases one by one."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            yield _case(read_json(line, keep_duplicates=False), f"{path.name}:{number}")


def _case(value: Object, source: str) -> CorpusCase:
    return CorpusCase(
        name=value["name"],
        source=source,
        spec=value["spec"],
        needs=frozenset(value["needs"]),
        requirements=tuple(value["requirements"]),
        kills=tuple(value["kills"]),
        steps=tuple(map(_step, value["steps"])),
        answers=tuple(value["answers"]),
        files=value.get("files"),
    )


def _step(value: Object) -> Request:
    return value["op"], {name: each for name, each in value.items() if name != "op"}


def as_line(case: CorpusCase) -> str:
    """A case as a line of the file, without its end."""
    value: Object = {
        "name": case.name,
        "spec": case.spec,
        "made_by": _MADE_BY,
        "needs": sorted(case.needs),
        "requirements": [*case.requirements],
        "kills": [*case.kills],
        "steps": [{"op": op, **arguments} for op, arguments in case.steps],
        "answers": [*case.answers],
        **({} if case.files is None else {"files": {**case.files}}),
    }
    # In ASCII: a text may hold what some readers take for the end of a line.
    return json.dumps(value, separators=(",", ":"))
