"""The reference's driver with one module of the reference changed, loaded beside the right one.

The suite uses the reference itself, for reading and for the judge `agreement`. So nothing is changed in place: the
modules that stand on the changed one are loaded a second time, and only the driver that is judged knows them.
"""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

import lifecycle_conformance.driver
import lifecycle_projection
from lifecycle_conformance.driver.server import Server

_REFERENCE: Final = lifecycle_projection.__name__
_SERVER: Final = Server.__module__


def server_with(module: str, code: CodeType) -> type[Server]:
    """The driver on the reference with another code in one of its modules. Raises whatever its loading raises."""
    name = f"{_REFERENCE}.{module}"
    with _apart({name, *_standing_on(name)}):
        sys.meta_path.insert(0, _Changed(name, code))
        try:
            loaded: type[Server] = import_module(_SERVER).Server
        finally:
            del sys.meta_path[0]
    return loaded


class _Changed(MetaPathFinder, Loader):
    """Finds a module whose code is at hand."""

    def __init__(self, name: str, code: CodeType) -> None:
        self._name, self._code = name, code

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        """Find this module only."""
        return ModuleSpec(fullname, self) if fullname == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the code."""
        exec(self._code, vars(module))  # noqa: S102 - it is what an import does


@contextmanager
def _apart(names: set[str]) -> Iterator[None]:
    """Let some modules be loaded once more, and take what was loaded away again."""
    right = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    members = dict(vars(lifecycle_conformance.driver))
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(right)
        vars(lifecycle_conformance.driver).update(members)


@cache
def _standing_on(name: str) -> frozenset[str]:
    """The modules that import one, be it through others: what else knows what is in it."""
    imports = _imports()
    found, reached = {name}, set[str]()
    while found != reached:
        reached = set(found)
        found |= {each for each, imported in imports.items() if imported & reached}
    return frozenset(found)


@cache
def _imports() -> dict[str, set[str]]:
    """What each module of the reference imports of it, and the driver."""
    root = Path(lifecycle_projection.__path__[0])
    paths = {_name(root, path): path for path in root.rglob("*.py")}
    paths[_SERVER] = Path(str(sys.modules[_SERVER].__file__))
    found: dict[str, set[str]] = {}
    for name, path in paths.items():
        tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        # A member may be a module; what is none is never asked for.
        found[name] = {
            imported
            for node in tree
            if isinstance(node, ast.ImportFrom) and node.module
            for imported in (node.module, *(f"{node.module}.{each.name}" for each in node.names))
        }
    return found


def _name(root: Path, path: Path) -> str:
    return ".".join((_REFERENCE, *path.relative_to(root).with_suffix("").parts)).removesuffix(".__init__")
