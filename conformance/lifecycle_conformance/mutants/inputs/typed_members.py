"""Faults in reading the members of typed records: which are there, which may be null, and what is of their types."""

from typing import Any, Final, get_args, get_origin

from attrs import has

from lifecycle_conformance.mutants.before_reading import (
    defaulted_of,
    each_record,
    each_value,
    is_optional,
    members_of,
    refusal,
    required_of,
    with_members,
    with_more,
)
from lifecycle_conformance.mutants.mutant import Patches, fault
from lifecycle_projection.records import U32, U64, Checkpoint, Json, LifecycleRecord, Run, Tenant
from lifecycle_projection.words import ClosedSet, StopKind

_INTEGERS: Final = (U64, U32)
_ZEROS: Final = {str: "", U64: 0, U32: 0}


# --- records ----------------------------------------------------------------------------------------------------------


@fault("REC-1", why="`value or {}` is a short way to have an object at hand.")
def nothing_for_a_record() -> Patches:
    """An empty text, zero and `false` stand for a typed record without members."""

    def changed(value: Json, hint: Any) -> Json:
        return {} if has(hint) and value in ("", 0) else value

    return each_value(changed)


@fault("REC-1", why="Lists are filtered of what is empty before they are read.")
def null_records_skipped() -> Patches:
    """Items of a list of typed records that are null are passed over."""

    def changed(value: Json, hint: Any) -> Json:
        is_list = get_origin(hint) is tuple and isinstance(value, list) and has(get_args(hint)[0])
        return [each for each in value if each is not None] if is_list else value

    return each_value(changed)


@fault("REC-1", why="`as_object()` gives nothing for what is no object, and nothing is what an absent member gives.")
def optional_records_given_up() -> Patches:
    """A value that is no object counts as an absent member where a typed record may be left out."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        optional = {name for name, each in members_of(hint).items() if is_optional(each) and has(get_args(each)[0])}
        return with_members(value, lambda name, each: each if name not in optional or isinstance(each, dict) else None)

    return each_record(changed)


@fault("REC-2", why="In Go, a member that is left out has the zero value of its type.")
def missing_members_are_zero() -> Patches:
    """A required text that is left out is empty, and a required number 0."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        needed = required_of(hint).items()
        return with_more(value, **{name: _ZEROS[each] for name, each in needed if each in _ZEROS and name not in value})

    return each_record(changed)


@fault("REC-2", why="A time that nothing depends on seems to be one that may be missing.")
def times_may_be_missing() -> Patches:
    """A required time that is left out is 0."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        missing = (name for name in required_of(hint) if name.endswith("_ms") and name not in value)
        return with_more(value, **dict.fromkeys(missing, 0))

    return each_record(changed)


# --- null and absent --------------------------------------------------------------------------------------------------


@fault("REC-3", why="Most readers make no difference between a member that is null and one that is left out.")
def null_is_the_default() -> Patches:
    """A defaulted member that is null has its default."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        names = defaulted_of(hint)
        is_null = any(each is None and name in names for name, each in value.items())
        return (
            {name: each for name, each in value.items() if each is not None or name not in names} if is_null else value
        )

    return each_record(changed)


@fault("REC-3", why="In Go, null leaves the zero value of a member as it is.")
def null_numbers_are_zero() -> Patches:
    """A number that must not be null is 0 where it is."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        numbers = {name for name, each in members_of(hint).items() if each in _INTEGERS}
        return with_members(value, lambda name, each: 0 if name in numbers and each is None else each)

    return each_record(changed)


@fault("REC-4", "DRIVER-8", why="`reason?: string` lets a member be left out, and not be null.")
def null_refused() -> Patches:
    """A text that may be left out is refused where it is null."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        texts = (name for name, each in members_of(hint).items() if is_optional(each) and str in get_args(each))
        if any(name in value and value[name] is None for name in texts):
            raise refusal("expected a string, found null")
        return value

    return each_record(changed)


@fault("REC-4", why="`'awaiting_gate' in checkpoint` asks whether there is a gate.")
def null_gate_awaited() -> Patches:
    """A run whose checkpoint has a gate that is null awaits one, of which nothing is known."""
    gate = {"node_id": "", "title": "", "requested_at_ms": 0}

    def changed(value: dict[str, Json], hint: Any) -> Json:
        is_checkpoint = hint is Checkpoint
        return with_members(
            value, lambda name, each: gate if is_checkpoint and name == "awaiting_gate" and each is None else each
        )

    return each_record(changed)


@fault("REC-5", "DRIVER-8", why="A member that is always written looks like one that is always there.")
def lists_required() -> Patches:
    """A list of nodes that is left out of a checkpoint is refused."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        if hint is Checkpoint and not {"completed_nodes", "pending_nodes", "blocked_nodes"} <= value.keys():
            raise refusal("expected the nodes, found nothing")
        return value

    return each_record(changed)


@fault("REC-5", why="Who names a tenant does so explicitly.")
def named_tenant_is_explicit() -> Patches:
    """The source of a tenant that says none is `explicit`."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        return with_more(value, source="explicit") if hint is Tenant and "source" not in value else value

    return each_record(changed)


@fault("REC-5", "CKPT-1", why="Epochs are counted from 1.")
def epochs_begin_with_1() -> Patches:
    """The claim epoch of a run that says none is 1."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        is_missing = hint is Run and "execution_claim_epoch" not in value
        return with_more(value, execution_claim_epoch=1) if is_missing else value

    return each_record(changed)


# --- types ------------------------------------------------------------------------------------------------------------


@fault("REC-6", why="`int(value)` reads numbers and texts of digits alike.")
def digits_are_numbers() -> Patches:
    """A text of digits is read as the number that it shows."""

    def changed(value: Json, hint: Any) -> Json:
        return int(value) if hint in _INTEGERS and isinstance(value, str) and value.isdecimal() else value

    return each_value(changed)


@fault("REC-6", why="`str(value)` never fails.")
def numbers_are_texts() -> Patches:
    """A number is read as its digits where a text is wanted."""

    def changed(value: Json, hint: Any) -> Json:
        return str(value) if hint is str and type(value) is int else value

    return each_value(changed)


@fault("REC-6", why="In Python, `isinstance(True, int)` holds.")
def truth_is_a_number() -> Patches:
    """`true` is read as 1 and `false` as 0 where an integer is wanted."""

    def changed(value: Json, hint: Any) -> Json:
        return int(value) if hint in _INTEGERS and isinstance(value, bool) else value

    return each_value(changed)


@fault("REC-6", why="Jackson and others can be told to accept a single value as a list, for old clients.")
def one_value_is_a_list() -> Patches:
    """A single text is read as a list of one where a list of texts is wanted."""

    def changed(value: Json, hint: Any) -> Json:
        return [value] if hint == tuple[str, ...] and isinstance(value, str) else value

    return each_value(changed)


@fault("REC-6", why="Only the outside of a list is looked at; nothing reads the items of most.")
def items_unchecked() -> Patches:
    """Items of a list of texts that are none are dropped."""

    def changed(value: Json, hint: Any) -> Json:
        is_list = hint == tuple[str, ...] and isinstance(value, list)
        return [each for each in value if isinstance(each, str)] if is_list else value

    return each_value(changed)


@fault("REC-6", why="PHP writes an empty map as `[]`.")
def empty_list_is_a_map() -> Patches:
    """An empty list is read as an empty map."""

    def changed(value: Json, hint: Any) -> Json:
        return {} if get_origin(hint) is dict and value == [] else value

    return each_value(changed)


# --- integers ---------------------------------------------------------------------------------------------------------


def _integers(changed: Any) -> Patches:
    return each_value(lambda value, hint: changed(value, hint) if hint in _INTEGERS else value)


@fault("REC-7", "DRIVER-8", why="Java, SQL and many serialisers have no unsigned 64-bit integers.")
def signed_integers() -> Patches:
    """An integer of 2^63 or more is refused."""

    def changed(value: Json, _: Any) -> Json:
        if type(value) is int and value >= 2**63:
            raise refusal("expected an integer up to 2^63 - 1")
        return value

    return _integers(changed)


@fault("REC-7", why="A count of attempts is read as any other number.")
def attempts_of_64_bits() -> Patches:
    """A `u32` takes all that a `u64` takes, and keeps its lower half."""
    return _integers(lambda value, hint: value % 2**32 if hint == U32 and type(value) is int and value > 0 else value)


@fault("REC-7", why="In C, a negative number is cast to a large one without a word.")
def negative_numbers_wrap() -> Patches:
    """A negative integer is read as the unsigned one of the same bits."""
    return _integers(lambda value, _: value % 2**64 if type(value) is int and value < 0 else value)


@fault("REC-7", why="`int(value)` cuts a fraction off.")
def fractions_cut_off() -> Patches:
    """A fraction is read as the integer below it."""
    return _integers(
        lambda value, _: int(value) if isinstance(value, float) and value > 0 and not value.is_integer() else value
    )


@fault("REC-8", why="JavaScript has one type of numbers, and `Number.isInteger(1.0)` holds.")
def whole_doubles_are_integers() -> Patches:
    """A double whose value is whole is read as an integer."""
    return _integers(
        lambda value, _: int(value) if isinstance(value, float) and value.is_integer() and 0 <= value < 2**53 else value
    )


@fault("REC-8", why="`0.0` is compared with 0, and is equal to it.")
def double_zero_is_an_integer() -> Patches:
    """The doubles `0.0` and `-0.0` are read as the integer 0."""
    return _integers(lambda value, _: 0 if isinstance(value, float) and value == 0 else value)


# --- words ------------------------------------------------------------------------------------------------------------


def _words(changed: Any) -> Patches:
    def word(value: Json, hint: Any) -> Json:
        is_word = isinstance(hint, type) and issubclass(hint, ClosedSet) and isinstance(value, str)
        return changed(value, hint) if is_word else value

    return each_value(word)


@fault("REC-9", why="Configuration files are read without regard to case.")
def words_of_any_case() -> Patches:
    """A word of a closed set is read in any case."""
    return _words(lambda value, _: value.lower())


@fault("REC-9", why="Ids are trimmed, so words may be as well.")
def words_trimmed() -> Patches:
    """A word of a closed set is read with white space around it."""
    return _words(lambda value, _: value.strip())


@fault("REC-9", why="Enumerations are written with hyphens elsewhere.")
def words_with_hyphens() -> Patches:
    """A word of a closed set is read with hyphens in the place of its low lines."""
    return _words(lambda value, _: value.replace("-", "_"))


@fault("REC-9", why="A reader that is to survive newer writers lets unknown words pass.")
def unknown_stop_kinds_absent() -> Patches:
    """A stop kind that is no word of its set counts as absent."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        def known(name: str, each: Json) -> Json:
            return None if name == "stop_kind" and isinstance(each, str) and each not in set(StopKind) else each

        return with_members(value, known) if hint in (Run, LifecycleRecord) else value

    return each_record(changed)


@fault("REC-9", "DRIVER-8", why="The last word came later than the others.")
def newest_word_unknown() -> Patches:
    """The stop kind `stale_reaped` is refused."""

    def changed(value: Json, hint: Any) -> Json:
        if hint is StopKind and value == "stale_reaped":
            raise refusal("expected a stop kind")
        return value

    return _words(changed)
