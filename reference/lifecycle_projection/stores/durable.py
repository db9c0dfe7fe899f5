"""What a process knows to be on the disk: nothing is synced again as long as it is as it was then."""

from lifecycle_projection.stores.effects import Effects
from lifecycle_projection.stores.file_state import FileState, is_settled, state_of


class Durable:
    """Files and directories that are on the disk in the state in which they are noted here (FILE-27).

    While the lock of a store is held, nobody else changes them, so that every note counts. Afterwards those count that
    any later change would contradict.
    """

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._settled: dict[str, FileState | None] = {}
        self._noted: dict[str, FileState | None] = {}

    def __contains__(self, path: str) -> bool:
        """Whether anything was noted of a path since the lock was taken."""
        return path in self._noted

    def sync(self, path: str) -> None:
        """Make durable what stands at a path."""
        state = state_of(path)
        self._effects.sync_path(path)
        self._noted[path] = state

    def sync_if_changed(self, path: str) -> None:
        """Make durable what stands at a path, unless it is known to be so, or nothing is there.

        Same result, faster: it costs a look at the state.
        """
        state = state_of(path)
        if state is not None and state not in (self._settled.get(path), self._noted.get(path)):
            self.sync(path)

    def note(self, path: str, state: FileState | None) -> None:
        """Note what was synced by other means; or, as `None`, what this process has changed and not synced."""
        self._noted[path] = state

    def unlock(self) -> None:
        """Keep, at the end of a lock, what shows if anybody changes it from now on."""
        self._settled |= {path: state for path, state in self._noted.items() if state and is_settled(state)}
        self._noted = {}
