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

from provenance.service.auth.tokens import Principal, Scope, principal
from provenance.service.service import Service, service_of

_AUDIT = logging.getLogger("provenance.audit")
_LONGEST = 16_384
_PATH = 200
"""How much of a path that nobody is known to have asked for is noted."""


class Refused(Exception):
    """Somebody may not ask; `status` as in HTTP, `headers` that go with it, `who` it is where that is known."""

    def __init__(
        self, status: int, why: str, headers: dict[str, str] | None = None, who: Principal | None = None
    ) -> None:
        super().__init__(why)
        self.status, self.headers, self.who = status, headers or {}, who


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
        raise Refused(429, "too many requests with this token", {"Retry-After": str(math.ceil(wait))}, who)
    if not who.may(scope):
        service.metrics.refused.labels("scope").inc()
        raise Refused(403, f"this token has no scope {scope.value}", who=who)
    return who


def audit(who: Principal, what: str, connection: HTTPConnection, **more: object) -> None:
    """Note who asked what, in the audit trail."""
    _AUDIT.info("asked", extra={"who": who.name, "what": what, "client": _client(connection)} | more)


def audit_refused(refused: Refused, connection: HTTPConnection) -> None:
    """Note whom the service did not let ask, in the audit trail."""
    said: dict[str, object] = {
        "who": refused.who.name if refused.who is not None else None,
        "what": _what(connection)[:_PATH],
        "client": _client(connection),
        "status": refused.status,
        "why": str(refused),
    }
    _AUDIT.warning("refused", extra=said)


def _what(connection: HTTPConnection) -> str:
    return f"{connection.scope.get('method', 'WEBSOCKET')} {connection.url.path}"


def _client(connection: HTTPConnection) -> str | None:
    return connection.client.host if connection.client else None


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
            audit_refused(refused, connection)
            raise HTTPException(refused.status, str(refused), refused.headers) from refused
        connection.scope.setdefault("state", {})["principal"] = who
        audit(who, _what(connection), connection, query=connection.url.query or None)
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
