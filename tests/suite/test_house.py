"""The suite's own measures: no folder, module or function grows beyond what can be read at once."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import lifecycle_conformance

SUITE: Final = Path(lifecycle_conformance.__file__).parent
MODULES: Final = {path.relative_to(SUITE): path.read_text(encoding="utf-8") for path in sorted(SUITE.rglob("*.py"))}
LINES_OF_A_FOLDER: Final = 4_000
LINES_OF_CODE_OF_A_MODULE: Final = 350
LINES_OF_A_FUNCTION: Final = 40
"""Without its docstring."""


def test_no_folder_is_too_long() -> None:
    lines = Counter[Path]()
    for path, text in MODULES.items():
        lines[path.parent] += len(text.splitlines())
    assert len(lines) > 20
    assert {folder: count for folder, count in lines.items() if count > LINES_OF_A_FOLDER} == {}


def test_no_module_is_too_long() -> None:
    lines = {path: len(list(code(text))) for path, text in MODULES.items()}
    assert max(lines.values()) > 200
    assert {path: count for path, count in lines.items() if count > LINES_OF_CODE_OF_A_MODULE} == {}


def test_no_function_is_too_long() -> None:
    lines = {(str(path), name): count for path, text in MODULES.items() for name, count in functions(text)}
    assert max(lines.values()) > 30
    assert {each: count for each, count in lines.items() if count > LINES_OF_A_FUNCTION} == {}


def code(text: str) -> Iterator[str]:
    """The lines that hold more than a comment."""
    return (line for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))


def functions(text: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first, *_ = node.body
            docstring = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) and first.end_lineno else 0
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1 - docstring
