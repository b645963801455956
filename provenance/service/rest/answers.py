"""Answers as JSON in ASCII, because text of logs may hold lone surrogates, which UTF-8 cannot encode; cursors of pages."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Any

from fastapi.responses import JSONResponse

from provenance.errors import UsageError
from provenance.store.documents import Document, Place

MOST = 200
"""The most items of a page."""


class Answer(JSONResponse):
    """An answer of JSON in ASCII."""

    def render(self, content: Any) -> bytes:
        """The bytes of the answer's body."""
        return json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


def next_cursor(page: list[Document], limit: int) -> str | None:
    """The cursor of the next page, None after the last page."""
    if len(page) < limit:
        return None
    return urlsafe_b64encode(f"{page[-1].rank}:{page[-1].key}".encode("ascii")).decode("ascii").rstrip("=")


def parse_cursor(text: str | None) -> Place | None:
    """The place in the order of documents that a cursor holds. Raises UsageError for an invalid cursor."""
    if not text:
        return None
    try:
        rank, _, key = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").partition(":")
        found = Place(int(rank), key)
    except (Error, ValueError):
        found = None
    if found is None or abs(found.rank) >= 1 << 63:
        raise UsageError("after: invalid cursor: use the `next` of the page before")
    return found
