"""The requests of a session, a line each: of a run only what is new since the last request about it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

from attrs import frozen

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.trace import LOCAL, Object, Request
from lifecycle_conformance.model.comparison import ABSENT, mismatches
from lifecycle_conformance.model.identity import PREFIX, listed_by
from lifecycle_conformance.report.difference import windows
from lifecycle_conformance.report.spoilt import spoilt_members
from lifecycle_conformance.report.wording import WIDTH, named, short, short_id, wrapped, written
from lifecycle_projection.records import Json

_FIRST: Final[Request] = ("open", {"store": 0})
_INDENT: Final = "   "
_TYPE: Final = re.compile(r"stateful_runtime\.(automation_v2\.)?(?=.)")
_LONGEST: Final = 72
_LONGEST_OF_TWO: Final = 40
_MOST_SHOWN: Final = 8
_SMALL: Final = frozenset({"tenant", "run_id", "store", "retention_ms", "now_ms", "keep"})
"""Arguments that are short enough to be shown beside what is spoilt in others."""
_MOST_NAMES: Final = 6
_FEW_MEMBERS: Final = 2
_LONGEST_OF_FEW: Final = 400
"""Where a run has but a few further members, they are what it is about."""
_MOST_LISTED: Final = 3
_SHOWN_ELSEWHERE: Final = frozenset(
    {"run_id", "status", "tenant_context", "checkpoint"}
    | {"automation_id", "trigger_type", "created_at_ms", "updated_at_ms"}
)
"""Members that the list of further members of a new run doesn't name: they are shown elsewhere, or in every run."""


@frozen
class Told:
    """A request of a session: its number, which begins with 1, its operation, and the phrases that describe it."""

    number: int
    op: str
    phrases: Sequence[str]


def told(requests: Sequence[Request]) -> Iterator[Told]:
    """The requests of a session; an `open` that comes first is left out, as most sessions have it."""
    describer = _Describer()
    for number, (op, arguments) in enumerate(shown(requests), start=1):
        yield Told(number, op, [*describer.of(op, arguments)])


def shown(requests: Sequence[Request]) -> Sequence[Request]:
    """The requests of a session that are told."""
    return requests[1:] if requests and requests[0] == _FIRST else requests


def request_lines(requests: Sequence[Request], width: int = WIDTH) -> Iterator[str]:
    """The requests of a session, a line each, and more lines where that is too long."""
    longest = max((len(op) for op, _ in shown(requests)), default=0)
    indent = len(_INDENT) + 6 + longest
    for each in told(requests):
        first = f"{_INDENT}{each.number:>2}  {safe(each.op):{longest}}  "
        yield from wrapped(each.phrases, width, first=first, rest=" " * indent)


class _Describer:
    """Describes requests one after the other, and remembers the runs in them to show only what is new."""

    def __init__(self) -> None:
        self._runs: dict[str, Object] = {}
        self._latest: Json = None
        self._correlations: dict[str, dict[str, Json]] = {}
        self._of: Final[Mapping[str, Callable[[Object], Iterator[str]]]] = {
            "project": self._with_run,
            "identify": self._with_run,
            "refuse": self._refused,
            "read": self._read,
            "events": _looked,
            "snapshots": _looked,
            "import": self._left_behind,
            "append": _appended,
            "restart": lambda arguments: iter(["killed" if arguments.get("kill") else "ended"]),
            "say": _said,
            "tear": lambda arguments: iter([f"{arguments.get('bytes')} bytes of {_brief(arguments.get('text'))}"]),
            "put": _put,
            "remove": lambda arguments: iter([named(arguments.get("path"))]),
        }

    def of(self, op: str, arguments: Object) -> Iterator[str]:
        """The phrases that describe a request."""
        return self._of.get(op, _plainly)(arguments)

    def _with_run(self, arguments: Object) -> Iterator[str]:
        run = arguments.get("run")
        if not isinstance(run, dict) or not isinstance(run.get("checkpoint"), dict):
            yield from _plainly(arguments)
            return
        key = written([run.get("run_id"), run.get("tenant_context")])
        previous = self._runs.get(key)
        self._runs[key] = self._latest = run
        yield named(run.get("run_id"))
        if previous is None:
            yield from _introduced(run)
            yield from self._unlike(run)
        else:
            yield from _changes(previous, run) or ["the same again"]

    def _left_behind(self, arguments: Object) -> Iterator[str]:
        for event in arguments.get("events") or ():
            if isinstance(event, dict) and str(event.get("event_type")).startswith(PREFIX):
                correlation = event.get("correlation_id")
                self._correlations.setdefault(written(event.get("run_id")), {})[written(correlation)] = correlation
        return _imported(arguments)

    def _unlike(self, run: Object) -> Iterator[str]:
        """Which automation a run is of, where events were imported that aren't known to be of it (ALIAS-6)."""
        there = self._correlations.get(written(run.get("run_id")), {})
        others = [each for text, each in there.items() if text != written(run.get("automation_id"))]
        if others:
            told = ", ".join("none" if each is None else named(each) for each in others[:_MOST_LISTED])
            yield f"automation {named(run.get('automation_id'))}, and events correlated with {told}"

    def _refused(self, arguments: Object) -> Iterator[str]:
        request = arguments.get("request")
        asked = request if isinstance(request, dict) else {}
        yield named(asked.get("op"))
        rest = {name: value for name, value in asked.items() if name != "op"}
        spoilt = list(spoilt_members(asked))
        yield from spoilt[:_MOST_SHOWN]
        if spoilt:
            rest = {name: value for name, value in rest.items() if name in _SMALL}
        elif isinstance(rest.get("run"), dict):
            yield from self._plain_run(rest.pop("run"))
        elif isinstance(rest.get("run_json"), str):
            text = rest.pop("run_json")
            yield f"run_json, a text of {len(text)} characters that can be read"
        yield from _plainly(rest)
        yield f"to be refused as {named(arguments.get('kind'))}{_because(arguments)}"

    def _plain_run(self, run: Object) -> Iterator[str]:
        """A run in which nothing is spoilt: what is new in it, or what it is."""
        if isinstance(self._latest, dict):
            yield from _changes(self._latest, run) or ["the same run"]
        elif isinstance(run.get("checkpoint"), dict):
            yield named(run.get("run_id"))
            yield from _introduced(run)
        else:
            yield f"run {_brief(run)}"

    @staticmethod
    def _read(arguments: Object) -> Iterator[str]:
        means, other, text = arguments.get("means"), arguments.get("run"), arguments.get("run_json")
        if isinstance(means, dict) and isinstance(other, dict):
            yield named(means.get("run_id"))
            yield from _changes(means, other) or ["the same run"]
        else:
            plain = json.dumps(means, ensure_ascii=False)
            left, right = windows(plain, text if isinstance(text, str) else written(text))
            yield f"the text {safe(right)}"
            yield f"that means {safe(left)}"
        if _because(arguments):
            yield _because(arguments).strip()


def _because(arguments: Object) -> str:
    """The requirements that ask for something: one, or a list of them."""
    because = arguments.get("because") or []
    return f" ({', '.join(map(named, because if isinstance(because, list) else [because]))})" if because else ""


def _plainly(arguments: Object) -> Iterator[str]:
    return (f"{named(name)} {_brief(value)}" for name, value in arguments.items())


def _brief(value: Json, most: int = _LONGEST) -> str:
    return short(written(value), most)


def _looked(arguments: Object) -> Iterator[str]:
    yield f"{named(arguments.get('run_id'))}{_of(arguments.get('tenant'))}"


def _of(tenant: Json) -> str:
    """A tenant, unless it is that of runs which name none."""
    return "" if tenant in (None, LOCAL) else f" of {_tenant(tenant)}"


def _said(arguments: Object) -> Iterator[str]:
    yield _brief(arguments["line"]) if "line" in arguments else f"the bytes {_brief(arguments.get('bytes'))}"


def _put(arguments: Object) -> Iterator[str]:
    yield named(arguments.get("path"))
    yield _brief(arguments["text"]) if "text" in arguments else f"the bytes {_brief(arguments.get('bytes'))}"


# --- runs -------------------------------------------------------------------------------------------------------------


def _introduced(run: Object) -> Iterator[str]:
    """A run that is new: its tenant, status and history, and the names of what else it has."""
    yield from filter(None, [_of(run.get("tenant_context")).strip()])
    yield named(run.get("status"))
    history = _history_of(run)
    yield from _history([], history or [])
    others = {name: value for name, value in run.items() if name not in _SHOWN_ELSEWHERE}
    others |= {
        f"checkpoint.{name}": value
        for name, value in run["checkpoint"].items()
        if name != "lifecycle_history" or history is None
    }
    if len(others) <= _FEW_MEMBERS:
        yield from (f"{named(name)} {_brief(value, _LONGEST_OF_FEW)}" for name, value in others.items())
    else:
        more = f" and {len(others) - _MOST_NAMES} more" if len(others) > _MOST_NAMES else ""
        yield f"with {', '.join(map(named, [*others][:_MOST_NAMES]))}{more}"


def _tenant(tenant: Json) -> str:
    if not isinstance(tenant, dict):
        return _brief(tenant)
    parts = [tenant[name] for name in ("org_id", "workspace_id", "deployment_id") if tenant.get(name) is not None]
    return "/".join(map(named, parts))


def _changes(previous: Object, run: Object) -> list[str]:
    """What is new in a run: members wherever they stand, then its history."""
    before, after = _history_of(previous), _history_of(run)
    if before is None or after is None:
        return _members(previous, run)
    return [*_members(_without_history(previous), _without_history(run)), *_history(before, after)]


def _history_of(run: Object) -> list[Json] | None:
    """The history of a run, `None` where it isn't a list."""
    checkpoint = run.get("checkpoint")
    history = checkpoint.get("lifecycle_history", []) if isinstance(checkpoint, dict) else None
    return history if isinstance(history, list) else None


def _without_history(run: Object) -> Object:
    checkpoint = {name: value for name, value in run["checkpoint"].items() if name != "lifecycle_history"}
    return {**run, "checkpoint": checkpoint}


def _members(before: Object, after: Object) -> list[str]:
    phrases = []
    for mismatch in mismatches(before, after):
        path, sides = safe(mismatch.path.removeprefix("$.")), (mismatch.expected, mismatch.actual)
        most = _LONGEST if ABSENT in sides else _LONGEST_OF_TWO
        old, new = ("nothing" if side is ABSENT else _value(side, path, most) for side in sides)
        phrases.append(f"{path} {old} → {new}")
    return _some(phrases)


def _value(value: Json, path: str, most: int) -> str:
    return named(value) if path == "status" and isinstance(value, str) else _brief(value, most)


def _history(before: list[Json], after: list[Json]) -> list[str]:
    """Which records were taken out, and which were put in, and where."""
    old, new = [written(each) for each in before], [written(each) for each in after]
    phrases = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            phrases += [f"- [{index}] {_record(before[index])}" for index in range(i1, i2)]
            phrases += [_added(after, new, index, inserted=i2 < len(old)) for index in range(j1, j2)]
    return _some(phrases)


def _some(phrases: list[str]) -> list[str]:
    more = len(phrases) - _MOST_SHOWN
    return phrases if more <= 0 else [*phrases[:_MOST_SHOWN], f"and {more} more"]


def _added(history: list[Json], texts: list[str], index: int, *, inserted: bool) -> str:
    first = texts.index(texts[index])
    again = f", the same as [{first}]" if first != index else ""
    return f"+ [{index}] {_record(history[index])}{', inserted' if inserted else ''}{again}"


def _record(record: Json) -> str:
    if not isinstance(record, dict):
        return _brief(record)
    rest = {name: value for name, value in record.items() if name not in {"event", "recorded_at_ms"}}
    at = f" @{_brief(record['recorded_at_ms'])}" if "recorded_at_ms" in record else ""
    event = named(record["event"]) if "event" in record else "no event"
    return f"{event}{at}{f' {_brief(rest)}' if rest else ''}"


# --- events and snapshots ---------------------------------------------------------------------------------------------


def _imported(arguments: Object) -> Iterator[str]:
    events, snapshots = (
        [each for each in arguments.get(name) or () if isinstance(each, dict)] for name in ("events", "snapshots")
    )
    both = [*events, *snapshots]
    yield from dict.fromkeys(f"{named(each.get('run_id'))}{_scoped(each)}" for each in both)
    phrases = [_event(each) for each in events] + [_snapshot(each) for each in snapshots]
    yield from _some(phrases) or ["nothing"]


def _scoped(record: Object) -> str:
    scope = record.get("scope")
    return _of(scope.get("tenant_context")) if isinstance(scope, dict) else ""


def _event(event: Object) -> str:
    kind = event.get("event_type")
    brief = _TYPE.sub("", kind, count=1) if isinstance(kind, str) else kind
    listed = [event_id for event_id, _ in listed_by({"event_type": None, **event})]
    more = "" if len(listed) <= _MOST_LISTED else f" and {len(listed) - _MOST_LISTED} more"
    ids = f" that lists {', '.join(map(short_id, listed[:_MOST_LISTED]))}{more}" if listed else ""
    return f"event {_seq(event)}{named(brief)} {short_id(event.get('event_id'))}{ids}"


def _snapshot(snapshot: Object) -> str:
    phase = snapshot.get("phase")
    where = "without phase" if phase is None else f"in {named(phase)}"
    return f"snapshot {_seq(snapshot)}{named(snapshot.get('status'))} {where} {short_id(snapshot.get('snapshot_id'))}"


def _seq(record: Object) -> str:
    return f"seq {_brief(record['seq'])} " if "seq" in record else ""


def _appended(arguments: Object) -> Iterator[str]:
    event = arguments.get("event")
    if not isinstance(event, dict):
        yield from _plainly(arguments)
        return
    yield f"{named(event.get('run_id'))}{_of(arguments.get('tenant'))}"
    yield _event({name: value for name, value in event.items() if name != "seq"})
    yield f"@{_brief(event.get('occurred_at_ms'))}"
