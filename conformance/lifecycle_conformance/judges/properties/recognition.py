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
from lifecycle_conformance.model.delta import delta
from lifecycle_conformance.model.identity import ids_listed_by
from lifecycle_conformance.model.record_ties import pass_effects
from lifecycle_conformance.model.reported_ids import wrong_ids

_WHAT: Final = {
    "ALIAS-1": "a record that events of others, or another order, would make known",
    "ALIAS-3": "a record that is known by the own id of an event",
    "ALIAS-4": "a record that a compaction marker lists",
    "ALIAS-5": "a record that stands in, or beside, malformed entries of a compaction marker",
    "ALIAS-6": "a record that is known by the content of an event",
    "ALIAS-7": "a record whose events have members of other types",
    "ALIAS-8": "a record whose events have no occurrence, or one of another type",
    "ALIAS-9": "a record that several entries make known",
    "ALIAS-10": "a record some of whose equals carry an occurrence",
    "ALIAS-11": "a record whose index ids were compacted",
    "ALIAS-12": "a record some of whose equals were compacted",
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
        if requirement not in _WHAT:
            continue  # it is judged elsewhere: here it tells only that the table needn't be wrong
        if requirement == found.broken:
            yield from _compared(requirement, _WHAT[requirement], found, found.mismatched)
        elif not set(indexes) & set(found.mismatched):
            yield from _compared(requirement, _WHAT[requirement], found, indexes)


@check("ALIAS-4", on=PASSES.accepted)
def what_is_listed_is_known(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that a record isn't recorded anew under an id that a marker lists, although it should have another id."""
    listed = ids_listed_by(delta(step).before.events)
    for index, event_id in wrong_ids(step, trace).items():
        if event_id in listed:
            what, new = f"whether {event_id!r} was recorded anew", pass_effects(step).events[index]
            again = event_id in {event["event_id"] for event in new}
            yield judged("ALIAS-4", what, expected=False, actual=again, subject=index)


@check("ALIAS-2", on=PASSES.accepted)
def a_known_record_is_not_recorded_again(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that what is known gets no event, and that the recorded id and seq stand for it in its snapshot.

    That a snapshot is missing says PASS-5.
    """
    found = recognition(step, trace)
    if found is None:
        return
    known = [index for index in found.judged if found.known[index]]
    wrong = [index for index in known if index in found.mismatched]
    told = [index for index in wrong if found.actual[index].event or found.actual[index].snapshot is not None]
    if known and (told or not wrong):
        yield from _compared("ALIAS-2", "what the pass did for a record that was known", found, told or known)


def _compared(requirement: str, what: str, found: Recognition, indexes: list[int]) -> Iterator[Judgement]:
    for index in indexes:
        expected, actual = (each[index].as_json(index) for each in (found.expected, found.actual))
        yield judged(requirement, what, expected=expected, actual=actual, subject=index)
