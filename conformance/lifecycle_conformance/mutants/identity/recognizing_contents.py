"""Faults in recognising events of older generations by their content, and what compaction left of them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.changes import index_id
from lifecycle_conformance.mutants.identity.recognizing import Counts, Rules, count, is_number, record_of, table_by
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Event, Run, projection
from lifecycle_projection.content import EVENT_TYPE_PREFIX
from lifecycle_projection.identity import identify, safe
from lifecycle_projection.markers import listed_by
from lifecycle_projection.recognition import Aliases, Recorded
from lifecycle_projection.records import Json
from lifecycle_projection.text import member

# --- which events -----------------------------------------------------------------------------------------------------


@fault("ALIAS-6", "ALIAS-2", why="A run belongs to one automation, so all its events do.")
def correlation_ignored() -> Patches:
    """Events of other automations are known by their content."""
    return table_by(is_known_by_content=lambda _, event: event.event_type.startswith(EVENT_TYPE_PREFIX))


@fault("ALIAS-6", "ALIAS-2", why="An event without correlation can't belong to another automation.")
def no_correlation_is_any() -> Patches:
    """Events without a correlation id are known by their content."""

    def is_known(run: Run, event: Event) -> bool:
        mine = event.correlation_id in (None, run.automation_id)
        return mine and event.event_type.startswith(EVENT_TYPE_PREFIX)

    return table_by(is_known_by_content=is_known)


@fault("ALIAS-6", "ALIAS-2", why="What carries an occurrence has a stable id already.")
def known_by_content_without_occurrence() -> Patches:
    """Events that carry an occurrence are not known by their content."""
    return table_by(occurrence=lambda said, identity, counts: None if is_number(said) else count(identity, counts))


@fault("ALIAS-6", "ALIAS-2", why="Putting something into a map replaces what is there.")
def content_replaces() -> Patches:
    """The content of an event replaces what was known before."""
    return table_by(replacing=frozenset({"own", "content"}))


# --- their identity ---------------------------------------------------------------------------------------------------


def _record_with(**changed: Callable[[Event], Json]) -> Patches:
    def record(event: Event) -> dict[str, Json]:
        return {**record_of(event), **{name: value(event) for name, value in changed.items()}}

    return table_by(record=record)


@fault("ALIAS-7", "ALIAS-2", why="The payload has a member `event`, which a pass writes.")
def name_from_the_payload() -> Patches:
    """The name of a recorded event is read from its payload, if there is one."""

    def name(event: Event) -> Json:
        said = member(event.payload, "event")
        return said if isinstance(said, str) else record_of(event)["event"]

    return _record_with(event=name)


@fault("ALIAS-7", "ALIAS-2", why="A reason is a text, and `str` makes one of anything.")
def reason_of_any_type() -> Patches:
    """A recorded reason that is no text counts as the text of its JSON."""

    def reason(event: Event) -> Json:
        said = member(event.payload, "reason")
        return said if said is None or isinstance(said, str) else str(said)

    return _record_with(reason=reason)


@fault("ALIAS-7", "ALIAS-2", why="A stop kind is a text in the payload.")
def any_stop_kind() -> Patches:
    """A recorded stop kind that is no word of the set counts as it stands."""
    return _record_with(stop_kind=lambda event: member(event.payload, "stop_kind"))


@fault("ALIAS-7", "ALIAS-2", why="An empty text tells nothing.")
def empty_recorded_reason_is_absent() -> Patches:
    """A recorded reason that is empty counts as absent."""
    return _record_with(reason=lambda event: record_of(event)["reason"] or None)


@fault("ALIAS-7", "ALIAS-2", why="Metadata is an object wherever production writes it.")
def recorded_metadata_is_an_object() -> Patches:
    """Recorded metadata that is no object counts as absent."""

    def metadata(event: Event) -> Json:
        said = member(event.payload, "metadata")
        return said if isinstance(said, dict) else None

    return _record_with(metadata=metadata)


# --- their occurrence -------------------------------------------------------------------------------------------------


def _said(read: Callable[[Json], Json]) -> Patches:
    """Read the occurrence that an event carries in another way, and count where nothing is read."""

    def occurrence(said: Json, identity: str, counts: Counts) -> int | None:
        number = read(said)
        return number if is_number(number) else count(identity, counts)

    return table_by(occurrence=occurrence)


@fault("ALIAS-8", "ALIAS-2", why="`int` reads a text of digits.")
def occurrence_from_digits() -> Patches:
    """A recorded occurrence may be a text of digits."""
    return _said(lambda said: int(said) if isinstance(said, str) and said.isdecimal() else said)


@fault("ALIAS-8", "ALIAS-2", why="In JavaScript, 1 and 1.0 are the same number.")
def occurrence_from_doubles() -> Patches:
    """A recorded occurrence may be a whole double."""
    return _said(lambda said: int(said) if isinstance(said, float) and said.is_integer() else said)


@fault("ALIAS-8", "ALIAS-2", why="In Python, `isinstance(True, int)` holds.")
def occurrence_from_truth() -> Patches:
    """A recorded occurrence may be `true` or `false`."""
    return _said(lambda said: int(said) if isinstance(said, bool) else said)


@fault("ALIAS-8", "ALIAS-2", why="In C, a conversion to unsigned knows no failure.")
def occurrence_without_sign() -> Patches:
    """A recorded occurrence that is negative counts without its sign."""
    return _said(lambda said: abs(said) if type(said) is int else said)


@fault("ALIAS-8", "ALIAS-2", "ALIAS-10", why="`payload.get('lifecycle_occurrence', 0)` gives what most events have.")
def missing_occurrence_is_0() -> Patches:
    """A recorded event without occurrence has the occurrence 0."""
    return _said(lambda said: 0 if said is None else said)


@fault("ALIAS-10", "ALIAS-2", "ALIAS-8", why="One counter for all events of an identity is simpler than one for some.")
def all_events_counted() -> Patches:
    """The counter counts all events of an identity."""
    return table_by(occurrence=lambda said, identity, counts: said if is_number(said) else counts.all[identity])


@fault("ALIAS-10", "ALIAS-2", "ALIAS-8", why="Two events with the same id seem to be what a counter must avoid.")
def taken_numbers_skipped() -> Patches:
    """The counter skips occurrences that other events carry."""

    def occurrence(said: Json, identity: str, counts: Counts) -> int | None:
        if is_number(said):
            return int(said)
        return next(each for each in range(len(counts.taken) + 1) if (identity, each) not in counts.taken)

    return table_by(occurrence=occurrence)


# --- the order within one event, and of all ---------------------------------------------------------------------------


@fault("ALIAS-9", "ALIAS-2", why="What older generations left is looked at once all own ids are known.")
def all_own_ids_first() -> Patches:
    """The own ids of all events are entered before any content."""
    return table_by(event_by_event=False)


@fault("ALIAS-9", "ALIAS-2", why="What was compacted is looked up only where nothing else is found.")
def listed_ids_last() -> Patches:
    """What markers list is entered behind everything else."""
    return table_by(order=("own", "content", "listed"), event_by_event=False)


@fault("ALIAS-9", "ALIAS-2", why="A later event is a better one.")
def last_content_counts() -> Patches:
    """Of events whose contents give one id, the last one counts, but none replaces an own id."""

    def wrong(run: Run, events: Iterable[Event]) -> Aliases:
        looked_at = list(events)
        own = {event.event_id for event in looked_at}
        table = Rules().table(run, looked_at)
        later = Rules(replacing=frozenset({"own", "content"})).table(run, looked_at)
        listed = {event_id for event in looked_at for event_id, _ in listed_by(event)}
        return {name: each if name in own | listed else later[name] for name, each in table.items()}

    yield replaced(projection, "aliases_of", lambda _: wrong)


# --- what compaction left ---------------------------------------------------------------------------------------------


@fault(
    "ALIAS-11", "ALIAS-2", why="The index of a record is known, and with it the id that the first generation gave it."
)
def listed_index_ids_known() -> Patches:
    """A record is known by its index id as well, where a marker lists it."""

    def wrong(aliases_of: Callable[..., Aliases]) -> Callable[..., Aliases]:
        def aliases(run: Run, events: Iterable[Event]) -> Aliases:
            looked_at = list(events)
            table = aliases_of(run, looked_at)
            listed = {event_id: Recorded(event_id, seq) for event in looked_at for event_id, seq in listed_by(event)}
            for each in identify(run):
                if (old := index_id(run, each)) in listed:
                    table.setdefault(each.event_id, listed[old])
            return table

        return aliases

    yield replaced(projection, "aliases_of", wrong)


@fault("ALIAS-11", "ALIAS-2", "ALIAS-12", why="A table that is kept need not be built anew at each pass.")
def table_kept_in_the_process() -> Patches:
    """What was once recognised by its content stays known as long as the process lives."""
    kept: dict[Any, Aliases] = {}

    def forgetting(opened: Callable[[server.Server, Json], Json]) -> Callable[[server.Server, Json], Json]:
        def forgotten(driver: server.Server, request: Json) -> Json:
            kept.clear()
            return opened(driver, request)

        return forgotten

    def wrong(aliases_of: Callable[..., Aliases]) -> Callable[..., Aliases]:
        def aliases(run: Run, events: Iterable[Event]) -> Aliases:
            mine = kept.setdefault((run.run_id, run.tenant_context.key, run.automation_id), {})
            mine.update(aliases_of(run, events))
            return dict(mine)

        return aliases

    yield replaced(projection, "aliases_of", wrong)
    yield replaced(server.Server, "_open", forgetting)


@fault("ALIAS-12", "ALIAS-2", why="Whoever sees what compaction does to a counter wants to go on where it was.")
def counter_goes_on_after_compaction() -> Patches:
    """The counter begins with the number of index ids of its name that markers list."""

    def counts(run: Run, events: list[Event]) -> Counts:
        prefix = re.escape(f"automation-v2-lifecycle-{run.run_id}-")
        listed = [event_id for event in events for event_id, _ in listed_by(event)]
        names = Counter(found[1] for each in listed if (found := re.fullmatch(rf"{prefix}\d+-(.*)", each)))
        return Counts(counted=Counter({each.identity: names[safe(each.record.event)] for each in identify(run)}))

    return table_by(counts=counts)
