"""What a search needs of Hypothesis and what Hypothesis has no setting for: each is put on for a while.

Where another version of Hypothesis has nothing of that name, it works as it does by itself.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from hypothesis.internal.conjecture import engine, providers

_PLAINEST: Final = "simplest"


@contextmanager
def without_local_constants() -> Iterator[None]:
    """Keep Hypothesis from drawing constants that it finds in modules: it would find others on other machines.

    It decides by the place of installation which modules are local, and looks at all that happen to be loaded.
    """
    name = "_get_local_constants"
    found = getattr(providers, name, None)
    if found is None:
        yield
        return
    with patch.object(providers, name, type(found())):
        providers.CONSTANTS_CACHE.cache.clear()
        try:
            yield
        finally:
            providers.CONSTANTS_CACHE.cache.clear()


@contextmanager
def without_the_plainest() -> Iterator[None]:
    """Keep Hypothesis from beginning with the plainest example: it is the same each time, and searches are many.

    Where each has only a few examples, a large part of them would be one and the same.
    """
    name = "cached_test_function"
    right, overrun = getattr(engine.ConjectureRunner, name, None), getattr(engine, "Overrun", None)
    if right is None or overrun is None:
        yield
        return

    def tried(runner: Any, choices: Sequence[Any], **options: Any) -> Any:
        plainest = len(choices) == 1 and getattr(choices[0], "type", None) == _PLAINEST
        return overrun if plainest else right(runner, choices, **options)

    with patch.object(engine.ConjectureRunner, name, tried):
        yield
