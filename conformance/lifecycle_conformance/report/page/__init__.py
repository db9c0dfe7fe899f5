"""A report as a page: one HTML file without scripts, which asks no network for anything.

Begin with `page`, which writes it, then `timeline`, `drawing` and `marks`: these serve any report. What begins with
`audit` or `check` says what that command puts there; `phase_graph` is for checks, too.
"""
