"""The time line of the session that shows a failure: each step with what it appended and wrote, the last one marked.

What the implementation did before the last step isn't known any more, and nobody found fault with it. So the steps
before it are drawn as the reference takes them; in the last step what the implementation did is held against what the
reference does.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final, TypeAlias

from attrs import evolve, frozen

from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.step_summary import seen_of
from lifecycle_conformance.execution.trace import Object, Owner, Request, Step, history_of, owner_of_run
from lifecycle_conformance.model.identity import ids_of
from lifecycle_conformance.report.failures import answered
from lifecycle_conformance.report.page.marks import event_mark, record_mark, snapshot_mark
from lifecycle_conformance.report.page.timeline import Column, Gap, Lane, Mark, Presence, Stage, Timeline, Tone, kept
from lifecycle_conformance.report.request_lines import Told, shown, told
from lifecycle_conformance.report.wording import counted, named, short
from lifecycle_conformance.runner.verdicts import Failure
from lifecycle_conformance.specification import schemas

_LONGEST: Final = 300
_MOST_NAMED: Final = 5
_Key: TypeAlias = tuple[str, int]
"""An id, and a number that tells those apart that are there several times."""


@frozen(kw_only=True)
class _Did:
    """What a step led to: the events that it appended, the snapshots that it wrote, the ids of what is gone."""

    brought: Mapping[Lane, Mapping[_Key, Object]]
    gone: Sequence[str] = ()

    @property
    def keys(self) -> Iterator[_Key]:
        """Those of all that it brought."""
        return (key for part in self.brought.values() for key in part)


_NOTHING: Final = _Did(brought={Lane.EVENTS: {}, Lane.SNAPSHOTS: {}})


def timeline(title: str, failure: Failure, steps: Sequence[Step]) -> Timeline:
    """The time line of a failure. `steps` are those of the reference with the same requests, fewer where it stopped."""
    requests, line = shown(failure.requests), _Line()
    of_reference = steps[len(failure.requests) - len(requests) :]
    columns: list[Column] = []
    for each, request, step in zip_longest(told(failure.requests), requests, of_reference[: len(requests)]):
        columns += line.columns(each, request, step, failure if each.number == len(requests) else None)
    failing = [at for at, column in enumerate(columns) if column.stage is not None and column.stage.tone is not None]
    return Timeline(
        title=title,
        lanes=[*Lane],
        cells=[each if isinstance(each, Gap) else columns[each] for each in kept(len(columns), failing)],
    )


def is_known(failure: Failure) -> bool:
    """Whether it is known what the implementation did in the last step."""
    return failure.seen is not None and "answer" in failure.seen


class _Line:
    """The columns of a session while they are made: it remembers the records that earlier steps brought."""

    def __init__(self) -> None:
        self._known: set[tuple[Owner, str]] = set()

    def columns(self, each: Told, request: Request, step: Step | None, failure: Failure | None) -> Iterator[Column]:
        """The columns of a step, one at least; `failure` is what the last one shows."""
        wanted = None if step is None else _did(request, seen_of(step))
        did = _did(request, failure.seen) if failure is not None and failure.seen and is_known(failure) else wanted
        stage = _stage(each, step, failure)
        columns = [*self._recorded(request, wanted, did or _NOTHING), *_gone(request[0], wanted, did or _NOTHING)]
        yield from (evolve(column, stage=stage) for column in columns or [Column(marks={})])

    def _recorded(self, request: Request, wanted: _Did | None, did: _Did) -> Iterator[Column]:
        """A column for each record that is new or recorded now, in their order, then for all others."""
        records, new = self._records(request)
        keys = dict.fromkeys([*((each, 0) for each in new), *(wanted or _NOTHING).keys, *did.keys])
        for key in sorted(keys, key=lambda key: records.get(key[0], len(records))):
            marks = {lane: mark for lane in _MADE if (mark := _held(key, lane, wanted, did)) is not None}
            if key[0] in records:
                marks[Lane.HISTORY] = _record_mark(request, records[key[0]], again=key[1] > 0)
            phase = did.brought[Lane.SNAPSHOTS].get(key, {}).get("phase")
            yield Column(marks=marks, phase=phase)

    def _records(self, request: Request) -> tuple[dict[str, int], list[str]]:
        """The place of each record in the history that is projected, by its id, and the ids of those that are new."""
        op, arguments = request
        if op != "project" or not schemas.is_valid("run", arguments.get("run")):
            return {}, []
        owner, ids = owner_of_run(arguments["run"]), ids_of(arguments["run"])
        new = [each for each in ids if (owner, each) not in self._known]
        self._known.update((owner, each) for each in new)
        return {each: index for index, each in enumerate(ids)}, new


def _record_mark(request: Request, index: int, *, again: bool) -> Mark:
    return record_mark(index, history_of(request[1]["run"])[index], again=again)


# --- what a step led to -----------------------------------------------------------------------------------------------


def _did(request: Request, seen: Object) -> _Did:
    """What a step led to, from its summary; an import that is accepted leaves what it was given."""
    op, arguments = request
    if op == "import" and "ok" in seen["answer"]:
        return _Did(brought=_brought(arguments.get("events", ()), arguments.get("snapshots", ())))
    events, snapshots = seen.get("appended", ()), seen.get("written", ())
    changed = {*(each["event_id"] for each in events), *(each["snapshot_id"] for each in snapshots)}
    return _Did(
        brought=_brought(events, snapshots), gone=[each for each in seen.get("gone", ()) if each not in changed]
    )


def _brought(events: Iterable[Object], snapshots: Iterable[Object]) -> Mapping[Lane, Mapping[_Key, Object]]:
    return {Lane.EVENTS: _by_id("event_id", events), Lane.SNAPSHOTS: _by_id("snapshot_id", snapshots)}


def _by_id(name: str, records: Iterable[Object]) -> dict[_Key, Object]:
    met: Counter[str] = Counter()
    found = {}
    for each in records:
        found[each[name], met[each[name]]] = each
        met[each[name]] += 1
    return found


def _stage(each: Told, step: Step | None, failure: Failure | None) -> Stage:
    seen = failure.seen if failure is not None and is_known(failure) else None
    if seen is None and step is not None:
        seen = seen_of(step)
    said = "" if seen is None else f": {answered(seen['answer'])}"
    if failure is not None and failure.broke is not None:
        said = f": {failure.message}"
    ended = " fails" if failure is not None else " refused" if seen is not None and "error" in seen["answer"] else ""
    return Stage(
        label=f"{each.number} {each.op}{ended}",
        text=short(f"Step {each.number}, {each.op} {', '.join(each.phrases)}{said}", _LONGEST),
        tone=None if failure is None else Tone.BAD,
    )


# --- what is held against what ----------------------------------------------------------------------------------------

_MADE: Final[Mapping[Lane, tuple[Callable[[Object], Mark], str]]] = {
    Lane.EVENTS: (event_mark, "append"),
    Lane.SNAPSHOTS: (snapshot_mark, "write"),
}
"""What makes the mark of what a step brings, and the word for bringing it."""


def _held(key: _Key, lane: Lane, wanted: _Did | None, did: _Did) -> Mark | None:
    """The mark of an event or a snapshot; of one that is missing, too many or another one, with a tone."""
    make, verb = _MADE[lane]
    actual = did.brought[lane].get(key)
    if wanted is None:  # the reference didn't take the step
        return None if actual is None else make(actual)
    expected = wanted.brought[lane].get(key)
    if actual is None:
        return None if expected is None else _missing(make(expected), verb)
    if expected is None:
        return _wrong(make(actual), "one too many", f"the reference doesn't {verb} it")
    if canonical(expected) != canonical(actual):
        return _wrong(make(actual), "not as expected", f"the reference {verb}s another")
    return make(actual)


def _wrong(mark: Mark, detail: str, why: str) -> Mark:
    return evolve(mark, own_tone=Tone.BAD, detail=detail, text=f"{mark.text}: {why}")


def _missing(mark: Mark, verb: str) -> Mark:
    said = f"Missing: {mark.text}, which the reference {verb}s"
    return evolve(mark, presence=Presence.MISSING, own_tone=Tone.BAD, detail="missing", text=said)


def _gone(op: str, wanted: _Did | None, did: _Did) -> Iterator[Column]:
    """A column for what is gone, and one each for what should be, and for what shouldn't."""
    lane = Lane.SNAPSHOTS if op == "prune" else Lane.EVENTS
    expected = did.gone if wanted is None else wanted.gone
    both = [each for each in did.gone if each in expected]
    kept_ = [each for each in expected if each not in did.gone]
    lost = [each for each in did.gone if each not in expected]
    for ids, caption, said, tone in (
        (both, "gone", "Gone", None),
        (kept_, "not removed", "Still there, and the reference removes it", Tone.BAD),
        (lost, "gone", "Gone, and the reference keeps it", Tone.BAD),
    ):
        if ids:
            more = f" and {counted(len(ids) - _MOST_NAMED, 'more', 'more')}" if len(ids) > _MOST_NAMED else ""
            text = f"{said}: {', '.join(map(named, ids[:_MOST_NAMED]))}{more}"
            label = f"\N{MINUS SIGN}{len(ids)}"
            mark = Mark(label=label, caption=caption, text=text, presence=Presence.ELSEWHERE, own_tone=tone)
            yield Column(marks={lane: mark})
