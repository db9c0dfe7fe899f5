"""What an audit asks of a database, whichever it is: the SQL is the same, how it is sent is not."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

_T = TypeVar("_T")


class Reading(Protocol):
    """One read of a database: a transaction, all of which sees the same state.

    Numbers come as `int`, no value as `None`, and all else as bytes: a text of a damaged database may be none.
    """

    def columns(self, table: str) -> Mapping[str, bool]:
        """The columns of a table, each with whether it keeps a text as it was sent; none if there is no such table."""

    def rows(self, query: str, text: bytes | None = None) -> Iterator[tuple[Any, ...]]:
        """The rows that a query finds; `$1` in it stands for `text`. They come few by few, however many they are."""


class Database(Protocol):
    """A database that is read, and never written. It can be pickled."""

    @property
    def name(self) -> str:
        """The database as messages name it; no secret is in it."""

    @property
    def path(self) -> str:
        """The database as findings name it: in short."""

    @property
    def tables_of(self) -> str:
        """Where it looks for tables, as a message ends that misses one."""

    def read(self, work: Callable[[Reading], _T]) -> _T:
        """What is read in one transaction. Raises :class:`StorageError` where that can't be done."""
