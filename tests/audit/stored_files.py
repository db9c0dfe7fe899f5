"""A store of files in memory, with its run records, as damages change it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final, TypeAlias, TypeVar

import orjson
from attrs import define, evolve, field

from lifecycle_conformance.execution.trace import Owner, owner_of
from lifecycle_conformance.model.file_layout import SNAPSHOTS, path_of
from lifecycle_conformance.model.identity import MARKER, PREFIX, is_unsigned, listed_by
from lifecycle_projection.stores.files import LOG_NAME

Object: TypeAlias = dict[str, Any]
_T = TypeVar("_T")
_ENDING: Final = b"\n"


@define
class StoredFiles:
    """The lines of a log without their ends, the other files of a store by their paths, and its run records by id.

    `links` are made beside the files, each with what it leads to.
    """

    lines: list[bytes] = field(factory=list)
    files: dict[str, bytes] = field(factory=dict)
    runs: dict[str, Object] = field(factory=dict)
    links: dict[str, str] = field(factory=dict)
    end: bytes = _ENDING

    @classmethod
    def read(cls, folder: Path, runs: dict[str, Object]) -> "StoredFiles":
        """All of a store that is in a folder."""
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        log = files.pop(LOG_NAME, b"")
        return cls(log.removesuffix(_ENDING).split(_ENDING) if log else [], files, dict(runs))

    def copy(self) -> "StoredFiles":
        return evolve(self, lines=[*self.lines], files={**self.files}, runs={**self.runs}, links={**self.links})

    def write(self, folder: Path) -> None:
        """The store in a folder, and its run records beside it."""
        folder.mkdir()
        (folder / LOG_NAME).write_bytes(_ENDING.join(self.lines) + (self.end if self.lines else b""))
        for path, content in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        for path, target in self.links.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).symlink_to(target)
        folder.with_suffix(".json").write_bytes(orjson.dumps(self.runs))

    # --- events -------------------------------------------------------------------------------------------------------

    def event(self, number: int) -> Object:
        """The event of a line, counted from 0."""
        found: Object = orjson.loads(self.lines[number])
        return found

    def put(self, number: int, event: Object) -> str:
        """Put an event into a line; the place of the line."""
        self.lines[number] = orjson.dumps(event)
        return place(number)

    def append(self, event: Object) -> str:
        """Put an event behind all others; the place of its line."""
        self.lines.append(orjson.dumps(event))
        return place(len(self.lines) - 1)

    def where(self, wanted: Callable[[Object], bool]) -> list[int]:
        """The lines of the events that are wanted, of those that are written as they would be written again."""
        return [
            number for number, line in enumerate(self.lines) if (event := _plain(line)) is not None and wanted(event)
        ]

    def recorded(self) -> list[int]:
        """The lines of events that record a lifecycle record."""
        return self.where(is_lifecycle)

    def stable(self) -> list[int]:
        """Those whose ids follow from their content, and which say which occurrence they are."""
        return self.where(
            lambda event: is_lifecycle(event) and is_unsigned(event["payload"].get("lifecycle_occurrence"))
        )

    def by_position(self) -> list[int]:
        """Those of the first generation."""
        return self.where(lambda event: is_lifecycle(event) and "lifecycle_occurrence" not in event["payload"])

    def markers(self) -> list[int]:
        """The lines of compaction markers."""
        return self.where(lambda event: event["event_type"] == MARKER)

    def life(self, number: int) -> list[int]:
        """The lines of all events of the run and tenant of one, in their order."""
        owner = owner_of(self.event(number))
        return self.where(lambda event: owner_of(event) == owner)

    def behind(self, number: int) -> list[int]:
        """The lines of its run and tenant that stand behind an event."""
        return [each for each in self.life(number) if each > number]

    def recorded_with(self, number: int) -> list[int]:
        """The lines of all events of its run and tenant that record lifecycle records, in their order."""
        return [each for each in self.life(number) if is_lifecycle(self.event(each))]

    def higher(self, number: int) -> list[int]:
        """The lines of its run and tenant that stand behind an event, and have a higher seq."""
        seq = self.event(number)["seq"]
        return [each for each in self.behind(number) if self.event(each)["seq"] > seq]

    def highest(self, number: int) -> int:
        """The highest seq of the run and tenant of an event."""
        return max(self.event(each)["seq"] for each in self.life(number))

    def last_ones(self) -> list[int]:
        """The lines of events that record lifecycle records, and have the highest seq of their run and tenant."""
        return [each for each in self.recorded() if self.event(each)["seq"] == self.highest(each)]

    def owners(self) -> list[Owner]:
        """The runs and tenants that have events."""
        return sorted({owner_of(self.event(number)) for number in self.where(lambda _: True)}, key=str)

    # --- snapshots ----------------------------------------------------------------------------------------------------

    def snapshot(self, path: str) -> Object:
        found: Object = orjson.loads(self.files[path])
        return found

    def put_snapshot(self, path: str, snapshot: Object) -> str:
        self.files[path] = orjson.dumps(snapshot, option=orjson.OPT_INDENT_2)
        return path

    def snapshots(self, wanted: Callable[[Object], bool] = lambda _: True) -> list[str]:
        """The paths of the snapshots that are wanted, of those that are written as they would be written again."""
        return [
            path
            for path, text in self.files.items()
            if path.startswith(f"{SNAPSHOTS}/")
            and path.endswith(".json")
            and orjson.dumps(snapshot := orjson.loads(text), option=orjson.OPT_INDENT_2) == text
            and wanted(snapshot)
        ]

    def with_event(self) -> list[str]:
        """The paths of the snapshots whose events stand in the log."""
        known = {(owner_of(event), event["event_id"]) for event in map(self.event, self.recorded())}
        return self.snapshots(lambda each: (owner_of(each), each["snapshot_id"]) in known)

    def snapshot_of(self, number: int) -> str | None:
        """The path of the snapshot of an event, if it is there."""
        event = self.event(number)
        path = path_of(event["run_id"], event["event_id"])
        return path if path in self.files and self.snapshot(path)["snapshot_id"] == event["event_id"] else None

    def snapshots_of(self, owner: Owner) -> list[str]:
        """The paths of the snapshots of a run and tenant, by seq."""
        found = self.snapshots(lambda each: owner_of(each) == owner)
        return sorted(found, key=lambda path: self.snapshot(path)["seq"])

    def listed(self) -> Iterator[str]:
        """The ids that markers list."""
        for number in self.markers():
            yield from (event_id for event_id, _ in listed_by(self.event(number)))


def _plain(line: bytes) -> Object | None:
    """The event of a line that is written as it would be written again."""
    try:
        found: Object = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return found if orjson.dumps(found) == line else None


def place(number: int) -> str:
    """How a finding names a line, counted from 0 here."""
    return f"{LOG_NAME}:{number + 1}"


def is_lifecycle(event: Object) -> bool:
    return str(event["event_type"]).startswith(PREFIX)


def pick(random: Random, candidates: list[_T]) -> _T | None:
    """One of some candidates, if there are any."""
    return random.choice(candidates) if candidates else None
