"""An implementation compared with production's answers."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import Factory, define, frozen

from lifecycle_conformance.driver.interface import Answer, BrokenDriverError, Driver
from lifecycle_conformance.judges.vectors.scenarios import Scenario
from lifecycle_conformance.model.comparison import ABSENT, Mismatch, Side, mismatches
from lifecycle_projection.records import Json


@frozen(kw_only=True)
class Difference:
    """One place where an implementation departs from a scenario.

    `step` counts the scenario's steps from 0, and is `None` for the files that are compared at the end, and for the
    `open` before them. `wrong_reason` tells a refusal that was right but of the wrong kind.
    """

    step: int | None
    op: str
    path: str
    expected: Side
    actual: Side
    wrong_reason: bool = False

    @property
    def where(self) -> str:
        """The step, or what is compared at the end."""
        return self.op if self.step is None else f"step {self.step}, {self.op}"

    def __str__(self) -> str:
        """Say where, then what was expected and what came."""
        reason = " (refused, but for the wrong reason)" if self.wrong_reason else ""
        if self.actual is ABSENT:
            said = f" is missing: expected {_written(self.expected)}"
        elif self.expected is ABSENT:
            said = f" is one too many: {_written(self.actual)}"
        else:
            said = f": expected {_written(self.expected)}, got {_written(self.actual)}"
        return f"{self.where}, {self.path}{said}{reason}"


@define
class Comparison:
    """What a scenario showed: how many answers were compared, and where they differ, or how the driver broke."""

    compared: int = 0
    differences: list[Difference] = Factory(list)
    broke: BrokenDriverError | None = None


def compare(scenario: Scenario, driver: Driver, directory: Path) -> Comparison:
    """Compare as :func:`judge` does, up to where the driver breaks. Raises :class:`BringUpError` only."""
    comparison = Comparison()
    try:
        comparison.differences = _differences(scenario, driver, directory, comparison)
    except BrokenDriverError as error:
        comparison.broke = error
    return comparison


def judge(scenario: Scenario, driver: Driver, directory: Path) -> list[Difference]:
    """Send a scenario's requests and compare the answers, and with `files` what the store directory holds then.

    The store is a new one inside `directory`, gone again when this returns. The first step that differs is the last
    one that is compared: what comes later follows from it. Raises what :meth:`Driver.ask` raises.
    """
    return _differences(scenario, driver, directory, Comparison())


def _differences(scenario: Scenario, driver: Driver, directory: Path, comparison: Comparison) -> list[Difference]:
    """The differences; the answers that were compared are counted in `comparison`."""
    with TemporaryDirectory(dir=directory, prefix="vector-", ignore_cleanup_errors=True) as workspace:
        store = Path(workspace) / "store"
        store.mkdir()
        opened = driver.ask("open", store=str(store))
        comparison.compared += 1
        if differences := list(_compared(None, "open", {"ok": {}}, opened)):
            return differences
        for number, (step, expected) in enumerate(zip(scenario.steps, scenario.answers, strict=True)):
            op, arguments = step["op"], {name: value for name, value in step.items() if name != "op"}
            answer = driver.ask(op, **arguments)
            comparison.compared += 1
            if differences := list(_compared(number, op, expected, answer)):
                return differences
        if "files" not in driver.hello.capabilities:
            return []
        return [
            difference(None, "files left behind", mismatch) for mismatch in mismatches(scenario.files, _digests(store))
        ]


def _compared(step: int | None, op: str, expected: dict[str, Json], answer: Answer) -> Iterator[Difference]:
    actual: dict[str, Json]
    if answer.error is None:
        actual = {"ok": answer.ok}
    elif "error" in expected:
        actual = {"error": {"kind": answer.error.kind}}
    else:
        # Nothing in it was expected: the message tells most.
        actual = {"error": {"kind": answer.error.kind, "message": answer.error.message}}
    for mismatch in mismatches(expected, actual):
        yield difference(step, op, mismatch, wrong_reason="error" in expected and "error" in actual)


def difference(step: int | None, op: str, mismatch: Mismatch, *, wrong_reason: bool = False) -> Difference:
    """The place where two values differ, in the step that showed them."""
    return Difference(
        step=step,
        op=op,
        path=mismatch.path,
        expected=mismatch.expected,
        actual=mismatch.actual,
        wrong_reason=wrong_reason,
    )


def _digests(store: Path) -> dict[str, str]:
    """The SHA-256 of every file below a directory, by its path from there."""
    return {
        path.relative_to(store).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in store.rglob("*")
        if path.is_file()
    }


def _written(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
