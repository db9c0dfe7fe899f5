"""The checks: pure functions that judge the steps of a session, and run no implementation; a module a chapter.

Begin with `log`. May import another chapter, `judges.registry`, `judges.attribution`, `model`, `execution` and
`specification`; of the reference the type of JSON values (`records.Json`), and nothing else.
"""

from lifecycle_conformance.execution.judgement import Judgement, Registered
from lifecycle_conformance.judges.properties import (
    checkpoint,
    compaction,
    content,
    disk,
    driver,
    errors,
    identity,
    imports,
    log,
    passes,
    phases,
    pruning,
    reading,
    recognition,
    snapshots,
    tenants,
)
from lifecycle_conformance.judges.registry import CHECKS

__all__ = [
    "CHECKS",
    "Judgement",
    "Registered",
    "checkpoint",
    "compaction",
    "content",
    "disk",
    "driver",
    "errors",
    "identity",
    "imports",
    "log",
    "passes",
    "phases",
    "pruning",
    "reading",
    "recognition",
    "snapshots",
    "tenants",
]
