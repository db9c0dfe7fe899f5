"""The kinds of findings about what a journal predicts of a store."""

from typing import Final

from lifecycle_conformance.audit.finding import Kind, Severity

_FIND_OUT: Final = (
    "Look at the step that is named: what the engine did there, or what changed the record since. Later findings of "
    "this run may follow from it."
)
_WRITE_DOWN: Final = (
    "If the journal lacks steps, complete it; a store that existed before it begins with an `import` of what was there."
)


def _violation(name: str, requirement: str, meaning: str, advice: str = _FIND_OUT) -> Kind:
    return Kind(name=name, requirement=requirement, severity=Severity.VIOLATION, meaning=meaning, advice=advice)


EVENT_MISSING: Final = _violation(
    "journal-event-missing", "PASS-2", "A step of the journal records an event that the store doesn't have."
)
EVENT_EXTRA: Final = _violation(
    "journal-event-extra", "PASS-2", "The store has an event that no step of the journal records.", _WRITE_DOWN
)
SNAPSHOT_MISSING: Final = _violation(
    "journal-snapshot-missing", "SNAP-5", "A step of the journal writes a snapshot that the store doesn't have."
)
SNAPSHOT_EXTRA: Final = _violation(
    "journal-snapshot-extra",
    "SNAP-5",
    "The store has a snapshot that no step of the journal writes.",
    _WRITE_DOWN,
)
NOT_COMPACTED: Final = _violation(
    "journal-not-compacted", "COMPACT-2", "The store has an event that a compaction of the journal removes."
)
MARKER_MISSING: Final = _violation(
    "journal-marker-missing",
    "COMPACT-6",
    "A compaction of the journal leaves a marker that the store doesn't have.",
)
MARKER_EXTRA: Final = _violation(
    "journal-marker-extra",
    "COMPACT-2",
    "The store has a marker of one of the journal's compactions that takes in other events than that one does.",
)
NOT_PRUNED: Final = _violation(
    "journal-not-pruned", "PRUNE-3", "The store has a snapshot that a pruning of the journal deletes."
)
OTHER_ORDER: Final = _violation(
    "journal-other-order",
    "COMPACT-12",
    "The events of a run stand in the log in another order than the steps of the journal leave them in.",
)
PERHAPS_MISSING: Final = Kind(
    name="journal-perhaps-missing",
    requirement="PASS-2",
    severity=Severity.SUSPECT,
    meaning="Records that the steps of the journal leave can't be found; they may be among those that can't be read.",
    advice="Repair what can't be read first, then audit again. What is encrypted can't be held against a journal.",
)
STORE_AHEAD: Final = Kind(
    name="journal-ends-early",
    requirement="PASS-2",
    severity=Severity.SUSPECT,
    meaning="The store holds what all steps of the journal leave, and records that only later steps can have left.",
    advice="Complete the journal: what it doesn't tell can't be predicted.",
)
STORE_BEHIND: Final = Kind(
    name="journal-goes-on",
    requirement="PASS-2",
    severity=Severity.NOTE,
    meaning="The last steps of the journal left nothing in the store: they were not made, or all that they left is "
    "lost.",
    advice="Carry them out, unless it is known that they were: then the end of the store is lost.",
)

_MEMBERS: Final = (
    ("journal-event-member", "EVENT-1", "A member of an event"),
    ("journal-payload-member", "EVENT-2", "A member of an event's payload"),
    ("journal-index", "EVENT-3", "The lifecycle index in an event or a snapshot"),
    ("journal-phase-id", "EVENT-4", "The phase id of an event or a snapshot"),
    ("journal-wait-kind", "EVENT-6", "The wait kind of an event"),
    ("journal-cause", "EVENT-8", "The cause of an event"),
    ("journal-activity", "EVENT-10", "What an event or a snapshot says of activity"),
    ("journal-occurrence", "OCC-1", "The occurrence in an event"),
    ("journal-seq", "LOG-4", "The sequence number of an event"),
    ("journal-scope", "SCOPE-1", "The scope of an event or a snapshot"),
    ("journal-marker-member", "COMPACT-8", "A member of a compaction marker"),
    ("journal-marker-numbers", "COMPACT-10", "A number in a compaction marker"),
    ("journal-marker-ids", "COMPACT-11", "The list of ids in a compaction marker"),
    ("journal-snapshot-member", "SNAP-1", "A member of a snapshot"),
    ("journal-snapshot-metadata", "SNAP-2", "A member of a snapshot's metadata"),
    ("journal-digest", "SNAP-3", "The digest of a snapshot's checkpoint"),
    ("journal-recorded-event", "ALIAS-2", "The id or the sequence number of the event in a snapshot"),
    ("journal-phase", "PHASE-1", "The phase of a snapshot"),
    ("journal-phase-history", "PHASE-3", "The phase history of a snapshot"),
    ("journal-next-phases", "PHASE-10", "The list of phases that a snapshot allows next"),
    ("journal-checkpoint", "CKPT-1", "A member of a checkpoint"),
    ("journal-counts", "CKPT-2", "A count in a checkpoint"),
    ("journal-outputs", "CKPT-3", "The list of output names in a checkpoint"),
    ("journal-gate", "CKPT-4", "The gate in a checkpoint"),
    ("journal-failure", "CKPT-6", "The last failure in a checkpoint"),
    ("journal-claim", "CKPT-7", "The claim in a checkpoint"),
    ("journal-definition-hash", "DEF-1", "The hash of the definition in a snapshot"),
    ("journal-definition-version", "DEF-3", "The version of the definition in a snapshot"),
)
OF_MEMBERS: Final = {
    requirement: _violation(name, requirement, f"{subject} isn't what the steps of the journal make it.")
    for name, requirement, subject in _MEMBERS
}
"""The kinds about a member that differs, by the requirement that its row in the tables of the specification names."""
JOURNAL_KINDS: Final = {
    each.name: each for each in (*(kind for kind in vars().values() if isinstance(kind, Kind)), *OF_MEMBERS.values())
}
