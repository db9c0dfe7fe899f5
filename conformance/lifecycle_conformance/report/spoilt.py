"""Which member of a request that must be refused is spoilt: found in the request itself."""

from collections.abc import Iterator
from typing import Final

from lifecycle_conformance.driver.json_spots import offending
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.report.wording import short, written
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.schemas import Fault, json_path
from lifecycle_projection import InvalidInputError
from lifecycle_projection.json_text import MAX_DEPTH, DuplicateMembers, read_json
from lifecycle_projection.records import Json

_LONGEST: Final = 120
_TEXT: Final = "run_json"


def spoilt_members(request: Object) -> Iterator[str]:
    """The members of a request that are not as its schema or a strict reader wants them, each with its path.

    Nothing where the request is a right one, and refused for another reason.
    """
    text = request.get(_TEXT)
    if isinstance(text, str) and "run" in request:
        yield "run and run_json, both"
    elif isinstance(text, str):
        yield from _in_text(text)
    elif isinstance(request.get("run"), dict):
        yield from _in_value("run", request["run"])
    else:
        yield from _in_value("driver-request", {"id": 1, **request})


def _in_text(text: str) -> Iterator[str]:
    raw = text.encode(errors="surrogatepass")
    spot = offending(raw, MAX_DEPTH)
    if spot is not None:
        yield f"the text {safe(spot.around)} (at byte {spot.offset}: {safe(spot.problem)})"
        return
    try:
        value = read_json(text)
    except InvalidInputError as error:
        yield f"the text, {safe(str(error))}"
        return
    twice = list(_twice(value, ()))
    yield from twice or _in_value("run", value)


def _in_value(schema: str, value: Json) -> Iterator[str]:
    for fault in schemas.faults(schema, value):
        if fault.path != ("op",):  # an operation that isn't one is shown anyway
            yield _described(fault, value)


def _described(fault: Fault, value: Json) -> str:
    """A member with its value and its path."""
    if not fault.path:
        return safe(fault.message)
    path = safe(json_path(fault.path))
    try:
        for step in fault.path:
            value = value[step]
    except (KeyError, IndexError, TypeError):
        return f"{safe(str(fault.path[-1]))} is left out (at {path})"
    return f"{safe(str(fault.path[-1]))}: {short(written(value), _LONGEST)} (at {path})"


def _twice(value: Json, path: tuple[str | int, ...]) -> Iterator[str]:
    """The members that stand twice in the text of an object."""
    if isinstance(value, DuplicateMembers):
        names = [name for name, _ in value.pairs]
        for name in dict.fromkeys(each for each in names if names.count(each) > 1):
            values = ", then ".join(short(written(each), _LONGEST // 2) for key, each in value.pairs if key == name)
            yield f"{safe(name)}: {values} (at {safe(json_path((*path, name)))})"
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _twice(each, (*path, key))
