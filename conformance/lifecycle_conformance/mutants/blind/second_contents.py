"""Faults of a second author in what is read, recognised and written of a run: each a mistake that a reader makes."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any, Final

from attrs import Factory, define, evolve

from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    Event,
    Run,
    Scope,
    Snapshot,
    checkpoint,
    codec,
    content,
    definition,
    identity,
    json_text,
    markers,
    projection,
    recognition,
    scope,
    snapshots,
)
from lifecycle_projection.phases import GuardedPhase, Refused
from lifecycle_projection.recognition import Aliases, Recorded
from lifecycle_projection.records import ExpiryPolicy, Json
from lifecycle_projection.text import member
from lifecycle_projection.words import StatefulStatus

_ID_LISTS: Final = frozenset(
    {"active_session_ids", "active_instance_ids", "completed_nodes", "pending_nodes", "blocked_nodes"}
)
_TEXT: Final = re.compile(rb'("(?:[^"\\]|\\.)*")(\s*:)?')
_ESCAPE: Final = re.compile(rb"\\[^u]|(?i:\\ud[89ab]..\\ud[c-f]..)|((?i:\\ud[89a-f]..))")
_OPTIONAL: Final = ("tenant_actor_id", "issuer", "subject")

# --- records, JSON, canonical JSON ------------------------------------------------------------------------------------


def _filled(value: dict[str, Json]) -> dict[str, Json]:
    """An object with the empty text for each null in its lists of ids."""
    return {
        name: ["" if item is None else item for item in each] if name in _ID_LISTS and isinstance(each, list) else each
        for name, each in value.items()
    }


@fault("REC-6", why="Go's encoding/json leaves the zero value where it meets a null, also as an item of a list.")
def null_item_of_a_list_of_texts_is_an_empty_text() -> Patches:
    """A null item in a list of session, instance or node ids of a run record is read as the empty string."""

    def filled(value: Json, record: Any) -> Json:
        if record is not Run or type(value) is not dict:
            return value
        run = _filled(value)
        checkpoint = run.get("checkpoint")
        return {**run, "checkpoint": _filled(checkpoint)} if type(checkpoint) is dict else run

    yield replaced(codec, "structure", lambda right: lambda value, record: right(filled(value, record), record))


@fault(
    "JSON-10",
    "FILE-14",
    why="C's strtoll answers LLONG_MIN for what is smaller, and only ERANGE of the other end was looked at.",
)
def negative_integers_below_64_bits_saturate() -> Patches:
    """A negative integer below -2^63 is read as the integer -2^63 instead of a double."""

    def wrong(integer: Callable[[str], int | float]) -> Callable[[str], int | float]:
        def saturated(digits: str) -> int | float:
            number = integer(digits)
            return -(2**63) if isinstance(number, float) and number < 0 else number

        return saturated

    yield replaced(json_text, "_integer", wrong)


@fault("JSON-14", why="Values are decoded by a strict function, names by the library's own, which puts U+FFFD.")
def lone_surrogate_in_a_name_becomes_a_replacement_character() -> Patches:
    """A lone surrogate is refused in values only; in the name of a member it is read as U+FFFD."""

    def replacement(escape: re.Match[bytes]) -> bytes:
        return rb"\ufffd" if escape[1] else escape[0]

    def mended(text: re.Match[bytes]) -> bytes:
        return _ESCAPE.sub(replacement, text[1]) + text[2] if text[2] else text[0]

    def wrong(module: Any) -> Any:
        def loads(raw: bytes, **options: Any) -> Json:
            return module.loads(_TEXT.sub(mended, raw), **options)

        return SimpleNamespace(**{**vars(module), "loads": loads})

    yield replaced(json_text, "orjson", wrong)
    yield replaced(json_text, "json", wrong)


@fault("JSON-15", why="A hand-made scanner takes a quotation mark behind a backslash for escaped, whatever is before.")
def depth_is_lost_behind_a_text_that_ends_with_a_backslash() -> Patches:
    """Arrays and objects that follow a string ending in an escaped backslash aren't counted for the depth."""

    def wrong(depth: Callable[..., int]) -> Callable[..., int]:
        return lambda raw, *, enough: depth(raw.replace(rb"\"", b""), enough=enough)

    yield replaced(json_text, "_depth", wrong)


# --- identity and occurrence ------------------------------------------------------------------------------------------


def _loose(value: Json) -> Json:
    """A value with one form for all that compare as equal."""
    match value:
        case dict():
            return {name: _loose(each) for name, each in value.items()}
        case list():
            return [_loose(each) for each in value]
        case bool():
            return int(value)
        case float() if value == int(value) and abs(value) < 2**53:
            return int(value)
    return value


@define
class _Counted:
    """A counter that knows each of its keys by another name."""

    name_of: dict[str, str]
    numbers: Counter[str] = Factory(Counter)

    def __getitem__(self, key: str) -> int:
        return self.numbers[self.name_of[key]]

    def __setitem__(self, key: str, number: int) -> None:
        self.numbers[self.name_of[key]] = number


@fault("OCC-1", "OCC-2", why="Earlier records are compared with ==, for which 1, 1.0 and true are the same.")
def occurrence_counts_loosely_equal_records() -> Patches:
    """Records whose metadata differ only in 1, 1.0 and true (or 0, 0.0 and false) are counted as equals."""
    loose_of: dict[str, str] = {}

    def wrong(identity_of: Callable[..., str]) -> Callable[..., str]:
        def remembered(**members: Any) -> str:
            found = identity_of(**members)
            loose_of[found] = identity_of(**{**members, "metadata": _loose(members["metadata"])})
            return found

        return remembered

    yield replaced(identity, "identity_of", wrong)
    yield replaced(identity, "Counter", lambda _: lambda: _Counted(loose_of))


# --- recognition ------------------------------------------------------------------------------------------------------


@fault(
    "ALIAS-4",
    *("LOG-3", "COMPACT-11", "COMPACT-14"),
    why="`if entry.id and entry.seq` is how one asks whether both are there.",
)
def marker_entry_with_seq_0_is_skipped() -> Patches:
    """An entry of a compaction marker whose seq is 0 is passed over as malformed."""
    yield replaced(markers, "_listed", lambda listed: lambda entries: (each for each in listed(entries) if each[1]))


@fault("ALIAS-8", "ALIAS-10", why="The counter is advanced in the branch that enters the id into the table.")
def event_with_a_known_stable_id_does_not_use_up_its_number() -> Patches:
    """The counter of events without occurrence isn't advanced where the table has the stable id that it gives."""

    def aliases_of(run: Run, seen: Iterable[Event]) -> Aliases:
        aliases: Aliases = {}
        counted: Counter[str] = Counter()
        for event in seen:
            for event_id, seq in markers.listed_by(event):
                aliases.setdefault(event_id, Recorded(event_id, seq))
            aliases[event.event_id] = Recorded(event.event_id, event.seq)
            if event.event_type.startswith(content.EVENT_TYPE_PREFIX) and event.correlation_id == run.automation_id:
                advanced = counted.copy()
                stable_id = recognition._stable_id(event, advanced)  # noqa: SLF001
                if stable_id not in aliases:
                    aliases[stable_id], counted = aliases[event.event_id], advanced
        return aliases

    yield replaced(projection, "aliases_of", lambda _: aliases_of)


# --- phases and the guard ---------------------------------------------------------------------------------------------


@fault("PHASE-2", why="The retry is made a case of the moves, and a first snapshot makes no move.")
def first_snapshot_of_a_run_queued_for_a_retry_is_queued() -> Patches:
    """Where there is no latest snapshot, a run queued for a retry is observed as queued instead of retrying."""

    def wrong(guard: Callable[..., GuardedPhase | Refused]) -> Callable[..., GuardedPhase | Refused]:
        def guarded(latest: Snapshot | None, *, status: StatefulStatus, **asked: Any) -> GuardedPhase | Refused:
            first_retry = latest is None and status is StatefulStatus.RETRYING
            return guard(latest, status=StatefulStatus.QUEUED if first_retry else status, **asked)

        return guarded

    yield replaced(projection, "guard", wrong)


# --- content of events and snapshots ----------------------------------------------------------------------------------


@fault("CKPT-5", why="Go's omitempty and a truth test drop zeros together with what is absent.")
def zeros_and_empty_texts_of_an_expiry_policy_are_left_out() -> Patches:
    """A member of the expiry policy that is 0 or an empty string is missing from the checkpoint summary."""

    def wrong(to_json: Callable[[object], dict[str, Json]]) -> Callable[[object], dict[str, Json]]:
        def written(record: object) -> dict[str, Json]:
            all_kept = not isinstance(record, ExpiryPolicy)
            return {name: each for name, each in to_json(record).items() if each or all_kept}

        return written

    yield replaced(checkpoint, "to_json", wrong)


@fault("SNAP-7", "PHASE-6", why="`history or observed` takes an empty list for a missing one.")
def empty_history_of_a_snapshot_without_phase_is_filled_in() -> Patches:
    """A snapshot stored without phase, but with an empty phase history, is read with an observed entry."""

    def wrong(with_phase: Callable[[Snapshot], Snapshot]) -> Callable[[Snapshot], Snapshot]:
        def filled(snapshot: Snapshot) -> Snapshot:
            if snapshot.phase is None and snapshot.phase_history == ():
                snapshot = evolve(snapshot, phase_history=None)
            return with_phase(snapshot)

        return filled

    yield replaced(snapshots, "with_phase", wrong)
    yield replaced(projection, "with_phase", wrong)


# --- scope and definition ---------------------------------------------------------------------------------------------


@fault("SCOPE-3", why="The sources are merged with a deep merge from a library.")
def principals_of_several_sources_are_merged_member_by_member() -> Patches:
    """An owner principal of a later source keeps the optional members that only the earlier source's principal had."""

    def owner_of(metadata: Json) -> Any:
        owner = None
        for source in scope.SOURCES:
            brought = scope._brought_by(member(metadata, source)).get("owner_principal")  # noqa: SLF001
            if brought is not None and owner is not None:
                owner = evolve(brought, **{name: getattr(brought, name) or getattr(owner, name) for name in _OPTIONAL})
            else:
                owner = brought or owner
        return owner

    def wrong(scope_of: Callable[[Run], Scope]) -> Callable[[Run], Scope]:
        def merged(run: Run) -> Scope:
            metadata = None if run.automation_snapshot is None else run.automation_snapshot.metadata
            return evolve(scope_of(run), owner_principal=owner_of(metadata))

        return merged

    yield replaced(content, "scope_of", wrong)


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdigit() and str(int(name)) == name and int(name) < 2**32 - 1


@fault(
    "DEF-2",
    *("DEF-1", "DEF-6"),
    why="JavaScript's objects keep the order of insertion, but for names that look like an index.",
)
def members_named_by_numbers_are_hashed_first() -> Patches:
    """In the snapshot hash, members whose names are array indexes come before all others, in ascending order."""

    def ordered(value: Json) -> Json:
        if isinstance(value, list):
            return [ordered(each) for each in value]
        if not isinstance(value, dict):
            return value
        names = sorted(value, key=lambda name: (0, int(name)) if _is_index(name) else (1, 0))
        return {name: ordered(value[name]) for name in names}

    yield replaced(definition, "hash_in_order", lambda hash_in_order: lambda value: hash_in_order(ordered(value)))


@fault("DEF-5", why="The plan is chosen by its id first, and then asked for its revision.")
def plan_with_id_but_without_revision_hides_the_approved_one() -> Patches:
    """A bundled plan with a plan id but no valid revision keeps the approved plan from giving the version."""

    def wrong(planned: Callable[[Json], str | None]) -> Callable[[Json], str | None]:
        def chosen(metadata: Json) -> str | None:
            plan = member(member(metadata, "plan_package_bundle"), "plan")
            named = definition._scalar_text(member(plan, "plan_id")) is not None  # noqa: SLF001
            return planned({"plan_package_bundle": {"plan": plan}} if named else metadata)

        return chosen

    yield replaced(definition, "_planned", wrong)
