"""A check from its options to its report: the search, its processes, findings, confirmation, shrinking, replay.

Begin with `runner`. May import `generation`, `judges` and what is below them.
"""
