"""What the reference does in a session: what should be, to be drawn beside what is."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import DriverError
from lifecycle_conformance.execution.operations import ON_FILES
from lifecycle_conformance.execution.session import Session, SessionOverError
from lifecycle_conformance.execution.trace import Request, Step

_ON_A_DISK: Final = ON_FILES | {"restart"}


def rehearsed(requests: Sequence[Request], capabilities: Collection[str]) -> Sequence[Step]:
    """The steps that the reference takes with these requests, up to the first that it can't take.

    That is one after which nothing can be relied on, or one on a file where the reference has a folder. Where an
    implementation with such capabilities keeps tenants apart, so does the reference, as far as it can: in memory.
    """
    in_memory = "tenants" in capabilities and _ON_A_DISK.isdisjoint(op for op, _ in requests)
    session = Session(InProcessDriver("memory" if in_memory else "files"), [])
    try:
        with suppress(SessionOverError, DriverError, OSError):
            for op, arguments in requests:
                session.do(op, **arguments)
    finally:
        session.end()
    return session.trace.steps
