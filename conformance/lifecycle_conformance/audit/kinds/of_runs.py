"""The kinds of findings about runs: what each means, which requirement it is about, and what to do."""

from typing import Final

from lifecycle_conformance.audit.finding import Kind, Severity
from lifecycle_conformance.audit.kinds.of_contents import CONTENTS, DO_NOT_EDIT
from lifecycle_conformance.audit.kinds.of_copies import COPIES

_RESTORE: Final = (
    "Restore the line, and its snapshot if that is gone, too, from a backup, before the next pass over the run: a pass "
    "would record the record again, at the end, with a new number."
)

_ALL: Final = (
    # --- identity -----------------------------------------------------------------------------------------------------
    Kind(
        name="wrong-event-id",
        requirement="ID-5",
        severity=Severity.VIOLATION,
        meaning="An event's id and its content disagree: the id is neither the one that the content gives nor an index "
        "id of the first generation.",
        advice="Do not rename it: where a snapshot has this id, the content was changed. Beside run records (--runs) "
        "the finding event-altered says which member.",
    ),
    Kind(
        name="event-twice",
        requirement="LOG-2",
        severity=Severity.VIOLATION,
        meaning="A run of a tenant has two events with one id.",
        advice="Look for two writers without a lock, or a file that was copied together. A compaction keeps both.",
    ),
    Kind(
        name="record-recorded-twice",
        requirement="PASS-3",
        severity=Severity.VIOLATION,
        meaning="One lifecycle record has two events, under different ids.",
        advice="Look for an engine that did not recognise what an older generation had recorded.",
    ),
    Kind(
        name="number-changed",
        requirement="JSON-12",
        severity=Severity.VIOLATION,
        meaning="Two events say the same but for the last digits of a number: it changed when it was read again, and "
        "with it the identity, so the record was projected twice.",
        advice="Both events stay. Use an engine that reads numbers correctly rounded, or keep such numbers as strings.",
        hazard="H9",
    ),
    Kind(
        name="occurrence-missing",
        requirement="OCC-1",
        severity=Severity.SUSPECT,
        meaning="Of identical records a later one is recorded, and an earlier one is not.",
        advice="An event was lost, unless the log was put together from several ones.",
    ),
    # --- order --------------------------------------------------------------------------------------------------------
    Kind(
        name="seq-twice",
        requirement="LOG-4",
        severity=Severity.VIOLATION,
        meaning="Two events of a run and tenant have one sequence number.",
        advice="Look for two writers without a lock, or a number that was changed.",
    ),
    Kind(
        name="seq-missing",
        requirement="LOG-1",
        severity=Severity.VIOLATION,
        meaning="Sequence numbers are missing between others, and no compaction marker lists them: events are gone.",
        advice=_RESTORE,
    ),
    Kind(
        name="seq-perhaps-missing",
        requirement="LOG-1",
        severity=Severity.SUSPECT,
        meaning="Sequence numbers are missing that may be those of lines that can't be read, or of a marker that "
        "lists less than it took in.",
        advice="Repair what can't be read first, then audit again.",
    ),
    Kind(
        name="seq-out-of-order",
        requirement="LOG-4",
        severity=Severity.VIOLATION,
        meaning="In the log an event stands behind one of its run and tenant that has a higher sequence number.",
        advice="Lines were moved, or a number was changed. Both appending and compaction keep the order.",
    ),
    Kind(
        name="time-backwards",
        requirement="EVENT-1",
        severity=Severity.NOTE,
        meaning="An event is older than the one before it: its record was inserted, or a clock was set back.",
        advice="Nothing, where records are inserted on purpose.",
    ),
    # --- compaction markers -------------------------------------------------------------------------------------------
    Kind(
        name="wrong-marker-id",
        requirement="COMPACT-9",
        severity=Severity.VIOLATION,
        meaning="The id of a compaction marker is not the hash of its tenant, run and sequence number.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="wrong-marker-seq",
        requirement="COMPACT-10",
        severity=Severity.VIOLATION,
        meaning="The sequence number of a marker, `compacted_through_seq` and the highest number that it lists differ.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="wrong-marker-time",
        requirement="COMPACT-10",
        severity=Severity.VIOLATION,
        meaning="An event that a marker took in is later than its `compacted_through_ms`: the event's snapshot says "
        "so.",
        advice="Correct the number by hand, to the highest time; look for an engine that takes that of the last event.",
    ),
    Kind(
        name="listed-seq-differs",
        requirement="COMPACT-11",
        severity=Severity.SUSPECT,
        meaning="A marker lists an event with another sequence number than the event's snapshot has. An event that was "
        "recorded again behind a damaged line looks like that, too.",
        advice="Compare the marker with a backup of the log: a pass takes the number that it lists.",
    ),
    Kind(
        name="wrong-marker-member",
        requirement="COMPACT-8",
        severity=Severity.VIOLATION,
        meaning="A member of a marker's payload is missing, is one too many, or has a value that no engine writes.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="protected-compacted",
        requirement="COMPACT-3",
        severity=Severity.SUSPECT,
        meaning="A marker took in what the newest snapshot of its run protects. A run without one protects nothing.",
        advice="Look for newer snapshots that were lost, or for an engine that compacts what it must keep.",
    ),
    Kind(
        name="marker-lists-too-little",
        requirement="COMPACT-11",
        severity=Severity.VIOLATION,
        meaning="A marker lists fewer ids than the events that it took in: what they recorded would be recorded again.",
        advice="Restore the marker from a backup before the next pass over the run.",
    ),
    Kind(
        name="compacted-recorded-again",
        requirement="COMPACT-14",
        severity=Severity.VIOLATION,
        meaning="An event stands in the log whose id a marker lists as compacted.",
        advice="An engine older than compaction, or one whose store does not know markers, appended it.",
    ),
    # --- completeness -------------------------------------------------------------------------------------------------
    Kind(
        name="snapshot-without-event",
        requirement="LOG-1",
        severity=Severity.VIOLATION,
        meaning="A snapshot stands for an event that neither the log nor a marker knows: the event is gone.",
        advice=_RESTORE,
    ),
    Kind(
        name="snapshot-perhaps-without-event",
        requirement="LOG-1",
        severity=Severity.SUSPECT,
        meaning="A snapshot stands for an event that can't be found; it may be in a line that can't be read.",
        advice="Repair what can't be read first, then audit again.",
    ),
    Kind(
        name="snapshot-of-another-tenant",
        requirement="TENANT-4",
        severity=Severity.VIOLATION,
        meaning="A snapshot belongs to a tenant that has no such event, in the place of one whose tenant has: it was "
        "overwritten, or its own event is gone.",
        advice="Give the two tenants run ids of their own; each pass destroys the other's snapshots.",
        hazard="H3",
    ),
    Kind(
        name="snapshots-overwritten",
        requirement="SNAP-11",
        severity=Severity.SUSPECT,
        meaning="Events of a tenant have no snapshots, and in their places are those of another tenant with the same "
        "run id: they were overwritten, or each pass was stopped by one.",
        advice="Give the two tenants run ids of their own; each pass destroys the other's snapshots.",
        hazard="H3",
    ),
    Kind(
        name="snapshots-change-hands",
        requirement="DB-16",
        severity=Severity.VIOLATION,
        meaning="In a database, events of a tenant have no snapshots, as another tenant with the same run id holds "
        "them: they take them from each other at every pass.",
        advice="Give the two tenants run ids of their own.",
        hazard="H16",
    ),
    Kind(
        name="storage-conflict",
        requirement="TENANT-7",
        severity=Severity.NOTE,
        meaning="A pass was stopped by the snapshot of another tenant with the same run id, and stops there each time.",
        advice="Give the two tenants run ids of their own.",
        hazard="H3",
    ),
    Kind(
        name="snapshot-missing",
        requirement="SNAP-5",
        severity=Severity.SUSPECT,
        meaning="A recorded event has no snapshot, although a snapshot that pruning would have removed before it is "
        "there.",
        advice="A pass over the run writes it, with the state of today.",
    ),
    Kind(
        name="snapshots-pruned",
        requirement="PRUNE-3",
        severity=Severity.NOTE,
        meaning="The oldest events of a run have no snapshots: they were pruned, or are lost.",
        advice="Nothing, where the store is pruned. A pass brings them back with the state of today (H4).",
        hazard="H4",
    ),
    Kind(
        name="snapshots-all-gone",
        requirement="PRUNE-2",
        severity=Severity.SUSPECT,
        meaning="Several passes recorded events of a run, and it has no snapshot: pruning keeps the newest, always.",
        advice="Restore the folder of the run, before the next pass: its guard would begin anew, from no phase.",
    ),
    Kind(
        name="pass-incomplete",
        requirement="PASS-14",
        severity=Severity.NOTE,
        meaning="The newest event of a run has no snapshot: the pass was cut off behind it, or the guard refused.",
        advice="The next pass completes it, unless the guard refuses the move.",
        hazard="H1",
    ),
    Kind(
        name="move-refused",
        requirement="PASS-12",
        severity=Severity.NOTE,
        meaning="The guard refuses the move from the latest snapshot's phase to that of the run's status, so that the "
        "run is not projected until its status changes.",
        advice="Change the status of the run, or accept that it stays as it is.",
        hazard="H1",
    ),
    Kind(
        name="records-not-projected",
        requirement="PASS-2",
        severity=Severity.NOTE,
        meaning="The newest lifecycle records of a run have no events: no pass has been made since, or the end of the "
        "log is lost.",
        advice="Project the run, unless a pass is known to have recorded them.",
    ),
    Kind(
        name="record-missing",
        requirement="PASS-2",
        severity=Severity.SUSPECT,
        meaning="A lifecycle record has no event, although a later one has.",
        advice="If it was inserted since the last pass, project the run. If its event is lost (seq-missing says so), "
        "restore that first: a pass would record it again, at the end.",
    ),
    Kind(
        name="event-altered",
        requirement="LOG-1",
        severity=Severity.VIOLATION,
        meaning="An event says something else than the lifecycle record of which it has the id.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="event-not-explained",
        requirement="ID-1",
        severity=Severity.SUSPECT,
        meaning="An event records what the lifecycle history of its run doesn't hold.",
        advice="The history was changed or cut, or the event is of another run record with this id.",
    ),
    *CONTENTS,
    # --- the first generation -----------------------------------------------------------------------------------------
    Kind(
        name="index-ids-compacted",
        requirement="COMPACT-14",
        severity=Severity.NOTE,
        meaning="A marker lists ids of the first generation. They no longer tell their records, so that the next pass "
        "records those again that are still in the history.",
        advice="Expect these events once more, with new ids; nothing mends that.",
        hazard="H11",
    ),
    Kind(
        name="recorded-again-after-compaction",
        requirement="COMPACT-14",
        severity=Severity.NOTE,
        meaning="A record was recorded again, as a marker lists its first event under an id of the first generation.",
        advice="Count it once, where events are counted.",
        hazard="H11",
    ),
    Kind(
        name="counter-shifted",
        requirement="ALIAS-8",
        severity=Severity.NOTE,
        meaning="An event of the first generation is taken for an earlier one of identical records, as that one was "
        "compacted: the next pass records the last of them again.",
        advice="Expect that event once more; nothing mends it.",
        hazard="H12",
    ),
    *COPIES,
)
RUN_KINDS: Final = {each.name: each for each in _ALL}
