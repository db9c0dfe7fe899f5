"""Requests sent to one driver, and what was observed: a session, its steps, and the judgements on them.

Begin with `trace` (what a step is), then `session`. May import `driver` and `specification`. It imports no check:
whoever starts a session passes some.
"""
