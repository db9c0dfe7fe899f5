"""Code, tests and specification are tied by ids: those that are cited exist, and those that must be cited are."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import lifecycle_projection
from lifecycle_conformance.specification.requirements import Judge, load
from lifecycle_projection.errors import PhaseTransitionError
from lifecycle_projection.phases import NEXT_PHASES, Refused
from lifecycle_projection.records import ProjectionResult
from lifecycle_projection.words import Phase

REQUIREMENTS = load()
PREFIXES = {each.partition("-")[0] for each in REQUIREMENTS}
NO_ID = {"UTF-8", "UTF-16", "SHA-256"}
TESTS = Path(__file__).parents[1]


def cited(text: str | None) -> list[str]:
    """The ids in a text; a range (`ID-1 to ID-3`) stands for all in it."""
    found = [each for each in re.findall(r"\b[A-Z]+-\d+\b", text or "") if each not in NO_ID]
    for prefix, first, last in re.findall(r"\b([A-Z]+)-(\d+) to \1-(\d+)\b", text or ""):
        found += [f"{prefix}-{number}" for number in range(int(first), int(last) + 1)]
    return found


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(lifecycle_projection.__path__, "lifecycle_projection."):
        yield importlib.import_module(found.name)


def public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The public functions and classes that a module defines, and the public methods of the classes."""
    for name, each in vars(module).items():
        if getattr(each, "__module__", None) != module.__name__ or name.startswith("_"):
            continue
        if inspect.isfunction(each) or inspect.isclass(each):
            yield f"{module.__name__}.{name}", each
        if inspect.isclass(each):
            for method, function in vars(each).items():
                if inspect.isfunction(function) and not method.startswith("_"):
                    yield f"{module.__name__}.{name}.{method}", function


def docstrings(path: Path) -> Iterator[str]:
    """The docstrings of a file, those below constants included: all strings that stand alone as a statement."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def test_every_id_that_the_reference_cites_exists() -> None:
    sources = list(Path(lifecycle_projection.__path__[0]).rglob("*.py"))
    unknown = {
        (path.name, found)
        for path in sources
        for text in docstrings(path)
        for found in cited(text)
        if found not in REQUIREMENTS
    }
    assert unknown == set()


def test_every_public_function_of_the_pure_modules_cites_the_requirements_that_it_implements() -> None:
    """The stores keep and give back and have no rule inside; what they owe the file layout is cited by the class."""
    silent = [
        name
        for module in modules()
        if not module.__name__.startswith("lifecycle_projection.stores")
        for name, each in public(module)
        if inspect.isfunction(each) and "." not in name.removeprefix(f"{module.__name__}.") and not cited(each.__doc__)
    ]
    assert silent == []


def test_every_public_name_has_a_docstring() -> None:
    assert [name for module in modules() for name, each in public(module) if not each.__doc__] == []


def test_every_requirement_on_the_projection_is_cited_by_the_reference() -> None:
    """Those on the driver are the driver's, and those on databases the audit's."""
    sources = Path(lifecycle_projection.__path__[0]).rglob("*.py")
    implemented = {found for path in sources for text in docstrings(path) for found in cited(text)}
    missing = [each for each in REQUIREMENTS if each not in implemented and not each.startswith(("DRIVER-", "DB-"))]
    assert missing == []


def test_every_id_that_a_test_names_exists() -> None:
    unknown = {
        (path.name, found)
        for path in TESTS.rglob("*.py")
        for text in docstrings(path)
        for found in cited(text)
        if found.partition("-")[0] in PREFIXES and found not in REQUIREMENTS
    }
    assert unknown == set()


def test_every_requirement_that_no_driver_can_show_has_a_test() -> None:
    """A requirement judged by `unit` is named in the docstring of a test."""
    named = {found for path in TESTS.rglob("test_*.py") for text in docstrings(path) for found in cited(text)}
    missing = [each.id for each in REQUIREMENTS.values() if each.judge is Judge.UNIT and each.id not in named]
    assert missing == []


@pytest.mark.parametrize(
    ("from_phase", "text"),
    [
        (Phase.QUEUED, "workflow phase transition from queued to completed is not allowed"),
        (Phase.FAILED, "workflow phase transition from terminal phase failed to completed is not allowed"),
    ],
)
def test_a_refusal_is_worded_as_production_words_it(from_phase: Phase, text: str) -> None:
    """PHASE-11: people search logs for it; what is behind it is ours."""
    refused = Refused(from_phase, Phase.COMPLETED)
    assert Phase.COMPLETED not in NEXT_PHASES[from_phase]
    error = PhaseTransitionError(
        run_id="r",
        lifecycle_index=0,
        from_phase=refused.from_phase,
        to_phase=refused.to_phase,
        terminal=refused.terminal,
        done=ProjectionResult(),
    )
    assert str(error).startswith(text)
