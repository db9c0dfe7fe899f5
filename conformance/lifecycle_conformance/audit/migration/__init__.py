"""Whether production's one-time import of a file store into its database succeeds, and what it would lose.

Begin with `prediction`: `predicted(path)` reads a folder, and never writes. The rules are those of the chapter
*Databases*. May import what the audit may.
"""
