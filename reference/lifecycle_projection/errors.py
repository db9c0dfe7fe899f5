"""Everything that the projection refuses, as exceptions that carry data (chapter *Errors*).

`kind` is the word that the driver protocol uses (ERR-7); the text is for people.
"""

from functools import partial
from typing import Any, ClassVar

from attrs import asdict, evolve, frozen

from lifecycle_projection.records import ProjectionResult, Snapshot
from lifecycle_projection.words import Phase


@frozen
class Problem:
    """One thing that is wrong with a document: where (a JSON path, such as `$.status`) and what was expected."""

    path: str
    message: str

    def __str__(self) -> str:
        """Both in one line; of a document as a whole, the message says enough."""
        return self.message if self.path == "$" else f"{self.message} at {self.path}"


class LifecycleProjectionError(Exception):
    """Base of all errors that this package raises on purpose."""

    kind: ClassVar[str]

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel between processes with their data, which Python by itself passes on by position."""
        return partial(type(self), **asdict(self, recurse=False)), ()  # type: ignore[arg-type]


@frozen(kw_only=True, str=False)
class InvalidInputError(LifecycleProjectionError):
    """A document was refused; nothing was written (ERR-1, ERR-2). `source` names the file, if there is one."""

    kind: ClassVar[str] = "invalid_input"
    problems: tuple[Problem, ...]
    source: str | None = None

    def __str__(self) -> str:
        """The source once, then each problem."""
        text = "; ".join(map(str, self.problems))
        return text if self.source is None else f"{self.source}: {text}"

    def located(self, source: str) -> "InvalidInputError":
        """The same error, with the name of the file or stream."""
        return evolve(self, source=source)


@frozen(kw_only=True, str=False)
class NotJsonError(InvalidInputError):
    """A text is no JSON: the reason, and where that shows, in bytes from its start (JSON-13, JSON-14, JSON-16)."""

    reason: str
    offset: int

    @classmethod
    def at(cls, place: str, reason: str, offset: int) -> "NotJsonError":
        """The error for a text, with the place in words."""
        problem = Problem("$", f"expected JSON text: {reason} {place}")
        return cls(problems=(problem,), reason=reason, offset=offset)


@frozen(kw_only=True, str=False)
class PhaseTransitionError(LifecycleProjectionError):
    """The guard refused a move between phases and the pass stopped at this record (PHASE-7, ERR-3).

    `done` is what the pass had done before: the event of the refused record is in it, but does not count.
    """

    kind: ClassVar[str] = "phase_transition"
    run_id: str
    lifecycle_index: int
    from_phase: Phase
    to_phase: Phase
    terminal: bool
    done: ProjectionResult

    def __str__(self) -> str:
        """Production's words, for which people search logs, then where it happened (PHASE-11)."""
        terminal = "terminal phase " if self.terminal else ""
        return (
            f"workflow phase transition from {terminal}{self.from_phase} to {self.to_phase} is not allowed"
            f" (run {self.run_id!r}, lifecycle record {self.lifecycle_index},"
            f" {self.done.projected} records projected before it)"
        )


@frozen(kw_only=True, str=False)
class StorageConflictError(LifecycleProjectionError):
    """A snapshot of another run, id or tenant stands where this one belongs; nothing was overwritten (H3, ERR-4)."""

    kind: ClassVar[str] = "storage_conflict"
    snapshot_id: str
    found: Snapshot
    done: ProjectionResult

    def __str__(self) -> str:
        """What belongs there, and what stands there."""
        tenant = self.found.scope.tenant_context
        return (
            f"the place of snapshot {self.snapshot_id!r} holds snapshot {self.found.snapshot_id!r} of run"
            f" {self.found.run_id!r} of tenant {tenant.org_id!r}/{tenant.workspace_id!r}/{tenant.deployment_id!r}"
        )


@frozen(kw_only=True, str=False)
class StorageError(LifecycleProjectionError):
    """The store could not be read or written at `path`; what was there before is still there (ERR-5).

    `done` is what the pass had done before, or `None` where no pass was going on. An event whose snapshot could not be
    written is in it, but does not count.
    """

    kind: ClassVar[str] = "storage"
    path: str
    problem: str
    done: ProjectionResult | None = None

    def __str__(self) -> str:
        """The path first: a folder or a disk is what has to be mended."""
        return f"{self.path}: {self.problem}"
