"""The sessions that broke something, kept for Hypothesis to run them first next time."""

from collections.abc import Iterable

from hypothesis.control import current_build_context
from hypothesis.database import ExampleDatabase, choices_to_bytes


class SessionsDatabase(ExampleDatabase):
    """Any database of Hypothesis, for searches.

    A search doesn't fail when a session breaks something: it goes on. So Hypothesis would keep nothing, and drop each
    example as soon as it had run it again; the search says by :meth:`keep` what is worth keeping.
    """

    def __init__(self, examples: ExampleDatabase) -> None:
        super().__init__()
        self._examples = examples
        self._key: bytes | None = None
        self._broke = False

    def keep(self) -> None:
        """Keep the example that is being run."""
        self._broke = True
        if self._key is not None:
            self._examples.save(self._key, choices_to_bytes(current_build_context().data.choices))

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """The examples of a test; the first key that is asked for is the test's own."""
        self._key = self._key or key
        return self._examples.fetch(key)

    def save(self, key: bytes, value: bytes) -> None:
        """Do nothing: to Hypothesis no session is worth keeping."""

    def delete(self, key: bytes, value: bytes) -> None:
        """Drop an example that was run again, unless it still breaks something."""
        if not self._broke:
            self._examples.delete(key, value)
        self._broke = False
