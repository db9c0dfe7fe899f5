"""The checks of the audit: pure functions over one run of one tenant, a module a theme.

Begin with `order`. May import what the audit may, and no source.
"""
