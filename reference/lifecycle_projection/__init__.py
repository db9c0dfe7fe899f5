"""The reference implementation of the lifecycle projection, to be read beside the specification: a module a chapter.

    2 Records                        records, words; codec and text; runs and json_stream for files of them
    3 Canonical JSON and hashing     canonical, json_text
    4 Identity and occurrence        identity
    5 Recognition                    recognition, markers
    6 Phases and the guard           phases
    7 Events and snapshots           content, checkpoint, snapshots
    8 Scope and definition           scope, definition
    9 The pass                       projection: begin here; planning
    10 Event log, 11 Tenants         log
    12 Stored records                records, codec
    13 Compaction and pruning        retention, markers
    14 Files on disk                 stores/files and its neighbours; stores/remembering gives the same answers, faster
    15 Errors                        errors

>>> from lifecycle_projection import FileStore, load_runs, project
>>> store = FileStore("store")                                                      # doctest: +SKIP
>>> [project(run, store).projected for run in load_runs("automation_v2_runs.json")]  # doctest: +SKIP
[3, 12, 0]
"""

from lifecycle_projection.errors import (
    InvalidInputError,
    LifecycleProjectionError,
    PhaseTransitionError,
    Problem,
    StorageConflictError,
    StorageError,
)
from lifecycle_projection.identity import Identified, identify
from lifecycle_projection.log import append_once
from lifecycle_projection.planning import Plan
from lifecycle_projection.projection import plan, project, project_or_warn
from lifecycle_projection.records import (
    Event,
    LifecycleRecord,
    PhaseEntry,
    ProjectionResult,
    Run,
    Scope,
    Snapshot,
    Tenant,
)
from lifecycle_projection.retention import compact, prune
from lifecycle_projection.runs import RunsFile, load_runs, parse_runs
from lifecycle_projection.stores import FileStore, MemoryStore, RememberingStore, Store

SPEC_VERSION = "1.0.0-draft"
"""The version of the specification that this package implements."""

__all__ = [
    "SPEC_VERSION",
    "Event",
    "FileStore",
    "Identified",
    "InvalidInputError",
    "LifecycleProjectionError",
    "LifecycleRecord",
    "MemoryStore",
    "PhaseEntry",
    "PhaseTransitionError",
    "Plan",
    "Problem",
    "ProjectionResult",
    "RememberingStore",
    "Run",
    "RunsFile",
    "Scope",
    "Snapshot",
    "StorageConflictError",
    "StorageError",
    "Store",
    "Tenant",
    "append_once",
    "compact",
    "identify",
    "load_runs",
    "parse_runs",
    "plan",
    "project",
    "project_or_warn",
    "prune",
]
