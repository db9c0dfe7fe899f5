"""The kinds of findings about the form of a store: what a single line, file or row shows, whatever the others hold."""

from typing import Final

from lifecycle_conformance.audit.finding import Kind, Severity

# --- lines of the log -------------------------------------------------------------------------------------------------

DAMAGED_LINE: Final = Kind(
    name="damaged-line",
    requirement="FILE-1",
    severity=Severity.VIOLATION,
    meaning="A line of the log is no JSON. It is skipped (FILE-18): its event is unknown, and the next pass of its run"
    " records that record again, with the next seq. A crash damages the last line only.",
    advice="Take the line from a backup. If there is none, the next pass records the record again; a compaction takes"
    " the line away.",
)
NO_EVENT: Final = Kind(
    name="no-event",
    requirement="FILE-11",
    severity=Severity.VIOLATION,
    meaning="A line of the log is JSON, but can't be read as an event: a member is missing or of the wrong type. It is"
    " skipped (FILE-18), and the next pass of its run records that record again.",
    advice="Mend the member that is named, or take the line from a backup.",
)
LINE_NOT_UTF8: Final = Kind(
    name="line-not-utf8",
    requirement="FILE-19",
    severity=Severity.VIOLATION,
    hazard="H14",
    meaning="A line of the log holds bytes that are no UTF-8. By the specification only this line is skipped;"
    " production then reads the whole log as empty, and records every record of every run again.",
    advice="Mend or remove the line before an engine of production opens the store.",
)
TORN_TAIL: Final = Kind(
    name="torn-tail",
    requirement="FILE-16",
    severity=Severity.SUSPECT,
    meaning="The log ends inside a line: whoever wrote it died meanwhile, or the end of the log was lost. What is"
    " appended next cuts the line off.",
    advice="If only a crash can be the reason, nothing: the next pass mends it. Otherwise compare with a backup.",
)
TORN_CHARACTER: Final = Kind(
    name="torn-character",
    requirement="FILE-19",
    severity=Severity.SUSPECT,
    hazard="H14",
    meaning="The log ends inside a character, as a crash may leave it. Production then reads the whole log as empty,"
    " and records every record of every run again.",
    advice="Cut the last line off before an engine of production opens the store.",
)
WHOLE_TAIL: Final = Kind(
    name="whole-tail",
    requirement="FILE-15",
    severity=Severity.NOTE,
    meaning="The last line of the log is whole, but its newline is missing: whoever wrote it died meanwhile.",
    advice="Nothing: what is appended next adds the newline.",
)
BLANK_LINES: Final = Kind(
    name="blank-lines",
    requirement="FILE-1",
    severity=Severity.NOTE,
    meaning="The log has blank lines. No engine writes them, and all skip them.",
    advice="Nothing: a compaction takes them away.",
)
LINE_TOO_LONG: Final = Kind(
    name="line-too-long",
    requirement="FILE-1",
    severity=Severity.SUSPECT,
    meaning="A line of the log is longer than this audit reads: it wasn't looked at.",
    advice="Look at the line by hand; an event of this size is most likely damage.",
)

# --- how records are written ------------------------------------------------------------------------------------------

LINE_FORM: Final = Kind(
    name="line-form",
    requirement="FILE-1",
    severity=Severity.VIOLATION,
    meaning="A line of the log can be read, but isn't written as an engine writes it: compact, with the shortest"
    " numbers and strings, and each member once. Something else than an engine rewrote it.",
    advice="Find out what rewrote the log, and whether it changed numbers: identities depend on them (JSON-12).",
)
FILE_FORM: Final = Kind(
    name="file-form",
    requirement="FILE-5",
    severity=Severity.VIOLATION,
    meaning="A snapshot file can be read, but isn't written as an engine writes it: indented by two spaces, with the"
    " shortest numbers and strings, and each member once. Something else than an engine rewrote it.",
    advice="Find out what rewrote the file, and whether it changed numbers.",
)
MEMBER_ORDER: Final = Kind(
    name="member-order",
    requirement="FILE-8",
    severity=Severity.VIOLATION,
    meaning="The members of a stored record don't stand in the order in which every engine writes them.",
    advice="Find out what rewrote the record.",
)
MEMBER_LEFT: Final = Kind(
    name="member-left",
    requirement="FILE-8",
    severity=Severity.SUSPECT,
    meaning="A stored record has a member that is left out when it is absent or empty, or lacks one that is always"
    " written. It can be read all the same.",
    advice="Find out what wrote the record: it is most likely no engine.",
)
UNKNOWN_MEMBER: Final = Kind(
    name="unknown-member",
    requirement="FILE-13",
    severity=Severity.NOTE,
    meaning="A stored record has a member that the specification doesn't know. It is ignored, and lost when the record"
    " is written again.",
    advice="If the member matters to you, keep it elsewhere.",
)
NOT_SORTED: Final = Kind(
    name="not-sorted",
    requirement="FILE-9",
    severity=Severity.VIOLATION,
    meaning="The members of a free-form value, such as a payload, aren't sorted by their names.",
    advice="Find out what rewrote the record.",
)

# --- snapshot files ---------------------------------------------------------------------------------------------------

UNREADABLE_SNAPSHOT: Final = Kind(
    name="unreadable-snapshot",
    requirement="SNAP-12",
    severity=Severity.VIOLATION,
    meaning="A file in the place of a snapshot can't be read as one. Listings skip it (FILE-21); a pass that needs it"
    " stops with a storage error, each time.",
    advice="Take the file from a backup, or remove it: the next pass writes it anew, with the state of that day (H4).",
)
MISPLACED_SNAPSHOT: Final = Kind(
    name="misplaced-snapshot",
    requirement="FILE-3",
    severity=Severity.VIOLATION,
    meaning="A snapshot lies in a folder that isn't its run's: no pass finds it, while compaction and pruning count it"
    " as its run's (FILE-24).",
    advice="Move the file to the place that is named, if nothing is there.",
)
MISNAMED_SNAPSHOT: Final = Kind(
    name="misnamed-snapshot",
    requirement="FILE-3",
    severity=Severity.VIOLATION,
    meaning="A snapshot lies in a file whose name isn't that of its id: it is listed, but a pass that looks for it"
    " doesn't find it, and writes it anew.",
    advice="Rename the file as is said here, if nothing has that name.",
)
FILE_TOO_LONG: Final = Kind(
    name="file-too-long",
    requirement="FILE-5",
    severity=Severity.SUSPECT,
    meaning="A snapshot file is longer than this audit reads: it wasn't looked at.",
    advice="Look at the file by hand; a snapshot of this size is most likely damage.",
)

# --- the layout -------------------------------------------------------------------------------------------------------

LEFTOVER: Final = Kind(
    name="leftover",
    requirement="FILE-7",
    severity=Severity.SUSPECT,
    meaning="A temporary file is left. A crash leaves one (FILE-6); an operation that was answered doesn't.",
    advice="Nothing, if there was a crash: it is never read, and written over next time. It may be removed while no"
    " engine runs.",
)
STRAY: Final = Kind(
    name="stray",
    requirement="FILE-7",
    severity=Severity.SUSPECT,
    meaning="Among the snapshots stands something that no engine puts there, and that none reads.",
    advice="Find out who put it there. A snapshot in a deeper folder makes the import into a database fail or change.",
)
FOREIGN: Final = Kind(
    name="foreign",
    requirement="FILE-7",
    severity=Severity.NOTE,
    meaning="Beside the log stands something that is no part of a store; it wasn't looked at.",
    advice="Nothing, if you know what it is.",
)
LEADS_OUTSIDE: Final = Kind(
    name="leads-outside",
    requirement="FILE-3",
    severity=Severity.VIOLATION,
    meaning="In the place of a file or folder of the store stands a symbolic link that leads out of it. It wasn't"
    " followed.",
    advice="Put what it leads to in its place, or find out who made it.",
)
NO_FILE: Final = Kind(
    name="no-file",
    requirement="FILE-3",
    severity=Severity.VIOLATION,
    meaning="In the place of a file stands something else, such as a folder, a pipe, a device or a link to nothing; or"
    " in the place of a folder something that is none. It wasn't opened.",
    advice="Move it away.",
)
CLOSED: Final = Kind(
    name="closed",
    requirement="FILE-21",
    severity=Severity.SUSPECT,
    meaning="A file or folder of the store can't be opened, so what it holds is unknown here.",
    advice="Give the user of the audit the right to read it, or find out what is wrong with the disk.",
)
