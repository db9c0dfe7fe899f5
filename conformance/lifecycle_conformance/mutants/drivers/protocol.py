"""Faults of a driver: how it introduces itself, what it takes for a request, and what it opens and keeps."""

import json
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final, TypeAlias

from lifecycle_conformance.driver import server
from lifecycle_conformance.driver.server import Server, UnsupportedError
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import InvalidInputError, MemoryStore, Problem, StorageError, Store, log
from lifecycle_projection.codec import structure
from lifecycle_projection.json_text import read_json
from lifecycle_projection.recognition import aliases_of
from lifecycle_projection.records import Json
from lifecycle_projection.text import member

_Answering: TypeAlias = Callable[[Server, Json], dict[str, Json]]
_Lines: TypeAlias = Callable[[Server, bytes], bytes]
_SAFE: Final = 2**53
_WITHOUT_PRUNING: Final = frozenset(f"PRUNE-{number}" for number in range(1, 7))


# --- answers ----------------------------------------------------------------------------------------------------------


@fault("DRIVER-2", "DRIVER-13", why="An error is written where the request is no longer at hand.")
def refusals_without_id() -> Patches:
    """A request whose arguments can't be read is answered with the id `null`."""

    def changed(request: Json, answer: Json) -> Json:
        refused = member(answer.get("error"), "kind") == "invalid_input" and member(request, "run") is not None
        return {**answer, "id": None} if refused else answer

    yield from _answers(changed)


@fault("DRIVER-2", why="JavaScript reads every number as a double.")
def ids_read_as_doubles() -> Patches:
    """An id beyond 2^53 comes back as the nearest double, which may be another number."""

    def changed(_: Json, answer: Json) -> Json:
        request_id = answer["id"]
        return {**answer, "id": int(float(request_id))} if isinstance(request_id, int) else answer

    yield from _answers(changed)


def _answers(changed: Callable[[Json, Json], Json]) -> Patches:
    def wrong(answer: _Lines) -> _Lines:
        def answered(self: Server, line: bytes) -> bytes:
            request: Json = None
            with suppress(InvalidInputError):
                request = read_json(line.rstrip(b"\n"))
            return server._line(changed(request, json.loads(answer(self, line))))  # noqa: SLF001

        return answered

    yield replaced(Server, "answer", wrong)


@fault("DRIVER-5", "DRIVER-2", why="A caller seems to want to know for which run an answer is.")
def answer_with_a_member_more() -> Patches:
    """The answer to a pass holds the run id as well."""
    yield from _operation(
        "_project",
        lambda project: (
            lambda self, request: {**project(self, request), "run_id": member(request.get("run"), "run_id")}
        ),
    )


@fault("DRIVER-5", why="Whoever asks for events has looked at a run first.")
def events_need_a_run_that_is_known() -> Patches:
    """Events of a run of which nothing is stored are answered with `unsupported`."""

    def wrong(events: _Answering) -> _Answering:
        def known(self: Server, request: Json) -> dict[str, Json]:
            answer = events(self, request)
            if not answer["events"] and not self._opened.events(request["run_id"]):
                raise UnsupportedError("no such run")
            return answer

        return known

    yield from _operation("_events", wrong)


def _operation(name: str, wrong: Callable[[_Answering], _Answering]) -> Patches:
    yield replaced(Server, name, wrong)


# --- hello ------------------------------------------------------------------------------------------------------------


@fault("DRIVER-3", why="Newer is better.")
def highest_version_spoken() -> Patches:
    """The version that is spoken is the highest of those that are offered."""
    yield from _operation(
        "_hello",
        lambda hello: lambda self, request: {**hello(self, request), "protocol": max(request["protocols"])},
    )


@fault("DRIVER-3", "DRIVER-5", hides=_WITHOUT_PRUNING, why="A list of capabilities is copied from an example.")
def pruning_declared_and_not_there() -> Patches:
    """Pruning is declared, and answered with `unsupported`."""

    def missing(self: Server, request: Json) -> dict[str, Json]:
        assert self._opened is not None
        structure(request, server._PruneArguments)  # noqa: SLF001
        raise UnsupportedError("not yet")

    yield from _operation("_prune", lambda _: missing)


@fault("DRIVER-4", why="There has been one version only so far.")
def any_version_spoken() -> Patches:
    """Whatever versions are offered, the driver speaks version 1."""

    def wrong(hello: _Answering) -> _Answering:
        def greeted(self: Server, request: Json) -> dict[str, Json]:
            try:
                return hello(self, request)
            except UnsupportedError:
                return hello(self, {**request, "protocols": [1]})

        return greeted

    yield from _operation("_hello", wrong)


@fault("DRIVER-4", "ERR-7", why="Versions that nobody knows look like a wrong argument.")
def unknown_versions_are_invalid_input() -> Patches:
    """Versions of which none is spoken are answered with `invalid_input`."""

    def wrong(hello: _Answering) -> _Answering:
        def greeted(self: Server, request: Json) -> dict[str, Json]:
            try:
                return hello(self, request)
            except UnsupportedError as error:
                raise _invalid(str(error)) from None

        return greeted

    yield from _operation("_hello", wrong)


def _invalid(message: str) -> InvalidInputError:
    return InvalidInputError(problems=(Problem("$", message),))


# --- stores -----------------------------------------------------------------------------------------------------------


@fault("DRIVER-6", why="A directory that is missing is easily made.")
def missing_directory_made() -> Patches:
    """A store whose directory isn't there is made, with the directory."""

    def wrong(open_: _Answering) -> _Answering:
        def opened(self: Server, request: Json) -> dict[str, Json]:
            if isinstance(request.get("store"), str):
                Path(request["store"]).mkdir(parents=True, exist_ok=True)
            return open_(self, request)

        return opened

    yield from _operation("_open", wrong)


@fault("DRIVER-6", "ERR-7", why="A path that leads nowhere looks like a wrong argument.")
def missing_directory_is_invalid_input() -> Patches:
    """A directory that isn't there is answered with `invalid_input`."""

    def wrong(open_: _Answering) -> _Answering:
        def opened(self: Server, request: Json) -> dict[str, Json]:
            try:
                return open_(self, request)
            except StorageError as error:
                raise _invalid(str(error)) from None

        return opened

    yield from _operation("_open", wrong)


@fault("DRIVER-6", "DRIVER-7", why="A connection is opened once and kept.")
def first_store_kept_open() -> Patches:
    """The store that was opened first stays the one that all requests are about."""

    def wrong(open_: _Answering) -> _Answering:
        def opened(self: Server, request: Json) -> dict[str, Json]:
            first = self._store
            answer = open_(self, request)
            self._store = first or self._store
            return answer

        return opened

    yield from _operation("_open", wrong)


@fault("DRIVER-7", why="A cache of stores saves the time to open one.", store="memory")
def stores_in_memory_kept_by_path() -> Patches:
    """A store in memory is still there when its directory is opened again in the same process."""

    def wrong(open_: _Answering) -> _Answering:
        def opened(self: Server, request: Json) -> dict[str, Json]:
            answer = open_(self, request)
            kept: dict[str, Store] = vars(self).setdefault("kept", {})
            assert self._store is not None
            self._store = kept.setdefault(request["store"], self._store)
            return answer

        return opened

    yield from _operation("_open", wrong)


@fault("DRIVER-7", "FILE-25", why="Tests begin with an empty store.")
def store_emptied_when_opened() -> Patches:
    """Whatever a directory holds is deleted when it is opened."""

    def wrong(open_: _Answering) -> _Answering:
        def opened(self: Server, request: Json) -> dict[str, Json]:
            for each in Path(request["store"]).iterdir() if Path(str(request.get("store"))).is_dir() else ():
                shutil.rmtree(each) if each.is_dir() else each.unlink()
            return open_(self, request)

        return opened

    yield from _operation("_open", wrong)


@fault("DRIVER-14", why="A default is friendlier than a refusal.")
def store_in_memory_before_open() -> Patches:
    """Before the first `open` the requests are about an empty store in memory."""
    yield replaced(Server, "_opened", lambda _: property(lambda self: self._store or MemoryStore()))


@fault("DRIVER-14", "ERR-7", why="What is missing is a store.")
def nothing_open_is_storage() -> Patches:
    """Before the first `open` a request is answered with `storage`."""

    def opened(self: Server) -> Store:
        if self._store is None:
            raise StorageError(path=".", problem="no store is open")
        return self._store

    yield replaced(Server, "_opened", lambda _: property(opened))


# --- identify ---------------------------------------------------------------------------------------------------------


@fault("DRIVER-8", why="Whoever asks for ids seems to want those under which a store knows the records.")
def recorded_ids_told_by_identify() -> Patches:
    """`identify` tells the ids under which the records are recorded in the store that is open."""

    def wrong(identify: _Answering) -> _Answering:
        def told(self: Server, request: Json) -> dict[str, Json]:
            answer = identify(self, request)
            if self._store is None:
                return answer
            run = self._run_of(request)
            events = log.visible(self._store.events(run.run_id), run.run_id, run.tenant_context.key)
            table = aliases_of(run, events)
            return {
                "ids": [
                    {
                        **each,
                        "event_id": table[each["event_id"]].event_id if each["event_id"] in table else each["event_id"],
                    }
                    for each in answer["ids"]
                ]
            }

        return told

    yield from _operation("_identify", wrong)


@fault("DRIVER-8", why="Every operation but two begins with the store.")
def identify_needs_a_store() -> Patches:
    """`identify` is refused before a store is open."""

    def wrong(identify: _Answering) -> _Answering:
        def told(self: Server, request: Json) -> dict[str, Json]:
            assert self._opened is not None
            return identify(self, request)

        return told

    yield from _operation("_identify", wrong)


@fault("DRIVER-8", why="The prefix looks like a part of how a hash is written, not of the hash.")
def identities_without_prefix() -> Patches:
    """`identify` tells identities without `sha256:`."""

    def bare(answer: dict[str, Json]) -> dict[str, Json]:
        return {"ids": [{**each, "identity": each["identity"].removeprefix("sha256:")} for each in answer["ids"]]}

    yield from _operation("_identify", lambda identify: lambda self, request: bare(identify(self, request)))


@fault(
    "DRIVER-17",
    *("DRIVER-8", "OCC-1", "OCC-2", "OCC-3"),
    why="A counter that lives outside of a function outlives its calls.",
)
def occurrences_counted_over_the_life_of_a_process() -> Patches:
    """`identify` counts equal records on from request to request."""

    def wrong(identify: _Answering) -> _Answering:
        def told(self: Server, request: Json) -> dict[str, Json]:
            seen: dict[str, count[int]] = vars(self).setdefault("seen", {})
            answer = identify(self, request)
            ids = []
            for each in answer["ids"]:
                number = next(seen.setdefault(each["identity"], count()))
                stem = each["event_id"].removesuffix(f"-{each['occurrence']}")
                ids.append({**each, "occurrence": number, "event_id": f"{stem}-{number}"})
            return {"ids": ids}

        return told

    yield from _operation("_identify", wrong)


@fault("DRIVER-17", why="An error without a time is hard to find in a log.")
def refusals_with_a_time() -> Patches:
    """The data of a refusal of input say when it was refused."""
    yield replaced(
        server,
        "data_of",
        lambda data: lambda error: {"at_ns": time.time_ns()} if isinstance(error, InvalidInputError) else data(error),
    )
