"""Sly faults in how records are read, known, guarded and shown: each shows in a rare case that the chapters define."""

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.changes import Pass, step, summaries
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    Event,
    InvalidInputError,
    PhaseEntry,
    PhaseTransitionError,
    Run,
    Snapshot,
    content,
    log,
    phases,
    projection,
    recognition,
    scope,
    snapshots,
)
from lifecycle_projection.identity import Identified, stable_event_id
from lifecycle_projection.json_text import read_json
from lifecycle_projection.markers import listed_by
from lifecycle_projection.phases import GuardedPhase, Refused
from lifecycle_projection.recognition import Aliases, Recorded
from lifecycle_projection.records import Json

_KEPT_ENTRIES: Final = 8

# --- records and identity ---------------------------------------------------------------------------------------------


@fault(
    "REC-17",
    *("EVENT-4", "EVENT-7", "EVENT-8", "EVENT-9"),
    why="A database that keeps JSON in a column of texts gives a text back, which somebody parses to be safe.",
)
def metadata_in_a_text_are_looked_into() -> Patches:
    """Metadata that are a text are looked into as the JSON that the text holds."""

    def parsed(value: Json) -> Json:
        try:
            return read_json(value) if isinstance(value, str) else value
        except InvalidInputError:
            return value

    yield replaced(content, "member", lambda right: lambda value, name: right(parsed(value), name))


@fault(
    "OCC-1",
    *("OCC-2", "JSON-6"),
    why="Records are compared by `==`, to which 1, 1.0 and true are the same, as are 0.0 and -0.0.",
)
def equal_values_count_as_the_same_record() -> Patches:
    """The occurrence counts earlier records that compare as equal, though their identity is another."""

    def compared(right: Callable[[Run], tuple[Identified, ...]]) -> Callable[[Run], tuple[Identified, ...]]:
        def identified(run: Run) -> tuple[Identified, ...]:
            found: list[Identified] = []
            for each in right(run):
                number = sum(earlier.record == each.record for earlier in found)
                event_id = stable_event_id(run.run_id, each.record.event, each.identity, number)
                found.append(evolve(each, occurrence=number, event_id=event_id))
            return tuple(found)

        return identified

    yield replaced(projection, "identify", compared)
    yield replaced(server, "identify", compared)


# --- recognition and the log ------------------------------------------------------------------------------------------


@fault("ALIAS-9", "ALIAS-2", "ALIAS-4", "ALIAS-6", why="All markers are read first, to have what is compacted at hand.")
def listed_ids_come_before_all_events() -> Patches:
    """What any marker lists prevails over the content of an earlier event."""

    def wrong(right: Callable[[Run, Any], Aliases]) -> Callable[[Run, Iterable[Event]], Aliases]:
        def aliases(run: Run, events: Iterable[Event]) -> Aliases:
            seen = list(events)
            listed: Aliases = {}
            for event_id, seq in (each for event in seen for each in listed_by(event)):
                listed.setdefault(event_id, Recorded(event_id, seq))
            own = {event.event_id for event in seen}
            return right(run, seen) | {name: each for name, each in listed.items() if name not in own}

        return aliases

    yield replaced(projection, "aliases_of", wrong)


@fault("ALIAS-8", "ALIAS-6", "ALIAS-2", why="A name and a time look like enough to tell old events apart.")
def old_events_are_counted_by_name_and_time() -> Patches:
    """The counter for events without recorded occurrence is kept for each name and time, not for each identity."""

    def wrong(_: Any) -> Callable[[Event, Counter[str]], str]:
        def stable_id(event: Event, counted: Counter[str]) -> str:
            name, identity, said = recognition._recorded(event)  # noqa: SLF001
            if said is not None:
                return said
            key = f"{name} {event.occurred_at_ms}"
            counted[key] += 1
            return stable_event_id(event.run_id, name, identity, counted[key] - 1)

        return stable_id

    yield replaced(recognition, "_stable_id", wrong)


@fault("ALIAS-7", "ALIAS-6", "ALIAS-2", "PASS-3", why="The type of an event looks like a list of names between dots.")
def the_name_of_an_event_has_no_dot() -> Patches:
    """Of the type of an old event, only what stands behind the last dot is its record's name."""

    def last_part(event: Event) -> Event:
        name = event.event_type.removeprefix(content.EVENT_TYPE_PREFIX).rpartition(".")[2]
        return evolve(event, event_type=f"{content.EVENT_TYPE_PREFIX}{name}")

    yield replaced(recognition, "_recorded", lambda right: lambda event: right(last_part(event)))


@fault("LOG-7", "ALIAS-1", "LOG-3", why="A query orders by seq and key, for a table has no order of its own.")
def events_of_one_seq_go_by_id() -> Patches:
    """Visible events with equal seq stand in the order of their ids."""

    def ordered(right: Callable[..., list[Event]]) -> Callable[..., list[Event]]:
        return lambda *asked: sorted(right(*asked), key=lambda event: (event.seq, event.event_id))

    yield replaced(log, "visible", ordered)
    yield replaced(projection, "visible", ordered)


# --- the guard --------------------------------------------------------------------------------------------------------


def _of_latest(changed: Callable[[Snapshot], Snapshot]) -> Patches:
    """Change what the guard sees of the latest snapshot."""

    def wrong(right: Callable[..., GuardedPhase | Refused]) -> Callable[..., GuardedPhase | Refused]:
        return lambda latest, **asked: right(None if latest is None else changed(latest), **asked)

    yield replaced(projection, "guard", wrong)


@fault(
    "PHASE-4",
    *("PHASE-5", "PHASE-7", "PHASE-9", "ERR-3"),
    why="The last entry of a history seems to say where a run is.",
)
def the_last_entry_is_the_phase() -> Patches:
    """The guard compares with the last entry of the latest snapshot's phase history, and not with its phase."""

    def seen(latest: Snapshot) -> Snapshot:
        return evolve(latest, phase=latest.phase_history[-1].to_phase) if latest.phase_history else latest

    yield from _of_latest(seen)


@fault("PHASE-5", "PHASE-4", why="A list that grows in each snapshot is given a limit.")
def long_phase_histories_are_cut() -> Patches:
    """Of the phase history of the latest snapshot, the last eight entries are taken over."""
    yield from _of_latest(lambda latest: evolve(latest, phase_history=(latest.phase_history or ())[-_KEPT_ENTRIES:]))


@fault(
    "PASS-13",
    *("PASS-4", "PHASE-4", "PHASE-5", "PHASE-7", "ERR-3"),
    why="A snapshot without phase has nothing to compare.",
)
def snapshots_without_phase_are_no_predecessors() -> Patches:
    """A snapshot that is there, but was stored without phase, doesn't become the latest one."""

    def wrong(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        before = under_way.latest
        right(under_way, each)
        if under_way.latest.phase is None:
            under_way.latest = before

    yield step(wrong)


@fault("ERR-3", why="The phase of the run is looked up once more, when the error is made.")
def a_refusal_names_the_newest_phase() -> Patches:
    """The `from_phase` of a refusal is that of the run's newest snapshot, not that of the record before."""

    def wrong(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        try:
            right(under_way, each)
        except PhaseTransitionError as error:
            run = under_way.run
            kept = under_way.draft.snapshots(run.run_id).values()
            newest = snapshots.latest_of(kept, run.run_id, run.tenant_context.key)
            phase = phases.with_phase(newest).phase if newest else None
            raise evolve(error, from_phase=phase or error.from_phase) from None

    yield step(wrong)


# --- events and snapshots ---------------------------------------------------------------------------------------------


def _event(under_way: Any, recorded: Recorded) -> Event | None:
    """The event of a record that an earlier pass recorded, if the log still has it."""
    run = under_way.run
    seen = log.visible(under_way.draft.held.events(run.run_id), run.run_id, run.tenant_context.key)
    return next((event for event in seen if event.event_id == recorded.event_id), None)


@fault("EVENT-3", "SNAP-2", why="A snapshot that is missing is made from the event that is there.")
def a_late_snapshot_has_the_index_of_its_event() -> Patches:
    """A snapshot of a record that was recorded earlier has the `lifecycle_index` of its event."""

    def wrong(right: Callable[..., Snapshot]) -> Callable[..., Snapshot]:
        def written(under_way: Any, each: Identified, recorded: Recorded, guarded: GuardedPhase) -> Snapshot:
            event = _event(under_way, recorded)
            said = event.payload.get("lifecycle_index") if event and isinstance(event.payload, dict) else None
            return right(under_way, evolve(each, index=said) if type(said) is int else each, recorded, guarded)

        return written

    yield replaced(Pass, "_write", wrong)


@fault(
    "SNAP-4",
    *("SCOPE-1", "SNAP-1", "PRUNE-6"),
    why="The scope of an event seems to hold for its snapshot, whenever it is made.",
)
def a_late_snapshot_has_the_scope_of_its_event() -> Patches:
    """A snapshot of a record that was recorded earlier has the scope of its event, not that of the run."""

    def wrong(right: Callable[..., Snapshot]) -> Callable[..., Snapshot]:
        def written(under_way: Any, each: Identified, recorded: Recorded, guarded: GuardedPhase) -> Snapshot:
            event = _event(under_way, recorded)
            if event is None:
                return right(under_way, each, recorded, guarded)
            made = content.snapshot_of(under_way.state, each, recorded.event_id, recorded.seq, guarded)
            snapshot = evolve(made, scope=event.scope)
            under_way.draft.write_snapshot(snapshot)
            return snapshot

        return written

    yield replaced(Pass, "_write", wrong)


@fault("REDACT-3", "CKPT-4", why="A gate without title would look empty, so that the next best text is shown.")
def a_gate_without_title_shows_its_instructions() -> Patches:
    """The summary of a gate with an empty title has its instructions as title."""

    def titled(run: Run, summary: dict[str, Json]) -> dict[str, Json]:
        gate = run.checkpoint.awaiting_gate
        if gate is None or gate.title or not gate.instructions:
            return summary
        return {**summary, "awaiting_gate": {**summary["awaiting_gate"], "title": gate.instructions}}

    yield summaries(titled)


@fault("SNAP-7", why="What an older engine left out of a phase is filled in as a whole.")
def a_history_without_phase_is_observed_anew() -> Patches:
    """Of a snapshot stored without phase, a phase history that it has is replaced by an observed entry."""

    def filled_in(right: Callable[[Snapshot], Snapshot]) -> Callable[[Snapshot], Snapshot]:
        return lambda each: right(evolve(each, phase_history=None) if each.phase is None else each)

    yield replaced(snapshots, "with_phase", filled_in)
    yield replaced(projection, "with_phase", filled_in)


@fault("PHASE-5", "PHASE-4", why="Entries are built anew from the members that an engine writes itself.")
def phase_entries_are_taken_over_with_version_one() -> Patches:
    """The entries of a phase history are taken over with the schema version 1, whatever they had."""

    def anew(entry: PhaseEntry) -> PhaseEntry:
        return evolve(entry, schema_version=1)

    yield from _of_latest(lambda latest: evolve(latest, phase_history=tuple(map(anew, latest.phase_history or ()))))


# --- the scope --------------------------------------------------------------------------------------------------------


@fault("SCOPE-7", why="In JavaScript all numbers are doubles.")
def numbers_of_units_are_doubles() -> Patches:
    """Of an integer beyond 2^53, a unit and a version of a policy have the digits that JavaScript writes."""

    def rounded(value: Json) -> Json:
        return int(Decimal(repr(float(value)))) if type(value) is int and value > 2**53 else value

    def wrong(rows: tuple[tuple[str, tuple[str, ...], Any], ...]) -> Any:
        numbered = scope.text_or_number
        return tuple(
            (field, spellings, (lambda value: numbered(rounded(value))) if parse is numbered else parse)
            for field, spellings, parse in rows
        )

    yield replaced(scope, "SPELLINGS", wrong)
