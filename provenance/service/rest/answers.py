"""Answers as JSON in ASCII: text of logs may hold lone surrogates, which UTF-8 has no bytes for."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Any

from fastapi.responses import JSONResponse

from provenance.errors import UsageError
from provenance.store.documents import Document, Place

MOST = 200
"""Items of a page."""


class Answer(JSONResponse):
    """JSON in ASCII."""

    def render(self, content: Any) -> bytes:
        """The bytes of a body."""
        return json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


def cursor(page: list[Document], limit: int) -> str | None:
    """Where the next page begins, None after the last."""
    if len(page) < limit:
        return None
    return urlsafe_b64encode(f"{page[-1].rank}:{page[-1].key}".encode("ascii")).decode("ascii").rstrip("=")


def place(text: str | None) -> Place | None:
    """The place that a cursor stands for. Raises UsageError."""
    if not text:
        return None
    try:
        rank, _, key = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").partition(":")
        found = Place(int(rank), key)
    except (Error, ValueError):
        found = None
    if found is None or abs(found.rank) >= 1 << 63:
        raise UsageError("after: this is no cursor of ours")
    return found
