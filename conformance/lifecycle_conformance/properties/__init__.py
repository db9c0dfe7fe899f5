"""The checks: pure functions that judge the steps of a life and never run an implementation, one module a chapter."""

from lifecycle_conformance.properties import (
    checkpoint,
    content,
    damage,
    driver,
    errors,
    files,
    identity,
    log,
    passes,
    phases,
    places,
    reading,
    recognition,
    retention,
    snapshots,
    tenants,
)
from lifecycle_conformance.properties.judgement import CHECKS, Judgement, Registered

__all__ = [
    "CHECKS",
    "Judgement",
    "Registered",
    "checkpoint",
    "content",
    "damage",
    "driver",
    "errors",
    "files",
    "identity",
    "log",
    "passes",
    "phases",
    "places",
    "reading",
    "recognition",
    "retention",
    "snapshots",
    "tenants",
]
