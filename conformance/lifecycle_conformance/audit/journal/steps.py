"""The lines of a journal: the requests that an engine carried out, in the form of the fixed cases' steps."""

import json
from collections.abc import Iterator
from typing import BinaryIO, Final

from attrs import frozen

from lifecycle_conformance.audit.log_index import LONGEST
from lifecycle_conformance.execution.operations import LOOKING, WRITING
from lifecycle_conformance.execution.trace import Object, member
from lifecycle_projection.errors import InvalidInputError, Problem
from lifecycle_projection.json_text import MAX_DEPTH, DuplicateMembers, read_json

_ASKING: Final = LOOKING - {"say"}
"""What changes nothing: a case's steps hold it, and a journal may."""
_KNOWN: Final = WRITING | _ASKING
_SHOWN: Final = 40
_DEPTH: Final = MAX_DEPTH + 1
"""A run record may nest as deep as anywhere, and stands in a step."""
_TOLD: Final = {"compact": "a compaction", "prune": "a pruning", "import": "an import"}


@frozen(kw_only=True)
class Step:
    """One step: which one it is, from 1, on which line it stands, and what was asked.

    `run_id` is the run that it is about, if it is one; `now_ms` the time that a compaction or a pruning was told.
    """

    number: int
    line: int
    op: str
    run_id: str | None = None
    now_ms: int | None = None

    def __str__(self) -> str:
        """Such as `step 7 (a pass over run-3)`."""
        return f"step {self.number} ({_TOLD.get(self.op) or self._about_run()})"

    def _about_run(self) -> str:
        kind = {"project": "a pass over", "append": "an append to"}.get(self.op, f"{self.op} of")
        return f"{kind} {self.run_id}"


def steps(journal: BinaryIO, name: str) -> Iterator[tuple[Step, Object]]:
    """The steps of a journal one by one, each with its request; blank lines are none.

    Raises :class:`InvalidInputError` that names the line.
    """
    line = number = 0
    while text := journal.readline(LONGEST + 1):
        line += 1
        if text.strip():
            number += 1
            try:
                request = _request(text)
            except InvalidInputError as error:
                raise error.located(f"{name}:{line}") from None
            yield _step(request, number, line), request


def acts(step: Step) -> bool:
    """Whether a step may change a store."""
    return step.op in WRITING


def _request(text: bytes) -> Object:
    if len(text) > LONGEST:
        raise _expected(f"expected a line of at most {LONGEST} bytes")
    request = read_json(text.rstrip(b"\r\n"), max_depth=_DEPTH)
    if not isinstance(request, dict):
        raise _expected("expected an object: a step of a journal")
    if isinstance(request, DuplicateMembers):
        raise _expected("expected each member once")
    if "op" not in request:
        raise _expected("expected the member `op`: what was asked")
    op = request["op"]
    if not isinstance(op, str) or op not in _KNOWN:
        raise _expected(f"expected one of {', '.join(sorted(_KNOWN))}, found {json.dumps(op)[:_SHOWN]}", "$.op")
    return request


def _step(request: Object, number: int, line: int) -> Step:
    now_ms = request.get("now_ms")
    return Step(
        number=number,
        line=line,
        op=request["op"],
        run_id=_run_id(request),
        now_ms=now_ms if type(now_ms) is int else None,
    )


def _run_id(request: Object) -> str | None:
    """The run that a request is about; whether it can be read, shows where the step is made."""
    found = member(request.get("run", request.get("event")), "run_id") or request.get("run_id")
    return found if isinstance(found, str) else None


def _expected(message: str, path: str = "$") -> InvalidInputError:
    return InvalidInputError(problems=(Problem(path, message),))
