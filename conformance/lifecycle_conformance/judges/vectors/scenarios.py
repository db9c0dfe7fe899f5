"""The fixed cases, read from their files."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

from attrs import frozen

from lifecycle_conformance.driver.interface import OPERATIONS
from lifecycle_conformance.specification.texts import VECTORS
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Json

FILES: Final = ("production.jsonl", "generations.jsonl", "edges.jsonl")

_SAFE_INTEGERS: Final = range(-(2**53) + 1, 2**53)
_SAFE_DIGITS: Final = 15
_SAFE_EXPONENTS: Final = range(-22, 23)


@frozen(kw_only=True)
class Scenario:
    """Requests that are sent to an empty store, production's answers, and the digests of the files that it left.

    `source` is the file and line; a step is a request without `id`; an answer that is a refusal has its kind only.
    """

    name: str
    source: str
    steps: tuple[dict[str, Json], ...]
    answers: tuple[dict[str, Json], ...]
    files: dict[str, str]

    @property
    def needs(self) -> frozenset[str]:
        """The capabilities without which a driver can't be asked this.

        Those that offer the operations, those that the numbers call for, and `files` where production's answer comes
        from the limits of a file system. Tenants that share a run id don't need `tenants`: they never meet here.
        """
        offered = {capability for step in self.steps if (capability := OPERATIONS.get(step["op"])) is not None}
        limited = {"files"} if any(answer.get("error") == {"kind": "storage"} for answer in self.answers) else set()
        return frozenset(offered | limited) | needed_for_numbers(self.steps)


def load(folder: Path = VECTORS) -> list[Scenario]:
    """Read all scenarios."""
    return list(stream(folder))


def stream(folder: Path = VECTORS) -> Iterator[Scenario]:
    """Read the scenarios one by one: not all of them need to be in memory at once."""
    for name in FILES:
        with (folder / name).open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                yield _scenario(read_json(line, keep_duplicates=False), f"{name}:{number}")


def _scenario(value: dict[str, Json], source: str) -> Scenario:
    return Scenario(
        name=value["name"],
        source=source,
        steps=tuple(value["steps"]),
        answers=tuple(value["answers"]),
        files=value["files"],
    )


def needed_for_numbers(value: Json) -> frozenset[str]:
    """The capabilities that a driver must declare before it is sent the numbers in a value."""
    return frozenset(capability for number in _numbers(value) for capability in _needed_for(number))


def _numbers(value: Json) -> Iterator[int | float]:
    if isinstance(value, dict):
        for member in value.values():
            yield from _numbers(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def _needed_for(number: float) -> Iterator[str]:
    """What a driver must declare before it is sent a number (the table *capabilities*, its last two rows)."""
    if isinstance(number, int):
        if number not in _SAFE_INTEGERS:
            yield "json-numbers"
        return
    if number.is_integer():
        yield "json-numbers"
    written = Decimal(repr(number)).normalize()
    if len(written.as_tuple().digits) > _SAFE_DIGITS or written.adjusted() not in _SAFE_EXPONENTS:
        yield "exact-numbers"
