"""Lives for the requirements that no case exercises yet."""

from collections.abc import Iterable, Sequence

from lifecycle_conformance.runner.distilling.gathering import Life
from lifecycle_conformance.runner.distilling.reducing import checked, checks_of
from lifecycle_conformance.runner.distilling.shared import Shared
from lifecycle_conformance.runner.pool import Pool, Send, Task
from lifecycle_conformance.runner.quiet import without_warnings
from lifecycle_conformance.runner.reach import reach


def exercised_by(pool: Pool, requirements: Iterable[str], lives: Sequence[Life], most: int) -> dict[str, int]:
    """For each requirement a life in which the properties judge it, by number; of so many that are tried."""
    found: dict[str, int] = {}
    with Shared.of(lives) as shared:
        tasks = [Task(name=each, function=_look_for, arguments=(each, shared, most), size=1) for each in requirements]

        def take(number: int, part: object) -> None:
            if isinstance(part, int):
                found[tasks[number].name] = part

        pool.do("requirements looked for in lives", tasks, take)
    return found


@without_warnings()
def _look_for(send: Send, requirement: str, shared: Shared[Life], most: int) -> None:
    lives, checks = shared.values(), checks_of({requirement})
    near = {kind: place for place, kind in enumerate(reach().get(requirement, ()))}
    order = sorted(range(len(lives)), key=lambda number: (near.get(lives[number].kind, len(near)), number))
    for number in order[:most] if checks else ():
        shown = checked(lives[number].case, checks)
        if requirement in shown.judged - shown.broken:
            send(number)
            return
    send(None)
