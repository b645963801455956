"""Who may speak for whom: the names under which the service is requested, and the proxies whose `X-Forwarded-For` is believed.

A page on the web can give its own name an address of this machine (DNS rebinding) and then sends requests as if they came from
here. Its requests name it in `Host`. An address in `Host` is no danger: a name is what such a page needs.
"""

from __future__ import annotations

import ipaddress
import json
import re
import socket

from starlette.types import ASGIApp, Receive, Scope, Send

from provenance.errors import UsageError
from provenance.service.settings import Settings
from provenance.text.addresses import parsed

_LOOPBACK = ("localhost", "localhost.localdomain", "ip6-localhost")
_HEALTH = frozenset(("/healthz", "/readyz"))
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\Z")
_PORT = re.compile(r":[0-9]{0,5}\Z")
_WRONG = "this name is not one of the service: add it to the setting `hosts`"
_FORWARDED = frozenset((b"x-forwarded-for", b"forwarded", b"x-real-ip"))


def allowed_names(settings: Settings) -> frozenset[str]:
    """The names of the service, in lower case: of loopback, of this machine, the name that it listens at, and those of the
    setting `hosts`. Raises UsageError for an invalid one."""
    names = _words(settings.hosts)
    for name in names:
        if not _NAME.match(name):
            raise UsageError(
                f"hosts: invalid name {name!r}: expected names of hosts without ports, with commas between"
            )
    return frozenset((*_LOOPBACK, socket.gethostname().lower(), settings.bind.lower(), *names))


def trusted_proxies(settings: Settings) -> list[str]:
    """The addresses and networks of the setting `proxies`. Raises UsageError for an invalid one."""
    proxies = _words(settings.proxies)
    for proxy in proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            expected = "expected addresses or networks (10.1.0.0/16) with commas between"
            raise UsageError(f"proxies: invalid address {proxy!r}: {expected}") from None
    return proxies


def is_allowed(host: str, names: frozenset[str]) -> bool:
    """Whether the value of a header `Host` is an address or one of the names, with or without a port."""
    if host.startswith("["):
        address, bracket, rest = host[1:].partition("]")
        return bool(bracket) and (not rest or _PORT.match(rest) is not None) and parsed(address) is not None
    name = _PORT.sub("", host.lower()).removesuffix(".")
    return name in names or parsed(name) is not None


def was_forwarded(scope: Scope) -> bool:
    """Whether a request has headers in which a proxy names another client."""
    return any(name in _FORWARDED for name, _ in scope["headers"])


class KnownHosts:
    """The ASGI middleware that answers 421 to requests for a name that is not the service's, before anything reads them.
    `/healthz` and `/readyz`, which contain no data, have every name."""

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or rejects it."""
        if scope["type"] not in ("http", "websocket") or scope["path"] in _HEALTH or self._knows(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _reject(send)

    def _knows(self, scope: Scope) -> bool:
        """HTTP/1.1 requires exactly one header (RFC 9112, 3.2); a browser always sends it."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        return len(hosts) == 1 and is_allowed(hosts[0].decode("latin-1"), self._names)


async def _reject(send: Send) -> None:
    body = json.dumps({"detail": _WRONG}).encode("ascii")
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _words(text: str) -> list[str]:
    return [word for part in text.lower().split(",") if (word := part.strip())]
