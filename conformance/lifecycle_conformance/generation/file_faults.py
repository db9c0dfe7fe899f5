"""Which damage can happen to the files of a store in the middle of a session, by the name under which it is counted."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from attrs import frozen
from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Files, Object, Request, Step, history_of, owner_of_run
from lifecycle_conformance.generation import file_damage
from lifecycle_conformance.model.file_layout import events_of, listed_for, log_of

Story: TypeAlias = st.SearchStrategy[list[Request]]


@frozen(kw_only=True)
class Situation:
    """Where a session is: the run, the files, the last step, a new number, and statuses that are refused."""

    run: Object
    files: Files
    last: Step | None
    number: int
    illegal: tuple[str, ...]
    capabilities: frozenset[str]
    latest_ms: int

    @property
    def has_history(self) -> bool:
        """Tell whether there is something to pass over."""
        return bool(history_of(self.run))

    @property
    def has_lines(self) -> bool:
        """Tell whether the log holds a whole event."""
        return bool(events_of(log_of(self.files))) and not file_damage.is_torn(self.files)

    @property
    def has_snapshots(self) -> bool:
        """Tell whether snapshots are listed for the run."""
        return bool(listed_for(self.files, owner_of_run(self.run)))


def stories(now: Situation) -> Mapping[str, Story]:
    """Give all that may happen to the files now."""
    return {name: tell(now) for name, (possible, tell) in _STORIES.items() if possible(now)}


_STORIES: Final[Mapping[str, tuple[Callable[[Situation], bool], Callable[[Situation], Story]]]] = {
    "a blocked folder": (
        lambda now: now.has_history,
        lambda now: file_damage.blocked_folders(now.run, now.number),
    ),
    "a damaged line": (lambda _: True, lambda now: file_damage.damaged_lines(now.run, now.files)),
    "a line that is lost": (lambda now: now.has_lines, lambda now: file_damage.lost_lines(now.files)),
    "a name too long": (
        lambda now: now.has_history and now.has_snapshots,
        lambda now: file_damage.long_names(now.run, now.illegal, now.number),
    ),
    "a snapshot that is spoiled": (
        lambda now: file_damage.has_own_snapshots(now.run, now.files),
        lambda now: file_damage.spoiled_snapshots(now.run, now.files),
    ),
    "a torn tail": (
        lambda now: not file_damage.is_torn(now.files),
        lambda now: file_damage.torn_tails(now.run, now.files),
    ),
    "an event that is hard to read": (
        lambda now: not file_damage.is_torn(now.files),
        lambda now: file_damage.odd_events(now.run, now.files, now.capabilities),
    ),
    "an interruption": (
        lambda now: "durable" in now.capabilities and file_damage.can_be_undone(now.last),
        lambda now: file_damage.interruptions(now.last) if now.last is not None else st.just([]),
    ),
    "files that change beneath": (
        lambda now: file_damage.can_be_undone(now.last) and not file_damage.is_torn(now.files),
        lambda now: file_damage.changes_beneath(now.last) if now.last is not None else st.just([]),
    ),
    "ids that meet": (lambda now: now.has_history, lambda now: file_damage.meeting_ids(now.run, now.number)),
    "run ids that are no names": (lambda now: now.has_history, lambda now: file_damage.odd_run_ids(now.run)),
    "snapshots in foreign folders": (
        lambda now: now.has_lines and now.has_snapshots,
        lambda now: file_damage.snapshots_in_foreign_folders(now.run, now.files, now.latest_ms),
    ),
    "snapshots out of place": (
        lambda now: now.has_snapshots,
        lambda now: file_damage.misplaced_snapshots(now.run, now.files),
    ),
}
SCENARIOS: Final = tuple(_STORIES)
"""The names of all that may happen to the files."""
