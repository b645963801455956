"""Tokens of an identity provider: JWTs, whose signature, issuer, audience and times PyJWT checks.

Only asymmetric algorithms are accepted, whatever a token's header says (RFC 8725 section 3.1). The keys come from the provider's
JWKS (RFC 7517), which is fetched again when a key is unknown.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
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

_ALGORITHMS: Mapping[type, tuple[str, ...]] = {
    RSAPublicKey: ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    EllipticCurvePublicKey: ("ES256", "ES384", "ES512"),
    Ed25519PublicKey: ("EdDSA",),
    Ed448PublicKey: ("EdDSA",),
}
_LEEWAY_S = 30
_FETCH_AGAIN_S = 30.0
_FRESH_S = 300.0
"""How long the keys of a provider count: a key that it has removed is accepted for at most this long."""
_LOG = logging.getLogger("provenance.service")
_LOCAL = frozenset(("127.0.0.1", "localhost", "::1"))


class _Keys(Protocol):
    def key_of(self, token: str) -> Any: ...


class _RemoteKeys:
    """The keys of a provider, from its URL: those of the newest answer, which counts for `_FRESH_S`. An unknown key id has it
    fetched again, at most every `_FETCH_AGAIN_S`, and does nothing to known keys."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = jwt.PyJWKClient(url, cache_keys=False, cache_jwk_set=False, timeout=10)
        self._clock = clock
        self._fetching = threading.Lock()
        self._keys: dict[str, Any] = {}
        self._fetched = self._tried = -math.inf

    def key_of(self, token: str) -> Any:
        name = str(jwt.get_unverified_header(token).get("kid"))
        if name not in self._keys or self._clock() - self._fetched > _FRESH_S:
            with self._fetching:
                self._fetch(name)
        if name not in self._keys or self._clock() - self._fetched > _FRESH_S:
            raise jwt.InvalidKeyError("unknown key id, or the keys of the provider cannot be fetched")
        return self._keys[name]

    def _fetch(self, name: str) -> None:
        """Fetches the keys, unless another thread has while this one waited, or the last attempt was a moment ago."""
        now = self._clock()
        if (name in self._keys and now - self._fetched <= _FRESH_S) or now - self._tried < _FETCH_AGAIN_S:
            return
        self._tried = now
        self._keys = {str(key.key_id): key.key for key in self._client.get_jwk_set(refresh=True).keys}
        self._fetched = now


class _FileKeys:
    def __init__(self, path: Path) -> None:
        try:
            self._keys = jwt.PyJWKSet.from_dict(json.loads(path.read_text(encoding="utf-8"))).keys
        except (OSError, ValueError, AttributeError, jwt.PyJWTError) as error:
            raise InputError(f"jwt.jwks: {path}: invalid JWKS: {error}") from error

    def key_of(self, token: str) -> Any:
        wanted = jwt.get_unverified_header(token).get("kid")
        for key in self._keys:
            if wanted in (None, key.key_id):
                return key.key
        raise jwt.InvalidKeyError("unknown key id")


class JwtCheck:
    """Checks the tokens of the identity provider in the settings. Raises UsageError and InputError for invalid settings."""

    def __init__(self, settings: Jwt) -> None:
        if not settings.audience or not settings.jwks:
            raise UsageError("jwt.issuer also needs jwt.audience and jwt.jwks")
        self._settings = settings
        self._keys: _Keys = _keys(settings.jwks)

    def principal(self, token: str) -> Principal | None:
        """The principal of a token; None for an invalid token, with the reason in the log."""
        try:
            key = self._keys.key_of(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=_algorithms(key),
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            _LOG.warning("invalid JWT", extra={"why": f"{type(error).__name__}: {error}"[:300]})
            return None
        return Principal(f"subject {claims['sub']}", _scopes(claims, self._settings.scope_claim))


def jwt_check(settings: Jwt) -> JwtCheck | None:
    """The check of tokens for the settings; None without an identity provider."""
    return JwtCheck(settings) if settings.issuer else None


def _keys(jwks: str) -> _Keys:
    parts = urlsplit(jwks)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL):
        return _RemoteKeys(jwks)
    if parts.scheme:
        raise UsageError(f"jwt.jwks: invalid value {jwks!r}: expected an https URL or the path of a file")
    return _FileKeys(Path(jwks))


def _algorithms(key: object) -> list[str]:
    """The algorithms of a key. PyJWT raises TypeError for a token with an algorithm of another kind of key."""
    return [name for kind, names in _ALGORITHMS.items() if isinstance(key, kind) for name in names]


def _scopes(claims: Mapping[str, Any], claim: str) -> frozenset[Scope]:
    """The scopes that a token grants: `read` or `provenance:read`, as a list or as text with spaces (RFC 8693); others are
    ignored."""
    granted = claims.get(claim, ())
    names = granted.split() if isinstance(granted, str) else granted if isinstance(granted, list) else []
    plain = {name.removeprefix("provenance:") for name in names if isinstance(name, str)}
    return frozenset(scope for scope in Scope if scope.value in plain)
