"""A store in production's database as an audit reads it: run by run, each in one transaction."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from lifecycle_conformance.audit.database import Database, Reading
from lifecycle_conformance.audit.database_rows import (
    EVENTS,
    RUNS,
    SNAPSHOTS,
    TENANT,
    Decoded,
    Table,
    decoded,
    mark_of,
    text_of,
)
from lifecycle_conformance.audit.finding import Finding, Kind, Where
from lifecycle_conformance.audit.kinds import of_database as kinds
from lifecycle_conformance.audit.stored import Row, StoredRun
from lifecycle_projection.errors import StorageError

NEWEST_SCHEMA: Final = 5
_TRANSFERS: Final = "stateful_backend_transfers"
_OURS: Final = "substr(run_id, 1, 5) <> 'goal:'"
"""What a goal records has a run id of its own form (DB-15)."""


class DatabaseSource:
    """A store in a database, read only. A part is a run id.

    Raises :class:`StorageError` where the database can't be read, or lacks the tables (DB-14, DB-15).
    """

    def __init__(self, database: Database, *, name: str | None = None) -> None:
        self._database = database
        self._name = name or database.name
        self._columns = database.read(self._columns_of_tables)

    @property
    def name(self) -> str:
        """The store as the user named it, without a password."""
        return self._name

    @property
    def is_whole(self) -> bool:
        """Each row names its run, so that what can't be read is known of each."""
        return True

    @property
    def shares_seqs(self) -> bool:
        """Tenants with one run id number their events together (DB-16)."""
        return True

    def parts(self) -> Sequence[str]:
        """The ids of the runs; those of goals are left out."""
        query = " UNION ".join(f"SELECT run_id FROM {table.name} WHERE {_OURS}" for table in (EVENTS, SNAPSHOTS))  # noqa: S608
        return self._database.read(lambda db: sorted(_as_text(run_id) for (run_id,) in db.rows(query)))

    def part_of(self, run_id: str) -> str:
        """The run id itself."""
        return run_id

    def limited_to(self, parts: Sequence[str]) -> "DatabaseSource":  # noqa: ARG002
        """The same store: there is nothing that a process need not know."""
        return self

    def runs(self, part: str) -> Iterator[StoredRun]:
        """The run with this id."""
        events, snapshots = self._database.read(
            lambda db: (self._of_run(db, EVENTS, part), self._of_run(db, SNAPSHOTS, part))
        )
        yield StoredRun(
            run_id=part,
            events=[each.row for each in events if each.row is not None],
            snapshots=[each.row for each in snapshots if each.row is not None],
            findings=[finding for each in (*events, *snapshots) for finding in each.findings],
            unread_events=sum(each.row is None for each in events),
            unread_snapshots=sum(each.row is None for each in snapshots),
            size=sum(each.size for each in (*events, *snapshots)),
        )

    def run_ids(self) -> Sequence[str]:
        """The ids of the run records that the database holds; none where it has no table for them."""
        if RUNS.name not in self._columns:
            return []
        query = f"SELECT run_id FROM {RUNS.name}"  # noqa: S608
        return self._database.read(lambda db: sorted(_as_text(run_id) for (run_id,) in db.rows(query)))

    def run_record(self, run_id: str) -> Row | None:
        """The run record with this id, if it can be read."""
        return next((each.row for each in self._database.read(lambda db: self._of_run(db, RUNS, run_id))), None)

    def authority_since_ms(self) -> int | None:
        """When the import of the files was complete, since when the database is the authority; else `None` (DB-2)."""
        where = "WHERE migration_id = 'legacy_stateful_runtime_v1' AND status = 'complete'"
        times = self._values("stateful_migrations", "coalesce(completed_at_ms, 0)", where)
        return max((each for each in times if isinstance(each, int)), default=None)

    def findings(self) -> Iterator[Finding]:
        """What keeps engines from opening the database, what is encrypted, and the rows that belong to no part."""
        yield from self._of_schema()
        for table in (EVENTS, SNAPSHOTS, RUNS):
            if table.name in self._columns:
                yield from self._ciphertexts(table)
        yield from self._database.read(self._of_other_rows)
        yield from self.findings_of_run_records()

    def findings_of_run_records(self) -> Iterator[Finding]:
        """What is wrong with the rows that hold run records, each by itself (H19)."""
        if RUNS.name in self._columns:
            yield from self._database.read(lambda db: self._findings_of(db, RUNS, "TRUE"))

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _of_run(self, db: Reading, table: Table, run_id: str) -> list[Decoded]:
        if table.name not in self._columns:
            return []
        rows = self._rows(db, table, "run_id = CAST($1 AS TEXT)", run_id.encode(errors="surrogateescape"))
        return [self._decoded(table, row) for row in rows]

    def _rows(self, db: Reading, table: Table, where: str, text: bytes | None = None) -> Iterator[dict[str, object]]:
        columns, order = self._columns[table.name], table.id if table is RUNS else f"seq, {table.id}"
        query = f"SELECT {', '.join(columns)} FROM {table.name} WHERE {where} ORDER BY {order}"  # noqa: S608
        return (dict(zip(columns, row, strict=True)) for row in db.rows(query, text))

    def _decoded(self, table: Table, row: Mapping[str, object], *, ours: bool = True) -> Decoded:
        return decoded(table, row, self._database.path, ours=ours, as_sent=self._columns[table.name][table.json])

    def _of_other_rows(self, db: Reading) -> list[Finding]:
        """What is wrong with the events of goals: a row of theirs that can't be decoded hides those of runs as well."""
        return self._findings_of(db, EVENTS, f"run_id IS NULL OR NOT {_OURS}", ours=False)

    def _findings_of(self, db: Reading, table: Table, where: str, *, ours: bool = True) -> list[Finding]:
        rows = self._rows(db, table, where)
        return [finding for row in rows for finding in self._decoded(table, row, ours=ours).findings]

    def _ciphertexts(self, table: Table) -> Iterator[Finding]:
        """How many rows are encrypted, by the marks with which they begin."""
        if not self._columns[table.name][table.json]:  # it holds JSON alone
            return
        text = f"CAST({table.json} AS TEXT)"
        query = f"SELECT substr({text}, 1, 40) FROM {table.name} WHERE substr({text}, 1, 1) = 't'"  # noqa: S608
        marks = self._database.read(lambda db: Counter(mark_of(str(text_of(text))) for (text,) in db.rows(query)))
        for mark, count in sorted((mark, count) for mark, count in marks.items() if mark is not None):
            message = f"{count} rows of {table.name} are encrypted: they begin with `{mark}`"
            yield self._finding(kinds.CIPHERTEXT, message, table.name)

    # --- tables -------------------------------------------------------------------------------------------------------

    def _columns_of_tables(self, db: Reading) -> dict[str, dict[str, bool]]:
        """The columns to read of each table that is there. Raises :class:`StorageError` where one is missing."""
        found = {}
        for table in (EVENTS, SNAPSHOTS, RUNS):
            there = db.columns(table.name)
            if not there and table is RUNS:
                continue
            missing = [column for column in table.columns if column not in there and column not in TENANT]
            if missing:
                lacking = f"a table {table.name}{self._database.tables_of}"
                what = f"the columns {', '.join(missing)} in table {table.name}" if there else lacking
                raise StorageError(path=self._database.name, problem=f"expected {what}")
            found[table.name] = {column: there[column] for column in table.columns if column in there}
        return found

    def _of_schema(self) -> Iterator[Finding]:
        versions = self._values("schema_metadata", "schema_version")
        if (version := max((each for each in versions if isinstance(each, int)), default=0)) > NEWEST_SCHEMA:
            yield self._finding(kinds.NEWER_SCHEMA, f"The schema has version {version}", "schema_metadata")
        for table in (EVENTS, SNAPSHOTS):
            if not set(TENANT) <= set(self._columns[table.name]):
                yield self._finding(kinds.OLDER_SCHEMA, f"{table.name} has no columns for the tenant", table.name)
        for table in (EVENTS, SNAPSHOTS, RUNS):
            if not self._columns.get(table.name, {}).get(table.json, True):
                yield self._finding(kinds.JSON_REWRITTEN, f"{table.json} is of type JSONB", table.name)
        if transfers := len(self._values(_TRANSFERS, "1")):
            yield self._finding(kinds.TRANSFER, f"{_TRANSFERS} has {transfers} rows", _TRANSFERS)

    def _values(self, table: str, column: str, where: str = "") -> list[object]:
        """The values of a column, if there is such a table."""

        def work(db: Reading) -> list[object]:
            if not db.columns(table):
                return []
            return [value for (value,) in db.rows(f"SELECT {column} FROM {table} {where}")]  # noqa: S608

        return self._database.read(work)

    def _finding(self, kind: Kind, message: str, table: str) -> Finding:
        return Finding(kind=kind, message=message, where=Where(path=self._database.path, row=table))


def _as_text(value: object) -> str:
    """A text of the database, in a form that can be turned back: bytes that are no UTF-8 are kept."""
    return value.decode(errors="surrogateescape") if isinstance(value, bytes) else str(value)
