"""A report, for people and for programs.

Begin with `terminal`, then `failures`. May import `runner` and what is below it: a report says what a check found.
"""
