"""Protocol cases: short sessions, each with a fresh process, about what a driver must refuse, and must answer alike.

What may be asked is read from the tables of the specification and from the schema of the requests. What the
specification leaves open is not sent: no second `hello` once a store is open, nothing but an `open` after one that was
refused, no list in place of a record, no version of the protocol that somebody may speak one day.

Begin with `sessions`.
"""

from lifecycle_conformance.generation.protocol_cases.sessions import protocol_cases

__all__ = ["protocol_cases"]
