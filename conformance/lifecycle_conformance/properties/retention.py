"""Checks of the chapter *Compaction and pruning*."""
