"""All ways to hurt a store of files, by name."""

from collections.abc import Mapping
from typing import Final

from damage import Damage
from event_damages import EVENTS
from form_damages import FORMS
from log_damages import LOGS
from marker_damages import MARKERS
from run_damages import BESIDE_RUNS
from snapshot_damages import SNAPSHOTS

DAMAGES: Final[Mapping[str, Damage]] = {**LOGS, **MARKERS, **EVENTS, **SNAPSHOTS, **FORMS, **BESIDE_RUNS}
