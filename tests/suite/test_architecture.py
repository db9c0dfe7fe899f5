"""Arrows run one way: the reference knows nothing of the suite, and only its stores touch the world outside."""

import ast
from pathlib import Path

import pytest

import lifecycle_conformance
import lifecycle_projection

REFERENCE = Path(lifecycle_projection.__path__[0])
CONFORMANCE = Path(lifecycle_conformance.__path__[0])
STORES = {f"stores/{name}.py" for name in ("files", "remembering", "file_state", "effects", "engine")}
FILES = {"runs.py", "json_stream.py", *STORES}


def imported(path: Path) -> set[str]:
    """The top-level names of what a module imports, and the modules of this project in full."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module)
    return found | {each.partition(".")[0] for each in found}


@pytest.mark.parametrize("path", sorted(REFERENCE.rglob("*.py")), ids=lambda path: str(path.relative_to(REFERENCE)))
def test_the_reference_stands_alone(path: Path) -> None:
    assert not imported(path) & {"hypothesis", "pytest", "click", "rich", "jsonschema", "lifecycle_conformance"}
    if str(path.relative_to(REFERENCE)) not in FILES:
        assert not imported(path) & {"os", "pathlib", "io", "time", "random", "threading", "tempfile"} - (
            {"threading"} if path.name == "memory.py" else set()
        )


def test_what_starts_with_a_driver_does_not_load_the_search() -> None:
    """A driver starts in a fraction of the time that Hypothesis needs to load."""
    for path in (CONFORMANCE / "driver").glob("*.py"):
        assert not imported(path) & {
            "hypothesis",
            "click",
            "rich",
            "jsonschema",
            "lifecycle_conformance.generation.state_machine",
        }
