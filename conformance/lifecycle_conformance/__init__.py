"""The conformance suite of the lifecycle projection: it judges any implementation through a driver."""

from typing import Final

__version__: Final = "0.1.0"
"""The version of the distribution, the suite and the reference in one."""
