"""Errors travel between processes with all that they say."""

import pickle

import pytest
from attrs import asdict

from lifecycle_projection import InvalidInputError, LifecycleProjectionError, StorageError
from lifecycle_projection.errors import NotJsonError, Problem

ERRORS = (
    InvalidInputError(problems=(Problem("$.status", "expected a status"),), source="runs.json"),
    NotJsonError.at("in line 3", "a text that doesn't end", 7),
    StorageError(path="/store", problem="no space is left"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_elsewhere(error: LifecycleProjectionError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert asdict(again, recurse=False) == asdict(error, recurse=False)  # type: ignore[arg-type]
    assert str(again) == str(error)
