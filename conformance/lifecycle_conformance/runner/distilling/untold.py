"""Which faulty implementations no case of the distilled corpus tells, and why."""

from collections.abc import Mapping
from typing import Final

_CANT_SHOW: Final[Mapping[str, str]] = {
    "refusals-with-a-time": "The data of a refusal of input are free, so cases leave them out.",
    "end-of-input-is-a-failure": "A case doesn't see how a process ends.",
    "storage-error-without-a-path": "Only a message differs.",
    "long-name-refused-without-its-id": "Only a message differs.",
    "stores-in-memory-kept-by-path": "It shows where nothing lasts only: a case can't ask for that.",
    "empty-folders-removed": "A case tells files, not folders.",
}
"""What no case can show, as a case is."""
_NOT_MET: Final = frozenset(
    {
        "snapshot-looked-up-by-what-files-hold",
        "found-under-another-name",
        "unknown-path-segments",
    }
)
"""What no life has shown yet that was made up; a target that aims at it is missing, or luck."""


def why_untold(name: str) -> str:
    """Why no case tells a faulty implementation; empty where one should."""
    return _CANT_SHOW.get(name, "no life that was made up has shown it yet" if name in _NOT_MET else "")
