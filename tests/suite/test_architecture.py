"""Only the stores of the reference touch the world outside; which folder imports which, `make lint` holds."""

import ast
from pathlib import Path

import pytest

import lifecycle_projection
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.runner.findings import ANSWERING
from lifecycle_conformance.specification import requirements
from lifecycle_conformance.specification.requirements import Judge

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


def test_each_requirement_that_is_judged_by_what_is_shown_has_a_check() -> None:
    """But the one on answering at all: there the suite counts what broke."""
    judged = {requirement for each in CHECKS for requirement in each.requirements}
    by_check = {each.id for each in requirements.load().values() if each.judge in {Judge.PROPERTY, Judge.FILES}}
    assert by_check - judged == {ANSWERING}
