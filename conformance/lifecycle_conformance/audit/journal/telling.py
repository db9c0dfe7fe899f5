"""The words for what differs between a store and what a journal leaves."""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import evolve, frozen

from lifecycle_conformance.audit.finding import NOTHING, Finding, Kind, Nothing, Where
from lifecycle_conformance.audit.journal.members import differing
from lifecycle_conformance.audit.journal.predicting import EVENT, SNAPSHOT, Version
from lifecycle_conformance.audit.journal.steps import Step
from lifecycle_conformance.audit.kinds import of_journal as kinds
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.trace import Object, key_of, member
from lifecycle_conformance.model.comparison import ABSENT, Mismatch, Side
from lifecycle_conformance.model.identity import MARKER, is_unsigned
from lifecycle_projection.records import Json

_MISSING: Final = {EVENT: kinds.EVENT_MISSING, SNAPSHOT: kinds.SNAPSHOT_MISSING}
_EXTRA: Final = {EVENT: kinds.EVENT_EXTRA, SNAPSHOT: kinds.SNAPSHOT_EXTRA}
_LEFT_OVER: Final = {EVENT: kinds.NOT_COMPACTED, SNAPSHOT: kinds.NOT_PRUNED}


@frozen
class Telling:
    """Findings beside the journal with this name and these steps."""

    name: str
    steps: Sequence[Step]

    def missing(self, version: Version) -> Finding:
        """A record that the store should hold."""
        kind = kinds.MARKER_MISSING if is_marker(version.value) else _MISSING[version.sort]
        row = Row(value=version.value, where=self.place_of(version.since))
        return evolve(self._about(row, kind, "left by {}", version.since), expected={"seq": version.record.seq})

    def other_members(self, version: Version, row: Row) -> Iterator[Finding]:
        """The members in which a record differs, those of one requirement together."""
        for requirement, places in differing(version.sort, version.value, row.value):
            message = f"{_named(places)}, as left by {{}}"
            found = self._about(row, kinds.OF_MEMBERS[requirement], message, version.since)
            yield evolve(found, expected=_side(places[0].expected), actual=_side(places[0].actual))

    def left_over(self, sort: str, row: Row, step: int) -> Finding:
        """A record that a step removed."""
        return self._about(row, _LEFT_OVER[sort], "removed by {}", step)

    def too_many(self, sort: str, row: Row, made: int) -> Finding:
        """A record that no step leaves."""
        message = "no step leaves it, up to {}" if made else "no step was made that could leave it"
        return self._about(row, _EXTRA[sort], message, made)

    def wrong_marker(self, row: Row, step: int) -> Finding:
        """A marker with the time of a compaction that leaves another one, or none."""
        return self._about(row, kinds.MARKER_EXTRA, "its time is that of {}", step)

    def moved(self, row: Row, step: int) -> Finding:
        """The first event that stands where another one is expected."""
        return self._about(row, kinds.OTHER_ORDER, "the first one out of the order that is left by {}", step)

    def unread(self, run_id: str, sort: str, number: int) -> Finding:
        """Records that may be among those that can't be read."""
        message = f"{number} {sort}s that the journal leaves can't be found, and some can't be read"
        return Finding(kind=kinds.PERHAPS_MISSING, message=message, run_id=run_id)

    def place_of(self, step: int) -> Where:
        """The line of a step."""
        return Where(path=self.name, line=self.steps[step - 1].line)

    def _about(self, row: Row, kind: Kind, message: str, step: int) -> Finding:
        own = row.value
        index = member(own.get("payload", own.get("metadata")), "lifecycle_index")
        return Finding(
            kind=kind,
            message=message.format(self.steps[step - 1] if step else ""),
            where=row.where,
            run_id=own["run_id"],
            tenant=key_of(own["scope"]["tenant_context"]),
            record_index=index if is_unsigned(index) else None,
            event_id=own.get("event_id", own.get("snapshot_id")),
            at_ms=row.at_ms,
            step=step,
        )


def is_marker(value: Object) -> bool:
    """Whether an event stands for compacted ones."""
    return value.get("event_type") == MARKER


def _named(places: Sequence[Mismatch]) -> str:
    further = "" if len(places) == 1 else f" and {len(places) - 1} more"
    return f"`{places[0].path.removeprefix('$.')}`{further}"


def _side(value: Side) -> Json | Nothing:
    return NOTHING if value is ABSENT else value
