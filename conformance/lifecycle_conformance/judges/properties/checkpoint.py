"""Checks of the chapter *Events and snapshots*: the checkpoint summary, and what is never copied."""

from collections.abc import Iterator, Sequence
from typing import Final

from lifecycle_conformance.execution.judgement import PASSES, Judgement, canonical, judged, none
from lifecycle_conformance.execution.trace import Object, Step, Trace, member, once_an_object
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.canaries import PLANTED, canary
from lifecycle_conformance.model.content_tables import (
    ENTERPRISE_FIELDS,
    differ_in_numbers_only,
    exactly,
    is_null,
    rows,
    summary_of,
)
from lifecycle_conformance.model.delta import delta
from lifecycle_conformance.model.identity import ids_listed_by
from lifecycle_projection.records import Json

_DEFINITION: Final = ("workflow_definition_version", "workflow_definition_snapshot_hash")
_REQUIREMENTS: Final = {
    "node_attempt_verdict_counts": "CKPT-2",
    "gate_history_count": "CKPT-2",
    "lifecycle_event_count": "CKPT-2",
    "node_output_ids": "CKPT-3",
    "awaiting_gate": "CKPT-4",
    "last_failure": "CKPT-6",
    "execution_claim": "CKPT-7",
}
"""Which requirement says what a member of the summary is; CKPT-1 where it is not named here."""


@check("CKPT-1", "CKPT-2", "CKPT-3", "CKPT-4", "CKPT-5", "CKPT-6", "CKPT-7", on=PASSES)
def of_checkpoints(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge the checkpoint summary of each snapshot that a pass wrote."""
    expected = summary_of(step.run)
    for snapshot in delta(step).new_snapshots:
        if "checkpoint" not in snapshot:
            continue  # SNAP-1 says so
        checkpoint, old = snapshot["checkpoint"], out_of_date(step, trace, snapshot)
        yield from exactly("CKPT-1", "checkpoint", checkpoint)
        for name, value in expected.items():
            if not isinstance(checkpoint, dict) or name not in checkpoint or f"checkpoint.{name}" in old:
                continue  # CKPT-1 says so, or SNAP-4
            if name == "awaiting_gate" and value is not None:
                yield from _gate(value, checkpoint[name])
            elif is_null(name, step.run) and canonical(value) != canonical(checkpoint[name]):
                continue  # REC-4 says so
            elif not differ_in_numbers_only(value, checkpoint[name]):
                requirement = _REQUIREMENTS.get(name, "CKPT-1")
                yield judged(requirement, f"{name} of the checkpoint", expected=value, actual=checkpoint[name])


@check("SNAP-4", on=PASSES)
def the_state_is_that_of_the_pass(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that all snapshots of a pass show one state, and none an earlier one."""
    new = delta(step).new_snapshots
    if len(new) > 1:
        states = list(map(_state_of, new))
        differing = [name for name in states[0] if len({canonical(each[name]) for each in states}) > 1]
        yield none("SNAP-4", "in what the snapshots of this pass differ", differing)
    before = step.shown_before().events if new else ()
    known = {each["event_id"] for each in before} | ids_listed_by(before)
    for snapshot in new:
        old = out_of_date(step, trace, snapshot)
        if old or snapshot["snapshot_id"] in known:  # of a new record, a right state says little
            actual = {name: _state_of(snapshot)[name] for name in old}
            yield judged("SNAP-4", "the state that is not the one of this pass", expected=old, actual=actual)


@check("REDACT-1", "REDACT-2", "REDACT-3", "REDACT-4", "REDACT-5", on=PASSES)
def what_is_never_copied(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that none of the planted words is in an event or a snapshot that a pass recorded."""
    recorded = [*delta(step).new_events, *delta(step).new_snapshots]
    if not recorded:
        return
    asked, said = canonical(step.run), list(map(canonical, recorded))
    for requirement, place in PLANTED.items():
        word = canary(place).encode()
        if word in asked:
            ids = [
                each.get("event_id", each.get("snapshot_id"))
                for each, text in zip(recorded, said, strict=True)
                if word in text
            ]
            yield none(requirement, f"the events and snapshots with something of {place}", ids)


def out_of_date(step: Step, trace: Trace, snapshot: Object) -> Object:
    """The members of a new snapshot's state that show an earlier state of the run, with the values of this pass.

    They are told from members that are wrong for a reason of their own: they are all as they once were, and not all
    of them empty.
    """
    key = out_of_date, snapshot["snapshot_id"], id(snapshot)
    if key not in step.memo:
        step.memo[key] = _out_of_date(step, trace, snapshot)
    found: Object = step.memo[key]
    return found


def _out_of_date(step: Step, trace: Trace, snapshot: Object) -> Object:
    actual = _state_of(snapshot)
    given = {**_state_in(step.run), **_scope_of(delta(step).new_events)}
    if all(canonical(actual[name]) == canonical(given[name]) for name in given):
        return {}
    found: Object = {}
    for earlier in _earlier_states(step, trace, snapshot):
        changed = [name for name in earlier if name in given and canonical(earlier[name]) != canonical(given[name])]
        shown = all(canonical(earlier[name]) == canonical(actual[name]) for name in changed)
        if shown and any(earlier[name] for name in changed):
            found |= {name: given[name] for name in changed}
    return found


def _earlier_states(step: Step, trace: Trace, snapshot: Object) -> Iterator[Object]:
    """What a snapshot would show that was out of date, member by member or all of it.

    Earlier scopes are those of events: snapshots may have had wrong ones from the first.
    """
    for earlier in trace.earlier(step):
        if earlier.op == "project" and earlier.owner == step.owner:
            state = _state_in(earlier.run)
            summary = {name: value for name, value in state.items() if name.startswith("checkpoint.")}
            yield from (summary, {**summary, "status": state["status"]})
            yield {name: state[name] for name in _DEFINITION if name in state}
    for event in step.shown_before().events:
        yield _scope_of([event])
        if event["event_id"] == snapshot["snapshot_id"]:
            yield {"status": member(event.get("payload"), "status")}


def _state_of(snapshot: Object) -> Object:
    """The state that a snapshot shows, by the names of its members."""
    summary = {f"checkpoint.{row.name}": member(snapshot.get("checkpoint"), row.name) for row in rows("checkpoint")}
    definition = {name: snapshot.get(name) for name in _DEFINITION}
    return {"status": snapshot["status"], **_scope_of([snapshot]), **definition, **summary}


@once_an_object
def _state_in(run: Object) -> Object:
    """The state that a run record gives by itself: of the definition what it records, or that there is none."""
    recorded: Object = {name: run.get(name) for name in _DEFINITION}
    no_other = run.get("automation_snapshot") is None
    definition = {name: value for name, value in recorded.items() if no_other or value is not None}
    summary = {f"checkpoint.{name}": value for name, value in summary_of(run).items()}
    return {"status": run["status"], **definition, **summary}


def _scope_of(records: Sequence[Object]) -> Object:
    """The scope of some events or snapshots, member by member, where they agree on it."""
    scopes = [each["scope"] for each in records]
    if len(set(map(canonical, scopes))) != 1:
        return {}
    return {f"scope.{name}": scopes[0].get(name) for name in ("tenant_context", *ENTERPRISE_FIELDS)}


def _gate(expected: Object, actual: Json) -> Iterator[Judgement]:
    """Judge an awaited gate: that an expiry policy is there by CKPT-4, what it holds by CKPT-5."""
    policy, shown = expected["expiry_policy"], member(actual, "expiry_policy")
    if policy == {} and shown is None and isinstance(actual, dict) and "expiry_policy" in actual:
        yield judged("CKPT-5", "the expiry policy of the awaited gate", expected=policy, actual=shown)
        return
    if policy is None or not isinstance(actual, dict) or shown is None:
        yield judged("CKPT-4", "the awaited gate", expected=expected, actual=actual)
        return
    yield judged("CKPT-4", "the awaited gate", expected=expected, actual={**actual, "expiry_policy": policy})
    yield judged("CKPT-5", "the expiry policy of the awaited gate", expected=policy, actual=shown)
