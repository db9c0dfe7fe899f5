"""What is wrong with an answer, or with having none: the requirement, the places in the line, and what to do."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from attrs import evolve, frozen

from lifecycle_conformance.driver.interface import (
    OPERATIONS,
    Answer,
    Breakdown,
    BringUpError,
    BrokenDriverError,
    IncompatibleDriverError,
    Refusal,
)
from lifecycle_conformance.driver.transcript import Exchange
from lifecycle_conformance.runner.capabilities import DECLARING
from lifecycle_conformance.runner.findings import ANSWERING
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection import InvalidInputError
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Json

_LINES: Final = "DRIVER-1"
_OPERATIONS: Final = "DRIVER-5"
_NOT_OFFERED: Final = "DRIVER-11"
_NO_REQUEST: Final = "DRIVER-12"
_MAX_DEPTH: Final = 140
_LINES_OF_STDERR: Final = 5
_HELLO: Final = "hello"
_Places: TypeAlias = tuple[tuple[str, str], ...]
"""JSON paths, each with what was expected there."""
_NO_PLACES: Final[_Places] = ()


@frozen(kw_only=True)
class Finding:
    """One thing that is wrong with a driver, and what to do.

    `asked` is what it was asked for; `problem` says what happened, in a sentence; `places` are the members of its
    answer that are wrong, each a JSON path with what was expected there; `stderr` holds the last lines of its standard
    error where those may tell more. `exchange` is the number of the exchange that shows it, counted from 1.
    """

    requirement: str
    asked: str
    problem: str
    to_do: str
    places: _Places = _NO_PLACES
    stderr: str = ""
    exchange: int | None = None


def of_start(error: BringUpError, transcript: Sequence[Exchange]) -> Finding:
    """Why a driver didn't come up (DRIVER-1 to DRIVER-3)."""
    found = _of_start(error, transcript[-1] if transcript else None)
    return evolve(found, stderr=last_lines(error.stderr))


def _of_start(error: BringUpError, exchange: Exchange | None) -> Finding:
    if isinstance(error, IncompatibleDriverError):
        to_do = "Speak version 1 of the protocol, and declare only capabilities that chapter 17 knows."
        return Finding(requirement=DECLARING, asked=_HELLO, problem=error.problem, to_do=to_do)
    if exchange is None:
        to_do = "Give the command as you would type it in this folder: a program that can be run, then its arguments."
        return Finding(requirement=ANSWERING, asked=_HELLO, problem=error.problem, to_do=to_do)
    return _without_answer(_HELLO, error.verdict, error.problem, exchange)


def of_breakdown(op: str, error: BrokenDriverError, exchange: Exchange) -> Finding:
    """What it means that a request got no answer, or a line that is none (DRIVER-1, DRIVER-2, DRIVER-5, DRIVER-12)."""
    found = _without_answer(op, error.verdict, error.message, exchange)
    return evolve(found, stderr=last_lines(error.stderr))


def _without_answer(op: str, verdict: Breakdown, problem: str, exchange: Exchange) -> Finding:
    requirement, places, to_do = ANSWERING, _NO_PLACES, ""
    match verdict:
        case Breakdown.CRASH:
            to_do = "Answer each request, also one that is refused, and go on until the input ends."
        case Breakdown.TIMEOUT:
            to_do = "Read a line, answer it with one line that ends in a newline, and flush that at once."
        case Breakdown.PROTOCOL:
            requirement, places, to_do = _of_line(op, exchange)
    return Finding(requirement=requirement, asked=op, problem=problem, to_do=to_do, places=places)


def _of_line(op: str, exchange: Exchange) -> tuple[str, _Places, str]:
    """The requirement that a line breaks which is no answer, the places in it, and what to do."""
    value = None if exchange.answer is None else _read(exchange.answer)
    if not isinstance(value, dict):
        to_do = (
            "Write nothing but answers to standard output, one JSON object a line; what it logs belongs to standard "
            "error."
        )
        return _LINES, _NO_PLACES, to_do
    request = _read(exchange.request)
    if not isinstance(request, dict):
        to_do = 'Answer a line that is no JSON with the id null and an error of the kind "invalid_input".'
        return _NO_REQUEST, _NO_PLACES, to_do
    if "id" in value and (type(value["id"]) is not int or value["id"] != request["id"]):
        to_do = "Write one answer for each request, in their order, each with the `id` of its request."
        return ANSWERING, _NO_PLACES, to_do
    places = misfits(op, value)
    if any(path.startswith("$.ok") for path, _ in places) or (op == _HELLO and not places):
        return DECLARING if op == _HELLO else _OPERATIONS, places, _expected_members(op)
    return ANSWERING, places, "Answer with the `id` of the request, and with either `ok` or `error`, and nothing else."


def misfits(op: str, answer: Json) -> _Places:
    """Where an answer departs from the schema of its operation: JSON paths, and what was expected there."""
    return tuple(schemas.problems("driver-answer", answer, op if op in OPERATIONS else "answer"))


def _expected_members(op: str) -> str:
    row = next(each for each in tables()["operations"] if op in code_spans(each["op"]))
    members = ", ".join(f"`{name}`" for name in code_spans(row["ok"]))
    return f"Let `ok` of `{op}` hold {f'exactly {members}' if members else 'no member: {}'}, as chapter 16 describes."


def of_result(op: str, answer: Answer, line: bytes, capability: str | None) -> Finding | None:
    """What is wrong with the answer to a plain request that is to be granted, if anything (DRIVER-3, DRIVER-5)."""
    return of_form(op, line) if answer.error is None else _refused(op, answer.error, capability)


def of_form(op: str, line: bytes) -> Finding | None:
    """What is wrong with the form of an answer, if anything, down to the records in it (DRIVER-3, DRIVER-5)."""
    places = misfits(op, _read(line))
    if not places:
        return None
    problem = f"the answer to `{op}` is none that its schema admits"
    requirement = DECLARING if op == _HELLO else _OPERATIONS
    return Finding(requirement=requirement, asked=op, problem=problem, places=places, to_do=_to_mend(op, places))


def _to_mend(op: str, places: Sequence[tuple[str, str]]) -> str:
    """What to do about members that are wrong: in the result itself, or in the events and snapshots that it shows."""
    inside = any("[" in path for path, _ in places)
    shown = op if op in {"events", "snapshots"} else ""
    return f"Show {shown} as chapter 12 lists their members." if inside and shown else _expected_members(op)


def _refused(op: str, refusal: Refusal, capability: str | None) -> Finding:
    said = f"{refusal.kind}: {refusal.message}"
    if refusal.kind == "unsupported" and capability is not None:
        problem = f"it declares `{capability}`, and answers `{op}` with {said}"
        to_do = f"Offer `{capability}`, or take it out of the `capabilities` in the answer to hello."
        return Finding(requirement=DECLARING, asked=op, problem=problem, to_do=to_do)
    problem = f"it refuses a plain `{op}` with {said}"
    to_do = "Answer it with `ok`: the request is right as the transcript shows it, and every driver must take it."
    if capability is not None:
        to_do = f"Answer it with `ok`: the request is right as the transcript shows it, and `{capability}` is declared."
    return Finding(requirement=_OPERATIONS, asked=op, problem=problem, to_do=to_do)


def of_undeclared(op: str, answer: Answer, capability: str | None) -> Finding | None:
    """What is wrong with the answer to something that isn't offered, if anything (DRIVER-11)."""
    if answer.error is not None and answer.error.kind == "unsupported":
        return None
    to_do = 'Answer an operation that isn\'t offered with an error of the kind "unsupported".'
    if answer.error is not None:
        problem = f"it refuses `{op}`, which it doesn't offer, with the kind {answer.error.kind}, not unsupported"
    elif capability is None:
        problem = f"it answers `{op}`, an operation that there isn't, with `ok`"
    else:
        problem = f"it answers `{op}` with `ok`, and doesn't declare `{capability}`"
        to_do = f'Declare `{capability}`, or answer with an error of the kind "unsupported".'
    return Finding(requirement=_NOT_OFFERED, asked=op, problem=problem, to_do=to_do)


def of_no_request(asked: str, answer: Answer) -> Finding | None:
    """What is wrong with the answer to a line that is no JSON, if anything (DRIVER-12)."""
    if answer.error is not None and answer.error.kind == "invalid_input":
        return None
    found = "ok" if answer.error is None else f"the kind {answer.error.kind}"
    problem = f"it answers a line that is no JSON with {found}, not with the kind invalid_input"
    to_do = 'Answer a line that is no JSON with the id null and an error of the kind "invalid_input".'
    return Finding(requirement=_NO_REQUEST, asked=asked, problem=problem, to_do=to_do)


def _read(line: bytes) -> Json:
    try:
        return read_json(line, max_depth=_MAX_DEPTH)
    except InvalidInputError:
        return None


def last_lines(stderr: str) -> str:
    """The last lines of a standard error."""
    return "\n".join(stderr.rstrip().splitlines()[-_LINES_OF_STDERR:])
