"""What a piece of syntax can be changed to: a table of operators, each with the nodes that it applies to.

Left out is what names another thing: imports, base classes, decorators and the kinds of exceptions that are caught.
"""

import ast
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, Final, TypeAlias

Variants: TypeAlias = Iterator[ast.AST]
_Operator: TypeAlias = tuple[str, type[ast.AST] | tuple[type[ast.AST], ...], Callable[[Any], Variants]]

_COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.Mod: ast.Mult,
}
_FUNCTIONS: Final = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list", "set": "list"}
_METHODS: Final = {
    "lower": "upper",
    "startswith": "endswith",
    "endswith": "startswith",
    "removeprefix": "removesuffix",
    "strip": "lstrip",
    "rstrip": "lstrip",
    "find": "rfind",
    "rfind": "find",
}


def variants(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What may stand in the place of a node, each with the name of the operator that puts it there."""
    for name, types, operator in _OPERATORS:
        if isinstance(node, types):
            for changed in operator(node):
                yield name, changed


def _with(node: ast.AST, **fields: Any) -> Any:
    changed = copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _without_each(node: ast.AST, field: str) -> Iterator[tuple[int, ast.AST]]:
    values: list[Any] = getattr(node, field)
    for index in range(len(values)):
        yield index, _with(node, **{field: values[:index] + values[index + 1 :]})


# --- expressions ------------------------------------------------------------------------------------------------------


def _comparison(node: ast.Compare) -> Variants:
    for index, found in enumerate(node.ops):
        for other in _COMPARISONS[type(found)]:
            yield _with(node, ops=[*node.ops[:index], other(), *node.ops[index + 1 :]])


def _boolean(node: ast.BoolOp) -> Variants:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _operand(node: ast.BoolOp) -> Variants:
    for _, changed in _without_each(node, "values"):
        assert isinstance(changed, ast.BoolOp)
        yield changed if len(changed.values) > 1 else changed.values[0]


def _sign(node: ast.UnaryOp) -> Variants:
    """`not x` and `-x` become `x`."""
    yield node.operand


def _arithmetic(node: ast.BinOp | ast.AugAssign) -> Variants:
    if type(node.op) in _ARITHMETIC:
        yield _with(node, op=_ARITHMETIC[type(node.op)]())


def _constant(node: ast.Constant) -> Variants:
    match node.value:
        case bool():
            yield ast.Constant(not node.value)
        case int():
            yield ast.Constant(node.value + 1)
            yield ast.Constant(node.value - 1)
        case str() if " " not in node.value:  # else it is for people: no word or id has a blank in it
            yield ast.Constant(f"{node.value}~")
        case bytes():
            yield ast.Constant(node.value + b"~")
        case None:
            yield ast.Constant("")


def _element(node: ast.Tuple | ast.List | ast.Set) -> Variants:
    """A display loses one of its elements. One that stands left of an assignment doesn't."""
    if isinstance(getattr(node, "ctx", None), ast.Load | None):
        for _, changed in _without_each(node, "elts"):
            yield changed


def _member(node: ast.Dict) -> Variants:
    for index, changed in _without_each(node, "keys"):
        yield _with(changed, values=node.values[:index] + node.values[index + 1 :])


def _argument(node: ast.Call) -> Variants:
    """A call loses one of the arguments that are given by name."""
    for _, changed in _without_each(node, "keywords"):
        yield changed


def _call(node: ast.Call) -> Variants:
    """Another function of the same sort is called, or none: its only argument stands there."""
    match node.func:
        case ast.Name(id=name) if name in _FUNCTIONS:
            yield _with(node, func=ast.Name(_FUNCTIONS[name], ast.Load()), keywords=_understood(node, name))
        case ast.Attribute(attr=name) if name in _METHODS:
            yield _with(node, func=_with(node.func, attr=_METHODS[name]))
    match node:
        case ast.Call(args=[argument], keywords=[]) if not isinstance(argument, ast.Starred | ast.GeneratorExp):
            yield argument


def _understood(node: ast.Call, name: str) -> list[ast.keyword]:
    return [] if name == "sorted" else node.keywords


def _bound(node: ast.Slice) -> Variants:
    for name in ("lower", "upper", "step"):
        if getattr(node, name) is not None:
            yield _with(node, **{name: None})


def _branch(node: ast.IfExp) -> Variants:
    yield node.body
    yield node.orelse


def _filter(node: ast.comprehension) -> Variants:
    for _, changed in _without_each(node, "ifs"):
        yield changed


# --- statements -------------------------------------------------------------------------------------------------------


def _condition(node: ast.If | ast.While) -> Variants:
    yield _with(node, test=ast.Constant(False))
    if isinstance(node, ast.If):
        yield _with(node, test=ast.Constant(True))


def _statement(node: ast.stmt) -> Variants:
    """A statement that only has an effect is left out; an assignment to a plain name would be missed at once."""
    if isinstance(node, ast.Assign) and not any(
        isinstance(each, ast.Attribute | ast.Subscript) for each in node.targets
    ):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    yield ast.Pass()


def _return(node: ast.Return) -> Variants:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield _with(node, value=ast.Constant(None))


def _jump(node: ast.Break | ast.Continue) -> Variants:
    yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()


def _case(node: ast.Match) -> Variants:
    for _, changed in _without_each(node, "cases"):
        yield changed


_OPERATORS: Final[tuple[_Operator, ...]] = (
    ("comparison", ast.Compare, _comparison),
    ("boolean", ast.BoolOp, _boolean),
    ("operand", ast.BoolOp, _operand),
    ("sign", ast.UnaryOp, _sign),
    ("arithmetic", (ast.BinOp, ast.AugAssign), _arithmetic),
    ("constant", ast.Constant, _constant),
    ("element", (ast.Tuple, ast.List, ast.Set), _element),
    ("member", ast.Dict, _member),
    ("argument", ast.Call, _argument),
    ("call", ast.Call, _call),
    ("bound", ast.Slice, _bound),
    ("branch", ast.IfExp, _branch),
    ("filter", ast.comprehension, _filter),
    ("condition", (ast.If, ast.While), _condition),
    ("statement", (ast.Expr, ast.AugAssign, ast.Assign, ast.Raise), _statement),
    ("return", ast.Return, _return),
    ("jump", (ast.Break, ast.Continue), _jump),
    ("case", ast.Match, _case),
)
KINDS: Final = tuple(name for name, *_ in _OPERATORS)
"""The names of the operators."""
