"""Every reason for which an import fails, and everything that it drops or alters without a word."""

from typing import Final

from lifecycle_conformance.audit.finding import Kind, Severity

_NUMBER_ADVICE: Final = "SQLite and PostgreSQL hold 63-bit integers: correct the number in a copy of the file"
_TENANT_ADVICE: Final = (
    "a database never takes such a tenant: give the records a tenant of a real name, or move them out of this store"
)


def _kind(name: str, requirement: str, meaning: str, advice: str, hazard: str | None = None) -> Kind:
    """A kind of finding about an import. All are notes: the store itself need not be wrong."""
    return Kind(
        name=name, requirement=requirement, severity=Severity.NOTE, meaning=meaning, advice=advice, hazard=hazard
    )


# --- causes of failure ------------------------------------------------------------------------------------------------

LOG_UNREADABLE: Final = _kind(
    "log-unreadable",
    "DB-4",
    "the log is a folder, a device or a pipe, or may not be read",
    "put the log itself in this place, and let the engine's user read it",
)
LOG_LINE_UNREADABLE: Final = _kind(
    "log-line-unreadable",
    "DB-4",
    "a line of the log that isn't blank doesn't parse as an event",
    "correct the line in a copy of the log, or take it out: the next pass then records its event anew",
)
LOG_TORN_TAIL: Final = _kind(
    "log-torn-tail",
    "DB-4",
    "the last line of the log was cut off while it was written",
    "let the engine append to the files once, which cuts the tail off, or cut it off by hand",
)
LOG_NOT_UTF8: Final = _kind(
    "log-not-utf8",
    "DB-4",
    "the log holds bytes that are no UTF-8, so the engine reads no event of it at all",
    "take the line out of a copy of the log; look for records that were recorded twice since",
    "H14",
)
LOG_BYTE_ORDER_MARK: Final = _kind(
    "log-byte-order-mark",
    "DB-4",
    "the log begins with a byte order mark",
    "remove the three bytes EF BB BF at the beginning of the log",
)
TOO_LARGE: Final = _kind(
    "too-large",
    "DB-4",
    "a record is too large to be looked at here, so what the import makes of it is not known",
    "look at what stands there: no engine writes a record of that size",
)
EVENT_SEQ_TWICE: Final = _kind(
    "event-seq-twice",
    "DB-5",
    "two events of one run id have the same seq",
    "where both tell the same, take the later line out of a copy of the log; of two tenants that share a run id, only"
    " one can go into the database: move the other's events and snapshots into a store of their own",
)
EVENT_NUMBER_TOO_LARGE: Final = _kind(
    "event-number-too-large", "DB-7", "the seq or time of an event is 2^63 or more", _NUMBER_ADVICE
)
EVENT_TENANT_RESERVED: Final = _kind(
    "event-tenant-reserved", "DB-8", "an event is of a tenant with a reserved name", _TENANT_ADVICE
)
SNAPSHOTS_UNREADABLE: Final = _kind(
    "snapshots-unreadable",
    "DB-6",
    "the folder of the snapshots, or a folder in it, can't be listed",
    "put a folder in this place, and let the engine's user read it",
)
SNAPSHOT_UNREADABLE: Final = _kind(
    "snapshot-unreadable",
    "DB-6",
    "a file that ends in .json can't be read as a snapshot",
    "restore the file, or move it out of the folder: the next pass writes a missing snapshot anew, in today's state",
    "H4",
)
SNAPSHOT_SEQ_TWICE: Final = _kind(
    "snapshot-seq-twice",
    "DB-5",
    "two snapshots of one run id have the same seq and different ids",
    "keep the one whose id is that of the event with this seq, and move the other out of the folder",
)
SNAPSHOT_NUMBER_TOO_LARGE: Final = _kind(
    "snapshot-number-too-large", "DB-7", "the seq or time of a snapshot is 2^63 or more", _NUMBER_ADVICE
)
SNAPSHOT_TENANT_RESERVED: Final = _kind(
    "snapshot-tenant-reserved", "DB-8", "a snapshot is of a tenant with a reserved name", _TENANT_ADVICE
)
RUNS_UNREADABLE: Final = _kind(
    "runs-unreadable",
    "DB-9",
    "the runs file is a folder, a device or a pipe, or may not be read",
    "put the runs file itself in this place, and let the engine's user read it",
)
RUNS_NOT_JSON: Final = _kind(
    "runs-not-json",
    "DB-9",
    "the runs file is no JSON",
    "restore the file, or move it away: the import goes without a runs file, and imports no run record then",
)
RUNS_NO_OBJECT: Final = _kind(
    "runs-no-object",
    "DB-9",
    "the runs file holds something else than an object",
    "write the records as {run id: record, …}",
)
RUNS_SCHEMA_VERSION: Final = _kind(
    "runs-schema-version",
    "DB-9",
    "the runs file is of a schema_version that this engine doesn't know",
    "import with the engine that wrote the file, or a later one",
)
RUNS_MISSING: Final = _kind(
    "runs-missing",
    "DB-9",
    "the runs file has a schema_version, but no object `runs`",
    "restore the file, or move it away: the import goes without a runs file, and imports no run record then",
)
RUN_ENTRY_NO_OBJECT: Final = _kind(
    "run-entry-no-object", "DB-9", "an entry of the runs file is no object", "take the entry out of a copy of the file"
)
RUN_WITHOUT_AUTOMATION: Final = _kind(
    "run-without-automation",
    "DB-9",
    "an entry of the runs file has no automation_id that is a string",
    "add the automation_id, which the events of the run have as correlation_id, or take the entry out",
)
RUN_NUMBER_TOO_LARGE: Final = _kind(
    "run-number-too-large", "DB-7", "created_at_ms or updated_at_ms of a run is 2^63 or more", _NUMBER_ADVICE
)
RUN_TENANT_RESERVED: Final = _kind(
    "run-tenant-reserved", "DB-8", "a run is of a tenant with a reserved name", _TENANT_ADVICE
)
WAITS_UNREADABLE: Final = _kind(
    "waits-unreadable",
    "DB-10",
    "the file of the waits doesn't parse",
    "restore the file, or move it away if no run waits for anything",
)
DATABASE_UNREADABLE: Final = _kind(
    "database-unreadable",
    "DB-10",
    "what stands in the place of the database is none",
    "move it away: the import makes a new database",
)
DATABASE_NEWER: Final = _kind(
    "database-newer",
    "DB-10",
    "the database was made by a newer engine, and an older one can't open it",
    "start the newer engine again; an older one falls back to the files without a word, and records everything again",
    "H17",
)
DATABASE_IN_TRANSFER: Final = _kind(
    "database-in-transfer",
    "DB-10",
    "the database is being transferred to another one, and can't be opened until that has ended",
    "end the transfer first; until then an engine falls back to the files without a word",
    "H17",
)

# --- silent changes ---------------------------------------------------------------------------------------------------

EVENT_DROPPED: Final = _kind(
    "event-dropped",
    "DB-11",
    "an event is dropped because an earlier line of the log has its id",
    "look whether both are the same event; if not, keep this log: the database never gets the second one",
    "H16",
)
SNAPSHOT_DROPPED: Final = _kind(
    "snapshot-dropped",
    "DB-11",
    "a snapshot is dropped because one with its id and a lower run id or seq is there, or a copy",
    "keep the file that belongs to the event of this id, and move the other out of the folder",
    "H16",
)
RUN_RECOVERED: Final = _kind(
    "run-recovered",
    "DB-12",
    "an entry of the runs file doesn't parse, so a recovered run with status blocked takes its place",
    "correct the entry first: its status is lost, and its history is replaced",
)
RUN_REPLACED: Final = _kind(
    "run-replaced",
    "DB-12",
    "an entry of the runs file is dropped because a later key holds the same run id, or the same key comes again",
    "keep the entry that is right under its own run id, and take the other out of a copy of the file",
)
LINKED_FOLDER: Final = _kind(
    "linked-folder",
    "DB-6",
    "a symbolic link leads to a folder, and whether the import looks for snapshots there is left open",
    "put the folder itself in the place of the link; here nothing behind it is looked at",
)
LINK_TO_NOTHING: Final = _kind(
    "link-to-nothing",
    "DB-3",
    "a symbolic link leads to nothing, so the import goes on as if the file weren't there",
    "mount what the link leads to, or remove the link",
)

CAUSES: Final = (
    *(LOG_UNREADABLE, LOG_LINE_UNREADABLE, LOG_TORN_TAIL, LOG_NOT_UTF8, LOG_BYTE_ORDER_MARK, TOO_LARGE),
    *(EVENT_SEQ_TWICE, EVENT_NUMBER_TOO_LARGE, EVENT_TENANT_RESERVED),
    *(SNAPSHOTS_UNREADABLE, SNAPSHOT_UNREADABLE, SNAPSHOT_SEQ_TWICE),
    *(SNAPSHOT_NUMBER_TOO_LARGE, SNAPSHOT_TENANT_RESERVED),
    *(RUNS_UNREADABLE, RUNS_NOT_JSON, RUNS_NO_OBJECT, RUNS_SCHEMA_VERSION, RUNS_MISSING),
    *(RUN_ENTRY_NO_OBJECT, RUN_WITHOUT_AUTOMATION, RUN_NUMBER_TOO_LARGE, RUN_TENANT_RESERVED),
    *(WAITS_UNREADABLE, DATABASE_UNREADABLE, DATABASE_NEWER, DATABASE_IN_TRANSFER),
)
"""The kinds with which an import fails."""

CHANGES: Final = (EVENT_DROPPED, SNAPSHOT_DROPPED, RUN_RECOVERED, RUN_REPLACED, LINKED_FOLDER, LINK_TO_NOTHING)
"""The kinds of what an import that succeeds drops or alters."""
