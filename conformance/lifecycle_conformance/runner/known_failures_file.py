"""The file of known failures, TOML, which people edit: reading it, and writing it anew."""

import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from lifecycle_conformance.runner.known_failures import JUDGES, KnownFailures, place_of
from lifecycle_conformance.runner.verdicts import KnownFailure, Verdict
from lifecycle_conformance.runner.whole_file import write_whole
from lifecycle_conformance.specification import requirements
from lifecycle_conformance.specification.schemas import problems
from lifecycle_projection.errors import InvalidInputError, Problem

SCHEMA: Final = "known-failures"
_FORMAT: Final = 1
_HEADER: Final = """\
# Failures of an implementation that are accepted for now, by requirement:
#
#     lifecycle-projection check --known-failures FILE -- COMMAND
#
# An entry must say why, in `reason`; a `link` may lead to more. One that no longer fails, or fails in another way, is
# an error: take it out, or write the file anew with --write-known-failures FILE, which keeps reasons and links.
#
# `shapes` are the messages with which the requirement failed when the file was written, with … for each value of a
# session. They depend neither on the seed nor on the time that a check has, and any of them is known. `profile` and
# `seed` are those of that check: one that searches less, or elsewhere, need not meet them all.
"""


def read(name: str, *, with_reasons: bool = True) -> KnownFailures:
    """What a file accepts. Raises :class:`InvalidInputError` with the file, the path and what was expected.

    Without a reason an entry is refused, but where the file is only to be written anew.
    """
    try:
        return parsed(_content(Path(name)), with_reasons=with_reasons)
    except InvalidInputError as error:
        raise error.located(name) from None


def read_for(source: str | None, target: str | None) -> KnownFailures:
    """What a file accepts, and before a `target` is written anew, what that one does, with the reasons it has.

    So no file is lost that isn't one of known failures. Raises :class:`InvalidInputError`, also where there can be no
    file of that name.
    """
    known = KnownFailures() if source is None else read(source, with_reasons=source != target)
    if target is None or target == source:
        return known
    if not Path(target).resolve().parent.is_dir():
        raise _wrong("$", "expected a file in a folder that exists").located(target)
    return known.with_(read(target, with_reasons=False)) if Path(target).exists() else known


def write(target: str, known: KnownFailures) -> str:
    """Write a file that accepts some failures; what its entries still lack, in a sentence, if they lack something."""
    write_whole(target, text_of(known).encode())
    without = [each.requirement for each in known.entries if not each.reason.strip()]
    return f"{target}: say why, in `reason`, of {', '.join(without)}; until then the file is refused" * bool(without)


def parsed(content: bytes, *, with_reasons: bool = True) -> KnownFailures:
    """The same of the content of a file."""
    document = _document(content)
    if wrong := problems(SCHEMA, document):
        raise InvalidInputError(problems=tuple(Problem(*each) for each in wrong))
    entries = [
        KnownFailure(**{**each, "verdict": Verdict(each["verdict"]), "shapes": tuple(each["shapes"])})
        for each in document.get("failure", [])
    ]
    if faults := tuple(_faults(entries, with_reasons=with_reasons)):
        raise InvalidInputError(problems=faults)
    return KnownFailures(entries=entries, profile=document["profile"], seed=document["seed"])


def text_of(known: KnownFailures) -> str:
    """The file that accepts some failures."""
    check = [f"known_failures = {_FORMAT}", f"profile = {_written(known.profile)}", f"seed = {known.seed}"]
    return "\n".join([_HEADER, *check, *_tables(known)])


# --- reading ----------------------------------------------------------------------------------------------------------


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _wrong("$", f"expected a readable file: {reason}") from error


def _document(content: bytes) -> dict[str, Any]:
    try:
        read = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise _wrong("$", f"expected text in UTF-8: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise _wrong("$", f"expected TOML: {error}") from error
    document: dict[str, Any] = json.loads(json.dumps(read, default=str))  # TOML has dates, and JSON only their text
    return document


def _faults(entries: Sequence[KnownFailure], *, with_reasons: bool) -> Iterator[Problem]:
    known, seen = {*requirements.load(), *JUDGES}, dict[str, str]()
    for number, entry in enumerate(entries):
        place, name = place_of(number), entry.requirement
        if name not in known:
            yield Problem(
                f"{place}.requirement", f"expected a known requirement, or {' or '.join(JUDGES)}, found {name}"
            )
        elif name in seen:
            yield Problem(
                f"{place}.requirement", f"expected one entry for {name}, which stands at {seen[name]} already"
            )
        if with_reasons and not entry.reason.strip():
            yield Problem(f"{place}.reason", f"expected why {name} may fail, found an empty text")
        seen.setdefault(name, place)


def _wrong(path: str, expected: str) -> InvalidInputError:
    return InvalidInputError(problems=(Problem(path, expected),))


# --- writing ----------------------------------------------------------------------------------------------------------


def _tables(known: KnownFailures) -> Iterator[str]:
    for entry in known.entries:
        yield ""
        yield "[[failure]]"
        yield f"requirement = {_written(entry.requirement)}"
        yield f"verdict = {_written(entry.verdict)}"
        yield "shapes = [" if entry.shapes else "shapes = []"
        yield from (f"    {_written(each)}," for each in entry.shapes)
        yield from ["]"] * bool(entry.shapes)
        yield f"reason = {_written(entry.reason)}"
        yield f"link = {_written(entry.link)}"
    yield ""


def _written(text: str) -> str:
    """A string of TOML, whose escapes are those of JSON; it wants one more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
