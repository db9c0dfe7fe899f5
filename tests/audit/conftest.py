"""What tests of the audit share."""

from pathlib import Path

import pytest

from postgres import running, server

__all__ = ["running", "server"]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """An empty folder for a store."""
    folder = tmp_path / "store"
    folder.mkdir()
    return folder
