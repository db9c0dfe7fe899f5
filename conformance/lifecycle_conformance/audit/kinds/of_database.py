"""The kinds of findings about the form of a database: what a single row, or a table as a whole, shows."""

from typing import Final

from lifecycle_conformance.audit.finding import Kind, Severity

_MEND: Final = "Take the row from a backup, or remove it while no engine runs; keep a copy of the database."

EVENT_ROW_UNDECODABLE: Final = Kind(
    name="event-row-undecodable",
    requirement="DB-15",
    severity=Severity.VIOLATION,
    hazard="H18",
    meaning="A row of events can't be decoded. The engine then shows no event of any run: the next pass of each run"
    " records its index ids again, and compaction does nothing.",
    advice=_MEND,
)
SNAPSHOT_ROW_UNDECODABLE: Final = Kind(
    name="snapshot-row-undecodable",
    requirement="DB-15",
    severity=Severity.VIOLATION,
    meaning="A row of snapshots can't be decoded. The engine then lists no snapshot of that run, and a pass that looks"
    " for this one stops.",
    advice=_MEND,
)
RUN_ROW_UNDECODABLE: Final = Kind(
    name="run-row-undecodable",
    requirement="DB-15",
    severity=Severity.VIOLATION,
    meaning="A row of run records can't be decoded.",
    advice=_MEND,
)
EVENT_ROW_DISAGREES: Final = Kind(
    name="event-row-disagrees",
    requirement="DB-15",
    severity=Severity.VIOLATION,
    hazard="H18",
    meaning="What a row of events holds disagrees with its columns. The engine can't decode such a row, and shows no"
    " event of any run.",
    advice=_MEND,
)
SNAPSHOT_ROW_DISAGREES: Final = Kind(
    name="snapshot-row-disagrees",
    requirement="DB-15",
    severity=Severity.VIOLATION,
    meaning="What a row of snapshots holds disagrees with its columns. The engine can't decode such a row, and lists no"
    " snapshot of that run.",
    advice=_MEND,
)
RUN_ROW_DISAGREES: Final = Kind(
    name="run-row-disagrees",
    requirement="DB-15",
    severity=Severity.VIOLATION,
    hazard="H19",
    meaning="A row of run records holds another tenant's record than its columns say: two tenants share a run id. The"
    " engine can't load this row, and with it no run at all.",
    advice="Give one of the two runs another id, and put its tenant's record back into this row.",
)
CIPHERTEXT: Final = Kind(
    name="ciphertext",
    requirement="DB-15",
    severity=Severity.NOTE,
    meaning="Rows are encrypted. The audit knows no key: what they hold wasn't looked at.",
    advice="Nothing is wrong with that. To have them audited, export the store with an engine that has the key.",
)
NEWER_SCHEMA: Final = Kind(
    name="newer-schema",
    requirement="DB-14",
    severity=Severity.SUSPECT,
    hazard="H17",
    meaning="The database has a newer schema than the specification knows. An engine that doesn't know it either falls"
    " back to the files without a word, and records everything again there.",
    advice="Let no older engine open this store.",
)
OLDER_SCHEMA: Final = Kind(
    name="older-schema",
    requirement="DB-14",
    severity=Severity.SUSPECT,
    hazard="H18",
    meaning="The tables have no columns for the tenant, as in schema versions 1 to 3. When an engine of today upgrades"
    " them, it can't read any event.",
    advice="Keep a copy, and import the store anew from its files.",
)
JSON_REWRITTEN: Final = Kind(
    name="json-rewritten",
    requirement="DB-15",
    severity=Severity.NOTE,
    meaning="Records stand in a column of type JSONB, which keeps what they say, but neither the order of members nor"
    " how a number was written. What they say was audited, how they were written wasn't.",
    advice="Nothing, if all that seems wrong is elsewhere. An id or a digest may not fit its record because JSONB"
    " changed a number, such as 1e16: judge it by a copy of what was sent.",
)
TRANSFER: Final = Kind(
    name="transfer",
    requirement="DB-2",
    severity=Severity.SUSPECT,
    hazard="H17",
    meaning="A transfer to another database is in progress, or was given up. Engines can't open this one meanwhile:"
    " they fall back to the files without a word, and record everything again there.",
    advice="Let the transfer end, or take it back, before an engine starts.",
)
DATABASE_COUNTS: Final = Kind(
    name="database-counts",
    requirement="DB-2",
    severity=Severity.NOTE,
    meaning="The folder holds files and a database, and the files were imported: the database is the authority, and is"
    " what was audited. The files are mirrors, or frozen.",
    advice="Nothing. To have the files audited, copy them to a folder without the database.",
)
FILES_COUNT: Final = Kind(
    name="files-count",
    requirement="DB-2",
    severity=Severity.NOTE,
    meaning="The folder holds files and a database, into which they weren't imported: the files are the authority, and"
    " are what was audited. An import that failed leaves such a database.",
    advice="Ask `audit --migration` whether the import can succeed, and what keeps it from that.",
)
UNREADABLE_DATABASE: Final = Kind(
    name="unreadable-database",
    requirement="DB-2",
    severity=Severity.SUSPECT,
    hazard="H17",
    meaning="Beside the files lies a database that can't be read. An engine falls back to the files without a word; if"
    " the database was the authority, everything is recorded again there.",
    advice="Take the database from a backup before an engine starts, or make sure that it never was the authority.",
)
FILES_WENT_ON: Final = Kind(
    name="files-went-on",
    requirement="DB-2",
    severity=Severity.SUSPECT,
    hazard="H17",
    meaning="The log has events that the database, which is the authority, doesn't have, or has under another seq. An"
    " engine that couldn't open the database fell back to the files, and recorded them there.",
    advice="Find out when the database couldn't be opened. What was recorded in the files only is missing there.",
)
