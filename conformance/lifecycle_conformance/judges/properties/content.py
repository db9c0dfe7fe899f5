"""Checks of the chapter *Events and snapshots*: the members of events and snapshots, and their scope."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Final

from lifecycle_conformance.execution.judgement import PASSES, Judgement, canonical, judged, none
from lifecycle_conformance.execution.trace import Object, Step, Trace, member
from lifecycle_conformance.judges.attribution.white_space import trimmed_otherwise
from lifecycle_conformance.judges.properties.checkpoint import out_of_date
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.content_tables import (
    ENTERPRISE_FIELDS,
    by_table,
    differ_in_numbers_only,
    tenant_in_scope,
)
from lifecycle_conformance.model.delta import delta
from lifecycle_conformance.model.identity import WHITE_SPACE, is_plain
from lifecycle_conformance.model.record_ties import Records, Tied, pass_effects, recorded_ids
from lifecycle_conformance.model.reported_ids import reported_ids
from lifecycle_conformance.specification import schemas
from lifecycle_projection.records import Json

_NO_ACTIVITY: Final = ("run_execution_claimed", "run_execution_claim_expired_requeued")
_WAITS: Final = ("timer", "webhook", "approval", "external_condition", "retry_backoff")
_CAUSES: Final = ("session_id", "wait_id", "delivery_id", "handoff_id")
_SCOPE_SOURCES: Final = ("resource_access", "automation_webhook", "enterprise_scope")


@check("EVENT-1", "EVENT-2", "EVENT-3", "EVENT-10", on=PASSES)
def of_events(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge the members of each event that a pass appended."""
    records, named = Records(step), list[int]()
    for event in delta(step).new_events:
        tied = records.of_event(event)
        if tied is None:
            continue  # an event of no record at all is PASS-2's business
        yield from by_table("EVENT-1", "event", event, (step.run, tied.record))
        if "payload" not in event:
            continue
        payload = event["payload"]
        copied = member(payload, "metadata")
        misread = not tied.certain and differ_in_numbers_only(tied.record.get("metadata"), copied)
        but = {"metadata"} if misread else set()
        yield from by_table("EVENT-2", "event.payload", payload, (step.run, tied.record), but=but)
        unsure = {"lifecycle_index"} if _may_be_of_a_twin(tied, payload, step, trace) else ()
        yield from _of_boundary(tied, "event", payload, "counts_as_activity", but=unsure)
        named.append(tied.index)
    for index, times in Counter(named).items():
        alike = records.identical_to(index)
        # Where there are more events than identical records, one of them is too many, which is PASS-2's business.
        if len(alike) > 1 and sum(each in alike for each in named) <= len(alike):
            yield judged("EVENT-3", f"how many new events name record {index}", expected=1, actual=times)


@check("EVENT-4", "EVENT-5", "EVENT-6", "EVENT-7", "EVENT-8", "EVENT-9", on=PASSES)
def what_events_say_beside_the_payload(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge phase id, wait kind and cause of each event that a pass appended, and the phase ids of the snapshots."""
    records = Records(step)
    for event in delta(step).new_events:
        if (tied := records.of_event(event)) is not None:
            yield from _of_gate(step.run, _phase_id(step.run, tied.record, "event", event.get("phase_id")))
            yield from _of_gate(step.run, _wait_kind(step.run, tied.record, event.get("wait_kind")))
            yield from _cause(tied.record, event.get("causation_id"))
    for snapshot in delta(step).new_snapshots:
        if (tied := records.of_snapshot(snapshot)) is not None:
            yield from _of_gate(step.run, _phase_id(step.run, tied.record, "snapshot", snapshot.get("phase_id")))


@check("SNAP-1", "SNAP-2", "SNAP-3", "EVENT-3", "EVENT-10", on=PASSES)
def of_snapshots(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge the members of each snapshot that a pass wrote; its checkpoint is judged by itself."""
    records, ids = Records(step), recorded_ids(step)
    seqs = {event["event_id"]: event["seq"] for event in delta(step).new_events}
    for snapshot in delta(step).new_snapshots:
        if (seq := seqs.get(snapshot["snapshot_id"])) is not None:
            yield judged("SNAP-1", "seq beside that of its event", expected=seq, actual=snapshot["seq"])
        tied = records.of_snapshot(snapshot)
        if tied is None:
            continue
        old = out_of_date(step, trace, snapshot)
        yield from by_table("SNAP-1", "snapshot", snapshot, (step.run, tied.record), but=old)
        if "metadata" in snapshot:
            metadata, own_id = snapshot["metadata"], snapshot["snapshot_id"]
            yield from by_table("SNAP-2", "snapshot.metadata", metadata, (step.run, tied.record))
            if own_id in ids and isinstance(metadata, dict) and "event_id" in metadata:
                yield judged("SNAP-2", "event_id in the metadata", expected=own_id, actual=metadata["event_id"])
            yield from _of_boundary(tied, "snapshot", metadata, "activity_boundary")
        if "checkpoint" in snapshot and "payload_digest" in snapshot:
            yield from _digest(snapshot["checkpoint"], snapshot["payload_digest"])


@check("SCOPE-1", on=PASSES)
def of_scopes(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge the scope of all that a pass recorded; what the enterprise scope is, exactly, is judged by fixed cases."""
    of_events = [event["scope"] for event in delta(step).new_events]
    of_snapshots = [
        snapshot["scope"]
        for snapshot in delta(step).new_snapshots
        if not any(name.startswith("scope.") for name in out_of_date(step, trace, snapshot))
    ]
    for what, scopes in (("event", of_events), ("snapshot", of_snapshots)):
        for each in scopes:
            yield from _scope(step.run, what, each)
    for event, snapshot in zip(of_events[:1], of_snapshots[:1], strict=False):
        what = "the enterprise scope of the events, beside that of the snapshots"
        yield judged("SCOPE-1", what, expected=_enterprise(snapshot), actual=_enterprise(event))


# --- single members ---------------------------------------------------------------------------------------------------


def _may_be_of_a_twin(tied: Tied, payload: Json, step: Step, trace: Trace) -> bool:
    """Whether an event may be of an identical record that it names, and have a wrong occurrence (OCC-1).

    That one was known and got no other event, and nobody has asked for its id.
    """
    named = member(payload, "lifecycle_index")
    if named == tied.index or named not in Records(step).identical_to(tied.index):
        return False
    return not pass_effects(step).events[named] and reported_ids(step, trace)[named] is None


def _of_boundary(tied: Tied, what: str, said: Json, activity: str, *, but: Collection[str] = ()) -> Iterator[Judgement]:
    """Judge the two members that a payload and the metadata of a snapshot have alike, where they are there."""
    if not isinstance(said, dict):
        return
    if tied.certain and "lifecycle_index" in said and "lifecycle_index" not in but:
        yield judged("EVENT-3", f"lifecycle_index of the {what}", expected=tied.index, actual=said["lifecycle_index"])
    if activity in said:
        counts = tied.record["event"] not in _NO_ACTIVITY
        yield judged("EVENT-10", f"{activity} of the {what}", expected=counts, actual=said[activity])


def _of_gate(run: Object, judgements: Iterator[Judgement]) -> Iterator[Judgement]:
    """The judgements in which a gate plays a part; of one that is `null`, those alone that hold (REC-4)."""
    is_null = run["checkpoint"].get("awaiting_gate", "none") is None
    return (each for each in judgements if each.holds or not is_null)


def _phase_id(run: Object, record: Object, what: str, actual: Json) -> Iterator[Judgement]:
    node_id, gate = member(record.get("metadata"), "node_id"), run["checkpoint"].get("awaiting_gate")
    of_gate = None if gate is None else gate["node_id"]

    def rule(white_space: str) -> Json:
        own = _trimmed(node_id, white_space)
        return of_gate if own is None else own

    if gate is None or _trimmed(node_id) is not None:
        yield from _by_trimming("EVENT-4", f"phase_id of the {what}", rule, actual)
        return
    # That it is the gate's, however it was changed, is said by EVENT-4; that it wasn't changed, by EVENT-5.
    is_of_gate = (actual if isinstance(actual, str) else "").strip() == str(of_gate).strip()
    shown = of_gate if is_of_gate else actual
    yield from _by_trimming("EVENT-4", f"phase_id of the {what}, from the gate", rule, shown)
    if is_of_gate:
        yield judged("EVENT-5", f"phase_id of the {what}, from the gate", expected=of_gate, actual=actual)


def _wait_kind(run: Object, record: Object, actual: Json) -> Iterator[Judgement]:
    if run["status"] == "awaiting_approval" or run["checkpoint"].get("awaiting_gate") is not None:
        yield judged("EVENT-6", "wait_kind", expected="approval", actual=actual)
        return

    def rule(white_space: str) -> Json:
        word = _trimmed(member(record.get("metadata"), "wait_kind"), white_space)
        return word if word in _WAITS else None

    yield from _by_trimming("EVENT-7", "wait_kind", rule, actual)


def _cause(record: Object, actual: Json) -> Iterator[Judgement]:
    metadata = record.get("metadata")
    claim_id = member(member(metadata, "claim"), "claim_id")

    def first_of(names: tuple[str, ...], white_space: str) -> str | None:
        texts = (_trimmed(member(metadata, name), white_space) for name in names)
        return next((text for text in texts if text is not None), None)

    def rule(white_space: str) -> Json:
        first = first_of(_CAUSES, white_space)
        return _trimmed(claim_id, white_space) if first is None else first

    requirement = "EVENT-9" if first_of(_CAUSES, WHITE_SPACE) is None else "EVENT-8"
    yield from _by_trimming(requirement, "causation_id", rule, actual)


def _by_trimming(requirement: str, what: str, rule: Callable[[str], Json], actual: Json) -> Iterator[Judgement]:
    """Judge a value that rests on trimming, unless it is what another notion of white space gives: see REC-16."""
    if not trimmed_otherwise(rule, actual):
        yield judged(requirement, what, expected=rule(WHITE_SPACE), actual=actual)


def _trimmed(value: Json, white_space: str = WHITE_SPACE) -> str | None:
    """Trim a string; what is no string, or empty then, is none."""
    return (value.strip(white_space) or None) if isinstance(value, str) else None


def _digest(checkpoint: Json, actual: Json) -> Iterator[Judgement]:
    """Judge a digest; where canonical JSON has anything to get wrong, a wrong one may be a fault of chapter 3."""
    expected = f"sha256:{hashlib.sha256(canonical(checkpoint)).hexdigest()}"
    if actual == expected or is_plain(checkpoint):
        yield judged("SNAP-3", "payload_digest", expected=expected, actual=actual)


def _scope(run: Object, what: str, scope: Object) -> Iterator[Judgement]:
    given, tenant = run.get("tenant_context", {}), scope["tenant_context"]
    expected = tenant_in_scope(run)
    if "source" not in given and tenant.get("source") == "explicit":
        expected = {**expected, "source": "explicit"}  # another default is a fault of REC-5 or REC-12
    yield judged(
        "SCOPE-1", f"schema_version in the scope of the {what}", expected=1, actual=scope.get("schema_version")
    )
    yield judged("SCOPE-1", f"the tenant in the scope of the {what}", expected=expected, actual=tenant)
    problems = [] if schemas.is_valid("scope-written", scope) else schemas.problems("scope-written", scope)
    wrong = [f"{path}: {problem}" for path, problem in problems]
    yield none("SCOPE-1", f"what is wrong with the form of the scope of the {what}", wrong)
    if not any(isinstance(each, dict) for each in _scope_sources(run)):
        fields = [name for name in ENTERPRISE_FIELDS if name in scope]
        yield none("SCOPE-1", f"fields of an enterprise scope in the {what}", fields)


def _enterprise(scope: Object) -> Object:
    return {name: scope[name] for name in ENTERPRISE_FIELDS if name in scope}


def _scope_sources(run: Object) -> Iterator[Json]:
    metadata = member(run.get("automation_snapshot"), "metadata")
    return (member(metadata, name) for name in _SCOPE_SOURCES)
