"""Where a digest isn't the stable hash of its value: by which fault in writing canonical JSON it came about.

A digest is right or wrong as a whole. Only a writer that gets canonical JSON wrong in the same way gives the same one.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from attrs import frozen

from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.judges.attribution.canonical_writing import WRITERS
from lifecycle_conformance.judges.attribution.hypotheses import Hypothesis, Observation
from lifecycle_projection.records import Json

Form: TypeAlias = Callable[[str], str]
"""How hexadecimal digits are shown: whole behind `sha256:`, or shortened in an id."""
_OTHER_HASHES: Final = ("md5", "sha1", "sha224", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b", "blake2s")


@frozen(kw_only=True)
class Digest:
    """A digest that was shown, and the value that it is of."""

    value: Json
    shown: str
    form: Form

    @property
    def expected(self) -> str:
        """The digest that the value has."""
        return self.form(hashlib.sha256(canonical(self.value)).hexdigest())

    @property
    def is_right(self) -> bool:
        """Whether the value has that digest."""
        return self.shown == self.expected

    def faults(self) -> dict[str, str]:
        """The requirements against which a fault explains the digest, each with what the fault is."""
        if self.is_right:
            return {}
        observation = Observation(
            expected={"digest": self.expected}, actual={"digest": self.shown}, predictions=dict(self._predictions())
        )
        return {each.requirement: each.what for each in reversed(observation.explaining(["digest"]))}

    def is_that_of(self, text: str) -> bool:
        """Whether it is the digest of a text."""
        return self.shown == self.form(hashlib.sha256(text.encode()).hexdigest())

    def _predictions(self) -> Iterator[tuple[Hypothesis, dict[str, str]]]:
        for hypothesis, writer in WRITERS.items():
            yield hypothesis, {"digest": self.form(hashlib.sha256(writer(self.value)).hexdigest())}
        for name in _OTHER_HASHES:
            digits = hashlib.new(name, canonical(self.value), usedforsecurity=False).hexdigest()
            yield Hypothesis("JSON-1", f"{name} instead of SHA-256"), {"digest": self.form(digits)}
        if _digits_of(self.shown) == _digits_of(self.expected):
            yield Hypothesis("JSON-1", "digits or prefix in another form"), {"digest": self.shown}


def _digits_of(shown: str) -> str:
    return shown.rpartition(":")[2].lower()
