"""Checks of the chapter *Identity and occurrence*: on what `identify` answers and on the events that a pass appends."""

from collections.abc import Iterator

from lifecycle_conformance.properties.changes import appended
from lifecycle_conformance.properties.content_ids import Content, content_of, contents_of, identity_of, stable_id
from lifecycle_conformance.properties.judgement import Judgement, judged, judges
from lifecycle_conformance.trace import Object, Step, Trace


@judges("ID-1", "ID-2", "ID-5", "ID-6", "ID-7", "OCC-1", "DRIVER-8")
def identified(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge what `identify` says of each record."""
    if step.op != "identify" or step.answer.ok is None:
        return
    contents, ids = contents_of(step.run), step.ok["ids"]
    yield judged("DRIVER-8", "the number of ids", expected=len(contents), actual=len(ids))
    for record, (content, occurrence), said in zip(step.history, contents, ids, strict=False):
        what = f"of {record['event']!r} at {record['recorded_at_ms']}"
        yield judged("ID-1", f"the identity {what}", expected=identity_of(content), actual=said["identity"])
        if None in (record.get("reason"), record.get("stop_kind"), record.get("metadata")):
            yield judged("ID-2", f"the identity {what}", expected=identity_of(content), actual=said["identity"])
        yield from _occurrence(what, occurrence, said["occurrence"])
        yield from _id(what, record, content, said["occurrence"], said["event_id"])


@judges("OCC-1", "ID-5", "ID-6", "ID-7")
def of_new_events(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge the occurrences and ids of the events that a pass appended, each found by the index that it names."""
    if step.op != "project":
        return
    contents = contents_of(step.run)
    for event in appended(step):
        payload = event["payload"]
        index = payload.get("lifecycle_index")
        if type(index) is not int or not 0 <= index < len(contents):
            continue  # EVENT-3 says so
        record, (content, occurrence) = step.history[index], contents[index]
        what = f"of the event of {record['event']!r} at {record['recorded_at_ms']}"
        yield from _occurrence(what, occurrence, payload.get("lifecycle_occurrence"))
        yield from _id(what, record, content, payload.get("lifecycle_occurrence"), event["event_id"])


@judges("ID-3", "ID-4", "OCC-2")
def position_does_not_enter(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that a record that was identified earlier in this life, elsewhere or in another state, keeps its id."""
    if step.op != "identify" or step.answer.ok is None:
        return
    before = _identified_before(step, trace)
    for index, ((content, occurrence), said) in enumerate(zip(contents_of(step.run), step.ok["ids"], strict=False)):
        if (content, occurrence) not in before:
            continue
        earlier_index, earlier_run, earlier_id = before[content, occurrence]
        if earlier_index != index:
            yield judged(
                "ID-3",
                f"the id of record {index}, which was {earlier_index}",
                expected=earlier_id,
                actual=said["event_id"],
            )
        elif earlier_run != step.run:
            yield judged("ID-4", f"the id of record {index}", expected=earlier_id, actual=said["event_id"])
        if len(earlier_run["checkpoint"]["lifecycle_history"]) != len(step.history):
            yield judged("OCC-2", f"the id of record {index}", expected=earlier_id, actual=said["event_id"])


@judges("OCC-3")
def removing_an_equal_renumbers(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that of n identical records the occurrences are 0 to n - 1, whatever was there before."""
    if step.op != "identify" or step.answer.ok is None:
        return
    of_content: dict[Content, list[int]] = {}
    for record, said in zip(step.history, step.ok["ids"], strict=False):
        of_content.setdefault(content_of(step.run, record), []).append(said["occurrence"])
    for occurrences in of_content.values():
        if len(occurrences) > 1:
            expected = list(range(len(occurrences)))
            yield judged("OCC-3", "the occurrences of identical records", expected=expected, actual=occurrences)


def _occurrence(what: str, expected: int, actual: object) -> Iterator[Judgement]:
    yield judged("OCC-1", f"the occurrence {what}", expected=expected, actual=actual)


def _id(what: str, record: Object, content: Content, occurrence: object, event_id: str) -> Iterator[Judgement]:
    """Judge an id by the occurrence that the implementation gave, so that a wrong one is no fault of the id."""
    if type(occurrence) is not int:
        return
    expected = stable_id(content, occurrence)
    yield judged("ID-5", f"the id {what}", expected=expected, actual=event_id)
    if not record["event"]:
        yield judged("ID-7", f"the id {what}", expected=expected, actual=event_id)
    elif f"-{record['event']}-" not in expected:
        yield judged("ID-6", f"the id {what}", expected=expected, actual=event_id)


def _identified_before(step: Step, trace: Trace) -> dict[tuple[Content, int], tuple[int, Object, str]]:
    before: dict[tuple[Content, int], tuple[int, Object, str]] = {}
    for earlier in trace.earlier(step):
        if earlier.op == "identify" and earlier.answer.ok is not None:
            for index, (each, said) in enumerate(zip(contents_of(earlier.run), earlier.ok["ids"], strict=False)):
                before.setdefault(each, (index, earlier.run, said["event_id"]))
    return before
