"""`lifecycle-projection mutants --syntactic`: the changes to the reference's syntax that nobody chose."""

from collections.abc import Sequence

import click

from lifecycle_conformance.cli.hypothesis_files import hypothesis_elsewhere
from lifecycle_conformance.cli.messages import echo, echo_json
from lifecycle_conformance.cli.progress import progress_line
from lifecycle_conformance.cli.signals import interruptible


def judged_syntactic(names: Sequence[str], *, sample: int | None, seed: int, jobs: int, as_json: bool) -> bool:
    """Judge mutants, print what became of them, and say whether all is as it should be."""
    with progress_line() as show:
        show("loading the suite")
        from lifecycle_conformance.mutants.syntactic.equivalents import reasons  # noqa: PLC0415 - it takes its time
        from lifecycle_conformance.mutants.syntactic.mutation import mutations, sampled  # noqa: PLC0415
        from lifecycle_conformance.report import syntactic  # noqa: PLC0415
        from lifecycle_conformance.runner.pool import pool_of  # noqa: PLC0415
        from lifecycle_conformance.runner.strength.syntactic import fates  # noqa: PLC0415

    known = mutations()
    if unknown := [name for name in names if name not in known]:
        raise click.BadParameter(f"there is no mutant {', '.join(unknown)}", param_hint="NAME")
    asked = [known[name] for name in names] if names else sampled(sample, seed)
    with interruptible(), progress_line() as show, hypothesis_elsewhere(), pool_of(jobs, show) as pool:
        found = fates(pool, asked, reasons(), seed=seed)
    if as_json:
        echo_json(syntactic.as_json(found, reasons()))
    else:
        echo("\n".join(syntactic.rendered(found, reasons())))
    return not syntactic.survivors(found, reasons()) and not syntactic.wrongly_explained(found, reasons())
