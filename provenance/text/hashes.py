"""A hash as somebody types it."""

from __future__ import annotations

from provenance.errors import UsageError
from provenance.ingest.hashes import normal


def read_hash(text: str) -> str:
    """A hash in its one form (`ingest.hashes`): of the digits of a SHA-256 in any letters, or of `ALGORITHM:HEX`. Raises
    UsageError."""
    found = normal(text)
    if found is None:
        raise UsageError(f"{text[:80]!r} is no hash: the hexadecimal digits of a SHA-256, or ALGORITHM:HEX")
    return found
