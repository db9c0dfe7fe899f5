"""The suite raises no false alarm: what it searches of the reference, with any seed, holds."""

import os
from collections.abc import Sequence

import pytest

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.runner.findings import Findings
from lifecycle_conformance.runner.search import Shard, kinds_of, searched

SEEDS = int(os.environ.get("FALSE_ALARM_SEEDS", "10"))
"""How many seeds are tried, each on another half of the kinds of case; 200 in `make nightly`."""
FIRST = 1_000
"""Seeds that nothing else uses, so that other sessions are met than elsewhere in the tests."""


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_the_reference_breaks_nothing(seed: int) -> None:
    driver, found = InProcessDriver("memory" if seed % 4 == 3 else "files"), Findings()
    kinds: Sequence[str] = kinds_of(driver.hello.capabilities)[seed % 2 :: 2]
    shard = Shard(number=1, seed=seed, sessions=1, actions=8, input_cases=6, protocol_cases=6)
    searched(found.add, driver, shard, kinds)
    assert found.failures == {}
    assert found.errors == {}
    assert found.lost == []
    assert len(found.cases) > 100
