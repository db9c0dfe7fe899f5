"""Input cases for the chapter *Records*: what its tables leave open, such as maps, free-form values and texts."""

import json
from collections.abc import Iterable
from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation.alphabets import NOT_WHITE_SPACE
from lifecycle_conformance.generation.input_cases.runs import (
    RECORDS,
    SNAPSHOT,
    TYPED,
    Path,
    at,
    change,
    drop,
    small_run,
    text_with,
    text_with_twice,
)
from lifecycle_conformance.generation.input_cases.sessions import (
    Cases,
    Requests,
    Sessions,
    at_each,
    characters,
    grown,
    plain,
    reading,
    refusals,
    small,
    words,
    written,
)
from lifecycle_conformance.model.identity import WHITE_SPACE
from lifecycle_conformance.model.shown_metadata import SHOWN_AS, WAIT_KINDS
from lifecycle_projection.records import Json

_METADATA: Final[Path] = ("checkpoint", "lifecycle_history", 0, "metadata")
_NAMES_OF_NO_MEMBER: Final = ("unheard_of", "document", "raw")
"""Names that no table has; readers may have them for what they keep beside the members."""
_EVENTS: Final = ("node_started", "node_completed", "node_failed", "node_blocked", "node_recovered")


def _local_tenant(capabilities: frozenset[str]) -> Sessions:
    """Leave out the tenant, of runs with and without what they may have."""
    optional = [name for name, each in RECORDS["run"].items() if each.sort == "optional"]
    tenant = {"org_id": "local", "workspace_id": "local", "source": "local_implicit"}

    def sessions(run: Object, left_out: list[str]) -> Sessions:
        for name in left_out:
            run = drop(run, (name,))
        means = change(run, ("tenant_context",), tenant)
        sent = written(drop(run, ("tenant_context",)), capabilities)
        return sent.map(lambda sent: reading("REC-12", means, sent))

    thinned = st.tuples(grown, st.lists(st.sampled_from(optional), unique=True))
    return thinned.flatmap(lambda drawn: sessions(*drawn))


def _last_one_wins(capabilities: frozenset[str]) -> Sessions:
    """Write members of maps and of free-form objects twice; in maps, with a value of another type before the last."""
    counts, verdicts = ("checkpoint", "node_attempts"), ("checkpoint", "node_attempt_verdicts")
    places: dict[Path, st.SearchStrategy[Json]] = {
        _METADATA: plain,
        ("checkpoint", "last_failure", "metadata"): plain,
        ("checkpoint", "node_outputs"): plain,
        counts: small,
        verdicts: st.lists(small, max_size=3),
    }
    # Such as nobody converts: whether a count may be `"2"` or 0.5 is not the question here (REC-6, REC-7).
    wrong: dict[Path, list[Json]] = {counts: ["two", [2], {"a": 2}], verdicts: [7, {"a": 1}, True]}

    def sessions(run: Object, path: Path) -> Sessions:
        pairs = st.lists(st.tuples(words, places[path]), min_size=1, max_size=3)

        def session(first: list[tuple[str, Json]], last: Json) -> Requests:
            pairs = [*first, (first[0][0], last)]
            return reading("REC-13", change(run, path, dict(pairs)), {"run_json": text_with(run, path, _object(pairs))})

        return st.builds(session, pairs, places[path])

    def spoilt(run: Object, path: Path) -> st.SearchStrategy[Object]:
        right, before = places[path], st.lists(places[path], max_size=1)
        values = st.builds(lambda first, bad, last: [*first, bad, last], before, st.sampled_from(wrong[path]), right)
        pairs = st.builds(lambda name, values: [(name, value) for value in values], words, values)
        return pairs.map(lambda pairs: {"run_json": text_with(run, path, _object(pairs))})

    return st.one_of(
        at_each(grown, places, sessions),
        at_each(grown, TYPED, _unknown_twice),
        at_each(grown, [(SNAPSHOT,)], _unknown_twice),  # often, as all of a definition counts
        at_each(grown, _RECORDS_OF_SCOPE, _twice_in_scope),
        refusals("REC-13", capabilities, at_each(grown, wrong, spoilt)),
    )


def _unknown_twice(run: Object, path: Path) -> Sessions:
    """Write a member that the record's table doesn't name twice, one right after the other, before all that it names.

    So it stands at one place in the order of members, whichever of the two counts: a definition is hashed in it.
    """

    def session(name: str, first: Json, last: Json) -> Requests:
        record = {name: last, **at(run, path)}
        text = text_with(run, path, f"{{{json.dumps(name)}: {json.dumps(first)}, {json.dumps(record)[1:]}")
        return reading("REC-13", change(run, path, record), {"run_json": text})

    return st.builds(session, st.sampled_from(_NAMES_OF_NO_MEMBER), plain, plain)


def _twice_in_scope(run: Object, path: Path) -> Sessions:
    """Write a member twice of what is read from the metadata of a definition, which are free-form."""
    means = change(change(run, _METADATA_OF_DEFINITION, {"enterprise_scope": _SCOPE}), path, "last")
    text = text_with_twice(means, path, json.dumps("first"), json.dumps("last"))
    return st.just(reading("REC-13", means, {"run_json": text}))


_METADATA_OF_DEFINITION: Final[Path] = (SNAPSHOT, "metadata")
_RESOURCE: Final = {"organization_id": "o", "workspace_id": "w", "resource_kind": "project", "resource_id": "r"}
_SCOPE: Final = {
    "owner_principal": {"kind": "human_user", "id": "u"},
    "resource_scope": {"root": _RESOURCE, "allowed_resources": [_RESOURCE]},
}
_RECORDS_OF_SCOPE: Final[tuple[Path, ...]] = tuple(
    (*_METADATA_OF_DEFINITION, "enterprise_scope", *path)
    for path in (
        ("owner_principal", "id"),
        ("resource_scope", "root", "resource_id"),
        ("resource_scope", "allowed_resources", 0, "resource_id"),
    )
)


def _any_definition(capabilities: frozenset[str]) -> Sessions:
    """Send definitions that hold an automation id, and anything else or nothing."""
    known = ("metadata", "name", "status", "schedule", "flow", "agents", "execution", "nodes", *_NAMES_OF_NO_MEMBER)
    everything = plain.map(lambda value: dict.fromkeys(known, value))
    definitions = st.builds(
        lambda automation_id, more: {**more, "automation_id": automation_id},
        st.just("") | words,
        everything | st.dictionaries(st.sampled_from(known) | words, plain | st.none(), max_size=3),
    )

    def sessions(run: Object, definition: Object) -> Sessions:
        run = change(run, (SNAPSHOT,), definition)
        return written(run, capabilities).map(lambda sent: reading("REC-14", run, sent))

    return st.tuples(grown, definitions).flatmap(lambda drawn: sessions(*drawn))


def _any_event(capabilities: frozenset[str]) -> Sessions:
    names = st.sampled_from(["", " ", "/", "..", "Node Started", "\x00", "größe 😀", "\u2028"]) | st.text(
        characters, max_size=30
    )

    def sessions(name: str) -> Sessions:
        run = small_run({"event": name, "recorded_at_ms": 1})
        return written(run, capabilities).map(lambda sent: reading("REC-15", run, sent))

    return names.flatmap(sessions)


def _padded(capabilities: frozenset[str]) -> Sessions:
    """Pad texts by white space, and by characters that some take for it; the first record has spaces only."""
    nothing = st.just("")
    white = nothing | st.permutations(WHITE_SPACE).map("".join) | st.text(alphabet=WHITE_SPACE, max_size=3)
    edges = nothing | st.permutations(NOT_WHITE_SPACE).map(lambda drawn: "".join(drawn[:2]))

    def sessions(member: str) -> Sessions:
        inner = st.sampled_from(WAIT_KINDS if member == "wait_kind" else ["node", "node b"])
        cores = nothing | st.builds("{}{}{}".format, edges, inner, edges) | edges
        texts = st.builds("{}{}{}".format, white, cores, white)

        def session(padded: list[str]) -> Sessions:
            plainly = " timer " if member == "wait_kind" else " node "
            run = small_run(
                *(
                    {"event": event, "recorded_at_ms": 1, "metadata": _holding(member, text)}
                    for event, text in zip(_EVENTS, [plainly, *padded], strict=False)
                )
            )
            return written(run, capabilities).map(lambda sent: reading("REC-16", run, sent))

        return st.lists(texts, min_size=1, max_size=len(_EVENTS) - 1).flatmap(session)

    return st.sampled_from([*SHOWN_AS, "claim"]).flatmap(sessions)


def _no_object(capabilities: frozenset[str]) -> Sessions:
    """Send metadata, claims and metadata of a definition that are no objects; the first record's are empty ones."""
    known = [*SHOWN_AS, "claim", "claim_id"]
    inside = {**dict.fromkeys(known, "node"), "wait_kind": "timer"}
    values: st.SearchStrategy[Json] = st.one_of(
        st.sampled_from([*known, "", "node", 7, True, False, [], json.dumps(inside)]),
        st.lists(st.sampled_from([inside, *known]), min_size=1, max_size=3),
    )

    def record(event: str, where: str, value: Json) -> Object:
        metadata = {"metadata": value, "claim": {"claim": value}}.get(where, {"note": "plain"})
        return {"event": event, "recorded_at_ms": 2, "metadata": metadata}

    def sessions(drawn: list[tuple[str, Json]]) -> Sessions:
        special = (record(event, *each) for event, each in zip(_EVENTS[1:], drawn, strict=False))
        run = small_run({"event": _EVENTS[0], "recorded_at_ms": 1, "metadata": {}}, *special)
        definitions = [value for where, value in drawn if where == SNAPSHOT]
        if definitions:
            run = {**run, SNAPSHOT: {"automation_id": "automation-1", "metadata": definitions[0]}}
        return written(run, capabilities).map(lambda sent: reading("REC-17", run, sent))

    places = st.sampled_from(["metadata", "claim", SNAPSHOT])
    return st.lists(st.tuples(places, values), min_size=1, max_size=len(_EVENTS) - 1).flatmap(sessions)


def _holding(member: str, text: str) -> Object:
    return {"claim": {"claim_id": text}} if member == "claim" else {member: text}


def _object(pairs: Iterable[tuple[str, Json]]) -> str:
    """Write an object with these members, the same name at times twice."""
    return "{" + ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in pairs) + "}"


CASES: Final[Cases] = {
    "REC-12": _local_tenant,
    "REC-13": _last_one_wins,
    "REC-14": _any_definition,
    "REC-15": _any_event,
    "REC-16": _padded,
    "REC-17": _no_object,
}
