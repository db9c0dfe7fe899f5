"""The distilled corpus: few small cases that tell nearly every known fault, with the reference's answers.

The fixed cases of `vectors` have production's answers; these were grown from lives, and are checked by the properties.
`runner/distilling` grows them. Begin with `cases`, then `judging`; `RUNNING.md` is for those who run them without this
suite.
"""

from lifecycle_conformance.judges.corpus.cases import CorpusCase, as_line, load, stream
from lifecycle_conformance.judges.corpus.judging import compare

__all__ = ["CorpusCase", "as_line", "compare", "load", "stream"]
