"""Checks of the chapter *Recognition of what is already projected*.

Each requirement is judged by the records about which it decides: those with which a pass would have done something else
if it got that requirement wrong (see :mod:`lifecycle_conformance.judges.attribution.recognition`).
"""

from collections.abc import Iterator
from typing import Final

from lifecycle_conformance.execution.judgement import PASSES, Judgement, judged
from lifecycle_conformance.execution.trace import Step, Trace
from lifecycle_conformance.judges.attribution.recognition import Recognition, recognition
from lifecycle_conformance.judges.registry import check

_WHAT: Final = {
    "ALIAS-1": "records that events of others, or another order, would make known",
    "ALIAS-3": "records that are known by the own id of an event",
    "ALIAS-4": "records that a compaction marker lists",
    "ALIAS-5": "records that stand in, or beside, malformed entries of a compaction marker",
    "ALIAS-6": "records that are known by the content of an event",
    "ALIAS-7": "records whose events have members of other types",
    "ALIAS-8": "records whose events have no occurrence, or one of another type",
    "ALIAS-9": "records that several entries make known",
    "ALIAS-10": "records some of whose equals carry an occurrence",
    "ALIAS-11": "records whose index ids were compacted",
    "ALIAS-12": "records some of whose equals were compacted",
}


@check(*_WHAT, on=PASSES.accepted)
def what_is_known(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge what a pass did for the records about which each rule of the table decides.

    Where it went wrong, only the one requirement is judged that explains it.
    """
    found = recognition(step, trace)
    if found is None:
        return
    for requirement, indexes in found.decided.items():
        if requirement == found.broken:
            yield _compared(requirement, _WHAT[requirement], found, found.mismatched)
        elif not set(indexes) & set(found.mismatched):
            yield _compared(requirement, _WHAT[requirement], found, indexes)


@check("ALIAS-2", on=PASSES.accepted)
def a_known_record_is_not_recorded_again(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that what is known gets no event, and that the recorded id and seq stand for it in its snapshot.

    Records with which a pass went wrong because it got a rule of the table wrong are that requirement's business,
    and a snapshot that is missing is PASS-5's.
    """
    found = recognition(step, trace)
    if found is None:
        return
    known = [index for index in found.judged if found.known[index]]
    wrong = [index for index in known if index in found.mismatched]
    told = [index for index in wrong if found.actual[index].event or found.actual[index].snapshot is not None]
    if found.broken is None and known and (told or not wrong):
        yield _compared("ALIAS-2", "what the pass did for records that were known", found, told or known)


def _compared(requirement: str, what: str, found: Recognition, indexes: list[int]) -> Judgement:
    return judged(
        requirement,
        what,
        expected=[found.expected[index].as_json(index) for index in indexes],
        actual=[found.actual[index].as_json(index) for index in indexes],
    )
