"""Bearer tokens: made, listed and revoked. A store keeps only a digest of each, so that reading it gives nobody access.

A token is `prov_ID_SECRET` with 256 random bits of secret, for which a fast digest is enough: there is nothing to guess.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from provenance.errors import NothingFound, UsageError
from provenance.store.documents import Document, Documents, Place

KIND = "token"
_FORM = re.compile(r"prov_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_ACTIVE, _REVOKED = "active", "revoked"
_NOBODY = sha256(b"").hexdigest()


class Scope(Enum):
    """What a token lets do; `admin` is everything."""

    READ = "read"
    INGEST = "ingest"
    ALERT = "alert"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a token, or somebody whom an identity provider vouches for."""

    name: str
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Whether a scope is granted."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; `created` in ms since the epoch."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created: int
    revoked: bool


def scopes(text: str) -> frozenset[Scope]:
    """Scopes from their names with commas between. Raises UsageError."""
    names = [name.strip() for name in text.split(",")]
    known = {scope.value: scope for scope in Scope}
    for name in names:
        if name not in known:
            raise UsageError(f"{name!r} is no scope: {', '.join(known)}")
    return frozenset(known[name] for name in names)


def create(documents: Documents, granted: Iterable[Scope], name: str, now_ms: int) -> str:
    """A new token, which is told this once. Raises StoreError."""
    id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    body = {"name": name, "scopes": sorted(scope.value for scope in granted), "created": now_ms, "digest": _of(secret)}
    documents.add(KIND, id, body, _ACTIVE, now_ms)
    return f"prov_{id}_{secret}"


def tokens(documents: Documents) -> Iterator[Token]:
    """Every token in order of time, revoked ones too."""
    after: Place | None = None
    while page := documents.page(KIND, after=after):
        yield from map(_token, page)
        after = Place(page[-1].rank, page[-1].key)


def exist(documents: Documents) -> bool:
    """Whether anybody has a token that is good."""
    return bool(documents.page(KIND, _ACTIVE, limit=1))


def revoke(documents: Documents, id: str) -> None:
    """Make a token useless at once; revoked twice is revoked. Raises NothingFound."""
    while True:
        found = documents.get(KIND, id) if re.fullmatch("[0-9a-f]{16}", id) else None
        if found is None:
            raise NothingFound(f"no token {id}; `provenance token list` tells which there are")
        if found.state == _REVOKED or documents.replace(found, state=_REVOKED):
            return


def principal(documents: Documents, written: str) -> Principal | None:
    """Whose token this is, None for nobody's. Takes the same time for a wrong secret as for an id that is unknown."""
    match = _FORM.fullmatch(written)
    if match is None:
        return None
    found = documents.get(KIND, match[1])
    kept = str(found.body["digest"]) if found is not None else _NOBODY
    same = hmac.compare_digest(kept, _of(match[2]))
    if found is None or not same or found.state != _ACTIVE:
        return None
    return Principal(f"token {found.key}", _token(found).scopes)


def _of(secret: str) -> str:
    return sha256(secret.encode("ascii")).hexdigest()


def _token(document: Document) -> Token:
    body = document.body
    granted = frozenset(scope for scope in Scope if scope.value in body["scopes"])
    return Token(document.key, body["name"], granted, body["created"], document.state == _REVOKED)
