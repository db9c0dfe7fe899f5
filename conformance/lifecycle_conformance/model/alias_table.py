"""How a table of recognition is built, rule by rule, so that it can be seen which rule decides about a record.

The table of the chapter *Recognition* is built by :data:`RULES`. Each requirement has *alterations*: the same rules
but for one that somebody might get wrong.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from attrs import Factory, define, frozen

from lifecycle_conformance.execution.trace import Object, member
from lifecycle_conformance.model.identity import (
    Content,
    content_of_event,
    is_unsigned,
    listed_by,
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


def counted(content: Content, said: Json, counting: Counting) -> int:
    """The occurrence that an event says, or else the next number of its content (ALIAS-8)."""
    if is_unsigned(said):
        return said
    counting.needed[content] += 1
    return counting.needed[content] - 1


RULES: Final = Rules(occurrence=counted)
"""The rules as the specification has them."""
