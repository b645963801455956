"""What came in as an alert and was none: kept with its reason, to be read again when the reason is gone."""

from __future__ import annotations

from hashlib import blake2b

from provenance.alerts import FollowingReader, Reader, Reject
from provenance.errors import NothingFound
from provenance.service.alerts import queue
from provenance.service.alerts.queue import State
from provenance.store.documents import Documents

KIND = "dead-letter"
MOST = 10_000
"""Dead letters that are kept."""
Submitted = list[tuple[str, State, bool]]
"""Id, state, whether it is new."""


def keep(documents: Documents, reject: Reject, now_ms: int) -> str | None:
    """Keep what was refused and return its key; None when there are too many already. The same text is kept once."""
    text = f"{reject.format or ''}\0{reject.original}"
    key = f"d{blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=12).hexdigest()}"
    if documents.get(KIND, key) is None and sum(documents.counts(KIND).values()) >= MOST:
        return None
    body = {
        "reason": reject.reason,
        "place": reject.place,
        "format": reject.format,
        "original": reject.original,
        "received": now_ms,
    }
    documents.add(KIND, key, body, rank=-now_ms)
    return key


def retry(
    documents: Documents, reader: Reader | FollowingReader, key: str, format: str | None, now_ms: int
) -> tuple[Submitted, list[Reject]]:
    """Read a dead letter again, as another format when given: what it gave, and what is still none. It is gone when all of
    it could be read. Raises NothingFound, UsageError."""
    known = documents.get(KIND, key)
    if known is None:
        raise NothingFound(f"no dead letter {key[:80]!r}")
    original = str(known.body["original"]).encode(
        "utf-8", "surrogateescape" if _bytes_like(known.body["original"]) else "replace"
    )
    found = reader.read(original, format or known.body["format"])
    done = queue.submit_all(documents, found.alerts, now_ms)
    if not found.rejects:
        documents.remove(KIND, key)
    return done, list(found.rejects)


def _bytes_like(text: str) -> bool:
    """Whether every lone surrogate of a text stands for a byte (PEP 383)."""
    return not any("\ud800" <= char < "\udc80" or "\udcff" < char <= "\udfff" for char in text)
