"""The layout of the chapter *Files on disk*, as its text and tables say it: paths, lines, and what stands in them."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, TypeAlias

from attrs import frozen

from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.trace import Files, Object, Owner, Step, TenantKey, key_of, owner_of
from lifecycle_conformance.model.json_text import Members, parse
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection.records import Json

SNAPSHOTS: Final = "stateful_snapshots"
LONGEST_NAME: Final = 255
"""The most bytes that usual file systems allow in the name of a file."""
LONGEST_SEGMENT: Final = LONGEST_NAME - len(".json.tmp")
"""The most bytes that the id of a snapshot may have in the name of its file (FILE-23)."""
STOPPED_BY_A_PLACE: Final = frozenset({"storage", "storage_conflict"})
"""The kinds of refusal of a pass that a place stopped: its files are damaged, or another's snapshot stands there."""
Key: TypeAlias = tuple[str, str, TenantKey]
"""What tells one snapshot from another: run id, id, tenant."""

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_SNAPSHOT_PATH: Final = re.compile(rf"{SNAPSHOTS}/[^/]+/[^/]+\.json")


# --- paths ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 12)
def segment(name: str) -> str:
    """Turn an id into the name of a file or folder (FILE-4)."""
    safe = _UNSAFE.sub("_", name)
    return "_" if safe in {"", ".", ".."} else safe


def folder_of(run_id: str) -> str:
    """The folder of a run's snapshots (FILE-3)."""
    return f"{SNAPSHOTS}/{segment(run_id)}"


def path_of(run_id: str, snapshot_id: str) -> str:
    """The path of a snapshot (FILE-3)."""
    return f"{folder_of(run_id)}/{segment(snapshot_id)}.json"


def stands_in_its_place(snapshot: Object, files: Files | None) -> bool:
    """Whether a pass that looks a snapshot up finds it (FILE-22); without files nothing stands elsewhere."""
    return files is None or path_of(snapshot["run_id"], snapshot["snapshot_id"]) in files


def is_snapshot_path(path: str) -> bool:
    """Whether a file is one that may hold a snapshot."""
    return _SNAPSHOT_PATH.fullmatch(path) is not None


def is_too_long(path: str) -> bool:
    """Whether no file of this name can be written: its temporary sibling is longer (FILE-23)."""
    return is_unusually_long(f"{path}.tmp")


def is_unusually_long(path: str) -> bool:
    """Whether usual file systems allow no file of this name."""
    return len(path.rpartition("/")[2].encode()) > LONGEST_NAME


# --- typed records ----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Member:
    """A row of one of the tables of stored records."""

    name: str
    type: str
    default: tuple[Json, ...]
    written: str

    def left_out(self, value: Json) -> bool:
        """Whether a member with this value isn't written."""
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
    """A typed record and all those inside it, each with the name of its table."""
    if not isinstance(value, dict):
        return
    yield table, value
    for member in MEMBERS[table].values():
        inner, kind = value.get(member.name), member.type.strip("[]")
        if kind in MEMBERS:
            for each in inner if isinstance(inner, list) else [inner]:
                yield from records_in(each, kind)


def free_form_in(value: Json, table: str) -> Iterator[Json]:
    """Each value of type `any` in a typed record and those inside it."""
    for kind, record in records_in(value, table):
        for member in MEMBERS[kind].values():
            if member.type == "any" and member.name in record:
                yield record[member.name]


def objects_in(value: Json) -> Iterator[Object]:
    """Each object in a value, at every depth."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects_in(each)


def unknown_in(value: Json, table: str) -> list[str]:
    """Name the members that the tables don't have, outside free-form values."""
    return sorted(name for kind, record in records_in(value, table) for name in record.keys() - MEMBERS[kind].keys())


def known_twice_in(value: Json, table: str) -> bool:
    """Whether a typed record has a known member twice."""
    return any(
        isinstance(record, Members) and (record.twice or frozenset()) & MEMBERS[kind].keys()
        for kind, record in records_in(value, table)
    )


def as_read(value: Object, table: str) -> Object:
    """A stored record as it is read: known members with their defaults, absent ones left out."""
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
    """The bytes of the log; none where there is no log."""
    return files.get(LOG, b"")


def lines_of(log: bytes) -> tuple[list[bytes], bytes]:
    """The whole lines of a log, and what stands behind the last of them."""
    *whole, tail = log.split(b"\n")
    return whole, tail


def events_of(log: bytes) -> list[Object]:
    """The events of a log as they are read, in log order."""
    return [event for line in log.split(b"\n") if (event := event_in(line)) is not None]


def snapshots_of(files: Files) -> dict[str, Object]:
    """The snapshots that the folders hold, by path: files that don't parse are left out (FILE-24)."""
    read = {path: snapshot_in(text) for path, text in files.items() if is_snapshot_path(path)}
    return {path: snapshot for path, snapshot in read.items() if snapshot is not None}


def listed_for(files: Files, owner: Owner) -> list[Object]:
    """The snapshots that an owner's folder holds of it, whatever the names of the files (FILE-21)."""
    folder = f"{folder_of(owner.run_id)}/"
    return [each for path, each in snapshots_of(files).items() if path.startswith(folder) and owner_of(each) == owner]


def written_by(step: Step) -> list[Object]:
    """The events and snapshots that a step wrote into the files; a log that was made anew has all events anew.

    A log of which only a torn tail was cut off wasn't made anew (FILE-16).
    """
    before, after = both(step)
    snapshots = snapshots_of({path: text for path, text in after.items() if path not in before})
    old, new = log_of(before), log_of(after)
    if not new.startswith(old):
        old = old[: old.rfind(b"\n") + 1]
    return [*events_of(new.removeprefix(old)), *snapshots.values()]


def hidden_of(step: Step) -> list[Object]:
    """What a step wrote into the files and its owner isn't shown, of the owners that are looked at."""
    looked_at = [each for each in written_by(step) if owner_of(each) in step.after]
    return [each for each in looked_at if not _is_shown(each, step)]


def _is_shown(record: Object, step: Step) -> bool:
    shown = step.after[owner_of(record)]
    if "event_id" in record:
        return any(each["event_id"] == record["event_id"] for each in shown.events)
    return any(each["snapshot_id"] == record["snapshot_id"] for each in shown.snapshots)


def misplaced_in(files: Files) -> dict[str, Object]:
    """The snapshots that stand in a folder that is not their run's."""
    return {
        path: each for path, each in snapshots_of(files).items() if not path.startswith(f"{folder_of(each['run_id'])}/")
    }


def key_of_snapshot(snapshot: Object) -> Key:
    """What tells one snapshot from another."""
    return snapshot["run_id"], snapshot["snapshot_id"], key_of(snapshot["scope"]["tenant_context"])


def both(step: Step) -> tuple[Files, Files]:
    """The files before and after a step that has them, as those have that are `with_files`."""
    assert step.files_before is not None
    assert step.files_after is not None
    return step.files_before, step.files_after


def as_put(step: Step, files: Files) -> Files:
    """The files as the harness left them, before anything was read."""
    path = step.arguments.get("path", LOG)
    match step.op:
        case "tear":
            return {**files, LOG: log_of(files) + step.arguments["text"].encode()[: step.arguments["bytes"]]}
        case "put":
            given = step.arguments
            return {**files, path: given["text"].encode() if "text" in given else bytes.fromhex(given["bytes"])}
        case "remove":
            return {each: text for each, text in files.items() if each != path}
        case _:
            return files
