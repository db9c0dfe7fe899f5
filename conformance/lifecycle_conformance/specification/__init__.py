"""The text as data: requirements, tables and schemas, read from `spec/` and `schemas/`.

Begin with `requirements`. Imports nothing of the suite.
"""
