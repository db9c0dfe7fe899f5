"""What the audit reads of a store, in one form whatever the store is made of."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from attrs import field, frozen

from lifecycle_conformance.audit.finding import Finding, Where
from lifecycle_conformance.execution.trace import Object


@frozen(kw_only=True)
class Row:
    """A stored event or snapshot that can be read (FILE-18, FILE-21), as JSON, and where it stands."""

    value: Object
    where: Where

    @property
    def at_ms(self) -> int | None:
        """When it says that it happened, or was made."""
        found = self.value.get("occurred_at_ms", self.value.get("created_at_ms"))
        return found if type(found) is int else None


@frozen(kw_only=True)
class StoredRun:
    """What a store holds of one run id, of all its tenants.

    `events` stand in the order of the log (in a database: of seq), `snapshots` in the order of their places.

    `findings` tell what is wrong with the form of its records, each by itself. Of the records that can't be read, as
    they are damaged or encrypted, only the number is known: what seems to be missing may be among them.

    `size` is how many bytes were read for it.
    """

    run_id: str
    events: Sequence[Row] = field(factory=tuple)
    snapshots: Sequence[Row] = field(factory=tuple)
    findings: Sequence[Finding] = field(factory=tuple)
    unread_events: int = 0
    unread_snapshots: int = 0
    size: int = field(default=0, eq=False)


class StoreSource(Protocol):
    """A store that is read: in parts, each with the runs that can be looked at without the others.

    A source can be pickled, so that parts are read by other processes. It never writes.
    """

    @property
    def name(self) -> str:
        """The store as the user named it."""

    @property
    def is_whole(self) -> bool:
        """Whether everything could be read: else what is missed may be in what couldn't. Known after :meth:`parts`."""

    @property
    def shares_seqs(self) -> bool:
        """Whether tenants with one run id number their events together, as in a database."""

    def parts(self) -> Sequence[str]:
        """The names of the parts; each run stands in exactly one."""

    def runs(self, part: str) -> Iterator[StoredRun]:
        """The runs of a part."""

    def findings(self) -> Iterator[Finding]:
        """What is wrong with the form of the store, and can't be told of a run: lines that name none, stray files.

        It is called after :meth:`parts`.
        """

    def part_of(self, run_id: str) -> str:
        """The name of the part in which a run stands, or would stand."""

    def limited_to(self, parts: Sequence[str]) -> "StoreSource":
        """The same store, with these of its parts only: it takes less to send it to another process."""
