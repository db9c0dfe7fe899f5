"""What a case may not ask: anything that could lead a driver out of the suite's own folders.

A case may come from a stranger, and the driver that replays it may be lenient. So the whole case is refused where a
request, a line or an id names a path outside, or could be read as if it did; nothing is asked then.
"""

import os.path
import re
from collections.abc import Iterator
from typing import Final

from lifecycle_conformance.driver.interface import OPERATIONS
from lifecycle_conformance.execution.trace import Object
from lifecycle_projection import InvalidInputError, Problem
from lifecycle_projection.json_text import DuplicateMembers, read_json
from lifecycle_projection.records import Json

_OPENS: Final = "open"
_KNOWN: Final = OPERATIONS.keys() - {_OPENS}
_IDS: Final = frozenset({"run_id", "snapshot_id"})
"""The ids that an implementation may use as names of files."""
_TEXT: Final = "run_json"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Escapes could hide the word from us and show it to a lenient reader.
_LIKE_OPEN: Final = re.compile(r"open|\\", re.IGNORECASE)


def is_inside(path: str) -> bool:
    """Whether a path is relative and leads nowhere but below the folder that it is taken from."""
    return not path.startswith("/") and ".." not in path.split("/") and "\0" not in path


def problems_of_request(request: Object, path: str) -> Iterator[Problem]:
    """What is wrong with a raw request, the one in a `refuse` or in a fixed case, which stands at a path.

    A store is named relative to the folder of the session. An operation that isn't known may be read as `open` by a
    lenient driver, and its other arguments as the store.
    """
    store = request.get("store")
    if isinstance(store, str):
        if not is_inside(store):
            yield Problem(f"{path}.store", f"expected a relative path without `..`, found {store!r}")
    elif _holds_text(store):
        yield Problem(f"{path}.store", "expected a text, or a value that holds none")
    for name, value in request.items():
        if request["op"] not in _KNOWN and name not in {"op", "store"} and _holds_text(value):
            yield Problem(f"{path}.{name}", f"expected no text in the arguments of {request['op']!r} but in `store`")
    yield from problems_of_arguments(request, path)


def problems_of_arguments(arguments: Json, path: str) -> Iterator[Problem]:
    """The ids that would lead out of a store if an implementation took them for the paths of files.

    The text of a run record is looked into as well, where it is JSON.
    """
    if isinstance(arguments, dict):
        for name, value in arguments.pairs if isinstance(arguments, DuplicateMembers) else arguments.items():
            if name in _IDS and isinstance(value, str) and _climbs(value):
                yield Problem(f"{path}.{name}", f"expected an id that is no path out of the store, found {value!r}")
            read = _read(value) if name == _TEXT and isinstance(value, str) else value
            yield from problems_of_arguments(read, f"{path}.{name}")
    elif isinstance(arguments, list):
        for index, value in enumerate(arguments):
            yield from problems_of_arguments(value, f"{path}[{index}]")


def problems_of_line(line: bytes, path: str) -> Iterator[Problem]:
    """What is wrong with a line that is sent as it stands: it is one line, no request, and nothing like an `open`.

    Of bytes that are no UTF-8, a lenient driver makes a text, and may find a request in it.
    """
    for text in dict.fromkeys(line.decode(errors=how) for how in ("ignore", "replace")):
        if _CONTROL.search(text):
            yield Problem(path, "expected one line, found a control character or the end of a line in it")
        if _LIKE_OPEN.search(text):
            yield Problem(path, "expected neither the word `open` nor a backslash: a lenient driver could open a store")
        yield from problems_of_arguments(_read(text), path)
    if _is_request(_read(line)):
        yield Problem(path, "expected a line that is no request, found one")


def _climbs(text: str) -> bool:
    """Whether a text, taken for the path of a file in a folder of a store, leads out of the store."""
    return text.startswith("/") or os.path.normpath(f"folder/{text}").split("/")[0] == ".."


def _is_request(value: Json) -> bool:
    """Whether a value is an object with an id that can be read (DRIVER-12)."""
    number = value.get("id") if isinstance(value, dict) else None
    return type(number) is int and number >= 0


def _holds_text(value: Json) -> bool:
    if isinstance(value, dict):
        return bool(value)
    if isinstance(value, list):
        return any(map(_holds_text, value))
    return isinstance(value, str) and bool(value)


def _read(text: str | bytes) -> Json:
    """Read a text as JSON, and give `None` where it isn't."""
    try:
        return read_json(text)
    except InvalidInputError:
        return None
