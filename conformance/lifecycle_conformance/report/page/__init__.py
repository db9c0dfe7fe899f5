"""A report as a page: one HTML file without scripts, which asks no network for anything.

Begin with `page`, which says what a page can hold and writes it, then `timeline` and `drawing`: these serve any report.
What begins with `audit` says what an audit puts there.
"""
