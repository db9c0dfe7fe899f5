"""Faults in the numbers of events: which seq comes next, and what others have to do with it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from lifecycle_conformance.driver.server import Server
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Store, log, projection
from lifecycle_projection.log import KnownIds
from lifecycle_projection.markers import is_marker
from lifecycle_projection.records import Event, Json
from lifecycle_projection.text import member

_AppendNew: TypeAlias = Callable[[Store, KnownIds, Event], Event | None]
_Answering: TypeAlias = Callable[[Server, Json], dict[str, Json]]


# --- the next one -----------------------------------------------------------------------------------------------------


@fault("LOG-4", "COMPACT-14", why="Where the log only grows, the number of its events is the last seq.")
def seq_by_counting() -> Patches:
    """The seq of a new event is one more than the number of events that the log holds of its run and tenant."""
    return _numbering(len)


@fault(
    "LOG-4", "COMPACT-14", why="The last line of the log has the last number, as long as everybody appends in order."
)
def seq_after_the_last_line() -> Patches:
    """The seq of a new event is one more than that of the last event of its run and tenant in the log."""

    def wrong(append_new: _AppendNew) -> _AppendNew:
        def appended(store: Store, known: KnownIds, event: Event) -> Event | None:
            key = event.scope.tenant_context.key
            own = [each for each in store.events(event.run_id) if each.scope.tenant_context.key == key]
            known.highest = own[-1].seq if own else 0
            return append_new(store, known, event)

        return appended

    for module in (projection, log):
        yield replaced(module, "append_new", wrong)


@fault("LOG-4", "COMPACT-14", why="What a marker lists is gone, and a number that is gone is free.")
def listed_seqs_are_free() -> Patches:
    """A seq that a marker lists doesn't count for the next one; those of the events do, that of the marker as well."""
    return _numbering(lambda events: max((each.seq for each in events), default=0))


@fault("LOG-4", "COMPACT-14", why="Indexes begin with 0 in most languages.")
def seqs_begin_with_0() -> Patches:
    """The first event of a run gets the seq 0."""
    return _numbering(lambda events: max((each.seq for each in events), default=-1))


@fault("COMPACT-14", "LOG-4", why="A marker is no event of the run, so it has no part in its numbers.")
def markers_do_not_count_for_the_seq() -> Patches:
    """The seq of a new event is one more than the highest of the events that are no markers."""
    return _numbering(lambda events: max((each.seq for each in events if not is_marker(each)), default=0))


def _numbering(highest: Callable[[Sequence[Event]], int]) -> Patches:
    def wrong(of: Any) -> Any:
        def numbered(_: type[KnownIds], events: Iterable[Event]) -> KnownIds:
            seen = list(events)
            known: KnownIds = of.__func__(KnownIds, seen)
            known.highest = highest(seen)
            return known

        return classmethod(numbered)

    yield replaced(KnownIds, "of", wrong)


@fault("LOG-5", "LOG-4", "TENANT-6", "TENANT-7", why="A counter is kept by run id, which looks unique.")
def seq_of_all_tenants() -> Patches:
    """The seq of a new event is one more than the highest that any tenant has under its run id."""
    yield from _counting(lambda store, event: store.events(event.run_id))


@fault("LOG-5", "LOG-4", why="A counter is kept for each tenant, as invoice numbers are.")
def seq_of_all_runs_of_a_tenant() -> Patches:
    """The seq of a new event is one more than the highest that its tenant has in any run."""

    def of_tenant(store: Store, event: Event) -> list[Event]:
        key = event.scope.tenant_context.key
        return [each for each in store.events() if each.scope.tenant_context.key == key]

    yield from _counting(of_tenant)


def _counting(events: Callable[[Store, Event], Iterable[Event]]) -> Patches:
    """Count other events, too, where an event is appended."""

    def wrong(append_new: _AppendNew) -> _AppendNew:
        def appended(store: Store, known: KnownIds, event: Event) -> Event | None:
            known.highest = max(known.highest, KnownIds.of(events(store, event)).highest)
            return append_new(store, known, event)

        return appended

    for module in (projection, log):
        yield replaced(module, "append_new", wrong)


@fault(
    "LOG-5",
    "ALIAS-1",
    "TENANT-6",
    "TENANT-7",
    why="An id with a hash in it looks unique in all the log.",
    store="memory",
)
def ids_known_to_all() -> Patches:
    """An event whose id anybody has in the log isn't appended, in a pass or by hand."""

    def wrong(append_new: _AppendNew) -> _AppendNew:
        def appended(store: Store, known: KnownIds, event: Event) -> Event | None:
            for event_id, seq in KnownIds.of(store.events()).seqs.items():
                known.seqs.setdefault(event_id, seq)
            return append_new(store, known, event)

        return appended

    for module in (projection, log):
        yield replaced(module, "append_new", wrong)


@fault("LOG-4", "LOG-8", why="An event that comes with a seq seems to be an event that has one.")
def given_seq_stored() -> Patches:
    """An append stores and answers the seq that the given event names, where that is above all others."""

    def wrong(append: _Answering) -> _Answering:
        def appended(self: Server, request: Json) -> dict[str, Json]:
            given = member(request.get("event"), "seq")

            def counting(append_new: _AppendNew) -> _AppendNew:
                def counted(store: Store, known: KnownIds, event: Event) -> Event | None:
                    if type(given) is int and known.highest < given < 2**53:
                        known.highest = given - 1
                    return append_new(store, known, event)

                return counted

            with replaced(log, "append_new", counting):
                return append(self, request)

        return appended

    yield replaced(Server, "_append", wrong)
