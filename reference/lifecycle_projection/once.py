"""What follows from a record, worked out once for each."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import ref

_Record = TypeVar("_Record")
_Result = TypeVar("_Result")


def once_per_record(function: Callable[[_Record], _Result]) -> Callable[[_Record], _Result]:
    """Same results, faster: what was worked out for a record is kept as long as that very record is.

    A store that gives the same records again and again is worth it. They are told apart by being the same object, not
    by being equal: comparing would cost as much as working it out. (ALIAS-6)
    """
    known: dict[int, tuple[ref[_Record], _Result]] = {}

    @wraps(function)
    def kept(record: _Record) -> _Result:
        key = id(record)
        found = known.get(key)
        if found is not None and found[0]() is record:
            return found[1]
        result = function(record)
        known[key] = (ref(record, lambda _: known.pop(key, None)), result)
        return result

    return kept
