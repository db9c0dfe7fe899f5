"""Values that all processes of a pool read: written once to a file, instead of sent with each task."""

import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Generic, TypeVar

from attrs import frozen

from lifecycle_conformance.execution.workspace import own_folder

_T = TypeVar("_T")


@frozen
class Shared(Generic[_T]):
    """Values in a file of this run."""

    _path: Path

    @classmethod
    @contextmanager
    def of(cls, values: Sequence[_T]) -> "Iterator[Shared[_T]]":
        """Share values until this is left."""
        with NamedTemporaryFile(dir=own_folder()) as file:
            pickle.dump([*values], file)
            file.flush()
            yield cls(Path(file.name))

    def values(self) -> Sequence[_T]:
        """The values."""
        found: Sequence[_T] = _read(self._path)
        return found


@lru_cache(maxsize=1)
def _read(path: Path) -> Any:
    return pickle.loads(path.read_bytes())  # noqa: S301 - written by this very run
