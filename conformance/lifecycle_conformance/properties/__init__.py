"""The checks: pure functions that judge the steps of a life and never run an implementation, one module a chapter."""

from lifecycle_conformance.properties import (
    content,
    driver,
    errors,
    files,
    identity,
    log,
    passes,
    phases,
    reading,
    recognition,
    retention,
    snapshots,
    stores,
    tenants,
)
from lifecycle_conformance.properties.judgement import CHECKS, Judgement, Registered

__all__ = [
    "CHECKS",
    "Judgement",
    "Registered",
    "content",
    "driver",
    "errors",
    "files",
    "identity",
    "log",
    "passes",
    "phases",
    "reading",
    "recognition",
    "retention",
    "snapshots",
    "stores",
    "tenants",
]
