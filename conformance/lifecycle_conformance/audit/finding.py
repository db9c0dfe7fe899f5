"""What the audit tells: a finding, its kind, and where it is."""

from collections.abc import Sequence
from enum import Enum, StrEnum
from typing import Final

from attrs import field, frozen

from lifecycle_conformance.execution.trace import TenantKey
from lifecycle_projection.records import Json


class Severity(StrEnum):
    """How certain it is that something is wrong, the worst first."""

    VIOLATION = "violation"
    """No conforming implementation leaves this."""
    SUSPECT = "suspect"
    """Most likely wrong, but a legal history exists that looks the same."""
    NOTE = "note"
    """Not wrong, but good to know."""

    @property
    def and_worse(self) -> tuple["Severity", ...]:
        """The severities up to this one, the worst first."""
        return tuple(Severity)[: tuple(Severity).index(self) + 1]


@frozen(kw_only=True)
class Kind:
    """One way in which a store can depart from the specification.

    `requirement` is the one that it breaks, `hazard` the known cause (`spec/hazards.md`), if there is one.
    """

    name: str
    requirement: str
    severity: Severity
    meaning: str
    advice: str
    hazard: str | None = None


@frozen(kw_only=True)
class Where:
    """A place in a store: a file, in it perhaps a line, or a row of a table of a database."""

    path: str
    line: int | None = None
    row: str | None = None

    def __str__(self) -> str:
        """Such as `stateful_events.jsonl:12`."""
        parts = (self.path, None if self.line is None else str(self.line), self.row)
        return ":".join(part for part in parts if part is not None)


class Nothing(Enum):
    """Where nothing is expected, or nothing was found; `null` would be a value."""

    NOTHING = "nothing"


NOTHING: Final = Nothing.NOTHING


@frozen(kw_only=True)
class Finding:
    """One departure: of what kind, where, of which run, and what was expected there.

    `record_index` counts the lifecycle history from 0. `message` is a sentence without the values. `at_ms` is the time
    that the event or snapshot says, where the finding is about one, and `seqs` are the numbers that it is about. `step`
    is the step of a journal after which it shows, 0 where it shows before the first.
    """

    kind: Kind
    message: str
    where: Where | None = None
    run_id: str | None = None
    tenant: TenantKey | None = None
    record_index: int | None = None
    event_id: str | None = None
    at_ms: int | None = None
    seqs: Sequence[int] = ()
    step: int | None = None
    expected: Json | Nothing = field(default=NOTHING)
    actual: Json | Nothing = field(default=NOTHING)
