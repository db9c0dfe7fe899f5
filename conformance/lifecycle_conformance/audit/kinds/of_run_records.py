"""The kinds of findings about run records as they are given: unreadable ones, and several of one run."""

from typing import Final

from lifecycle_conformance.audit.finding import Kind, Severity

UNREADABLE_RECORD: Final = Kind(
    name="unreadable-record",
    requirement="REC-18",
    severity=Severity.VIOLATION,
    meaning="A run record can't be read, so nothing of that run can be held against its history. The import into a"
    " database fails with it, or puts a recovered run in its place.",
    advice="Mend the member that is named, or take the record from a backup.",
)
BROKEN_FILE: Final = Kind(
    name="broken-file",
    requirement="REC-18",
    severity=Severity.VIOLATION,
    meaning="A file of run records ends too early, or is no JSON from some place on. The records before it were read.",
    advice="Take the file from a backup: an engine reads none of its records.",
)
OTHER_KEY: Final = Kind(
    name="other-key",
    requirement="REC-18",
    severity=Severity.VIOLATION,
    meaning="A runs file holds a record under a key that isn't its run id.",
    advice="Find out which of the two is right, and put the record under it.",
)
CONFLICT: Final = Kind(
    name="conflicting-records",
    requirement="REC-18",
    severity=Severity.SUSPECT,
    meaning="Two records of one run were last changed at the same time, and differ. The one that was read last is taken"
    " for the run's state.",
    advice="Name only the source that is up to date.",
)
NO_RECORDS: Final = Kind(
    name="no-records",
    requirement="REC-18",
    severity=Severity.NOTE,
    meaning="A file that should hold run records holds none, or can't be opened. An engine without runs leaves such a"
    " file, too.",
    advice="Name the file or folder in which the engine keeps its run records.",
)
