"""What sessions showed: the cases in which each requirement was judged and broken, and the shortest proof."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from attrs import Factory, define

from lifecycle_conformance.driver.interface import BrokenDriverError
from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.execution.session import Judged, Session
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.runner.failure_shape import shape_of
from lifecycle_conformance.runner.verdicts import Failure, JudgeResult

ANSWERING: Final = "DRIVER-2"
"""The requirement that a driver breaks when it doesn't answer."""
MOST_COUNTED: Final = 1000
"""Beyond so many distinct cases of a requirement nobody counts any more."""


def _numbers() -> defaultdict[str, set[int]]:
    return defaultdict(set)


def _texts() -> defaultdict[str, set[str]]:
    return defaultdict(set)


@define
class Findings:
    """What sessions showed.

    `cases` and `broken` hold, for each requirement, the numbers of the steps in which it was judged and broken, at most
    `most` of them; `ended` is how many sessions it ended, `shapes` are those of all its failures. `fixed` is what the
    fixed cases showed as a judge of their own. `lost` says what was given up and why, `cut` why the whole search was.
    Findings come in parts, which :meth:`add` joins.
    """

    coverage: Coverage = Factory(Coverage)
    cases: defaultdict[str, set[int]] = Factory(_numbers)
    broken: defaultdict[str, set[int]] = Factory(_numbers)
    ended: Counter[str] = Factory(Counter)
    failures: dict[str, Failure] = Factory(dict)
    shapes: defaultdict[str, set[str]] = Factory(_texts)
    errors: dict[str, str] = Factory(dict)
    lost: list[str] = Factory(list)
    cut: str = ""
    fixed: JudgeResult = Factory(JudgeResult)
    most: int = MOST_COUNTED

    def note(self, session: Session, breakdown: BrokenDriverError | None = None) -> None:
        """Take in what was judged of a session since this was done last, and how its driver broke, if it did."""
        for judged in session.unseen():
            self._note(session.requests, judged)
        for requirement in session.ended_by:
            self.ended[requirement] += 1
        session.ended_by.clear()
        for error in session.errors:
            self.errors.setdefault(error.where, error.traceback)
        if breakdown is not None:
            self.note_breakdown(session.requests, breakdown)

    def note_breakdown(self, requests: Iterable[Request], breakdown: BrokenDriverError) -> None:
        """Take in how a driver broke at the last of some requests."""
        requests = tuple(requests)
        number = number_of("\n".join(op for op, _ in requests))
        self._count(self.cases[ANSWERING], number)
        self._count(self.broken[ANSWERING], number)
        self.ended[ANSWERING] += 1
        failure = Failure(
            requests=requests, message=breakdown.message, broke=breakdown.verdict, stderr=breakdown.stderr
        )
        self.keep(ANSWERING, failure)

    def add(self, other: "Findings") -> None:
        """Take in what other sessions showed."""
        self.coverage.add(other.coverage)
        for mine, theirs in ((self.cases, other.cases), (self.broken, other.broken)):
            for requirement, numbers in theirs.items():
                for number in sorted(numbers):
                    self._count(mine[requirement], number)
        self.ended.update(other.ended)
        for requirement, failure in other.failures.items():
            self.keep(requirement, failure)
        for requirement, shapes in other.shapes.items():
            self.shapes[requirement] |= shapes
        self.errors |= {name: text for name, text in other.errors.items() if name not in self.errors}
        self.lost += other.lost
        self.cut = self.cut or other.cut
        self.fixed = self.fixed.with_(other.fixed)

    def _note(self, requests: Iterable[Request], judged: Judged) -> None:
        judgement = judged.judgement
        self._count(self.cases[judgement.requirement], judged.step)
        self._count(self.cases[ANSWERING], judged.step)
        if not judgement.holds:
            self._count(self.broken[judgement.requirement], judged.step)
            self.keep(judgement.requirement, failure_of(requests, judged))

    def keep(self, requirement: str, failure: Failure) -> None:
        """Keep the shorter one, and of equals the first; and the shapes of both."""
        self.shapes[requirement].add(shape_of(failure.message))
        kept = self.failures.get(requirement)
        if kept is None or len(failure.requests) < len(kept.requests):
            self.failures[requirement] = failure

    def _count(self, numbers: set[int], number: int) -> None:
        if len(numbers) < self.most:
            numbers.add(number)


def number_of(text: str) -> int:
    """A number that stands for a text, the same in every process."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def failure_of(requests: Iterable[Request], judged: Judged) -> Failure:
    """The session up to the step that was judged, as a failure."""
    judgement = judged.judgement
    return Failure(
        requests=tuple(requests)[: judged.length],
        message=judgement.what,
        expected=judgement.expected,
        actual=judgement.actual,
        compared=not judgement.problems,
        problems=judgement.problems,
        seen=judged.seen,
    )
