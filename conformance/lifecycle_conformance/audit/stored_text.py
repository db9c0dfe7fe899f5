"""The text of one stored record: what it says, and whether it is written as every engine writes it.

Most records are written so, and are recognised by that: they need neither the strict reader nor its slow check of each
member. All others go through both, so that the verdict is always theirs (FILE-11 to FILE-14).
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final, TypeAlias

import orjson
from attrs import frozen

from lifecycle_conformance.audit.finding import Kind
from lifecycle_conformance.audit.kinds import of_form as kinds
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.model.file_layout import MEMBERS
from lifecycle_conformance.specification.schemas import json_path
from lifecycle_projection.codec import event_from, snapshot_from
from lifecycle_projection.json_text import MAX_DEPTH, read_json
from lifecycle_projection.records import Json
from lifecycle_projection.words import Phase, SourceRecordKind, StatefulStatus, TenantSource, WaitKind

Departure: TypeAlias = tuple[Kind, str]
"""How a record isn't as it is written, and the JSON path of the place."""
Path: TypeAlias = tuple[str | int, ...]

_WHOLE: Final = "$"
_SHORT: Final = 4096
"""Up to how many bytes a text is remembered."""
_DEEP: Final = b" " * (2 * MAX_DEPTH)
_FILLED_IN: Final = frozenset({"phase", "phase_history", "allowed_next_phases"})
"""What the snapshots of older engines lack, and imported ones may (SNAP-7)."""


@frozen(kw_only=True)
class Form:
    """How records of one sort are written, and read."""

    table: str
    structure: Callable[[Json], object]
    option: int | None
    keep_duplicates: bool
    departure: Kind | None
    free: tuple[str, ...]
    """The members of any form."""


LINE: Final = Form(
    table="event",
    structure=event_from,
    option=None,
    keep_duplicates=True,
    departure=kinds.LINE_FORM,
    free=("payload",),
)
FILE: Final = Form(
    table="snapshot",
    structure=snapshot_from,
    option=orjson.OPT_INDENT_2,
    keep_duplicates=False,
    departure=kinds.FILE_FORM,
    free=("checkpoint", "metadata"),
)


def read(text: bytes, form: Form) -> tuple[Object, list[Departure]]:
    """A stored record, and how its text departs from what an engine writes.

    Raises :class:`InvalidInputError` for what can't be read (FILE-11 to FILE-14).
    """
    value = _written_alike(text, form)
    if value is not None:
        return value, checked(value, form)
    value = parsed(text, form)
    form.structure(value)
    here = [] if form.departure is None else [(form.departure, _WHOLE)]
    return value, [*here, *departures(value, form.table)]


def parsed(text: bytes, form: Form) -> Json:
    """A text as JSON (JSON-10 to JSON-16). Raises :class:`InvalidInputError`."""
    value = _written_alike(text, form)
    return read_json(text, keep_duplicates=form.keep_duplicates) if value is None else value


def checked(value: Json, form: Form) -> list[Departure]:
    """How a record departs from what an engine writes. Raises :class:`InvalidInputError` for what is no record."""
    if type(value) is dict and form.free and _is_plain(value, form.table):
        return [(kinds.NOT_SORTED, f"$.{name}") for name in form.free if not _is_sorted(value.get(name))]
    form.structure(value)
    return list(departures(value, form.table)) if form.table in MEMBERS else []


def _written_alike(text: bytes, form: Form) -> Json:
    """The value of a text that is written as that value is; otherwise `None`.

    Such a text has no member twice and no number that another one stands for, so the lenient reader read it right.
    """
    if _may_be_too_deep(text, form):
        return None
    try:
        value = orjson.loads(text)
        return value if orjson.dumps(value, option=form.option) == text else None
    except ValueError:  # no JSON, or too deep to be written
        return None


def _may_be_too_deep(text: bytes, form: Form) -> bool:
    """Whether a text may hold values deeper than are read (JSON-15); what is indented shows it by the indentation."""
    is_indented = form.option == orjson.OPT_INDENT_2
    return _DEEP in text if is_indented else text.count(b"[") + text.count(b"{") > MAX_DEPTH


# --- records that are as they should be -------------------------------------------------------------------------------

_Check: TypeAlias = Callable[[Json], bool]


def _words(*words: str) -> tuple[type, _Check]:
    return str, frozenset(map(str, words)).__contains__


def _record(table: str) -> tuple[type, _Check]:
    return dict, _met(lambda value: _is_plain(value, table))


def _lists(of: tuple[type, _Check | None]) -> tuple[type, _Check]:
    type_, check = of
    return list, _met(lambda value: all(type(each) is type_ and (check is None or check(each)) for each in value))


def _met(check: _Check) -> _Check:
    """A check that looks once at values of one text: the records of a run repeat most of what isn't free in them."""
    met = lru_cache(maxsize=1 << 8)(lambda text: check(orjson.loads(text)))

    def is_usual(value: Json) -> bool:
        text = orjson.dumps(value)
        return met(text) if len(text) <= _SHORT else check(value)

    return is_usual


_USUAL: Final[dict[str, tuple[type, _Check | None]]] = {
    "str": (str, None),
    "u64": (int, range(2**64).__contains__),
    "status": _words(*StatefulStatus),
    "phase": _words(*Phase),
    "wait_kind": _words(*WaitKind),
    "tenant_source": _words(*TenantSource),
    "source_record_kind": _words(*SourceRecordKind),
    "scope": _record("scope"),
    "tenant": _record("tenant"),
    "[phase_entry]": _lists(_record("phase_entry")),
    "[phase]": _lists(_words(*Phase)),
    "[str]": _lists((str, None)),
}
"""Of each usual type of a member the type of its values, and what else is asked of them. What is rare isn't here."""


@lru_cache(maxsize=4096)
def _asked(table: str, names: tuple[str, ...], types: tuple[type, ...]) -> tuple[tuple[str, _Check], ...] | None:
    """What remains to be asked of a record whose members have these names and types.

    `None` if it isn't plain: it lacks a member, has one too many, or one of a wrong or rare type, or in another order.
    """
    members = MEMBERS[table]
    always = {name for name, each in members.items() if each.written == "always"}
    if not always <= set(names) or list(names) != [name for name in members if name in names]:
        return None
    typed = {name: (members[name].type, type_) for name, type_ in zip(names, types, strict=True)}
    if any(
        type_ is not _USUAL.get(member, (type_ if member == "any" else None,))[0] for member, type_ in typed.values()
    ):
        return None
    checks = {name: _USUAL[member][1] for name, (member, _) in typed.items() if member != "any"}
    return tuple((name, check) for name, check in checks.items() if check is not None)


def _is_plain(value: Json, table: str) -> bool:
    """Whether an object is surely a record of the table, with its members in order and none too many."""
    asked = _asked(table, tuple(value), tuple(map(type, value.values())))
    if asked is None:
        return False
    for name, is_usual in asked:  # noqa: SIM110 - done for each record; `all` takes twice as long
        if not is_usual(value[name]):
            return False
    return True


def _is_sorted(value: Json) -> bool:
    """Whether the members of all objects in a value are sorted (FILE-9): sorting them changes nothing."""
    return orjson.dumps(value) == orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


# --- departures, with their places ------------------------------------------------------------------------------------


def departures(value: Json, table: str, path: Path = ()) -> Iterator[Departure]:
    """How a record that can be read departs from what is written, and where (FILE-8, FILE-9, FILE-13)."""
    members = MEMBERS[table]
    known = [name for name in value if name in members]
    if known != [name for name in members if name in value]:
        yield kinds.MEMBER_ORDER, json_path(path)
    yield from ((kinds.UNKNOWN_MEMBER, json_path((*path, name))) for name in value if name not in members)
    for name, member in members.items():
        here = (*path, name)
        if name not in value:
            if member.written == "always" and name not in _FILLED_IN:
                yield kinds.MEMBER_LEFT, json_path(here)
        elif member.left_out(value[name]):
            yield kinds.MEMBER_LEFT, json_path(here)
        else:
            yield from _departures_inside(value[name], member.type, here)


def _departures_inside(value: Any, type_: str, path: Path) -> Iterator[Departure]:
    kind = type_.strip("[]")
    if kind == "any":
        if not _is_sorted(value):
            yield kinds.NOT_SORTED, json_path(path)
    elif kind in MEMBERS and isinstance(value, list):
        for index, each in enumerate(value):
            yield from departures(each, kind, (*path, index))
    elif kind in MEMBERS and value is not None:
        yield from departures(value, kind, path)
