"""Requests that several kinds of sessions are made of."""

from collections.abc import Sequence
from typing import Final

from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_projection.records import Json

FRESH_PROCESS: Final[Request] = ("greet", {})
OPEN: Final[Request] = ("open", {"store": 0})
TENANT: Final[Object] = {"org_id": "org-a", "workspace_id": "ws-a", "source": "explicit"}
"""The tenant of short sessions."""


def refusal(because: Sequence[str], kind: str, op: str, /, **arguments: Json) -> Request:
    """A request that must be refused with a kind, by some requirements."""
    return "refuse", {"request": {"op": op, **arguments}, "kind": kind, "because": [*because]}
