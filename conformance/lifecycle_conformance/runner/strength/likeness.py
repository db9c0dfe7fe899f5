"""Likeness: which faulty implementations do exactly what a driver does in the session that shows its failure.

Whoever reads that theirs behaves like a fault with a name reads the cause, and needn't guess it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer, Breakdown, Driver
from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.operations import ON_FILES
from lifecycle_conformance.execution.session import executed
from lifecycle_conformance.execution.trace import Files, Object, Request, Shown, Step
from lifecycle_conformance.judges.agreement import AGREEMENT
from lifecycle_conformance.mutants import MUTANTS, Mutant

_FILES: Final = "files"


@frozen
class Behaviour:
    """What an implementation did in a session: each step's answer and what was shown then, and the files at its end.

    The message of a refusal is for people (ERR-7): any text will do.
    """

    steps: tuple[bytes, ...]
    broke: Breakdown | None
    files: Files | None

    def is_like(self, other: "Behaviour") -> bool:
        """Whether both did the same; files are compared where both show them."""
        unseen = self.files is None or other.files is None
        return (self.steps, self.broke) == (other.steps, other.broke) and (unseen or self.files == other.files)


def alike(driver: Driver, requests: Sequence[Request], subject: str) -> tuple[str, ...]:
    """The faulty implementations that do in a session what a driver does, of those that break what failed there.

    `subject` is a requirement, or agreement with the reference, which each of them breaks. None where the driver does
    what the reference does: then nothing that can be compared is wrong.
    """
    theirs = behaviour(driver, requests)
    if theirs.is_like(behaviour(InProcessDriver(), requests)):
        return ()
    return tuple(each.name for each in _suspects(requests, subject) if _of_mutant(each, requests).is_like(theirs))


def _suspects(requests: Sequence[Request], subject: str) -> Iterator[Mutant]:
    on_files = any(op in ON_FILES for op, _ in requests)
    for each in MUTANTS.values():
        if subject in {AGREEMENT, *each.breaks} and (each.store == _FILES or not on_files):
            yield each


def _of_mutant(mutant: Mutant, requests: Sequence[Request]) -> Behaviour:
    with mutant.applied():
        return behaviour(InProcessDriver(mutant.store), requests)


def behaviour(driver: Driver, requests: Sequence[Request]) -> Behaviour:
    """What an implementation does in a session."""
    session, broke = executed(driver, requests, [])
    steps = session.trace.steps
    return Behaviour(
        steps=tuple(map(_told, steps)),
        broke=None if broke is None else broke.verdict,
        files=steps[-1].files_after if steps else None,
    )


def _told(step: Step) -> bytes:
    shown = [[*owner.tenant, owner.run_id, _plain(shown)] for owner, shown in step.after.items()]
    return canonical([_answer(step.answer), shown])


def _answer(answer: Answer) -> Object:
    return {"ok": answer.ok} if answer.error is None else {"kind": answer.error.kind, "data": answer.error.data}


def _plain(shown: Shown) -> Object:
    return {"events": [*shown.events], "snapshots": [*shown.snapshots]}
