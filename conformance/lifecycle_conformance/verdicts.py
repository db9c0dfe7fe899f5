"""What a check found: a verdict for each requirement, for each that failed its smallest life, and the vectors."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from attrs import frozen

from lifecycle_conformance.driver.interface import ERROR_KINDS, Hello
from lifecycle_conformance.machine import Census
from lifecycle_conformance.requirements import Requirement
from lifecycle_conformance.trace import Object
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
    NOT_EXERCISED = "not exercised"
    NOT_DECLARED = "not declared"
    NO_CHECK = "no check yet"


FAILURES: Final = frozenset(
    {
        Verdict.FAIL,
        Verdict.WRONG_REASON,
        Verdict.CRASH,
        Verdict.TIMEOUT,
        Verdict.PROTOCOL,
        Verdict.STATE_LEAK,
        Verdict.NOT_EXERCISED,
    }
)
"""The verdicts that make a check red. Not exercised is one: nobody looked is not the same as nothing is wrong."""


@frozen(kw_only=True)
class Failure:
    """A life that breaks a requirement: its requests in order, and what the last one should have shown.

    `compared` tells that expected and actual are there; a driver that broke shows neither. `shrunk` tells that this is
    the smallest such life that was found, `leaks` that it passes in a fresh process.
    """

    requests: tuple[tuple[str, Object], ...]
    message: str
    expected: Json = None
    actual: Json = None
    compared: bool = False
    shrunk: bool = False
    leaks: bool = False
    stderr: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """Order failures by the number of requests, then by their length."""
        return len(self.requests), len(json.dumps(self.requests))

    @property
    def verdict(self) -> Verdict:
        """Tell what the failure means for its requirement."""
        if self.leaks:
            return Verdict.STATE_LEAK
        kinds = [each for each in (self.expected, self.actual) if isinstance(each, str) and each in ERROR_KINDS]
        return Verdict.WRONG_REASON if len(kinds) == 2 else Verdict.FAIL


@frozen(kw_only=True)
class Result:
    """The verdict on one requirement, and in how many lives its precondition held."""

    requirement: Requirement
    verdict: Verdict
    cases: int
    failure: Failure | None = None


@frozen(kw_only=True)
class VectorResults:
    """How many fixed cases agreed, how many the driver can't be asked, and the first difference of each other one."""

    agreed: int
    not_declared: int
    failed: tuple[tuple[str, str], ...]


@frozen(kw_only=True)
class Report:
    """All that a check found."""

    hello: Hello
    profile: str
    seed: int
    seconds: float
    census: Census
    results: tuple[Result, ...]
    vectors: VectorResults | None

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """The verdict of each requirement, by id."""
        return {result.requirement.id: result.verdict for result in self.results}

    @property
    def exit_code(self) -> int:
        """0: all well; 1: something falls short; 3: nothing else is wrong than that the protocol was broken."""
        found = {result.verdict for result in self.results} & FAILURES
        if self.vectors is not None and self.vectors.failed:
            found.add(Verdict.FAIL)
        if not found:
            return 0
        return 3 if found == {Verdict.PROTOCOL} else 1
