"""What a check found: a verdict on each requirement, the smallest session for each failure, and two more judges."""

import json
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from attrs import frozen

from lifecycle_conformance.driver.interface import ERROR_KINDS, Breakdown, Hello
from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.specification.requirements import Requirement
from lifecycle_projection.records import Json


class Verdict(StrEnum):
    """What can be said of an implementation and a requirement."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    WRONG_REASON = "wrong reason"
    CRASH = "crash"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    STATE_LEAK = "state leak"
    NONDETERMINISTIC = "nondeterministic"
    NOT_EXERCISED = "not exercised"
    UNDECIDED = "undecided"
    NOT_DECLARED = "not declared"
    NOT_JUDGED_HERE = "not judged here"


UNJUDGED: Final = frozenset({Verdict.UNDECIDED, Verdict.NOT_DECLARED, Verdict.NOT_JUDGED_HERE})
"""The verdicts that say nothing for or against: the search was cut off, or a driver can't be asked at all."""
FAILURES: Final = frozenset(Verdict) - {Verdict.PASS} - UNJUDGED
"""The verdicts that make a check fail. *Not exercised* is one, since it doesn't show that nothing is wrong."""


@frozen(kw_only=True)
class Failure:
    """A session that breaks a requirement: its requests in order, and what the last one should have shown.

    - `compared`: whether expected and actual are there;
    - `broke`: how the driver broke, which then shows neither;
    - `problems`: sentences on what is wrong with a record that can't be read;
    - `seen`: what the last request led to: its `answer`, events `appended`, snapshots `written`, ids `gone`;
    - `shrunk`: whether this is the smallest such session that was found;
    - `again`: what it is if fresh processes showed that it is no plain failure: a state leak, or nondeterministic;
    - `like`: the faulty implementations that do exactly what this one did;
    - `case`: where it is saved.
    """

    requests: tuple[Request, ...]
    message: str
    expected: Json = None
    actual: Json = None
    compared: bool = False
    broke: Breakdown | None = None
    problems: tuple[str, ...] = ()
    seen: Object | None = None
    shrunk: bool = False
    again: Verdict | None = None
    stderr: str = ""
    like: tuple[str, ...] = ()
    case: str | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Order failures by the number of requests, then by their length."""
        return len(self.requests), len(json.dumps(self.requests))

    @property
    def verdict(self) -> Verdict:
        """What the failure means for its requirement."""
        if self.broke is not None:
            return Verdict(self.broke.value)
        if self.again is not None:
            return self.again
        kinds = [each for each in (self.expected, self.actual) if isinstance(each, str) and each in ERROR_KINDS]
        return Verdict.WRONG_REASON if len(kinds) == 2 else Verdict.FAIL


@frozen(kw_only=True)
class KnownFailure:
    """A failure that a team has accepted for now.

    `requirement` is an id, or the name of a judge of whole answers; `shapes` are those that the failure had when it was
    accepted (see :mod:`failure_shape`). `reason` and `link` are for people, and decide nothing.
    """

    requirement: str
    verdict: Verdict
    shapes: tuple[str, ...] = ()
    reason: str = ""
    link: str = ""


@frozen
class Stale:
    """A known failure that a check found otherwise: its place in the file, and `now`, which is what holds instead."""

    place: str
    entry: KnownFailure
    now: str


@frozen(kw_only=True)
class Result:
    """The verdict on one requirement.

    `cases` is the number of distinct cases in which its precondition held, `wanted` how many were asked for, `broken`
    in how many of the cases it was violated, `ended` how many sessions that ended. `why` says in a sentence why a
    requirement was not judged: what the driver doesn't declare, what was never met, what cut the search off. `shapes`
    are those of all its failures, `known` is the entry that accepts it.
    """

    requirement: Requirement
    verdict: Verdict
    cases: int
    wanted: int
    broken: int = 0
    ended: int = 0
    failure: Failure | None = None
    why: str = ""
    shapes: frozenset[str] = frozenset()
    known: KnownFailure | None = None


@frozen(kw_only=True)
class JudgeResult:
    """What a judge of whole answers found: agreement with the reference, or production's fixed cases.

    `failures` names each step or case that differs, with its first difference; `failure` is the smallest session in
    which the implementation disagrees with the reference. `shapes` and `known` are as those of a :class:`Result`.
    """

    agreed: int = 0
    not_declared: int = 0
    differing: int = 0
    failures: tuple[tuple[str, str], ...] = ()
    failure: Failure | None = None
    shapes: frozenset[str] = frozenset()
    known: KnownFailure | None = None

    def with_(self, other: "JudgeResult") -> "JudgeResult":
        """What both found together; the failures of this one come first."""
        return JudgeResult(
            agreed=self.agreed + other.agreed,
            not_declared=self.not_declared + other.not_declared,
            differing=self.differing + other.differing,
            failures=(*self.failures, *other.failures),
            failure=self.failure or other.failure,
        )


@frozen(kw_only=True)
class Report:
    """All that a check found.

    - `spec`: the version whose requirements alone were judged, if one was asked for;
    - `errors`: defects of the suite itself;
    - `lost`: what was not looked at, and why;
    - `cut`: what ended the search before its counts were reached (the caller's time, an interruption, a driver that
      can't go on), in a sentence; empty where nothing did;
    - `interrupted`: whether the caller ended it;
    - `absent`: the capabilities that the driver declares and doesn't offer;
    - `stale`: the known failures that are found otherwise;
    - `unusable`: whether the driver couldn't even answer the plainest requests; `cut` says what happened, and nothing
      else was looked at.
    """

    hello: Hello
    profile: str
    seed: int
    seconds: float
    coverage: Coverage
    results: tuple[Result, ...]
    vectors: JudgeResult | None = None
    agreement: JudgeResult | None = None
    spec: str | None = None
    errors: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    cut: str = ""
    interrupted: bool = False
    absent: tuple[str, ...] = ()
    stale: tuple[Stale, ...] = ()
    unusable: bool = False

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """The verdict of each requirement, by id."""
        return {result.requirement.id: result.verdict for result in self.results}

    @property
    def exit_code(self) -> int:
        """The exit code, see :func:`exit_code`."""
        if self.interrupted:
            return INTERRUPTED
        found = {result.verdict for result in self.results if result.known is None}
        judges = [judge for judge in (self.vectors, self.agreement) if judge is not None and judge.known is None]
        differs = any(judge.differing for judge in judges)
        if self.absent or self.stale:
            return FALLS_SHORT
        judged = not self.unusable and any(result.cases for result in self.results)
        return exit_code({*found, Verdict.FAIL} if differs else found, judged=judged, undecided=bool(self.errors))


WELL: Final = 0
FALLS_SHORT: Final = 1
UNDECIDED: Final = 3
INTERRUPTED: Final = 130


def exit_code(found: Collection[Verdict], *, judged: bool, undecided: bool = False) -> int:
    """The exit code that follows from verdicts: one rule for all commands that judge.

    0: all well; 1: something falls short; 3: undecided, for the search was cut off before anything failed, or the
    protocol was broken before anything was `judged`, or, as `undecided` says, something else kept the suite from
    judging.
    """
    failures = FAILURES & set(found)
    if failures == {Verdict.PROTOCOL} and not judged:
        return UNDECIDED
    if failures:
        return FALLS_SHORT
    return UNDECIDED if undecided or Verdict.UNDECIDED in found else WELL
