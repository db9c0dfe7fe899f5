"""Faults in the node, the wait and the cause that events name."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Run, content, projection
from lifecycle_projection.records import Json
from lifecycle_projection.text import member, trimmed
from lifecycle_projection.words import RunStatus, WaitKind

_CAUSES: Final = ("session_id", "wait_id", "delivery_id", "handoff_id")
_WAITS: Final = {kind.value: kind for kind in WaitKind}


def _phase_ids(named: Callable[[Run, Json], str | None]) -> list[AbstractContextManager[Any]]:
    """Let a phase id be what a function says, in events, snapshots and phase entries."""
    return [replaced(module, "phase_id_of", lambda _: named) for module in (content, projection)]


def _waits(named: Callable[[Run, Json], WaitKind | None]) -> AbstractContextManager[Any]:
    return replaced(content, "wait_kind_of", lambda _: named)


def _causes(named: Callable[[Json], str | None]) -> AbstractContextManager[Any]:
    return replaced(content, "causation_id_of", lambda _: named)


def _gate_node(run: Run) -> str | None:
    gate = run.checkpoint.awaiting_gate
    return None if gate is None else gate.node_id


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _claim_id(metadata: Json) -> Json:
    return member(member(metadata, "claim"), "claim_id")


# --- the node ---------------------------------------------------------------------------------------------------------


@fault("EVENT-4", why="White space is looked at to see whether there is an id, and forgotten when it is taken.")
def node_id_not_trimmed() -> Patches:
    """A node id that metadata names keeps the white space around it."""
    yield from _phase_ids(
        lambda run, metadata: (
            _text(member(metadata, "node_id")) if trimmed(member(metadata, "node_id")) else _gate_node(run)
        )
    )


@fault("EVENT-4", why="A member that is there is taken for a value.")
def a_blank_node_id_hides_the_gate() -> Patches:
    """A blank node id in the metadata keeps the gate from being asked."""

    def named(run: Run, metadata: Json) -> str | None:
        node = member(metadata, "node_id")
        return trimmed(node) if isinstance(node, str) else _gate_node(run)

    yield from _phase_ids(named)


@fault("EVENT-4", why="The gate belongs to the run, and the run comes first.")
def the_gate_before_the_record() -> Patches:
    """The node of the awaited gate counts before that of the metadata."""
    yield from _phase_ids(
        lambda run, metadata: _gate_node(run) or trimmed(member(metadata, "node_id")) or _gate_node(run)
    )


@fault("EVENT-4", why="Ids are made texts in many languages without a question.")
def node_id_may_be_a_number() -> Patches:
    """A node id that is a number counts, by its digits."""

    def named(run: Run, metadata: Json) -> str | None:
        node = member(metadata, "node_id")
        return str(node) if type(node) is int else trimmed(node) or _gate_node(run)

    yield from _phase_ids(named)


@fault("EVENT-5", why="One helper trims all ids.")
def gate_node_trimmed() -> Patches:
    """The node id of the awaited gate is trimmed, and none where it is blank."""
    yield from _phase_ids(lambda run, metadata: trimmed(member(metadata, "node_id")) or trimmed(_gate_node(run)))


@fault("EVENT-5", why="An empty text is false in many languages.")
def empty_gate_node_is_none() -> Patches:
    """An empty node id of the awaited gate counts as none."""
    yield from _phase_ids(lambda run, metadata: trimmed(member(metadata, "node_id")) or _gate_node(run) or None)


# --- the wait ---------------------------------------------------------------------------------------------------------


def _named_wait(metadata: Json) -> WaitKind | None:
    return _WAITS.get(trimmed(member(metadata, "wait_kind")) or "")


def _awaits_approval(run: Run) -> bool:
    return run.status is RunStatus.AWAITING_APPROVAL or run.checkpoint.awaiting_gate is not None


@fault("EVENT-6", why="What the record says seems to be more precise than what the run says.")
def the_named_wait_first() -> Patches:
    """The wait that metadata names counts before the gate."""
    yield _waits(lambda run, metadata: _named_wait(metadata) or (WaitKind.APPROVAL if _awaits_approval(run) else None))


@fault("EVENT-6", why="A run that awaits an approval has a status that says so.")
def a_gate_without_the_status_is_no_wait() -> Patches:
    """A gate makes no wait unless the status of the run is `awaiting_approval`."""
    yield _waits(
        lambda run, metadata: WaitKind.APPROVAL if run.status is RunStatus.AWAITING_APPROVAL else _named_wait(metadata)
    )


@fault("EVENT-6", why="The status seems to follow from the gate.")
def the_status_without_a_gate_is_no_wait() -> Patches:
    """The status `awaiting_approval` makes no wait without a gate."""
    yield _waits(
        lambda run, metadata: WaitKind.APPROVAL if run.checkpoint.awaiting_gate is not None else _named_wait(metadata)
    )


@fault("EVENT-7", why="Words are compared without regard to case in many places.")
def wait_kind_in_any_case() -> Patches:
    """A wait kind in the metadata counts in upper case, too."""
    yield _waits(
        lambda run, metadata: (
            WaitKind.APPROVAL
            if _awaits_approval(run)
            else _WAITS.get((trimmed(member(metadata, "wait_kind")) or "").lower())
        )
    )


@fault("EVENT-7", why="A word of a closed set is compared as it stands.")
def wait_kind_not_trimmed() -> Patches:
    """A wait kind in the metadata doesn't count with white space around it."""
    yield _waits(
        lambda run, metadata: (
            WaitKind.APPROVAL if _awaits_approval(run) else _WAITS.get(_text(member(metadata, "wait_kind")) or "")
        )
    )


@fault("EVENT-7", why="An approval is decided on before, so that it is left out here.")
def a_named_approval_is_no_wait() -> Patches:
    """The word `approval` in the metadata makes no wait."""

    def named(run: Run, metadata: Json) -> WaitKind | None:
        wait = _named_wait(metadata)
        return WaitKind.APPROVAL if _awaits_approval(run) else None if wait is WaitKind.APPROVAL else wait

    yield _waits(named)


# --- the cause --------------------------------------------------------------------------------------------------------


@fault("EVENT-8", "EVENT-9", why="Who executes a run seems to be its cause.")
def the_claim_first() -> Patches:
    """The claim counts before the four other causes."""
    yield _causes(
        lambda metadata: next(
            filter(None, map(trimmed, (_claim_id(metadata), *(member(metadata, name) for name in _CAUSES)))), None
        )
    )


@fault("EVENT-8", why="Ids are tried in the order of the alphabet.")
def causes_by_name() -> Patches:
    """The four causes are tried in the order of their names."""
    yield _causes(
        lambda metadata: next(
            filter(None, map(trimmed, (*(member(metadata, name) for name in sorted(_CAUSES)), _claim_id(metadata)))),
            None,
        )
    )


@fault("EVENT-8", "EVENT-9", why="The first member that is there is taken, and looked at afterwards.")
def a_blank_cause_hides_the_others() -> Patches:
    """The first cause that is a text decides, even if it is blank."""

    def named(metadata: Json) -> str | None:
        found = (*(member(metadata, name) for name in _CAUSES), _claim_id(metadata))
        return next((trimmed(each) for each in found if isinstance(each, str)), None)

    yield _causes(named)


@fault(
    "EVENT-8", "EVENT-9", why="White space is looked at to see whether there is an id, and forgotten when it is taken."
)
def causes_not_trimmed() -> Patches:
    """A cause keeps the white space around it."""

    def named(metadata: Json) -> str | None:
        found = (*(member(metadata, name) for name in _CAUSES), _claim_id(metadata))
        return next((_text(each) for each in found if trimmed(each)), None)

    yield _causes(named)


@fault("EVENT-9", why="Claims were named by their id alone in an older form.")
def a_claim_may_be_its_id() -> Patches:
    """A claim that is a text counts as its id."""

    def named(metadata: Json) -> str | None:
        claim = member(metadata, "claim")
        found = (
            *(member(metadata, name) for name in _CAUSES),
            claim if isinstance(claim, str) else _claim_id(metadata),
        )
        return next(filter(None, map(trimmed, found)), None)

    yield _causes(named)


@fault("EVENT-9", why="The four members look like the whole list.")
def no_claim_as_cause() -> Patches:
    """A claim is no cause."""
    yield _causes(lambda metadata: next(filter(None, map(trimmed, (member(metadata, name) for name in _CAUSES))), None))
