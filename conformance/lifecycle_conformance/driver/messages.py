"""The lines of the protocol: requests written, answers read and held to their shape."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

import orjson
from attrs import frozen

from lifecycle_conformance.driver.interface import (
    CAPABILITIES,
    ERROR_KINDS,
    PROTOCOLS,
    Answer,
    Breakdown,
    Hello,
    Refusal,
)
from lifecycle_conformance.driver.json_spots import excerpt, offending
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_projection import InvalidInputError
from lifecycle_projection.json_text import DuplicateMembers, read_json
from lifecycle_projection.records import Json

_QUOTED: Final = 200
# A record may nest 127 levels; what is recorded of it stands a few levels deeper in an answer.
_MAX_DEPTH: Final = 140
_EACH: Final = 20
_MEMBERS: Final = "DRIVER-5"
_NO_REQUEST: Final = "DRIVER-12"
_BEYOND_DOUBLES: Final = 2**53 + 1
_Shape: TypeAlias = Mapping[str, Callable[[Json], bool]]


@frozen(str=False)
class NoAnswerError(Exception):
    """A driver did not answer. The code that holds the process must end it.

    `breaks` is the requirement that a line breaks which is no answer, where that is another one than DRIVER-2.
    """

    verdict: Breakdown
    problem: str
    breaks: str | None = None

    def __str__(self) -> str:
        """What happened."""
        return self.problem


@frozen(str=False)
class DisagreementError(Exception):
    """Suite and driver don't speak the same version, or don't know the same capabilities."""

    problem: str

    def __str__(self) -> str:
        """What both sides say."""
        return self.problem


def request_id(number: int, capabilities: frozenset[str]) -> int:
    """The id of a request: its number, and now and then one that no double holds, where a driver tells numbers apart.

    An id has up to 64 bits; whoever reads it as a double answers with another one (DRIVER-2).
    """
    return number + _BEYOND_DOUBLES if number % _EACH == 0 and "json-numbers" in capabilities else number


def request_line(request_id: int, op: str, arguments: Mapping[str, Json]) -> bytes:
    """Write a request (DRIVER-1)."""
    return orjson.dumps({"id": request_id, "op": op, **arguments}, option=orjson.OPT_APPEND_NEWLINE)


def quoted(text: bytes) -> str:
    """Quote what a driver wrote, shortened."""
    shown = f"'{safe(text[:_QUOTED].decode(errors='backslashreplace'))}'"
    return shown if len(text) <= _QUOTED else f"{shown} … ({len(text)} bytes)"


def read_answer(line: bytes, request_id: int | None, op: str) -> Answer:
    """Read the answer to a request, or, without an id, to a line that is none.

    Raises :class:`NoAnswerError` for a line that is no answer (DRIVER-2, DRIVER-5, DRIVER-12).
    """
    breaks = _NO_REQUEST if request_id is None else None
    try:
        value = read_json(line, max_depth=_MAX_DEPTH)
    except InvalidInputError as error:
        spot = offending(line, _MAX_DEPTH)
        problem, where = (str(error), 0) if spot is None else (spot.problem, spot.offset)
        raise _stray(line, f"{problem}; {_likely_cause(line)}", where) from None
    if not isinstance(value, dict):
        raise _stray(line, "an answer is an object; was it printed for a human?", breaks=breaks)
    if twice := _named_twice(value, line):
        raise _stray(line, f"the member `{twice}` stands twice in one object: readers differ in which of them counts")
    if "id" not in value or type(value["id"]) is not type(request_id) or value["id"] != request_id:
        raise _stray(line, _about_id(value, request_id), line.find(b'"id"'), breaks)
    match value:
        case {"id": _, "ok": dict(ok), **rest} if not rest:
            _check_members(line, ok, op)
            return Answer(ok=ok)
        case {"id": _, "error": dict(refused), **rest} if not rest:
            return Answer(error=_refusal(line, refused))
    raise _stray(
        line, 'expected {"id", "ok": {…}} or {"id", "error": {"kind", "message", "data"}}, one of the two and no more'
    )


def hello_from(answer: Answer) -> Hello:
    """Take a driver's introduction. Raises :class:`DisagreementError` where driver and suite don't fit.

    (DRIVER-3, DRIVER-4)
    """
    speaks = f"this suite speaks the versions {list(PROTOCOLS)} of the driver protocol"
    if answer.error is not None:
        said = f"{answer.error.kind}: {answer.error.message}"
        if answer.error.kind == "unsupported":
            raise DisagreementError(f"{speaks}, and the driver answered hello with {said}")
        raise NoAnswerError(Breakdown.PROTOCOL, f"it answered hello with {said}")
    assert answer.ok is not None
    declared = answer.ok["capabilities"]
    if twice := sorted({each for each in declared if declared.count(each) > 1}):
        raise NoAnswerError(Breakdown.PROTOCOL, f"it declares {', '.join(twice)} twice")
    hello = Hello(**{**answer.ok, "capabilities": frozenset(answer.ok["capabilities"])})
    if hello.protocol not in PROTOCOLS:
        raise DisagreementError(f"{speaks}, and the driver chose version {hello.protocol}")
    if unknown := hello.capabilities - CAPABILITIES:
        raise DisagreementError(
            f"the driver declares {', '.join(sorted(unknown))}, and this suite knows the capabilities"
            f" {', '.join(sorted(CAPABILITIES))}"
        )
    return hello


def _named_twice(value: Json, line: bytes) -> str | None:
    """A member that stands twice in an object of an answer; a line that comes out as it went in has none."""
    return None if line.strip() == orjson.dumps(value) else _first_named_twice(value)


def _first_named_twice(value: Json) -> str | None:
    inner: Iterable[Json] = value if isinstance(value, list) else ()
    if isinstance(value, DuplicateMembers):
        names = [name for name, _ in value.pairs]
        return next(name for name in names if names.count(name) > 1)
    if isinstance(value, dict):
        inner = value.values()
    return next((name for each in inner if (name := _first_named_twice(each))), None)


# --- what a line should look like -------------------------------------------------------------------------------------


def _is_unsigned(value: Json) -> bool:
    return type(value) is int and value >= 0


def _is_string(value: Json) -> bool:
    return isinstance(value, str)


def _is_bool(value: Json) -> bool:
    return isinstance(value, bool)


def _list_of(check: Callable[[Json], bool]) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _is_object(value: Json) -> bool:
    return isinstance(value, dict)


def _has(shape: _Shape) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, dict) and not _amiss(value, shape)


_SHAPES: Final[dict[str, _Shape]] = {
    "hello": {
        "protocol": _is_unsigned,
        "name": _is_string,
        "version": _is_string,
        "language": _is_string,
        "spec": _is_string,
        "capabilities": _list_of(_is_string),
    },
    "open": {},
    "project": {"projected": _is_unsigned},
    "events": {"events": _list_of(_is_object)},
    "snapshots": {"snapshots": _list_of(_is_object)},
    "identify": {"ids": _list_of(_has({"identity": _is_string, "occurrence": _is_unsigned, "event_id": _is_string}))},
    "import": {},
    "append": {"appended": _is_bool, "seq": _is_unsigned},
    "compact": {"pruned": _is_unsigned},
    "prune": {"pruned": _is_unsigned},
}


def _amiss(members: Mapping[str, Json], shape: _Shape) -> list[str]:
    """The members that are missing, too many or of the wrong type."""
    return [
        name
        for name in sorted(members.keys() | shape.keys())
        if name not in members or name not in shape or not shape[name](members[name])
    ]


def _check_members(line: bytes, ok: Mapping[str, Json], op: str) -> None:
    # The suite also asks for operations that don't exist; their answers have no shape.
    if op in _SHAPES and (amiss := _amiss(ok, _SHAPES[op])):
        expected = ", ".join(_SHAPES[op]) or "no members"
        found = "; ".join(_about_member(name, ok, _SHAPES[op]) for name in amiss)
        raise _stray(line, f"expected `ok` of {op} with {expected}: {found}", line.find(amiss[0].encode()), _MEMBERS)


def _refusal(line: bytes, error: Mapping[str, Json]) -> Refusal:
    kind, message, data = error.get("kind"), error.get("message"), error.get("data", {})
    known = error.keys() <= {"kind", "message", "data"}
    if not (known and isinstance(kind, str) and isinstance(message, str) and isinstance(data, dict)):
        raise _stray(line, "expected `error` with kind and message, strings, and data, an object, and no more")
    if kind not in ERROR_KINDS:
        raise _stray(line, f"expected an error of kind {', '.join(sorted(ERROR_KINDS))}, found {json.dumps(kind)}")
    return Refusal(kind, message, data)


# --- what may be wrong with a line that is no answer ------------------------------------------------------------------


def _stray(line: bytes, problem: str, offset: int = 0, breaks: str | None = None) -> NoAnswerError:
    """Quote a line that is no answer: whole where it is short, otherwise what stands around a place in it."""
    if len(line) <= _QUOTED:
        shown = quoted(line)
    else:
        place = max(0, offset)
        shown = f"{len(line)} bytes, at byte {place} of them '{safe(excerpt(line, place))}'"
    return NoAnswerError(Breakdown.PROTOCOL, f"it wrote {shown}, which is no answer: {problem}", breaks)


def _about_member(name: str, members: Mapping[str, Json], shape: _Shape) -> str:
    if name not in members:
        return f"`{name}` is missing"
    found = excerpt(json.dumps(members[name]).encode(), 0)
    return f"`{name}` is {found}" if name in shape else f"`{name}` is one member too many"


def _about_id(value: Mapping[str, Json], request_id: int | None) -> str:
    if "id" not in value or request_id is None:
        found = json.dumps(value["id"]) if "id" in value else "no id"
        return f"expected the id {json.dumps(request_id)}, found {found}"
    if value["id"] is None:
        return f"expected the id {request_id}, found null, as if the request had not been JSON"
    found = json.dumps(value["id"])
    return f"expected the id {request_id}, found {found}; is it a second answer to an earlier request?"


def _likely_cause(line: bytes) -> str:
    """Guess how a line that is no JSON came about."""
    text = line.decode(errors="replace").strip()
    if not text:
        return "an empty line: is a newline written twice?"
    start = max(0, text.find("{"))
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return "is something printed to standard output, which is for answers only? Print to standard error instead"
    if (start, end) == (0, len(text)):
        return "only a lenient reader takes that for JSON"
    return "it holds JSON and something else: is a newline missing, or something printed to standard output?"
