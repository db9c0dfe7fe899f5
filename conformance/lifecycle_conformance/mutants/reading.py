"""Faults in reading: numbers, and bytes that are no text."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from math import nextafter
from typing import Any
from unittest.mock import patch

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.mutant import Mutant
from lifecycle_projection import Event, FileStore
from lifecycle_projection.json_text import DuplicateMembers, read_json
from lifecycle_projection.records import Json


class LongDoublesReadOneOff(Mutant):
    """Doubles of 16 and 17 significant digits are read one unit in the last place off (hazard H9)."""

    name = "long-doubles-read-one-off"
    chief = "JSON-12"
    breaks = frozenset({"JSON-12"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Move them towards zero when a request is read."""

        def wrong(text: bytes | str) -> Json:
            return _moved(read_json(text))

        yield patch.object(server, "read_json", wrong)


def _moved(value: Json) -> Json:
    match value:
        case float():
            digits = Decimal(repr(value)).normalize().as_tuple().digits
            return nextafter(value, 0.0) if len(digits) > 15 else value
        case DuplicateMembers():
            return DuplicateMembers([(name, _moved(each)) for name, each in value.pairs])
        case dict():
            return {name: _moved(each) for name, each in value.items()}
        case list():
            return [_moved(each) for each in value]
    return value


class BrokenTextEmptiesTheLog(Mutant):
    """A log with bytes that are no UTF-8, wherever they stand, reads as empty (hazard H14)."""

    name = "broken-text-empties-the-log"
    chief = "FILE-19"
    breaks = frozenset({"FILE-19", "FILE-17"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Read the log as one text."""
        events, read_log = FileStore.events, vars(FileStore)["_read_log"]

        def wrong(store: FileStore, run_id: str | None = None) -> list[Event]:
            try:
                read_log(store).decode()
            except UnicodeDecodeError:
                return []
            return events(store, run_id)

        yield patch.object(FileStore, "events", wrong)
