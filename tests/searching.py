"""Searches that are over soon, for the tests of what comes of a search and not of how far it goes."""

from functools import partial
from typing import Final

import pytest
from attrs import evolve, frozen

from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.generation.targets import targets
from lifecycle_conformance.runner import runner, search
from lifecycle_conformance.runner.runner import Profile
from lifecycle_conformance.runner.search import Factory

SHORT: Final = Profile(shards=1, sessions=1, actions=4, input_cases=2, protocol_cases=3, wanted=1)


def shorten(monkeypatch: pytest.MonkeyPatch, *, among: slice | tuple[str, ...] | None = None, **counts: int) -> None:
    """Let `quick` be short, but for some counts of its profile; its sessions go round some targets only.

    These are those of a slice, or of these names.

    The slice holds in this process. Those that work for a check go round all targets, unless they start
    :class:`RoundSomeTargets`.
    """
    monkeypatch.setattr(runner, "PROFILES", {"quick": evolve(SHORT, **counts)})
    if among is not None:
        monkeypatch.setattr(search, "targets", partial(_some, among=among))


def _some(capabilities: frozenset[str], *, among: slice | tuple[str, ...]) -> dict[str, int]:
    there = [*targets(capabilities)]
    return dict.fromkeys(there[among] if isinstance(among, slice) else [each for each in there if each in among], 1)


@frozen
class RoundSomeTargets:
    """Starts a driver in a process that works for a check, and lets that process go round some targets only."""

    factory: Factory
    among: slice

    def __call__(self) -> Driver:
        search.targets = partial(_some, among=self.among)
        return self.factory()
