"""The mutants of the reference's pure modules: where each changes what, under an id that lasts."""

import ast
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise, takewhile
from pathlib import Path
from random import Random
from types import CodeType
from typing import Final

from attrs import frozen

import lifecycle_projection
from lifecycle_conformance.mutants.syntactic.operators import variants

MODULES: Final = (
    *("canonical", "checkpoint", "codec", "content", "definition", "errors", "identity", "json_text", "log"),
    *("markers", "once", "phases", "planning", "projection", "recognition", "records", "retention", "scope"),
    *("snapshots", "text", "words"),
)
"""The modules of the reference that hold its rules. Stores hold none, and nothing of a driver reads files of runs."""
_NO_BEHAVIOUR: Final = frozenset({"annotation", "returns", "decorator_list", "bases", "keywords"})
"""What a definition or an assignment says of itself: mypy and ruff hold it."""
_AROUND: Final = 24
_LONGEST: Final = 100


@frozen(order=True)
class Mutation:
    """One change to a module.

    The id names the module, the function or the table in it, the operator, and which of its changes there it is: lines
    may move, and it stays. `was` and `becomes` are the changed piece: people read it, and it shows when an id has come
    to mean another change.
    """

    id: str
    module: str
    line: int
    was: str
    becomes: str

    @property
    def kind(self) -> str:
        """The operator."""
        return self.id.split(":")[2].rpartition("-")[0]


@cache
def mutations() -> dict[str, Mutation]:
    """All mutants, by id, in the order of the text."""
    found = {}
    for module in MODULES:
        for name, node, changed in _changes(module, _tree(module)):
            was, becomes = _cut_to_what_differs(_text(node), _text(changed))
            line = next(each.lineno for each in ast.walk(node) if hasattr(each, "lineno"))
            found[name] = Mutation(id=name, module=module, line=line, was=was, becomes=becomes)
    return found


def sampled(count: int | None, seed: int) -> list[Mutation]:
    """So many mutants, or all: one of each stretch of the text, drawn by the seed."""
    known = [*mutations().values()]
    if count is None or count >= len(known):
        return known
    draw = Random(seed)  # noqa: S311 - nobody has to be unable to guess it
    ends = [len(known) * number // count for number in range(count + 1)]
    return [known[draw.randrange(begin, end)] for begin, end in pairwise(ends)]


def code_of(mutation: Mutation) -> CodeType:
    """The code of the module with this change."""
    tree = _tree(mutation.module)
    found = ((node, changed) for name, node, changed in _changes(mutation.module, tree) if name == mutation.id)
    mutated = _Replacing(*next(found)).visit(tree)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python doubts what some changes make, such as `is ""`
        return compile(ast.fix_missing_locations(mutated), f"<{mutation.id}>", "exec")


def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module))


@cache
def _source(module: str) -> str:
    return Path(lifecycle_projection.__path__[0], f"{module}.py").read_text(encoding="utf-8")


def _changes(module: str, tree: ast.Module) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    """The id of each mutant of a module, with the node that it changes and what stands there instead."""
    counted: Counter[tuple[str, str]] = Counter()
    for place, node in _nodes(tree, ""):
        for kind, changed in variants(node):
            counted[place, kind] += 1
            yield f"{module}:{place}:{kind}-{counted[place, kind]}", node, changed


def _nodes(node: ast.AST, place: str) -> Iterator[tuple[str, ast.AST]]:
    """The nodes that have a behaviour, each with the function, class or table in which it stands."""
    for name, value in ast.iter_fields(node):
        if name in _NO_BEHAVIOUR and not isinstance(node, ast.Call):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_silent(child):
                continue
            inside = _place(child, place)
            yield inside, child
            yield from _nodes(child, inside)


def _is_silent(node: ast.AST) -> bool:
    """Whether a statement is a docstring, or defines a type."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
            return True
        case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
            return True
        case ast.Assign(value=ast.Subscript(value=ast.Name(id="Annotated" | "Callable"))):
            return True
    return False


def _place(node: ast.AST, outside: str) -> str:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return f"{outside}.{name}" if outside else name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if not outside:
            return name
    return outside


def _text(node: ast.AST) -> str:
    """A piece of syntax in one line. All versions of Python write it alike but for the sort of quotation marks."""
    written = "nothing" if isinstance(node, ast.Pass) else ast.unparse(node)
    return " ".join(written.replace('"', "'").split())


def _cut_to_what_differs(was: str, becomes: str) -> tuple[str, str]:
    """Two texts without what is equal at their beginnings and at their ends, but for a little of it."""
    begin = _equal(was, becomes)
    end = _equal(was[begin:][::-1], becomes[begin:][::-1])
    cut = max(0, begin - _AROUND)
    return _shown(was, cut, end), _shown(becomes, cut, end)


def _equal(one: str, other: str) -> int:
    """How many characters are the same, from the first on."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _shown(text: str, cut: int, end: int) -> str:
    last = min(len(text), len(text) - end + _AROUND)
    last = min(last, cut + _LONGEST)
    return ("…" if cut else "") + text[cut:last] + ("…" if last < len(text) else "")


class _Replacing(ast.NodeTransformer):
    def __init__(self, node: ast.AST, by: ast.AST) -> None:
        self._node, self._by = node, by

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Put the other one in the place of the node, and leave all others."""
        return self._by if node is self._node else super().generic_visit(node)
