"""Two JSON values compared as the specification compares them: integers and doubles apart, members in any order."""

import json
import re
from collections.abc import Iterator
from enum import Enum
from typing import Final, TypeAlias

from attrs import frozen

from lifecycle_projection.records import Json

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Absent(Enum):
    """What stands where one side has nothing."""

    ABSENT = "nothing"


ABSENT: Final = Absent.ABSENT
Side: TypeAlias = Json | Absent


@frozen
class Mismatch:
    """One place where two values differ; a side that has nothing there is :data:`ABSENT`."""

    path: str
    expected: Side
    actual: Side


def mismatches(expected: Side, actual: Side, path: str = "$") -> Iterator[Mismatch]:
    """The innermost places where two values differ, each with its JSON path, in order."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in (*expected, *(name for name in actual if name not in expected)):
            yield from mismatches(expected.get(name, ABSENT), actual.get(name, ABSENT), path + _step(name))
    elif isinstance(expected, list) and isinstance(actual, list):
        for index in range(max(len(expected), len(actual))):
            yield from mismatches(_item(expected, index), _item(actual, index), f"{path}[{index}]")
    elif not _same(expected, actual):
        yield Mismatch(path, expected, actual)


def _same(expected: Side, actual: Side) -> bool:
    """Compare what is no container: `1`, `1.0` and `true` differ, and so do `0.0` and `-0.0`."""
    if isinstance(expected, float) and isinstance(actual, float):
        return expected.hex() == actual.hex()
    return type(expected) is type(actual) and bool(expected == actual)


def _item(values: list[Json], index: int) -> Side:
    return values[index] if index < len(values) else ABSENT


def _step(name: str) -> str:
    return f".{name}" if _PLAIN.fullmatch(name) else f"[{json.dumps(name, ensure_ascii=False)}]"
