"""Bearer tokens: creation, list, revocation. The store holds only a digest of each, so that a copy of the store gives no access.

A token is `prov_ID_SECRET`. The secret has 256 random bits, so it cannot be guessed and a fast digest is sufficient.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Any, NamedTuple

from provenance.errors import NothingFound, UsageError
from provenance.store.documents import Document, Documents, Place

KIND = "token"
_FORM = re.compile(r"prov_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_ACTIVE, _REVOKED = "active", "revoked"
_CANDIDATES = 5
"""The most tokens that an error names."""
_NO_DIGEST = sha256(b"").hexdigest()


class Scope(Enum):
    """A permission of a token; `admin` includes all others."""

    READ = "read"
    INGEST = "ingest"
    ALERT = "alert"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """The sender of a request, a token or a subject of the identity provider, with its scopes."""

    name: str
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Whether the principal has a scope."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret; `created` in ms since the epoch."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created: int
    revoked: bool


class _TokenRecord(NamedTuple):
    """The record of a token: its name, its scopes in order, when it was created (ms since the epoch), and the digest of its
    secret."""

    name: str
    scopes: tuple[str, ...]
    created: int
    digest: str

    @classmethod
    def of(cls, document: Document) -> _TokenRecord:
        """The record that a document holds."""
        body = document.body
        return cls(body["name"], tuple(body["scopes"]), body["created"], str(body["digest"]))

    def to_body(self) -> dict[str, Any]:
        """The body of its document."""
        return {"name": self.name, "scopes": list(self.scopes), "created": self.created, "digest": self.digest}


def scopes(text: str) -> frozenset[Scope]:
    """The scopes in a text of names separated by commas. Raises UsageError for an unknown name."""
    names = [name.strip() for name in text.split(",")]
    known = {scope.value: scope for scope in Scope}
    for name in names:
        if name not in known:
            raise UsageError(f"invalid scope {name!r}: the scopes are {', '.join(known)}")
    return frozenset(known[name] for name in names)


def create(documents: Documents, granted: Iterable[Scope], name: str, now_ms: int) -> str:
    """Creates a token and returns it; it cannot be read from the store later. Raises StoreError."""
    id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    record = _TokenRecord(name, tuple(sorted(scope.value for scope in granted)), now_ms, _digest(secret))
    documents.add(KIND, id, record.to_body(), _ACTIVE, now_ms)
    return f"prov_{id}_{secret}"


def id_in(token: str) -> str:
    """The id in the text of a token."""
    return token.split("_")[1]


def tokens(documents: Documents) -> Iterator[Token]:
    """All tokens in order of creation, including revoked ones."""
    after: Place | None = None
    while page := documents.page(KIND, after=after):
        yield from map(_token, page)
        after = Place(page[-1].rank, page[-1].key)


def any_active(documents: Documents) -> bool:
    """Whether the store has a token that is not revoked."""
    return bool(documents.page(KIND, _ACTIVE, limit=1))


def id_of(documents: Documents, text: str) -> str:
    """The id of the token that a text names: its id, or a beginning that no other id has. Raises UsageError when several tokens
    fit, NothingFound when none does."""
    found = [token.id for token in tokens(documents) if token.id.startswith(text)] if text else []
    if not found:
        raise NothingFound(f"unknown token {text}: `provenance token list` lists the tokens")
    if len(found) > 1:
        several = ", ".join(found[:_CANDIDATES]) + (", ..." if len(found) > _CANDIDATES else "")
        raise UsageError(f"ambiguous token {text}: it may be {several}")
    return found[0]


def revoke(documents: Documents, id: str) -> None:
    """Revokes a token, with immediate effect; no effect on a revoked one. Raises NothingFound."""
    while True:
        found = documents.get(KIND, id) if re.fullmatch("[0-9a-f]{16}", id) else None
        if found is None:
            raise NothingFound(f"unknown token {id}: `provenance token list` lists the tokens")
        if found.state == _REVOKED or documents.replace(found, state=_REVOKED):
            return


def principal(documents: Documents, token: str) -> Principal | None:
    """The principal of a token; None for an invalid or revoked one. Takes the same time for a wrong secret and an unknown id."""
    match = _FORM.fullmatch(token)
    if match is None:
        return None
    found = documents.get(KIND, match[1])
    stored = _TokenRecord.of(found).digest if found is not None else _NO_DIGEST
    same = hmac.compare_digest(stored, _digest(match[2]))
    if found is None or not same or found.state != _ACTIVE:
        return None
    return Principal(f"token {found.key}", _token(found).scopes)


def _digest(secret: str) -> str:
    return sha256(secret.encode("ascii")).hexdigest()


def _token(document: Document) -> Token:
    record = _TokenRecord.of(document)
    granted = frozenset(scope for scope in Scope if scope.value in record.scopes)
    return Token(document.key, record.name, granted, record.created, document.state == _REVOKED)
