"""Whether the one-time import of a folder succeeds, what it counts, and what it drops or alters."""

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from lifecycle_conformance.audit.finding import Finding, Where
from lifecycle_conformance.audit.migration import kinds
from lifecycle_conformance.audit.migration.collected import Collected
from lifecycle_conformance.audit.migration.database import is_imported
from lifecycle_conformance.audit.migration.event_log import events_imported
from lifecycle_conformance.audit.migration.places import Places, places_in
from lifecycle_conformance.audit.migration.runs_file import runs_imported
from lifecycle_conformance.audit.migration.snapshot_files import snapshots_imported
from lifecycle_conformance.audit.migration.waits import look_at_waits


@frozen(kw_only=True)
class Prediction:
    """What an import would do.

    `counts` are the engine's own (`events`, `snapshots`, `automation_runs`), of an import that succeeds; they count
    what is dropped, too. `causes` are all causes of failure, `changes` all that is dropped or altered without a word;
    of each kind the first thousand, and `unlisted` says how many more there are. Where the database has taken the
    place of the files long since, `imported_already` is true: nothing is imported, and the files are not looked at.
    """

    causes: tuple[Finding, ...] = ()
    changes: tuple[Finding, ...] = ()
    counts: Mapping[str, int] | None = None
    unlisted: Mapping[str, int]
    imported_already: bool = False

    @property
    def succeeds(self) -> bool:
        """Whether the import succeeds."""
        return not self.causes

    @property
    def is_lossless(self) -> bool:
        """Whether it succeeds, and drops and alters nothing."""
        return not self.causes and not self.changes


def predicted(folder: Path) -> Prediction:
    """What the one-time import of a folder would do: the folder of the log, or the data folder above `runtime`.

    It never writes. Raises :class:`StorageError` where there is no such folder. (DB-1 to DB-13)
    """
    places = places_in(folder)
    collected = Collected()
    imported_already = is_imported(places, collected)
    counts = {"events": 0, "snapshots": 0, "automation_runs": 0}
    if not imported_already:
        _tell_links_to_nothing(places, collected)
        counts = {
            "events": events_imported(places, collected),
            "snapshots": snapshots_imported(places, collected),
            "automation_runs": runs_imported(places, collected),
        }
        look_at_waits(places, collected)
    return Prediction(
        causes=tuple(collected.causes),
        changes=tuple(collected.changes),
        counts=None if collected.causes else counts,
        unlisted=collected.unlisted,
        imported_already=imported_already,
    )


def _tell_links_to_nothing(places: Places, collected: Collected) -> None:
    for path in (places.log, places.snapshots, places.runs, *places.waits):
        if Path(path).is_symlink() and not Path(path).exists():
            collected.tell(kinds.LINK_TO_NOTHING, Where(path=places.shown(path)), "the link leads to nothing")
