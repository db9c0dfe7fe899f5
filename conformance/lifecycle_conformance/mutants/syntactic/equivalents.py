"""The mutants that no behaviour can tell from the reference, each with the reason: `equivalents.toml`, read."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TypedDict

from lifecycle_conformance.mutants.syntactic.mutation import Mutation, mutations


class _Group(TypedDict):
    because: str
    mutants: dict[str, str]


@cache
def reasons() -> Mapping[str, str]:
    """Why nothing could find a mutant, by its id."""
    return {name: group["because"] for group in _groups() for name in group["mutants"]}


def outdated() -> list[str]:
    """The ids of the file that there are no more, or that have come to mean another change; those that come twice."""
    known = {name: described(each) for name, each in mutations().items()}
    listed = [pair for group in _groups() for pair in group["mutants"].items()]
    twice = len(listed) - len(reasons())
    return [name for name, text in listed if known.get(name) != text] + ["an id comes twice"] * twice


def described(mutation: Mutation) -> str:
    """A change in one line, as the file has it beside the id."""
    return f"{mutation.was}  =>  {mutation.becomes}"


@cache
def _groups() -> list[_Group]:
    text = resources.files(__package__).joinpath("equivalents.toml").read_text(encoding="utf-8")
    groups: list[_Group] = tomllib.loads(text).get("reason", [])
    return groups
