"""The console: a page to try operations in. It loads nothing from other servers and holds no data; its user enters a token."""

from __future__ import annotations

import json
import secrets
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from starlette.responses import HTMLResponse

import provenance

_POLICY = (
    "default-src 'none'; connect-src 'self'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_SUBSCRIPTION = "\nsubscription "


@cache
def operations() -> dict[str, str]:
    """The published operations without subscriptions, by name. A wheel holds them inside the package."""
    inside = files("provenance") / "_data" / "graphql"
    folder: Traversable = inside if inside.is_dir() else Path(provenance.__file__).parent.parent / "graphql"
    found = {
        entry.name.removesuffix(".graphql"): entry.read_text(encoding="utf-8")
        for entry in (folder / "operations").iterdir()
        if entry.name.endswith(".graphql")
    }
    return {name: text for name, text in sorted(found.items()) if _SUBSCRIPTION not in text}


def console() -> HTMLResponse:
    """The answer with the page."""
    nonce = secrets.token_urlsafe(16)
    embedded = json.dumps(operations()).replace("<", "\\u003c")
    text = (files("provenance.service.graphql") / "console.html").read_text(encoding="utf-8")
    headers = {
        "Content-Security-Policy": _POLICY.format(nonce=nonce),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(text.replace("{{nonce}}", nonce).replace("{{operations}}", embedded), headers=headers)
