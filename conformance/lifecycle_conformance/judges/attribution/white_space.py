"""Other notions of white space than that of REC-16, and what trimming by them gives."""

from collections.abc import Callable, Mapping
from typing import Final

from lifecycle_conformance.judges.attribution.hypotheses import Hypothesis, Observation, named
from lifecycle_conformance.model.identity import WHITE_SPACE
from lifecycle_projection.records import Json

_CONTROLS: Final = "".join(map(chr, range(0x1C, 0x20)))
_OTHERS: Final[Mapping[Hypothesis, str]] = named(
    {
        "REC-16": {
            "ASCII's white space": "\t\n\v\f\r ",
            "Python's": f"{WHITE_SPACE}{_CONTROLS}",
            "JavaScript's": f"{WHITE_SPACE}\ufeff".replace("\x85", ""),
            "Java's, in trim": "".join(map(chr, range(0x21))),
            "Java's, in strip": f"{WHITE_SPACE}{_CONTROLS}".translate(dict.fromkeys(map(ord, "\x85\xa0\u2007\u202f"))),
        }
    }
)


def trimmed_otherwise(rule: Callable[[str], Json], actual: Json) -> bool:
    """Whether a value is wrong that rests on trimming, and is what another notion of white space gives.

    `rule` makes the value of the characters that count as white space.
    """
    expected = rule(WHITE_SPACE)
    if actual == expected:
        return False
    observation = Observation(
        expected={"value": expected},
        actual={"value": actual},
        predictions={hypothesis: {"value": rule(white_space)} for hypothesis, white_space in _OTHERS.items()},
    )
    return bool(observation.explaining(["value"]))
