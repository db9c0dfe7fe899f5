"""Faults in reading what the tables of run records leave open: unknown members, members twice, free-form values."""

import re
from collections.abc import Callable
from typing import Any, Final

from attrs import has

from lifecycle_conformance.mutants.before_reading import (
    each_record,
    each_value,
    members_of,
    refusal,
    with_members,
    with_more,
)
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import content, definition, markers, scope
from lifecycle_projection.json_text import DuplicateMembers
from lifecycle_projection.records import (
    LOCAL_TENANT,
    AutomationSnapshot,
    Checkpoint,
    Json,
    LifecycleRecord,
    Run,
)
from lifecycle_projection.words import TenantSource

# --- unknown members --------------------------------------------------------------------------------------------------


@fault("REC-10", "DRIVER-8", why="A strict reader catches misspelt members.")
def unknown_members_refused() -> Patches:
    """A gate, a failure or a claim that has a member beside the known ones is refused."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        if hint not in (Run, Checkpoint, AutomationSnapshot) and not value.keys() <= members_of(hint).keys():
            raise refusal("expected no other member")
        return value

    return each_record(changed)


@fault(
    "REC-10", "REC-2", why="JavaScript clients write camel case, and a reader that takes both spares them the trouble."
)
def camel_case_read_as_well() -> Patches:
    """A member that is left out is read from one in camel case."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        spelt = {re.sub("_(.)", lambda found: found[1].upper(), name): name for name in members_of(hint)}
        more = {spelt[name]: each for name, each in value.items() if name in spelt and spelt[name] not in value}
        return with_more(value, **more)

    return each_record(changed)


@fault("REC-10", "REDACT-5", "CKPT-1", why="Copying an object is shorter than copying its members.")
def failure_copied_whole() -> Patches:
    """The checkpoint summary holds all that the last failure has, known or not."""
    kept: dict[str, Json] = {}

    def changed(value: dict[str, Json], hint: Any) -> Json:
        if hint is Checkpoint:
            kept["last_failure"] = value.get("last_failure")
        return value

    def wrong(summary: Callable[[Run], dict[str, Json]]) -> Callable[[Run], dict[str, Json]]:
        def summarised(run: Run) -> dict[str, Json]:
            failure = kept.get("last_failure")
            summed = summary(run)
            return {**summed, "last_failure": {**(failure or {}), **(summed["last_failure"] or {})} or None}

        return summarised

    yield from each_record(changed)
    yield replaced(content, "checkpoint_summary", wrong)


# --- members twice ----------------------------------------------------------------------------------------------------


@fault("REC-11", why="Most readers of JSON keep the last of two members, and say nothing.")
def last_of_two_members() -> Patches:
    """Of a known member that comes twice, the last one counts."""
    return each_record(lambda value, _: dict(value))


@fault("REC-11", why="What is said twice in the same words is said once.")
def same_member_twice() -> Patches:
    """A known member may come twice with the same value."""

    def changed(value: dict[str, Json], _: Any) -> Json:
        if isinstance(value, DuplicateMembers) and all(value[name] == each for name, each in value.pairs):
            return dict(value)
        return value

    return each_record(changed)


@fault("REC-11", why="Only what is at the top of a record is looked at before it is read.")
def duplicates_below_unseen() -> Patches:
    """A known member may come twice, but not in the run itself."""
    return each_record(lambda value, hint: value if hint is Run else dict(value))


@fault("REC-11", why="A definition is read as any JSON, since it is hashed as a whole.")
def duplicates_in_definitions() -> Patches:
    """A known member of an automation snapshot may come twice."""
    return each_record(lambda value, hint: dict(value) if hint is AutomationSnapshot else value)


@fault("REC-13", why="A reader that looks for a name from the start finds the first.")
def first_duplicate_wins() -> Patches:
    """Where an object of a free-form value names a member twice, the first value counts."""
    return each_value(lambda value, hint: _all_changed(value, _first) if hint is Any else value)


@fault("REC-13", why="A strict reader refuses all duplicates alike.")
def all_duplicates_refused() -> Patches:
    """An object of a free-form value that names a member twice is refused."""

    def refuse(value: DuplicateMembers) -> Json:
        raise refusal(f"expected each member once, found {len(value.pairs)}")

    return each_value(lambda value, hint: _all_changed(value, refuse) if hint is Any else value)


@fault("REC-13", why="A map has forgotten the first of two values before its types are looked at.")
def replaced_values_unchecked() -> Patches:
    """In a map, a value that a later one of the same name replaces may be of any type."""
    return each_value(lambda value, hint: dict(value) if isinstance(value, dict) and not has(hint) else value)


def _first(value: DuplicateMembers) -> Json:
    return dict(reversed(value.pairs))


def _all_changed(value: Json, changed: Callable[[DuplicateMembers], Json]) -> Json:
    if isinstance(value, list):
        return [_all_changed(each, changed) for each in value]
    if isinstance(value, dict):
        value = with_members(value, lambda _, each: _all_changed(each, changed))
        return changed(value) if isinstance(value, DuplicateMembers) else value
    return value


# --- tenants, definitions, names --------------------------------------------------------------------------------------


@fault("REC-12", why="A tenant that has been filled in is one that everybody can see.")
def local_tenant_explicit() -> Patches:
    """A run without tenant belongs to the local tenant, whose source is `explicit`."""
    return _tenant_filled_in(source=TenantSource.EXPLICIT)


@fault("REC-12", "TENANT-2", why="A local engine has a local deployment, too.")
def local_tenant_deployed() -> Patches:
    """A run without tenant belongs to a deployment `local`."""
    return _tenant_filled_in(deployment_id="local")


def _tenant_filled_in(**members: Any) -> Patches:
    filled = {"org_id": "local", "workspace_id": "local", "source": str(LOCAL_TENANT.source), **members}

    def changed(value: dict[str, Json], hint: Any) -> Json:
        return with_more(value, tenant_context=filled) if hint is Run and "tenant_context" not in value else value

    return each_record(changed)


@fault("REC-14", "DRIVER-8", why="An id that is empty seems to be one that is missing.")
def definition_needs_an_id() -> Patches:
    """An automation snapshot whose automation id is empty is refused."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        if hint is AutomationSnapshot and value.get("automation_id") == "":
            raise refusal("expected an automation id")
        return value

    return each_record(changed)


@fault("REC-14", "DRIVER-8", why="In production a definition always has a name, nodes, a status.")
def definition_read_in_full() -> Patches:
    """An automation snapshot is refused where a member of a full definition has another type."""
    full = {"name": str, "status": str, "schedule": dict, "flow": dict, "agents": list, "nodes": list}

    def changed(value: dict[str, Json], hint: Any) -> Json:
        known = full if hint is AutomationSnapshot else {}
        if any(name in value and not isinstance(value[name], type_) for name, type_ in known.items()):
            raise refusal("expected a definition")
        return value

    return each_record(changed)


@fault("REC-15", "DRIVER-8", why="A name without a letter names nothing.")
def empty_event_refused() -> Patches:
    """A lifecycle record whose event is empty is refused."""
    return _events_of(re.compile("."))


@fault("REC-15", "DRIVER-8", why="Names are identifiers nearly everywhere.")
def events_are_identifiers() -> Patches:
    """A lifecycle record is refused where its event holds more than letters, digits and low lines."""
    return _events_of(re.compile("[A-Za-z0-9_]*$"))


def _events_of(pattern: "re.Pattern[str]") -> Patches:
    def changed(value: dict[str, Json], hint: Any) -> Json:
        event = value.get("event")
        if hint is LifecycleRecord and isinstance(event, str) and not pattern.match(event):
            raise refusal("expected another name")
        return value

    return each_record(changed)


# --- trimming ---------------------------------------------------------------------------------------------------------

_WHITE_SPACE: Final = "".join(filter(str.isspace, map(chr, range(0x3001))))


def _trimmed_by(characters: str | None) -> Patches:
    def trimmed(value: Json) -> str | None:
        return (value.strip(characters) or None) if isinstance(value, str) else None

    for module in (content, definition, markers, scope):
        yield replaced(module, "trimmed", lambda _: trimmed)


@fault("REC-16", why="`str.strip` is what Python has for it.")
def trimmed_as_python_does() -> Patches:
    """Texts are trimmed of U+001C to U+001F, too."""
    return _trimmed_by(None)


@fault("REC-16", "LOG-3", "COMPACT-11", why="`trim` is what JavaScript has for it.")
def trimmed_as_javascript_does() -> Patches:
    """Texts are trimmed of U+FEFF, too, and not of U+0085."""
    return _trimmed_by("".join(set(_WHITE_SPACE) - set("\x1c\x1d\x1e\x1f\x85")) + "\ufeff")


@fault("REC-16", "LOG-3", "COMPACT-11", why="`\\s` and `isspace` stand for ASCII in many libraries.")
def trimmed_of_ascii_only() -> Patches:
    """Texts are trimmed of ASCII's white space only."""
    return _trimmed_by(" \t\n\v\f\r")


@fault("REC-16", "LOG-3", "COMPACT-11", why="`String.trim` is what Java has had for it.")
def trimmed_of_all_controls() -> Patches:
    """Texts are trimmed of all characters up to the space."""
    return _trimmed_by("".join(map(chr, range(0x21))))


@fault("REC-16", why="A zero width space is a space by its name.")
def trimmed_of_zero_width() -> Patches:
    """Texts are trimmed of U+200B, too."""
    return _trimmed_by("".join(set(_WHITE_SPACE) - set("\x1c\x1d\x1e\x1f")) + "\u200b")


# --- looking into free-form values ------------------------------------------------------------------------------------


@fault("REC-17", "DRIVER-8", why="Metadata is an object wherever production writes it.")
def metadata_is_an_object() -> Patches:
    """A lifecycle record whose metadata is a text, a number or a list is refused."""

    def changed(value: dict[str, Json], hint: Any) -> Json:
        if hint is LifecycleRecord and not isinstance(value.get("metadata"), dict | None):
            raise refusal("expected an object")
        return value

    return each_record(changed)


def _looked_into(found: Callable[[Json, str], Json]) -> Patches:
    def wrong(member: Callable[[Json, str], Json]) -> Callable[[Json, str], Json]:
        return lambda value, name: member(value, name) if isinstance(value, dict) else found(value, name)

    yield replaced(content, "member", wrong)


@fault("REC-17", why="In JavaScript, `metadata.claim?.claim_id ?? metadata.claim` finds both forms.")
def bare_claim_is_its_id() -> Patches:
    """A claim that is a text is taken for its own id."""
    return _looked_into(lambda value, name: value if name == "claim_id" and isinstance(value, str) else None)


@fault("REC-17", why="A path expression looks into the items of a list as well.")
def first_item_looked_into() -> Patches:
    """Where a list stands in the place of an object, its first item is looked into."""
    return _looked_into(lambda value, name: value[0].get(name) if _begins_with_object(value) else None)


def _begins_with_object(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
