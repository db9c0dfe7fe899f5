"""Only the stores of the reference touch the world outside; which folder imports which, `make lint` holds."""

import ast
from pathlib import Path

import pytest

import lifecycle_projection

REFERENCE = Path(lifecycle_projection.__path__[0])
STORES = {f"stores/{name}.py" for name in ("files", "remembering", "file_state", "effects", "engine")}
FILES = {"runs.py", "json_stream.py", *STORES}
OUTSIDE = {"os", "pathlib", "io", "time", "random", "threading", "tempfile"}
PURE = sorted(path for path in REFERENCE.rglob("*.py") if str(path.relative_to(REFERENCE)) not in FILES)


def imported(path: Path) -> set[str]:
    """The top-level names of what a module imports."""
    nodes = [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    names = [each.name for node in nodes if isinstance(node, ast.Import) for each in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(REFERENCE)))
def test_what_is_pure_touches_nothing_outside(path: Path) -> None:
    assert imported(path) & OUTSIDE <= ({"threading"} if path.name == "memory.py" else set())
