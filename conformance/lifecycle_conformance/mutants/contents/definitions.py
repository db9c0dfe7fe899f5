"""Faults in what a snapshot says of the definition: its hash and its version."""

from collections.abc import Callable
from typing import Any

import orjson
from attrs import evolve

from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Run, content, definition
from lifecycle_projection.canonical import hash_in_order, stable_hash
from lifecycle_projection.definition import VERSION_MEMBERS
from lifecycle_projection.records import AutomationSnapshot, Json
from lifecycle_projection.text import member, trimmed


def _hashes(said: Callable[[Run], str | None]) -> Any:
    return replaced(content, "definition_hash", lambda _: said)


def _versions(said: Callable[[Run], str | None]) -> Any:
    return replaced(content, "definition_version", lambda _: said)


def _texts(said: Callable[[Json], str | None]) -> Any:
    """Change what counts as the text of a version."""
    return replaced(definition, "_scalar_text", lambda _: said)


def _computed(run: Run) -> str | None:
    return None if run.automation_snapshot is None else hash_in_order(run.automation_snapshot.document)


def _found(run: Run) -> str | None:
    """The version that the definition gives, whatever the run says."""
    return definition.definition_version(evolve(run, workflow_definition_version=None))


# --- the hash ---------------------------------------------------------------------------------------------------------


@fault("DEF-1", why="An empty text is false in Python and JavaScript.")
def an_empty_hash_is_none() -> Patches:
    """An empty hash of the run counts as none."""
    yield _hashes(lambda run: run.workflow_definition_snapshot_hash or _computed(run))


@fault("DEF-1", why="What can be worked out need not be believed.")
def the_hash_is_always_worked_out() -> Patches:
    """The hash of the definition counts before that of the run."""
    yield _hashes(lambda run: _computed(run) or run.workflow_definition_snapshot_hash)


@fault("DEF-1", why="One helper trims all texts.")
def the_recorded_hash_is_trimmed() -> Patches:
    """The hash of the run is trimmed."""
    yield _hashes(
        lambda run: (
            _computed(run)
            if run.workflow_definition_snapshot_hash is None
            else trimmed(run.workflow_definition_snapshot_hash) or ""
        )
    )


def _documents(changed: Callable[[Json], str]) -> Any:
    """Change how a definition is hashed."""
    return replaced(definition, "hash_in_order", lambda _: changed)


@fault("DEF-2", "DEF-6", why="Every other hash is taken over sorted members.")
def definition_sorted() -> Patches:
    """The snapshot hash is the stable hash."""
    yield _documents(stable_hash)


@fault("DEF-2", "DEF-6", why="Serializers are often told to leave out what is null.")
def definition_without_nulls() -> Patches:
    """The snapshot hash leaves out members that are `null`."""

    def kept(value: Json) -> Json:
        match value:
            case dict():
                return {name: kept(each) for name, each in value.items() if each is not None}
            case list():
                return [kept(each) for each in value]
        return value

    yield _documents(lambda document: hash_in_order(kept(document)))


@fault("DEF-2", "DEF-6", why="The order of members is kept where one wrote them, and lost in what is deeper.")
def definition_sorted_inside() -> Patches:
    """The snapshot hash keeps the order of the outermost members only."""
    yield _documents(
        lambda document: hash_in_order(
            {name: orjson.loads(orjson.dumps(each, option=orjson.OPT_SORT_KEYS)) for name, each in document.items()}
        )
    )


# --- the version ------------------------------------------------------------------------------------------------------


@fault("DEF-3", why="An empty text is false in Python and JavaScript.")
def an_empty_version_is_none() -> Patches:
    """An empty version of the run counts as none."""
    yield _versions(lambda run: run.workflow_definition_version or _found(run))


@fault("DEF-3", why="One helper trims all texts.")
def the_recorded_version_is_trimmed() -> Patches:
    """The version of the run is trimmed."""
    yield _versions(
        lambda run: (
            _found(run) if run.workflow_definition_version is None else trimmed(run.workflow_definition_version) or ""
        )
    )


def _deciding(said: Callable[[AutomationSnapshot], str | None]) -> Any:
    """Change which of the versions of a definition counts."""

    def version(run: Run) -> str | None:
        if run.workflow_definition_version is not None:
            return run.workflow_definition_version
        return None if run.automation_snapshot is None else said(run.automation_snapshot)

    return _versions(version)


_named = definition._named  # noqa: SLF001 - the three kinds of versions are functions of one module
_planned = definition._planned  # noqa: SLF001
_by_content = definition._addressed_by_content  # noqa: SLF001


@fault("DEF-3", why="A plan is more precise than a version that somebody typed.")
def the_plan_before_the_name() -> Patches:
    """The version of a plan counts before a named one."""
    yield _deciding(lambda each: _planned(each.metadata) or _named(each.metadata) or _by_content(each))


@fault("DEF-6", why="A version by content looks like a makeshift.")
def no_version_by_content() -> Patches:
    """A definition without a named version and without a plan has no version."""
    yield _deciding(lambda each: _named(each.metadata) or _planned(each.metadata))


@fault("DEF-4", why="Python says so of its truth values.")
def booleans_as_python_writes_them() -> Patches:
    """A version that is a boolean is `True` or `False`."""
    yield _texts(lambda value: str(value) if isinstance(value, bool) else _scalar(value))


@fault("DEF-4", why="A language's own text of a number looks good enough.")
def numbers_as_python_writes_them() -> Patches:
    """A version that is a double is written as Python writes it: `1e+16`, `1e-05`."""
    yield _texts(lambda value: repr(value) if isinstance(value, float) else _scalar(value))


@fault("DEF-4", why="JavaScript writes doubles that are whole numbers without a fraction.")
def whole_doubles_as_integers() -> Patches:
    """A version that is a double and a whole number is written without its fraction."""
    yield _texts(lambda value: str(int(value)) if isinstance(value, float) and value.is_integer() else _scalar(value))


@fault("DEF-4", why="A member that is there is taken for the version.")
def a_blank_version_hides_the_others() -> Patches:
    """The first member that is there decides, even if it is blank or no scalar."""

    def named(metadata: Json) -> str | None:
        found = (member(metadata, name) for name in VERSION_MEMBERS)
        return next((_scalar(each) for each in found if each is not None), None)

    yield replaced(definition, "_named", lambda _: named)


@fault("DEF-4", why="The shortest name looks like the usual one.")
def version_first() -> Patches:
    """`version` is tried first."""
    yield replaced(definition, "VERSION_MEMBERS", lambda names: (names[-1], *names[:-1]))


@fault("DEF-4", why="0 and `false` are false in Python and JavaScript.")
def false_versions_are_none() -> Patches:
    """A version that is 0 or `false` counts as none."""
    yield _texts(lambda value: _scalar(value) if value else None)


_scalar = definition._scalar_text  # noqa: SLF001


def _plans(said: Callable[[Json, str, Json], str | None]) -> Any:
    """Change what the version of a plan is, from its value, the text of its id, and its revision."""

    def planned(metadata: Json) -> str | None:
        bundled = member(member(metadata, "plan_package_bundle"), "plan")
        for plan in (bundled, member(metadata, "approved_plan_materialization")):
            plan_id = _scalar(member(plan, "plan_id"))
            found = None if plan_id is None else said(plan, plan_id, member(plan, "plan_revision"))
            if found is not None:
                return found or None
        return None

    return replaced(definition, "_planned", lambda _: planned)


def _is_revision(value: Json) -> bool:
    return type(value) is int and value >= 0


@fault("DEF-5", why="The first revision is 1, and 0 is false in Python and JavaScript.")
def revision_0_is_none() -> Patches:
    """A plan with the revision 0 has no version."""
    yield _plans(
        lambda _, plan_id, revision: f"plan:{plan_id}:rev:{revision}" if _is_revision(revision) and revision else None
    )


@fault("DEF-5", why="A number is often written as a text.")
def revisions_may_be_texts() -> Patches:
    """The revision of a plan may be a text of digits."""
    yield _plans(
        lambda _, plan_id, revision: (
            f"plan:{plan_id}:rev:{revision}"
            if _is_revision(revision) or (isinstance(revision, str) and revision.isdigit())
            else None
        )
    )


@fault("DEF-5", why="A plan that has an id is the plan.")
def the_first_plan_with_an_id() -> Patches:
    """The first plan with an id decides, whether it has a revision or not."""
    yield _plans(lambda _, plan_id, revision: f"plan:{plan_id}:rev:{revision}" if _is_revision(revision) else "")


@fault("DEF-5", why="White space is looked at to see whether there is an id, and forgotten when it is taken.")
def plan_id_not_trimmed() -> Patches:
    """The id of a plan keeps the white space around it."""

    def version(plan: Json, plan_id: str, revision: Json) -> str | None:
        own = member(plan, "plan_id")
        return f"plan:{own if isinstance(own, str) else plan_id}:rev:{revision}" if _is_revision(revision) else None

    yield _plans(version)


@fault("DEF-5", why="An approved plan is the later one.")
def the_approved_plan_first() -> Patches:
    """The approved plan counts before that of the bundle."""

    def planned(metadata: Json) -> str | None:
        approved = {"approved_plan_materialization": member(metadata, "approved_plan_materialization")}
        return _planned(approved) or _planned(metadata)

    yield replaced(definition, "_planned", lambda _: planned)


@fault("DEF-6", why="The run has an automation, too, and mostly the same.")
def content_of_the_runs_automation() -> Patches:
    """A version by content names the automation of the run."""
    yield replaced(
        content,
        "definition_version",
        lambda right: (
            lambda run: right(
                run
                if run.automation_snapshot is None
                else evolve(run, automation_snapshot=evolve(run.automation_snapshot, automation_id=run.automation_id))
            )
        ),
    )


@fault("DEF-6", why="The run has a hash already.")
def content_by_the_recorded_hash() -> Patches:
    """A version by content takes the digits of the hash that the run records, where it is one."""

    def version(right: Callable[[Run], str | None]) -> Callable[[Run], str | None]:
        def said(run: Run) -> str | None:
            recorded = (run.workflow_definition_snapshot_hash or "").removeprefix("sha256:")[:16]
            found = right(run)
            by_content = run.workflow_definition_version is None and (found or "").startswith("automation:")
            return f"{(found or '').rpartition('@')[0]}@{recorded}" if by_content and recorded else found

        return said

    yield replaced(content, "definition_version", version)
