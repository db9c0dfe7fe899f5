"""A session made a case: it looks at what may have changed, and the reference's answers are written down.

An answer that the specification leaves open would condemn implementations that are right. So a case ends before the
first step whose answer is open.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Final, TypeAlias

import orjson
from attrs import evolve

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import OPERATIONS, BrokenDriverError
from lifecycle_conformance.driver.server import StoreKind
from lifecycle_conformance.execution.file_operations import OutsideError, contents
from lifecycle_conformance.execution.operations import ON_FILES, SHOWING
from lifecycle_conformance.execution.trace import Object, Owner, Request, owners_of, tenant_of
from lifecycle_conformance.judges.corpus import CorpusCase
from lifecycle_conformance.judges.corpus.playing import Play
from lifecycle_conformance.judges.vectors.scenarios import needed_for_numbers
from lifecycle_projection.records import Json

_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_REMOVING: Final = frozenset({"compact", "prune", "open", "greet", "restart"}) | ON_FILES
"""Before these a session looks at what is there: afterwards less may be, or the store is another one."""
_SNAPSHOTS: Final = "stateful_snapshots/"
_Place: TypeAlias = tuple[Json, Json, Json]
"""Run id, seq and id of a snapshot."""


# --- looking ----------------------------------------------------------------------------------------------------------


def looking(requests: Sequence[Request]) -> tuple[Request, ...]:
    """The same session, which looks at its runs before something may remove what they left, and in the end."""
    return tuple(_looking(requests))


def _looking(requests: Sequence[Request]) -> Iterator[Request]:
    stores: dict[int, dict[Owner, None]] = {}
    known: dict[Owner, None] = {}
    is_unseen = False
    for op, arguments in requests:
        if is_unseen and op in _REMOVING:
            yield from _looks(known)
            is_unseen = False
        yield op, arguments
        if op in {"open", "greet"}:
            known = stores.setdefault(arguments["store"], {}) if op == "open" else {}
        known.update(dict.fromkeys(owners_of(op, arguments)))
        is_unseen = op not in SHOWING
    yield from _looks(known if is_unseen else {})


def _looks(owners: dict[Owner, None]) -> Iterator[Request]:
    for owner in owners:
        for op in sorted(SHOWING):
            yield op, {"tenant": tenant_of(owner.tenant), "run_id": owner.run_id}


# --- recording --------------------------------------------------------------------------------------------------------


def recorded(requests: Sequence[Request], store: StoreKind) -> CorpusCase | None:
    """The case of a session on one of the reference's stores, up to the first step whose answer is open.

    Where the store in memory answers as that of files does, it is a case for both. None where nothing is left, and
    where it is one only for drivers that forget what they stored.
    """
    case = _played(requests, store)
    if case is None:
        return None
    if store == "memory":
        on_files = _played(case.steps, "files")
        if on_files is not None and on_files.answers == case.answers:
            return _needing(on_files)
        return None if _reopens(case.steps) else _needing(case, "tenants")
    if any(op in ON_FILES for op, _ in case.steps):
        return _needing(case, "durable", "files")
    if _reopens(case.steps):
        return _needing(case, "durable", *(("files",) if _is_limited(case) else ()))
    in_memory = _played(case.steps, "memory")
    same = in_memory is not None and in_memory.answers == case.answers
    return _needing(case) if same else _needing(case, "durable", "files")


def _played(requests: Sequence[Request], store: StoreKind) -> CorpusCase | None:
    recording = _Recording(store)
    try:
        for op, arguments in requests:
            if not recording.takes(op, arguments):
                break
        files = recording.play.digests()
    except (BrokenDriverError, OutsideError):
        return None
    finally:
        recording.play.end()
    if not recording.steps:
        return None
    return CorpusCase(name="", steps=tuple(recording.steps), answers=tuple(recording.answers), files=files)


class _Recording:
    """The steps of a session so far, with the reference's answers."""

    def __init__(self, store: StoreKind) -> None:
        self.play = Play(InProcessDriver(store))
        self.steps: list[Request] = []
        self.answers: list[Object] = []
        self._owners: dict[Owner, None] = {}
        self._opened = False

    def takes(self, op: str, arguments: Object) -> bool:
        """Do a step; whether the specification says what is answered to it. If not, the session must end before it."""
        self._owners.update(dict.fromkeys(owners_of(op, arguments)))
        before = self._snapshots() if op in {"import", "prune"} else []
        if (op == "hello" and self._opened) or (op == "prune" and _has_twins(before)):
            return False
        answer = self.play.do(op, arguments)
        if not self._is_told(op, arguments, answer, before):
            return False
        self._opened = op == "open" or (self._opened and op != "greet")
        self.steps.append((op, arguments))
        self.answers.append(answer)
        return True

    def _is_told(self, op: str, arguments: Object, answer: Object, before: Sequence[_Place]) -> bool:
        """Whether an answer, and what a step left, are told by the specification."""
        kind = answer.get("error", {}).get("kind")
        if op == "refuse" and kind != arguments["kind"]:
            return False
        if op == "import" and kind is None:
            # One that stands where another stood may have taken its place, or not (DRIVER-9).
            return len(self._snapshots()) == len(before) + len(arguments["snapshots"])
        shown = answer.get("ok", {}).get("snapshots", [])
        return kind != "internal" and not _has_twins([_place(each) for each in shown])

    def _snapshots(self) -> list[_Place]:
        """All snapshots of the store that is open: from its files, or as the owners that the session knows see them."""
        folder = self.play.folder()
        if folder is None:
            looks = (
                self.play.do("snapshots", {"tenant": tenant_of(each.tenant), "run_id": each.run_id})
                for each in self._owners
            )
            return [_place(each) for look in looks for each in look.get("ok", {}).get("snapshots", [])]
        texts = (text for path, text in contents(folder).items() if path.startswith(_SNAPSHOTS))
        return [_place(each) for text in texts if isinstance(each := _read(text), dict)]


def _place(snapshot: Object) -> _Place:
    return snapshot.get("run_id"), snapshot.get("seq"), snapshot.get("snapshot_id")


def _read(text: bytes) -> Json:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _has_twins(snapshots: Sequence[_Place]) -> bool:
    """Whether two snapshots are equal in all that orders them: which comes first is left open."""
    return any(number > 1 for number in Counter(map(repr, snapshots)).values())


def store_of(case: CorpusCase) -> StoreKind:
    """The store on which the reference holds a case."""
    return "memory" if "tenants" in case.needs else "files"


# --- what a case needs ------------------------------------------------------------------------------------------------


def _needing(case: CorpusCase, *more: str) -> CorpusCase:
    needs = needed_for_numbers([[arguments for _, arguments in case.steps], *case.answers])
    for op, arguments in case.steps:
        request = arguments["request"] if op == "refuse" else {"op": op, **arguments}
        if (offering := OPERATIONS.get(request["op"])) is not None:
            needs |= {offering}
        if "run_json" in request:
            # Also where it is no text: who doesn't read texts need not look at it.
            text = request["run_json"]
            needs |= {"text-input", *(_needed_for_text(text) if isinstance(text, str) else ())}
    return evolve(case, needs=needs | {*more})


def _needed_for_text(text: str) -> Iterator[str]:
    """What the numbers that a text of JSON holds call for; `-0` is a double that not every reader gives back."""
    for number in _NUMBER.findall(text):
        if number == "-0":
            yield "exact-numbers"
        value = float(number) if set(number) & set(".eE") else int(number)
        if isinstance(value, int) or isfinite(value):
            yield from needed_for_numbers(value)


def _reopens(steps: Sequence[Request]) -> bool:
    """Whether a store is opened a second time: what it shows then depends on whether it lasts."""
    opened = [arguments["store"] for op, arguments in steps if op == "open"]
    return len(set(opened)) < len(opened) or any(op == "restart" for op, _ in steps)


def _is_limited(case: CorpusCase) -> bool:
    """Whether answers may come from what files can't hold: names that are too long, tenants that share a run id."""
    owners = {owner for op, arguments in case.steps for owner in owners_of(op, arguments)}
    refused = any(each.get("error", {}).get("kind", "").startswith("storage") for each in case.answers)
    return refused or len({owner.run_id for owner in owners}) < len(owners)
