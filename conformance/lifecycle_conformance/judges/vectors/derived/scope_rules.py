"""How the enterprise scope is read from a run record, rightly and in the ways that break a requirement.

What it gives for the runs of the fixed cases agrees with production's answers; a test holds it to that.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import permutations
from typing import Any, Final, TypeAlias

from attrs import evolve, frozen

from lifecycle_conformance.execution.trace import Object, member, once_an_object
from lifecycle_conformance.judges.attribution.hypotheses import Hypothesis
from lifecycle_conformance.judges.vectors.derived.scope_values import PARSERS, WRONG_PARSERS, Parser
from lifecycle_projection.records import Json
from lifecycle_projection.text import trimmed
from lifecycle_projection.words import DataClass

Tried: TypeAlias = list[tuple[Json, Json]]
"""The spellings of a field that are there, in order: each value, and what it parses as."""

REFUSED: Final[Object] = {"refused": True}
"""What comes of a run that is refused."""
SPELLINGS: Final = (
    ("owner_principal", "owner_principal", "principal"),
    ("owner_principal", "ownerPrincipal", "principal"),
    ("owning_org_unit_id", "owning_org_unit_id", "text"),
    ("owning_org_unit_id", "owningOrgUnitId", "text"),
    ("resource_scope", "resource_scope", "resource_scope"),
    ("resource_scope", "resourceScope", "resource_scope"),
    ("data_classes", "data_classes", "classes"),
    ("data_classes", "dataClasses", "classes"),
    ("data_classes", "data_class", "class"),
    ("data_classes", "dataClass", "class"),
    ("risk_tier", "risk_tier", "risk_tier"),
    ("risk_tier", "riskTier", "risk_tier"),
    ("policy_version_id", "policy_version_id", "text"),
    ("policy_version_id", "policyVersionId", "text"),
    ("policy_version_id", "policy_version", "text"),
    ("policy_version_id", "policyVersion", "text"),
    ("delegation_grant_ids", "delegation_grant_ids", "grants"),
    ("delegation_grant_ids", "delegationGrantIds", "grants"),
)
"""Field, spelling, and how it is parsed (SCOPE-4)."""
FIELDS: Final = tuple(dict.fromkeys(field for field, _, _ in SPELLINGS))
"""The fields of the enterprise scope."""


@frozen(kw_only=True)
class ScopeRules:
    """How a scope is read; a wrong reading differs from :data:`RIGHT` in some of these."""

    refuses: Callable[[Object], bool]
    sources: tuple[str, ...]
    spellings: tuple[tuple[str, str, str], ...]
    decides: Callable[[Tried], Json]
    merged: Callable[[Object, Object], Object]
    parsers: Mapping[str, Parser]
    normal: Mapping[str, Callable[[Any], Json]]
    empty: Callable[[Object], Object]


def scope(run: Object, rules: ScopeRules) -> Object:
    """The enterprise scope of a run."""
    if rules.refuses(run):
        return REFUSED
    metadata = member(run.get("automation_snapshot"), "metadata")
    merged: Object = {}
    for source in rules.sources:
        said = member(metadata, source)
        if isinstance(said, dict):
            merged = rules.merged(merged, _brought(said, rules))
    return rules.empty({field: rules.normal[field](value) for field, value in merged.items()})


def _brought(source: Object, rules: ScopeRules) -> Object:
    """The fields that a source brings."""
    tried: dict[str, Tried] = {}
    for field, spelling, kind in rules.spellings:
        if spelling in source:
            tried.setdefault(field, []).append((source[spelling], _parsed(rules.parsers[kind], source[spelling])))
    decided = {field: rules.decides(values) for field, values in tried.items()}
    return {field: value for field, value in decided.items() if value is not None}


@once_an_object
def _parsed(parser: Parser, value: Json) -> Json:
    return parser(value)


def _in_sorted_order(values: list[str]) -> list[str]:
    """Strings sorted, each once (SCOPE-10)."""
    return sorted(set(values))


def _as_it_is(value: Any) -> Any:
    """What was given."""
    return value


RIGHT: Final = ScopeRules(
    refuses=lambda _: False,
    sources=("resource_access", "automation_webhook", "enterprise_scope"),
    spellings=SPELLINGS,
    decides=lambda tried: next((parsed for _, parsed in tried if parsed is not None), None),
    merged=lambda earlier, later: {**earlier, **later},
    parsers=PARSERS,
    normal={
        **dict.fromkeys(FIELDS, _as_it_is),
        "owning_org_unit_id": str.lower,
        "data_classes": _in_sorted_order,
        "delegation_grant_ids": lambda grants: _in_sorted_order(list(filter(None, map(trimmed, grants)))),
    },
    empty=lambda fields: {name: value for name, value in fields.items() if value != []},
)
"""The rules as the specification words them."""


# --- wrong ways -------------------------------------------------------------------------------------------------------

_Wrong: TypeAlias = tuple[Hypothesis, ScopeRules]


def _wrong(requirement: str, what: str, **altered: Any) -> _Wrong:
    return Hypothesis(requirement, what), evolve(RIGHT, **altered)


def _sources() -> Iterator[_Wrong]:
    for order in permutations(RIGHT.sources):
        if order not in {RIGHT.sources, RIGHT.sources[::-1]}:  # the opposite order is an earlier source that stays
            yield _wrong("SCOPE-2", f"the order {', '.join(order)}", sources=order)
    for source in RIGHT.sources:
        others = tuple(each for each in RIGHT.sources if each != source)
        yield _wrong("SCOPE-2", f"not {source}", sources=others)
        yield _wrong("SCOPE-2", f"only {source}", sources=(source,))
    yield _wrong("SCOPE-2", "none of them", sources=())
    yield _wrong("SCOPE-2", "a source that is no object is refused", refuses=_has_another_source)


def _has_another_source(run: Object) -> bool:
    metadata = member(run.get("automation_snapshot"), "metadata")
    return any(not isinstance(member(metadata, each), dict | None) for each in RIGHT.sources)


def _merges() -> Iterator[_Wrong]:
    yield _wrong("SCOPE-3", "earlier sources stay", merged=lambda earlier, later: {**later, **earlier})
    yield _wrong("SCOPE-3", "a source replaces all fields", merged=lambda earlier, later: later or earlier)
    yield _wrong("SCOPE-3", "lists are united, records merged", merged=_united)


def _united(earlier: Object, later: Object) -> Object:
    return {**earlier, **{name: _with(earlier.get(name), value) for name, value in later.items()}}


def _with(earlier: Json, later: Json) -> Json:
    if isinstance(earlier, list):
        return [*earlier, *later]
    return {**earlier, **later} if isinstance(earlier, dict) else later


def _spellings() -> Iterator[_Wrong]:
    for spelling in SPELLINGS:
        others = tuple(each for each in SPELLINGS if each is not spelling)
        yield _wrong("SCOPE-4", f"not the spelling {spelling[1]}", spellings=others)
    snake = tuple(each for each in SPELLINGS if each[1].islower())
    camel = tuple(each for each in SPELLINGS if not each[1].islower())
    yield _wrong("SCOPE-4", "snake case only", spellings=snake)
    yield _wrong("SCOPE-4", "camel case only", spellings=camel)
    rows = [(field, kind) for field, _, kind in SPELLINGS]
    camel_first = sorted(SPELLINGS, key=lambda each: (rows.index((each[0], each[2])), each[1].islower()))
    yield _wrong("SCOPE-4", "camel case before snake case", spellings=tuple(camel_first))
    of_lists_last = tuple(sorted(SPELLINGS, key=lambda each: each[2] == "classes"))
    yield _wrong("SCOPE-4", "one data class before a list of them", spellings=of_lists_last)
    in_camel_case_last = sorted(SPELLINGS, key=lambda each: not each[1].islower())
    yield _wrong("SCOPE-4", "all of snake case before all of camel case", spellings=tuple(in_camel_case_last))
    yield _wrong("SCOPE-4", "the last spelling that parses", spellings=SPELLINGS[::-1])
    yield _wrong("SCOPE-4", "the first spelling that is there", decides=lambda tried: tried[0][1])
    yield _wrong("SCOPE-4", "the first spelling that is there and not null", decides=_first_not_null)
    yield _wrong("SCOPE-4", "a spelling that doesn't parse is refused", refuses=_has_another_spelling)


def _first_not_null(tried: Tried) -> Json:
    return next((parsed for value, parsed in tried if value is not None), None)


def _has_another_spelling(run: Object) -> bool:
    metadata = member(run.get("automation_snapshot"), "metadata")
    sources = [said for source in RIGHT.sources if isinstance(said := member(metadata, source), dict)]
    return any(
        said.get(spelling) is not None and PARSERS[kind](said[spelling]) is None
        for said in sources
        for _, spelling, kind in SPELLINGS
    )


def _normal_forms() -> Iterator[_Wrong]:
    forms: dict[str, dict[str, Callable[[Any], Json]]] = {
        "owning_org_unit_id": {
            "not lower-cased": _as_it_is,
            "upper-cased": str.upper,
            "only ASCII is lower-cased": _lower_ascii,
            "lower-cased letter by letter": _lower_simply,
            "lower-cased letter by letter, some of which become two": _lower_each,
            "case-folded": str.casefold,
        },
        "policy_version_id": {"lower-cased": str.lower},
        "data_classes": {
            "as they are": _as_it_is,
            "not sorted": lambda values: list(dict.fromkeys(values)),
            "duplicates stay": sorted,
            "in the order of their set": lambda values: sorted(set(values), key=list(DataClass).index),
        },
        "delegation_grant_ids": {
            "as they are": _as_it_is,
            "not sorted": lambda values: list(dict.fromkeys(_trimmed(values))),
            "duplicates stay": lambda values: sorted(_trimmed(values)),
            "duplicates stay that differ in white space": lambda values: sorted(_trimmed([*set(values)])),
            "sorted by UTF-16": lambda values: sorted({*_trimmed(values)}, key=lambda each: each.encode("utf-16-be")),
            "not trimmed": lambda values: sorted({each for each in values if trimmed(each)}),
            "empty ones stay": lambda values: sorted({trimmed(each) or "" for each in values}),
            "lower-cased": lambda values: sorted({each.lower() for each in _trimmed(values)}),
        },
    }
    for name, wrong in forms.items():
        for what, form in wrong.items():
            yield _wrong("SCOPE-10", f"{name}: {what}", normal={**RIGHT.normal, name: form})


def _trimmed(values: list[str]) -> list[str]:
    return [text for each in values if (text := trimmed(each)) is not None]


def _lower_ascii(text: str) -> str:
    return "".join(each.lower() if each.isascii() else each for each in text)


def _lower_simply(text: str) -> str:
    """Lower-case by the simple mapping of Unicode: one letter for each, whatever stands around it."""
    return "".join(each.lower()[0] for each in text)


def _lower_each(text: str) -> str:
    return "".join(map(str.lower, text))


def _empty_fields() -> Iterator[_Wrong]:
    yield _wrong("SCOPE-11", "empty lists are shown", empty=_as_it_is)
    yield _wrong("SCOPE-11", "absent lists are empty beside others", empty=_with_empty_classes)
    yield _wrong(
        "SCOPE-11", "absent fields are null", empty=lambda said: {**dict.fromkeys(FIELDS), **RIGHT.empty(said)}
    )


def _with_empty_classes(said: Object) -> Object:
    found = RIGHT.empty(said)
    return {"data_classes": [], **found} if found else found


def _parsings() -> Iterator[_Wrong]:
    for hypothesis, (kind, parser) in WRONG_PARSERS.items():
        yield hypothesis, evolve(RIGHT, parsers={**PARSERS, kind: parser})


SCOPES: Final[Mapping[Hypothesis, ScopeRules]] = dict(
    (*_sources(), *_merges(), *_spellings(), *_parsings(), *_normal_forms(), *_empty_fields())
)
"""The wrong readings of a scope."""
