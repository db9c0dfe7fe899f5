"""Faults where files are damaged: torn tails, damaged lines, and what of them is kept in memory."""

import os
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Event, FileStore, InvalidInputError, StorageError
from lifecycle_projection.codec import event_from
from lifecycle_projection.json_text import read_json
from lifecycle_projection.stores import RememberingStore, files, remembering
from lifecycle_projection.stores.kept_log import NumberedLine, numbered_lines

_Events: TypeAlias = Callable[..., list[Event]]
_ALWAYS: Final = (1, 1, 1, 1, 1)
"""A state of a file that is settled, and never another one."""


# --- a torn tail ------------------------------------------------------------------------------------------------------


@fault("FILE-15", "LOG-1", why="What has no newline wasn't written to its end.")
def whole_tail_cut_off() -> Patches:
    """A torn tail is cut off, also one that parses."""
    yield from _mending(lambda _: False)


@fault("FILE-15", why="A log holds events, and what is none has no place in it.")
def whole_tail_that_is_no_event_cut_off() -> Patches:
    """A torn tail is cut off unless it parses as an event."""
    yield from _mending(_is_event)


@fault(
    "FILE-15",
    "FILE-16",
    "FILE-19",
    "LOG-1",
    "PASS-2",
    "PASS-6",
    "PASS-8",
    "PASS-14",
    why="Opening a file for appending is all that appending seems to need.",
)
def tail_never_mended() -> Patches:
    """A torn tail stays as it is, and the next event is written behind it, in the same line."""
    yield replaced(FileStore, "_mend", lambda _: lambda _store, _log: False)


@fault("FILE-16", "FILE-19", why="A newline is all that a torn line lacks.")
def torn_tail_completed() -> Patches:
    """A torn tail gets its newline, also one that doesn't parse."""
    yield from _mending(lambda _: True)


@fault("FILE-16", "FILE-19", "PASS-2", "PASS-6", why="A text is cut by its length, and that counts letters.")
def torn_tail_cut_by_letters() -> Patches:
    """Of a torn tail as many bytes are cut off as it has letters."""
    yield from _cutting(lambda log: len(log) - len(log.rpartition(b"\n")[2].decode(errors="replace")))


@fault("FILE-16", "FILE-18", "FILE-19", why="Whoever mends may as well mend all of it.")
def log_cut_behind_the_last_event() -> Patches:
    """With a torn tail all lines before it that are no events are cut off, back to the last event."""

    def kept(log: bytes) -> int:
        lines = log.rpartition(b"\n")[0].split(b"\n")
        while lines and not _is_event(lines[-1]):
            lines.pop()
        return len(b"".join(line + b"\n" for line in lines))

    yield from _cutting(kept)


@fault("FILE-16", "PASS-2", why="Zero bytes at the end of a file are what a power failure leaves; nobody wrote them.")
def zero_bytes_at_the_end_stripped() -> Patches:
    """Zero bytes at the end of the log are cut off before its tail is judged, so that a whole event is completed."""

    def wrong(mend: Any) -> Any:
        def mended(store: FileStore, log: int) -> bool:
            text = os.pread(log, os.fstat(log).st_size, 0)
            os.ftruncate(log, len(text.rstrip(b"\0")))
            return bool(mend(store, log)) or text.endswith(b"\0")

        return mended

    yield replaced(FileStore, "_mend", wrong)


def _mending(is_whole: Callable[[bytes], bool]) -> Patches:
    """Decide otherwise which tail is whole."""

    def wrong(mend: Any) -> Any:
        def mended(store: FileStore, log: int) -> bool:
            with replaced(files, "read_json", lambda _: lambda tail: None if is_whole(tail) else read_json(b"")):
                return bool(mend(store, log))

        return mended

    yield replaced(FileStore, "_mend", wrong)


def _cutting(kept: Callable[[bytes], int]) -> Patches:
    """Cut off otherwise a tail that doesn't parse."""

    def wrong(mend: Any) -> Any:
        def mended(store: FileStore, log: int) -> bool:
            text = os.pread(log, os.fstat(log).st_size, 0)
            if not text or text.endswith(b"\n") or _is_json(text.rpartition(b"\n")[2]):
                return bool(mend(store, log))
            os.ftruncate(log, kept(text))
            return True

        return mended

    yield replaced(FileStore, "_mend", wrong)


def _is_json(line: bytes) -> bool:
    try:
        read_json(line)
    except InvalidInputError:
        return False
    return True


def _is_event(line: bytes) -> bool:
    try:
        event_from(read_json(line))
    except InvalidInputError:
        return False
    return True


@fault("FILE-17", "LOG-2", "PASS-8", why="A log is opened through one function, which mends it.")
def reading_mends_the_log() -> Patches:
    """Whoever reads the log mends its torn tail first."""

    def wrong(events: _Events) -> _Events:
        def mended(store: FileStore, run_id: str | None = None) -> list[Event]:
            store.mend_log()
            return events(store, run_id)

        return mended

    yield replaced(FileStore, "events", wrong)


@fault("FILE-17", "PASS-2", why="A line is what ends in a newline.")
def last_line_without_newline_not_read() -> Patches:
    """A last line without newline isn't read, also where it is an event."""
    right = FileStore._read_log  # noqa: SLF001

    def whole(mend: Any) -> Any:
        def mended(store: FileStore, log: int) -> bool:
            with replaced(FileStore, "_read_log", lambda _: right):
                return bool(mend(store, log))

        return mended

    yield replaced(FileStore, "_read_log", lambda read: lambda store: b"".join(read(store).rpartition(b"\n")[:2]))
    yield replaced(FileStore, "_mend", whole)


# --- damaged lines ----------------------------------------------------------------------------------------------------


@fault(
    "FILE-18", "FILE-19", "PASS-2", "PASS-6", "PASS-8", "PASS-11", why="Behind a damaged place nothing can be trusted."
)
def log_read_up_to_the_first_damaged_line() -> Patches:
    """What stands behind a damaged line of the log isn't read."""
    yield from _reading_lines(
        lambda lines: lines[: next((at for at, each in enumerate(lines) if not _is_event(each[1])), len(lines))]
    )


@fault("FILE-18", "FILE-19", "ERR-7", why="An error is better than silence.")
def damaged_line_ends_the_operation() -> Patches:
    """A damaged line makes every operation that reads the log fail."""

    def checked(lines: list[NumberedLine]) -> list[NumberedLine]:
        if not all(_is_event(line) for _, line in lines):
            raise StorageError(path=files.LOG_NAME, problem="damaged")
        return lines

    yield from _reading_lines(checked)


def _reading_lines(left: Callable[[list[NumberedLine]], list[NumberedLine]]) -> Patches:
    def read(store: Any, _: str | None) -> Iterable[NumberedLine]:
        return left([*numbered_lines(store._read_log())])  # noqa: SLF001

    for store in (FileStore, RememberingStore):
        yield replaced(store, "_lines", lambda _: read)


@fault("FILE-18", "FILE-15", "FILE-16", why="What can't be read is of no use to anybody.")
def damaged_lines_dropped_by_an_append() -> Patches:
    """Whoever appends to the log removes its damaged lines."""

    def wrong(append: Any) -> Any:
        def appended(store: FileStore, lines: Iterable[bytes]) -> None:
            append(store, lines)
            text = store._read_log()  # noqa: SLF001
            good = b"".join(line + b"\n" for _, line in numbered_lines(text) if _is_event(line))
            if good != text:
                store._replace(store._log, good)  # noqa: SLF001

        return appended

    yield replaced(FileStore, "_append", wrong)


@fault("FILE-19", why="Readers of text put U+FFFD in the place of what is no UTF-8.")
def broken_text_read_with_replacements() -> Patches:
    """Bytes in the log that are no UTF-8 are read as U+FFFD, so that a line that holds them is an event."""
    yield replaced(FileStore, "_event", lambda read: lambda store, line, *rest: read(store, _decoded(line), *rest))
    yield replaced(RememberingStore, "_lines", lambda _: FileStore._lines)  # noqa: SLF001


def _decoded(line: bytes) -> bytes:
    return line.decode(errors="replace").encode()


# --- what is kept in memory -------------------------------------------------------------------------------------------


@fault(
    "FILE-26",
    "FILE-13",
    "FILE-14",
    "FILE-17",
    "FILE-18",
    "FILE-19",
    why="A process that writes to a log knows what is in it.",
)
def log_remembered_whatever_becomes_of_its_file() -> Patches:
    """A process reads the log once, and then knows what it appended itself."""

    def state(right: Any) -> Any:
        return lambda path: _ALWAYS if path.endswith(files.LOG_NAME) else right(path)

    def forgotten(replace_log: Any) -> Any:
        def replacing(store: Any, events: Any) -> None:
            replace_log(store, events)
            store._kept = None  # noqa: SLF001

        return replacing

    for name in ("_state", "stamped"):
        yield replaced(remembering, name, state)
    yield replaced(FileStore, "replace_log", forgotten)


@fault(
    "FILE-26",
    "FILE-22",
    "PASS-14",
    "PASS-5",
    "PASS-10",
    "PRUNE-6",
    "SNAP-5",
    why="Snapshots are written once, so that what was read of one stays right.",
)
def snapshots_remembered_whatever_becomes_of_their_files() -> Patches:
    """A process remembers which snapshots it wrote, and takes them for there as long as it lives."""

    def wrong(snapshot_at: Any) -> Any:
        def remembered(store: Any, place: str) -> Any:
            found = snapshot_at(store, place)
            kept = store._remembered.look_up(place)  # noqa: SLF001
            return found if found is not None or kept is None else kept.record

        return remembered

    yield replaced(RememberingStore, "snapshot_at", wrong)


# --- ends of a process ------------------------------------------------------------------------------------------------


@fault("FILE-25", "DRIVER-7", why="A journal that is replayed at every start must know what of it was done.")
def last_event_written_again_when_opened() -> Patches:
    """Whoever opens a store appends its last event once more, as if it had been lost."""

    def wrong(init: Any) -> Any:
        def opened(store: FileStore, *given: Any, **options: Any) -> None:
            init(store, *given, **options)
            text = FileStore._read_log(store)  # noqa: SLF001
            if text.endswith(b"\n"):
                FileStore._append(store, [text.splitlines(keepends=True)[-1]])  # noqa: SLF001

        return opened

    yield replaced(FileStore, "__init__", wrong)


@fault("FILE-25", why="A buffer is flushed when a file is closed.")
def last_event_lost_when_killed() -> Patches:
    """The last event is still in a buffer when its process is killed; one that ends in order writes it."""

    def wrong(restart: Any) -> Any:
        def restarted(driver: Any, *, kill: bool = False) -> Any:
            store = getattr(getattr(driver, "_server", None), "_store", None)
            if kill and isinstance(store, FileStore):
                log = store._log  # noqa: SLF001
                text = store._read_log()  # noqa: SLF001
                if text.endswith(b"\n"):
                    os.truncate(log, text[:-1].rfind(b"\n") + 1)
            return restart(driver, kill=kill)

        return restarted

    yield replaced(InProcessDriver, "restart", wrong)
