"""Where Hypothesis keeps its files while a command searches."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lifecycle_conformance.execution.workspace import workspace

_STORAGE: Final = "HYPOTHESIS_STORAGE_DIRECTORY"


@contextmanager
def hypothesis_elsewhere() -> Iterator[None]:
    """Keep Hypothesis from leaving its files in the working directory."""
    from hypothesis.configuration import set_hypothesis_home_dir  # noqa: PLC0415 - it takes its time to load

    with workspace() as folder:
        set_hypothesis_home_dir(Path(folder))
        os.environ[_STORAGE] = folder  # for the processes that search
        try:
            yield
        finally:
            del os.environ[_STORAGE]
            set_hypothesis_home_dir(None)
