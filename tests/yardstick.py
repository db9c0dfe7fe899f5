"""What the suite says of the reference and of each mutant, against what it said before: "behaviour kept", measured.

`make yardstick` prints what differs; `make yardstick RECORD=--record` records what is said today.
"""

import json
import logging
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.runner import runner

RECORDED = Path(__file__).with_suffix(".json")
# The reference by three seeds, each mutant by one.
SUBJECTS = [*((store, seed) for store in ("files", "memory") for seed in range(3)), *((name, 0) for name in MUTANTS)]


def measured(subject: str, seed: int) -> dict[str, Any]:
    """Check a subject by a quick search: verdicts and cases of each requirement, failures, requests."""
    logging.disable()
    if subject in MUTANTS:
        mutant = MUTANTS[subject]
        with mutant.applied():
            return _said(mutant.store, seed)
    return _said(subject, seed)


def _said(store: Any, seed: int) -> dict[str, Any]:
    report = runner.run(
        partial(InProcessDriver, store), profile="quick", seed=seed, vectors=False, shrink_attempts=1000
    )
    failures = {each.requirement.id: each.failure for each in report.results if each.failure is not None}
    return {
        "exit code": report.exit_code,
        "verdicts": {id_: str(verdict.value) for id_, verdict in report.verdicts.items()},
        "cases": {each.requirement.id: each.cases for each in report.results},
        "failures": {id_: [op for op, _ in failure.requests] for id_, failure in failures.items()},
        "agreement": None if report.agreement is None else [report.agreement.agreed, report.agreement.differing],
        "errors": len(report.errors),
    }


def _differences(then: Any, now: Any, path: str = "") -> list[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        return [
            line
            for name in {**then, **now}
            for line in _differences(then.get(name), now.get(name), f"{path} · {name}" if path else name)
        ]
    return [] if then == now else [f"{path}: {then} → {now}"]


def main() -> int:
    """Measure all subjects; record what was said, or compare it."""
    then = {} if "--record" in sys.argv else json.loads(RECORDED.read_bytes())
    now, different = {}, False
    with ProcessPoolExecutor(2) as pool:
        for (subject, seed), said in zip(SUBJECTS, pool.map(measured, *zip(*SUBJECTS, strict=True)), strict=True):
            name = f"{subject}, seed {seed}"
            now[name] = said
            if then:
                found = _differences(then[name], said, name) if name in then else [f"{name}: not recorded"]
                different |= bool(found)
                sys.stdout.write("\n".join(found or [f"{name}: as it was"]) + "\n")
                sys.stdout.flush()
    if not then:
        RECORDED.write_bytes(orjson.dumps(now, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return different


if __name__ == "__main__":
    sys.exit(main())
