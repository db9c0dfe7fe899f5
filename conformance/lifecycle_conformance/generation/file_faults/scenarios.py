"""The scenarios of file faults, by the name under which coverage counts them, and when each is possible."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from attrs import frozen
from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Files, Object, Step, history_of, owner_of_run
from lifecycle_conformance.generation.file_faults import interruptions, log, snapshots
from lifecycle_conformance.generation.file_faults.requests import Requests
from lifecycle_conformance.model.file_layout import events_of, listed_for, log_of

Scenario: TypeAlias = st.SearchStrategy[Requests]


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
        """Whether there is something to pass over."""
        return bool(history_of(self.run))

    @property
    def has_lines(self) -> bool:
        """Whether the log holds a whole event."""
        return bool(events_of(log_of(self.files))) and not log.is_torn(self.files)

    @property
    def has_snapshots(self) -> bool:
        """Whether snapshots are listed for the run."""
        return bool(listed_for(self.files, owner_of_run(self.run)))


def possible(now: Situation) -> Mapping[str, Scenario]:
    """The scenarios that are possible now, by name."""
    return {name: scenario(now) for name, (is_possible, scenario) in _SCENARIOS.items() if is_possible(now)}


_SCENARIOS: Final[Mapping[str, tuple[Callable[[Situation], bool], Callable[[Situation], Scenario]]]] = {
    "a blocked folder": (
        lambda now: now.has_history,
        lambda now: snapshots.blocked_folders(now.run, now.number),
    ),
    "a damaged line": (lambda _: True, lambda now: log.damaged_lines(now.run, now.files, now.capabilities)),
    "a line that is lost": (lambda now: now.has_lines, lambda now: log.lost_lines(now.files)),
    "a name too long": (
        lambda now: now.has_history and now.has_snapshots,
        lambda now: snapshots.long_names(now.run, now.illegal, now.number),
    ),
    "a snapshot that is spoiled": (
        lambda now: snapshots.has_own_snapshots(now.run, now.files),
        lambda now: snapshots.spoiled_snapshots(now.run, now.files),
    ),
    "a torn tail": (
        lambda now: not log.is_torn(now.files),
        lambda now: log.torn_tails(now.run, now.files),
    ),
    "a snapshot that is changed": (
        lambda now: snapshots.has_own_snapshots(now.run, now.files),
        lambda now: snapshots.changed_snapshots(now.run, now.files),
    ),
    "a snapshot under another name": (
        lambda now: snapshots.has_own_snapshots(now.run, now.files),
        lambda now: snapshots.renamed_snapshots(now.run, now.files),
    ),
    "an event that is hard to read": (
        lambda now: not log.is_torn(now.files),
        lambda now: log.odd_events(now.run, now.files, now.capabilities),
    ),
    "an interruption": (
        lambda now: "durable" in now.capabilities and interruptions.can_be_undone(now.last),
        lambda now: interruptions.interruptions(now.last) if now.last is not None else st.just([]),
    ),
    "files that change beneath": (
        lambda now: interruptions.can_be_undone(now.last) and not log.is_torn(now.files),
        lambda now: interruptions.changes_beneath(now.last) if now.last is not None else st.just([]),
    ),
    "ids that meet": (lambda now: now.has_history, lambda now: snapshots.meeting_ids(now.run, now.number)),
    "run ids that are no names": (lambda now: now.has_history, lambda now: snapshots.odd_run_ids(now.run)),
    "snapshots in foreign folders": (
        lambda now: now.has_lines and now.has_snapshots,
        lambda now: snapshots.snapshots_in_foreign_folders(now.run, now.files, now.latest_ms),
    ),
    "snapshots out of place": (
        lambda now: now.has_snapshots,
        lambda now: snapshots.misplaced_snapshots(now.run, now.files),
    ),
}
NAMES: Final = tuple(_SCENARIOS)
"""The names of all scenarios."""
