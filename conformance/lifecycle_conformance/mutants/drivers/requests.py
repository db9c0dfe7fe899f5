"""Faults of a driver in what it imports, appends and refuses: wrong arguments, unknown operations, odd lines, ends."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeAlias

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.server import Server, UnsupportedError
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Event, InvalidInputError, LifecycleProjectionError, Problem, log
from lifecycle_projection.codec import structure
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Json

_Answering: TypeAlias = Callable[[Server, Json], dict[str, Json]]
_Lines: TypeAlias = Callable[[Server, bytes], bytes]


# --- import -----------------------------------------------------------------------------------------------------------


@fault("DRIVER-9", why="Everything else appends an event once, and an import may be run twice.")
def import_of_known_ids_skipped() -> Patches:
    """An event whose id is there already, for its run and tenant, isn't imported."""

    def unknown(self: Server, events: Iterable[Event]) -> list[Event]:
        known = {_key(each) for each in self._opened.events()}
        left = []
        for each in events:
            if _key(each) not in known:
                left.append(each)
                known.add(_key(each))
        return left

    yield from _importing(unknown)


@fault("DRIVER-9", why="Events are appended, and what is appended gets the next seq.")
def imported_events_renumbered() -> Patches:
    """Imported events get the seqs that follow those of their run and tenant."""

    def numbered(self: Server, events: Iterable[Event]) -> list[Event]:
        left: list[Event] = []
        for each in events:
            held = log.visible([*self._opened.events(), *left], each.run_id, each.scope.tenant_context.key)
            left.append(evolve(each, seq=log.KnownIds.of(held).highest + 1))
        return left

    yield from _importing(numbered)


@fault("DRIVER-9", "FILE-1", why="A log that is sorted by seq is easier to read.")
def imported_events_sorted() -> Patches:
    """The events of an import are stored in the order of their seqs."""
    yield from _importing(lambda _, events: sorted(events, key=lambda each: each.seq))


def _key(event: Event) -> tuple[Any, ...]:
    return event.run_id, event.event_id, event.scope.tenant_context.key


def _importing(changed: Callable[[Server, Iterable[Event]], list[Event]]) -> Patches:
    def wrong(import_: _Answering) -> _Answering:
        def imported(self: Server, request: Json) -> dict[str, Json]:
            arguments = server._ImportArguments  # noqa: SLF001
            left = structure(request, arguments)
            events = changed(self, left.events)
            with replaced(server, "structure", lambda _: lambda *_: evolve(left, events=tuple(events))):
                return import_(self, request)

        return imported

    yield replaced(Server, "_import", wrong)


# --- append -----------------------------------------------------------------------------------------------------------


@fault("DRIVER-10", why="Whose an event is, the event says itself.")
def append_for_any_tenant() -> Patches:
    """An append takes an event of whatever tenant, and stores it for that one."""

    def wrong(append: _Answering) -> _Answering:
        def appended(self: Server, request: Json) -> dict[str, Json]:
            try:
                return append(self, request)
            except InvalidInputError as error:
                if "sees" not in str(error):
                    raise
                tenant = request["event"]["scope"]["tenant_context"]
                return append(self, {**request, "tenant": tenant})

        return appended

    yield replaced(Server, "_append", wrong)


@fault("DRIVER-10", why="Equality of records is there without a line of code, and compares all members.")
def append_compares_whole_tenants() -> Patches:
    """An append is refused where the tenant of its event has another actor or source than the one that asks."""

    def wrong(append: _Answering) -> _Answering:
        def appended(self: Server, request: Json) -> dict[str, Json]:
            asked = structure(server._with_any_seq(request), server._AppendArguments)  # noqa: SLF001
            if asked.event.scope.tenant_context != asked.tenant:
                raise _invalid("another tenant")
            return append(self, request)

        return appended

    yield replaced(Server, "_append", wrong)


# --- operations and arguments -----------------------------------------------------------------------------------------


@fault("DRIVER-11", "ERR-7", why="A name that isn't in a table is a wrong value.")
def unknown_operation_is_invalid_input() -> Patches:
    """An operation that isn't in the table is answered with `invalid_input`."""

    def wrong(perform: _Answering) -> _Answering:
        def performed(self: Server, request: Json) -> dict[str, Json]:
            try:
                return perform(self, request)
            except UnsupportedError as error:
                if "operation" in str(error):
                    raise _invalid(str(error)) from None
                raise

        return performed

    yield replaced(Server, "_perform", wrong)


@fault("DRIVER-11", "ERR-7", why="Commands are often read without case.")
def operations_named_in_any_case() -> Patches:
    """An operation is known whatever the case of its name."""
    yield from _asked(
        lambda request: {**request, "op": request["op"].lower()} if isinstance(request.get("op"), str) else request
    )


@fault("DRIVER-13", why="Of two that say the same the object is the easier one to read.")
def run_preferred_to_run_json() -> Patches:
    """A request with both `run` and `run_json` is a pass over `run`."""
    yield from _asked(
        lambda request: {name: each for name, each in request.items() if name != "run_json" or "run" not in request}
    )


@fault("DRIVER-13", why="A number that is missing is 0 in many languages.")
def missing_numbers_are_0() -> Patches:
    """A compaction or a pruning whose retention isn't named has that of 0, which is off."""
    yield from _asked(
        lambda request: {"retention_ms": 0, **request} if request.get("op") in {"compact", "prune"} else request
    )


@fault("DRIVER-13", why="Command lines know texts only, and a driver may be called from one.")
def numbers_in_arguments_read_from_texts() -> Patches:
    """A number that is written as a text is read in the arguments of a compaction and a pruning."""

    def read(request: Json) -> Json:
        names = {"retention_ms", "now_ms", "keep"}
        return {name: 0 if name in names and each == "text" else each for name, each in request.items()}

    yield from _asked(read)


@fault("DRIVER-13", why="Both are falsy, and a run that isn't given is no run.")
def null_run_is_an_absent_one() -> Patches:
    """A `run_json` of `null` beside a run counts as absent."""
    yield from _asked(
        lambda request: {name: each for name, each in request.items() if name != "run_json" or each is not None}
    )


def _asked(read: Callable[[Json], Json]) -> Patches:
    yield replaced(
        Server,
        "_perform",
        lambda perform: lambda self, request: perform(self, read(request) if type(request) is dict else request),
    )


# --- lines that are no requests ---------------------------------------------------------------------------------------


@fault("DRIVER-12", "DRIVER-2", why="A reader of JSON stops where a value ends.")
def text_behind_a_request_ignored() -> Patches:
    """What stands in a line behind a request that is whole is ignored."""

    def wrong(answer: _Lines) -> _Lines:
        def answered(self: Server, line: bytes) -> bytes:
            with suppress(ValueError, RecursionError, InvalidInputError):
                text = line.decode()
                _, end = json.JSONDecoder().raw_decode(text)
                read_json(text[:end])
                return answer(self, f"{text[:end]}\n".encode())
            return answer(self, line)

        return answered

    yield replaced(Server, "answer", wrong)


@fault("DRIVER-12", why="What isn't JSON is an operation that nobody offers.")
def line_that_is_no_json_is_unsupported() -> Patches:
    """A line that isn't JSON is answered with `unsupported`."""

    def wrong(answer: _Lines) -> _Lines:
        def answered(self: Server, line: bytes) -> bytes:
            try:
                read_json(line.rstrip(b"\n"))
            except InvalidInputError:
                refused = {"kind": "unsupported", "message": "no JSON", "data": {}}
                return server._line({"id": None, "error": refused})  # noqa: SLF001
            return answer(self, line)

        return answered

    yield replaced(Server, "answer", wrong)


@fault("DRIVER-12", "DRIVER-2", why="Python, JavaScript and YAML take texts in single quotes.")
def single_quotes_read() -> Patches:
    """A line in single quotes is read as if it were in double ones."""

    def wrong(answer: _Lines) -> _Lines:
        return lambda self, line: answer(self, line.replace(b"'", b'"') if line.startswith(b"{'") else line)

    yield replaced(Server, "answer", wrong)


@fault("DRIVER-12", why="An id is what goes back, whatever it is.")
def request_without_id_is_answered() -> Patches:
    """A request without an id is done, and answered with the id `null`."""

    def wrong(answer: _Lines) -> _Lines:
        def answered(self: Server, line: bytes) -> bytes:
            with suppress(InvalidInputError):
                request = read_json(line.rstrip(b"\n"))
                if type(request) is dict and request.get("id") is None:
                    numbered = json.loads(answer(self, json.dumps({**request, "id": 0}).encode()))
                    return server._line({**numbered, "id": None})  # noqa: SLF001
            return answer(self, line)

        return answered

    yield replaced(Server, "answer", wrong)


@fault("DRIVER-12", "DRIVER-2", why="JSON-RPC takes several requests in a list.")
def list_of_requests_is_answered() -> Patches:
    """A list of requests is answered with the list of their answers."""

    def wrong(answer: _Lines) -> _Lines:
        def answered(self: Server, line: bytes) -> bytes:
            with suppress(InvalidInputError):
                requests = read_json(line.rstrip(b"\n"))
                if type(requests) is list and requests:
                    answers = [json.loads(answer(self, json.dumps(each).encode())) for each in requests]
                    return f"{json.dumps(answers)}\n".encode()
            return answer(self, line)

        return answered

    yield replaced(Server, "answer", wrong)


# --- what a refusal leaves --------------------------------------------------------------------------------------------


@fault("DRIVER-15", "ERR-1", why="After an error a connection is in an unknown state.")
def refusal_closes_the_store() -> Patches:
    """A refused request closes the store that is open."""

    def wrong(perform: _Answering) -> _Answering:
        def performed(self: Server, request: Json) -> dict[str, Json]:
            try:
                return perform(self, request)
            except (InvalidInputError, UnsupportedError):
                self._store = None
                raise

        return performed

    yield replaced(Server, "_perform", wrong)


@fault("DRIVER-15", "ERR-1", "DRIVER-10", why="An event is stored first and looked at afterwards.")
def foreign_event_stored_and_refused() -> Patches:
    """An append for a tenant that doesn't see its event stores the event, and is refused."""

    def wrong(append: _Answering) -> _Answering:
        def appended(self: Server, request: Json) -> dict[str, Json]:
            try:
                return append(self, request)
            except InvalidInputError as error:
                if "sees" in str(error):
                    with suppress(LifecycleProjectionError):
                        append(self, {**request, "tenant": request["event"]["scope"]["tenant_context"]})
                raise

        return appended

    yield replaced(Server, "_append", wrong)


def _invalid(message: str) -> InvalidInputError:
    return InvalidInputError(problems=(Problem("$", message),))


# --- the end ----------------------------------------------------------------------------------------------------------


@fault("DRIVER-16", why="An end of input that comes unexpected is an error in most programs.")
def end_of_input_is_a_failure() -> Patches:
    """At the end of its input the driver exits with status 1."""

    def failing(*given: Any, **options: Any) -> None:
        right(*given, **options)
        raise SystemExit(1)

    right = server.serve
    yield replaced(server, "serve", lambda _: failing)
    yield replaced(
        InProcessDriver,
        "restart",
        lambda restart: lambda driver, **how: restart(driver, **how) if how.get("kill") else restart(driver) or 1,
    )
