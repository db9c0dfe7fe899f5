"""What a driver is to the suite, whatever runs behind it."""

import shlex
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Final, Literal, Protocol, Self, TypeAlias

from attrs import Factory, asdict, frozen

from lifecycle_projection.records import Json

PROTOCOLS: Final = (1,)
"""The versions of the driver protocol that this suite speaks."""

OPERATIONS: Final[dict[str, str | None]] = {
    "hello": None,
    "open": None,
    "project": None,
    "events": None,
    "snapshots": None,
    "identify": "identify",
    "import": "import",
    "append": "append",
    "compact": "compact",
    "prune": "prune",
}
"""The operations, each with the capability that offers it; those without must be offered by every driver."""

CAPABILITIES: Final = frozenset(filter(None, OPERATIONS.values())) | {
    "durable",
    "files",
    "tenants",
    "text-input",
    "json-numbers",
    "exact-numbers",
}
"""The capabilities that this version of the protocol knows."""

ERROR_KINDS: Final = frozenset(
    {"invalid_input", "phase_transition", "storage_conflict", "storage", "unsupported", "internal"}
)
"""The kinds of errors that an answer may name."""


@frozen(kw_only=True)
class Hello:
    """How a driver introduces itself (DRIVER-3)."""

    protocol: int
    name: str
    version: str
    language: str
    spec: str
    capabilities: frozenset[str]


@frozen
class Refusal:
    """Why a request was refused: the kind is for programs, the message for people (ERR-7)."""

    kind: str
    message: str
    data: dict[str, Json] = Factory(dict)


@frozen(kw_only=True)
class Answer:
    """What a driver answered: either `ok`, what it was asked for, or `error`, why not (DRIVER-2)."""

    ok: dict[str, Json] | None = None
    error: Refusal | None = None


STILL_RUNNING: Final = "still running"
"""The exit status of a process that didn't end in time after its input ended."""
ExitStatus: TypeAlias = int | Literal["still running"] | None
"""How a process ended; `None` where that is not known, because it was killed or had ended before."""


class Driver(Protocol):
    """An implementation that answers requests."""

    @property
    def hello(self) -> Hello:
        """How it introduced itself."""
        ...

    def ask(self, op: str, /, **arguments: Json) -> Answer:
        """Send a request and return its answer.

        Raises :class:`BrokenDriverError` where there was none; the next request goes to a fresh start.
        """
        ...

    def say(self, line: bytes) -> Answer:
        """Send a line that is no request, and return its answer, which has the id `null` (DRIVER-12).

        Raises :class:`BrokenDriverError` as :meth:`ask` does.
        """
        ...

    def restart(self, *, kill: bool = False) -> ExitStatus:
        """Start anew: end the old process at the end of its input, or with `kill` at once, as a crash would.

        Returns the exit status of the old process as :meth:`close` does; `None` after a kill.
        """
        ...

    def close(self) -> ExitStatus:
        """End it. Returns the exit status of a process that ended by itself after its input ended (DRIVER-16)."""
        ...

    def stderr_tail(self) -> str:
        """The end of what the current process, or if it has ended the last one, wrote to its standard error."""
        ...


class Breakdown(StrEnum):
    """In which way a driver failed to answer; the words are those of the verdicts."""

    CRASH = "crash"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"


class DriverError(Exception):
    """Base of what goes wrong with a driver, as opposed to what it answers."""

    def __reduce__(self) -> tuple[Callable[[], Self], tuple[()]]:
        """Make it fit to be pickled: exceptions are rebuilt by position, and these have names only."""
        return partial(type(self), **asdict(self, recurse=False)), ()  # type: ignore[arg-type]


@frozen(kw_only=True, str=False)
class BrokenDriverError(DriverError):
    """A request got no answer. The driver's process group is dead; the next request goes to a fresh start.

    `breaks` is the requirement that a line breaks which is no answer, where that is another one than DRIVER-2.
    """

    verdict: Breakdown
    message: str
    stderr: str
    breaks: str | None = None

    def __str__(self) -> str:
        """The verdict, what happened, and what the driver wrote to its standard error."""
        return f"{self.verdict}: {self.message}{_attached(self.stderr)}"


@frozen(str=False)
class NothingJudgedError(DriverError):
    """A check came to its end before it had learned anything of a driver."""

    problem: str

    def __str__(self) -> str:
        """What ended it."""
        return f"nothing was judged: {self.problem}"


@frozen(kw_only=True, str=False)
class BringUpError(DriverError):
    """A driver could not be brought to say hello: nothing can be judged."""

    command: tuple[str, ...]
    problem: str
    stderr: str
    verdict: Breakdown = Breakdown.CRASH

    def __str__(self) -> str:
        """The command, the problem, and what it wrote to its standard error."""
        return f"the driver `{shlex.join(self.command)}` did not come up: {self.problem}{_attached(self.stderr)}"

    def as_breakdown(self) -> BrokenDriverError:
        """The breakdown that it is where the driver had come up before."""
        return BrokenDriverError(verdict=self.verdict, message=str(self.problem), stderr=self.stderr)


@frozen(kw_only=True, str=False)
class IncompatibleDriverError(BringUpError):
    """A driver came up, but it and the suite don't speak the same version or don't know the same capabilities."""

    def __str__(self) -> str:
        """The command, and what the two sides say."""
        return f"the driver `{shlex.join(self.command)}` and this suite don't fit: {self.problem}"


def _attached(stderr: str) -> str:
    return f"\nstandard error:\n{stderr.rstrip()}" if stderr.strip() else "\nstandard error: nothing"
