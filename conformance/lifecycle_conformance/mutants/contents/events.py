"""Faults in the events: their members, their payload, and what counts as activity."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from attrs import evolve

from lifecycle_conformance.mutants import changes
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import content
from lifecycle_projection.content import EVENT_TYPE_PREFIX, RunState
from lifecycle_projection.identity import Identified, safe
from lifecycle_projection.phases import phase_status
from lifecycle_projection.records import Json
from lifecycle_projection.text import trimmed
from lifecycle_projection.words import StatefulStatus

_CLAIMS: Final = frozenset({"run_execution_claimed", "run_execution_claim_expired_requeued"})


def _activity(counts: Callable[[str], bool]) -> AbstractContextManager[Any]:
    return replaced(content, "counts_as_activity", lambda _: counts)


# --- members of an event ----------------------------------------------------------------------------------------------


@fault("EVENT-1", why="The name is made safe for the id, and then used everywhere.")
def event_type_made_safe() -> Patches:
    """The event type ends with the safe form of the record's name."""
    yield changes.events(
        lambda _, identified, event: evolve(event, event_type=f"{EVENT_TYPE_PREFIX}{safe(identified.record.event)}")
    )


@fault("EVENT-1", why="The time of an event is taken for the time of its recording.")
def occurred_when_it_was_projected() -> Patches:
    """An event occurred when the run was updated."""
    yield changes.events(lambda state, _, event: evolve(event, occurred_at_ms=state.run.updated_at_ms))


@fault("EVENT-1", why="What belongs to one session correlates.")
def correlated_by_session() -> Patches:
    """The correlation id is the latest session, where the run has one."""
    yield changes.events(
        lambda state, _, event: evolve(event, correlation_id=state.run.latest_session_id or event.correlation_id)
    )


# --- the payload ------------------------------------------------------------------------------------------------------


@fault("EVENT-2", why="Serializers are often told to leave out what is null.")
def nulls_left_out_of_the_payload() -> Patches:
    """Members of the payload that have no value are left out."""
    yield changes.payloads(lambda _, __, payload: {name: value for name, value in payload.items() if value is not None})


@fault("EVENT-2", why="Code that reads metadata likes to find an object there.")
def absent_metadata_is_an_empty_object() -> Patches:
    """The payload of a record without metadata has an empty object as metadata."""
    yield changes.payloads(
        lambda _, __, payload: {**payload, "metadata": {} if payload["metadata"] is None else payload["metadata"]}
    )


@fault("EVENT-2", why="Metadata is an object everywhere in production's own records.")
def metadata_that_is_no_object_is_dropped() -> Patches:
    """Metadata that is no object becomes `null` in the payload."""
    yield changes.payloads(
        lambda _, __, payload: {
            **payload,
            "metadata": payload["metadata"] if isinstance(payload["metadata"], dict) else None,
        }
    )


@fault("EVENT-2", why="The status that the guard is asked with is at hand where the event is made.")
def payload_says_retrying() -> Patches:
    """The payload of a retry's event has the status `retrying`."""
    yield changes.payloads(
        lambda state, _, payload: {
            **payload,
            "status": phase_status(StatefulStatus(state.run.status), payload["event"]),
        }
    )


@fault("EVENT-2", why="An empty text says nothing, so that it looks like an absent one.")
def empty_reason_is_none() -> Patches:
    """An empty reason becomes `null` in the payload."""
    yield changes.payloads(lambda _, __, payload: {**payload, "reason": payload["reason"] or None})


@fault("EVENT-3", why="People count from 1.")
def index_from_1() -> Patches:
    """The lifecycle index counts from 1, in events and snapshots."""

    def later(_: RunState, identified: Identified, said: dict[str, Json]) -> dict[str, Json]:
        return {**said, "lifecycle_index": identified.index + 1}

    yield changes.payloads(later)
    yield changes.metadata(later)


@fault("EVENT-3", why="The index of a list's item is looked up by the item, and the first that is equal is found.")
def index_of_the_first_twin() -> Patches:
    """The lifecycle index of a record is that of the first one that equals it, in events and snapshots."""

    def first(state: RunState, identified: Identified, said: dict[str, Json]) -> dict[str, Json]:
        return {**said, "lifecycle_index": state.run.checkpoint.lifecycle_history.index(identified.record)}

    yield changes.payloads(first)
    yield changes.metadata(first)


@fault("EVENT-3", why="What is new is filtered first, and counted then.")
def index_among_the_new() -> Patches:
    """The lifecycle index of an event counts the new records of the pass only."""
    passes: list[RunState] = []

    def among(state: RunState, _: Identified, said: dict[str, Json]) -> dict[str, Json]:
        if passes and passes[-1] is not state:
            passes.clear()
        passes.append(state)
        return {**said, "lifecycle_index": len(passes) - 1}

    yield changes.payloads(among)


# --- activity ---------------------------------------------------------------------------------------------------------


@fault("EVENT-10", why="The two names begin alike, and so would a third.")
def claims_by_their_beginning() -> Patches:
    """Every record whose name begins with `run_execution_claim` counts as no activity."""
    yield _activity(lambda event: not event.startswith("run_execution_claim"))


@fault("EVENT-10", why="The second of the two names is rare.")
def a_lost_claim_is_activity() -> Patches:
    """That a claim expired and the run was queued again counts as activity."""
    yield _activity(lambda event: event != "run_execution_claimed")


@fault("EVENT-10", why="One helper trims all words before they are compared.")
def names_of_claims_trimmed() -> Patches:
    """A claim with white space around its name counts as no activity, too."""
    yield _activity(lambda event: trimmed(event) not in _CLAIMS)
