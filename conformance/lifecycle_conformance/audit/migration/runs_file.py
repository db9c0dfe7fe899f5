"""What the import makes of the runs file, read one entry at a time."""

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, Unpack

from attrs import frozen

from lifecycle_conformance.audit.finding import Kind, Where
from lifecycle_conformance.audit.migration import kinds
from lifecycle_conformance.audit.migration.collected import About, Collected
from lifecycle_conformance.audit.migration.columns import MOST_BYTES, fits, reserved_in
from lifecycle_conformance.audit.migration.places import Places, UnreadableError, opened
from lifecycle_projection.codec import run_from, tenant_from
from lifecycle_projection.errors import InvalidInputError, NotJsonError
from lifecycle_projection.json_stream import FirstValue, ObjectScan, Span, cut, first_object, next_not_blank
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import LOCAL_TENANT, Json, Tenant
from lifecycle_projection.text import member

_NEWEST: Final = 1
"""The newest `schema_version` of a runs file that is known."""


@frozen(kw_only=True)
class _Entry:
    """What counts of an entry: the run id under which it is imported, or why the import fails on it.

    `unfit` says why the database doesn't take it, `unparsed` why it is recovered.
    """

    run_id: str | None = None
    refused: tuple[Kind, str] | None = None
    unfit: tuple[tuple[Kind, str], ...] = ()
    unparsed: str | None = None


class _RefusedError(Exception):
    """The file as a whole makes the import fail."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


def runs_imported(places: Places, collected: Collected) -> int:
    """How many run records the import counts: one for each run id (DB-9, DB-12, DB-13)."""
    where = Where(path=places.shown(places.runs))
    runs = _Runs(where.path, collected)
    try:
        file = opened(places.runs)
        if file is None:
            return 0
        with file:
            for key, entry in _entries(file):
                runs.take(key, entry)
    except UnreadableError as error:
        collected.tell(kinds.RUNS_UNREADABLE, where, "the runs file can't be read", expected=str(error))
    except InvalidInputError as error:
        collected.tell(kinds.RUNS_NOT_JSON, where, "the runs file is no JSON", expected=str(error))
    except _RefusedError as refused:
        collected.tell(refused.kind, where, refused.message)
    else:
        return runs.counted()
    return 0


class _Runs:
    """The entries as far as they have been read: the last one of each key counts."""

    def __init__(self, name: str, collected: Collected) -> None:
        self._name = name
        self._collected = collected
        self._of_key: dict[str, _Entry] = {}
        self._again: list[str] = []

    def take(self, key: str, entry: _Entry) -> None:
        """Enter what counts of an entry."""
        if key in self._of_key:
            self._again.append(key)
        self._of_key[key] = entry

    def counted(self) -> int:
        """How many runs there are; of two keys with one run id the later in byte order counts."""
        for key in self._again:
            self._tell(key, kinds.RUN_REPLACED, "it is dropped: the same key comes again")
        key_of_run: dict[str, str] = {}
        for key in sorted(self._of_key, key=lambda key: key.encode(errors="surrogatepass")):
            entry = self._of_key[key]
            if entry.refused is not None:
                self._tell(key, *entry.refused)
            if entry.run_id is not None:
                earlier = key_of_run.get(entry.run_id)
                if earlier is not None:
                    message = "it is dropped: a later key has its run id"
                    self._tell(earlier, kinds.RUN_REPLACED, message, run_id=entry.run_id)
                key_of_run[entry.run_id] = key
        for key in key_of_run.values():
            self._tell_imported(key, self._of_key[key])
        return len(key_of_run)

    def _tell_imported(self, key: str, entry: _Entry) -> None:
        for kind, message in entry.unfit:
            self._tell(key, kind, message, run_id=entry.run_id)
        if entry.unparsed is not None:
            message = "it doesn't parse, and becomes a recovered run"
            self._tell(key, kinds.RUN_RECOVERED, message, run_id=entry.run_id, expected=entry.unparsed)

    def _tell(self, key: str, kind: Kind, message: str, **about: Unpack[About]) -> None:
        self._collected.tell(kind, Where(path=self._name, row=key), message, **about)


# --- the form of the file ---------------------------------------------------------------------------------------------


def _entries(file: BinaryIO) -> Iterator[tuple[str, _Entry]]:
    """Each entry with its key, in the order of the text. Raises :class:`InvalidInputError` for what is no JSON."""
    start = next_not_blank(file, 0)
    if start is None:
        return
    if cut(file, (start, start + 1)) != b"{":
        read_json(_cut(file, (start, file.seek(0, 2))))
        raise _RefusedError(kinds.RUNS_NO_OBJECT, "the runs file holds no object")
    first = first_object(file, start, {"schema_version", "runs"})
    if first.followed_at is not None:
        raise NotJsonError.at(f"at byte {first.followed_at}", "a second value begins", first.followed_at)
    versions = first.members.get("schema_version", [])
    if not versions or versions[-1].begins_with == b"{":
        for span in ObjectScan(file, start):
            yield _entry(_member(file, span, b"{", b"}", _same))
    else:
        yield from _of_version(file, first, read_json(cut(file, versions[-1].value)))


def _of_version(file: BinaryIO, first: FirstValue, version: Json) -> Iterator[tuple[str, _Entry]]:
    runs = first.members["runs"][-1] if "runs" in first.members else None
    known = runs.span if runs is not None and runs.begins_with == b"{" else None
    for span in ObjectScan(file, first.span[0], known=known):
        if span != known:
            _member(file, span, b"{", b"}", _same)
    if type(version) is not int or not 0 <= version <= _NEWEST:
        raise _RefusedError(kinds.RUNS_SCHEMA_VERSION, f"its schema_version is none up to {_NEWEST}")
    if runs is None or known is None:
        raise _RefusedError(kinds.RUNS_MISSING, "it has a schema_version, but no object `runs`")
    scan = ObjectScan(file, runs.value[0])
    for span in scan:
        yield _entry(_member(file, span, b'{"runs":{', b"}}", _inside))
    read_json(b"{}" + cut(file, (scan.end, runs.span[1])))


def _same(value: Json) -> Json:
    return value


def _inside(value: Json) -> Json:
    return member(value, "runs")


def _member(file: BinaryIO, span: Span, before: bytes, after: bytes, inner: Callable[[Json], Json]) -> tuple[str, Json]:
    """A member of an object, read as if it were the only one."""
    members = inner(read_json(before + _cut(file, span) + after, keep_duplicates=False))
    if not isinstance(members, dict) or not members:
        raise NotJsonError.at(f"at byte {span[0]}", "a comma is followed by nothing", span[0])
    ((key, value),) = members.items()
    return key, value


def _cut(file: BinaryIO, span: Span) -> bytes:
    if span[1] - span[0] > MOST_BYTES:
        raise _RefusedError(kinds.TOO_LARGE, "an entry is too large to be looked at")
    return cut(file, span)


# --- an entry ---------------------------------------------------------------------------------------------------------


def _entry(found: tuple[str, Json]) -> tuple[str, _Entry]:
    """What the import makes of a key and what stands there (DB-9, DB-12)."""
    key, value = found
    if not isinstance(value, dict):
        return key, _Entry(refused=(kinds.RUN_ENTRY_NO_OBJECT, "the entry is no object"))
    if not isinstance(value.get("automation_id"), str):
        return key, _Entry(refused=(kinds.RUN_WITHOUT_AUTOMATION, "the entry has no automation_id"))
    try:
        run = run_from(value)
    except InvalidInputError as error:
        run_id = value.get("run_id")
        unfit = _unfit(_tenant_of(value), [time for name in _TIMES if type(time := value.get(name)) is int])
        return key, _Entry(run_id=run_id if isinstance(run_id, str) else key, unfit=unfit, unparsed=str(error))
    return key, _Entry(run_id=run.run_id, unfit=_unfit(run.tenant_context, [run.created_at_ms, run.updated_at_ms]))


_TIMES: Final = ("created_at_ms", "updated_at_ms")


def _tenant_of(value: Json) -> Tenant:
    """The tenant of an entry that doesn't parse; the local implicit one if its tenant doesn't, either."""
    try:
        return tenant_from(member(value, "tenant_context"))
    except InvalidInputError:
        return LOCAL_TENANT


def _unfit(tenant: Tenant, times: list[int]) -> tuple[tuple[Kind, str], ...]:
    found = []
    if not fits(times):
        found.append((kinds.RUN_NUMBER_TOO_LARGE, "its created_at_ms or updated_at_ms is 2^63 or more"))
    if reserved := reserved_in(tenant):
        found.append((kinds.RUN_TENANT_RESERVED, f"the {reserved} of its tenant is reserved"))
    return tuple(found)
