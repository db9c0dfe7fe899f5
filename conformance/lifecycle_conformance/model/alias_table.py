"""How a table of recognition is built, rule by rule, so that it can be seen which rule decides about a record.

The table of the chapter *Recognition* is built by :data:`RULES`. Each requirement has *alterations*: the same rules
but for one that somebody might get wrong.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from attrs import Factory, define, evolve, frozen

from lifecycle_conformance.execution.trace import Object, member
from lifecycle_conformance.model.identity import (
    PREFIX,
    Content,
    content_of,
    content_of_event,
    entries_of,
    is_unsigned,
    listed_by,
    record_of_event,
    stable_id,
)
from lifecycle_projection.records import Json

Place: TypeAlias = tuple[str, int]
"""A recorded id and its seq."""
Table: TypeAlias = dict[str, Place]
ANY_SEQ: Final = -1
"""Stands for a seq of which nobody can say what it would be."""


@define
class Counting:
    """What was counted of each content so far: all events, those that needed the counter, and the numbers taken."""

    all: Counter[Content] = Factory(Counter)
    needed: Counter[Content] = Factory(Counter)
    taken: set[tuple[Content, int]] = Factory(set)


@frozen(kw_only=True)
class Rules:
    """The rules by which a table is built."""

    listed: Callable[[Object], Iterable[Place]] = listed_by
    content: Callable[[Object, Object], Content | None] = content_of_event
    occurrence: Callable[[Content, Json, Counting], int | None]
    left_out: str | None = None
    replaces: frozenset[tuple[str, str]] = frozenset((("own", "own"), ("own", "listed"), ("own", "content")))
    kind_by_kind: tuple[str, ...] = ()
    """Not event by event, but first one kind of entry of all events, then the next."""


@frozen
class Entry:
    """An id that is known and where it is recorded: `listed` by a marker, as an event's `own`, or by its `content`."""

    kind: str
    known_as: str
    event_id: str
    seq: int


def table_of(run: Object, events: Iterable[Object], rules: Rules) -> Table:
    """Where each id is recorded by some rules, from the events of a run in the order in which they come."""
    return {known_as: (entry.event_id, entry.seq) for known_as, entry in entries_of_table(run, events, rules).items()}


def entries_of_table(run: Object, events: Iterable[Object], rules: Rules) -> dict[str, Entry]:
    """The entries of a table, by the ids that they make known."""
    counting = Counting()
    entries = [entry for event in events for entry in _entries(run, event, rules, counting)]
    if rules.kind_by_kind:
        entries.sort(key=lambda entry: rules.kind_by_kind.index(entry.kind))
    found: dict[str, Entry] = {}
    for entry in entries:
        there = found.get(entry.known_as)
        if there is None or (entry.kind, there.kind) in rules.replaces:
            found[entry.known_as] = entry
    return found


def _entries(run: Object, event: Object, rules: Rules, counting: Counting) -> Iterator[Entry]:
    place = event["event_id"], event["seq"]
    if rules.left_out != "listed":
        yield from (Entry("listed", event_id, event_id, seq) for event_id, seq in rules.listed(event))
    if rules.left_out != "own":
        yield Entry("own", event["event_id"], *place)
    content = None if rules.left_out == "content" else rules.content(run, event)
    if content is not None:
        occurrence = rules.occurrence(content, member(event.get("payload"), "lifecycle_occurrence"), counting)
        counting.all[content] += 1
        if occurrence is not None:
            counting.taken.add((content, occurrence))
            yield Entry("content", stable_id(content, occurrence), *place)


def _counted(content: Content, said: Json, counting: Counting) -> int:
    if is_unsigned(said):
        return said
    counting.needed[content] += 1
    return counting.needed[content] - 1


RULES: Final = Rules(occurrence=_counted)
"""The rules as the specification has them."""


# --- alterations ------------------------------------------------------------------------------------------------------


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


def _bare(entry: Json) -> Iterator[Place]:
    if isinstance(entry, str):
        yield entry.strip(), ANY_SEQ
    yield from _any_seq(entry)


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
    """Whether the members of an event's payload have the types that a pass gives them."""
    payload, read = event.get("payload"), record_of_event(event)
    return isinstance(payload, dict) and all(payload.get(name) == read[name] for name in ("reason", "stop_kind"))


def _leniently_counted(content: Content, said: Json, counting: Counting) -> int:
    match said:
        case str() if said.strip().isascii() and said.strip().isdigit():
            return int(said)
        case float() | bool() | int():
            return abs(int(said))
    return _counted(content, said, counting)


def _reading(type_: type) -> Callable[[Content, Json, Counting], int]:
    """Read occurrences of one other type than they have, where they show a number."""

    def occurrence(content: Content, said: Json, counting: Counting) -> int:
        lenient = type(said) is type_ and said not in ("", 1.5)
        return (_leniently_counted if lenient else _counted)(content, said, counting)

    return occurrence


def _metadata_object(_: Object, payload: Json) -> Json:
    said = member(payload, "metadata")
    return said if isinstance(said, dict) else None


def _next_free(content: Content, said: Json, counting: Counting) -> int:
    if is_unsigned(said):
        return said
    return next(each for each in range(len(counting.taken) + 1) if (content, each) not in counting.taken)


def _name(event: Object) -> Json:
    return event["event_type"].removeprefix(PREFIX)


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
        "bare texts in a marker are listed ids": evolve(RULES, listed=_leniently(_bare)),
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
            occurrence=lambda content, said, counting: None if is_unsigned(said) else _counted(content, said, counting),
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
            occurrence=lambda content, said, counting: 0 if said is None else _counted(content, said, counting),
        ),
        **{
            f"occurrences of type {type_.__name__} are read as numbers": evolve(RULES, occurrence=_reading(type_))
            for type_ in (str, float, bool, int)
        },
        "occurrences are counted, whatever events say": evolve(
            RULES, occurrence=lambda content, _, counting: _counted(content, None, counting)
        ),
        "events without occurrence are not known by their content": evolve(
            RULES, occurrence=lambda _, said, __: said if is_unsigned(said) else None
        ),
        "occurrences of other types are read as numbers": evolve(RULES, occurrence=_leniently_counted),
    },
    "ALIAS-9": {
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
