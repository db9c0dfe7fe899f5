"""Checks of the chapters *Records* and *Canonical JSON*: the same run record written in different ways.

A reading is judged under one requirement, the one that it was made for. What it shows of others is left to theirs: so
each judgement looks at as little as its requirement is about, and none is made where a plain record beside the special
one shows that something else is wrong.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final, TypeAlias

import orjson
from attrs import evolve

from lifecycle_conformance.execution.judgement import Judgement, canonical, judged, none, steps
from lifecycle_conformance.execution.trace import Object, Shown, Step, Trace, history_of, member, owner_of_run
from lifecycle_conformance.judges.attribution.canonical_writing import write
from lifecycle_conformance.judges.attribution.digests import Digest
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.content_tables import ENTERPRISE_FIELDS
from lifecycle_conformance.model.identity import PREFIX, WHITE_SPACE, content_of_event
from lifecycle_conformance.model.shown_metadata import SHOWN_AS, WAIT_KINDS
from lifecycle_projection.records import Json

_SHORTENED: Final = re.compile(r"-([0-9A-Fa-f]{24})-[0-9]+")
_JudgeOne: TypeAlias = Callable[[str, Step], Iterator[Judgement]]


def _accepted(requirement: str, step: Step) -> Iterator[Judgement]:
    """Judge that a run record is read at all."""
    if _is_comparable(step):
        yield judged(requirement, "the refusal", expected=None, actual=step.refusal)


def _same(requirement: str, step: Step) -> Iterator[Judgement]:
    """Judge that the other writing is read, and gives what the plain one gives."""
    if not _is_comparable(step):
        return
    if step.refusal is not None:
        yield judged(requirement, "the refusal", expected=None, actual=step.refusal)
        return
    before, after = _plain(_before(step)), _plain(_after(step))
    where, expected, actual = difference(before, after) or ("what is shown", None, None)
    yield judged(requirement, where, expected=expected, actual=actual)


def _last_one(requirement: str, step: Step) -> Iterator[Judgement]:
    """Judge that the last of two values counts; that they keep no value of a scope from parsing is SCOPE-5."""
    if step.refusal is None and _is_comparable(step):
        fields = _fields_of_scopes(_before(step))
        lost = sorted(fields - _fields_of_scopes(_after(step)))
        if fields:
            yield none("SCOPE-5", "the values with a member twice that don't parse", lost)
        if lost:
            return
    yield from _same(requirement, step)


def _fields_of_scopes(shown: Shown) -> set[str]:
    return {name for each in (*shown.events, *shown.snapshots) for name in ENTERPRISE_FIELDS if name in each["scope"]}


def _trimming(requirement: str, step: Step) -> Iterator[Judgement]:
    """Judge what events show of padded texts, if the first shows one that is padded by spaces as it should."""
    control, *history = history_of(step.arguments["means"])
    if not _shows_trimmed(control, _event_of(control, _after(step))):
        return
    for record in history:
        event, (shown, expected) = _event_of(record, _after(step)), _trimmed(record["metadata"])
        if event is not None:
            yield judged(requirement, f"{shown} of the event", expected=expected, actual=event.get(shown))


def _shows_trimmed(record: Object, event: Object | None) -> bool:
    shown, expected = _trimmed(record["metadata"])
    return event is not None and event.get(shown) == expected


def _no_members(requirement: str, step: Step) -> Iterator[Judgement]:
    """Judge that a value that is no object is read, and that no member of it is found, if none is found in `{}`."""
    yield from _accepted(requirement, step)
    control, *special = (_event_of(record, _after(step)) for record in history_of(step.arguments["means"]))
    if control is None or _looked_up(control):
        return
    for event in filter(None, special):
        yield judged(requirement, "what was found in the metadata", expected={}, actual=_looked_up(event))


def _integer_or_double(requirement: str, step: Step) -> Iterator[Judgement]:
    """Judge whether a number is read as an integer or as a double: by what is shown, and by what enters the hash."""
    if step.refusal is not None:
        yield from _accepted(requirement, step)
        return
    (_, (special, event)) = _pair(step)
    number, shown = member(special["metadata"], "n"), _number(event)
    if event is None or shown is None:
        return
    actual: Json = shown if isinstance(shown, int) else "a double"
    if isinstance(number, int):
        yield judged(requirement, "how an integer of 64 bits is read", expected=number, actual=actual)
        return
    if _enters_as(step, _exactly(step)):
        actual = "an integer, in the identity"
    yield judged(requirement, "how an integer beyond 64 bits is read", expected="a double", actual=actual)


def _minus_zero(requirement: str, step: Step) -> Iterator[Judgement]:
    """Judge whether the sign of the literal minus zero is kept: in what is shown, and in what enters the hash."""
    if step.refusal is not None:
        yield from _accepted(requirement, step)
        return
    (_, (special, event)) = _pair(step)
    shown = _number(event)
    if event is None or shown is None:
        return
    if _enters_as(step, 0):
        shown = 0
    yield judged(requirement, "minus zero", expected=special["metadata"]["n"], actual=shown)


def _nearest_double(requirement: str, step: Step) -> Iterator[Judgement]:
    """Judge the value of a double. Whether it is shown as one, and with which digits, is not the question here."""
    if step.refusal is not None:
        yield from _accepted(requirement, step)
        return
    (_, (special, event)) = _pair(step)
    numbers, shown = special["metadata"]["n"], member(member(member(event, "payload"), "metadata"), "n")
    if not isinstance(shown, list) or len(shown) != len(numbers):
        return
    wrong = [pair for pair in zip(numbers, shown, strict=True) if pair[0] != pair[1]]
    if wrong and shown == [float(f"{number:.15g}") for number in numbers]:
        return  # all of them are written with too few digits (JSON-7): what was read can't be seen
    number, found = wrong[0] if wrong else (numbers[0], numbers[0])
    yield judged(requirement, "a double", expected=number, actual=found)


def _writing(requirement: str, step: Step) -> Iterator[Judgement]:
    """Judge how canonical JSON is written: by the digests that are shown beside their values."""
    (_, control), (special, event) = _pair(step)
    if event is None:
        return
    kept = member(event.get("payload"), "metadata")
    if canonical(kept) != canonical(special["metadata"]):
        if requirement == "JSON-6" and kept == special["metadata"]:
            yield judged(requirement, "the numbers", expected=special["metadata"], actual=kept)
        return  # what was read, or copied, wrongly can't tell how it is written
    digests = [
        *map(partial(_as_sent, step), _digests_of_events(step, [event])),
        *_digests_of_snapshots(step, special["metadata"]),
    ]
    faults = [{} if each.is_right else each.faults() for each in digests]
    for digest, fault in zip(digests, faults, strict=True):
        if requirement in fault:
            yield _written(requirement, digest, f"the digest, which is that with {fault[requirement]}")
            return
    right = [each for each in digests if each.is_right]
    if right:
        yield _written(requirement, right[0], "the digest")
    elif digests and not any(faults) and _must_be_the_writing(requirement, step, digests, control):
        yield _written(requirement, digests[0], f"the digest of {_quoted(digests[0].value)}")


def _must_be_the_writing(requirement: str, step: Step, digests: list[Digest], control: Object | None) -> bool:
    """Whether digests that no known fault explains, and that are all wrong, can have this reason only.

    Where the digest of a plain value is right, it is the special value that is written wrongly. Where none is, in the
    ids as in the snapshots, it is the hash itself; it could be white space as well, but then of a kind yet unseen.
    """
    plain = [] if control is None else _digests_of_events(step, [control])
    if requirement in {"JSON-1", "JSON-2"}:
        return requirement == "JSON-1" and len(digests) > 1 and not any(each.is_right for each in plain)
    return bool(plain) and all(each.is_right for each in plain)


_JUDGES: Final[Mapping[str, _JudgeOne]] = {
    **dict.fromkeys(("REC-4", "REC-5", "REC-10", "REC-12"), _same),
    **dict.fromkeys(("REC-7", "REC-9", "REC-14", "REC-15", "JSON-15"), _accepted),
    "REC-16": _trimming,
    "REC-17": _no_members,
    **dict.fromkeys((f"JSON-{number}" for number in range(1, 7)), _writing),
    "REC-13": _last_one,
    "JSON-10": _integer_or_double,
    "JSON-11": _minus_zero,
    "JSON-12": _nearest_double,
}


@check(*_JUDGES, "SCOPE-5", on=steps("read"))
def of_readings(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge what a run record means, under the requirement that says so; what the guard refuses has been read."""
    requirement = step.arguments["because"]
    if step.refusal == "phase_transition":
        return
    yield from _JUDGES[requirement](requirement, step)


# --- what a reading shows ---------------------------------------------------------------------------------------------


def difference(old: Json, new: Json, where: str = "") -> tuple[str, Json, Json] | None:
    """The first place at which two values differ, and what is there in each; `None` if they are the same."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            inside = f"{where}.{name}".lstrip(".")
            if name not in old or name not in new:
                return inside, {each: old[each] for each in old if each == name}, {k: new[k] for k in new if k == name}
            if found := difference(old[name], new[name], inside):
                return found
        return None
    if isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            return f"the number of {where}", len(old), len(new)
        pairs = enumerate(zip(old, new, strict=True))
        return next((found for i, pair in pairs if (found := difference(*pair, f"{where}[{i}]"))), None)
    return None if canonical(old) == canonical(new) else (where, old, new)


def _plain(shown: Shown) -> Object:
    return {"events": [*shown.events], "snapshots": [*shown.snapshots]}


def _before(step: Step) -> Shown:
    return step.before.get(owner_of_run(step.arguments["means"]), Shown())


def _after(step: Step) -> Shown:
    return step.after.get(owner_of_run(step.arguments["means"]), Shown())


def _is_comparable(step: Step) -> bool:
    """Whether the plain writing was read, or is the one that is in question."""
    return bool(_before(step).events) or canonical(step.arguments.get("run")) == canonical(step.arguments["means"])


def _pair(step: Step) -> tuple[tuple[Object, Object | None], tuple[Object, Object | None]]:
    """The plain record, which comes first, and the special one, which comes last, each with its event."""
    history = history_of(step.arguments["means"])
    after = _after(step)
    return (history[0], _event_of(history[0], after)), (history[-1], _event_of(history[-1], after))


def _event_of(record: Object, shown: Shown) -> Object | None:
    """The event of a record, which is the only one of its name."""
    return next((each for each in shown.events if each["event_type"] == f"{PREFIX}{record['event']}"), None)


def _trimmed(metadata: Object) -> tuple[str, Json]:
    """The member of an event that shows the one text in the metadata, and what it shows: `None` for nothing."""
    if "claim" in metadata:
        name, shown, text = "claim_id", "causation_id", metadata["claim"]["claim_id"]
    else:
        ((name, text),) = metadata.items()
        shown = SHOWN_AS[name]
    inner = text.strip(WHITE_SPACE) or None
    return shown, inner if name != "wait_kind" or inner in WAIT_KINDS else None


def _looked_up(event: Object) -> Object:
    return {name: event[name] for name in ("phase_id", "wait_kind", "causation_id") if event.get(name) is not None}


def _number(event: Object | None) -> int | float | None:
    number = member(member(member(event, "payload"), "metadata"), "n")
    return number if isinstance(number, int | float) and not isinstance(number, bool) else None


def _exactly(step: Step) -> int:
    """The number of the special record as it was written; Python reads integers of any size."""
    run = json.loads(step.arguments["run_json"])
    number: int = history_of(run)[-1]["metadata"]["n"]
    return number


# --- digests ----------------------------------------------------------------------------------------------------------


def _digests_of_events(step: Step, events: list[Object]) -> list[Digest]:
    """The digest in the id of each event, and the content that the event shows."""
    digests = []
    for event in events:
        content, found = content_of_event(step.arguments["means"], event), _SHORTENED.search(event["event_id"])
        if content is not None and found is not None:
            digests.append(Digest(value=orjson.loads(content), shown=found[1], form=lambda digits: digits[:24]))
    return digests


def _as_sent(step: Step, digest: Digest) -> Digest:
    """The same digest of the last record, whose metadata has its members in the order in which they were sent."""
    arguments = step.arguments
    run = json.loads(arguments["run_json"]) if "run_json" in arguments else arguments["run"]
    return evolve(digest, value={**digest.value, "metadata": history_of(run)[-1]["metadata"]})


def _digests_of_snapshots(step: Step, special: Json) -> list[Digest]:
    """The digest of a checkpoint that shows the special value, too."""
    for snapshot in _after(step).snapshots:
        checkpoint, digest = snapshot.get("checkpoint"), snapshot.get("payload_digest")
        kept = member(member(checkpoint, "last_failure"), "metadata")
        if isinstance(digest, str) and canonical(kept) == canonical(special):
            return [Digest(value=checkpoint, shown=digest, form=lambda digits: f"sha256:{digits}")]
    return []


def _enters_as(step: Step, number: int) -> bool:
    """Whether a double enters the identity as this integer, but only where it was written as one."""
    plain, special = (
        _event_of(history_of(step.arguments["means"])[-1], shown) for shown in (_before(step), _after(step))
    )
    digests = _digests_of_events(step, [each for each in (plain, special) if each is not None])
    return [each.is_that_of(_with_number(each, number)) for each in digests] == [False, True]


def _with_number(digest: Digest, number: int) -> str:
    said = digest.value["metadata"]
    metadata = {**(said if isinstance(said, dict) else {}), "n": number}
    return write({**digest.value, "metadata": metadata})


def _written(requirement: str, digest: Digest, what: str) -> Judgement:
    return judged(requirement, what, expected=digest.expected, actual=digest.shown)


def _quoted(value: Json) -> str:
    text = canonical(value).decode()
    return text if len(text) <= 200 else f"{text[:200]} …"
