"""A driver of one's own for a part of a check: it is started, and it is told where it doesn't come up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lifecycle_conformance.driver.interface import BringUpError, Driver
from lifecycle_conformance.runner.findings import Findings
from lifecycle_conformance.runner.pool import Send


@contextmanager
def own_driver(send: Send, factory: Callable[[], Driver], part: str) -> Iterator[Driver | None]:
    """A driver, closed in the end; none where it doesn't come up: then :class:`Findings` say so of this part."""
    try:
        driver = factory()
    except BringUpError as error:
        findings = Findings(lost=[f"{part}: the driver didn't come up"])
        findings.note_breakdown((), error.as_breakdown())
        send(findings)
        yield None
        return
    try:
        yield driver
    finally:
        driver.close()
