"""The kinds of findings about what the events and snapshots of runs hold."""

from typing import Final

from lifecycle_conformance.audit.finding import Kind, Severity

DO_NOT_EDIT: Final = "Find out what changed the stored record by hand or with another serializer; restore it."
"""What to do where a stored record can't have been written as it stands."""

CONTENTS: Final = (
    Kind(
        name="wrong-event-member",
        requirement="EVENT-1",
        severity=Severity.VIOLATION,
        meaning="A member of an event isn't what its own lifecycle record makes it.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="wrong-payload-member",
        requirement="EVENT-2",
        severity=Severity.VIOLATION,
        meaning="A member of an event's payload isn't what the event itself makes it.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="wrong-snapshot-member",
        requirement="SNAP-1",
        severity=Severity.VIOLATION,
        meaning="A member of a snapshot isn't what its event makes it.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="wrong-snapshot-metadata",
        requirement="SNAP-2",
        severity=Severity.VIOLATION,
        meaning="A member of a snapshot's metadata isn't what its event makes it.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="wrong-checkpoint-member",
        requirement="CKPT-1",
        severity=Severity.VIOLATION,
        meaning="A member of a snapshot's checkpoint is missing, is one too many, or has a value that no engine "
        "writes.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="wrong-digest",
        requirement="SNAP-3",
        severity=Severity.VIOLATION,
        meaning="The digest of a snapshot isn't that of its checkpoint: one of the two was changed.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="wrong-phase",
        requirement="PHASE-1",
        severity=Severity.VIOLATION,
        meaning="The phase of a snapshot isn't that of its status.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="wrong-next-phases",
        requirement="PHASE-10",
        severity=Severity.VIOLATION,
        meaning="The phases that a snapshot allows next aren't those of the table.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="illegal-move",
        requirement="PHASE-7",
        severity=Severity.VIOLATION,
        meaning="A phase history holds a move that the table doesn't allow.",
        advice="An engine without the guard wrote it, or the history was changed.",
    ),
    Kind(
        name="broken-phase-history",
        requirement="PHASE-9",
        severity=Severity.VIOLATION,
        meaning="A phase history isn't a chain that ends in the phase of its snapshot.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="phase-history-changed",
        requirement="PHASE-5",
        severity=Severity.SUSPECT,
        meaning="An entry of a phase history differs from that in the snapshot before: a pass keeps each as it is.",
        advice=DO_NOT_EDIT,
    ),
    Kind(
        name="definition-hash-differs",
        requirement="DEF-1",
        severity=Severity.SUSPECT,
        meaning="A snapshot names a version by content, and has another hash of the definition than that version's, "
        "which another snapshot of the run has. Only a run that recorded a hash of its own meanwhile looks like that.",
        advice="Look for an engine that hashes the definition in another way, such as with its members sorted.",
    ),
    Kind(
        name="two-latest-snapshots",
        requirement="PASS-7",
        severity=Severity.SUSPECT,
        meaning="Two snapshots of a run and tenant have one seq, so which is the latest depends on the engine.",
        advice="Find out which one doesn't belong there; conforming engines take the greater id.",
        hazard="H7",
    ),
    Kind(
        name="scope-drift",
        requirement="SCOPE-1",
        severity=Severity.SUSPECT,
        meaning="The scope of an event or a snapshot differs from that of an earlier one of its run.",
        advice="Find out whether the run's definition or its tenant was changed while it ran; else restore the record.",
    ),
)
"""A member that is wrong, or a phase, a scope or a definition."""
