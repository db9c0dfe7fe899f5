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
TRANSFER: Final = Kind(
    name="transfer",
    requirement="DB-2",
    severity=Severity.SUSPECT,
    hazard="H17",
    meaning="A transfer to another database is in progress, or was given up. Engines can't open this one meanwhile:"
    " they fall back to the files without a word, and record everything again there.",
    advice="Let the transfer end, or take it back, before an engine starts.",
)
