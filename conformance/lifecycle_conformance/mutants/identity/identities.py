"""Faults in identities, occurrences and ids of lifecycle records."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Run, identity, projection, recognition
from lifecycle_projection.canonical import stable_hash
from lifecycle_projection.identity import Identified, safe, stable_event_id
from lifecycle_projection.records import Json, LifecycleRecord

_Identify: TypeAlias = Callable[[Run], tuple[Identified, ...]]


# --- how identifying is made wrong ------------------------------------------------------------------------------------


def _hashed(changed: Callable[[dict[str, Json]], dict[str, Json]]) -> Patches:
    """Let something else enter the identity than the seven members."""
    yield replaced(identity, "stable_hash", lambda hashed: lambda value: hashed(changed(value)))


def _identified(wrong: Callable[[_Identify], _Identify]) -> Patches:
    for module in (projection, server):
        yield replaced(module, "identify", wrong)


def _occurrences(counted: Callable[[Run, tuple[Identified, ...]], Iterator[int]]) -> Patches:
    """Give records other occurrences, and the ids that belong to them."""

    def wrong(identify: _Identify) -> _Identify:
        def identified(run: Run) -> tuple[Identified, ...]:
            right = identify(run)
            return tuple(_with(run, each, number) for each, number in zip(right, counted(run, right), strict=True))

        return identified

    return _identified(wrong)


def _with(run: Run, each: Identified, occurrence: int) -> Identified:
    event_id = stable_event_id(run.run_id, each.record.event, each.identity, occurrence)
    return evolve(each, occurrence=occurrence, event_id=event_id)


def _ids(wrong: Callable[[str, str, str, int], str]) -> Patches:
    """Make stable ids in another way."""
    for module in (identity, recognition):
        yield replaced(module, "stable_event_id", lambda _: wrong)


# --- what enters the identity -----------------------------------------------------------------------------------------


@fault("ID-1", why="A run belongs to one automation, so its id seems to say nothing more.")
def automation_left_out() -> Patches:
    """The automation id doesn't enter the identity."""
    return _hashed(lambda value: {name: value[name] for name in value if name != "automation_id"})


@fault("ID-1", why="The id of the run stands in the event id already.")
def run_left_out() -> Patches:
    """The run id doesn't enter the identity."""
    return _hashed(lambda value: {name: value[name] for name in value if name != "run_id"})


@fault("ID-1", why="In other languages the members have names of their own.")
def time_under_another_name() -> Patches:
    """The time enters the identity as `occurred_at_ms`, as in the event."""
    return _hashed(lambda value: {{"recorded_at_ms": "occurred_at_ms"}.get(name, name): value[name] for name in value})


@fault("ID-1", why="The profile is the same in all records of a run, and says nothing of them.")
def profile_left_out() -> Patches:
    """The member `effective_execution_profile` of the metadata doesn't enter the identity."""

    def without(metadata: Json) -> Json:
        is_object = isinstance(metadata, dict)
        return (
            {name: metadata[name] for name in metadata if name != "effective_execution_profile"}
            if is_object
            else metadata
        )

    return _hashed(lambda value: {**value, "metadata": without(value["metadata"])})


@fault("ID-2", why="Serialisers leave out what is null.")
def absent_members_left_out() -> Patches:
    """What is absent is left out of the identity."""
    return _hashed(lambda value: {name: each for name, each in value.items() if each is not None})


@fault("ID-2", why="A database keeps an empty text as null, and an empty text tells nothing.")
def empty_reason_is_absent() -> Patches:
    """An empty reason enters the identity as null."""
    return _hashed(lambda value: {**value, "reason": value["reason"] or None})


@fault("ID-2", why="Metadata is an object, with nothing in it by default.")
def absent_metadata_is_empty() -> Patches:
    """Absent metadata enters the identity as an empty object."""
    return _hashed(lambda value: {**value, "metadata": {} if value["metadata"] is None else value["metadata"]})


@fault("ID-2", why="`metadata or None` drops what is empty.")
def empty_metadata_is_absent() -> Patches:
    """Metadata that is empty enters the identity as null."""
    return _hashed(
        lambda value: {**value, "metadata": value["metadata"] if value["metadata"] not in ({}, []) else None}
    )


@fault("ID-3", "ID-1", "ID-5", "PASS-9", why="The first generation knew its records by their index.")
def index_in_the_identity() -> Patches:
    """The index of a record enters its identity, but for the first."""

    def wrong(identify: _Identify) -> _Identify:
        def identified(run: Run) -> tuple[Identified, ...]:
            return tuple(_moved(run, each) for each in identify(run))

        return identified

    def _moved(run: Run, each: Identified) -> Identified:
        hashed = stable_hash([each.identity, each.index]) if each.index else each.identity
        return _with(run, evolve(each, identity=hashed), each.occurrence)

    return _identified(wrong)


@fault("ID-4", "ID-1", why="Tenants are to be kept apart, wherever that can be done.")
def tenant_in_the_identity() -> Patches:
    """A tenant's deployment enters the identity, where it has one."""
    return _with_more(lambda run, _: {"deployment_id": run.tenant_context.deployment_id})


@fault("ID-4", "ID-1", why="What a record means depends on the state of its run.")
def status_in_the_identity() -> Patches:
    """The status of a run that is over enters the identity of its records."""
    return _with_more(lambda run, _: {"status": run.status if run.finished_at_ms is not None else None})


@fault("ID-4", "ID-1", why="A record without reason seems to have that of its run.")
def stop_reason_of_the_run() -> Patches:
    """The stop reason of the run enters the identity of records that have none."""
    return _with_more(lambda run, record: {"reason": run.stop_reason if record.reason is None else None})


def _with_more(more: Callable[[Run, LifecycleRecord], dict[str, Json]]) -> Patches:
    """Let members of the run enter the identity, unless they are absent."""

    def wrong(identify: _Identify) -> _Identify:
        return lambda run: tuple(_marked(run, each, more(run, each.record)) for each in identify(run))

    return _identified(wrong)


def _marked(run: Run, each: Identified, more: dict[str, Json]) -> Identified:
    there = {name: value for name, value in more.items() if value is not None}
    return _with(run, evolve(each, identity=stable_hash([each.identity, there])), each.occurrence) if there else each


# --- the event id -----------------------------------------------------------------------------------------------------


@fault("ID-5", why="`hexdigest()[:25]`, or an off by one in a slice that takes the prefix along.")
def digest_of_25_digits() -> Patches:
    """The digest in an id has 25 digits."""
    return _ids(lambda run_id, event, hashed, number: _id(run_id, event, hashed[7:32], number))


@fault("ID-5", why="An id seems to be made of safe characters throughout.")
def run_id_made_safe() -> Patches:
    """The run id stands in its safe form in an event id."""
    return _ids(lambda run_id, event, hashed, number: _id(safe(run_id), event, hashed[7:31], number))


@fault("ID-5", why="An id is trimmed like others.")
def run_id_trimmed() -> Patches:
    """The run id is trimmed in an event id."""
    return _ids(lambda run_id, event, hashed, number: _id(run_id.strip(), event, hashed[7:31], number))


@fault("ID-5", why="The first of equal records needs no number.")
def first_without_occurrence() -> Patches:
    """The id of the first of equal records ends with its digest."""
    return _ids(lambda run_id, event, hashed, number: _id(run_id, event, hashed[7:31], number).removesuffix("-0"))


@fault("ID-5", why="The digits beside it are hexadecimal.")
def occurrence_in_hexadecimal() -> Patches:
    """The occurrence is hexadecimal in an event id."""
    return _ids(lambda run_id, event, hashed, number: _id(run_id, event, hashed[7:31], f"{number:x}"))


@fault("ID-5", why="Numbers of two digits sort as they count.")
def occurrence_of_two_digits() -> Patches:
    """The occurrence has two digits at least in an event id."""
    return _ids(lambda run_id, event, hashed, number: _id(run_id, event, hashed[7:31], f"{number:02}"))


def _id(run_id: str, event: str, digest: str, occurrence: Any) -> str:
    return f"automation-v2-lifecycle-{run_id}-{identity.safe(event)}-{digest}-{occurrence}"


def _safe(wrong: Callable[[str], str]) -> Patches:
    yield replaced(identity, "safe", lambda _: wrong)


@fault("ID-6", why="In C and Go a text is made of bytes.")
def each_byte_replaced() -> Patches:
    """Each byte of a character is replaced in a name."""
    return _safe(lambda name: re.sub("[^A-Za-z0-9._-]", lambda each: "-" * len(each[0].encode()), name) or "event")


@fault("ID-6", why="In JavaScript, Java and C# a text is made of UTF-16 units.")
def each_unit_replaced() -> Patches:
    """Each UTF-16 unit of a character is replaced in a name."""
    return _safe(lambda name: re.sub("[^A-Za-z0-9._-]", lambda each: "-" * (1 + (each[0] > "\uffff")), name) or "event")


@fault("ID-6", why="`[^\\w.-]` seems to be the same, and slugs have no doubled hyphens.")
def letters_of_all_alphabets() -> Patches:
    """Letters and digits beyond ASCII stay in a name."""
    return _safe(lambda name: re.sub(r"[^\w.-]", "-", name) or "event")


@fault("ID-6", why="Slugs have no doubled hyphens.")
def neighbours_replaced_by_one() -> Patches:
    """Characters beside each other are replaced by one hyphen in a name."""
    return _safe(lambda name: re.sub("[^A-Za-z0-9._-]+", "-", name) or "event")


@fault("ID-6", why="A point is no letter, and two of them lead out of a folder.")
def points_replaced() -> Patches:
    """Points are replaced in a name."""
    return _safe(lambda name: re.sub("[^A-Za-z0-9_-]", "-", name) or "event")


@fault("ID-6", why="Slugs are in lower case.")
def names_in_lower_case() -> Patches:
    """A name is in lower case in its safe form."""
    return _safe(lambda name: safe(name).lower())


@fault("ID-7", why="An empty name needs no replacement of anything.")
def empty_name_stays_empty() -> Patches:
    """The safe form of the empty name is empty."""
    return _safe(lambda name: re.sub("[^A-Za-z0-9._-]", "-", name))


@fault("ID-7", why="File names have `_` for what is empty.")
def empty_name_is_a_low_line() -> Patches:
    """The safe form of the empty name is `_`."""
    return _safe(lambda name: safe(name) if name else "_")


@fault("ID-6", why="White space is nothing, and a name of nothing but hyphens says nothing.")
def blank_names_are_events() -> Patches:
    """The safe form of a name without a safe character is `event`."""
    return _safe(lambda name: (safe(name).strip("-") and safe(name)) or "event")


# --- the occurrence ---------------------------------------------------------------------------------------------------


@fault("OCC-1", "OCC-2", why="Records of one name are what an id must tell apart.")
def occurrence_per_event_name() -> Patches:
    """The occurrence counts earlier records of the same name."""
    return _occurrences(lambda _, records: _counting(each.record.event for each in records))


@fault("OCC-1", why="Records of one name and time look equal.")
def occurrence_per_name_and_time() -> Patches:
    """The occurrence counts earlier records of the same name and time."""
    return _occurrences(
        lambda _, records: _counting((each.record.event, each.record.recorded_at_ms) for each in records)
    )


@fault("OCC-1", why="Ids show 24 digits of an identity, and few digits do for telling records apart.")
def occurrence_per_digit() -> Patches:
    """The occurrence counts earlier records whose identities begin with the same digit."""
    return _occurrences(lambda _, records: _counting(each.identity[7] for each in records))


@fault("OCC-1", why="People count from 1.")
def occurrence_from_1() -> Patches:
    """The occurrence of the first of equal records is 1."""
    return _occurrences(lambda _, records: (each.occurrence + 1 for each in records))


@fault("OCC-1", "ALIAS-2", why="A history with the newest record first is common elsewhere.")
def occurrence_from_the_end() -> Patches:
    """The occurrence counts later records that are equal."""
    return _occurrences(lambda _, records: iter([*_counting(each.identity for each in reversed(records))][::-1]))


@fault("OCC-1", "PASS-2", "PASS-9", why="A record that comes a third time seems to be one that came twice already.")
def occurrence_0_or_1() -> Patches:
    """The occurrence is 1 for all equal records but the first."""
    return _occurrences(lambda _, records: (min(1, each.occurrence) for each in records))


@fault(
    "OCC-2",
    *("OCC-1", "PASS-2", "PASS-9"),
    why="A record that repeats the one before it is a repetition; a later one is a new record.",
)
def occurrence_of_neighbours() -> Patches:
    """The occurrence counts equal records right before it only."""

    def counted(_: Run, records: tuple[Identified, ...]) -> Iterator[int]:
        previous, number = "", 0
        for each in records:
            number = number + 1 if each.identity == previous else 0
            previous = each.identity
            yield number

    return _occurrences(counted)


@fault("OCC-3", "OCC-1", why="An id that was given once should stay with its record.")
def occurrence_remembered() -> Patches:
    """Where one of equal records is gone, the others keep the occurrences that they had in this process."""
    most: Counter[str] = Counter()

    def counted(_: Run, records: tuple[Identified, ...]) -> Iterator[int]:
        now = Counter(each.identity for each in records)
        most.update(dict.fromkeys(now, 0))
        for name, number in now.items():
            most[name] = max(most[name], number)
        return (each.occurrence + most[each.identity] - now[each.identity] for each in records)

    return _occurrences(counted)


def _counting(keys: Iterator[Any]) -> Iterator[int]:
    seen: Counter[Any] = Counter()
    for each in keys:
        yield seen[each]
        seen[each] += 1
