"""Faults in the log: what an append knows and stores, in which order events are shown."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.driver.server import Server
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import InvalidInputError, Problem, ProjectionResult, Run, Store, log
from lifecycle_projection.log import KnownIds
from lifecycle_projection.markers import listed_by
from lifecycle_projection.records import Event, Json, TenantKey
from lifecycle_projection.text import member

_Project: TypeAlias = Callable[[Run, Store], ProjectionResult]
_AppendOnce: TypeAlias = Callable[[Store, Event], tuple[bool, int]]
_AppendNew: TypeAlias = Callable[[Store, KnownIds, Event], Event | None]
_Answering: TypeAlias = Callable[[Server, Json], dict[str, Json]]


# --- what stays -------------------------------------------------------------------------------------------------------


@fault("LOG-1", "LOG-2", why="Records with a key are often written with an upsert.")
def known_event_replaced() -> Patches:
    """An append of a known event puts the given one in its place, under the seq that it has."""

    def wrong(append_once: _AppendOnce) -> _AppendOnce:
        def replacing(store: Store, event: Event) -> tuple[bool, int]:
            appended, seq = append_once(store, event)
            if not appended:
                _rewrite(store, lambda each: evolve(event, seq=seq) if _is_same(each, event) else each)
            return appended, seq

        return replacing

    yield replaced(server, "append_once", wrong)


@fault("LOG-1", "PASS-4", why="A status that changed seems to be stale in older events.")
def events_follow_the_status() -> Patches:
    """A pass gives the events of its run, those of compactions aside, the status that the run has now."""

    def wrong(project: _Project) -> _Project:
        def following(run: Run, store: Store) -> ProjectionResult:
            def followed(event: Event) -> Event:
                own = event.run_id == run.run_id and event.scope.tenant_context.key == run.tenant_context.key
                if not own or not isinstance(event.payload, dict) or "status" not in event.payload:
                    return event
                return evolve(event, payload={**event.payload, "status": run.status})

            result = project(run, store)
            _rewrite(store, followed)
            return result

        return following

    yield replaced(server, "project", wrong)


def _rewrite(store: Store, changed: Callable[[Event], Event]) -> None:
    with store.lock():
        before = store.events()
        after = [changed(each) for each in before]
        if after != before:
            store.replace_log(after)


def _is_same(event: Event, other: Event) -> bool:
    return (event.run_id, event.event_id, event.scope.tenant_context.key) == (
        other.run_id,
        other.event_id,
        other.scope.tenant_context.key,
    )


# --- what is known ----------------------------------------------------------------------------------------------------


@fault("LOG-2", "LOG-3", why="The counter is at hand; the seq of the known event would have to be looked up.")
def known_event_answered_with_the_newest_seq() -> Patches:
    """An append of a known event answers the highest seq of the log, not the one under which the event is known."""

    def wrong(_: _AppendOnce) -> _AppendOnce:
        def appended_once(store: Store, event: Event) -> tuple[bool, int]:
            with store.lock():
                known = _known(store, event)
                appended = log.append_new(store, known, event)
                return appended is not None, known.highest

        return appended_once

    yield replaced(server, "append_once", wrong)


@fault("LOG-2", why="A caller that gives a number seems to want it back.")
def given_seq_answered() -> Patches:
    """An append answers the seq that the given event names, where it names one, and stores the right one."""

    def wrong(append: _Answering) -> _Answering:
        def answered(self: Server, request: Json) -> dict[str, Json]:
            given, answer = member(request.get("event"), "seq"), append(self, request)
            return {**answer, "seq": given} if type(given) is int and given > 0 and answer["appended"] else answer

        return answered

    yield replaced(Server, "_append", wrong)


@fault("LOG-3", why="Markers concern the pass; an append has its own index of event ids.")
def append_knows_own_ids_only() -> Patches:
    """An append by hand takes an id that only a marker lists for a new one."""

    def wrong(append_new: _AppendNew) -> _AppendNew:
        def appended(store: Store, known: KnownIds, event: Event) -> Event | None:
            if all(each.event_id != event.event_id for each in store.events(event.run_id)):
                known.seqs.pop(event.event_id, None)
            return append_new(store, known, event)

        return appended

    yield replaced(log, "append_new", wrong)


@fault("LOG-3", why="A map that is filled in a loop keeps the last value of a key.")
def last_seq_of_a_known_id_counts() -> Patches:
    """Of several seqs under which an id is known, an append answers the last one."""

    def wrong(_: _AppendOnce) -> _AppendOnce:
        def appended_once(store: Store, event: Event) -> tuple[bool, int]:
            with store.lock():
                seen = log.visible(store.events(event.run_id), event.run_id, event.scope.tenant_context.key)
                known = KnownIds.of(seen)
                appended = log.append_new(store, known, event)
                pairs = [pair for each in seen for pair in ((each.event_id, each.seq), *listed_by(each))]
                return appended is not None, known.seqs[event.event_id] if appended else dict(pairs)[event.event_id]

        return appended_once

    yield replaced(server, "append_once", wrong)


@fault("LOG-3", why="In the table of a pass an event's own id replaces what is there; one table for both is less code.")
def own_id_replaces_a_listed_one_in_the_log() -> Patches:
    """An append answers the seq of an event's own id also where a marker lists that id under an earlier one."""

    def wrong(of: Any) -> Any:
        def with_own_ids(_: type[KnownIds], events: Iterable[Event]) -> KnownIds:
            seen = list(events)
            known: KnownIds = of.__func__(KnownIds, seen)
            known.seqs |= {each.event_id: each.seq for each in reversed(seen)}
            return known

        return classmethod(with_own_ids)

    yield replaced(KnownIds, "of", wrong)


def _known(store: Store, event: Event) -> KnownIds:
    return KnownIds.of(log.visible(store.events(event.run_id), event.run_id, event.scope.tenant_context.key))


# --- what is shown and stored -----------------------------------------------------------------------------------------


@fault("LOG-7", why="The log is in order as long as its only writer is this one.")
def events_shown_in_log_order() -> Patches:
    """Events are shown in the order in which they stand in the log."""

    def wrong(_: Any) -> Any:
        def visible(events: Iterable[Event], run_id: str, tenant: TenantKey) -> list[Event]:
            return [each for each in events if each.run_id == run_id and each.scope.tenant_context.key == tenant]

        return visible

    yield from _showing(wrong)


@fault("LOG-7", why="A sort by a pair gives the same result everywhere.")
def events_with_one_seq_shown_by_id() -> Patches:
    """Events with the same seq are shown in the order of their ids."""
    yield from _showing(
        lambda visible: lambda *asked: sorted(visible(*asked), key=lambda each: (each.seq, each.event_id))
    )


def _showing(wrong: Callable[[Any], Any]) -> Patches:
    right = log.visible

    def showing(events: _Answering) -> _Answering:
        def shown(self: Server, request: Json) -> dict[str, Json]:
            with replaced(log, "visible", lambda _: wrong(right)):
                return events(self, request)

        return shown

    yield replaced(Server, "_events", showing)


@fault("LOG-8", why="The table has the columns that a pass fills.")
def appended_event_cut_to_what_a_pass_writes() -> Patches:
    """An append stores only the members that a pass writes: `actor` and `phase_transition` are lost."""

    def wrong(append_once: _AppendOnce) -> _AppendOnce:
        return lambda store, event: append_once(store, evolve(event, actor=None, phase_transition=None))

    yield replaced(server, "append_once", wrong)


@fault("LOG-8", why="Who appends is known by `tenant`, and the scope seems to say the same.")
def appended_event_stored_under_the_asking_tenant() -> Patches:
    """An append stores the tenant that asks in place of the one in the event, with its actor and its source."""

    def wrong(append: _Answering) -> _Answering:
        def appended(self: Server, request: Json) -> dict[str, Json]:
            event = request["event"]
            if not isinstance(event, dict) or not isinstance(event.get("scope"), dict):
                return append(self, request)
            tenants = (event["scope"].get("tenant_context"), request.get("tenant"))
            same = [{**each, "actor_id": None, "source": None} for each in tenants if isinstance(each, dict)]
            if len(same) < 2 or same[0] != same[1]:
                return append(self, request)
            scope = {**event["scope"], "tenant_context": request["tenant"]}
            return append(self, {**request, "event": {**event, "scope": scope}})

        return appended

    yield replaced(Server, "_append", wrong)


@fault("LOG-8", why="A number is a number: a caller that names none forgot it.")
def appended_event_needs_a_seq() -> Patches:
    """An append of an event whose `seq` is missing, or is no number, is refused."""

    def wrong(append: _Answering) -> _Answering:
        def appended(self: Server, request: Json) -> dict[str, Json]:
            if type(member(request.get("event"), "seq")) is not int:
                raise InvalidInputError(problems=(Problem("$.event.seq", "expected an integer"),))
            return append(self, request)

        return appended

    yield replaced(Server, "_append", wrong)
