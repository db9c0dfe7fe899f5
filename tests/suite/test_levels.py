"""Every level can conform: each requirement that applies is reached with what is declared, and with room to spare."""

from functools import partial

import pytest
from attrs import evolve

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import CAPABILITIES
from lifecycle_conformance.runner import runner
from lifecycle_conformance.runner.verdicts import Verdict
from lifecycle_conformance.specification.requirements import levels

LEVELS = {"core without identify": frozenset[str](), **levels()}

_WELL = {Verdict.PASS, Verdict.NOT_DECLARED, Verdict.NOT_JUDGED_HERE}


@pytest.mark.parametrize("level", ["core without identify", "history", "durable"])
def test_the_reference_cut_down_to_a_level_conforms_by_half_a_search(
    level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of `quick` reaches all often enough that other seeds and implementations do with the whole of it.

    All capabilities together are judged in the tests of the runner. Every requirement is named, which leaves agreement
    aside: the reference would only be compared with itself.
    """
    quick = runner.PROFILES["quick"]
    monkeypatch.setattr(runner, "PROFILES", {"quick": evolve(quick, shards=quick.shards // 2, wanted=2)})
    declared = LEVELS[level]
    driver = partial(
        InProcessDriver, "files" if "durable" in declared else "memory", without=frozenset(CAPABILITIES - declared)
    )
    report = runner.run(driver, profile="quick", seed=0, only=["*"])
    assert report.hello.capabilities == declared
    assert {id_ for id_, verdict in report.verdicts.items() if verdict not in _WELL} == set()
    assert report.exit_code == 0
    assert report.errors == ()
    assert report.lost == ()
