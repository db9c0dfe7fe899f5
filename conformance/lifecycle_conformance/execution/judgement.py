"""What a check says: for a requirement, what was expected and what came."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final, TypeAlias

import orjson
from attrs import evolve, field, frozen

from lifecycle_conformance.execution.operations import ALL, Operations
from lifecycle_conformance.execution.trace import Step, Trace
from lifecycle_projection.records import Json


@frozen(kw_only=True)
class Judgement:
    """One comparison that a check made. That it was made at all says that the requirement's precondition held.

    `problems` are sentences that say what is wrong, where there is no value to compare with: what can't be read.
    `subject` is what it is about, if it is about less than the whole step: an owner, an id, the path of a file.
    """

    requirement: str
    what: str
    expected: Json = None
    actual: Json = None
    problems: tuple[str, ...] = ()
    subject: Hashable = None

    @cached_property
    def holds(self) -> bool:
        """Whether both are the same JSON value: members in any order, integers and doubles apart."""
        return not self.problems and canonical(self.expected) == canonical(self.actual)


Check: TypeAlias = Callable[[Step, Trace], Iterator[Judgement]]
"""Judges one step, which is the newest of the trace. It never runs an implementation."""


@frozen
class Steps:
    """The steps that a check is about: those of some operations, all of them or such as are named by what narrows them.

    `PASSES.accepted` are the passes that were not refused; `.with_files` leaves the steps of an implementation whose
    files can be read; `.fully_shown` those before which all was shown that the stores hold.
    """

    operations: Operations
    _accepted: bool = field(default=False, alias="accepted")
    _with_files: bool = field(default=False, alias="with_files")
    _fully_shown: bool = field(default=False, alias="fully_shown")

    def hold(self, step: Step, trace: Trace) -> bool:
        """Whether a step, the newest of a trace, is one of them."""
        return (
            step.op in self.operations
            and not (self._accepted and step.answer.ok is None)
            and not (self._with_files and (step.files_before is None or step.files_after is None))
            and not (self._fully_shown and not trace.is_fully_shown)
        )

    @property
    def accepted(self) -> "Steps":
        """Those that were answered, and not refused."""
        return evolve(self, accepted=True)

    @property
    def with_files(self) -> "Steps":
        """Those before and after which the files of the store could be read."""
        return evolve(self, with_files=True)

    @property
    def fully_shown(self) -> "Steps":
        """Those of a session in which what is shown is all that the stores hold."""
        return evolve(self, fully_shown=True)


def steps(*operations: str) -> Steps:
    """The steps of some operations."""
    return Steps(frozenset(operations))


ALL_STEPS: Final = Steps(ALL)
PASSES: Final = steps("project")
PASSES_AND_APPENDS: Final = steps("project", "append")
IMPORTS: Final = steps("import")


@frozen(kw_only=True)
class Registered:
    """A check, the requirements that it may judge, and the steps that it is about."""

    check: Check
    requirements: tuple[str, ...]
    on: Steps = ALL_STEPS

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.check.__name__

    def judgements(self, step: Step, trace: Trace) -> Iterator[Judgement]:
        """What the check says of a step, the newest of a trace; nothing where it isn't about such steps."""
        return self.check(step, trace) if self.on.hold(step, trace) else iter(())


def judged(requirement: str, what: str, *, expected: Json, actual: Json, subject: Hashable = None) -> Judgement:
    """Compare what a requirement asks for with what came."""
    return Judgement(requirement=requirement, what=what, expected=expected, actual=actual, subject=subject)


def none(requirement: str, what: str, found: Sequence[Json], *, subject: Hashable = None) -> Judgement:
    """Judge that there is nothing of a kind, where some was found or none."""
    return judged(requirement, what, expected=[], actual=[*found], subject=subject)


def about(subject: Hashable, judgements: Iterable[Judgement]) -> Iterator[Judgement]:
    """The same judgements, with what they are about."""
    return (evolve(each, subject=subject) for each in judgements)


def canonical(value: Json) -> bytes:
    """Write a value so that equal values, and only those, give the same bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
