"""The folders of the texts that the packages share: the specification, the schemas, the vectors.

An installed wheel carries them inside this package; in a checkout (an editable install) they stand at the top level.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = _PACKAGE.parents[1]


def _folder(name: str) -> Path:
    carried = _PACKAGE / "texts" / name
    return carried if carried.is_dir() else _CHECKOUT / name


SPEC = _folder("spec")
"""The chapters of the specification, Markdown."""

SCHEMAS = _folder("schemas")
"""The JSON Schemas."""

VECTORS = _PACKAGE / "judges" / "vectors"
"""The fixed cases, JSON Lines."""
