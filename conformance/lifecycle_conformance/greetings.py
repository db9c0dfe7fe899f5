"""Greetings: short lives that begin with a fresh process and ask it what no implementation may do, or must do alike.

What may be asked is read from the tables of the specification and from the schema of the requests. What the
specification leaves open is not sent: no second `hello` once a store is open, nothing but an `open` after one that was
refused, no list in place of a record, no version of the protocol that somebody may speak one day.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from random import Random
from typing import Final, TypeVar

from attrs import frozen
from hypothesis import strategies as st

from lifecycle_conformance import schemas
from lifecycle_conformance.requirements import code_spans, tables
from lifecycle_conformance.strategies import STATUSES, lifecycle_records, run_record, texts, times, values
from lifecycle_conformance.trace import Object, Request
from lifecycle_projection.records import Json

TENANT: Final[Object] = {"org_id": "org-a", "workspace_id": "ws-a", "source": "explicit"}
STRANGERS: Final[tuple[Object, ...]] = (
    {**TENANT, "org_id": "org-b"},
    {**TENANT, "workspace_id": "ws-b"},
    {**TENANT, "deployment_id": ""},
    {**TENANT, "deployment_id": "d"},
    {**TENANT, "org_id": "ORG-A"},
    {"org_id": "local", "workspace_id": "local"},
)
"""Tenants that don't see what the first one sees (TENANT-1)."""
ALIASES: Final[tuple[Object, ...]] = (
    {**TENANT, "actor_id": "someone"},
    {**TENANT, "source": "local_implicit"},
    {**TENANT, "deployment_id": None},
)
"""Other ways to name the first tenant: they see the same (TENANT-2)."""
_T = TypeVar("_T")

GREET: Final[Request] = ("greet", {})
_STORES: Final = 2
_GREATEST: Final = 2**53 - 1
_TABLES: Final = tables()
_CAPABILITY: Final[Mapping[str, str | None]] = {
    code_spans(row["op"])[0]: next(iter(code_spans(row["capability"])), None) for row in _TABLES["operations"]
}
_ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    code_spans(row["op"])[0]: code_spans(row["arguments"]) for row in _TABLES["operations"]
}
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        code_spans(row["set"])[0]: code_spans(row["words"])
        for name in ("words", "words.scope", "words.stored")
        for row in _TABLES[name]
    },
    **{
        name: tuple(code_spans(row[name])[0] for row in _TABLES[table])
        for name, table in (("status", "statuses"), ("phase", "phases"))
    },
}
_ANYTHING: Final[tuple[Json, ...]] = (None, True, 7, -1, 1.5, "text", [], {})
_RECORDS: Final = frozenset({"run", "tenant", "event"})
_NEEDS_NO_STORE: Final = ("hello", "open", "identify")
_NO_JSON: Final = (
    "{",
    "nope",
    "[1",
    "}",
    '{"id": 1 "op": "hello"}',
    '{"id": 1,}',
    "{'id': 1}",
    '{"id": 1, "op": "hello", "protocols": [1]} {}',
    '"op',
    "hello [1]",
)


@st.composite
def greetings(draw: st.DrawFn, capabilities: frozenset[str]) -> list[Request]:
    """Give short lives for a driver with these capabilities.

    After some of them the process is ended; some are then lived once more, in new stores.
    """
    run = draw(_runs(capabilities))
    life = [
        *_some(draw, _early(capabilities, run)),
        *draw(_evenly([st.just(list[Request]()), _missing_directories()]).flatmap(lambda chosen: chosen)),
    ]
    life += [("open", {"store": 0}), ("project", {"run": run})]
    life += _some(draw, _later(capabilities, run))
    life += draw(_evenly(_endings(capabilities, run)))
    again = draw(_evenly([[], [GREET], [GREET, *map(_elsewhere, life)]]))
    return [GREET, *life, *again]


def _some(draw: st.DrawFn, asked: Sequence[st.SearchStrategy[Request]]) -> list[Request]:
    """Draw some of what may be asked, in any order."""
    random = draw(st.randoms(use_true_random=True))
    chosen = [strategy for strategy in asked if random.random() < 0.4]
    random.shuffle(chosen)
    return [draw(strategy) for strategy in chosen]


def _evenly(options: Sequence[_T]) -> st.SearchStrategy[_T]:
    """Give one of some options. Hypothesis likes to repeat itself; a few greetings are to meet many cases."""
    return st.randoms(use_true_random=True).map(lambda random: random.choice(options))


def _elsewhere(request: Request) -> Request:
    """Give the same request, but for a store that the life hasn't opened yet."""
    op, arguments = request
    return (op, {"store": arguments["store"] + _STORES}) if op == "open" else request


def _endings(capabilities: frozenset[str], run: Object) -> list[list[Request]]:
    """Tell how a life may go from store to store and from process to process."""
    first: Request = ("open", {"store": 0})
    other: Request = ("open", {"store": 1})
    pass_: Request = ("project", {"run": run})
    endings = [[other, pass_, first, pass_], [first, pass_], [other, pass_]]
    if "durable" in capabilities:
        endings += [[("restart", {"kill": kill}), other, first] for kill in (False, True, True)]
    return endings


# --- what is asked before a store is open, and later ------------------------------------------------------------------


def _early(capabilities: frozenset[str], run: Object) -> list[st.SearchStrategy[Request]]:
    """Give what may be asked while no store is open."""
    unknown = st.randoms(use_true_random=True).map(_versions)
    with_ours = unknown.flatmap(lambda offered: st.permutations([1, *offered]))
    asked = [
        *[unknown.map(lambda offered: refused(["DRIVER-4"], "unsupported", "hello", protocols=offered))] * 2,
        *[with_ours.map(lambda offered: ("hello", {"protocols": offered}))] * 2,
        *[_too_early(capabilities, run)] * 2,
        _lines(),
        _unreadable(capabilities, run, _NEEDS_NO_STORE),
    ]
    if "identify" in capabilities:
        runs = st.just(run) | _runs(capabilities)
        asked += [runs.map(lambda asked_for: ("identify", {"run": asked_for}))]
    return asked


def _versions(random: Random) -> list[int]:
    """List versions of the protocol that nobody speaks, or none."""
    return [random.choice([0, random.randrange(1000, 10_000), _GREATEST]) for _ in range(random.randrange(4))]


def _later(capabilities: frozenset[str], run: Object) -> list[st.SearchStrategy[Request]]:
    """Give what may be asked of a store."""
    asked = [
        st.just(("project", {"run": run})),
        _lines(),
        *[_not_offered(capabilities, run)] * 2,
        *[_unreadable(capabilities, run, tuple(_ARGUMENTS))] * 2,
    ]
    if "identify" in capabilities:
        asked += [st.just(("identify", {"run": run}))]
    if "import" in capabilities:
        asked += [_imports(capabilities), *map(_unreadable_imports, ("FILE-11", "FILE-12") * 2)]
    if "append" in capabilities:
        asked += [_appends(), _foreign_appends(), _unreadable_appends()]
    return asked


def refused(because: Sequence[str], kind: str, op: str, **arguments: Json) -> Request:
    """Write a request that must be refused with a kind, by some requirements."""
    return "refuse", {"request": {"op": op, **arguments}, "kind": kind, "because": [*because]}


def _too_early(capabilities: frozenset[str], run: Object) -> st.SearchStrategy[Request]:
    """Ask rightly for what needs a store."""
    return _right(capabilities, run, [op for op in _ARGUMENTS if op not in _NEEDS_NO_STORE]).map(
        lambda asked: refused(["DRIVER-14"], "invalid_input", asked[0], **asked[1])
    )


def _missing_directories() -> st.SearchStrategy[list[Request]]:
    names = st.lists(_names(), min_size=1, max_size=3).map("/".join)
    return st.builds(
        lambda root, name: [refused(["DRIVER-6"], "storage", "open", store=f"{root}no-such-directory/{name}")],
        st.sampled_from(["/", "", "./"]),
        names,
    )


def _names() -> st.SearchStrategy[str]:
    return st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)


def _lines() -> st.SearchStrategy[Request]:
    """Say what isn't JSON: known mistakes, and requests that break off."""
    requests = st.builds(
        lambda number, op, tenant: json.dumps({"id": number, "op": op, "tenant": tenant, "run_id": "run-1"}),
        st.integers(1, 1000),
        st.sampled_from(["events", "snapshots"]),
        st.sampled_from([TENANT, *STRANGERS]),
    )
    broken_off = requests.flatmap(lambda line: st.integers(1, len(line) - 1).map(lambda end: line[:end]))
    return (st.sampled_from(_NO_JSON) | broken_off).map(lambda line: ("say", {"line": line}))


def _not_offered(capabilities: frozenset[str], run: Object) -> st.SearchStrategy[Request]:
    """Ask for what isn't in the table, and for what the driver doesn't declare."""

    def unsupported(op: str, arguments: Object) -> Request:
        return refused(["DRIVER-11"], "unsupported", op, **arguments)

    known = st.sampled_from(sorted(_ARGUMENTS))
    names = _names() | known.map(str.upper) | known.map(str.title) | known.map(lambda op: f"{op}s") | st.just("")
    asked = [names.filter(lambda op: op not in _ARGUMENTS).map(lambda op: unsupported(op, {}))]
    undeclared = [op for op, needed in _CAPABILITY.items() if needed is not None and needed not in capabilities]
    if undeclared:
        everything = capabilities | set(undeclared)
        asked += [_right(everything, run, undeclared).map(lambda each: unsupported(each[0], each[1]))] * 2
    if "text-input" not in capabilities:
        readers = [op for op in ("project", "identify") if op not in undeclared]
        asked += [st.sampled_from(readers).map(lambda op: unsupported(op, {"run_json": json.dumps(run)}))]
    return st.one_of(asked)


# --- right arguments, and wrong ones ----------------------------------------------------------------------------------


def _right(capabilities: frozenset[str], run: Object, ops: Sequence[str]) -> st.SearchStrategy[Request]:
    """Give requests with right arguments, of those operations that may be asked with these capabilities."""
    declared = [op for op in ops if _CAPABILITY[op] in {None, *capabilities}]
    return _evenly(declared).flatmap(
        lambda op: st.fixed_dictionaries(
            {name: _argument(op, name, run) for name in _ARGUMENTS[op] if name != "run_json"}
        ).map(lambda arguments: (op, arguments))
    )


def _argument(op: str, name: str, run: Object) -> st.SearchStrategy[Json]:
    several: Mapping[str, st.SearchStrategy[Json]] = {
        "protocols": st.just([1]),
        "store": st.just("."),
        "run": st.just(run),
        "tenant": st.just(TENANT) if op == "append" else st.sampled_from([TENANT, *STRANGERS]),
        "run_id": _names(),
        "events": st.lists(_events(), max_size=2),
        "snapshots": st.just([]),
        "event": _events(),
        "retention_ms": times,
        "now_ms": times,
        "keep": st.integers(0, 3),
    }
    return several[name]


def _events() -> st.SearchStrategy[Object]:
    """Give plain events of the first tenant, of a run that is looked at."""
    return st.builds(
        lambda event_id, at, payload: {
            "schema_version": 1,
            "event_id": event_id,
            "run_id": "run-1",
            "seq": 1,
            "event_type": "note",
            "occurred_at_ms": at,
            "scope": {"schema_version": 1, "tenant_context": TENANT},
            "payload": payload,
        },
        _names(),
        times,
        st.none() | texts,
    )


def _unreadable(capabilities: frozenset[str], run: Object, ops: Sequence[str]) -> st.SearchStrategy[Request]:
    """Give requests that lack an argument, have one that can't be read, or say twice which run they mean."""

    def spoiled(asked: Request) -> st.SearchStrategy[Request]:
        op, arguments = asked
        return _evenly(_spoilings(op, "text-input" in capabilities)).map(
            lambda spoiling: refused(["DRIVER-13"], "invalid_input", op, **spoiling.of(arguments))
        )

    return _right(capabilities, run, ops).flatmap(spoiled)


@frozen(kw_only=True)
class _Spoiling:
    """A way to spoil arguments: some are left out, some are put in place of others or beside them."""

    without: frozenset[str] = frozenset()
    put: Mapping[str, Json]

    def of(self, arguments: Object) -> Object:
        return {name: value for name, value in arguments.items() if name not in self.without} | dict(self.put)


@cache
def _spoilings(op: str, reads_text: bool) -> list[_Spoiling]:  # noqa: FBT001 - a key of the cache
    """List the ways to spoil the arguments of an operation, those of the schema of the requests."""
    names = [name for name in _ARGUMENTS[op] if name != "run_json"]
    ways = [_Spoiling(without=frozenset({name}), put={}) for name in names]
    ways += [_Spoiling(put={name: value}) for name in names for value in _unreadable_values(op, name)]
    if "run_json" in _ARGUMENTS[op] and reads_text:
        run = json.dumps(run_record("run-1", TENANT, "queued"))
        ways += [_Spoiling(put={"run_json": run}), _Spoiling(put={"run_json": "{"})]
        texts_ = [*_unreadable_values(op, "run_json"), "{", "nope", "", "7"]
        ways += [_Spoiling(without=frozenset({"run"}), put={"run_json": value}) for value in texts_]
    return ways


def _unreadable_values(op: str, name: str) -> list[Json]:
    """Give values that the schema of the requests doesn't take for an argument, but for lists in place of records."""
    definition = "with_run" if name in {"run", "run_json"} else {"events": "view", "snapshots": "view"}.get(op, op)
    path = f"$.{name}"
    tenants = [tenant for tenant, _ in _spoiled("tenant")] if name == "tenant" else []
    return [
        value
        for value in (*_ANYTHING, *tenants)
        if not (name in _RECORDS and value == [])
        and any(where.startswith(path) for where, _ in schemas.problems("driver-request", {name: value}, definition))
    ]


# --- runs and appends -------------------------------------------------------------------------------------------------


def _runs(capabilities: frozenset[str]) -> st.SearchStrategy[Object]:
    def with_history(run: Object, history: list[Object]) -> Object:
        return {**run, "checkpoint": {**run["checkpoint"], "lifecycle_history": history}}

    runs = st.sampled_from(STATUSES).map(lambda status: run_record("run-1", TENANT, status))
    return st.builds(with_history, runs, st.lists(lifecycle_records(capabilities), min_size=1, max_size=3))


def _appends() -> st.SearchStrategy[Request]:
    """Append for the tenant of the event, under whichever of its names."""
    return st.builds(
        lambda tenant, event: ("append", {"tenant": tenant, "event": event}),
        st.sampled_from([TENANT, *ALIASES]),
        _events(),
    )


def _foreign_appends() -> st.SearchStrategy[Request]:
    """Append for a tenant what another one sees."""

    def foreign(stranger: Object, event: Object, asks: bool) -> Request:  # noqa: FBT001 - drawn
        asking, seeing = (stranger, TENANT) if asks else (TENANT, stranger)
        given = {**event, "scope": {"schema_version": 1, "tenant_context": seeing}}
        return refused(["DRIVER-10"], "invalid_input", "append", tenant=asking, event=given)

    return st.builds(foreign, _evenly(STRANGERS), _events(), st.booleans())


# --- stored records, right and wrong ----------------------------------------------------------------------------------


def _rows(record: str) -> list[tuple[str, str, str]]:
    """Give member, type and sort of each row of the table of a stored record."""
    return [
        (code_spans(row["member"])[0], code_spans(row["type"])[0], row["sort"]) for row in _TABLES[f"stored.{record}"]
    ]


def _imports(capabilities: frozenset[str]) -> st.SearchStrategy[Request]:
    """Import what an older engine may have left: members left out or null, ids and seqs twice."""
    free = values(capabilities)
    fixed: Object = {"run_id": "left-behind"}
    ids = st.sampled_from([f"left-{n}" for n in range(4)])
    few = st.sampled_from(["left-0", "left-1"])
    event = _stored("event", free, {**fixed, "event_type": "note"}, {"event_id": few})
    snapshot = _stored("snapshot", free, fixed, {"snapshot_id": ids})
    events = st.lists(event, min_size=1, max_size=4)
    snapshots = st.lists(snapshot, min_size=1, max_size=2, unique_by=lambda given: str(given["snapshot_id"]))
    none = st.just(list[Object]())
    return st.one_of(st.tuples(events, none), st.tuples(none, snapshots), st.tuples(events, snapshots)).map(
        lambda given: ("import", {"events": given[0], "snapshots": given[1]})
    )


def _stored(
    record: str, free: st.SearchStrategy[Json], fixed: Object, drawn: Mapping[str, st.SearchStrategy[str]]
) -> st.SearchStrategy[Object]:
    """Give readable stored records."""
    members = {name: (_value(type_, free), sort) for name, type_, sort in _rows(record)}
    members |= {name: (st.just(value), members[name][1]) for name, value in fixed.items()}
    members |= {name: (strategy, members[name][1]) for name, strategy in drawn.items()}
    return st.fixed_dictionaries(
        {name: strategy for name, (strategy, sort) in members.items() if sort == "required"},
        optional={
            name: st.none() | strategy if sort == "optional" else strategy
            for name, (strategy, sort) in members.items()
            if sort != "required"
        },
    )


def _value(type_: str, free: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    if type_.startswith("["):
        return st.lists(_value(type_[1:-1], free), max_size=2)
    if type_ in _WORDS:
        return st.sampled_from(_WORDS[type_])
    if type_ == "tenant":
        return st.sampled_from([TENANT, *STRANGERS, *ALIASES, {"org_id": "org-a", "workspace_id": "ws-a"}])
    simple = {"str": texts, "u64": st.integers(0, 5), "u32": st.integers(0, 5), "any": free}
    return simple[type_] if type_ in simple else _stored(type_, free, {}, {})


def _unreadable_imports(requirement: str) -> st.SearchStrategy[Request]:
    """Import a record that can't be read, by some requirement, alone or after one that can."""

    def spoiled(way: tuple[str, Object], before: list[Object]) -> Request:
        name, record = way
        lists: dict[str, list[Object]] = {"events": before, "snapshots": []}
        lists[name] = [*lists[name], record]
        return refused([requirement, "DRIVER-9"], "invalid_input", "import", **lists)

    ways = [
        (f"{kind}s", record) for kind in ("event", "snapshot") for record, by in unreadable(kind) if by == requirement
    ]
    return st.builds(spoiled, _evenly(ways), st.lists(_events(), max_size=1))


def _unreadable_appends() -> st.SearchStrategy[Request]:
    """Append an event that can't be read, for other reasons than its seq, which is ignored."""
    ways = [(event, requirement) for event, requirement in unreadable("event") if event.get("seq") == 1]
    return _evenly(ways).map(lambda way: refused(["DRIVER-13"], "invalid_input", "append", tenant=TENANT, event=way[0]))


@cache
def unreadable(record: str) -> list[tuple[Object, str]]:
    """List stored records that can't be read, each with one thing wrong and the requirement by which it is wrong.

    Nothing is shown of the run that they would belong to.
    """
    return [(_out_of_sight(spoiled), requirement) for spoiled, requirement in _spoiled(record)]


def _out_of_sight(record: Object) -> Object:
    return {**record, "run_id": "unreadable"} if record.get("run_id") == "text" else record


def _spoiled(record: str) -> Iterator[tuple[Object, str]]:
    """Spoil each member of a record, at every depth."""
    whole = _example(record)
    for name, type_, sort in _rows(record):
        if sort == "required":
            yield {member: value for member, value in whole.items() if member != name}, "FILE-11"
        if sort != "optional":
            yield {**whole, name: None}, "FILE-11"
        for value, requirement in _wrong(type_):
            yield {**whole, name: value}, requirement


def _wrong(type_: str) -> Iterator[tuple[Json, str]]:
    """Give values that aren't of a type: by a word that isn't in its set (FILE-12), or else (FILE-11)."""
    if type_.startswith("["):
        for value, requirement in _wrong(type_[1:-1]):
            yield [_example(type_[1:-1]), value], requirement
        others: tuple[Json, ...] = (7, "text", True, {})
    elif type_ in _WORDS:
        first, *_ = _WORDS[type_]
        for word in (f"{first}x", first.upper(), f" {first}", ""):
            yield word, "FILE-12"
        others = (7, True)
    else:
        others = {
            "str": (7, True, 1.5, ["text"], {}),
            "u64": ("1", True, -1, 1.5, [1]),
            "u32": ("1", True, -1, 1.5, 2**32),
            "any": (),
        }.get(type_, (7, "text", True))
    yield from ((value, "FILE-11") for value in others)
    if f"stored.{type_}" in _TABLES:
        yield from _spoiled(type_)


def _example(type_: str) -> Json:
    """Give a value of a type with everything in it."""
    if type_.startswith("["):
        return [_example(type_[1:-1])]
    if type_ in _WORDS:
        return _WORDS[type_][0]
    simple: Object = {"str": "text", "u64": 1, "u32": 1, "any": {"a": [1]}}
    return simple[type_] if type_ in simple else {name: _example(member) for name, member, _ in _rows(type_)}
