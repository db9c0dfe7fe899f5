"""Faults that copy into a snapshot what must never get there."""

from collections.abc import Callable
from typing import Any

from lifecycle_conformance.driver.server import Server
from lifecycle_conformance.mutants.changes import Patch, summaries
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Run, checkpoint
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Gate, Json


def _gates(changed: Callable[[Gate, dict[str, Json]], dict[str, Json]]) -> Patch:
    """Change the summary of the awaited gate."""
    return replaced(checkpoint, "_gate_summary", lambda summary: lambda gate: changed(gate, summary(gate)))


# --- what is never copied ---------------------------------------------------------------------------------------------


@fault("REDACT-1", "CKPT-3", why="Outputs that are texts look like ids themselves.")
def outputs_that_are_texts_as_ids() -> Patches:
    """In the list of the names of outputs, an output that is a text stands for its node."""
    yield summaries(
        lambda run, summary: {
            **summary,
            "node_output_ids": [
                value if isinstance(value := run.checkpoint.node_outputs[node], str) else node
                for node in sorted(run.checkpoint.node_outputs)
            ],
        }
    )


@fault(
    "REDACT-2", "CKPT-2", why="A verdict looks like a word, of which there are few, so that they can be counted by it."
)
def verdicts_counted_by_their_text() -> Patches:
    """A verdict that is a text is counted by it, beside the count of all."""
    yield summaries(
        lambda run, summary: {
            **summary,
            "node_attempt_verdict_counts": {
                **summary["node_attempt_verdict_counts"],
                **{
                    f"{node}:{verdict}": verdicts.count(verdict)
                    for node, verdicts in run.checkpoint.node_attempt_verdicts.items()
                    for verdict in verdicts
                    if isinstance(verdict, str)
                },
            },
        }
    )


@fault("REDACT-3", "CKPT-4", why="Instructions help whoever looks at a gate.")
def instructions_copied() -> Patches:
    """The summary of a gate has its instructions."""
    yield _gates(
        lambda gate, summary: {**summary, **({"instructions": gate.instructions} if gate.instructions else {})}
    )


@fault("REDACT-3", "CKPT-4", why="Metadata are copied elsewhere: of records, and of the last failure.")
def metadata_of_the_gate_copied() -> Patches:
    """The summary of a gate has its metadata."""
    yield _gates(lambda gate, summary: {**summary, **({} if gate.metadata is None else {"metadata": gate.metadata})})


@fault("REDACT-4", "CKPT-1", why="How the last gate was decided is worth knowing.")
def last_decision_copied() -> Patches:
    """The summary says what was decided at the last gate."""

    def decided(run: Run, summary: dict[str, Json]) -> dict[str, Json]:
        history = run.checkpoint.gate_history
        return {**summary, **({"last_decision": history[-1].decision} if history else {})}

    yield summaries(decided)


def _as_they_came(name: str, of: Callable[[dict[str, Json]], Json]) -> Patches:
    """Copy a member of the summary as it stands in the run record, whatever members it has, without nulls."""
    came: dict[str, Json] = {}

    def remembered(run_of: Callable[[Any, Json], Run]) -> Callable[[Any, Json], Run]:
        def read(server: Any, request: Json) -> Run:
            run = run_of(server, request)
            came["run"] = request["run"] if "run" in request else read_json(request["run_json"])
            return run

        return read

    def copied(_: Run, summary: dict[str, Json]) -> dict[str, Json]:
        found = of(came["run"])
        if found is None:
            return summary
        return {**summary, name: {each: value for each, value in found.items() if value is not None}}

    yield replaced(Server, "_run_of", remembered)
    yield summaries(copied)


@fault("REDACT-5", "CKPT-6", "REC-10", why="A record that is kept as it was read keeps what nobody knows.")
def unknown_members_of_the_failure_copied() -> Patches:
    """A last failure is copied with the members that no table names."""
    yield from _as_they_came("last_failure", lambda run: run["checkpoint"].get("last_failure"))


@fault("REDACT-5", "CKPT-7", "REC-10", why="A record that is kept as it was read keeps what nobody knows.")
def unknown_members_of_the_claim_copied() -> Patches:
    """A claim is copied with the members that no table names."""
    yield from _as_they_came("execution_claim", lambda run: run.get("execution_claim"))
