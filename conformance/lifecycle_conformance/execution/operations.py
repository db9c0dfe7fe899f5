"""The operations of a session by what they do: those of the protocol, and those of the harness.

Sessions and checks ask here, so that a new operation finds its place in each set by one look.
"""

from typing import Final

Operations = frozenset[str]

WRITING: Final[Operations] = frozenset({"project", "append", "import", "compact", "prune"})
"""What may change a store, by the implementation's own hand."""
SHOWING: Final[Operations] = frozenset({"events", "snapshots"})
LOOKING: Final[Operations] = SHOWING | {"identify", "say"}
"""What is sent to a process that has a store open and leaves the store alone: nothing is asked again after it."""
NEEDING_NO_STORE: Final[Operations] = frozenset({"hello", "open", "identify"})
"""The operations of the protocol that are answered while no store is open."""
ON_FILES: Final[Operations] = frozenset({"tear", "put", "remove"})
"""What the suite does to the files of a store beneath the process."""
NEW_PROCESS: Final[Operations] = frozenset({"greet", "restart"})
OPENING: Final[Operations] = frozenset({"open", "greet", "read"})
"""What begins with a store that holds nothing, or another one than before."""
HARNESS: Final[Operations] = NEW_PROCESS | OPENING | ON_FILES | {"refuse", "say"}
"""The operations of the harness; `open` is one of the protocol, too, with other arguments."""
APPENDING_NOTHING: Final[Operations] = ON_FILES | {"identify", "refuse", "say", "restart", "prune"}
"""What adds nothing to the log."""
ALL: Final[Operations] = WRITING | LOOKING | HARNESS | {"hello"}
