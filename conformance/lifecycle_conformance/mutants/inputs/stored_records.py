"""Faults in reading what is stored: what a record needs, which words it may hold, what stands in it twice."""

import json
import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import orjson
from attrs import fields

from lifecycle_conformance.driver.server import Server
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import FileStore, InvalidInputError, Problem
from lifecycle_projection.json_text import DuplicateMembers, read_json
from lifecycle_projection.records import Event, Json, Snapshot
from lifecycle_projection.stores import RememberingStore, files
from lifecycle_projection.text import member, trimmed
from lifecycle_projection.words import StatefulStatus, WaitKind

_Changed: TypeAlias = Callable[[Json], Json]
_Read: TypeAlias = Callable[..., Json]
_STATUSES: Final = frozenset(StatefulStatus)
_WAITS: Final = frozenset(WaitKind)
_FREE_FORM: Final = ("payload", "checkpoint", "metadata")
_TIMES_AND_NUMBERS: Final = ("seq", "occurred_at_ms", "created_at_ms", "schema_version")
_WORDS: Final = ("status", "phase", "wait_kind", "source_record_kind", "source", "kind", "to_phase", "from_phase")


# --- what a record needs ----------------------------------------------------------------------------------------------


@fault("FILE-11", "DRIVER-9", why="Every record that this engine wrote has a version.")
def record_without_version_unreadable() -> Patches:
    """An event or a snapshot without `schema_version` can't be read."""
    yield from _reading(lambda record: _refused_if("schema_version" not in record, record))


@fault("FILE-11", "DRIVER-9", why="A payload is always written, and looks required.")
def event_without_payload_unreadable() -> Patches:
    """An event without `payload`, or with `null` there, can't be read."""
    yield from _reading(lambda record: _refused_if("event_type" in record and record.get("payload") is None, record))


@fault("FILE-11", "DRIVER-9", "DRIVER-13", why="Languages with loose types take a text for its number.")
def numbers_read_from_texts() -> Patches:
    """A number that is written as a text is read in a stored record."""

    def number(value: Json) -> Json:
        return int(value) if isinstance(value, str) and re.fullmatch("[0-9]+", value) else value

    yield from _reading(lambda record: _with(record, _TIMES_AND_NUMBERS, number))


@fault("FILE-11", "DRIVER-9", "DRIVER-13", why="To Python and C a bool is a number.")
def bools_read_as_numbers() -> Patches:
    """`true` and `false` are read as 1 and 0 where a stored record has a number."""
    yield from _reading(
        lambda record: _with(record, _TIMES_AND_NUMBERS, lambda value: int(value) if isinstance(value, bool) else value)
    )


@fault("FILE-11", "DRIVER-9", "DRIVER-13", why="JavaScript knows one sort of numbers.")
def whole_doubles_read_as_integers() -> Patches:
    """A double without fraction, such as 1.0, is read as an integer where a stored record has one."""

    def whole(value: Json) -> Json:
        return int(value) if isinstance(value, float) and value.is_integer() else value

    yield from _reading(lambda record: _with(record, _TIMES_AND_NUMBERS, whole))


@fault("FILE-11", "DRIVER-9", why="`null` and absent are one in most languages.")
def null_phase_is_a_missing_one() -> Patches:
    """A snapshot with `null` for a member of its phase is read as one that lacks it."""
    names = ("phase", "phase_history", "allowed_next_phases")
    yield from _reading(
        lambda record: {name: value for name, value in record.items() if name not in names or value is not None}
    )


@fault(
    "DRIVER-9", "FILE-11", "FILE-13", "FILE-14", "LOG-8", why="Whoever is written into a store was named explicitly."
)
def missing_source_is_explicit() -> Patches:
    """A tenant without `source` is read as `explicit`, not as `local_implicit`."""

    def explicit(scope: Json) -> Json:
        tenant = member(scope, "tenant_context")
        return {**scope, "tenant_context": {"source": "explicit", **tenant}} if type(tenant) is dict else scope

    yield from _reading(lambda record: _with(record, ("scope",), explicit))


@fault("FILE-12", "DRIVER-9", why="A reader that goes on seems better than one that gives up.")
def unknown_status_read_as_running() -> Patches:
    """A snapshot with an unknown status is read, as if it were `running`."""

    def known(value: Json) -> Json:
        return value if not isinstance(value, str) or value in _STATUSES else "running"

    yield from _reading(lambda record: _with(record, ("status",), known))


@fault("FILE-12", "DRIVER-9", "DRIVER-13", why="A word that nobody knows says nothing, and may be left out.")
def unknown_wait_kind_left_out() -> Patches:
    """An event with an unknown `wait_kind` is read as one without."""

    def known(value: Json) -> Json:
        return value if not isinstance(value, str) or value in _WAITS else None

    yield from _reading(lambda record: _with(record, ("wait_kind",), known))


@fault("FILE-12", "DRIVER-9", "DRIVER-13", why="Names of enums are compared without case in many libraries.")
def words_read_in_any_case() -> Patches:
    """A word of a closed set is read in a stored record whatever its case."""
    yield from _reading(lambda record: _with(record, _WORDS, _lowered))


@fault("FILE-12", "DRIVER-9", "DRIVER-13", why="Texts are trimmed where they are read.")
def words_trimmed_when_read() -> Patches:
    """A word of a closed set is read in a stored record also with white space around it."""
    yield from _reading(lambda record: _with(record, _WORDS, lambda value: trimmed(value) or value))


def _lowered(value: Json) -> Json:
    return value.lower() if isinstance(value, str) else value


def _with(record: Json, names: tuple[str, ...], changed: _Changed) -> Json:
    """Change some members of a record and of the records in it; what is free-form stays."""
    if isinstance(record, list):
        return [_with(each, names, changed) for each in record]
    if type(record) is not dict:
        return record
    return {
        name: changed(value) if name in names else value if name in _FREE_FORM else _with(value, names, changed)
        for name, value in record.items()
    }


def _refused_if(refused: bool, record: Json) -> Json:  # noqa: FBT001
    if refused:
        raise InvalidInputError(problems=(Problem("$", "expected another record"),))
    return record


def _reading(changed: _Changed) -> Patches:
    """Change events and snapshots before they are read, from files and in requests."""

    def read(record: Json) -> Json:
        return changed(record) if type(record) is dict else record

    def requested(request: Json) -> Json:
        if type(request) is not dict or request.get("op") not in {"import", "append"}:
            return request
        lists = {name: request.get(name) for name in ("events", "snapshots")}
        found = {name: list(map(read, each)) for name, each in lists.items() if isinstance(each, list)}
        return {**request, **found, **({"event": read(request["event"])} if "event" in request else {})}

    for name in ("event_from", "snapshot_from"):
        yield replaced(files, name, lambda right: lambda value: right(read(value)))
    yield replaced(Server, "_perform", lambda right: lambda server, request: right(server, requested(request)))


# --- in files only ----------------------------------------------------------------------------------------------------


@fault("FILE-13", why="A strict reader refuses what it doesn't know.")
def unknown_members_unreadable() -> Patches:
    """A line or a snapshot file with an unknown member at its top can't be read."""
    names = {each.name for record in (Event, Snapshot) for each in fields(record)}
    for name in ("event_from", "snapshot_from"):
        yield replaced(files, name, lambda right: lambda value: right(_refused_if(bool({*value} - names), value)))


@fault("FILE-13", "FILE-1", "FILE-8", "FILE-9", why="A line that stays need not be written anew.")
def lines_that_stay_copied() -> Patches:
    """A compaction copies the lines of the events that remain as they are, unknown members and all."""

    def wrong(replace_log: Callable[..., None]) -> Callable[..., None]:
        def copied(store: FileStore, events: Any) -> None:
            lines = store._read_log().split(b"\n")  # noqa: SLF001
            read = [(store._event(line, 0, None), line) for line in lines if line.strip()]  # noqa: SLF001
            raw = {id(each): line for each in events for event, line in read if each == event}

            def line_of(documents: Callable[[Json], bytes]) -> Callable[[Json], bytes]:
                left = iter(events)
                return lambda document: raw[key] + b"\n" if (key := id(next(left))) in raw else documents(document)

            with replaced(files, "line_of", line_of):
                replace_log(store, events)

        return copied

    yield replaced(FileStore, "replace_log", wrong)


@fault("FILE-14", why="Of members that stand twice most readers take the last one and say nothing.")
def known_member_twice_in_an_event_read() -> Patches:
    """Of a known member that stands twice in an event the last one counts, and the line is read."""
    yield replaced(
        FileStore,
        "_event",
        lambda right: (
            lambda *given: _with_reader(lambda text, **_: read_json(text, keep_duplicates=False), right, given)
        ),
    )


@fault("FILE-14", why="What holds for lines seems to hold for files.")
def member_twice_in_a_snapshot_unreadable() -> Patches:
    """A snapshot file in which a known member stands twice can't be read."""
    yield replaced(
        FileStore,
        "snapshot_at",
        lambda right: lambda *given: _with_reader(lambda text, **_: read_json(text), right, given),
    )


@fault("FILE-14", why="The first of two seems to be the original.")
def first_of_two_members_counts_in_a_payload() -> Patches:
    """Of a member that stands twice in a payload the first one counts."""

    def first(value: Json) -> Json:
        match value:
            case DuplicateMembers():
                return {name: first(each) for name, each in reversed(value.pairs)}
            case dict():
                return {name: first(each) for name, each in value.items()}
            case list():
                return list(map(first, value))
        return value

    yield replaced(
        files,
        "event_from",
        lambda right: (
            lambda value: right(
                value if type(value) is not dict else {**value, "payload": first(member(value, "payload"))}
            )
        ),
    )


@fault("FILE-14", why="Python's own reader takes them, and a writer then has to do something.")
def lone_surrogates_read_from_lines() -> Patches:
    """An escape of a lone surrogate in a line of the log is read as U+FFFD."""

    def read(text: bytes, **options: Any) -> Json:
        try:
            return read_json(text, **options)
        except InvalidInputError:
            return read_json(orjson.dumps(_replaced(json.loads(text))) if b"\\u" in text else text, **options)

    yield from _reading_lines(read)


def _replaced(value: Json) -> Json:
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {_replaced(name): _replaced(each) for name, each in value.items()}
        case list():
            return list(map(_replaced, value))
    return value


@fault("FILE-14", why="IEEE 754 rounds what is too large to infinity, and a writer has to write something.")
def numbers_too_large_read_as_null() -> Patches:
    """A number beyond the doubles in a line of the log is read as `null`."""

    def read(text: bytes, **options: Any) -> Json:
        try:
            return read_json(text, **options)
        except InvalidInputError:
            return read_json(re.sub(rb"\b1e400\b", b"null", text), **options)

    yield from _reading_lines(read)


def _reading_lines(reader: _Read) -> Patches:
    """Read all lines of the log with another reader, whatever run they name."""
    yield replaced(FileStore, "_event", lambda right: lambda *given: _with_reader(reader, right, given))
    yield replaced(RememberingStore, "_lines", lambda _: FileStore._lines)  # noqa: SLF001


def _with_reader(reader: _Read, right: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    with replaced(files, "read_json", lambda _: reader):
        return right(*given)
