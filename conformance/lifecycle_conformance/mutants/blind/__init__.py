"""Faults that were written from the specification and the reference alone, by four who had not seen the suite.

What the suite caught of them at first contact says more of its power than any fault that was written beside it.
Fourteen declarations were corrected then, where the suite named another requirement that the fault breaks, with more
reason:

- `brackets-in-texts-count-as-depth` (JSON-15): whole requests are refused as no JSON, which is DRIVER-2's;
- `texts-are-composed-for-the-identity` (ID-1): strings in canonical JSON are, which is JSON-4's;
- `a-late-snapshot-has-the-scope-of-its-event` (SNAP-4): which scope a snapshot has says SCOPE-1;
- `listed-ids-come-before-all-events` (ALIAS-9): "unless the id is already in the table" says ALIAS-4;
- `snapshots-without-phase-are-no-predecessors` (PASS-4): with which snapshot the guard compares then says PASS-13;
- `an-unreadable-snapshot-is-invalid-input` (ERR-7): the kind of that refusal says SNAP-12;
- `schema-version-0` (FILE-11): what was imported reads otherwise after a restart, which is DRIVER-7's;
- `unknown-path-segments` (FILE-12): a line of the log that is no event is read, which is FILE-18's;
- `sibling-not-cut-off` (FILE-7): the form of the snapshot file is what breaks, and FILE-5 says it;
- `equal-lines-in-a-row` (DRIVER-9): what is shown isn't in the log, which is FILE-1's;
- `refusals-are-remembered` (FILE-26): a run without snapshots is refused a first phase, which PHASE-3 allows;
- `latest-stays-behind-damage` (PASS-4): with which snapshot the guard compares then says PASS-13;
- `log-read-to-first-long-line` (ALIAS-1): what was answered is gone in a fresh process, which is FILE-25's;
- `tail-mended-when-locked` (LOG-2): what a reader may do with a torn tail says FILE-17.
"""

from typing import Final

from lifecycle_conformance.mutants.blind import (
    fourth_contents,
    fourth_stores,
    honest,
    honest_more,
    second_contents,
    second_stores,
    sly,
    sly_more,
    third_contents,
    third_rules,
    third_stores,
)

MODULES: Final = (
    *(honest, honest_more, sly, sly_more),
    *(second_contents, second_stores),
    *(third_contents, third_rules, third_stores),
    *(fourth_contents, fourth_stores),
)
