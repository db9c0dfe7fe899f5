"""What happens to the files of a store: damage as lists of requests, drawn to fit what is there.

Each list is a small story for :meth:`Session.do`: the damage, and where the order matters the passes over it and the
mending. Nothing here rests on what the specification leaves open, such as a record that is written as an array, nor on
a number that the driver can't be asked with.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Final, TypeAlias

import orjson
from attrs import frozen
from hypothesis import strategies as st

from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.trace import LOCAL, Files, Object, Request, Step, owner_of_run
from lifecycle_conformance.generation.strategies import evenly
from lifecycle_conformance.model.file_layout import (
    SNAPSHOTS,
    both,
    events_of,
    folder_of,
    is_snapshot_path,
    lines_of,
    listed_for,
    log_of,
    path_of,
    snapshots_of,
)
from lifecycle_conformance.model.identity import ids_of
from lifecycle_conformance.model.record_ties import recorded_ids
from lifecycle_projection.records import Json

Requests: TypeAlias = list[Request]

LONG_NAME: Final = "node_" + "x" * 300
"""The name of an event that makes a snapshot's name longer than any file system takes."""
ODD_RUN_IDS: Final = ("run/with:odd é", "😀", ".", "..", "...", "", "a/b", "größe 1")
"""Run ids that are no file names as they are (FILE-4)."""
_ODD_LINES: Final = ("", "7", "null", '"a line"', "{}", "{", "\x00", '{"event_id": "no-event"}', "]")
_WHOLE: Final = (b"7", '"ü"'.encode(), b"{}", b"null")
_BROKEN_OFF: Final = (b"{", b"[1,", b'{"event_id"')
_NULS: Final = 64
_NO_UTF8: Final = (b"\xff", b"\xc3", b'{"event_id": "\xf0\x9f\x98"}', b"\xed\xa0\x80", b"\xc0\xaf")
_SPOILED: Final = (b"", b"{", b"null", b"7", b"{}", b"no snapshot", b"\xff\xfe", b'{"snapshot_id": 7}')


def is_torn(files: Files) -> bool:
    """Tell whether the log ends in a line without newline: another one can't be told from its end."""
    return lines_of(log_of(files))[1] != b""


def note(run: Object, files: Files, **members: Json) -> Object:
    """Write an event of a run that no pass would: readable, with an id and a seq that are new, and letters to tear."""
    return {
        "schema_version": 1,
        "event_id": _unused("note", {LOG: log_of(files)}),
        "run_id": run["run_id"],
        "seq": 1 + max((event["seq"] for event in events_of(log_of(files))), default=0),
        "event_type": "note",
        "occurred_at_ms": 1,
        "scope": {"schema_version": 1, "tenant_context": _tenant(run)},
        "payload": {"text": "größe 😀 \u2028"},
        **members,
    }


# --- the log ----------------------------------------------------------------------------------------------------------


def torn_tails(run: Object, files: Files) -> st.SearchStrategy[Requests]:
    """Tear a line off, between any two bytes, also inside a letter; as often all but the newline is there.

    At times the newline of the last line became NULs, as after a power failure. Mostly a record arrives then, so that
    something is appended behind the tail.
    """
    line = _line(note(run, files))
    inside = [at for at in range(1, len(line)) if line[at] & 0xC0 == 0x80]
    places = st.integers(1, len(line) - 1) | st.sampled_from(inside)
    arrived = _project(
        _grown(run, {"event": "node_started", "recorded_at_ms": 1, "metadata": {"log": len(log_of(files))}})
    )
    behind = st.sampled_from([[arrived], [arrived], []])
    kinds: Mapping[str, st.SearchStrategy[Requests]] = {
        "whole": st.sampled_from([line, *_WHOLE]).map(lambda text: [_tear(text, len(text)), arrived]),
        "torn": st.builds(lambda at, then: [_tear(line, at), *then], places, behind),
        "no JSON": st.builds(lambda text, then: [_tear(text, len(text)), *then], st.sampled_from(_BROKEN_OFF), behind),
        "NULs": st.just([_put(LOG, log_of(files)[:-1] + bytes(_NULS)), arrived]),
    }
    some = ["whole", "whole", "whole", "torn", "torn", "no JSON"]
    # Chance is told which: of alternatives, Hypothesis likes some more than others.
    return evenly([*some, "NULs"] if lines_of(log_of(files))[0] else some).flatmap(lambda kind: kinds[kind])


def damaged_lines(run: Object, files: Files) -> st.SearchStrategy[Requests]:
    """Put a line into the log that is no event, at its end or between others: odd text, or bytes that are no UTF-8."""
    whole = _line(note(run, files))
    halves = st.integers(1, len(whole) - 1).map(lambda at: whole[:at])
    without = st.sampled_from(["event_id", "run_id", "seq", "event_type", "occurred_at_ms", "scope"]).map(
        lambda name: _line({key: value for key, value in note(run, files).items() if key != name})
    )
    types: list[Object] = [{"seq": "1"}, {"seq": None}, {"scope": "org-a"}, {"run_id": 7}, {"occurred_at_ms": -1}]
    wrong = st.sampled_from(types).map(lambda members: _line(note(run, files, **members)))
    odd = st.sampled_from(_ODD_LINES).map(str.encode) | st.sampled_from(_NO_UTF8) | halves | without | wrong
    return st.tuples(odd, _places(files)).map(lambda drawn: [_put_line(files, *drawn)])


def odd_events(run: Object, files: Files, capabilities: frozenset[str]) -> st.SearchStrategy[Requests]:
    """Put a line into the log that needs a rule of reading: unknown members, members twice, numbers, surrogates."""
    event = note(run, files)
    text = _line(event).decode()
    payload = '"payload":{"text":"größe 😀 \u2028"}'
    unknown: Json = {"unknown": {"b": 1, "a": [None]}}
    lines = [
        _line({**event, "unknown": 7}).decode(),
        _line({**event, "scope": {**event["scope"], **unknown}}).decode(),
        _line({**event, "scope": {**event["scope"], "tenant_context": {**_tenant(run), **unknown}}}).decode(),
        f'{text[:-1]},"seq":{event["seq"]}}}',
        f'{text[:-1]},"event_type":"note again"}}',
        text.replace('"schema_version":1,"tenant_context"', '"schema_version":1,"schema_version":1,"tenant_context"'),
        text.replace(payload, '"payload":{"a":1,"a":2,"b":{"c":[],"c":null}}'),
        text.replace(payload, '"payload":"\\ud800"'),
        text.replace(payload, '"payload":{"\\udc00":1}'),
        text.replace(payload, '"payload":[1e400]'),
    ]
    if "json-numbers" in capabilities:
        lines.append(text.replace(payload, '"payload":[18446744073709551616,-9223372036854775809]'))
    if "exact-numbers" in capabilities:
        lines.append(text.replace(payload, '"payload":[-0,0.1234567890123456789,9007199254740993.0]'))
        lines.append(text.replace(f'"seq":{event["seq"]}', '"seq":-0'))
    return st.tuples(st.sampled_from(lines).map(str.encode), _places(files)).map(
        lambda drawn: [_put_line(files, *drawn)]
    )


def lost_lines(files: Files) -> st.SearchStrategy[Requests]:
    """Spoil a line that is there: what it recorded is lost. The log must hold one."""
    whole, _ = lines_of(log_of(files))
    return st.tuples(st.integers(0, len(whole) - 1), st.sampled_from([b"\xff", b"{", b"0"])).map(
        lambda drawn: [_put_log([*whole[: drawn[0]], drawn[1] + whole[drawn[0]], *whole[drawn[0] + 1 :]])]
    )


# --- snapshots --------------------------------------------------------------------------------------------------------


def misplaced_snapshots(run: Object, files: Files) -> st.SearchStrategy[Requests]:
    """Put snapshots under names and into folders that are not theirs, at times spoiled; the run must have one.

    The snapshots have ids that no record has, so that none stands for a record twice.
    """
    owner = owner_of_run(run)
    latest = max(listed_for(files, owner), key=lambda each: (each["seq"], each["snapshot_id"]))
    folder, name = folder_of(owner.run_id), _unused("spare", files)
    spare = {**latest, "snapshot_id": name}
    elsewhere = {**spare, "scope": {**spare["scope"], "tenant_context": {"org_id": "else", "workspace_id": "where"}}}
    text = _pretty(spare).decode()
    gone: Request = "remove", {"path": f"{folder}/{name}.json"}
    return st.sampled_from(
        [
            [_put(f"{folder}/any name of {name}.json", _pretty(spare))],
            [_put(f"{folder}/{name}.txt", _pretty(spare))],
            [_put(f"{folder}/{name}.json.tmp", _pretty(spare))],
            [_put(f"{folder}/{name}.json", text[: len(text) // 2].encode())],
            [_put(f"{folder}/{name}.json", b"\xff")],
            [_put(f"{folder}/{name}.json", _pretty({**spare, "unknown": 1}))],
            [_put(f"{folder}/{name}.json", text.replace('"seq"', '"seq": 0,\n  "seq"', 1).encode())],
            # Of these nobody who looks at the store through the operations would know: they don't stay.
            [_put(f"{folder}/{name}.json", _pretty({**spare, "run_id": f"{owner.run_id}-other"})), gone],
            [_put(f"{folder}/{name}.json", _pretty(elsewhere)), gone],
        ]
    )


def snapshots_in_foreign_folders(run: Object, files: Files, latest_ms: int) -> st.SearchStrategy[Requests]:
    """Put a snapshot of the run into a folder of no run, and compact or prune: it protects and is kept as any other.

    The run must have an event and a snapshot. `latest_ms` is a time that no record of the session is later than.
    """
    owner = owner_of_run(run)
    latest = max(listed_for(files, owner), key=lambda each: (each["seq"], each["snapshot_id"]))
    name, later = _unused("spare", files), latest_ms + 2
    asked: Mapping[str, Object] = {
        "compact": {"retention_ms": 1, "now_ms": later},
        "prune": {"retention_ms": 1, "now_ms": later, "keep": 1},
    }

    def story(drawn: tuple[str, int]) -> Requests:
        op, above = drawn
        spare = {**latest, "snapshot_id": name, "seq": max(1, latest["seq"] + above)}
        path = f"{SNAPSHOTS}/elsewhere/{name}.json"
        return [_put(path, _pretty(spare)), (op, asked[op]), ("remove", {"path": path})]

    return st.tuples(st.sampled_from(sorted(asked)), st.integers(-1, 2)).map(story)


def spoiled_snapshots(run: Object, files: Files) -> st.SearchStrategy[Requests]:
    """Spoil a snapshot of a record of the run, pass, put it right or remove it, and pass again.

    Some record's snapshot must be there under its own name.
    """
    paths = [path for each in ids_of(run) if (path := path_of(run["run_id"], each)) in snapshots_of(files)]

    def story(drawn: tuple[str, bytes, bool]) -> Requests:
        path, text, restored = drawn
        mended: Request = _put(path, files[path]) if restored else ("remove", {"path": path})
        return [_put(path, text), _project(run), mended, _project(run)]

    halves = st.sampled_from(paths).flatmap(
        lambda path: st.tuples(st.just(path), st.integers(0, len(files[path]) - 1), st.booleans()).map(
            lambda drawn: story((drawn[0], files[drawn[0]][: drawn[1]], drawn[2]))
        )
    )
    return halves | st.tuples(st.sampled_from(paths), st.sampled_from(_SPOILED), st.booleans()).map(story)


def has_own_snapshots(run: Object, files: Files) -> bool:
    """Tell whether the snapshot of some record of the run is there under its own name."""
    return any(path_of(run["run_id"], each) in snapshots_of(files) for each in ids_of(run))


def blocked_folders(run: Object, number: int) -> st.SearchStrategy[Requests]:
    """Let a file stand where the folder of a new run's snapshots should be, and go away. The run needs a history."""
    blocked = {**run, "run_id": f"blocked-{number}"}
    path = folder_of(blocked["run_id"])
    story = [_put(path, b""), _project(blocked), ("remove", {"path": path}), _project(blocked)]
    return st.just(story)


def meeting_ids(run: Object, number: int) -> st.SearchStrategy[Requests]:
    """Let a run find another's snapshot at the place of its own: a tenant's, a run's, or one of another id.

    The run needs a history. No story touches what is there of it.
    """
    tenant: Json = {"org_id": f"org-{number}", "workspace_id": "ws", "source": "explicit"}
    own = {**run, "run_id": f"größe/{number}"}
    template = _snapshot_like(own)

    def taken(at: int, **members: Json) -> Requests:
        event_id = ids_of(own)[at % len(ids_of(own))]
        another = {**template, "run_id": own["run_id"], "snapshot_id": event_id, **members}
        path = path_of(own["run_id"], event_id)
        # An empty pass makes the run one that is looked at, so that what is put there isn't taken for written.
        first = _project({**own, "checkpoint": {**own["checkpoint"], "lifecycle_history": []}})
        return [first, _put(path, _pretty(another)), _project(own), ("remove", {"path": path}), _project(own)]

    def story(drawn: tuple[str, int]) -> Requests:
        what, at = drawn
        match what:
            case "a tenant's":
                return [_project(own), _project({**own, "tenant_context": tenant})]
            case "a run's":
                return taken(at, run_id=f"größe_{number}")
            case "of another id":
                return taken(at, snapshot_id=ids_of(own)[at % len(ids_of(own))].replace("ö", "ä"))
            case _:
                return taken(at, scope={"schema_version": 1, "tenant_context": tenant})

    kinds = ["a tenant's", "a run's", "of another id", "of another tenant"]
    return st.tuples(st.sampled_from(kinds), st.integers(0, len(ids_of(own)) - 1)).map(story)


def odd_run_ids(run: Object) -> st.SearchStrategy[Requests]:
    """Pass over the same history under run ids that are no file names. The run needs a history."""
    return st.sampled_from(ODD_RUN_IDS).map(lambda run_id: [_project({**run, "run_id": run_id})])


def long_names(run: Object, illegal: Sequence[str], number: int) -> st.SearchStrategy[Requests]:
    """Let a record arrive whose name is too long for a file, where the guard allows its phase and where it doesn't.

    `illegal` are statuses that the guard refuses after the run's latest snapshot, of the last record of its history.
    """

    def story(status: str | None) -> Requests:
        short, long = ({"event": name, "recorded_at_ms": 1 + number % 60} for name in ("node_failed", LONG_NAME))
        if status is None:
            return [_project(_grown(run, long)), _project(run)]
        refused = {**run, "status": status}
        return [_project(_grown(refused, short)), _project(_grown(refused, long)), _project(run)]

    return st.sampled_from([None, *illegal]).map(story)


# --- interruptions ----------------------------------------------------------------------------------------------------


def interruptions(step: Step) -> st.SearchStrategy[Requests]:
    """Take back the end of a pass, as if it had been killed there, and pass again in a new process.

    The pass must have succeeded and written something, and nothing may have happened since (:func:`can_be_undone`).
    """
    writes, files = _undone(step)
    cuts = st.builds(_Cut, done=st.integers(0, len(writes) - 1), share=st.none() | st.floats(0, 1, exclude_max=True))
    return cuts.map(
        lambda cut: [
            *_taken_back(files, writes, cut),
            ("restart", {"kill": True}),
            _project(step.run),
        ]
    )


def changes_beneath(step: Step) -> st.SearchStrategy[Requests]:
    """Change the files while the process goes on: take back the end of a pass, or add an event; then pass again.

    The pass must be one that :func:`interruptions` takes.
    """
    writes, files = _undone(step)
    cuts = st.builds(_Cut, done=st.integers(0, len(writes) - 1), share=st.none())
    taken_back = cuts.map(lambda cut: [*_taken_back(files, writes, cut), _project(step.run)])
    log = log_of(files[1])
    added = _put(LOG, log + _line(note(step.run, files[1])) + b"\n")
    number = len(log) % 60 + 1
    grown = _grown(step.run, {"event": "node_started", "recorded_at_ms": number, "metadata": {"log": len(log)}})
    return taken_back | st.just([added, _project(grown)])


def _undone(step: Step) -> tuple[list[tuple[str, bytes]], tuple[Files, Files]]:
    files = both(step)
    assert files is not None
    return _writes(step), files


@frozen(kw_only=True)
class _Cut:
    """Where a pass was interrupted: how many of its writes were done, and which share of the next, if it had begun."""

    done: int
    share: float | None


def can_be_undone(step: Step | None) -> bool:
    """Tell whether a pass can be interrupted in hindsight."""
    return step is not None and step.op == "project" and step.answer.ok is not None and bool(_writes(step))


def _writes(step: Step) -> list[tuple[str, bytes]]:
    """Give what a pass wrote, in order: the log's lines under the name of the log, the files under their paths."""
    files = both(step)
    if files is None or not log_of(files[1]).startswith(log_of(files[0])):
        return []
    lines = log_of(files[1]).removeprefix(log_of(files[0])).splitlines(keepends=True)
    by_id = {event["event_id"]: line for line in lines for event in events_of(line)}
    new = {path: text for path, text in files[1].items() if is_snapshot_path(path) and path not in files[0]}
    writes = []
    for event_id in dict.fromkeys(recorded_ids(step)):
        path = path_of(step.owner.run_id, event_id)
        writes += [(LOG, by_id[event_id])] if event_id in by_id else []
        writes += [(path, new[path])] if path in new else []
    return writes if len(writes) == len(lines) + len(new) else []


def _taken_back(files: tuple[Files, Files], writes: Sequence[tuple[str, bytes]], cut: _Cut) -> Requests:
    path, text = writes[cut.done]
    log = log_of(files[0]) + b"".join(text for path, text in writes[: cut.done] if path == LOG)
    part = b"" if cut.share is None else text[: int(cut.share * len(text))]
    requests = [_put(LOG, log + part if path == LOG else log)]
    requests += [("remove", {"path": path}) for path, _ in writes[cut.done :] if path != LOG]
    requests += [_put(f"{path}.tmp", part)] if cut.share is not None and path != LOG else []
    return requests


# --- requests ---------------------------------------------------------------------------------------------------------


def _project(run: Object) -> Request:
    return "project", {"run": json.loads(json.dumps(run))}


def _tear(line: bytes, at: int) -> Request:
    return "tear", {"text": line.decode(), "bytes": at}


def _put(path: str, content: bytes) -> Request:
    try:
        return "put", {"path": path, "text": content.decode()}
    except UnicodeDecodeError:
        return "put", {"path": path, "bytes": content.hex()}


def _put_log(lines: Sequence[bytes]) -> Request:
    return _put(LOG, b"".join(line + b"\n" for line in lines))


def _places(files: Files) -> st.SearchStrategy[int]:
    return st.integers(0, len(lines_of(log_of(files))[0]))


def _put_line(files: Files, line: bytes, at: int) -> Request:
    """Put a line before another, or at the end of the log; a torn tail that is there goes away."""
    whole, _ = lines_of(log_of(files))
    return _put_log([*whole[:at], line, *whole[at:]])


def _unused(word: str, files: Files) -> str:
    """Give a name that stands nowhere in the store."""
    texts = [*files.values(), *map(str.encode, files)]
    return next(name for number in count() if not any((name := f"{word}-{number}").encode() in text for text in texts))


def _line(event: Object) -> bytes:
    return orjson.dumps(event)


def _pretty(snapshot: Object) -> bytes:
    return orjson.dumps(snapshot, option=orjson.OPT_INDENT_2)


def _tenant(run: Object) -> Object:
    tenant: Object = run.get("tenant_context", LOCAL)
    return tenant


def _grown(run: Object, record: Object) -> Object:
    history = [*run["checkpoint"].get("lifecycle_history", []), record]
    return {**run, "checkpoint": {**run["checkpoint"], "lifecycle_history": history}}


def _snapshot_like(run: Object) -> Object:
    return {
        "schema_version": 1,
        "snapshot_id": "",
        "run_id": run["run_id"],
        "seq": 1,
        "created_at_ms": 1,
        "scope": {"schema_version": 1, "tenant_context": _tenant(run)},
        "status": "running",
        "phase": "running_phase",
        "phase_history": [],
        "allowed_next_phases": [],
    }
