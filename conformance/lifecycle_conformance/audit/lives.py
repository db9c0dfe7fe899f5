"""One run of one tenant as a store holds it, with what follows from that for all checks, worked out once."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property

from attrs import define, field

from lifecycle_conformance.audit.finding import NOTHING, Finding, Nothing, Where
from lifecycle_conformance.audit.kinds.of_runs import RUN_KINDS
from lifecycle_conformance.audit.stored import Row, StoredRun
from lifecycle_conformance.execution.trace import Object, Owner, TenantKey, key_of, member
from lifecycle_conformance.model.identity import (
    MARKER,
    PREFIX,
    RECORD_ID,
    Content,
    content_of,
    is_unsigned,
    listed_by,
    record_of_event,
    safe,
    stable_id,
)
from lifecycle_projection.records import Json
from lifecycle_projection.words import SourceRecordKind


@define(kw_only=True, slots=False)
class Life:
    """What a store holds of one run of one tenant.

    `events` stand in the order of the log. `others` are the rows that the store holds of other tenants with this run
    id. `is_whole` says that all lines of the log, or rows of events, could be read, `has_all_snapshots` that all
    snapshots could; `shared_seqs` that tenants with one run id number
    their events together, as databases do.
    """

    owner: Owner
    events: Sequence[Row]
    snapshots: Sequence[Row]
    others: Sequence["Life"] = field(factory=list)
    is_whole: bool = True
    has_all_snapshots: bool = True
    shared_seqs: bool = False

    @cached_property
    def lifecycle_events(self) -> list[Row]:
        """The events that record lifecycle records, in the order of their seq."""
        rows = (row for row in self.events if row.value["event_type"].startswith(PREFIX))
        return sorted(rows, key=lambda row: row.value["seq"])

    @cached_property
    def lifecycle_snapshots(self) -> list[Row]:
        """The snapshots that passes over lifecycle records wrote, in the order of the store."""
        return [row for row in self.snapshots if row.value.get("source_record_kind") == SourceRecordKind.AUTOMATION_V2]

    @cached_property
    def markers(self) -> list[Row]:
        """The compaction markers, in the order of the log."""
        return [row for row in self.events if row.value["event_type"] == MARKER]

    @cached_property
    def listed(self) -> dict[str, int]:
        """The ids that markers list, each with its seq (ALIAS-4)."""
        return {event_id: seq for row in self.markers for event_id, seq in listed_by(row.value)}

    @cached_property
    def lists_index_ids(self) -> bool:
        """Whether a marker lists ids of the first generation, which no longer tell their record (H11)."""
        return any(is_index_id(event_id, self.owner.run_id) for event_id in self.listed)

    @cached_property
    def by_id(self) -> dict[str, Row]:
        """The events by their ids, of equal ids the first."""
        found: dict[str, Row] = {}
        for row in self.events:
            found.setdefault(row.value["event_id"], row)
        return found

    def seq_of(self, event_id: str) -> int | None:
        """The number under which an id is recorded here, or listed by a marker."""
        row = self.by_id.get(event_id)
        return self.listed.get(event_id) if row is None else row.value["seq"]

    @cached_property
    def seqs(self) -> set[int]:
        """The sequence numbers of the events."""
        return {row.value["seq"] for row in self.events}

    @cached_property
    def said(self) -> list[Object]:
        """The record that each of these events records (ALIAS-7)."""
        return [record_of_event(row.value) for row in self.lifecycle_events]

    @cached_property
    def recorded(self) -> list[tuple[Row, Content, int]]:
        """Each lifecycle event with its content and occurrence, counted where an old event doesn't say it (ALIAS-8)."""
        counted: Counter[Content] = Counter()
        found = []
        for row, record in zip(self.lifecycle_events, self.said, strict=True):
            content = content_of(_run_named_by(row.value), record)
            occurrence = member(row.value.get("payload"), "lifecycle_occurrence")
            if not is_unsigned(occurrence):
                occurrence = counted[content]
                counted[content] += 1
            found.append((row, content, occurrence))
        return found

    @cached_property
    def known_ids(self) -> set[str]:
        """The ids under which records are known here: own ones, listed ones, and those that contents give."""
        return {*self.by_id, *self.listed, *(stable_id(content, number) for _, content, number in self.recorded)}

    def finding(  # noqa: PLR0913 - all that a finding may say
        self,
        kind: str,
        message: str,
        row: Row | None = None,
        *,
        where: Where | None = None,
        record_index: int | None = None,
        event_id: str | None = None,
        seqs: Sequence[int] | None = None,
        expected: Json | Nothing = NOTHING,
        actual: Json | Nothing = NOTHING,
    ) -> Finding:
        """A finding about this run, at a row or elsewhere."""
        own = None if row is None else row.value.get("event_id") or row.value.get("snapshot_id")
        return Finding(
            kind=RUN_KINDS[kind],
            message=message,
            where=where if row is None else row.where,
            run_id=self.owner.run_id,
            tenant=self.owner.tenant,
            record_index=record_index,
            event_id=event_id or (own if isinstance(own, str) else None),
            at_ms=None if row is None else row.at_ms,
            seqs=seqs if seqs is not None else () if row is None else (row.value["seq"],),
            expected=expected,
            actual=actual,
        )


def is_index_id(event_id: str, run_id: str, name: str | None = None) -> bool:
    """Whether an id is one that the first generation made of a position, and of a name if it is given."""
    prefix = f"{RECORD_ID}{run_id}-"
    index, dash, rest = event_id.removeprefix(prefix).partition("-")
    if not event_id.startswith(prefix) or not (dash and index.isascii() and index.isdigit()):
        return False
    digits, _, number = rest.rpartition("-")
    looks_stable = number.isdigit() and len(digits.rpartition("-")[2]) == 24
    return rest == safe(name) if name is not None else not looks_stable


def _run_named_by(event: Object) -> Object:
    return {"run_id": event["run_id"], "automation_id": event.get("correlation_id") or ""}


def lives(run: StoredRun, *, is_whole: bool, shared_seqs: bool) -> list[Life]:
    """The runs of a run id, one of each tenant."""
    events, snapshots = _by_owner(run.events), _by_owner(run.snapshots)
    all_ = [
        Life(
            owner=Owner(*owner),
            events=events.get(owner, ()),
            snapshots=snapshots.get(owner, ()),
            is_whole=is_whole and not run.unread_events,
            has_all_snapshots=not run.unread_snapshots,
            shared_seqs=shared_seqs,
        )
        for owner in dict.fromkeys((*events, *snapshots))
    ]
    for life in all_:
        life.others = [each for each in all_ if each is not life]
    return all_


def _by_owner(rows: Sequence[Row]) -> dict[tuple[TenantKey, str], list[Row]]:
    """The rows by what makes an :class:`Owner`, which would take longer to look up than a tuple."""
    found: defaultdict[tuple[TenantKey, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[key_of(row.value["scope"]["tenant_context"]), row.value["run_id"]].append(row)
    return found
