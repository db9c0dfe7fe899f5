"""How often a driver may break before a search gives up: a kind of case, all sessions, or everything.

It only counts. A crash costs a start; a hang costs as long as a driver may take to answer, so few hangs are enough.
"""

from collections import Counter
from typing import Final

from attrs import Factory, define

from lifecycle_conformance.driver.interface import Breakdown

MOST_OF_A_KIND: Final = 10
"""How many cases of a kind may break before the others of that kind are left out."""
MOST_SESSIONS_IN_A_ROW: Final = 20
"""How many sessions may break one after the other, whichever their kinds, before no more are run."""
MOST_HANGS_IN_A_ROW: Final = 3
"""How many cases may end in a hang one after the other before nothing more is asked."""
MOST_HANGS: Final = 10
"""How many hangs there may be in all."""


class GivenUpError(KeyboardInterrupt):
    """A kind of case is given up. Hypothesis lets this through; it would take an ordinary exception for a failure."""


@define
class Patience:
    """Counts how cases end; `exhausted` says why nothing is worth trying any more, once that is so."""

    broken: Counter[str] = Factory(Counter)
    hung: Counter[str] = Factory(Counter)
    hangs_in_a_row: int = 0
    sessions_in_a_row: int = 0
    exhausted: str = ""

    def held(self) -> None:
        """Count a case that came to its end."""
        self.hangs_in_a_row = self.sessions_in_a_row = 0

    @property
    def no_more_sessions(self) -> bool:
        """Whether no session is worth trying any more, of whichever kind."""
        return self.sessions_in_a_row >= MOST_SESSIONS_IN_A_ROW

    def broke(self, kind: str, how: Breakdown, *, session: bool = False) -> str:
        """Count a case of a kind that broke; say why no more of that kind are worth trying, or nothing."""
        hung = how is Breakdown.TIMEOUT
        self.broken[kind] += 1
        self.hung[kind] += hung
        self.hangs_in_a_row = self.hangs_in_a_row + 1 if hung else 0
        self.sessions_in_a_row += session
        if self.hangs_in_a_row >= MOST_HANGS_IN_A_ROW:
            self.exhausted = f"the driver hung {MOST_HANGS_IN_A_ROW} times in a row"
        elif self.hung.total() >= MOST_HANGS:
            self.exhausted = f"the driver hung {MOST_HANGS} times"
        if self.exhausted:
            return self.exhausted
        if self.hung[kind]:
            return "the driver hung"
        if self.no_more_sessions:
            return f"the driver broke in {MOST_SESSIONS_IN_A_ROW} sessions in a row"
        return f"the driver broke {MOST_OF_A_KIND} times" if self.broken[kind] >= MOST_OF_A_KIND else ""
