"""The processors that this process may use, and how many processes share a search for want of a number."""

import os
from typing import Final

MOST_USUAL: Final = 8
"""More processes are started only for who asks for them: each starts a driver, which may need much memory."""


def processors() -> int:
    """How many there are: on Linux those that this process was given, which may be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def usual_jobs() -> int:
    """One process for each processor, up to a number that suits most machines."""
    return min(processors(), MOST_USUAL)
