"""What tests of the audit share."""

from postgres import running, server

__all__ = ["running", "server"]
