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
    """Give `sha256:` and the lower-case hex SHA-256 of the canonical JSON of a value (JSON-1)."""
    return digest(canonical_json(value))


def hash_in_order(value: Json) -> str:
    """Hash a value with its members in the order of its text: for the definition snapshot only (DEF-2)."""
    return digest(orjson.dumps(value))


def digest(data: bytes) -> str:
    """Give `sha256:` and the lower-case hex SHA-256 of some bytes (JSON-1)."""
    return f"sha256:{sha256(data).hexdigest()}"


def in_canonical_order(value: Json) -> Json:
    """Give a value with the members of its objects sorted, at every depth (FILE-9)."""
    return value if value is None else orjson.loads(canonical_json(value))
