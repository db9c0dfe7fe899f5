"""Protocol cases: short sessions, each with a fresh process, about what a driver must refuse, and must answer alike.

What may be asked is read from the tables of the specification and from the schema of the requests. What the
specification leaves open is not sent: no second `hello` once a store is open, nothing but an `open` after one that was
refused, no list in place of a record, no version of the protocol that somebody may speak one day.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from random import Random
from string import ascii_lowercase
from typing import Final, TypeAlias

from attrs import frozen
from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.generation.strategies import (
    LATEST_MS,
    STATUSES,
    TEXTS,
    lifecycle_records,
    run_record,
    texts,
    values,
)
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.requirements import code_spans, tables
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
_Ask: TypeAlias = Callable[[Random], Request]

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
def protocol_cases(draw: st.DrawFn, capabilities: frozenset[str]) -> list[Request]:
    """Give short sessions for a driver with these capabilities.

    After some of them the process is ended; some then run once more, in new stores.
    """
    run, other, imported = draw(_runs(capabilities)), draw(_runs(capabilities)), draw(_imports(capabilities))
    # Hypothesis makes most of its examples out of others. Chance is better at meeting many cases in a few sessions.
    random = Random(json.dumps([draw(st.integers(0, _GREATEST)), run, other, imported]))  # noqa: S311
    session = [
        *_some(random, _early(capabilities, run, other)),
        *random.choice([[], *[[_missing_directory(random)]] * 2]),
    ]
    session += [("open", {"store": 0}), ("project", {"run": run})]
    session += _some(random, _later(capabilities, run, imported))
    session += random.choice(_endings(capabilities, run))
    return [GREET, *session, *random.choice([[], [GREET], [GREET, *map(_elsewhere, session)]])]


def _some(random: Random, asked: Sequence[_Ask]) -> list[Request]:
    """Give some of what may be asked, in any order."""
    return [ask(random) for ask in random.sample(asked, len(asked)) if random.random() < 0.55]


def _elsewhere(request: Request) -> Request:
    """Give the same request, but for a store that the session hasn't opened yet."""
    op, arguments = request
    return (op, {"store": arguments["store"] + _STORES}) if op == "open" else request


def _endings(capabilities: frozenset[str], run: Object) -> list[list[Request]]:
    """Tell how a session may go from store to store and from process to process."""
    first: Request = ("open", {"store": 0})
    other: Request = ("open", {"store": 1})
    pass_: Request = ("project", {"run": run})
    endings = [[other, pass_, first, pass_], [first, pass_], [other, pass_]]
    if "durable" in capabilities:
        endings += [[("restart", {"kill": kill}), other, first] for kill in (False, True, True)]
    return endings


# --- what is asked before a store is open, and later ------------------------------------------------------------------


def _early(capabilities: frozenset[str], run: Object, other: Object) -> list[_Ask]:
    """Give what may be asked while no store is open."""
    asked: list[_Ask] = [
        *[lambda random: refused(["DRIVER-4"], "unsupported", "hello", protocols=_versions(random))] * 2,
        *[lambda random: ("hello", {"protocols": _shuffled(random, [1, *_versions(random)])})] * 2,
        *[lambda random: _too_early(random, capabilities, run)] * 2,
        _line,
        lambda random: _unreadable(random, capabilities, run, _NEEDS_NO_STORE),
    ]
    if "identify" in capabilities:
        asked += [lambda random: ("identify", {"run": random.choice([run, other])})]
    return asked


def _later(capabilities: frozenset[str], run: Object, imported: Request) -> list[_Ask]:
    """Give what may be asked of a store."""
    asked: list[_Ask] = [
        lambda _: ("project", {"run": run}),
        _line,
        *[lambda random: _not_offered(random, capabilities, run)] * 2,
        *[lambda random: _unreadable(random, capabilities, run, tuple(_ARGUMENTS))] * 2,
    ]
    if "identify" in capabilities:
        asked += [lambda _: ("identify", {"run": run})]
    if "import" in capabilities:
        asked += [lambda _: imported]
        asked += [partial(_unreadable_import, requirement) for requirement in ("FILE-11", "FILE-12") * 2]
    if "append" in capabilities:
        asked += [_append, _foreign_append, _unreadable_append]
    return asked


def refused(because: Sequence[str], kind: str, op: str, **arguments: Json) -> Request:
    """Write a request that must be refused with a kind, by some requirements."""
    return "refuse", {"request": {"op": op, **arguments}, "kind": kind, "because": [*because]}


def _versions(random: Random) -> list[Json]:
    """List versions of the protocol that nobody speaks, or none."""
    return [random.choice([0, random.randrange(1000, 10_000), _GREATEST]) for _ in range(random.randrange(5))]


def _shuffled(random: Random, values_: list[Json]) -> list[Json]:
    return random.sample(values_, len(values_))


def _too_early(random: Random, capabilities: frozenset[str], run: Object) -> Request:
    """Ask rightly for what needs a store."""
    op, arguments = _right(random, capabilities, run, [op for op in _ARGUMENTS if op not in _NEEDS_NO_STORE])
    return refused(["DRIVER-14"], "invalid_input", op, **arguments)


def _missing_directory(random: Random) -> Request:
    """Open what isn't there, below the session's own folder: a driver may make what it is asked to open."""
    name = "/".join(_name(random) for _ in range(random.randint(1, 3)))
    return refused(["DRIVER-6"], "storage", "open", store=f"no-such-directory/{name}")


def _name(random: Random) -> str:
    return "".join(random.choices(ascii_lowercase, k=random.randint(1, 12)))


def _line(random: Random) -> Request:
    """Say what isn't JSON: a known mistake, or a request that breaks off."""
    asked = {"op": random.choice(["events", "snapshots"]), "tenant": random.choice([TENANT, *STRANGERS])}
    request = json.dumps({"id": random.randint(1, 1000), **asked, "run_id": "run-1"})
    return "say", {"line": random.choice([random.choice(_NO_JSON), request[: random.randrange(1, len(request))]])}


def _not_offered(random: Random, capabilities: frozenset[str], run: Object) -> Request:
    """Ask for what isn't in the table, or for what the driver doesn't declare."""
    undeclared = [op for op, needed in _CAPABILITY.items() if needed is not None and needed not in capabilities]
    known = random.choice(sorted(_ARGUMENTS))
    unknown = random.choice([_name(random), known.upper(), known.title(), f"{known}s", ""])
    asked: list[Request] = [("" if unknown in _ARGUMENTS else unknown, {})]
    if undeclared:
        asked += [_right(random, capabilities | {*undeclared}, run, undeclared)]
    if "text-input" not in capabilities:
        readers = [op for op in ("project", "identify") if op not in undeclared]
        asked += [(random.choice(readers), {"run_json": json.dumps(run)})]
    op, arguments = random.choice(asked)
    return refused(["DRIVER-11"], "unsupported", op, **arguments)


# --- right arguments, and wrong ones ----------------------------------------------------------------------------------


def _right(random: Random, capabilities: frozenset[str], run: Object, ops: Sequence[str]) -> Request:
    """Give a request with right arguments, of those operations that may be asked with these capabilities."""
    op = random.choice([op for op in ops if _CAPABILITY[op] in {None, *capabilities}])
    return op, {name: _argument(random, op, name, run) for name in _ARGUMENTS[op] if name != "run_json"}


def _argument(random: Random, op: str, name: str, run: Object) -> Json:
    several: Object = {
        "protocols": [1],
        "store": ".",
        "run": run,
        "tenant": TENANT if op == "append" else random.choice([TENANT, *STRANGERS]),
        "run_id": _name(random),
        "events": [_event(random) for _ in range(random.randrange(3))],
        "snapshots": [],
        "event": _event(random),
        "retention_ms": random.randint(1, LATEST_MS),
        "now_ms": random.randint(1, LATEST_MS),
        "keep": random.randrange(4),
    }
    return several[name]


def _event(random: Random) -> Object:
    """Give a plain event of the first tenant, of a run that is looked at."""
    return {
        "schema_version": 1,
        "event_id": _name(random),
        "run_id": "run-1",
        "seq": 1,
        "event_type": "note",
        "occurred_at_ms": random.randint(1, LATEST_MS),
        "scope": {"schema_version": 1, "tenant_context": TENANT},
        "payload": random.choice([None, *TEXTS]),
    }


def _unreadable(random: Random, capabilities: frozenset[str], run: Object, ops: Sequence[str]) -> Request:
    """Give a request that lacks an argument, has one that can't be read, or says twice which run it means."""
    op, arguments = _right(random, capabilities, run, ops)
    spoiling = random.choice(_spoilings(op, "text-input" in capabilities))
    return refused(["DRIVER-13"], "invalid_input", op, **spoiling.of(arguments))


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


def _append(random: Random) -> Request:
    """Append for the tenant of the event, under whichever of its names."""
    return "append", {"tenant": random.choice([TENANT, *ALIASES]), "event": _event(random)}


def _foreign_append(random: Random) -> Request:
    """Append for a tenant what another one sees."""
    asking, seeing = _shuffled(random, [TENANT, random.choice(STRANGERS)])
    event = {**_event(random), "scope": {"schema_version": 1, "tenant_context": seeing}}
    return refused(["DRIVER-10"], "invalid_input", "append", tenant=asking, event=event)


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


def _unreadable_import(requirement: str, random: Random) -> Request:
    """Import a record that can't be read, by some requirement, alone or after one that can."""
    record = random.choice(["event", "snapshot"])
    lists = {"events": random.choice([[], [_event(random)]]), "snapshots": list[Object]()}
    lists[f"{record}s"].append(random.choice([each for each, by in unreadable(record) if by == requirement]))
    return refused([requirement, "DRIVER-9"], "invalid_input", "import", **lists)


def _unreadable_append(random: Random) -> Request:
    """Append an event that can't be read, for other reasons than its seq, which is ignored."""
    # To Python, `True` equals 1.
    readable_seq = [each for each, _ in unreadable("event") if each.get("seq") == 1 and each["seq"] is not True]
    event = random.choice(readable_seq)
    return refused(["DRIVER-13"], "invalid_input", "append", tenant=TENANT, event=event)


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
