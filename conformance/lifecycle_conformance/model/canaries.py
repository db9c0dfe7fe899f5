"""Words that are planted where nothing may be copied from, so that a copy of them says where it came from."""

from typing import Final

PLANTED: Final = {
    "REDACT-1": "outputs",
    "REDACT-2": "verdicts",
    "REDACT-3": "gate",
    "REDACT-4": "decisions",
    "REDACT-5": "unknown",
}
"""What must not be copied, by the requirement that says so."""


def canary(place: str) -> str:
    """Build the word that is planted at a place of :data:`PLANTED`: found anywhere, it says where it comes from."""
    return f"canary-from-{place}-must-not-be-copied"
