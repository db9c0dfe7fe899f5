"""A driver in code for the tests of the plugin, which counts what a pass records wrongly or rightly, and a tiny search.

It is imported by the conftest of the folder in which a test runs pytest, also in processes of their own.
"""

import os
from pathlib import Path
from typing import Final

from attrs import evolve

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer
from lifecycle_conformance.runner.runner import Profile

TINY: Final = {"default": Profile(shards=1, sessions=0, actions=1, input_cases=2, protocol_cases=3, wanted=1)}
STARTED: Final = "started"
"""The file that each start of a driver adds a line to, with the process that searched."""


class Right(InProcessDriver):
    """The reference without compaction."""

    def __init__(self) -> None:
        with Path(STARTED).open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
        super().__init__("memory", without=["compact"])


class CountingTooMuch(Right):
    """A pass answers that it recorded one more than it did."""

    def ask(self, op: str, /, **arguments: object) -> Answer:
        answer = super().ask(op, **arguments)
        if op != "project" or answer.ok is None:
            return answer
        return evolve(answer, ok={"projected": answer.ok["projected"] + 1})
