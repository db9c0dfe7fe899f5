"""Each way to hurt a store is found where it is, in random stores of every generation and of the state machine."""

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

import pytest

from damage import Damage, Seen
from damages import DAMAGES
from lifecycle_conformance.audit.auditing import audit
from lifecycle_conformance.audit.catalogue import KINDS
from lifecycle_conformance.audit.file_source import FileSource
from lifecycle_conformance.audit.finding import Finding, Severity
from lifecycle_conformance.audit.run_records import RunRecords
from lifecycle_conformance.execution.workspace import workspace
from lifecycle_conformance.specification import requirements
from pools import MAKERS, pool
from stored_files import StoredFiles
from unshown import UNSHOWN, UNSHOWN_KINDS

EXAMPLES: Final = int(os.environ.get("DAMAGE_EXAMPLES", "8"))
"""How many stores of each maker are hurt in each way."""
POOL: Final = 4 * EXAMPLES + 3
"""How many stores of each maker there are, as not each damage applies to each."""


def audited(stored: StoredFiles, folder: Path, *, beside_runs: bool) -> list[Finding]:
    stored.write(folder)
    records = RunRecords([str(folder.with_suffix(".json"))]) if beside_runs else None
    return [*audit(FileSource(folder), records)]


def violations(findings: list[Finding]) -> set[str]:
    return {each.kind.name for each in findings if each.kind.severity is Severity.VIOLATION}


def wrongly_told(damage: Damage, place: str, findings: list[Finding]) -> str | None:
    """What an audit tells otherwise than a damage declares."""
    strange = violations(findings) - {damage.kind} - damage.also
    if strange:
        return f"{place}: beside {damage.kind} also {sorted(strange)}"
    there = {str(each.where) for each in findings if each.kind.name == damage.kind}
    return None if damage.kind is None or place in there else f"{place}: {damage.kind} is told of {sorted(there)}"


@pytest.fixture
def folder() -> Iterator[Path]:
    with workspace() as made:
        yield Path(made)


def tried(damage: Damage, folder: Path) -> list[str | None]:
    """What an audit tells otherwise than declared, of each of the stores that were hurt."""
    told = []
    for maker in MAKERS:
        hurt = 0
        for number, healthy in enumerate(pool(maker, POOL)):
            stored = healthy.copy()
            if hurt < EXAMPLES and (place := damage.hurt(stored, Random(number))) is not None:
                hurt += 1
                for beside_runs in [damage.seen_from is Seen.RUNS] if damage.kind else [False, True]:
                    store = folder / f"{maker} {number} {beside_runs}"
                    told.append(wrongly_told(damage, place, audited(stored, store, beside_runs=beside_runs)))
    return told


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_found_where_it_is(name: str, folder: Path) -> None:
    told = tried(DAMAGES[name], folder)
    assert [each for each in told if each is not None] == []
    assert len(told) >= EXAMPLES


@pytest.mark.parametrize("maker", MAKERS)
def test_the_stores_are_healthy_before(maker: str, folder: Path) -> None:
    for number, stored in enumerate(pool(maker, POOL)):
        for beside_runs in (False, True):
            store = folder / f"{number} {beside_runs}"
            assert violations(audited(stored, store, beside_runs=beside_runs)) == set()


def test_what_looks_legal_says_as_what_and_what_is_found_by_which_kind() -> None:
    assert all(bool(each.kind) != bool(each.like) for each in DAMAGES.values())
    assert all(each.seen_from in {Seen.STORE, Seen.RUNS} for each in DAMAGES.values() if each.kind)


def test_every_kind_of_finding_follows_from_a_damage_or_has_a_reason() -> None:
    shown = {each.kind for each in DAMAGES.values()}
    assert KINDS.keys() - shown == UNSHOWN_KINDS.keys()


def test_every_requirement_is_hurt_or_has_a_reason_why_no_store_shows_it_broken() -> None:
    hurt = frozenset[str]().union(*(each.requirements for each in DAMAGES.values()))
    known = requirements.load().keys()
    assert hurt <= known
    unhurt = {each for each in known - hurt if not any(_covers(those, each) for those in UNSHOWN)}
    assert sorted(unhurt) == [], "add a damage, or say in tests/audit/unshown.py why no store shows it broken"
    idle = [those for those in UNSHOWN if not any(_covers(those, each) for each in known - hurt)]
    assert idle == []


def _covers(those: str, requirement: str) -> bool:
    """Whether ids that are written as `REC-1 REC-2`, or as `DRIVER` for all of a prefix, hold one."""
    return requirement in those.split() or requirement.rpartition("-")[0] in those.split()
