"""Where each requirement is judged: the kinds of case, those first in which it is judged in the most of their requests.

    python -m lifecycle_conformance.runner.reach > reach.tmp

works them out anew, by a search of the reference; it takes a minute. Whoever looks for a fault that breaks a
requirement begins there.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Final

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.server import StoreKind
from lifecycle_conformance.runner.findings import Findings
from lifecycle_conformance.runner.quiet import without_warnings
from lifecycle_conformance.runner.search import Shard, kinds_of, searched

REACH: Final = Path(__file__).with_name("reach.json")
_SHARDS: Final = 2
_MOST: Final = 24
"""How many kinds are named for each requirement; all others come later in any order."""
_STORES: Final[Sequence[StoreKind]] = ("files", "memory")


@cache
def reach() -> Mapping[str, Sequence[str]]:
    """The kinds of case that judge each requirement, by its id."""
    return {each: tuple(kinds) for each, kinds in json.loads(REACH.read_bytes()).items()}


def worked_out() -> dict[str, list[str]]:
    """The kinds of case that judge each requirement, in the order of how densely they do."""
    judged: defaultdict[str, Counter[str]] = defaultdict(Counter)
    asked: Counter[str] = Counter()

    def take(kind: str, findings: Findings) -> None:
        asked[kind] += max(1, findings.coverage.steps)
        for requirement, cases in findings.cases.items():
            judged[requirement][kind] += len(cases)

    for number in range(_SHARDS):
        for store in _STORES:
            driver = InProcessDriver(store)
            shard = Shard(number=number, seed=0, sessions=1, actions=8, input_cases=10, protocol_cases=10)
            for kind in kinds_of(driver.hello.capabilities):
                searched(partial(take, kind), driver, shard, [kind])
    return {
        each: sorted((kind for kind in asked if counts[kind]), key=lambda kind: -counts[kind] / asked[kind])[:_MOST]
        for each, counts in sorted(judged.items())
    }


def main() -> None:
    """Write them to standard output, a line for each requirement."""
    with without_warnings():
        found = worked_out()
    lines = (f"{json.dumps(each)}: {json.dumps(kinds)}" for each, kinds in found.items())
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
