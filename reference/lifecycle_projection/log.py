"""The event log: what is visible, in which order, and how an event gets into it once (chapter *Event log*).

Nothing here changes or removes an event (LOG-1), and none looks at those of another tenant (TENANT-4, TENANT-5).
"""

from collections.abc import Iterable
from typing import Final

from attrs import define, evolve

from lifecycle_projection.errors import StorageError
from lifecycle_projection.markers import listed_by
from lifecycle_projection.records import Event, TenantKey
from lifecycle_projection.stores.store import Recording, Store

MAX_SEQ: Final = 2**64 - 1


def visible(events: Iterable[Event], run_id: str, tenant: TenantKey) -> list[Event]:
    """The events of a run that a tenant sees, in seq order; ties stay in log order (LOG-7, TENANT-1)."""
    seen = (event for event in events if event.run_id == run_id and event.scope.tenant_context.key == tenant)
    return sorted(seen, key=lambda event: event.seq)


@define
class KnownIds:
    """The ids that a log holds for one run and tenant, own or listed, each with the first seq found for it (LOG-3)."""

    seqs: dict[str, int]
    highest: int

    @classmethod
    def of(cls, events: Iterable[Event]) -> "KnownIds":
        """Those of the visible events of a run, which come in seq order (LOG-3, ALIAS-4)."""
        seqs: dict[str, int] = {}
        highest = 0
        for event in events:
            for event_id, seq in ((event.event_id, event.seq), *listed_by(event)):
                seqs.setdefault(event_id, seq)
                highest = max(highest, seq)
        return cls(seqs, highest)


def append_new(store: Recording, known: KnownIds, event: Event) -> Event | None:
    """Append an event with the next seq, unless its id is known; nobody else appends meanwhile.

    The answer is the event as appended, or `None` where its id was known; `known` knows it then. Raises
    :class:`StorageError` where the run has no seq left. (LOG-2, LOG-4)
    """
    if event.event_id in known.seqs:
        return None
    seq = known.highest + 1
    if seq > MAX_SEQ:
        raise StorageError(path=f"event log of run {event.run_id!r}", problem=f"no seq is left after {MAX_SEQ}")
    appended = event if event.seq == seq else evolve(event, seq=seq)
    store.append(appended)
    known.seqs[appended.event_id] = known.highest = seq
    return appended


def append_once(store: Store, event: Event) -> tuple[bool, int]:
    """Append an event unless the log of its run and tenant knows its id; whether it was appended, and its seq.

    (LOG-2 to LOG-6, LOG-8, FILE-27)
    """
    with store.lock():
        store.sync(event.run_id)
        seen = visible(store.events(event.run_id), event.run_id, event.scope.tenant_context.key)
        known = KnownIds.of(seen)
        appended = append_new(store, known, event)
        return appended is not None, known.seqs[event.event_id]
