"""Canonical JSON and the stable hash (chapter *Canonical JSON and hashing*)."""

from hashlib import sha256

import orjson

from lifecycle_projection.records import Json


def canonical_json(value: Json) -> bytes:
    """Write a JSON value as canonical JSON: compact UTF-8, members sorted by the bytes of their names.

    (JSON-2 to JSON-9)
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def stable_hash(value: Json) -> str:
    """The hash of a value that doesn't depend on how it was written: that of its canonical JSON (JSON-1)."""
    return digest(canonical_json(value))


def hash_in_order(value: Json) -> str:
    """The hash of a value with its members in the order of its text: for the definition snapshot only (DEF-2)."""
    return digest(orjson.dumps(value))


def digest(data: bytes) -> str:
    """The SHA-256 of some bytes as hashes are written: `sha256:` and lower-case hexadecimal digits (JSON-1)."""
    return f"sha256:{sha256(data).hexdigest()}"


def in_canonical_order(value: Json) -> Json:
    """A value with the members of its objects sorted at every depth, as free-form members are stored (FILE-9)."""
    return value if value is None else orjson.loads(canonical_json(value))
