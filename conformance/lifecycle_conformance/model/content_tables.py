"""What the tables of the chapter *Events and snapshots* give for a run.

A table says for each member where it comes from: a JSON constant, a path into the run or the lifecycle record, a text
with such paths in it, or a rule in words. All but the last are worked out here as they stand.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Final, TypeAlias

from attrs import frozen

from lifecycle_conformance.execution.judgement import Judgement, canonical, judged
from lifecycle_conformance.execution.trace import Object, once_an_object
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection.records import Json

Source: TypeAlias = tuple[Object, Object]
"""A run and one of its lifecycle records."""

ENTERPRISE_FIELDS: Final = tuple(dict.fromkeys(code_spans(row["field"])[0] for row in tables()["scope"]))
"""The fields of the enterprise scope (SCOPE-4)."""
_GATE: Final = ("node_id", "title", "decisions", "rework_targets", "requested_at_ms", "upstream_node_ids")
"""The members of a gate that CKPT-4 copies, beside the expiry policy."""
_TOLD_IN_WORDS: Final = {
    "node_attempt_verdict_counts": "run.checkpoint.node_attempt_verdicts",
    "node_output_ids": "run.checkpoint.node_outputs",
    "awaiting_gate": "run.checkpoint.awaiting_gate",
    "gate_history_count": "run.checkpoint.gate_history",
    "lifecycle_event_count": "run.checkpoint.lifecycle_history",
    "last_failure": "run.checkpoint.last_failure",
    "execution_claim": "run.execution_claim",
}
"""Where those members of a checkpoint summary come from of which the table speaks in words."""
_PLACE: Final = re.compile(r"\{((?:run|record)\.[a-z_.]+)\}")
_PATH: Final = re.compile(r"(?:run|record)\.[a-z_.]+")


@frozen(kw_only=True)
class Row:
    """One row of a table: a member, when it is written, and where it comes from, unless words say that."""

    name: str
    written: str
    text: str | None

    def given(self, source: Source) -> Json:
        """The value that a row which words don't describe has for a run and a lifecycle record."""
        return _reader(self.text or "")(source)


@cache
def _reader(text: str) -> Callable[[Source], Json]:
    """How a value is found that a table gives as a path, as a text with paths in it, or as it stands."""
    if _PATH.fullmatch(text):
        return lambda source: _at(text, source)
    if _PLACE.search(text):
        return lambda source: _PLACE.sub(lambda match: str(_at(match[1], source)), text)
    value = json.loads(text)
    return lambda _: value


@cache
def rows(table: str) -> tuple[Row, ...]:
    """The rows of a table of chapter 7."""
    return tuple(
        Row(
            name=code_spans(row["member"])[0],
            written=row["written when"],
            text=_text(row["where it comes from"]),
        )
        for row in tables()[table]
    )


@cache
def members_of(table: str) -> tuple[str, ...]:
    """Name the members of a record of chapter 2."""
    return tuple(code_spans(row["member"])[0] for row in tables()[table])


def known_of(table: str, record: Json) -> Json:
    """The members of a record that its table names and that are not absent; none for no record (REC-4)."""
    if record is None:
        return None
    return {name: record[name] for name in members_of(table) if record.get(name) is not None}


def by_table(
    requirement: str, table: str, document: Json, source: Source, *, but: Collection[str] = ()
) -> Iterator[Judgement]:
    """Judge that a document has exactly the members of a table, with the values that the table gives.

    The value of a member that words describe, or that is among `but`, is judged elsewhere.
    """
    yield from exactly(requirement, table, document)
    for row in rows(table):
        if row.text is not None and row.name not in but and isinstance(document, dict) and row.name in document:
            expected = row.given(source)
            yield judged(requirement, f"{row.name} of {table}", expected=expected, actual=document[row.name])


def exactly(requirement: str, table: str, document: Json) -> Iterator[Judgement]:
    """Judge that a document has all members that a table has always, and no other; what is absent is never null."""
    if not isinstance(document, dict):
        yield judged(requirement, f"{table}, which is an object", expected={}, actual=document)
        return
    always = {row.name for row in rows(table) if row.written == "always"}
    allowed = {row.name for row in rows(table) if row.written != "never"}
    null = [name for name in allowed - always if name in document and document[name] is None]
    missing = sorted(always - document.keys())
    problems = [
        *([f"{schemas.listed(missing)} missing"] if missing else []),
        *(f"`{name}` is one member too many" for name in sorted(document.keys() - allowed)),
        *(f"`{name}` is null, and left out where it has no value" for name in sorted(null)),
    ]
    yield Judgement(requirement=requirement, what=f"the members of {table}", problems=tuple(problems))


@once_an_object
def summary_of(run: Object) -> Object:
    """The checkpoint summary of a run (CKPT-1 to CKPT-7)."""
    given = run["checkpoint"]
    gate = given.get("awaiting_gate")
    plain = {row.name: row.given((run, {})) for row in rows("checkpoint") if row.text is not None}
    verdicts = given.get("node_attempt_verdicts", {})
    return {
        **plain,
        "node_attempt_verdict_counts": {node: len(each) for node, each in verdicts.items()},
        "node_output_ids": sorted(given.get("node_outputs", {}), key=str.encode),
        "awaiting_gate": None if gate is None else _gate(gate),
        "gate_history_count": len(given.get("gate_history", [])),
        "lifecycle_event_count": len(given.get("lifecycle_history", [])),
        "last_failure": known_of("failure", given.get("last_failure")),
        "execution_claim": known_of("claim", run.get("execution_claim")),
    }


def is_null(name: str, run: Object) -> bool:
    """Whether a run record has `null` for what a member of the summary comes from; how that is read, says REC-4."""
    _, *places, last = {**_paths(), **_TOLD_IN_WORDS}.get(name, "run.").split(".")
    record: Object = run
    for each in places:
        record = record[each]
    return last in record and record[last] is None


@cache
def _paths() -> dict[str, str]:
    """Where the members of the summary come from of which a path says that."""
    return {row.name: row.text for row in rows("checkpoint") if row.text is not None and _PATH.fullmatch(row.text)}


def tenant_in_scope(run: Object) -> Object:
    """The tenant of a run as a scope has it: with its known members (SCOPE-1, REC-5, REC-12)."""
    given = run.get("tenant_context", {"org_id": "local", "workspace_id": "local"})
    return {"source": "local_implicit", **known_of("tenant", given)}


def differ_in_numbers_only(expected: Json, actual: Json) -> bool:
    """Whether a copy differs by how a number was read: that is the subject of chapter 3, not of what is copied."""
    return canonical(expected) != canonical(actual) and canonical(_coarse(expected)) == canonical(_coarse(actual))


def _coarse(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _coarse(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_coarse(each) for each in value]
    return f"{float(value) or 0.0:.14g}" if type(value) in {int, float} else value


def _gate(gate: Object) -> Object:
    defaults: Object = {"decisions": [], "rework_targets": [], "upstream_node_ids": []}
    copied = {name: gate.get(name, defaults.get(name)) for name in _GATE}
    return {**copied, "expiry_policy": known_of("expiry_policy", gate.get("expiry_policy"))}


def _text(cell: str) -> str | None:
    """What a cell holds that is a code span and nothing else."""
    spans = code_spans(cell)
    return spans[0] if len(spans) == 1 and cell == f"`{spans[0]}`" else None


def _at(path: str, source: Source) -> Json:
    """The member at a path, its default where it is left out; an optional one is absent then, which is null."""
    root, *names = path.split(".")
    value: Json = source[0] if root == "run" else source[1]
    for name in names:
        value = value.get(name)
    return _defaults().get(path) if value is None else value


@cache
def _defaults() -> Object:
    """The defaults that are JSON values, by path."""
    return {
        f"{table}.{code_spans(row['member'])[0]}": json.loads(code_spans(row["default"])[0])
        for table in ("run", "run.checkpoint")
        for row in tables()[table]
        if code_spans(row["default"])
    }
