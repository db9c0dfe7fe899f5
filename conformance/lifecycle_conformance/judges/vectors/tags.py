"""Which requirements each fixed case touches.

    python -m lifecycle_conformance.judges.vectors.tags > tags.tmp

writes them anew, from the checks and the derived cases as they are now. It takes half a minute.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.judges.vectors.scenarios import Scenario, stream

TAGS: Final = Path(__file__).with_name("tags.json")


@cache
def tags() -> Mapping[str, frozenset[str]]:
    """The ids of the requirements that each scenario touches, by its name."""
    return {name: frozenset(ids) for name, ids in json.loads(TAGS.read_bytes()).items()}


def tags_of(scenario: Scenario) -> frozenset[str]:
    """The requirements that a scenario touches.

    They are those that any check judges when the reference runs it, and those that the cases made from it touch.
    """
    # Whoever only reads the tags needs neither the checks nor the reference.
    from lifecycle_conformance.driver.in_process import InProcessDriver  # noqa: PLC0415
    from lifecycle_conformance.execution.session import executed  # noqa: PLC0415
    from lifecycle_conformance.judges.properties import CHECKS  # noqa: PLC0415
    from lifecycle_conformance.judges.vectors.derived import touched_by  # noqa: PLC0415

    session, broke = executed(InProcessDriver("files"), [("open", {"store": 0}), *_requests(scenario)], CHECKS)
    assert broke is None
    return frozenset(each.judgement.requirement for each in session.judgements) | touched_by(scenario)


def _requests(scenario: Scenario) -> Iterator[Request]:
    """The requests as a session takes them, which looks at all that may have changed after each by itself."""
    for step, answer in zip(scenario.steps, scenario.answers, strict=True):
        if answer == {"error": {"kind": "invalid_input"}}:
            yield "refuse", {"request": step, "kind": "invalid_input", "because": []}
        elif step["op"] not in {"events", "snapshots"}:
            yield step["op"], {name: value for name, value in step.items() if name != "op"}


def main() -> None:
    """Write the tags of all scenarios to standard output, a line for each."""
    lines = (f"{json.dumps(each.name)}: {json.dumps(sorted(tags_of(each)))}" for each in stream())
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
