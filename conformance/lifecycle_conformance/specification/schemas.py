"""The JSON Schemas, ready to validate with, and their errors as paths and expectations."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import jsonschema_rs
from attrs import frozen
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from lifecycle_conformance.specification.texts import SCHEMAS
from lifecycle_projection.records import Json

Schema: TypeAlias = Mapping[str, Json]

ENDING: Final = ".schema.json"


def load(folder: Path = SCHEMAS) -> dict[str, Schema]:
    """Read all schemas, by name: that of the file without its ending."""
    return {
        path.name.removesuffix(ENDING): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob(f"*{ENDING}"))
    }


@cache
def validator(name: str, definition: str | None = None) -> Draft202012Validator:
    """The validator of a schema, or of one of its definitions, such as `("driver-answer", "project")`.

    Raises :class:`KeyError` for a name that is none.
    """
    schema = _schemas()[name]
    if definition is None:
        return _STRICT(schema, registry=_registry())
    if definition not in schema["$defs"]:
        raise KeyError(definition)
    return _STRICT({"$ref": f"{schema['$id']}#/$defs/{definition}"}, registry=_registry())


def is_valid(name: str, document: Json, definition: str | None = None) -> bool:
    """Whether a document is valid: the same verdict as :func:`problems`, a thousand times as fast."""
    return are_valid(name, [document], definition)


def are_valid(name: str, documents: Sequence[Json], definition: str | None = None) -> bool:
    """Whether all of some documents are valid; asked about together, many take a fraction of the time."""
    if not _fast(name, definition).is_valid(documents):
        return False
    if not _has_whole_double(documents):
        return True
    return all(_is_strictly_valid(name, json.dumps(each), definition) for each in documents)


def problems(name: str, document: Json, definition: str | None = None) -> list[tuple[str, str]]:
    """What is wrong with a document, as (JSON path, what was expected), the deepest first; empty if it is valid.

    A member that is missing, or one too many, is named by its own path. Of alternatives, the one that the document
    comes closest to speaks.
    """
    return [(json_path(each.path), each.message) for each in faults(name, document, definition)]


def faults(name: str, document: Json, definition: str | None = None) -> "list[Fault]":
    """What is wrong with a document, the deepest first; empty if it is valid."""
    found = {each for error in validator(name, definition).iter_errors(document) for each in _problems(error)}
    return sorted(found, key=lambda each: (-len(each.path), [str(part) for part in each.path], each.message))


def sentences(name: str, document: Json) -> list[str]:
    """What is wrong with a document, in full sentences; all members that are missing from one object are in one."""
    found = faults(name, document)
    missing: defaultdict[tuple[str | int, ...], list[str]] = defaultdict(list)
    for each in found:
        if each.message == _MISSING:
            missing[each.path[:-1]].append(str(each.path[-1]))
    absent = sorted(missing.items(), key=lambda each: len(each[0]))
    return [
        *(f"{listed(names)} missing{_inside(path)}" for path, names in absent),
        *(_sentence(each) for each in found if each.message != _MISSING),
    ]


def listed(names: Sequence[str]) -> str:
    """One or several members as the subject of a sentence, with its verb."""
    quoted = [f"`{name}`" for name in names]
    return f"{quoted[0]} is" if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]} are"


def _inside(path: tuple[str | int, ...]) -> str:
    return f" in `{_place(path)}`" if path else ""


def _place(path: tuple[str | int, ...]) -> str:
    return json_path(path).removeprefix("$").removeprefix(".")


def _sentence(fault: "Fault") -> str:
    if fault.message == _SUPERFLUOUS:
        return f"`{_place(fault.path)}` is one member too many"
    said = fault.message.replace(", found ", ", got ", 1)
    return f"`{_place(fault.path)}`: {said}" if fault.path else said


# --- integers and doubles ---------------------------------------------------------------------------------------------

_STRICT: Final[type[Draft202012Validator]] = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int),
)
"""To JSON Schema 1.0 is an integer; to the specification it is a double (REC-7, FILE-11)."""


def _has_whole_double(documents: Sequence[Json]) -> bool:
    """Whether one stands at any depth; or a lone surrogate in a name, which the fast validator can't take."""
    try:
        return not _whole_doubles_refused().is_valid(documents)
    except UnicodeEncodeError:
        return True


@cache
def _whole_doubles_refused() -> "jsonschema_rs.Draft4Validator":
    """A validator that takes everything but whole doubles: in the fourth draft, 1.0 was no integer yet."""
    deeper = {"$ref": "#"}
    whole_double = {"type": "number", "not": {"type": "integer"}, "multipleOf": 1}
    return jsonschema_rs.Draft4Validator({"not": whole_double, "items": deeper, "additionalProperties": deeper})


@lru_cache(maxsize=4096)
def _is_strictly_valid(name: str, text: str, definition: str | None) -> bool:
    return validator(name, definition).is_valid(json.loads(text))


# --- the registry -----------------------------------------------------------------------------------------------------


@cache
def _schemas() -> dict[str, Schema]:
    return load()


@cache
def _registry() -> "Registry[Any]":
    # One that names its dialect would be validated as that says, where another refers to it: not strictly.
    nameless = ({name: each for name, each in schema.items() if name != "$schema"} for schema in _schemas().values())
    resources = map(DRAFT202012.create_resource, nameless)
    registry: Registry[Any] = Registry().with_resources((resource.id() or "", resource) for resource in resources)
    return registry.crawl()


@cache
def _fast(name: str, definition: str | None = None) -> "jsonschema_rs.Draft202012Validator":
    """The validator of a list of documents of one schema."""
    pairs = [(schema["$id"], dict(schema)) for schema in _schemas().values()]
    registry = jsonschema_rs.Registry(pairs, draft=jsonschema_rs.Draft202012)
    inside = "" if definition is None else f"#/$defs/{definition}"
    asked = {"items": {"$ref": f"{_schemas()[name]['$id']}{inside}"}}
    return jsonschema_rs.Draft202012Validator(asked, registry=registry)


# --- what an error means ----------------------------------------------------------------------------------------------


_MISSING: Final = "expected this member, found nothing"
_SUPERFLUOUS: Final = "expected no such member"


@frozen
class Fault:
    """One thing that is wrong with a document, and where; `structural` if a member is missing or one too many."""

    path: tuple[str | int, ...]
    message: str
    structural: bool = False


_TYPES: Final = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_ALTERNATIVES: Final = ("anyOf", "oneOf")


def _problems(error: ValidationError) -> Iterator[Fault]:
    path = tuple(error.absolute_path)
    value: Any = error.validator_value
    instance: Any = error.instance
    schema: Any = error.schema
    match error.validator:
        case "required":
            for name in value:
                if name not in instance:
                    yield Fault((*path, name), _MISSING, structural=True)
        case "additionalProperties":
            for name in instance.keys() - schema["properties"].keys():
                yield Fault((*path, name), _SUPERFLUOUS, structural=True)
        case "not" if value == {}:
            yield Fault(path, _SUPERFLUOUS, structural=True)
        case "anyOf" | "oneOf":
            yield from _of_alternatives(error, path)
        case _:
            yield Fault(path, f"expected {_expected(error)}, found {_shown(instance)}")


def _of_alternatives(error: ValidationError, path: tuple[str | int, ...]) -> Iterator[Fault]:
    """What the alternative misses that the document comes closest to; all of them where it is close to none."""
    branches: defaultdict[str | int, list[ValidationError]] = defaultdict(list)
    for each in error.context or ():
        branches[each.relative_schema_path[0]].append(each)
    alternatives: Any = error.validator_value
    schema: Any = error.schema
    if all(set(each) == {"required"} for each in alternatives):
        yield Fault(path, f"expected {schema['title']}", structural=True)
        return
    branch_faults = [[each for inner in branch for each in _problems(inner)] for branch in branches.values()]
    closest = max(branch_faults, key=_closeness)
    if _depth(closest) > len(path):
        yield from closest
    else:
        expected = " or ".join(_expected(inner) for branch in branches.values() for inner in branch)
        yield Fault(path, f"expected {expected}, found {_shown(error.instance)}")


def _closeness(found: list[Fault]) -> tuple[int, int, int]:
    return _depth(found), -sum(each.structural for each in found), -len(found)


def _depth(found: Iterable[Fault]) -> int:
    return min(len(each.path) for each in found)


def _expected(error: ValidationError) -> str:
    """What a keyword asks for, in the words that the reference's reader uses."""
    if error.validator in _ALTERNATIVES:
        return " or ".join(_expected(inner) for inner in error.context or ())
    keyword, value, schema = str(error.validator), error.validator_value, error.schema
    if keyword in _PHRASES:
        return _PHRASES[keyword](value, schema)
    return f"{keyword} {json.dumps(value, ensure_ascii=False)}"


def _of_type(value: Any, schema: Any) -> str:
    if value == "integer" and {"minimum", "maximum"} <= schema.keys():
        return _integer(value, schema)
    return " or ".join(_TYPES[each] for each in ([value] if isinstance(value, str) else value))


def _integer(_: Any, schema: Any) -> str:
    highest = f" to {_power(schema['maximum'])}" if "maximum" in schema else " on"
    return f"an integer from {schema['minimum']}{highest}"


def _of_form(_: Any, schema: Any) -> str:
    title = schema.get("title", f"text that matches {schema.get('pattern')}")
    return f"{title[0].lower()}{title[1:]}"


_PHRASES: Final[Mapping[str, Callable[[Any, Any], str]]] = {
    "type": _of_type,
    "minimum": _integer,
    "maximum": _integer,
    "pattern": _of_form,
    "maxLength": _of_form,
    "enum": lambda words, _: f"one of {', '.join(map(str, words))}",
    "const": lambda value, _: json.dumps(value, ensure_ascii=False),
    "minItems": lambda number, _: f"at least {number} item",
    "uniqueItems": lambda *_: "a list without repetitions",
}


def _power(highest: int) -> str:
    bits = highest.bit_length()
    return f"2^{bits} - 1" if highest == 2**bits - 1 else str(highest)


def _shown(value: Json) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list" if value else "an empty list"
        case _:
            return json.dumps(value, ensure_ascii=False)[:60]


_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def json_path(path: Iterable[str | int]) -> str:
    """Write a path, such as `$.runs[0].status`."""
    return "$" + "".join(map(_step, path))


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN.fullmatch(part) else f"[{part!r}]"
