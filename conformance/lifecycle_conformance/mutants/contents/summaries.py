"""Faults in the checkpoint summary: what it holds, and what it leaves out."""

from collections.abc import Callable
from typing import Final

from lifecycle_conformance.mutants.changes import Patch, summaries
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Run, checkpoint
from lifecycle_projection.records import Gate, Json
from lifecycle_projection.words import RunStatus

_LISTS: Final = (
    *("completed_nodes", "pending_nodes", "blocked_nodes"),
    *("active_session_ids", "active_instance_ids"),
)


def _gates(changed: Callable[[Gate, dict[str, Json]], dict[str, Json]]) -> Patch:
    """Change the summary of the awaited gate."""
    return replaced(checkpoint, "_gate_summary", lambda summary: lambda gate: changed(gate, summary(gate)))


def _policies(changed: Callable[[dict[str, Json]], Json]) -> Patch:
    """Change the expiry policy of the awaited gate, where it has one."""
    return _gates(
        lambda gate, summary: (
            summary if gate.expiry_policy is None else {**summary, "expiry_policy": changed(summary["expiry_policy"])}
        )
    )


def _failures(changed: Callable[[Run, dict[str, Json]], Json]) -> Patch:
    """Change the last failure, where the run has one."""
    return summaries(
        lambda run, summary: (
            summary
            if summary["last_failure"] is None
            else {**summary, "last_failure": changed(run, summary["last_failure"])}
        )
    )


# --- what the summary holds -------------------------------------------------------------------------------------------


@fault("CKPT-1", why="A list of names looks like a set.")
def nodes_without_duplicates() -> Patches:
    """Lists of the summary hold each name once."""
    yield summaries(lambda _, summary: {**summary, **{name: list(dict.fromkeys(summary[name])) for name in _LISTS}})


@fault("CKPT-1", why="What is hashed should have one order, and so is sorted.")
def nodes_sorted() -> Patches:
    """Lists of the summary are sorted."""
    yield summaries(lambda _, summary: {**summary, **{name: sorted(summary[name]) for name in _LISTS}})


@fault("CKPT-1", why="Serializers are often told to leave out what is null.")
def nulls_left_out_of_the_summary() -> Patches:
    """Members of the summary that have no value are left out."""
    yield summaries(lambda _, summary: {name: value for name, value in summary.items() if value is not None})


@fault("CKPT-1", why="The claim holds an epoch, too, and it is the newer one.")
def epoch_of_the_claim() -> Patches:
    """The epoch in the summary is that of the claim, where there is one."""
    yield summaries(
        lambda run, summary: {
            **summary,
            "execution_claim_epoch": (
                run.execution_claim_epoch if run.execution_claim is None else run.execution_claim.lease_epoch
            ),
        }
    )


@fault("CKPT-1", why="`detail` explains a stop where nothing else does.")
def detail_as_stop_reason() -> Patches:
    """A run that was stopped without a reason has its detail as the reason."""
    yield summaries(
        lambda run, summary: {**summary, "stop_reason": run.detail if run.stop_reason is None else run.stop_reason}
    )


@fault("CKPT-1", why="An attempt that was never made seems to be none.")
def no_attempts_left_out() -> Patches:
    """Nodes with 0 attempts are left out."""
    yield summaries(
        lambda _, summary: {
            **summary,
            "node_attempts": {node: times for node, times in summary["node_attempts"].items() if times},
        }
    )


# --- counts and names -------------------------------------------------------------------------------------------------


@fault("CKPT-2", why="A node without verdicts seems to have nothing to count.")
def no_verdicts_left_out() -> Patches:
    """Nodes with 0 verdicts are left out."""
    counts = "node_attempt_verdict_counts"
    yield summaries(
        lambda _, summary: {**summary, counts: {node: count for node, count in summary[counts].items() if count}}
    )


@fault("CKPT-2", why="A verdict of `null` looks like none.")
def null_verdicts_not_counted() -> Patches:
    """Verdicts that are `null` don't count."""
    yield summaries(
        lambda run, summary: {
            **summary,
            "node_attempt_verdict_counts": {
                node: sum(each is not None for each in verdicts)
                for node, verdicts in run.checkpoint.node_attempt_verdicts.items()
            },
        }
    )


@fault("CKPT-2", why="A gate seems to be decided once.")
def gates_counted_once() -> Patches:
    """Of the gate history, the gates are counted and not the decisions."""
    yield summaries(
        lambda run, summary: {
            **summary,
            "gate_history_count": len({each.node_id for each in run.checkpoint.gate_history}),
        }
    )


@fault("CKPT-3", why="A node whose output is `null` seems to have none.")
def null_outputs_left_out() -> Patches:
    """Nodes whose output is `null` are left out of the names."""
    yield summaries(
        lambda run, summary: {
            **summary,
            "node_output_ids": sorted(node for node, value in run.checkpoint.node_outputs.items() if value is not None),
        }
    )


@fault("CKPT-3", why="Maps keep the order of insertion in many languages.")
def outputs_in_the_order_of_the_run() -> Patches:
    """The names of outputs stand in the order of the run record."""
    yield summaries(lambda run, summary: {**summary, "node_output_ids": list(run.checkpoint.node_outputs)})


@fault("CKPT-3", why="Strings are sorted by UTF-16 units in Java, C# and JavaScript.")
def outputs_by_utf16() -> Patches:
    """The names of outputs are sorted by UTF-16 units."""
    yield summaries(
        lambda run, summary: {
            **summary,
            "node_output_ids": sorted(run.checkpoint.node_outputs, key=lambda name: name.encode("utf-16-be")),
        }
    )


# --- the gate, the failure and the claim ------------------------------------------------------------------------------


@fault("CKPT-4", why="Serializers are often told to leave out what is empty.")
def empty_lists_left_out_of_the_gate() -> Patches:
    """Lists of the awaited gate that are empty are left out."""
    yield _gates(lambda _, summary: {name: value for name, value in summary.items() if value != []})


@fault("CKPT-4", why="An absent policy is left out everywhere else.")
def absent_policy_left_out_of_the_gate() -> Patches:
    """The gate of a summary has no expiry policy where the gate has none."""
    yield _gates(lambda _, summary: {name: value for name, value in summary.items() if value is not None})


@fault("CKPT-4", why="A gate that nobody waits for any more looks out of date.")
def no_gate_without_the_status() -> Patches:
    """The summary holds the gate only while the status of the run is `awaiting_approval`."""
    yield summaries(
        lambda run, summary: {
            **summary,
            "awaiting_gate": summary["awaiting_gate"] if run.status is RunStatus.AWAITING_APPROVAL else None,
        }
    )


@fault("CKPT-5", why="An object without members is false in Python.")
def empty_policy_is_null() -> Patches:
    """An expiry policy without members becomes `null`."""
    yield _policies(lambda policy: policy or None)


@fault("CKPT-5", why="All members of the gate are written, and so seem those of its policy.")
def policy_with_nulls() -> Patches:
    """An expiry policy holds all its members, `null` where they are absent."""
    names = ("expires_after_ms", "on_expiry", "escalate_to", "remind_every_ms")
    yield _policies(lambda policy: {name: policy.get(name) for name in names})


@fault("CKPT-5", why="Zero and the empty text are false in Python and JavaScript.")
def policy_without_zeros() -> Patches:
    """An expiry policy lacks its members that are 0 or empty."""
    yield _policies(lambda policy: {name: value for name, value in policy.items() if value})


@fault("CKPT-6", why="All members of the summary are written, and so seem those of a failure.")
def failure_with_nulls() -> Patches:
    """A last failure holds all its members, `null` where they are absent."""
    names = ("node_id", "reason", "failed_at_ms", "failure_kind", "metadata")
    yield _failures(lambda _, failure: {name: failure.get(name) for name in names})


@fault("CKPT-6", why="A summary looks like a place for small things only.")
def failure_without_metadata() -> Patches:
    """A last failure has no metadata."""
    yield _failures(lambda _, failure: {name: value for name, value in failure.items() if name != "metadata"})


@fault("CKPT-6", why="Metadata that holds nothing seems to say nothing.")
def failure_without_empty_metadata() -> Patches:
    """A last failure has no metadata where they are empty, 0 or false."""
    yield _failures(lambda _, failure: {name: value for name, value in failure.items() if name != "metadata" or value})


@fault("CKPT-6", why="A failure that the run has overcome looks out of date.")
def no_failure_of_a_run_that_completed() -> Patches:
    """A completed run has no last failure."""
    yield _failures(lambda run, failure: None if run.status is RunStatus.COMPLETED else failure)


@fault("CKPT-7", why="A lease that has run out is none.")
def no_claim_past_its_lease() -> Patches:
    """A claim whose lease ended before the run was updated is `null`."""
    yield summaries(
        lambda run, summary: {
            **summary,
            "execution_claim": (
                summary["execution_claim"]
                if run.execution_claim and run.execution_claim.lease_expires_at_ms >= run.updated_at_ms
                else None
            ),
        }
    )


@fault("CKPT-7", why="The epoch stands beside the claim already.")
def claim_without_epoch() -> Patches:
    """A claim has four members."""
    yield summaries(
        lambda _, summary: {
            **summary,
            "execution_claim": summary["execution_claim"]
            and {name: value for name, value in summary["execution_claim"].items() if name != "lease_epoch"},
        }
    )
