"""Which requirements no damage to a store of files shows broken, which kinds of findings no damage shows, and why."""

from collections.abc import Mapping
from typing import Final

from lifecycle_conformance.audit.kinds.of_journal import JOURNAL_KINDS

_STATE: Final = "it is the run's state at that time, or its definition's, and only a journal has it"
_PASS: Final = "it says what a pass does; what it leaves is shown under the requirements of events and snapshots"
_ANSWER: Final = "it is about answers, which leave nothing in a store"
_TIME: Final = "it is about what happens at a time, such as a crash, a lock or a reader; a store shows what came of it"
_READING: Final = "it says how what is stored is read, not what is stored"
_DATABASES: Final = "only databases show it: tests/audit/test_sqlite_source.py and test_migration.py hurt their rows"

UNSHOWN: Final[Mapping[str, str]] = {
    "DRIVER": "it is about the protocol of the suite",
    "ERR": _ANSWER,
    "DB": _DATABASES,
    "REC-1 REC-2 REC-3 REC-4 REC-5 REC-7 REC-8 REC-10 REC-11 REC-12 REC-13 REC-14 REC-16 REC-17": _READING,
    "REC-18": "it is about files of run records, which tests/audit/test_run_records.py hurts",
    "JSON-9": "few numbers have an exponent; one in other digits is found under JSON-7",
    "JSON-10 JSON-11 JSON-13 JSON-14 JSON-15": _READING,
    "ID-2 ID-4 ID-7": "another identity is another id: what hurts ID-5 hurts it",
    "OCC-2 OCC-3": "another occurrence is another id: what hurts OCC-1 hurts it",
    "ALIAS-1 ALIAS-3 ALIAS-8 ALIAS-9": "a record that isn't recognised is recorded twice: what hurts ALIAS-2 hurts it",
    "ALIAS-10 ALIAS-11 ALIAS-12": "it allows what looks wrong: records are recorded again, legally (H5, H11, H12)",
    "PHASE-2": "the engines before G3 wrote `queued` for such a run",
    "PHASE-3 PHASE-6": "a history may begin with a move, as it may have been empty",
    "PHASE-11": _ANSWER,
    "EVENT-5": _STATE,
    "SCOPE": _STATE,
    "DEF": _STATE,
    "SNAP-7 SNAP-8 SNAP-9 SNAP-10": _READING,
    "PASS-1 PASS-6 PASS-8 PASS-9 PASS-10 PASS-11 PASS-12 PASS-13 PASS-14": _PASS,
    "PASS-2": "a record without event is told beside run records: tests/audit/test_audit.py",
    "PASS-16 LOG-6": _TIME,
    "TENANT-2 TENANT-3 TENANT-5": "it says who sees what, not what is stored",
    "TENANT-7": "a pass that was stopped there leaves a note; what is overwritten is shown under TENANT-4 and SNAP-11",
    "COMPACT-1 COMPACT-4 COMPACT-5 COMPACT-13": "which events were old, and what was answered, no store tells",
    "PRUNE-1 PRUNE-3 PRUNE-4 PRUNE-6": "which snapshots were old, and what was answered, no store tells",
    "FILE-2 FILE-10 FILE-20 FILE-25 FILE-26 FILE-27": _TIME,
    "FILE-21 FILE-23 FILE-24": _READING,
}
"""By ids, or a prefix that stands for all of its ids."""

_NOTE: Final = "healthy stores have it: it is good to know, and nothing wrong"
_DOUBT: Final = "it is another finding in doubt, as something can't be read: tests/audit/test_audit.py"
_RUN_RECORDS: Final = "it is about files of run records: tests/audit/test_run_records.py"
_LARGE: Final = "it takes 64 MiB: tests/audit/test_file_source.py asks for less"
_BOTH: Final = "it is about a folder with files and a database: tests/audit/test_opening.py"

_JOURNAL: Final = "only a journal shows it: tests/audit/test_journal.py"

UNSHOWN_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(JOURNAL_KINDS, _JOURNAL),
    **dict.fromkeys(("index-ids-compacted", "recorded-again-after-compaction", "counter-shifted"), _NOTE),
    "scope-drift": "stores of several engines have it legally: tests/audit/test_audit.py",
    **dict.fromkeys(("time-backwards", "snapshots-pruned", "pass-incomplete", "storage-conflict"), _NOTE),
    **dict.fromkeys(("move-refused", "records-not-projected"), _NOTE),
    **dict.fromkeys(("seq-perhaps-missing", "snapshot-perhaps-without-event"), _DOUBT),
    "occurrence-missing": "it follows where an event is gone, which its seq tells: tests/audit/test_audit.py",
    "record-missing": "its place is in the file of run records: tests/audit/test_audit.py",
    **dict.fromkeys(
        ("unreadable-record", "broken-file", "other-key", "conflicting-records", "no-records"), _RUN_RECORDS
    ),
    **dict.fromkeys(("line-too-long", "file-too-long"), _LARGE),
    "closed": "the tests may run as root, who can open everything: tests/audit/test_file_source.py",
    **dict.fromkeys(("database-counts", "files-count", "files-went-on", "unreadable-database"), _BOTH),
    **dict.fromkeys(("event-row-undecodable", "event-row-disagrees", "snapshot-row-undecodable"), _DATABASES),
    **dict.fromkeys(("snapshot-row-disagrees", "run-row-undecodable", "run-row-disagrees"), _DATABASES),
    **dict.fromkeys(
        ("ciphertext", "newer-schema", "older-schema", "json-rewritten", "transfer", "snapshots-change-hands"),
        _DATABASES,
    ),
}
