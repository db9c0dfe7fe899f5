"""What the parts of a prediction find, kept within bounds: a log of a million bad lines is told by its first ones."""

from collections import Counter
from typing import Final, TypedDict, Unpack

from lifecycle_conformance.audit.finding import Finding, Kind, Where
from lifecycle_conformance.audit.migration.kinds import CAUSES

MOST: Final = 1_000
"""How many findings of one kind are listed; the others are counted."""

_CAUSES: Final = frozenset(kind.name for kind in CAUSES)


class About(TypedDict, total=False):
    """What else a finding may tell: whose it is, and in `expected` what a reader missed, with values of the store."""

    run_id: str | None
    event_id: str
    expected: str


class Collected:
    """The causes of failure and the silent changes, in the order in which they were found."""

    def __init__(self) -> None:
        self.causes: list[Finding] = []
        self.changes: list[Finding] = []
        self.numbers: Counter[str] = Counter()

    def tell(self, kind: Kind, where: Where, message: str, **about: Unpack[About]) -> None:
        """Note a finding; `message` holds no value of the store."""
        self.numbers[kind.name] += 1
        if self.numbers[kind.name] <= MOST:
            finding = Finding(kind=kind, where=where, message=message, **about)
            (self.causes if kind.name in _CAUSES else self.changes).append(finding)

    @property
    def unlisted(self) -> dict[str, int]:
        """How many findings of a kind aren't listed."""
        return {name: number - MOST for name, number in self.numbers.items() if number > MOST}
