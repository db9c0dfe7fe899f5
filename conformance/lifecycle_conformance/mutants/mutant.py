"""What a faulty implementation is: the reference with one fault, put on and taken off again."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import ModuleType
from typing import Any, TypeAlias
from unittest.mock import patch

from lifecycle_conformance.driver.server import Server, StoreKind
from lifecycle_projection.records import Json


class Mutant:
    """The reference with one fault, which the docstring says in a sentence.

    `why` says how somebody might come to make it. `breaks` names the requirements that a report may blame it for,
    `chief` the one that it must, and `hides` those that can't be exercised because of it. `store` is the one on which
    all that shows.
    """

    name: str
    why: str
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
            for each in self.patches():
                stack.enter_context(each)
            stack.enter_context(replaced(Server, "_hello", self._introducing))
            yield

    def _introducing(self, hello: Callable[[Server, Json], dict[str, Json]]) -> Callable[[Server, Json], Json]:
        def faulty(server: Server, request: Json) -> Json:
            said = hello(server, request)
            return {**said, "name": f"{said['name']}, faulty: {self.name}"}

        return faulty


Patches: TypeAlias = Iterable[AbstractContextManager[Any]]


class _Fault(Mutant):
    """A faulty implementation that a function puts on, under whose name it is known."""

    def __init__(self, patches: Callable[[], Patches], **said: Any) -> None:
        self._patches = patches
        self.__doc__ = patches.__doc__
        self.name = patches.__name__.replace("_", "-")
        vars(self).update(said)

    def patches(self) -> Patches:
        """What the function replaces."""
        return self._patches()


def fault(
    chief: str, *others: str, why: str, hides: Iterable[str] = (), store: StoreKind = "files"
) -> Callable[[Callable[[], Patches]], Mutant]:
    """Make a faulty implementation of a function that yields what it replaces, as :class:`Mutant` says.

    `others` are the further requirements that it breaks.
    """
    said = {
        "chief": chief,
        "breaks": frozenset({chief, *others}),
        "hides": frozenset(hides),
        "why": why,
        "store": store,
    }
    return lambda patches: _Fault(patches, **said)


def faults_of(module: ModuleType) -> Iterator[Mutant]:
    """The faulty implementations that a module defines, in the order of their definitions."""
    for each in vars(module).values():
        if isinstance(each, Mutant):
            yield each
        elif isinstance(each, type) and issubclass(each, Mutant) and each.__module__ == module.__name__:
            yield each()


class Composed(Mutant):
    """The reference with several faults at once, each put around what the ones before it left."""

    def __init__(self, *mutants: Mutant) -> None:
        self._mutants = mutants
        self.name = " + ".join(each.name for each in mutants)
        self.why = " ".join(each.why for each in mutants)
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
