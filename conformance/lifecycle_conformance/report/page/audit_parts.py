"""What the page of an audit holds."""

from collections.abc import Sequence
from typing import ClassVar

from attrs import frozen

from lifecycle_conformance.report.page.page import Badge, Fact, Listing
from lifecycle_conformance.report.page.timeline import Timeline


@frozen(kw_only=True)
class Item:
    """One finding: its number, where it is, what is said of it, and values that are held against each other.

    `related` are other findings that have the same cause.
    """

    number: int
    place: str
    message: str
    facts: Sequence[Fact]
    values: Sequence[Fact] = ()
    related: Sequence[Fact] = ()


@frozen(kw_only=True)
class Group:
    """Findings of one kind: what it means, an example, and what to do; `more` says what is left out."""

    name: str
    badge: Badge
    total: int
    meaning: str
    example: str | None
    advice: str
    hazard: str | None
    items: Sequence[Item]
    more: str = ""


@frozen(kw_only=True)
class Section:
    """A requirement with its groups; `place` is where its statement stands."""

    id: str
    title: str
    statement: str
    place: str
    badges: Sequence[Badge]
    runs: int
    groups: Sequence[Group]


@frozen(kw_only=True)
class Begin:
    """Where the reader should begin: the section, and in it the group."""

    section: Section
    group: Group


@frozen(kw_only=True)
class Run:
    """A run with its facts and time lines; `unread` says why there is none."""

    anchor: str
    name: str
    facts: Sequence[Fact]
    faults: Sequence[Fact]
    timelines: Sequence[Timeline]
    unread: str | None = None


@frozen(kw_only=True)
class Page:
    """A report: of what sort, about what, its verdict, what was read, what to know beside that, and all its parts.

    `more_runs` says which runs with findings are left out, and how to see them.
    """

    template: ClassVar[str] = "audit.html"
    sort: str
    subject: str
    verdict: Badge
    summary: str
    read: str
    notices: Sequence[str]
    begin: Begin | None
    sections: Sequence[Section]
    runs: Sequence[Run]
    more_runs: str = ""
    lists: Sequence[Listing] = ()

    @property
    def totals(self) -> Sequence[Fact]:
        """What is said of all of it."""
        return [Fact(name="Found", text=self.summary), Fact(name="Read", text=self.read)]

    @property
    def has_parts(self) -> bool:
        """Whether there is something to go to."""
        return bool(self.sections or self.lists)
