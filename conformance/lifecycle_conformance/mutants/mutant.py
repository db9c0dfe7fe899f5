"""What a faulty implementation is: the reference with one fault, put on and taken off again."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import chain
from typing import Any
from unittest.mock import patch

from lifecycle_conformance.driver.server import Server, StoreKind
from lifecycle_projection.records import Json


class Mutant:
    """The reference with one fault, which the docstring of a subclass says in a sentence.

    `breaks` names the requirements that a report may blame it for, `chief` the one that it must, and `hides` those that
    can't be exercised because of it. `store` is the one on which all that shows.
    """

    name: str
    chief: str
    breaks: frozenset[str]
    hides: frozenset[str] = frozenset()
    store: StoreKind = "files"

    def patches(self) -> Iterable[AbstractContextManager[Any]]:
        """What puts the fault in the place of what is right; each is entered before the next is asked for."""
        raise NotImplementedError

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Make the reference of this process faulty for a while. Its hello says so."""
        with ExitStack() as stack:
            for each in chain(self.patches(), [replaced(Server, "_hello", self._introducing)]):
                stack.enter_context(each)
            yield

    def _introducing(self, hello: Callable[[Server, Json], dict[str, Json]]) -> Callable[[Server, Json], Json]:
        def faulty(server: Server, request: Json) -> Json:
            said = hello(server, request)
            return {**said, "name": f"{said['name']}, faulty: {self.name}"}

        return faulty


class Composed(Mutant):
    """The reference with several faults at once, each put around what the ones before it left."""

    def __init__(self, *mutants: Mutant) -> None:
        self._mutants = mutants
        self.name = " + ".join(each.name for each in mutants)
        self.chief = mutants[0].chief
        self.breaks = frozenset[str]().union(*(each.breaks for each in mutants))
        self.hides = frozenset[str]().union(*(each.hides for each in mutants)) - self.breaks
        self.store = "files" if any(each.store == "files" for each in mutants) else "memory"

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Put one fault on after the other."""
        for each in self._mutants:
            yield from each.patches()


def replaced(target: Any, name: str, made: Callable[[Any], Any]) -> AbstractContextManager[Any]:
    """Replace a member by what is made of the one that stands there, so that one fault can be put around another."""
    return patch.object(target, name, made(vars(target)[name]))
