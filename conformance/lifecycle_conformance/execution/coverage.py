"""Coverage: how often each rule ran, how deep sessions went, which targets they met. It shows a search that idles."""

from collections import Counter, defaultdict

from attrs import Factory, define, fields


@define
class Coverage:
    """Counts over all sessions of a run.

    `depth` has one number a session for each of `records`, `passes` and `requests`; `moves` counts the moves between
    phases that were asked of the guard, `generations` the engines of which something was imported.
    """

    sessions: int = 0
    steps: int = 0
    passes: int = 0
    refusals: int = 0
    rules: Counter[str] = Factory(Counter)
    phases: Counter[str] = Factory(Counter)
    moves: Counter[str] = Factory(Counter)
    generations: Counter[str] = Factory(Counter)
    targets: Counter[str] = Factory(Counter)
    depth: defaultdict[str, list[int]] = Factory(lambda: defaultdict(list))

    def add(self, other: "Coverage") -> None:
        """Take in what other sessions met."""
        for field in fields(Coverage):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if isinstance(mine, int):
                setattr(self, field.name, mine + theirs)
            elif isinstance(mine, Counter):
                mine.update(theirs)
            else:
                for name, numbers in theirs.items():
                    mine[name] += numbers
