"""A report as a page: one HTML file without scripts, which asks no network for anything.

Begin with `page`, which says what a page can hold and writes it, then `audit_page`, which says what an audit puts
there. `timeline` draws a run's time line, `audit_timeline` says what an audit puts on one.
"""
