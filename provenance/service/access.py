"""Access control: every request for data needs a bearer token, on loopback too. Each request is written to the audit trail."""

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
from provenance.service.peers import was_forwarded
from provenance.service.service import Service, service_of

_AUDIT = logging.getLogger("provenance.audit")
_LONGEST = 16_384
_LONGEST_PATH = 200
"""The most characters of the path of a denied request in the audit trail."""


class AccessDenied(Exception):
    """A request without the right to be answered: its HTTP status, the headers of the answer, and the principal if it is
    known."""

    def __init__(
        self, status: int, why: str, headers: dict[str, str] | None = None, principal: Principal | None = None
    ) -> None:
        super().__init__(why)
        self.status, self.headers, self.principal = status, headers or {}, principal


def authenticate(service: Service, header: str | None, scope: Scope) -> Principal:
    """The principal of an Authorization header, if it has a scope and keeps to its rate limit. Raises AccessDenied.

    A websocket sends its token in its first message; `header` is then the text in that message.
    """
    found = _principal_of(service, header)
    if found is None:
        service.metrics.denied.labels("token").inc()
        raise AccessDenied(401, "missing or invalid bearer token", {"WWW-Authenticate": "Bearer"})
    wait = service.rates.take(found.name)
    if wait:
        service.metrics.denied.labels("rate").inc()
        raise AccessDenied(429, "too many requests with this token", {"Retry-After": str(math.ceil(wait))}, found)
    if not found.may(scope):
        service.metrics.denied.labels("scope").inc()
        raise AccessDenied(403, f"this token lacks the scope {scope.value}", principal=found)
    return found


def audit(who: Principal, what: str, connection: HTTPConnection, **more: object) -> None:
    """Writes a request and its principal to the audit trail."""
    _AUDIT.info("request", extra={"who": who.name, "what": what, "client": _client(connection)} | more)


def audit_denied(denied: AccessDenied, connection: HTTPConnection) -> None:
    """Writes a denied request to the audit trail."""
    entry: dict[str, object] = {
        "who": denied.principal.name if denied.principal is not None else None,
        "what": _request_line(connection)[:_LONGEST_PATH],
        "client": _client(connection),
        "status": denied.status,
        "why": str(denied),
    }
    _AUDIT.warning("request denied", extra=entry)


def _request_line(connection: HTTPConnection) -> str:
    return f"{connection.scope.get('method', 'WEBSOCKET')} {connection.url.path}"


def _client(connection: HTTPConnection) -> str | None:
    return connection.client.host if connection.client else None


class _Bearer(SecurityBase):
    """The FastAPI dependency that checks a scope. It accepts websockets too, which FastAPI's own class does not."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.scheme_name = "token"
        self.model = HTTPBearer(description="Created by `provenance token create`; scopes: read, ingest, alert, admin")

    def __call__(self, connection: HTTPConnection) -> Principal:
        try:
            who = authenticate(service_of(connection), connection.headers.get("authorization"), self.scope)
        except AccessDenied as denied:
            audit_denied(denied, connection)
            raise HTTPException(denied.status, str(denied), denied.headers) from denied
        connection.scope.setdefault("state", {})["principal"] = who
        audit(who, _request_line(connection), connection)
        return who


def require(scope: str) -> Callable[[HTTPConnection], Principal]:
    """The FastAPI dependency that returns the Principal of a request with a scope, and denies all other requests."""
    return _Bearer(Scope(scope))


def on_loopback(connection: HTTPConnection) -> bool:
    """Whether a request comes from a loopback address itself: a proxy there that sends it for somebody else says so."""
    if was_forwarded(connection.scope):
        return False
    try:
        return connection.client is not None and ipaddress.ip_address(connection.client.host).is_loopback
    except ValueError:
        return False


def _principal_of(service: Service, header: str | None) -> Principal | None:
    scheme, _, token = (header or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST or not token.isascii():
        return None
    if token.startswith("prov_"):
        return principal(service.documents, token)
    return service.jwt.principal(token) if service.jwt is not None else None
