"""Faults in reading: numbers, bytes that are no text, and a definition that is cut before it is read."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from math import isinf
from typing import Any, Final, TypeAlias

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.mutant import Mutant, replaced
from lifecycle_projection import Event, FileStore, ProjectionResult, Run, Store
from lifecycle_projection.json_text import DuplicateMembers
from lifecycle_projection.records import Json
from lifecycle_projection.stores import files

_MOST_DIGITS: Final = 19
"""So many decimal digits fit into 64 bits, whatever they are."""
_HIGHEST_POWER: Final = 308
_SOURCES: Final = frozenset({"resource_access", "automation_webhook", "enterprise_scope"})


class LongDoublesReadOneOff(Mutant):
    """Doubles are read by one multiplication or division: some of 16 and 17 digits come back a unit off (hazard H9)."""

    name = "long-doubles-read-one-off"
    why = "A fast reader of numbers is one multiplication away from a right one."
    chief = "JSON-12"
    breaks = frozenset({"JSON-12", "FILE-14"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Read requests and stored records so."""

        def wrong(read_json: Callable[..., Json]) -> Callable[..., Json]:
            def read(text: bytes | str, *, keep_duplicates: bool = True) -> Json:
                read_json(text, keep_duplicates=keep_duplicates)  # what must be refused is
                return json.loads(
                    text, object_pairs_hook=_object if keep_duplicates else None, parse_float=_read, parse_int=_integer
                )

            return read

        for module in (server, files):
            yield replaced(module, "read_json", wrong)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else DuplicateMembers(pairs)


def _integer(digits: str) -> int | float:
    small = digits != "-0" and len(digits) <= _MOST_DIGITS + 1
    return int(digits) if small and -(2**63) <= int(digits) < 2**64 else _read(digits)


def _read(text: str) -> float:
    """Read a double as production does: its digits as an integer, which is rounded, then scaled, and rounded again."""
    mantissa, _, power = text.lower().partition("e")
    whole, _, fraction = mantissa.removeprefix("-").partition(".")
    digits = f"{whole}{fraction}".lstrip("0") or "0"
    exponent = int(power or 0) - len(fraction) + max(0, len(digits) - _MOST_DIGITS)
    read = float(int(digits[:_MOST_DIGITS]))
    while read and exponent < -_HIGHEST_POWER:
        read, exponent = read / float(f"1e{_HIGHEST_POWER}"), exponent + _HIGHEST_POWER
    read = read / float(f"1e{-exponent}") if exponent < 0 else read * float(f"1e{exponent}")
    return float(text) if isinf(read) or not read else -read if text.startswith("-") else read


class BrokenTextEmptiesTheLog(Mutant):
    """A log with bytes that are no UTF-8, wherever they stand, reads as empty (hazard H14)."""

    name = "broken-text-empties-the-log"
    why = "Files are read as text in most languages."
    chief = "FILE-19"
    breaks = frozenset({"FILE-19"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Read the log as one text."""
        read_log = vars(FileStore)["_read_log"]

        def wrong(events: Callable[..., list[Event]]) -> Callable[..., list[Event]]:
            def read(store: FileStore, run_id: str | None = None) -> list[Event]:
                try:
                    read_log(store).decode()
                except UnicodeDecodeError:
                    return []
                return events(store, run_id)

            return read

        yield replaced(FileStore, "events", wrong)


_Project: TypeAlias = Callable[[Run, Store], ProjectionResult]


class ScopeSourcesDropped(Mutant):
    """The sources of the enterprise scope are dropped from a definition before anything is made of it."""

    name = "scope-sources-dropped"
    why = "What a definition holds for others seems to be none of the projection's business."
    chief = "DEF-2"
    breaks = frozenset({"DEF-2", "SCOPE-2"})
    # Where no enterprise scope is ever shown, nothing can be told of what stands in it.
    hides = frozenset(f"SCOPE-{number}" for number in range(3, 12))

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Drop them before each pass."""

        def wrong(project: _Project) -> _Project:
            return lambda run, store: project(_without_sources(run), store)

        yield replaced(server, "project", wrong)


def _without_sources(run: Run) -> Run:
    definition = run.automation_snapshot
    if definition is None or not isinstance(definition.metadata, dict):
        return run
    kept = {name: value for name, value in definition.metadata.items() if name not in _SOURCES}
    document = {name: kept if name == "metadata" else value for name, value in definition.document.items()}
    return evolve(run, automation_snapshot=evolve(definition, metadata=kept, document=document))
