"""Tokens of an identity provider: valid ones are accepted, and all others are rejected."""

from __future__ import annotations

import hmac
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from provenance.errors import InputError, UsageError
from provenance.service.auth.jwt import JwtCheck, _RemoteKeys, jwt_check
from provenance.service.auth.tokens import Scope
from provenance.service.settings import Jwt

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def check(tmp_path: Path) -> JwtCheck:
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "one", "alg": "RS256"}
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [key]}), "utf-8")
    return JwtCheck(Jwt("https://idp.example", "provenance", str(tmp_path / "jwks.json")))


def signed(key: Any = KEY, algorithm: str = "RS256", kid: str = "one", **claims: Any) -> str:
    known = {"iss": "https://idp.example", "aud": "provenance", "sub": "anna", "exp": time.time() + 60, "scope": "read"}
    given = {name: value for name, value in (known | claims).items() if value is not None}
    return jwt.encode(given, key, algorithm, headers={"kid": kid})


def test_a_valid_jwt_grants_its_scopes(check: JwtCheck) -> None:
    who = check.principal(signed(scope="openid provenance:read alert"))
    assert who is not None
    assert who.name == "subject anna"
    assert who.scopes == {Scope.READ, Scope.ALERT}
    listed = check.principal(signed(scope=["read", 1]))
    assert listed is not None and listed.scopes == {Scope.READ}
    without = check.principal(signed(scope=None))
    assert without is not None and without.scopes == frozenset()


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"exp": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"sub": None},
        {"nbf": time.time() + 3600},
        {"kid": "two"},
    ],
)
def test_a_jwt_with_a_wrong_claim_is_rejected(check: JwtCheck, claims: dict[str, Any]) -> None:
    assert check.principal(signed(**claims)) is None


def signed_with_the_public_key() -> str:
    """The classic: an HMAC whose secret is the key that everybody knows (RFC 8725 section 2.1)."""
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    payload = signed().split(".")[1]
    header = urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT","kid":"one"}').rstrip(b"=").decode()
    mac = hmac.digest(public, f"{header}.{payload}".encode(), "sha256")
    return f"{header}.{payload}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def test_a_jwt_with_a_wrong_signature_is_rejected(check: JwtCheck) -> None:
    assert check.principal(signed(OTHER)) is None
    assert check.principal(signed_with_the_public_key()) is None
    assert check.principal(signed(None, "none")) is None
    for text in ("", "a.b.c", "x" * 5000, signed()[:-3]):
        assert check.principal(text) is None


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(ec.generate_private_key(ec.SECP256R1()), "ES256"), (ed25519.Ed25519PrivateKey.generate(), "EdDSA")],
    ids=["ES256", "EdDSA"],
)
def test_a_jwt_with_an_algorithm_of_another_kind_is_rejected(
    check: JwtCheck, tmp_path: Path, key: Any, algorithm: str
) -> None:
    assert check.principal(signed(key, algorithm)) is None
    jwk = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key())) | {"kid": "one"}
    (tmp_path / "other.json").write_text(json.dumps({"keys": [jwk]}), "utf-8")
    other = JwtCheck(Jwt("https://idp.example", "provenance", str(tmp_path / "other.json")))
    assert other.principal(signed(key, algorithm)) is not None
    assert other.principal(signed()) is None


@pytest.fixture
def provider() -> Iterator[tuple[str, list[str]]]:
    """An identity provider's keys over HTTP, and the requests that came."""
    requested: list[str] = []
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "one", "alg": "RS256"}

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requested.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": [key]}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/keys", requested
        server.shutdown()


def test_unknown_key_ids_cause_no_requests_to_the_provider(provider: tuple[str, list[str]]) -> None:
    url, requested = provider
    check = JwtCheck(Jwt("https://idp.example", "provenance", url))
    assert check.principal(signed()) is not None
    for number in range(20):
        assert check.principal(signed(kid=f"made up {number}")) is None
    assert len(requested) <= 3
    assert check.principal(signed()) is not None


def test_known_keys_are_accepted_whatever_ids_others_invent_and_no_longer_than_they_count(
    provider: tuple[str, list[str]],
) -> None:
    url, requested = provider
    now = [0.0]
    keys = _RemoteKeys(url, lambda: now[0])
    for number in range(40):
        assert keys.key_of(signed()) is not None
        with pytest.raises(jwt.InvalidKeyError):
            keys.key_of(signed(kid=f"made up {number}"))
        now[0] += 1
    assert len(requested) == 2
    keys._client.uri = "http://127.0.0.1:9/keys"
    now[0] = 330.0
    assert keys.key_of(signed()) is not None
    now[0] = 331.0
    with pytest.raises(jwt.PyJWTError):
        keys.key_of(signed())


def test_no_jwt_is_accepted_while_the_provider_cannot_be_reached() -> None:
    assert JwtCheck(Jwt("https://idp.example", "provenance", "http://127.0.0.1:9/keys")).principal(signed()) is None


def test_invalid_settings_are_rejected(tmp_path: Path) -> None:
    assert jwt_check(Jwt()) is None
    for wrong in (
        Jwt("x"),
        Jwt("x", "y"),
        Jwt("x", "y", "http://idp.example/keys"),
        Jwt("x", "y", "ftp://idp.example"),
    ):
        with pytest.raises(UsageError, match="jwt"):
            jwt_check(wrong)
    with pytest.raises(InputError, match=r"none\.json"):
        jwt_check(Jwt("x", "y", str(tmp_path / "none.json")))
