"""What tests of the audit share."""

from postgres import server

__all__ = ["server"]
