"""Ways to get a rule of the table of recognition wrong: the rules of the specification, but for one of them each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

import orjson
from attrs import evolve

from lifecycle_conformance.execution.trace import Object, member
from lifecycle_conformance.model.alias_table import ANY_SEQ, RULES, Counting, Place, Rules, counted
from lifecycle_conformance.model.identity import (
    PREFIX,
    Content,
    content_of,
    content_of_event,
    entries_of,
    is_unsigned,
    listed_by,
    record_of_event,
)
from lifecycle_projection.records import Json


def _leniently(read: Callable[[Json], Iterable[Place]]) -> Callable[[Object], Iterator[Place]]:
    """List what a marker lists, and of its malformed entries what somebody might read into them."""

    def listed(event: Object) -> Iterator[Place]:
        entries = entries_of(event)
        for entry in entries if isinstance(entries, list) else [entries]:
            yield from read(entry)

    return listed


def _any_seq(entry: Json) -> Iterator[Place]:
    event_id, seq = member(entry, "event_id"), member(entry, "seq")
    if isinstance(event_id, str) and event_id.strip():
        yield event_id.strip(), seq if is_unsigned(seq) else ANY_SEQ


def _valid(entry: Json) -> Iterator[Place]:
    return _any_seq(entry) if _well_formed(entry) else iter(())


def _fractional(entry: Json) -> Iterator[Place]:
    seq = member(entry, "seq")
    return _any_seq(entry) if isinstance(seq, float) and seq > 0 else _valid(entry)


def _bare(entry: Json) -> Iterator[Place]:
    return iter([(entry.strip(), ANY_SEQ)]) if isinstance(entry, str) else _valid(entry)


def _bare_or_any(entry: Json) -> Iterator[Place]:
    return _bare(entry) if isinstance(entry, str) else _any_seq(entry)


def _named(entry: Json) -> Iterator[Place]:
    """Take the members of an object for ids."""
    if isinstance(entry, dict):
        yield from ((name, seq) for name, seq in entry.items() if is_unsigned(seq))
    yield from _any_seq(entry)


def _well_formed(entry: Json) -> bool:
    event_id, seq = member(entry, "event_id"), member(entry, "seq")
    return isinstance(event_id, str) and bool(event_id.strip()) and is_unsigned(seq)


def _list_of(event: Object) -> list[Json]:
    entries = entries_of(event)
    return entries if isinstance(entries, list) else []


def _all_or_none(event: Object) -> Iterator[Place]:
    if all(map(_well_formed, _list_of(event))):
        yield from listed_by(event)


def _up_to_the_first_malformed(event: Object) -> Iterator[Place]:
    for entry in _list_of(event):
        if not _well_formed(entry):
            return
        yield from _any_seq(entry)


def _untrimmed(event: Object) -> Iterator[Place]:
    for entry in filter(_well_formed, _list_of(event)):
        yield member(entry, "event_id"), member(entry, "seq")


def _overtrimmed(event: Object) -> Iterator[Place]:
    """Trim what isn't white space, too (REC-16)."""
    return ((event_id.strip("\x1c\x1d\x1e\x1f\u200b "), seq) for event_id, seq in listed_by(event))


def _with_own_seq(event: Object) -> Iterator[Place]:
    return ((event_id, event["seq"]) for event_id, _ in listed_by(event))


def _of_any_type(run: Object, event: Object) -> Content | None:
    name = event["event_type"].removeprefix("stateful_runtime.").removeprefix("automation_v2.")
    return content_of_event(run, {**event, "event_type": PREFIX + name})


def _of_any_correlation(run: Object, event: Object) -> Content | None:
    return content_of_event(run, {**event, "correlation_id": run["automation_id"]})


def _said(**read: Callable[[Object, Json], Json]) -> Callable[[Object, Object], Content | None]:
    """Read some members of the record that an event records in another way: from the event and its payload."""

    def content(run: Object, event: Object) -> Content | None:
        if content_of_event(run, event) is None:
            return None
        payload = event.get("payload")
        other = {name: value(event, payload) for name, value in read.items()}
        return content_of(run, {**record_of_event(event), **other})

    return content


def _only_where(reads: Callable[[Object], bool]) -> Callable[[Object, Object], Content | None]:
    """Know only those events by their content that are as is to be expected."""
    return lambda run, event: content_of_event(run, event) if reads(event) else None


def _as_today(event: Object) -> bool:
    """Whether the members of an event's payload, if it has one, have the types that a pass gives them."""
    payload, read = event.get("payload"), record_of_event(event)
    is_usual = payload is None or isinstance(payload, dict)
    return is_usual and all(member(payload, name) == read[name] for name in ("reason", "stop_kind"))


def _leniently_counted(content: Content, said: Json, counting: Counting) -> int:
    match said:
        case str() if said.strip().isascii() and said.strip().isdigit():
            return int(said)
        case float() | bool() | int():
            return abs(int(said))
    return counted(content, said, counting)


def _reading(type_: type) -> Callable[[Content, Json, Counting], int]:
    """Read occurrences of one other type than they have, where they show a number."""

    def occurrence(content: Content, said: Json, counting: Counting) -> int:
        lenient = type(said) is type_ and said not in ("", 1.5)
        return (_leniently_counted if lenient else counted)(content, said, counting)

    return occurrence


def _counted_by(*names: str) -> Callable[[Content, Json, Counting], int]:
    """Count all events together that have some members of their identities in common."""
    return lambda content, said, counting: counted(_part_of(content, names), said, counting)


@lru_cache(maxsize=1 << 12)
def _part_of(content: Content, names: tuple[str, ...]) -> Content:
    said = orjson.loads(content)
    return orjson.dumps([said[name] for name in names])


def _metadata_object(_: Object, payload: Json) -> Json:
    said = member(payload, "metadata")
    return said if isinstance(said, dict) else None


def _next_free(content: Content, said: Json, counting: Counting) -> int:
    if is_unsigned(said):
        return said
    return next(each for each in range(len(counting.taken) + 1) if (content, each) not in counting.taken)


def _name(event: Object) -> Json:
    return event["event_type"].removeprefix(PREFIX)


def _last_name(event: Object, _: Json) -> Json:
    return event["event_type"].rpartition(".")[2]


def _name_in_payload(event: Object, payload: Json) -> Json:
    said = member(payload, "event")
    return said if isinstance(said, str) and said else _name(event)


def _time(event: Object, payload: Json) -> Json:
    time = member(payload, "recorded_at_ms")
    return time if is_unsigned(time) else event["occurred_at_ms"]


ALTERATIONS: Final[Mapping[str, Mapping[str, Rules]]] = {
    "ALIAS-3": {
        "no event is known by its own id": evolve(RULES, left_out="own"),
        "an event's own id doesn't replace what was known before": evolve(RULES, replaces=frozenset()),
    },
    "ALIAS-4": {
        "what a marker lists is not known": evolve(RULES, left_out="listed"),
        "listed ids are not trimmed": evolve(RULES, listed=_untrimmed),
        "listed ids are trimmed of more than white space": evolve(RULES, listed=_overtrimmed),
        "listed ids with seq 0 are not known": evolve(
            RULES, listed=lambda event: ((event_id, seq) for event_id, seq in listed_by(event) if seq)
        ),
        "listed ids have the seq of their marker": evolve(RULES, listed=_with_own_seq),
        "a listed id replaces what was known before": evolve(
            RULES, replaces=RULES.replaces | {("listed", "own"), ("listed", "content"), ("listed", "listed")}
        ),
    },
    "ALIAS-5": {
        "listed ids need no valid seq": evolve(RULES, listed=_leniently(_any_seq)),
        "listed ids may have a fraction for their seq": evolve(RULES, listed=_leniently(_fractional)),
        "bare texts in a marker are listed ids": evolve(RULES, listed=_leniently(_bare)),
        "bare texts in a marker are listed ids, and no seq need be valid": evolve(
            RULES, listed=_leniently(_bare_or_any)
        ),
        "names of members in a marker are listed ids": evolve(RULES, listed=_leniently(_named)),
        "one malformed entry spoils its whole marker": evolve(RULES, listed=_all_or_none),
        "a marker lists nothing behind a malformed entry": evolve(RULES, listed=_up_to_the_first_malformed),
    },
    "ALIAS-6": {
        "no event is known by its content": evolve(RULES, left_out="content"),
        "events of other types are known by their content": evolve(RULES, content=_of_any_type),
        "events of other automations are known by their content": evolve(RULES, content=_of_any_correlation),
        "the content of an event replaces what was known before": evolve(
            RULES, replaces=RULES.replaces | {("content", "own"), ("content", "listed")}
        ),
        "the content of an event replaces all that was known before": evolve(
            RULES, replaces=RULES.replaces | {("content", "own"), ("content", "listed"), ("content", "content")}
        ),
        "events that carry an occurrence are not known by their content": evolve(
            RULES,
            occurrence=lambda content, said, counting: None if is_unsigned(said) else counted(content, said, counting),
        ),
    },
    "ALIAS-7": {
        "events with members of other types are not known by their content": evolve(
            RULES, content=_only_where(_as_today)
        ),
        "a reason that is no text counts": evolve(
            RULES, content=_said(reason=lambda _, payload: member(payload, "reason"))
        ),
        "a stop kind that is none counts": evolve(
            RULES, content=_said(stop_kind=lambda _, payload: member(payload, "stop_kind"))
        ),
        "the name of the record is what stands behind the last dot": evolve(RULES, content=_said(event=_last_name)),
        "the name of the record is read from the payload": evolve(RULES, content=_said(event=_name_in_payload)),
        "the time of the record is read from the payload": evolve(RULES, content=_said(recorded_at_ms=_time)),
        "the reason is left out": evolve(RULES, content=_said(reason=lambda *_: None)),
        "the stop kind is left out": evolve(RULES, content=_said(stop_kind=lambda *_: None)),
        "an empty reason counts as absent": evolve(
            RULES, content=_said(reason=lambda event, _: record_of_event(event)["reason"] or None)
        ),
        "metadata that are no object count as absent": evolve(RULES, content=_said(metadata=_metadata_object)),
        "the metadata are left out": evolve(RULES, content=_said(metadata=lambda *_: None)),
    },
    "ALIAS-8": {
        "an event without occurrence has the occurrence 0": evolve(
            RULES, occurrence=lambda _, said, __: said if is_unsigned(said) else 0
        ),
        "an event that says no occurrence has the occurrence 0": evolve(
            RULES,
            occurrence=lambda content, said, counting: 0 if said is None else counted(content, said, counting),
        ),
        **{
            f"occurrences of type {type_.__name__} are read as numbers": evolve(RULES, occurrence=_reading(type_))
            for type_ in (str, float, bool, int)
        },
        "events of one name and time are counted together": evolve(
            RULES, occurrence=_counted_by("event", "recorded_at_ms")
        ),
        "events of one name are counted together": evolve(RULES, occurrence=_counted_by("event")),
        "occurrences are counted, whatever events say": evolve(
            RULES, occurrence=lambda content, _, counting: counted(content, None, counting)
        ),
        "events without occurrence are not known by their content": evolve(
            RULES, occurrence=lambda _, said, __: said if is_unsigned(said) else None
        ),
        "occurrences of other types are read as numbers": evolve(RULES, occurrence=_leniently_counted),
    },
    "ALIAS-9": {
        # To replace what the content of an event made known by what is listed gives the same table.
        "all listed ids come first, then all own ids": evolve(RULES, kind_by_kind=("listed", "own", "content")),
        "all own ids come first, then all listed ids": evolve(RULES, kind_by_kind=("own", "listed", "content")),
        "all own ids come first, then all contents": evolve(RULES, kind_by_kind=("own", "content", "listed")),
        "of events with one content the last counts": evolve(RULES, replaces=RULES.replaces | {("content", "content")}),
    },
    "ALIAS-10": {
        "events with an occurrence are counted, too": evolve(
            RULES,
            occurrence=lambda content, said, counting: said if is_unsigned(said) else counting.all[content],
        ),
        "the counter skips numbers that are taken": evolve(RULES, occurrence=_next_free),
    },
}
"""What somebody might get wrong of a requirement, each named by what it does."""
