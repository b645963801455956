"""Parser of the hash of a file that a user types."""

from __future__ import annotations

from provenance.errors import UsageError
from provenance.ingest.hashes import normal


def read_hash(text: str) -> str:
    """A hash in the spelling of the graph (`provenance.ingest.hashes`), from the digits of a SHA-256 in upper or lower
    case or from `ALGORITHM:HEX`. Raises UsageError."""
    found = normal(text)
    if found is None:
        raise UsageError(
            f"invalid hash {text[:80]!r}: expected the 64 hexadecimal digits of a SHA-256, or ALGORITHM:HEX"
        )
    return found
