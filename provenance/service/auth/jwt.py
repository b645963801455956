"""Tokens of an identity provider: JWTs that PyJWT checks (signature, issuer, audience, times).

Only asymmetric algorithms count, whatever a token's header says (RFC 8725 section 3.1); keys come from the provider's
JWKS (RFC 7517), fetched again when a key is unknown.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from provenance.errors import InputError, UsageError
from provenance.service.auth.tokens import Principal, Scope
from provenance.service.settings import Jwt

_OF_KEY: Mapping[type, tuple[str, ...]] = {
    RSAPublicKey: ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    EllipticCurvePublicKey: ("ES256", "ES384", "ES512"),
    Ed25519PublicKey: ("EdDSA",),
    Ed448PublicKey: ("EdDSA",),
}
_LEEWAY_S = 30
_ASK_AGAIN_S = 30.0
_LOG = logging.getLogger("provenance.service")
_LOCAL = frozenset(("127.0.0.1", "localhost", "::1"))


class _Keys(Protocol):
    def key_of(self, token: str) -> Any: ...


class _Fetched:
    """Keys of a provider. One that nobody has heard of is asked for there, but not more often than `_ASK_AGAIN_S`: whoever
    sends tokens with made-up keys makes no requests of ours out of them."""

    def __init__(self, url: str) -> None:
        self._client = jwt.PyJWKClient(url, cache_keys=True, lifespan=300, timeout=10)
        self._good: set[str] = set()
        self._missed = -math.inf

    def key_of(self, token: str) -> Any:
        name = str(jwt.get_unverified_header(token).get("kid"))
        if name not in self._good and time.monotonic() - self._missed < _ASK_AGAIN_S:
            raise jwt.InvalidKeyError("no key of that id, and the provider was asked a moment ago")
        try:
            key = self._client.get_signing_key_from_jwt(token).key
        except jwt.PyJWKClientError:
            self._missed = time.monotonic()
            raise
        self._good.add(name)
        return key


class _OfFile:
    def __init__(self, path: Path) -> None:
        try:
            self._keys = jwt.PyJWKSet.from_dict(json.loads(path.read_text(encoding="utf-8"))).keys
        except (OSError, ValueError, AttributeError, jwt.PyJWTError) as error:
            raise InputError(f"jwt.jwks: {path}: holds no keys: {error}") from error

    def key_of(self, token: str) -> Any:
        wanted = jwt.get_unverified_header(token).get("kid")
        for key in self._keys:
            if wanted in (None, key.key_id):
                return key.key
        raise jwt.InvalidKeyError("no key of that id")


class JwtCheck:
    """Checks tokens as the settings say. Raises UsageError, InputError for settings that cannot work."""

    def __init__(self, settings: Jwt) -> None:
        if not settings.audience or not settings.jwks:
            raise UsageError("jwt.issuer also needs jwt.audience and jwt.jwks")
        self._settings = settings
        self._keys: _Keys = _keys(settings.jwks)

    def principal(self, written: str) -> Principal | None:
        """Whom a token is about, None when it is no good. Says why in the log."""
        try:
            key = self._keys.key_of(written)
            claims: dict[str, Any] = jwt.decode(
                written,
                key,
                algorithms=_algorithms(key),
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            _LOG.warning("a JWT was refused", extra={"why": f"{type(error).__name__}: {error}"[:300]})
            return None
        return Principal(f"subject {claims['sub']}", _scopes(claims, self._settings.scope_claim))


def check_of(settings: Jwt) -> JwtCheck | None:
    """The check that the settings ask for, None when no identity provider is named."""
    return JwtCheck(settings) if settings.issuer else None


def _keys(jwks: str) -> _Keys:
    parts = urlsplit(jwks)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL):
        return _Fetched(jwks)
    if parts.scheme:
        raise UsageError(f"jwt.jwks: {jwks} is neither a URL with https nor a file")
    return _OfFile(Path(jwks))


def _algorithms(key: object) -> list[str]:
    """What a key may verify: PyJWT itself fails with a TypeError on a key of another kind than the token's algorithm."""
    return [name for kind, names in _OF_KEY.items() if isinstance(key, kind) for name in names]


def _scopes(claims: Mapping[str, Any], claim: str) -> frozenset[Scope]:
    """Scopes of ours among those granted: `read` or `provenance:read`, as a list or as text with spaces (RFC 8693)."""
    granted = claims.get(claim, ())
    names = granted.split() if isinstance(granted, str) else granted if isinstance(granted, list) else []
    plain = {name.removeprefix("provenance:") for name in names if isinstance(name, str)}
    return frozenset(scope for scope in Scope if scope.value in plain)
