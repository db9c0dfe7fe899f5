"""The checks of the chapter *Files on disk*: they read the files of a store, and need the capability `files`.

Begin with `files`. May import what `judges.properties` may.
"""

from lifecycle_conformance.judges.properties.disk import (
    damage,
    damaged_snapshots,
    files,
    folders,
    interruptions,
    places,
)

__all__ = ["damage", "damaged_snapshots", "files", "folders", "interruptions", "places"]
