"""Running requests against one driver and watching: a session, its steps, and what was said of them.

Begin with `trace` (what a step is), then `session`. May import `driver` and `specification`. It knows no check: whoever
starts a session gives it some.
"""
