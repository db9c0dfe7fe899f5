"""The rows of production's tables: what they hold, bound or bare, and where that disagrees with the columns (DB-15)."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from attrs import evolve, field, frozen

from lifecycle_conformance.audit import stored_text
from lifecycle_conformance.audit.finding import NOTHING, Finding, Kind, Where
from lifecycle_conformance.audit.kinds import of_database as kinds
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.audit.stored_text import Form
from lifecycle_conformance.execution.trace import LOCAL, Object, TenantKey, key_of, member
from lifecycle_projection.codec import run_from
from lifecycle_projection.errors import InvalidInputError
from lifecycle_projection.records import Json

_MARK: Final = re.compile(r"t[a-z0-9]*:")
_BINDING: Final = frozenset({"tenant_context", "kind", "id", "payload"})

Columns: TypeAlias = Mapping[str, Any]
"""A row by the names of its columns; texts as bytes, for they may be none."""


@frozen(kw_only=True)
class Table:
    """A table: where its records stand, how they are read, and the kinds of what can be wrong with a row."""

    name: str
    id: str
    json: str
    kind: str
    form: Form
    undecodable: Kind
    disagrees: Kind
    tenant_of: Callable[[Object], Object]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        own = (self.id, "run_id", *(() if self.kind == "run" else ("seq",)), self.json)
        return (*dict.fromkeys(own), *TENANT)


TENANT: Final = ("org_id", "workspace_id", "deployment_id")


def _scope_tenant(record: Object) -> Object:
    tenant: Object = record["scope"]["tenant_context"]
    return tenant


EVENTS: Final = Table(
    name="stateful_events",
    id="event_id",
    json="event_json",
    kind="event",
    form=evolve(stored_text.LINE, departure=None),
    undecodable=kinds.EVENT_ROW_UNDECODABLE,
    disagrees=kinds.EVENT_ROW_DISAGREES,
    tenant_of=_scope_tenant,
)
SNAPSHOTS: Final = Table(
    name="stateful_snapshots",
    id="snapshot_id",
    json="snapshot_json",
    kind="snapshot",
    form=evolve(stored_text.FILE, option=None, departure=None),
    undecodable=kinds.SNAPSHOT_ROW_UNDECODABLE,
    disagrees=kinds.SNAPSHOT_ROW_DISAGREES,
    tenant_of=_scope_tenant,
)
RUNS: Final = Table(
    name="automation_runs",
    id="run_id",
    json="run_json",
    kind="run",
    form=Form(table="run", structure=run_from, option=None, keep_duplicates=True, departure=None, free=()),
    undecodable=kinds.RUN_ROW_UNDECODABLE,
    disagrees=kinds.RUN_ROW_DISAGREES,
    tenant_of=lambda run: run.get("tenant_context", LOCAL),
)


@frozen(kw_only=True)
class Decoded:
    """A row: the record in it, if it can be read, and what is wrong. `mark` is that of a ciphertext.

    `size` is how many bytes its text has.
    """

    size: int
    row: Row | None = None
    mark: str | None = None
    findings: list[Finding] = field(factory=list)


def decoded(table: Table, columns: Columns, path: str, *, ours: bool = True, as_sent: bool = True) -> Decoded:
    """What a row holds. `ours` tells that it must be a record of a run, and not one of a goal, say (FILE-11).

    `as_sent` tells that its text is the one that was sent: else nobody knows how that was written.
    """
    place = _Place.of(table, columns, path)
    text = columns[table.json]
    size = len(text) if isinstance(text, bytes) else 0
    if isinstance(text, bytes) and (mark := mark_of(text[:40].decode(errors="replace"))) is not None:
        return Decoded(size=size, mark=mark)
    try:
        value = stored_text.parsed(text if isinstance(text, bytes) else b"", table.form)
        record = value["payload"] if (bound := _is_bound(value)) else value
        departures = stored_text.checked(record, table.form) if ours else []
    except InvalidInputError as error:
        finding = place.finding(table.undecodable, "The row can't be decoded", actual=str(error))
        return Decoded(size=size, findings=[finding])
    told = departures if ours and as_sent else []
    found = [place.finding(kind, f"The record departs at {at}") for kind, at in told]
    found += _disagreements(place, [*_of_binding(place, value, bound), *_of_record(place, record, ours)])
    return Decoded(size=size, row=Row(value=record, where=place.where), findings=found)


def mark_of(text: str) -> str | None:
    """The mark with which a ciphertext begins; `None` for a text that is none."""
    match = _MARK.match(text)
    return None if match is None else match[0]


def text_of(value: Any) -> Any:
    """A value of a column; bytes that are no UTF-8 are shown as what they are."""
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else value


@frozen
class _Place:
    """A row as its columns tell of it: `said` is what stands in them, `tenant` `None` where they don't name it."""

    table: Table
    path: str
    said: Columns
    tenant: TenantKey | None

    @classmethod
    def of(cls, table: Table, columns: Columns, path: str) -> "_Place":
        said = {name: text_of(value) for name, value in columns.items() if name != table.json}
        tenant = (said["org_id"], said["workspace_id"], said["deployment_id"]) if said.keys() >= {*TENANT} else None
        return cls(table, path, said, tenant)

    def __getitem__(self, name: str) -> Any:
        return self.said[name]

    @property
    def where(self) -> Where:
        return Where(path=self.path, row=f"{self.table.name}[{self[self.table.id]}]")

    def finding(self, kind: Kind, message: str, *, expected: Any = NOTHING, actual: Any = NOTHING) -> Finding:
        """A finding about this row."""
        return Finding(
            kind=kind,
            message=message,
            where=self.where,
            run_id=self["run_id"],
            tenant=self.tenant,
            event_id=None if self.table.kind == "run" else self[self.table.id],
            expected=expected,
            actual=actual,
        )


def _is_bound(value: Json) -> bool:
    return isinstance(value, dict) and value.keys() >= _BINDING and "run_id" not in value


_Said: TypeAlias = tuple[str, Json, Json]
"""What a column says, and what the row holds."""


def _disagreements(place: _Place, said: list[_Said]) -> list[Finding]:
    """One finding for all that disagrees in a row; it shows the first."""
    wrong = [each for each in said if each[1] != each[2]]
    if not wrong:
        return []
    names = ", ".join(dict.fromkeys(name for name, _, _ in wrong))
    message, (_, expected, actual) = f"The row disagrees with its columns in {names}", wrong[0]
    return [place.finding(place.table.disagrees, message, expected=expected, actual=actual)]


def _of_binding(place: _Place, value: Object, bound: bool) -> list[_Said]:  # noqa: FBT001
    if not bound:
        return []
    said: list[_Said] = [("kind", place.table.kind, value["kind"]), ("id", place[place.table.id], value["id"])]
    return said if place.tenant is None else [*said, ("tenant", list(place.tenant), _key(value["tenant_context"]))]


def _of_record(place: _Place, record: Object, ours: bool) -> list[_Said]:  # noqa: FBT001
    """What the columns say of a record; those of others, such as a goal's, aren't known well enough."""
    if not ours:
        return []
    names = dict.fromkeys(name for name in (place.table.id, "run_id", "seq") if name in place.said)
    said: list[_Said] = [(name, place[name], record[name]) for name in names]
    tenant = list(key_of(place.table.tenant_of(record)))
    return said if place.tenant is None else [*said, ("tenant", list(place.tenant), tenant)]


def _key(tenant: Json) -> Json:
    return [member(tenant, name) for name in TENANT]
