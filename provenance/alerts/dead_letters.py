"""Dead letters: rejected parts of the bodies that clients sent as alerts, stored with the reason, so that they can be read
again later."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from provenance.alerts.reading import Reject
from provenance.store.documents import Document, Documents

KIND = "dead-letter"
MOST = 10_000
"""The most dead letters that are stored."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter: the rejected text, its place in the body, the format it was read as, and when it was received (ms since the
    epoch)."""

    reason: str
    place: str
    format: str | None
    original: str
    received: int

    @classmethod
    def of(cls, document: Document) -> DeadLetter:
        """The record that a document holds."""
        body = document.body
        return cls(body["reason"], body["place"], body.get("format"), str(body["original"]), int(body["received"]))

    def to_body(self) -> dict[str, Any]:
        """The body of its document."""
        return {
            "reason": self.reason,
            "place": self.place,
            "format": self.format,
            "original": self.original,
            "received": self.received,
        }

    def encode(self) -> bytes:
        """The bytes that were received, as far as the text preserves them."""
        return self.original.encode("utf-8", "surrogateescape" if _stands_for_bytes(self.original) else "replace")


def add(documents: Documents, reject: Reject, now_ms: int) -> str | None:
    """Stores a rejected part and returns its key; None when `MOST` dead letters are stored already. The same text is stored
    once."""
    text = f"{reject.format or ''}\0{reject.original}"
    key = f"d{blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=12).hexdigest()}"
    if documents.get(KIND, key) is None and sum(documents.counts(KIND).values()) >= MOST:
        return None
    letter = DeadLetter(reject.reason, reject.place, reject.format, reject.original, now_ms)
    documents.add(KIND, key, letter.to_body(), rank=-now_ms)
    return key


def get(documents: Documents, key: str) -> DeadLetter | None:
    """The dead letter with a key; None when there is none."""
    document = documents.get(KIND, key)
    return None if document is None else DeadLetter.of(document)


def _stands_for_bytes(text: str) -> bool:
    """Whether every lone surrogate of a text stands for a byte (PEP 383)."""
    return not any("\ud800" <= char < "\udc80" or "\udcff" < char <= "\udfff" for char in text)
