"""The driver that a command judges: the user's own, or the reference."""

from collections.abc import Sequence

from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.process import DriverProcess, Opened


def started(command: Sequence[str], store: str, timeout_s: float, opened: Opened = DriverProcess) -> SubprocessDriver:
    """The driver that a command starts; without a command the reference, on a kind of store.

    `opened` makes the process with which lines are exchanged. Raises :class:`BringUpError` where it doesn't come up.
    """
    if command:
        return SubprocessDriver(command, timeout_s=timeout_s, opened=opened)
    # It loads the reference, which a user's own driver doesn't need.
    from lifecycle_conformance.driver.forked import forked, reference_command  # noqa: PLC0415

    return SubprocessDriver(reference_command(store), timeout_s=timeout_s, start=forked, opened=opened)
