"""A store held against a journal: what was asked of an engine, step by step, tells all that the store must hold.

Begin with `steps` (the lines of a journal), then `predicting` (what the reference makes of them), then `comparing`.
It may import what the audit may, and the reference as a driver.
"""
