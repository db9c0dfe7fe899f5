"""What the suite does to the files of a store: it reads them, and damages them as a crash or a stranger would."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lifecycle_conformance.execution.trace import Files, Object

LOG: Final = "stateful_events.jsonl"


class OutsideError(Exception):
    """A path leads out of the store: a driver put a link there."""


def contents(store: Path) -> Files:
    """Read each file of a store, by its path from there."""
    return dict(_contents(store, ""))


def folders(store: Path) -> frozenset[str]:
    """The folders of a store, empty ones included, by their paths from there."""
    return frozenset(os.path.relpath(folder, store) for folder, _, _ in os.walk(store)) - {"."}


def append_partial_line(store: Path, arguments: Object) -> None:
    """Append the first bytes of a line to the log, as an append that was cut off leaves them."""
    with _inside(store, LOG).open("ab") as log:
        log.write(arguments["text"].encode()[: arguments["bytes"]])


def put(store: Path, arguments: Object) -> None:
    """Write a file, whatever was there."""
    path = _inside(store, arguments["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(put_by(arguments))


def put_by(arguments: Object) -> bytes:
    """What a `put` writes."""
    return arguments["text"].encode() if "text" in arguments else bytes.fromhex(arguments["bytes"])


def remove(store: Path, arguments: Object) -> None:
    """Remove a file, if it is there."""
    _inside(store, arguments["path"]).unlink(missing_ok=True)


def _inside(store: Path, path: str) -> Path:
    if not (store / path).resolve().is_relative_to(store.resolve()):
        raise OutsideError
    return store / path


def _contents(folder: str | Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Read the files below a folder by plain calls: this is done twice a step. Links to folders aren't followed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _contents(entry.path, f"{prefix}{entry.name}/")
            elif not entry.is_dir():
                with open(entry.path, "rb") as file:  # noqa: PTH123 - see above
                    yield f"{prefix}{entry.name}", file.read()
