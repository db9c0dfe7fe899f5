"""The two kinds of input cases, read and refused, and the run records that they start from."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias, TypeVar

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object, Request, history_of
from lifecycle_conformance.generation.input_cases.runs import FULL, Path, change
from lifecycle_conformance.generation.requests import OPEN, refusal
from lifecycle_projection.records import Json

Requests: TypeAlias = list[Request]
Sessions: TypeAlias = st.SearchStrategy[Requests]
Cases: TypeAlias = Mapping[str, Callable[[frozenset[str]], Sessions | None]]
"""For each requirement, the sessions that put it to the test; `None` where the capabilities don't suffice."""

_Place = TypeVar("_Place")
_Drawn = TypeVar("_Drawn")
_REFUSALS: Final = 5
HISTORY: Final[Path] = ("checkpoint", "lifecycle_history")


def refused(refusals: Requests) -> Requests:
    """A session of refusals: a run is recorded, what is refused would record more of it, and nothing has changed."""
    known: Request = ("project", {"run": FULL})
    return [OPEN, known, *refusals, known]


def together(sessions: Iterable[Requests]) -> Requests:
    """Join sessions into one: first all that is only read, then in one store all that is refused."""
    requests = [request for session in sessions for request in session]
    read = [request for request in requests if request[0] == "read"]
    refusals = [request for request in requests if request[0] == "refuse"]
    return [*read, *(refused(refusals) if refusals else ())]


def reading(because: str, means: Json, written: Object) -> Requests:
    """Read a run record that means the same as a plain one."""
    return [("read", {**written, "means": means, "because": because})]


def refusals(
    because: str, capabilities: frozenset[str], spoilt: st.SearchStrategy[Object], *, most: int = _REFUSALS
) -> Sessions:
    """Sessions in which run records are refused, whatever they were sent for; `most` says how many of them at most."""
    ops = ["project", "identify"] if "identify" in capabilities else ["project"]
    requests = st.builds(
        lambda op, written: refusal([because], "invalid_input", op, **written), st.sampled_from(ops), spoilt
    )
    return st.lists(requests, min_size=2, max_size=most).map(refused)


def written(run: Json, capabilities: frozenset[str]) -> st.SearchStrategy[Object]:
    """A run record as an argument: as JSON, or as text where that can be sent."""
    ways: list[Object] = [{"run": run}]
    if "text-input" in capabilities:
        ways.append({"run_json": json.dumps(run, ensure_ascii=False)})
    return st.sampled_from(ways)


def rewritten(run: Json, capabilities: frozenset[str]) -> st.SearchStrategy[Object]:
    """A run record as an argument: as JSON, or as text with other spaces, escapes and orders of members."""
    ways: list[Object] = [{"run": run}]
    if "text-input" in capabilities:
        ways += [
            {"run_json": json.dumps(run, ensure_ascii=False)},
            {"run_json": json.dumps(run, indent=1)},
            {"run_json": json.dumps(_turned(run), separators=(",", ":"))},
        ]
    return st.sampled_from(ways)


def at_each(
    runs: st.SearchStrategy[Object],
    places: Iterable[_Place],
    make: Callable[[Object, _Place], st.SearchStrategy[_Drawn]],
) -> st.SearchStrategy[_Drawn]:
    """Draw a run record and one of the places in it, and go on from there."""
    return st.tuples(runs, st.sampled_from(list(places))).flatmap(lambda drawn: make(*drawn))


def _turned(value: Json) -> Json:
    """The same value with the members of its objects the other way round."""
    if isinstance(value, list):
        return list(map(_turned, value))
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in reversed(value)}
    return value


def _grown(at_ms: int) -> Object:
    record = {"event": "node_started", "recorded_at_ms": at_ms, "metadata": {"note": "new"}}
    run: Object = change(FULL, HISTORY, [*history_of(FULL), record])
    return run


grown: Final[st.SearchStrategy[Object]] = st.integers(1, 999).map(_grown)
"""The full run record with one lifecycle record more."""

characters: Final = st.characters(exclude_categories=["Cs"])
"""All but lone surrogates. To tell them by a codec, as `st.text` does, takes Hypothesis a second in each process."""
words: Final = st.text(alphabet="abcxyz", min_size=1, max_size=4)
small: Final = st.integers(0, 99)
plain: Final[st.SearchStrategy[Json]] = st.recursive(
    small | words | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
"""Values that every reader reads and every writer writes in the same way, but for the order of members."""
