"""A driver compared with the answers of the distilled corpus."""

from collections.abc import Iterator

from lifecycle_conformance.driver.interface import BrokenDriverError, Driver
from lifecycle_conformance.execution.file_operations import OutsideError
from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.judges.corpus.cases import CorpusCase
from lifecycle_conformance.judges.corpus.playing import Play
from lifecycle_conformance.judges.vectors.judging import Comparison, Difference, difference
from lifecycle_conformance.model.comparison import ABSENT, mismatches


def compare(case: CorpusCase, driver: Driver) -> Comparison:
    """Play a case up to the first step that differs, or at which the driver breaks. Raises :class:`BringUpError` only.

    What comes later would follow from that. Files are compared in the end, where the driver declares them.
    """
    comparison, play = Comparison(), Play(driver)
    try:
        comparison.differences = _differences(case, play, comparison)
    except BrokenDriverError as error:
        comparison.broke = error
    finally:
        play.end()
    return comparison


def _differences(case: CorpusCase, play: Play, comparison: Comparison) -> list[Difference]:
    """The differences; the answers that were compared are counted in `comparison`."""
    for number, ((op, arguments), expected) in enumerate(zip(case.steps, case.answers, strict=True)):
        try:
            answer = play.do(op, arguments)
        except OutsideError:
            # The driver put a link there: nothing was done, so that there is no answer.
            return [Difference(step=number, op=op, path="$", expected=expected, actual=ABSENT)]
        comparison.compared += 1
        if canonical(expected) != canonical(answer):
            return list(_compared(number, op, expected, answer))
    found = None if case.files is None else play.digests()
    return [] if found is None else list(_compared(None, "files left behind", {**(case.files or {})}, {**found}))


def _compared(step: int | None, op: str, expected: Object, actual: Object) -> Iterator[Difference]:
    wrong_reason = "error" in expected and "error" in actual
    return (difference(step, op, each, wrong_reason=wrong_reason) for each in mismatches(expected, actual))
