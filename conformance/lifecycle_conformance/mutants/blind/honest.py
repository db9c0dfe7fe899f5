"""Honest mistakes in how records are read, hashed, known and shown: chapters 2 to 7."""

import re
import sys
import unicodedata
from collections.abc import Callable
from typing import Any, Final, get_args, get_origin

import orjson
from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.before_reading import each_value, read_as, with_members
from lifecycle_conformance.mutants.changes import Pass, Patch, events, summaries
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Event, Run, Snapshot, canonical, identity, json_text, projection, recognition, text
from lifecycle_projection.identity import Identified, stable_event_id
from lifecycle_projection.phases import GuardedPhase, Refused
from lifecycle_projection.records import U32, Json

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}")


def _deep(changed: Callable[[Json], Json], value: Json) -> Json:
    """Change each value that is neither an object nor a list, at any depth."""
    if isinstance(value, dict):
        return with_members(value, lambda _, each: _deep(changed, each))
    return [_deep(changed, each) for each in value] if isinstance(value, list) else changed(value)


# --- records ----------------------------------------------------------------------------------------------------------


@fault(
    "REC-16",
    *("EVENT-4", "EVENT-7", "EVENT-8", "EVENT-9", "ALIAS-4", "COMPACT-11", "SCOPE-7", "SCOPE-10", "DEF-4", "DEF-5"),
    why="Java's `strip` keeps spaces that don't break and U+0085, and takes U+001C to U+001F.",
)
def trims_as_java_strips() -> Patches:
    """Texts are trimmed by Java's idea of white space."""
    yield replaced(
        text,
        "_WHITE_SPACE",
        lambda right: "".join(each for each in right if each not in "\x85\xa0\u2007\u202f") + "\x1c\x1d\x1e\x1f",
    )


@fault("REC-6", why="A JSON library is told to skip nulls, and does so in lists as well.")
def nulls_in_lists_of_texts_are_skipped() -> Patches:
    """A `null` in a list of texts is left out instead of refused."""

    def without(value: Json, hint: Any) -> Json:
        of_texts = get_origin(hint) is tuple and get_args(hint)[0] is str and isinstance(value, list)
        return [each for each in value if each is not None] if of_texts else value

    yield from each_value(without)


@fault("REC-7", why="A conversion to 32 bits by a cast checks nothing.")
def large_attempts_wrap_around() -> Patches:
    """Of a number of attempts beyond 32 bits the low 32 bits are read."""

    def cast(value: Json, hint: Any) -> Json:
        return value % 2**32 if hint == U32 and type(value) is int and 2**32 <= value < 2**64 else value

    yield from each_value(cast)


# --- canonical JSON ---------------------------------------------------------------------------------------------------


@fault(
    "JSON-3",
    *("JSON-1", "ID-1", "SNAP-3", "FILE-9"),
    why="In JavaScript an object that is built from sorted names lists those that look like an index first, by number.",
)
def names_that_are_numbers_come_first() -> Patches:
    """In canonical JSON, names that look like an index of an array come first, in the order of their numbers."""

    def place(member: tuple[str, Json]) -> tuple[bool, int, str]:
        is_index = _INDEX.fullmatch(member[0]) is not None and int(member[0]) < 2**32 - 1
        return not is_index, int(member[0]) if is_index else 0, member[0]

    def ordered(value: Json) -> Json:
        if isinstance(value, dict):
            return {name: ordered(each) for name, each in sorted(value.items(), key=place)}
        return [ordered(each) for each in value] if isinstance(value, list | tuple) else value

    yield replaced(canonical, "canonical_json", lambda _: lambda value: orjson.dumps(ordered(value)))


@fault("JSON-4", "JSON-1", "ID-1", "SNAP-3", why="Go's `encoding/json` wrote these two like that until Go 1.22.")
def backspace_and_form_feed_are_written_long() -> Patches:
    r"""In canonical JSON, U+0008 and U+000C are written as `\u0008` and `\u000c`."""
    long: Final = {rb"\b": rb"\u0008", rb"\f": rb"\u000c"}

    def written(right: Callable[[Json], bytes]) -> Callable[[Json], bytes]:
        return lambda value: re.sub(rb"\\.", lambda found: long.get(found[0], found[0]), right(value))

    yield replaced(canonical, "canonical_json", written)


@fault(
    "JSON-12",
    *("JSON-7", "JSON-9", "ID-1", "EVENT-2", "CKPT-6", "DEF-2"),
    why="A library that is built with `-ffast-math` makes the processor do so.",
)
def the_smallest_doubles_are_zero() -> Patches:
    """Doubles below the least normal one are read as zero."""

    def flushed(value: Json) -> Json:
        return value * 0.0 if isinstance(value, float) and abs(value) < sys.float_info.min else value

    yield from read_as(lambda run: _deep(flushed, run))


@fault("DRIVER-2", "JSON-15", "FILE-14", why="Somebody counts brackets, and doesn't think of those in texts.")
def brackets_in_texts_count_as_depth() -> Patches:
    """A bracket in a text counts as an array or an object when the depth is counted."""

    def counted(raw: bytes, *, enough: int) -> int:
        depth = deepest = 0
        for each in raw if raw.count(b"[") + raw.count(b"{") > enough else b"":
            depth += (each in b"[{") - (each in b"]}")
            deepest = max(deepest, depth)
        return deepest

    yield replaced(json_text, "_depth", lambda _: counted)


@fault("JSON-16", why="JavaScript's `trim` takes a byte order mark and all white space of Unicode.")
def a_text_is_trimmed_before_it_is_read() -> Patches:
    """A byte order mark and all white space of Unicode are read around a run record."""

    def trimming(right: Callable[..., Json]) -> Callable[..., Json]:
        space = "\ufeff \t\n\v\f\r\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
        return lambda raw, **how: right(raw.strip(space) if isinstance(raw, str) else raw, **how)

    yield replaced(server, "read_json", trimming)


# --- identity ---------------------------------------------------------------------------------------------------------


@fault(
    "JSON-4",
    *("ID-1", "JSON-1", "OCC-1", "OCC-2"),
    why="Two texts that look the same are taken for the same, as a database or a file system may do.",
)
def texts_are_composed_for_the_identity() -> Patches:
    """The identity is taken over the composed form (NFC) of all texts."""

    def composed(value: Json) -> Json:
        return unicodedata.normalize("NFC", value) if isinstance(value, str) else value

    yield replaced(identity, "stable_hash", lambda right: lambda value: right(_deep(composed, value)))


@fault("ID-6", "ID-5", why="A name without any usable character looks as good as empty.")
def a_name_of_odd_characters_is_event() -> Patches:
    """The safe form of a name in which every character is replaced is `event`."""
    yield replaced(identity, "safe", lambda right: lambda name: right(name) if right(name).strip("-") else "event")


@fault(
    "OCC-1",
    *("OCC-2", "OCC-3", "ID-3", "PASS-2", "PASS-6", "PASS-9", "SNAP-5"),
    why="Grouping in Python, as `uniq` in a shell, sees neighbours only.",
)
def only_neighbours_are_counted() -> Patches:
    """The occurrence counts the equal records right before a record; behind another one it begins with 0."""

    def grouped(right: Callable[[Run], tuple[Identified, ...]]) -> Callable[[Run], tuple[Identified, ...]]:
        def identified(run: Run) -> tuple[Identified, ...]:
            found: list[Identified] = []
            for each in right(run):
                number = found[-1].occurrence + 1 if found and found[-1].identity == each.identity else 0
                event_id = stable_event_id(run.run_id, each.record.event, each.identity, number)
                found.append(evolve(each, occurrence=number, event_id=event_id))
            return tuple(found)

        return identified

    yield replaced(projection, "identify", grouped)
    yield replaced(server, "identify", grouped)


# --- recognition ------------------------------------------------------------------------------------------------------


def content(changed: Callable[[Event], Event]) -> Patch:
    """Change what is seen of an event when it is known by its content."""
    return replaced(recognition, "_recorded", lambda right: lambda event: right(changed(event)))


@fault("ALIAS-8", "ALIAS-2", why="In Python `True` is an `int`.")
def true_is_occurrence_one() -> Patches:
    """A `lifecycle_occurrence` that is `true` or `false` counts as 1 or 0."""

    def counted(event: Event) -> Event:
        said = event.payload.get("lifecycle_occurrence") if isinstance(event.payload, dict) else None
        if not isinstance(said, bool):
            return event
        return evolve(event, payload={**event.payload, "lifecycle_occurrence": int(said)})

    yield content(counted)


@fault("ALIAS-7", "ALIAS-6", "ALIAS-2", "PASS-3", why="In Go and in JavaScript an empty text counts as none.")
def an_empty_reason_of_an_event_is_absent() -> Patches:
    """An empty `reason` of an event counts as absent when the event is known by its content."""
    yield replaced(recognition, "_string", lambda right: lambda value: right(value) or None)


# --- phases -----------------------------------------------------------------------------------------------------------


@fault("PHASE-2", "PHASE-1", why="A run is queued for a retry if a retry is the last thing that has happened to it.")
def the_last_record_tells_of_a_retry() -> Patches:
    """A queued run is retrying at each record if the last one of its history is a retry, and else at none."""

    def wrong(right: Callable[[Any, Identified], GuardedPhase]) -> Callable[[Any, Identified], GuardedPhase]:
        def guarded(under_way: Any, identified: Identified) -> GuardedPhase:
            last = under_way.run.checkpoint.lifecycle_history[-1].event
            with replaced(projection, "phase_status", lambda said: lambda status, _: said(status, last)):
                return right(under_way, identified)

        return guarded

    yield replaced(Pass, "_guarded", wrong)


@fault("PHASE-9", why="A history of phases looks wrong if its times go backwards.")
def phases_never_go_back_in_time() -> Patches:
    """A transition entry has the time of the entry before it, if that is later than the record's."""

    def later(right: Callable[..., GuardedPhase | Refused]) -> Callable[..., GuardedPhase | Refused]:
        def guarded(latest: Snapshot | None, **asked: Any) -> GuardedPhase | Refused:
            history = () if latest is None else latest.phase_history or ()
            times = (asked["occurred_at_ms"], *(each.occurred_at_ms for each in history[-1:]))
            return right(latest, **{**asked, "occurred_at_ms": max(times)})

        return guarded

    yield replaced(projection, "guard", later)


# --- events and snapshots ---------------------------------------------------------------------------------------------


@fault("EVENT-9", why="The claim is taken for that of the run record.")
def the_claim_of_the_run_is_the_cause() -> Patches:
    """Where the metadata name no cause, that of an event is the claim of the run."""

    def caused(state: Any, _: Identified, event: Event) -> Event:
        claim = state.run.execution_claim
        return event if claim is None or event.causation_id is not None else evolve(event, causation_id=claim.claim_id)

    yield events(caused)


@fault("CKPT-6", why="A JSON library that is told to leave nulls out does so at every depth.")
def nulls_in_a_failure_are_dropped() -> Patches:
    """Members that are `null` are dropped from the metadata of the last failure."""

    def dropped(value: Json) -> Json:
        if isinstance(value, dict):
            return {name: dropped(each) for name, each in value.items() if each is not None}
        return [dropped(each) for each in value] if isinstance(value, list) else value

    yield summaries(lambda _, summary: {**summary, "last_failure": dropped(summary["last_failure"])})


@fault("EVENT-2", why="A database keeps whole numbers in 63 bits, and takes larger ones for doubles.")
def large_integers_are_stored_as_doubles() -> Patches:
    """In the payload of an event, integers from 2^63 on are doubles."""

    def stored(value: Json) -> Json:
        return float(value) if type(value) is int and value >= 2**63 else value

    yield events(lambda _, __, event: evolve(event, payload=_deep(stored, event.payload)))
