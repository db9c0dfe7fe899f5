"""Words that are planted where nothing may be copied from, so that a copy of them says where it came from."""

from typing import Final

PLACES: Final = {
    "REDACT-1": "outputs",
    "REDACT-2": "verdicts",
    "REDACT-3": "gate",
    "REDACT-4": "decisions",
    "REDACT-5": "unknown",
}
"""What must not be copied, by the requirement that says so."""


def canary(place: str) -> str:
    """Build the word that is planted at a place of :data:`PLACES`: found anywhere, it says where it was copied from."""
    return f"canary-from-{place}-must-not-be-copied"
