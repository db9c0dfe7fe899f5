"""The layout of the chapter *Files on disk*, as its text and tables say it: paths, lines, and what stands in them."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias

import orjson
from attrs import frozen

from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.trace import Files, Object, Owner, Step, TenantKey, key_of, owner_of
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection.records import Json

SNAPSHOTS: Final = "stateful_snapshots"
LONGEST_NAME: Final = 255
"""The most bytes that usual file systems allow in the name of a file."""
Key: TypeAlias = tuple[str, str, TenantKey]
"""What tells one snapshot from another: run id, id, tenant."""

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_SNAPSHOT_PATH: Final = re.compile(rf"{SNAPSHOTS}/[^/]+/[^/]+\.json")


# --- paths ------------------------------------------------------------------------------------------------------------


def segment(name: str) -> str:
    """Turn an id into the name of a file or folder (FILE-4)."""
    safe = _UNSAFE.sub("_", name)
    return "_" if safe in {"", ".", ".."} else safe


def folder_of(run_id: str) -> str:
    """Give the folder of a run's snapshots (FILE-3)."""
    return f"{SNAPSHOTS}/{segment(run_id)}"


def path_of(run_id: str, snapshot_id: str) -> str:
    """Give the path of a snapshot (FILE-3)."""
    return f"{folder_of(run_id)}/{segment(snapshot_id)}.json"


def is_snapshot_path(path: str) -> bool:
    """Tell whether a file is one that may hold a snapshot."""
    return _SNAPSHOT_PATH.fullmatch(path) is not None


def is_too_long(path: str) -> bool:
    """Tell whether no file can have this name."""
    return len(path.rpartition("/")[2]) > LONGEST_NAME


# --- text -------------------------------------------------------------------------------------------------------------


class Members(dict[str, Json]):
    """An object as it stands in a text: of a name that stands there twice the last value counts."""

    def __init__(self, pairs: Sequence[tuple[str, Json]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = frozenset(name for name in names if names.count(name) > 1) if len(self) < len(names) else None


class Oddity(StrEnum):
    """What a text may hold that needs a rule of reading; no writer writes it."""

    TWICE = "a member twice"
    MINUS_ZERO = "the literal -0"
    BEYOND_64_BITS = "an integer beyond 64 bits"
    OTHER_DIGITS = "a double with other digits than the shortest"
    OVERFLOW = "a number beyond the doubles"
    SURROGATE = "a lone surrogate"


REFUSED: Final = frozenset({Oddity.OVERFLOW, Oddity.SURROGATE})
"""What makes a text one that isn't read (JSON-13, JSON-14)."""


@frozen
class Looked:
    """A JSON text: its value, and what is odd about it."""

    value: Json
    odd: frozenset[Oddity]


def look(text: bytes) -> Looked:
    """Read JSON by the rules of RFC 8259 and note what is odd. Raises :class:`ValueError` for what is none."""
    odd: set[Oddity] = set()

    def integer(digits: str) -> int | float:
        if digits == "-0":
            odd.add(Oddity.MINUS_ZERO)
        elif len(digits) <= 20 and -(2**63) <= (number := int(digits)) < 2**64:
            return number
        else:
            odd.add(Oddity.BEYOND_64_BITS)
        return double(digits)

    def double(digits: str) -> float:
        number = float(digits)
        if math.isinf(number):
            odd.add(Oddity.OVERFLOW)
        elif "." in digits or "e" in digits or "E" in digits:
            odd.update([] if compact_text(number) == digits.encode() else [Oddity.OTHER_DIGITS])
        return number

    def members(pairs: list[tuple[str, Json]]) -> Members:
        found = Members(pairs)
        odd.update([Oddity.TWICE] if found.twice else [])
        return found

    try:
        value = json.loads(
            text.decode(), object_pairs_hook=members, parse_int=integer, parse_float=double, parse_constant=_refuse
        )
    except RecursionError:
        raise ValueError("too deep to be read") from None
    if b"\\u" in text and re.search("[\ud800-\udfff]", json.dumps(value, ensure_ascii=False)):
        odd.add(Oddity.SURROGATE)
    return Looked(value, frozenset(odd))


def _refuse(literal: str) -> float:
    raise ValueError(f"{literal} is no JSON")


def parse(text: bytes) -> Json:
    """Read JSON by the rules of *Canonical JSON*. Raises :class:`ValueError` (JSON-10 to JSON-14, JSON-16)."""
    looked = look(text)
    if looked.odd & REFUSED:
        raise ValueError("a text that is refused")
    return looked.value


def is_json(text: bytes) -> bool:
    """Tell whether a text is JSON, whatever value it is."""
    try:
        look(text)
    except ValueError:
        return False
    return True


def is_utf8(text: bytes) -> bool:
    """Tell whether bytes are UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


# --- typed records ----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Member:
    """A row of one of the tables of stored records."""

    name: str
    type: str
    default: tuple[Json, ...]
    written: str

    def left_out(self, value: Json) -> bool:
        """Tell whether a member with this value isn't written."""
        return (self.written == "if any" and value is None) or (self.written == "if not empty" and value == [])


def _member(row: dict[str, str]) -> Member:
    (name,), (type_,) = code_spans(row["member"]), code_spans(row["type"])
    default = row["default"]
    constant = code_spans(default)[0] if re.fullmatch("`[^`]+`", default) else None
    known: dict[str | None, tuple[Json, ...]] = {None: (), "1": (1,), "null": (None,), "[]": ([],)}
    return Member(name=name, type=type_, default=known.get(constant, (constant,)), written=row["written"])


MEMBERS: Final[dict[str, dict[str, Member]]] = {
    name.removeprefix("stored."): {each.name: each for each in map(_member, rows)}
    for name, rows in tables().items()
    if name.startswith("stored.")
}
"""The members of each typed record, in the order of writing (FILE-8)."""


def records_in(value: Json, table: str) -> Iterator[tuple[str, Object]]:
    """Give a typed record and all those inside it, each with the name of its table."""
    if not isinstance(value, dict):
        return
    yield table, value
    for member in MEMBERS[table].values():
        inner, kind = value.get(member.name), member.type.strip("[]")
        if kind in MEMBERS:
            for each in inner if isinstance(inner, list) else [inner]:
                yield from records_in(each, kind)


def free_form_in(value: Json, table: str) -> Iterator[Json]:
    """Give each value of type `any` in a typed record and those inside it."""
    for kind, record in records_in(value, table):
        for member in MEMBERS[kind].values():
            if member.type == "any" and member.name in record:
                yield record[member.name]


def objects_in(value: Json) -> Iterator[Object]:
    """Give each object in a value, at every depth."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects_in(each)


def unknown_in(value: Json, table: str) -> list[str]:
    """Name the members that the tables don't have, outside free-form values."""
    return sorted(name for kind, record in records_in(value, table) for name in record.keys() - MEMBERS[kind].keys())


def known_twice_in(value: Json, table: str) -> bool:
    """Tell whether a typed record has a known member twice."""
    return any(
        isinstance(record, Members) and (record.twice or frozenset()) & MEMBERS[kind].keys()
        for kind, record in records_in(value, table)
    )


def as_read(value: Object, table: str) -> Object:
    """Give a stored record as it is read: known members with their defaults, absent ones left out."""
    read: Object = {}
    for member in MEMBERS[table].values():
        found = value.get(member.name)
        if found is None and member.default:
            found = member.default[0]
        elif found is None:
            continue
        if not member.left_out(found):
            read[member.name] = _inside(found, member.type.strip("[]"))
    return read


def _inside(value: Json, kind: str) -> Json:
    if kind not in MEMBERS:
        return value
    return [as_read(each, kind) for each in value] if isinstance(value, list) else as_read(value, kind)


@lru_cache(maxsize=4096)
def event_in(line: bytes) -> Object | None:
    """Read a line of the log; `None` if it doesn't parse as an event (FILE-11 to FILE-14)."""
    value = _valid(line, "event")
    return None if value is None or known_twice_in(value, "event") else as_read(value, "event")


@lru_cache(maxsize=4096)
def snapshot_in(text: bytes) -> Object | None:
    """Read a snapshot file; `None` if it doesn't parse as a snapshot (FILE-11 to FILE-14)."""
    value = _valid(text, "snapshot")
    return None if value is None else as_read(value, "snapshot")


def _valid(text: bytes, table: str) -> Object | None:
    try:
        value = parse(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) and schemas.is_valid(f"{table}-stored", value) else None


# --- the files of a store ---------------------------------------------------------------------------------------------


def log_of(files: Files) -> bytes:
    """Give the bytes of the log; none where there is no log."""
    return files.get(LOG, b"")


def lines_of(log: bytes) -> tuple[list[bytes], bytes]:
    """Give the whole lines of a log, and what stands behind the last of them."""
    *whole, tail = log.split(b"\n")
    return whole, tail


def events_of(log: bytes) -> list[Object]:
    """Give the events of a log as they are read, in log order."""
    return [event for line in log.split(b"\n") if (event := event_in(line)) is not None]


def snapshots_of(files: Files) -> dict[str, Object]:
    """Give the snapshots that the folders hold, by path: files that don't parse are left out (FILE-24)."""
    read = {path: snapshot_in(text) for path, text in files.items() if is_snapshot_path(path)}
    return {path: snapshot for path, snapshot in read.items() if snapshot is not None}


def listed_for(files: Files, owner: Owner) -> list[Object]:
    """Give the snapshots that an owner's folder holds of it, whatever the names of the files (FILE-21)."""
    folder = f"{folder_of(owner.run_id)}/"
    return [each for path, each in snapshots_of(files).items() if path.startswith(folder) and owner_of(each) == owner]


def misplaced_in(files: Files) -> dict[str, Object]:
    """Give the snapshots that stand in a folder that is not their run's."""
    return {
        path: each for path, each in snapshots_of(files).items() if not path.startswith(f"{folder_of(each['run_id'])}/")
    }


def key_of_snapshot(snapshot: Object) -> Key:
    """Tell one snapshot from another."""
    return snapshot["run_id"], snapshot["snapshot_id"], key_of(snapshot["scope"]["tenant_context"])


def both(step: Step) -> tuple[Files, Files]:
    """The files before and after a step that has them, as those have that are `with_files`."""
    assert step.files_before is not None
    assert step.files_after is not None
    return step.files_before, step.files_after


# --- comparing --------------------------------------------------------------------------------------------------------


def blurred(value: Json) -> Json:
    """Give a value without its doubles: whether they are read right is another requirement's business (JSON-12)."""
    match value:
        case float():
            return "a double"
        case list():
            return [blurred(each) for each in value]
        case dict():
            return {name: blurred(each) for name, each in value.items()}
        case _:
            return value


def difference(expected: Object, actual: Object) -> tuple[Object, Object]:
    """Give of two objects the members that differ; of two that say the same, nothing."""
    names = [
        name
        for name in {**expected, **actual}
        if (name in expected) != (name in actual) or canonical(expected.get(name)) != canonical(actual.get(name))
    ]
    return tuple({name: each[name] for name in names if name in each} for each in (expected, actual))  # type: ignore[return-value]


def apart(expected: bytes, actual: bytes) -> tuple[str, str]:
    """Give of two texts the part where they begin to differ; of two equal ones, nothing."""
    if expected == actual:
        return "", ""
    shorter = min(len(expected), len(actual))
    start = next((at for at in range(shorter) if expected[at] != actual[at]), shorter)
    return as_text(expected[max(0, start - 20) : start + 40]), as_text(actual[max(0, start - 20) : start + 40])


def as_text(raw: bytes) -> str:
    """Give bytes as text for people, whatever they are."""
    return raw.decode(errors="backslashreplace")


def compact_text(value: Json) -> bytes:
    """Write a value in compact form, members in their own order."""
    return orjson.dumps(value)


def pretty_text(value: Json) -> bytes:
    """Write a value in pretty form, members in their own order (FILE-5)."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)
