"""The sessions of protocol cases, and what is asked in them."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Final, TypeAlias

from hypothesis import strategies as st

from lifecycle_conformance.execution.operations import NEEDING_NO_STORE
from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.generation.alphabets import IN_ORDER
from lifecycle_conformance.generation.protocol_cases.arguments import (
    ARGUMENTS_OF,
    CAPABILITY_OF,
    plain_event,
    right,
    some_name,
    unreadable_request,
    unreadable_requests,
)
from lifecycle_conformance.generation.protocol_cases.stored_records import (
    ALIASES,
    STRANGERS,
    import_of_all_members,
    imports,
    unreadable,
    unreadable_by,
)
from lifecycle_conformance.generation.requests import FRESH_PROCESS, OPEN, TENANT, refusal
from lifecycle_conformance.generation.run_states import TELLING_RECORDS, TELLING_STATES
from lifecycle_conformance.generation.strategies import STATUSES, lifecycle_records, run_record
from lifecycle_projection.records import Json

_Ask: TypeAlias = Callable[[Random], Request]
_STORES: Final = 2
_GREATEST: Final = 2**53 - 1
_NO_JSON: Final[tuple[str, ...]] = (
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
_NO_REQUEST: Final[tuple[str, ...]] = (
    "null",
    "7",
    '"hello"',
    "[]",
    '[{"id": 1, "op": "hello", "protocols": [1]}]',
    "{}",
    *(f'{{{written}"op": "hello", "protocols": [1]}}' for written in ("", '"id": null, ', '"ID": 1, ')),
    *(f'{{"id": {written}, "op": "hello", "protocols": [1]}}' for written in ("-1", '"1"', "true", "[1]", "0.5")),
)
"""JSON that is no object, and objects without an id that can be read."""
_SPOILT: Final[tuple[Callable[[bytes], bytes], ...]] = (
    lambda text: text[:-1] + b',"more":"\xff"}',
    lambda text: text[:-1] + b',"m\xc3re":1}',
    lambda text: text + b"{}",
    lambda text: text + b"]",
    lambda text: text[:-1] + b",}",
    lambda text: text.replace(b'"', b"'"),
)
"""What makes of a request a line that is no JSON, though some reader takes it for the request."""


@st.composite
def protocol_cases(draw: st.DrawFn, capabilities: frozenset[str]) -> list[Request]:
    """Short sessions for a driver with these capabilities.

    After some of them the process is ended; some then run once more, in new stores.
    """
    run, other, imported = draw(_runs(capabilities)), draw(_runs(capabilities)), draw(imports(capabilities))
    # Hypothesis varies earlier examples. Plain chance meets more cases in a few sessions.
    random = Random(json.dumps([draw(st.integers(0, _GREATEST)), run, other, imported]))  # noqa: S311
    session = [
        *_some(random, _early(capabilities, run, other)),
        *random.choice([[], *[[_missing_directory(random)]] * 2]),
    ]
    session += [OPEN, ("project", {"run": run})]
    session += _some(random, _later(capabilities, run, imported))
    session += unreadable_requests(random, capabilities, run)
    if "import" in capabilities:
        session += _unreadable_imports(random, capabilities)
    session += random.choice(_endings(capabilities, run))
    return [FRESH_PROCESS, *session, *random.choice([[], [FRESH_PROCESS], [FRESH_PROCESS, *map(_elsewhere, session)]])]


def _some(random: Random, asked: Sequence[_Ask]) -> list[Request]:
    """Some of what may be asked, in any order."""
    return [ask(random) for ask in random.sample(asked, len(asked)) if random.random() < 0.55]


def _elsewhere(request: Request) -> Request:
    """The same request, but for a store that the session hasn't opened yet."""
    op, arguments = request
    return (op, {"store": arguments["store"] + _STORES}) if op == "open" else request


def _endings(capabilities: frozenset[str], run: Object) -> list[list[Request]]:
    """The ways in which a session may end: it changes from store to store and from process to process."""
    other: Request = ("open", {"store": 1})
    pass_: Request = ("project", {"run": run})
    endings = [[other, pass_, OPEN, pass_], [OPEN, pass_], [other, pass_]]
    if "durable" in capabilities:
        endings += [[("restart", {"kill": kill}), other, OPEN] for kill in (False, True, True)]
    return endings


# --- what is asked before a store is open, and later ------------------------------------------------------------------


def _early(capabilities: frozenset[str], run: Object, other: Object) -> list[_Ask]:
    """What may be asked while no store is open."""
    asked: list[_Ask] = [
        *[lambda random: refusal(["DRIVER-4"], "unsupported", "hello", protocols=_versions(random))] * 2,
        *[lambda random: ("hello", {"protocols": _shuffled(random, [1, *_versions(random)])})] * 2,
        *[lambda random: _too_early(random, capabilities, run)] * 2,
        *[_line, _no_request] * 2,
        lambda random: unreadable_request(random, capabilities, run, sorted(NEEDING_NO_STORE)),
    ]
    if "identify" in capabilities:
        asked += [lambda random: ("identify", {"run": random.choice([run, other])})]
    return asked


def _later(capabilities: frozenset[str], run: Object, imported: Request) -> list[_Ask]:
    """What may be asked of a store."""
    asked: list[_Ask] = [
        lambda _: ("project", {"run": run}),
        *[_line] * 3,
        *[_no_request] * 2,
        *[lambda random: _not_offered(random, capabilities, run)] * 2,
        *[lambda random: unreadable_request(random, capabilities, run, tuple(ARGUMENTS_OF))] * 2,
    ]
    # Only these have arguments that are numbers.
    if retaining := [op for op in ("compact", "prune") if op in capabilities]:
        asked += [lambda random: unreadable_request(random, capabilities, run, retaining)]
    if "identify" in capabilities:
        asked += [lambda _: ("identify", {"run": run})]
    if "import" in capabilities:
        asked += [lambda random: random.choice([imported, import_of_all_members(random)]), _tied]
        asked += [
            partial(_unreadable_import, requirement, capabilities) for requirement in ("FILE-11",) * 3 + ("FILE-12",)
        ]
    if "append" in capabilities:
        asked += [_append, _foreign_append, partial(_unreadable_append, capabilities)]
    return asked


def _versions(random: Random) -> list[Json]:
    """Versions of the protocol that nobody speaks, or none."""
    return [random.choice([0, random.randrange(1000, 10_000), _GREATEST]) for _ in range(random.randrange(5))]


def _shuffled(random: Random, values_: list[Json]) -> list[Json]:
    return random.sample(values_, len(values_))


def _too_early(random: Random, capabilities: frozenset[str], run: Object) -> Request:
    """A right request that needs a store, while none is open."""
    op, arguments = right(random, capabilities, run, [op for op in ARGUMENTS_OF if op not in NEEDING_NO_STORE])
    return refusal(["DRIVER-14"], "invalid_input", op, **arguments)


def _missing_directory(random: Random) -> Request:
    """Open a directory that doesn't exist, below the session's own folder: a wrong driver may make it."""
    name = "/".join(some_name(random) for _ in range(random.randint(1, 3)))
    return refusal(["DRIVER-6"], "storage", "open", store=f"no-such-directory/{name}")


def _line(random: Random) -> Request:
    """A line that isn't JSON: a known mistake, a request that breaks off, or one that only a lenient reader takes."""
    asked = {"op": random.choice(["events", "snapshots"]), "tenant": random.choice([TENANT, *STRANGERS])}
    request = json.dumps({"id": random.randint(1, 1000), **asked, "run_id": "run-1"})
    lines = (random.choice(_NO_JSON), request[: random.randrange(1, len(request))])
    return said(random.choice([*map(str.encode, lines), random.choice(_SPOILT)(request.encode())]))


def _no_request(random: Random) -> Request:
    """A line of JSON that is no request."""
    return said(random.choice(_NO_REQUEST).encode())


def said(line: bytes) -> Request:
    """A line that is sent as it stands: as text where it is UTF-8, so that people can read it in a case."""
    try:
        return "say", {"line": line.decode()}
    except UnicodeDecodeError:
        return "say", {"bytes": line.hex()}


def _not_offered(random: Random, capabilities: frozenset[str], run: Object) -> Request:
    """Ask for what isn't in the table, or for what the driver doesn't declare."""
    undeclared = [op for op, needed in CAPABILITY_OF.items() if needed is not None and needed not in capabilities]
    known = random.choice(sorted(ARGUMENTS_OF))
    unknown = random.choice([some_name(random), known.upper(), known.title(), f"{known}s", ""])
    asked: list[Request] = [("" if unknown in ARGUMENTS_OF else unknown, {})]
    if undeclared:
        asked += [right(random, capabilities | {*undeclared}, run, undeclared)]
    if "text-input" not in capabilities:
        readers = [op for op in ("project", "identify") if op not in undeclared]
        asked += [(random.choice(readers), {"run_json": json.dumps(run)})]
    op, arguments = random.choice(asked)
    return refusal(["DRIVER-11"], "unsupported", op, **arguments)


# --- runs, appends and imports ----------------------------------------------------------------------------------------


def _runs(capabilities: frozenset[str]) -> st.SearchStrategy[Object]:
    def with_history(run: Object, history: list[Object], telling: tuple[Object, ...]) -> Object:
        return {**run, "checkpoint": {**run["checkpoint"], "lifecycle_history": [*history, *telling]}}

    runs = st.builds(
        lambda status, state: run_record("run-1", TENANT, status, **state),
        st.sampled_from(STATUSES),
        st.sampled_from([{}, *TELLING_STATES * 2]),
    )
    histories = st.lists(lifecycle_records(capabilities), min_size=1, max_size=3)
    return st.builds(with_history, runs, histories, st.sampled_from([(), TELLING_RECORDS, TELLING_RECORDS]))


def _append(random: Random) -> Request:
    """Append for the tenant of the event, under whichever of its names."""
    return "append", {"tenant": random.choice([TENANT, *ALIASES]), "event": plain_event(random)}


def _foreign_append(random: Random) -> Request:
    """Append for a tenant an event that another one sees."""
    asking, seeing = _shuffled(random, [TENANT, random.choice(STRANGERS)])
    event = {**plain_event(random), "scope": {"schema_version": 1, "tenant_context": seeing}}
    return refusal(["DRIVER-10"], "invalid_input", "append", tenant=asking, event=event)


def _tied(random: Random) -> Request:
    """Import snapshots with one seq, whose ids are in another order than they themselves."""
    snapshots: list[Object] = [
        {
            "schema_version": 1,
            "snapshot_id": f"tie-{letter}{number}",
            "run_id": "tied",
            "seq": 1,
            "created_at_ms": 1,
            "scope": {"schema_version": 1, "tenant_context": TENANT},
            "status": random.choice(STATUSES),
        }
        for number, letter in enumerate(dict.fromkeys("".join(IN_ORDER)))
    ]
    return "import", {"events": [], "snapshots": _shuffled(random, snapshots)}


def _unreadable_import(requirement: str, capabilities: frozenset[str], random: Random) -> Request:
    """Import a record that can't be read, by some requirement, alone or after one that can."""
    record = random.choice(["event", "snapshot"])
    lists = {"events": random.choice([[], [plain_event(random)]]), "snapshots": list[Object]()}
    lists[f"{record}s"].append(random.choice(random.choice(unreadable_by(record, requirement, capabilities))))
    return refusal([requirement, "DRIVER-9"], "invalid_input", "import", **lists)


def _unreadable_imports(random: Random, capabilities: frozenset[str]) -> list[Request]:
    """A part of all records that can't be read, each alone: so few sessions meet most of them."""
    every = [(f"{each}s", *spoilt) for each in ("event", "snapshot") for spoilt in unreadable(each, capabilities)]
    nothing: Object = {"events": [], "snapshots": []}
    return [
        refusal([requirement, "DRIVER-9"], "invalid_input", "import", **{**nothing, records: [spoilt]})
        for records, spoilt, requirement in every[random.randrange(_PARTS) :: _PARTS]
    ]


_PARTS: Final = 60


def _unreadable_append(capabilities: frozenset[str], random: Random) -> Request:
    """Append an event that can't be read, for other reasons than its seq, which is ignored."""
    # To Python, `True` and `1.0` equal 1.
    readable_seq = [each for each, _ in unreadable("event", capabilities) if type(each.get("seq")) is int]
    readable_seq = [each for each in readable_seq if each["seq"] == 1]
    event = random.choice(readable_seq)
    return refusal(["DRIVER-13"], "invalid_input", "append", tenant=TENANT, event=event)
