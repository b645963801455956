"""Who may ask: every request for data carries a bearer token, on loopback too. What was asked goes to the audit trail."""

from __future__ import annotations

import ipaddress
import logging
import math
from collections.abc import Callable

from fastapi import HTTPException
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from provenance.service.context import Service, service_of
from provenance.service.tokens import Principal, Scope, principal

_AUDIT = logging.getLogger("provenance.audit")
_LONGEST = 16_384


class Refused(Exception):
    """Somebody may not ask; `status` as in HTTP, `headers` that go with it."""

    def __init__(self, status: int, why: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(why)
        self.status, self.headers = status, headers or {}


def authenticate(service: Service, header: str | None, scope: Scope) -> Principal:
    """Who sends an Authorization header, when that one has a scope and does not ask too often. Raises Refused.

    For websockets, whose token comes in their first message, `header` is what the client says there.
    """
    who = _who(service, header)
    if who is None:
        service.metrics.refused.labels("token").inc()
        raise Refused(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
    wait = service.rates.take(who.name)
    if wait:
        service.metrics.refused.labels("rate").inc()
        raise Refused(429, "too many requests with this token", {"Retry-After": str(math.ceil(wait))})
    if not who.may(scope):
        service.metrics.refused.labels("scope").inc()
        raise Refused(403, f"this token has no scope {scope.value}")
    return who


def audit(who: Principal, what: str, connection: HTTPConnection, **more: object) -> None:
    """Note who asked what, in the audit trail."""
    client = connection.client.host if connection.client else None
    _AUDIT.info("asked", extra={"who": who.name, "what": what, "client": client} | more)


class _Bearer(SecurityBase):
    """The dependency of a scope. It takes websockets too, which FastAPI's own class does not."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.scheme_name = "token"
        self.model = HTTPBearer(description="`provenance token create` makes one; scopes: read, ingest, alert, admin")

    def __call__(self, connection: HTTPConnection) -> Principal:
        try:
            who = authenticate(service_of(connection), connection.headers.get("authorization"), self.scope)
        except Refused as refused:
            raise HTTPException(refused.status, str(refused), refused.headers) from refused
        connection.scope.setdefault("state", {})["principal"] = who
        method = connection.scope.get("method", "WEBSOCKET")
        audit(who, f"{method} {connection.url.path}", connection, query=connection.url.query or None)
        return who


def require(scope: str) -> Callable[[HTTPConnection], Principal]:
    """A FastAPI dependency that gives the Principal of a request that has a scope, and refuses all others."""
    return _Bearer(Scope(scope))


def on_loopback(connection: HTTPConnection) -> bool:
    """Whether a request comes from this machine itself."""
    try:
        return connection.client is not None and ipaddress.ip_address(connection.client.host).is_loopback
    except ValueError:
        return False


def _who(service: Service, header: str | None) -> Principal | None:
    scheme, _, written = (header or "").partition(" ")
    written = written.strip()
    if scheme.lower() != "bearer" or not written or len(written) > _LONGEST or not written.isascii():
        return None
    if written.startswith("prov_"):
        return principal(service.documents, written)
    return service.jwt.principal(written) if service.jwt is not None else None
