"""The checks: pure functions that judge the steps of a life and never run an implementation, one module a chapter."""

from lifecycle_conformance.properties import content, identity, passes, phases, stores
from lifecycle_conformance.properties.judgement import CHECKS, Judgement, Registered

__all__ = ["CHECKS", "Judgement", "Registered", "content", "identity", "passes", "phases", "stores"]
