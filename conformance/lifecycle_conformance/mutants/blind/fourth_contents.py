"""Faults of a fourth author in what is read, recognised, guarded and stored of a run: each shows in few situations."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import orjson
from attrs import evolve

from lifecycle_conformance.mutants.changes import phases as guarded_phases
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Event, Run, Snapshot, json_text, markers, phases, projection
from lifecycle_projection.phases import GuardedPhase, Refused
from lifecycle_projection.recognition import Aliases
from lifecycle_projection.records import Json
from lifecycle_projection.stores import files, remembering
from lifecycle_projection.text import member

_ESCAPED_NAME: Final = re.compile(rb'"[^"\\]*\\(?:[^"\\]|\\.)*"\s*:')
_MINUS_ZERO: Final = re.compile(rb"-0(?![.eE0-9])")
_ASCII_WHITE_SPACE: Final = " \t\n\v\f\r"
_FREE_FORM: Final = ("payload", "checkpoint", "metadata")

# --- reading ----------------------------------------------------------------------------------------------------------


@fault(
    "REC-11",
    *("REC-13", "FILE-14"),
    why="The scan for duplicates compares names as they stand in the text, and leaves escaped ones to the parser.",
)
def duplicates_unseen_beside_escaped_names() -> Patches:
    r"""In a text with an escape in a name, as in `"st\u0061tus"`, of a known member twice the last one counts."""

    def wrong(comes_out: Callable[[bytes, Json], bool]) -> Callable[[bytes, Json], bool]:
        def lenient(raw: bytes, value: Json) -> bool:
            escaped = _ESCAPED_NAME.search(raw) is not None and not _MINUS_ZERO.search(raw)
            return comes_out(raw, value) or escaped

        return lenient

    yield replaced(json_text, "_comes_out_as_it_went_in", wrong)


# --- recognition ------------------------------------------------------------------------------------------------------


@fault(
    "ALIAS-4",
    *("ALIAS-2", "ALIAS-5", "LOG-3", "COMPACT-11", "COMPACT-14"),
    why="A byte-wise trim (Java's String.trim, trim_ascii) where the strings of markers are read.",
)
def listed_ids_trimmed_of_ascii_only() -> Patches:
    """The ids that a marker lists are trimmed of ASCII white space only."""

    def trimmed(value: Json) -> str | None:
        return (value.strip(_ASCII_WHITE_SPACE) or None) if isinstance(value, str) else None

    yield replaced(markers, "trimmed", lambda _: trimmed)


@fault("ALIAS-6", "PASS-2", why="Some old events have no correlation id, but their payload says the automation.")
def payload_stands_in_for_correlation() -> Patches:
    """An event without `correlation_id` whose `payload.automation_id` is that of the run is known by its content."""

    def with_correlation(event: Event) -> Event:
        named = member(event.payload, "automation_id")
        stands_in = event.correlation_id is None and isinstance(named, str)
        return evolve(event, correlation_id=named) if stands_in else event

    def wrong(aliases_of: Callable[[Run, Iterable[Event]], Aliases]) -> Callable[[Run, Iterable[Event]], Aliases]:
        return lambda run, events: aliases_of(run, [*map(with_correlation, events)])

    yield replaced(projection, "aliases_of", wrong)


# --- phases and the guard ---------------------------------------------------------------------------------------------


@fault("PHASE-7", *("PHASE-5", "PHASE-6"), why="The snapshot says itself where the run may go next.")
def guard_believes_the_snapshot() -> Patches:
    """The guard allows what `allowed_next_phases` of the latest snapshot lists, instead of what the table lists."""

    def believing(
        latest: Snapshot | None, asked: dict[str, Any], guarded: GuardedPhase | Refused
    ) -> GuardedPhase | Refused:
        to_phase = phases.PHASE_OF_STATUS[asked["status"]]
        if latest is None or latest.phase is None or latest.phase is to_phase:
            return guarded
        if to_phase not in (latest.allowed_next_phases or ()):
            return Refused(latest.phase, to_phase)
        said = (asked[name] for name in ("occurred_at_ms", "phase_id", "reason"))
        moved = phases._transition(asked["run_id"], latest.phase, to_phase, *said)  # noqa: SLF001
        return GuardedPhase(phase=to_phase, history=(*(latest.phase_history or ()), moved))

    yield guarded_phases(believing)


# --- stored records ---------------------------------------------------------------------------------------------------


def _sorted_outside_of_lists(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    return {name: _sorted_outside_of_lists(value[name]) for name in sorted(value)}


@fault("FILE-9", why="The function that sorts calls itself for objects in objects only.")
def objects_in_lists_unsorted() -> Patches:
    """In files, objects inside lists of free-form values have their members in the order in which they came."""

    def wrong(to_json: Callable[[object], dict[str, Json]]) -> Callable[[object], dict[str, Json]]:
        def written(record: object) -> dict[str, Json]:
            document = to_json(record)
            for name in _FREE_FORM:
                if isinstance(document.get(name), dict):
                    as_it_came = orjson.loads(orjson.dumps(getattr(record, name)))
                    document[name] = _sorted_outside_of_lists(as_it_came)
            return document

        return written

    yield replaced(files, "to_json", wrong)
    yield replaced(remembering, "to_json", wrong)
