"""The phases of a run and the guard that moves it between them (chapter *Phases and the guard*)."""

from types import MappingProxyType
from typing import Final

from attrs import evolve, frozen

from lifecycle_projection.records import PhaseEntry, Snapshot
from lifecycle_projection.words import Phase, StatefulStatus

NEXT_PHASES: Final = MappingProxyType(
    {
        Phase.CREATED: (Phase.QUEUED, Phase.CANCELLED),
        Phase.QUEUED: (Phase.RUNNING_PHASE, Phase.PAUSED_ATTENTION_REQUIRED, Phase.CANCELLED),
        Phase.RUNNING_PHASE: (
            Phase.SLEEPING,
            Phase.WAITING_WEBHOOK,
            Phase.AWAITING_APPROVAL,
            Phase.RETRYING,
            Phase.PAUSED_ATTENTION_REQUIRED,
            Phase.COMPLETED,
            Phase.FAILED,
            Phase.CANCELLED,
        ),
        Phase.SLEEPING: (Phase.RUNNING_PHASE, Phase.PAUSED_ATTENTION_REQUIRED, Phase.CANCELLED),
        Phase.WAITING_WEBHOOK: (
            Phase.RUNNING_PHASE,
            Phase.RETRYING,
            Phase.PAUSED_ATTENTION_REQUIRED,
            Phase.FAILED,
            Phase.CANCELLED,
        ),
        Phase.AWAITING_APPROVAL: (
            Phase.RUNNING_PHASE,
            Phase.PAUSED_ATTENTION_REQUIRED,
            Phase.FAILED,
            Phase.CANCELLED,
        ),
        Phase.RETRYING: (Phase.RUNNING_PHASE, Phase.PAUSED_ATTENTION_REQUIRED, Phase.FAILED, Phase.CANCELLED),
        Phase.PAUSED_ATTENTION_REQUIRED: (Phase.QUEUED, Phase.RUNNING_PHASE, Phase.FAILED, Phase.CANCELLED),
        Phase.FAILED: (),
        Phase.COMPLETED: (),
        Phase.CANCELLED: (),
    }
)
"""Where each phase may go, in the order in which snapshots list it. A phase that goes nowhere is terminal."""

PHASE_OF_STATUS: Final = MappingProxyType(
    {
        StatefulStatus.QUEUED: Phase.QUEUED,
        StatefulStatus.RUNNING: Phase.RUNNING_PHASE,
        StatefulStatus.SLEEPING: Phase.SLEEPING,
        StatefulStatus.AWAITING_WEBHOOK: Phase.WAITING_WEBHOOK,
        StatefulStatus.AWAITING_APPROVAL: Phase.AWAITING_APPROVAL,
        StatefulStatus.PAUSING: Phase.PAUSED_ATTENTION_REQUIRED,
        StatefulStatus.PAUSED: Phase.PAUSED_ATTENTION_REQUIRED,
        StatefulStatus.BLOCKED: Phase.PAUSED_ATTENTION_REQUIRED,
        StatefulStatus.RETRYING: Phase.RETRYING,
        StatefulStatus.COMPLETED: Phase.COMPLETED,
        StatefulStatus.DRY_RUN: Phase.COMPLETED,
        StatefulStatus.FAILED: Phase.FAILED,
        StatefulStatus.DEAD_LETTERED: Phase.FAILED,
        StatefulStatus.CANCELLED: Phase.CANCELLED,
    }
)


@frozen
class Refused:
    """A move that the table does not have (PHASE-7)."""

    from_phase: Phase
    to_phase: Phase

    @property
    def terminal(self) -> bool:
        """Whether no move at all leads out of the phase: the message says so (PHASE-11)."""
        return not NEXT_PHASES[self.from_phase]


@frozen(kw_only=True)
class GuardedPhase:
    """The phase of a new snapshot, with its history up to there (PHASE-3 to PHASE-6)."""

    phase: Phase
    history: tuple[PhaseEntry, ...]


def phase_status(status: StatefulStatus, event: str) -> StatefulStatus:
    """The status that decides the phase of a record: a run that is queued for a retry is retrying (PHASE-2)."""
    if status is StatefulStatus.QUEUED and event == "node_retry_backoff_scheduled":
        return StatefulStatus.RETRYING
    return status


def guard(  # noqa: PLR0913 - all that a phase entry says
    latest: Snapshot | None,
    *,
    run_id: str,
    status: StatefulStatus,
    occurred_at_ms: int,
    phase_id: str | None,
    reason: str,
) -> GuardedPhase | Refused:
    """Decide the phase of a new snapshot from the latest one, which has its phase filled in.

    (PHASE-1, PHASE-3 to PHASE-9)
    """
    # The five cases of the chapter:
    #
    #   latest snapshot                  the guard   phase history of the new snapshot
    #   ------------------------------   ---------   -----------------------------------------   ----------------
    #   none                             allows      one observed entry                          PHASE-3
    #   in the same phase                allows      that of the latest, as it is                PHASE-4
    #   in the same phase, no history    allows      one observed entry                          PHASE-4
    #   in another phase, legal move     allows      that of the latest and a transition entry   PHASE-5, PHASE-6
    #   in another phase, other move     refuses     none: no snapshot is written                PHASE-7
    to_phase = PHASE_OF_STATUS[status]
    from_phase = None if latest is None else latest.phase
    history = () if latest is None else latest.phase_history or ()
    if from_phase is None or from_phase is to_phase:
        return GuardedPhase(phase=to_phase, history=history or (_observed(run_id, status, occurred_at_ms, phase_id),))
    if to_phase in NEXT_PHASES[from_phase]:
        moved = _transition(run_id, from_phase, to_phase, occurred_at_ms, phase_id, reason)
        return GuardedPhase(phase=to_phase, history=(*history, moved))
    return Refused(from_phase, to_phase)


def with_phase(snapshot: Snapshot) -> Snapshot:
    """Fill in what an older engine did not store: the phase, its history and where it may go.

    A snapshot that has a phase and no history gets an empty one; one without a phase is observed in that of its status.
    (SNAP-7, SNAP-8, SNAP-9)
    """
    if None not in (snapshot.phase, snapshot.phase_history, snapshot.allowed_next_phases):
        return snapshot
    phase = PHASE_OF_STATUS[snapshot.status] if snapshot.phase is None else snapshot.phase
    history: tuple[PhaseEntry, ...] = ()
    if snapshot.phase is None:
        history = (_observed(snapshot.run_id, snapshot.status, snapshot.created_at_ms, snapshot.phase_id),)
    return evolve(
        snapshot,
        phase=phase,
        phase_history=history if snapshot.phase_history is None else snapshot.phase_history,
        allowed_next_phases=(
            NEXT_PHASES[phase] if snapshot.allowed_next_phases is None else snapshot.allowed_next_phases
        ),
    )


def _observed(run_id: str, status: StatefulStatus, occurred_at_ms: int, phase_id: str | None) -> PhaseEntry:
    """The entry of a phase that a run was seen in (PHASE-8)."""
    phase = PHASE_OF_STATUS[status]
    return PhaseEntry(
        event_id=f"{run_id}:phase:{phase}:{occurred_at_ms}",
        to_phase=phase,
        event_type="stateful_runtime.phase.observed",
        occurred_at_ms=occurred_at_ms,
        phase_id=phase_id,
        reason=f"observed_status:{status}",
    )


def _transition(  # noqa: PLR0913, PLR0917 - all that a phase entry says
    run_id: str, from_phase: Phase, to_phase: Phase, occurred_at_ms: int, phase_id: str | None, reason: str
) -> PhaseEntry:
    """The entry of a phase that a run moved to (PHASE-9)."""
    return PhaseEntry(
        event_id=f"{run_id}:phase_transition:{from_phase}:{to_phase}:{occurred_at_ms}",
        from_phase=from_phase,
        to_phase=to_phase,
        event_type="stateful_runtime.phase.transition",
        occurred_at_ms=occurred_at_ms,
        phase_id=phase_id,
        reason=reason,
    )
