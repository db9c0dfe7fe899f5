"""`audit --journal`: what a journal of requests says that the store must hold."""

from collections.abc import Callable
from typing import Final

from lifecycle_conformance.audit.journal.predicting import Prediction, predicted
from lifecycle_conformance.audit.stored import StoreSource
from lifecycle_conformance.cli.inputs import opened

_EVERY: Final = 100
"""After how many steps the user is shown how many are done."""


def prediction_of(journal: str, source: StoreSource, show: Callable[[str], None]) -> Prediction:
    """What the steps of a journal, a file or standard input, leave in a store of this kind."""

    def progress(step: int) -> None:
        if step % _EVERY == 0:
            show(f"reading the journal: {step} steps")

    with opened(journal) as (file, name):
        return predicted(file, name, in_files=not source.shares_seqs, progress=progress)
