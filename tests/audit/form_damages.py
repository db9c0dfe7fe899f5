"""Ways to hurt the form of a store: the text of its lines and files, and what lies beside them."""

from collections.abc import Callable
from random import Random
from typing import Final, TypeAlias

import orjson

from damage import BY_HAND, Damage, Hurt, found, on_event, on_snapshot, put
from lifecycle_conformance.model.file_layout import SNAPSHOTS
from lifecycle_projection.stores.files import LOG_NAME
from stored_files import Object, StoredFiles, pick, place

Rewrite: TypeAlias = Callable[[bytes], bytes]


def on_line(rewrite: Rewrite, wanted: Callable[[bytes], bool] = lambda _: True) -> Hurt:
    """Change the text of a line."""

    def hurt(stored: StoredFiles, random: Random) -> str | None:
        number = pick(random, [each for each in stored.recorded() if wanted(stored.lines[each])])
        if number is None:
            return None
        stored.lines[number] = rewrite(stored.lines[number])
        return place(number)

    return hurt


def on_file(rewrite: Rewrite) -> Hurt:
    """Change the text of a snapshot."""

    def hurt(stored: StoredFiles, random: Random) -> str | None:
        path = pick(random, stored.with_event())
        if path is None:
            return None
        stored.files[path] = rewrite(stored.files[path])
        return path

    return hurt


def beside(path: str, content: bytes = b"{}") -> Hurt:
    """Put a file beside those of a store."""

    def hurt(stored: StoredFiles, _: Random) -> str | None:
        stored.files[path] = content
        return path

    return hurt


def beside_a_snapshot(ending: str) -> Hurt:
    """Put a file beside a snapshot."""

    def hurt(stored: StoredFiles, random: Random) -> str | None:
        path = pick(random, stored.snapshots())
        if path is None:
            return None
        stored.files[f"{path}{ending}"] = b"{"
        return f"{path}{ending}"

    return hurt


def in_its_place(stand_in: Callable[[StoredFiles, str], None]) -> Hurt:
    """Put something else in the place of a snapshot."""

    def hurt(stored: StoredFiles, random: Random) -> str | None:
        path = pick(random, stored.with_event())
        if path is None:
            return None
        del stored.files[path]
        stand_in(stored, path)
        return path

    return hurt


def torn(cut: Callable[[bytes], bytes | None]) -> Hurt:
    """Cut the last line off inside, and its snapshot with it, as a crash leaves it."""

    def hurt(stored: StoredFiles, _: Random) -> str | None:
        last = len(stored.lines) - 1
        if last not in stored.recorded() or (text := cut(stored.lines[last])) is None:
            return None
        if (path := stored.snapshot_of(last)) is not None:
            del stored.files[path]
        stored.lines[last], stored.end = text, b""
        return place(last)

    return hurt


def newline_gone(stored: StoredFiles, _: Random) -> str | None:
    last = len(stored.lines) - 1
    if last not in stored.where(lambda _: True):
        return None
    stored.end = b""
    return place(last)


def blank_line(stored: StoredFiles, random: Random) -> str | None:
    number = random.randint(0, len(stored.lines))
    stored.lines.insert(number, b"")
    return place(number) if stored.lines[1:] else None


# --- rewriting --------------------------------------------------------------------------------------------------------


def _reversed(record: Object, name: str) -> None:
    record[name] = dict(sorted(record[name].items(), reverse=True))


def _first_at_last(record: Object) -> None:
    name, *_ = record
    record[name] = record.pop(name)


def _spaced(text: bytes) -> bytes:
    return text.replace(b"{", b"{ ", 1)


def _in_letters(text: bytes) -> bytes:
    """A line in which letters are escaped that no engine escapes."""
    return text.replace(b'"automation_v2_lifecycle"', b'"\\u0061utomation_v2_lifecycle"')


def _member_twice(text: bytes) -> bytes:
    return text.replace(b"\n", b'\n  "status": "queued",\n', 1)


def _inside_a_character(text: bytes) -> bytes | None:
    places = [at for at, byte in enumerate(text) if byte >= 0xC0]
    return text[: places[-1] + 1] if places else None


def _compact(text: bytes) -> bytes:
    return orjson.dumps(orjson.loads(text))


def _link_outside(stored: StoredFiles, path: str) -> None:
    stored.links[path] = "/etc/hostname"


def _folder(stored: StoredFiles, path: str) -> None:
    stored.files[f"{path}/inside"] = b""


def _in_other_words(text: bytes) -> bytes:
    return text.replace(b'"source": "automation_v2_lifecycle"', b'"source": "\\u0061utomation_v2_lifecycle"')


def _with_null(event: Object) -> None:
    """Put `null` for a member that would be left out, in its place."""
    names = [*event]
    values = {**event, "actor": None}
    order = [*names[: names.index("scope") + 1], "actor", *names[names.index("scope") + 1 :]]
    event.clear()
    event.update({name: values[name] for name in order})


FORMS: Final[dict[str, Damage]] = {
    "a line lost its end": found("damaged-line", on_line(lambda text: text[:-1])),
    "a line holds two": found("damaged-line", on_line(lambda text: text + text), breaks="JSON-16"),
    "a line lost its scope": found("no-event", on_event(lambda event: event.pop("scope")), breaks="FILE-12"),
    "a seq became a text": found(
        "no-event", on_event(lambda event: put(str(event["seq"]), "seq")(event)), breaks="REC-6"
    ),
    "a line holds a byte that is no UTF-8": found(
        "line-not-utf8", on_line(lambda text: text.replace(b'"source":"', b'"source":"\xff', 1))
    ),
    "a line was written with spaces": found("line-form", on_line(_spaced), breaks="JSON-2"),
    "a line was written with escapes": found("line-form", on_line(_in_letters), breaks="JSON-4 FILE-14"),
    "the members of an event changed places": found("member-order", on_event(_first_at_last)),
    "an absent member of an event is null": found("member-left", on_event(_with_null)),
    "an event has a member more": found("unknown-member", on_event(put(1, "unheard_of"))),
    "a payload isn't sorted": found("not-sorted", on_event(lambda event: _reversed(event, "payload")), breaks="JSON-3"),
    "a blank line": found("blank-lines", blank_line),
    "the log ends inside a line": found(
        "torn-tail", torn(lambda text: text[: len(text) // 2 - 1] if text.isascii() else None), breaks="FILE-17"
    ),
    "the log ends inside a character": found("torn-character", torn(_inside_a_character)),
    "the last newline is gone": found("whole-tail", newline_gone),
    "a snapshot lost its end": found("unreadable-snapshot", on_file(lambda text: text[:-1]), breaks="FILE-6"),
    "a snapshot lost its status": found(
        "unreadable-snapshot", on_snapshot(lambda each: each.pop("status")), breaks="FILE-11"
    ),
    "a snapshot has a status that there isn't": found(
        "unreadable-snapshot", on_snapshot(put(BY_HAND, "status")), breaks="FILE-12 REC-9"
    ),
    "a snapshot stands in one line": found("file-form", on_file(_compact)),
    "a snapshot was written with escapes": found("file-form", on_file(_in_other_words)),
    "the members of a snapshot changed places": found("member-order", on_snapshot(_first_at_last)),
    "the metadata of a snapshot aren't sorted": found(
        "not-sorted", on_snapshot(lambda each: _reversed(each, "metadata"))
    ),
    "a snapshot has a member more": found("unknown-member", on_snapshot(put(1, "unheard_of"))),
    "a temporary file is left beside the log": found("leftover", beside(f"{LOG_NAME}.tmp")),
    "a temporary file is left beside a snapshot": found("leftover", beside_a_snapshot(".tmp")),
    "a file lies among the snapshots": found("stray", beside_a_snapshot(".bak")),
    "a file lies among the folders": found("stray", beside(f"{SNAPSHOTS}/notes.txt")),
    "a file lies beside the log": found("foreign", beside("notes.txt")),
    "a snapshot is a link that leads out": found("leads-outside", in_its_place(_link_outside)),
    "a snapshot is a folder": found("no-file", in_its_place(_folder)),
}
