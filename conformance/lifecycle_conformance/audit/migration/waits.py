"""What the import makes of the file of the waits, of which it is known only that it must parse."""

import os

from lifecycle_conformance.audit.finding import Where
from lifecycle_conformance.audit.migration import kinds
from lifecycle_conformance.audit.migration.collected import Collected
from lifecycle_conformance.audit.migration.columns import MOST_BYTES
from lifecycle_conformance.audit.migration.places import Places, UnreadableError, opened
from lifecycle_projection.errors import InvalidInputError
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Json


def look_at_waits(places: Places, collected: Collected) -> None:
    """Tell what keeps the file of the waits from being read (DB-10)."""
    for path in places.waits:
        where = Where(path=places.shown(path))
        try:
            file = opened(path)
            if file is None:
                continue
            with file:
                if os.fstat(file.fileno()).st_size > MOST_BYTES:
                    collected.tell(kinds.TOO_LARGE, where, "the file is too large to be looked at")
                elif not _may_hold_waits(read_json(file.read(), keep_duplicates=False)):
                    message = "expected an object, or a list of objects"
                    collected.tell(kinds.WAITS_UNREADABLE, where, "the waits don't parse", expected=message)
        except (UnreadableError, InvalidInputError) as error:
            collected.tell(kinds.WAITS_UNREADABLE, where, "the waits don't parse", expected=str(error))


def _may_hold_waits(value: Json) -> bool:
    """Whether a value has the outer form of records; what is inside is the engine's own."""
    return isinstance(value, dict) or (isinstance(value, list) and all(isinstance(each, dict) for each in value))
