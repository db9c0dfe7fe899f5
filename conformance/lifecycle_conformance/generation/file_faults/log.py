"""Faults of the log: torn tails, damaged and lost lines, events that are hard to read."""

from collections.abc import Mapping, Sequence
from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.trace import Files, Object, Request
from lifecycle_conformance.generation.alphabets import HARD_DOUBLES, HARD_INTEGERS
from lifecycle_conformance.generation.file_faults.requests import (
    Requests,
    line_of,
    note,
    project,
    put,
    tenant_of_run,
    with_record,
    without_history,
)
from lifecycle_conformance.generation.protocol_cases.stored_records import unreadable_like
from lifecycle_conformance.generation.strategies import evenly
from lifecycle_conformance.model.file_layout import lines_of, log_of

_ODD_LINES: Final = ("", "7", "null", '"a line"', "{}", "{", "\x00", '{"event_id": "no-event"}', "]")
_WHOLE: Final = (b"7", '"ü"'.encode(), b"{}", b"null")
_BROKEN_OFF: Final = (b"{", b"[1,", b'{"event_id"')
_NULS: Final = 64
_PARTS: Final = 24
"""In how many parts the lines are put into logs that are events but for one member."""
_LONG: Final = 1000
"""How many words a long line has: it doesn't fit into a block in which somebody looks for the end of the log."""
_NO_UTF8: Final = (b"\xff", b"\xc3", b'{"event_id": "\xf0\x9f\x98"}', b"\xed\xa0\x80", b"\xc0\xaf")


def is_torn(files: Files) -> bool:
    """Whether the log ends in a line without newline: a second one would run into it."""
    return lines_of(log_of(files))[1] != b""


def torn_tails(run: Object, files: Files) -> st.SearchStrategy[Requests]:
    """Append a line that breaks off between any two bytes, also inside a letter, or one that lacks only its newline.

    At times the newline of the last line is replaced by NULs, as after a power failure. Mostly a record arrives then,
    so that something is appended after the torn tail.
    Before that there may be a pass over nothing, or one that has nothing new: both leave the tail as it is (PASS-1).
    """
    line, long = line_of(note(run, files)), line_of(note(run, files, payload="größe " * _LONG))
    inside = [at for at in range(1, len(line)) if line[at] & 0xC0 == 0x80]
    after_letters = [at for at in range(inside[0], len(line)) if line[at] & 0xC0 != 0x80]
    cuts = st.integers(1, len(line) - 1) | st.sampled_from(inside) | st.sampled_from(after_letters)
    arrived = project(
        with_record(run, {"event": "node_started", "recorded_at_ms": 1, "metadata": {"log": len(log_of(files))}})
    )
    behind = st.sampled_from([[arrived], [project(without_history(run)), arrived], [project(run)], []])
    kinds: Mapping[str, st.SearchStrategy[Requests]] = {
        "whole": evenly([line, line, *_WHOLE]).map(lambda text: [_partial_line(text, len(text)), arrived]),
        "torn": st.builds(lambda at, then: [_partial_line(line, at), *then], cuts, behind),
        "no JSON": st.builds(
            lambda text, then: [_partial_line(text, len(text)), *then], st.sampled_from(_BROKEN_OFF), behind
        ),
        "behind a damaged line": cuts.map(
            lambda at: [put(LOG, log_of(files) + b"{\n"), _partial_line(line, at), arrived]
        ),
        "long": st.just([put(LOG, log_of(files) + b"{\n"), _partial_line(long, len(long) - 2), arrived]),
        "long and whole": st.just([_partial_line(long, len(long)), arrived]),
        "NULs": st.just([put(LOG, log_of(files)[:-1] + bytes(_NULS)), arrived]),
    }
    some = [*["whole"] * 4, "long and whole", "torn", "torn", "long", "no JSON", "behind a damaged line"]
    # Drawn evenly: Hypothesis prefers some alternatives to others.
    return evenly([*some, "NULs", "NULs"] if lines_of(log_of(files))[0] else some).flatmap(lambda kind: kinds[kind])


def damaged_lines(run: Object, files: Files, capabilities: frozenset[str]) -> st.SearchStrategy[Requests]:
    """Put a line into the log that is no event, at its end or between others: odd text, or bytes that are no UTF-8.

    Or lines that are events but for one member at some depth, which has another type or an unknown word.
    """
    whole = line_of(note(run, files))
    halves = st.integers(1, len(whole) - 1).map(lambda at: whole[:at])
    without = st.sampled_from(["event_id", "run_id", "seq", "event_type", "occurred_at_ms", "scope"]).map(
        lambda name: line_of({key: value for key, value in note(run, files).items() if key != name})
    )
    types: list[Object] = [{"seq": "1"}, {"seq": None}, {"scope": "org-a"}, {"run_id": 7}, {"occurred_at_ms": -1}]
    wrong = st.sampled_from(types).map(lambda members: line_of(note(run, files, **members)))
    kinds: Mapping[str, st.SearchStrategy[list[bytes]]] = {
        "odd": st.sampled_from(_ODD_LINES).map(lambda line: [line.encode()]),
        "halves": halves.map(lambda line: [line]),
        "without": without.map(lambda line: [line]),
        "wrong": wrong.map(lambda line: [line]),
        "no UTF-8": st.just([*_NO_UTF8, whole.replace("ö".encode(), b"\xf6")]),
        "but for one member": st.integers(0, _PARTS - 1).map(
            lambda part: list(map(line_of, unreadable_like(note(run, files), capabilities)[part::_PARTS]))
        ),
    }
    lines = evenly([*kinds, "no UTF-8"]).flatmap(lambda kind: kinds[kind])
    return st.tuples(lines, _line_numbers(files)).map(lambda drawn: [_put_lines(files, *drawn)])


def odd_events(run: Object, files: Files, capabilities: frozenset[str]) -> st.SearchStrategy[Requests]:
    """Put a line into the log that needs a rule of reading: members unknown or doubled, numbers, surrogates, blanks."""
    event = note(run, files)
    text = line_of(event).decode()
    payload = '"payload":{"text":"größe 😀 \u2028"}'
    more: Object = {"unknown": {"b": 1, "a": [None]}}
    unknown = [
        line_of({**event, "unknown": 7}).decode(),
        line_of({**event, "scope": {**event["scope"], **more}}).decode(),
        line_of({**event, "scope": {**event["scope"], "tenant_context": {**tenant_of_run(run), **more}}}).decode(),
    ]
    odd = [
        f'{text[:-1]},"seq":{event["seq"]}}}',
        f'{text[:-1]},"event_type":"note again"}}',
        text.replace('"schema_version":1,"tenant_context"', '"schema_version":1,"schema_version":1,"tenant_context"'),
        text.replace(payload, '"payload":{"a":1,"a":2,"b":{"c":[],"c":null}}'),
        text.replace(payload, '"payload":"\\ud800"'),
        text.replace(payload, '"payload":{"\\udc00":1}'),
        text.replace(payload, '"payload":[1e400]'),
    ]
    if "json-numbers" in capabilities:
        odd.append(text.replace(payload, f'"payload":[{",".join(HARD_INTEGERS)}]'))
    doubles = odd
    if "exact-numbers" in capabilities:
        odd.append(text.replace(f'"seq":{event["seq"]}', '"seq":-0'))
        doubles = [text.replace(payload, f'"payload":[{",".join(HARD_DOUBLES)}]')]
    spaced = [text.replace(',"', ',\r"'), f"\r{text}\t\r", text.replace('":', '"\t:\r')]
    # All of a kind at once, each with an id of its own, so that a short search meets each.
    kinds = evenly([unknown, odd, odd, doubles, spaced])
    return st.tuples(kinds, _line_numbers(files)).map(
        lambda drawn: [_put_lines(files, _told_apart(drawn[0], event["event_id"]), drawn[1])]
    )


def _told_apart(lines: Sequence[str], event_id: str) -> list[bytes]:
    return [line.replace(f'"{event_id}"', f'"{event_id}-{number}"').encode() for number, line in enumerate(lines)]


def lost_lines(files: Files) -> st.SearchStrategy[Requests]:
    """Spoil a line of the log, so that what it recorded is lost. The log must hold one."""
    whole, _ = lines_of(log_of(files))
    return st.tuples(st.integers(0, len(whole) - 1), st.sampled_from([b"\xff", b"{", b"0"])).map(
        lambda drawn: [_put_log([*whole[: drawn[0]], drawn[1] + whole[drawn[0]], *whole[drawn[0] + 1 :]])]
    )


def _partial_line(line: bytes, at: int) -> Request:
    return "tear", {"text": line.decode(), "bytes": at}


def _put_log(lines: Sequence[bytes]) -> Request:
    return put(LOG, b"".join(line + b"\n" for line in lines))


def _line_numbers(files: Files) -> st.SearchStrategy[int]:
    return st.integers(0, len(lines_of(log_of(files))[0]))


def _put_lines(files: Files, lines: Sequence[bytes], at: int) -> Request:
    """Put lines before another, or at the end of the log; a torn tail that is there is removed."""
    whole, _ = lines_of(log_of(files))
    return _put_log([*whole[:at], *lines, *whole[at:]])
