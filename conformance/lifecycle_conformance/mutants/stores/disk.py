"""Faults in the layout of files: how a line and a snapshot file are written, and where they lie."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson

from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import FileStore
from lifecycle_projection.records import Json
from lifecycle_projection.stores import files, remembering

_Document: TypeAlias = dict[str, Json]
_FREE_FORM: Final = ("payload", "checkpoint", "metadata")


# --- how they are written ---------------------------------------------------------------------------------------------


@fault("FILE-1", why="Python's writer puts a space behind commas and colons.")
def log_lines_with_spaces() -> Patches:
    """The lines of the log have a space behind each comma and colon."""
    yield from _writing("line_of", lambda document: f"{json.dumps(document, ensure_ascii=False)}\n".encode())


@fault("FILE-1", why="Python's writer escapes what is no ASCII.")
def log_lines_escaped() -> Patches:
    """The lines of the log are ASCII: every other letter is escaped."""
    yield from _writing("line_of", lambda document: f"{json.dumps(document, separators=(',', ':'))}\n".encode())


@fault("FILE-5", why="Four spaces are the habit of many languages.")
def snapshot_files_indented_by_4() -> Patches:
    """Snapshot files are indented by four spaces."""
    yield from _writing("text_of", lambda document: json.dumps(document, ensure_ascii=False, indent=4).encode())


@fault("FILE-5", why="A text file ends in a newline.")
def snapshot_files_end_in_a_newline() -> Patches:
    """Snapshot files end in a newline."""
    yield from _writing("text_of", lambda document: orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


@fault("FILE-5", why="Machines read them, and need no spaces.")
def snapshot_files_compact() -> Patches:
    """Snapshot files are compact JSON."""
    yield from _writing("text_of", orjson.dumps)


@fault("FILE-5", why="Python's writer escapes what is no ASCII.")
def snapshot_files_escaped() -> Patches:
    """Snapshot files are ASCII: every other letter is escaped."""
    yield from _writing("text_of", lambda document: json.dumps(document, indent=2).encode())


@fault("FILE-8", why="Most writers can sort members, and a sorted record looks canonical.")
def members_sorted_by_name() -> Patches:
    """The members of stored records are written sorted by name."""
    yield from _changing(lambda document: orjson.loads(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)))


@fault("FILE-8", why="Writers write `null` unless they are told not to.")
def absent_members_written_as_null() -> Patches:
    """The absent phase id and wait kind of an event are written as `null`."""
    yield from _writing(
        "line_of",
        lambda document: orjson.dumps(dict(_with_nulls(document)), option=orjson.OPT_APPEND_NEWLINE),
    )


def _with_nulls(document: _Document) -> Iterator[tuple[str, Json]]:
    for name, value in document.items():
        if name in {"causation_id", "correlation_id", "payload"}:
            yield from ((each, None) for each in ("phase_id", "wait_kind") if each not in document)
        yield name, value


@fault("FILE-8", why="A writer that leaves out empty lists leaves out all of them.")
def empty_lists_of_a_snapshot_left_out() -> Patches:
    """A phase history and next phases that are empty are left out of a snapshot file."""
    yield from _changing(
        lambda document: {
            name: value
            for name, value in document.items()
            if value != [] or name not in {"phase_history", "allowed_next_phases"}
        }
    )


def _changing(changed: Callable[[_Document], _Document]) -> Patches:
    for name in ("line_of", "text_of"):
        for module in (files, remembering):
            yield replaced(module, name, lambda right: lambda document: right(changed(document)))


def _writing(name: str, written: Callable[[_Document], bytes]) -> Patches:
    for module in (files, remembering):
        yield replaced(module, name, lambda _: written)


@fault("FILE-9", why="A map that keeps the order of its members writes them in that order.")
def free_form_values_in_the_order_given() -> Patches:
    """Members of free-form values are written in the order in which they were read."""

    def wrong(to_json: Callable[[Any], _Document]) -> Callable[[Any], _Document]:
        def in_order(record: Any) -> _Document:
            document = to_json(record)
            return document | {name: getattr(record, name) for name in _FREE_FORM if name in document}

        return in_order

    for module in (files, remembering):
        yield replaced(module, "to_json", wrong)


@fault("FILE-9", why="JavaScript, Java and C# sort texts by UTF-16 units.")
def free_form_values_sorted_by_utf_16() -> Patches:
    """Members of free-form values are written sorted by the UTF-16 units of their names."""
    yield from _sorting(lambda name: name.encode("utf-16-be"))


@fault("FILE-9", why="A sort for people takes no notice of case.")
def free_form_values_sorted_without_case() -> Patches:
    """Members of free-form values are written sorted as in a dictionary, whatever their case."""
    yield from _sorting(lambda name: (name.casefold(), name))


def _sorting(key: Callable[[str], Any]) -> Patches:
    def ordered(value: Json) -> Json:
        match value:
            case dict():
                return {name: ordered(value[name]) for name in sorted(value, key=key)}
            case list():
                return list(map(ordered, value))
        return value

    yield from _changing(
        lambda document: {name: ordered(each) if name in _FREE_FORM else each for name, each in document.items()}
    )


# --- where they lie ---------------------------------------------------------------------------------------------------


@fault("FILE-3", "FILE-4", why="A snapshot id holds the run id, so that one folder seems to do.")
def one_folder_for_all_runs() -> Patches:
    """Snapshots are written into one folder, and found in any."""
    yield replaced(
        FileStore,
        "place",
        lambda place: lambda store, _, *ids: place(store, "all", *ids),
    )
    yield replaced(
        FileStore,
        "snapshots",
        lambda right: (
            lambda store, run_id=None: {
                place: each for place, each in right(store).items() if run_id in (None, each.run_id)
            }
        ),
    )


@fault("FILE-3", "FILE-4", why="Names of files are often lower-cased, for systems that don't tell cases apart.")
def snapshot_files_in_lower_case() -> Patches:
    """The names of folders and snapshot files are in lower case."""
    yield from _naming(lambda right: lambda name: right(name).lower())


@fault("FILE-4", why="`\\w` means letters of every script in most regular expressions of today.")
def segments_keep_letters_of_all_scripts() -> Patches:
    """Letters and digits of every script stay in the names of files."""
    yield from _naming(
        lambda _: lambda name: _safe("".join(each if each.isalnum() or each in "-_." else "_" for each in name))
    )


@fault("FILE-4", why="Go and Rust walk through the bytes of a text.")
def segments_replaced_by_bytes() -> Patches:
    """Each byte of a letter that can't stand in a file name is replaced, not each letter."""
    yield from _naming(lambda right: lambda name: right(name.encode().decode("latin-1")))


@fault("FILE-4", why="JavaScript, Java and C# walk through the UTF-16 units of a text.")
def segments_replaced_by_utf_16_units() -> Patches:
    """A letter beyond U+FFFF is replaced by two underscores."""
    yield from _naming(
        lambda right: lambda name: right("".join(each if each < "\U00010000" else "__" for each in name))
    )


@fault("FILE-4", why="Runs of odd letters make ugly names.")
def segments_with_one_underscore_for_several() -> Patches:
    """Several letters in a row that can't stand in a file name are replaced by one underscore."""
    yield from _naming(lambda _: lambda name: _safe(re.sub("[^A-Za-z0-9._-]+", "_", name)))


@fault("FILE-4", why="A leading dot hides a file, and two of them lead out of a folder.")
def segments_of_dots_replaced() -> Patches:
    """Every name that holds nothing but dots becomes an underscore."""
    yield from _naming(lambda right: lambda name: right(name) if name.strip(".") else "_")


def _safe(name: str) -> str:
    return "_" if name in {"", ".", ".."} else name


def _naming(wrong: Callable[[Callable[[str], str]], Callable[[str], str]]) -> Patches:
    yield replaced(files, "segment", wrong)


@fault("FILE-7", why="A lock is a file in most programs.")
def lock_file_left() -> Patches:
    """A writer makes a file `.lock` in the store, and leaves it there."""

    def wrong(lock: Any) -> Any:
        @contextmanager
        def locked(store: FileStore) -> Iterator[None]:
            with lock(store):
                Path(store._root, ".lock").touch()  # noqa: SLF001
                yield

        return locked

    yield replaced(FileStore, "lock", wrong)


@fault("FILE-7", why="Who replaces a log may want it back.")
def old_log_left() -> Patches:
    """A compaction leaves the log that it replaces under another name."""

    def wrong(replace_log: Any) -> Any:
        def replacing(store: FileStore, events: Any) -> None:
            log = Path(store._log)  # noqa: SLF001
            Path(f"{log}.bak").write_bytes(log.read_bytes() if log.exists() else b"")
            replace_log(store, events)

        return replacing

    yield replaced(FileStore, "replace_log", wrong)
