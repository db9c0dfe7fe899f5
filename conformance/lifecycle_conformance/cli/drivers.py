"""The driver that a command judges: the user's own, or the reference."""

from collections.abc import Sequence

from lifecycle_conformance.driver.client import SubprocessDriver


def started(command: Sequence[str], store: str, timeout_s: float) -> SubprocessDriver:
    """The driver that a command starts; without a command the reference, on a kind of store.

    Raises :class:`BringUpError` where it doesn't come up.
    """
    if command:
        return SubprocessDriver(command, timeout_s=timeout_s)
    # It loads the reference, which a user's own driver doesn't need.
    from lifecycle_conformance.driver.forked import forked, reference_command  # noqa: PLC0415

    return SubprocessDriver(reference_command(store), timeout_s=timeout_s, start=forked)
