"""What a faulty implementation is: the reference with one fault, put on and taken off again."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, ClassVar
from unittest.mock import patch

from lifecycle_conformance.driver.server import Server, StoreKind
from lifecycle_projection.records import Json


class Mutant:
    """The reference with one fault, which the docstring of a subclass says in a sentence.

    `breaks` names every requirement whose statement it violates, `chief` the one that it must be reported under, and
    `hides` those that can't be exercised because of it. `store` is the one on which all that shows.
    """

    name: ClassVar[str]
    chief: ClassVar[str]
    breaks: ClassVar[frozenset[str]]
    hides: ClassVar[frozenset[str]] = frozenset()
    store: ClassVar[StoreKind] = "files"

    def patches(self) -> Iterable[AbstractContextManager[Any]]:
        """Give what puts the fault in the place of what is right."""
        raise NotImplementedError

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Make the reference of this process faulty for a while. Its hello says so."""
        hello = vars(Server)["_hello"]

        def faulty(server: Server, request: Json) -> Json:
            return {**hello(server, request), "name": f"lifecycle-projection reference, faulty: {self.name}"}

        with ExitStack() as stack:
            for each in (*self.patches(), patch.object(Server, "_hello", faulty)):
                stack.enter_context(each)
            yield
