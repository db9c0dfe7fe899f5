"""What a damage is: a way to hurt any store to which it applies, and what is to be found of it then."""

from collections.abc import Callable, Iterable
from enum import Enum
from random import Random
from typing import Final, TypeAlias

from attrs import field, frozen

from lifecycle_conformance.audit.catalogue import KINDS
from stored_files import Object, StoredFiles, pick

Hurt: TypeAlias = Callable[[StoredFiles, Random], str | None]
"""Hurts a store, and returns the place where that shows; `None` where there is nothing that it could hurt."""
Change: TypeAlias = Callable[[Object], object]


class Seen(Enum):
    """From what a damage can be seen."""

    STORE = "the store"
    RUNS = "the store beside its run records"
    JOURNAL = "a journal only"


@frozen(kw_only=True)
class Damage:
    """A way to hurt a store.

    `kind` is the finding that follows, at the place that `hurt` names, and `also` are the violations that may follow
    beside it. What can be seen from a journal only looks like a legal life, which `like` names.
    `breaks` are requirements that it breaks beside that of its kind, which names a wider one.
    """

    hurt: Hurt
    kind: str | None = None
    also: frozenset[str] = frozenset()
    breaks: frozenset[str] = field(default=frozenset(), converter=lambda ids: frozenset(ids.split()))
    seen_from: Seen = Seen.STORE
    like: str = ""

    @property
    def requirements(self) -> frozenset[str]:
        """The requirements that it breaks."""
        return self.breaks | (frozenset() if self.kind is None else {KINDS[self.kind].requirement})


def found(kind: str, hurt: Hurt, also: str = "", *, breaks: str = "", seen_from: Seen = Seen.STORE) -> Damage:
    """A damage of which a finding of this kind tells."""
    return Damage(hurt=hurt, kind=kind, also=frozenset(also.split()), breaks=breaks, seen_from=seen_from)


def legal(like: str, hurt: Hurt, *, breaks: str = "") -> Damage:
    """A damage that looks like a legal life: a journal alone could tell it from that."""
    return Damage(hurt=hurt, like=like, breaks=breaks, seen_from=Seen.JOURNAL)


def on_event(change: Change, among: Callable[[StoredFiles], Iterable[int]] = StoredFiles.recorded) -> Hurt:
    """Change one of some events, in its line."""

    def hurt(stored: StoredFiles, random: Random) -> str | None:
        number = pick(random, [*among(stored)])
        if number is None:
            return None
        event = stored.event(number)
        change(event)
        return stored.put(number, event)

    return hurt


def on_snapshot(change: Change, wanted: Callable[[Object], bool] = lambda _: True) -> Hurt:
    """Change a snapshot whose event is in the log."""

    def hurt(stored: StoredFiles, random: Random) -> str | None:
        path = pick(random, [path for path in stored.with_event() if wanted(stored.snapshot(path))])
        if path is None:
            return None
        snapshot = stored.snapshot(path)
        change(snapshot)
        return stored.put_snapshot(path, snapshot)

    return hurt


def put(value: object, *path: str | int) -> Change:
    """Put a value into a place."""

    def change(record: Object) -> None:
        *way, last = path
        inner = record
        for each in way:
            inner = inner[each]
        inner[last] = value

    return change


def added(number: int, *path: str | int) -> Change:
    """Add to a number."""

    def change(record: Object) -> None:
        *way, last = path
        inner = record
        for each in way:
            inner = inner[each]
        inner[last] += number

    return change


def lengthened(name: str) -> Change:
    """Put a letter behind a text."""
    return lambda record: record.update({name: f"{record[name]}x"})


ALONE: Final = "snapshot-without-event snapshot-of-another-tenant"
"""What is found of a snapshot whose event is known no longer: of its tenant alone, or of another one's, too."""
BY_HAND: Final = "changed by hand"
ELSEWHERE: Final[Object] = {"org_id": "org-elsewhere", "workspace_id": "ws", "source": "explicit"}
"""A tenant that no random store has."""
