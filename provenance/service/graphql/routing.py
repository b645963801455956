"""GraphQL over HTTP (POST), websockets (graphql-transport-ws) and server-sent events, behind the service's tokens."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

from cross_web import HTTPException as GraphQLRefused
from fastapi import HTTPException
from starlette.requests import HTTPConnection, Request
from strawberry.exceptions import ConnectionRejectionError
from strawberry.fastapi import GraphQLRouter
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.unset import UNSET, UnsetType

from provenance.service.access import Refused, audit, audit_refused, authenticate
from provenance.service.auth.tokens import Scope
from provenance.service.graphql.base.errors import Refused as NotNow
from provenance.service.graphql.base.limits import Limits
from provenance.service.graphql.base.work import Engine
from provenance.service.graphql.console import console
from provenance.service.graphql.guard.operations import Connected
from provenance.service.graphql.schema import make_schema
from provenance.service.service import Service

_INIT = timedelta(seconds=10)
_CLIENT_GONE = 499
"""What nginx logs for it; nobody is told."""


class Router(GraphQLRouter[Connected, None]):
    """Takes one operation a request, never by GET, which gives the page to try them in where that is switched on.
    A browser's websocket names its token in `connection_init`, as `{"Authorization": "Bearer TOKEN"}`."""

    def __init__(self, service: Service, limits: Limits) -> None:
        self.engine = Engine(service, limits)
        super().__init__(
            make_schema(),
            graphql_ide=None,
            allow_queries_via_get=False,
            context_getter=self._connected,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=_INIT,
            max_subscriptions_per_connection=limits.subscriptions,
            include_in_schema=False,
        )
        if service.settings.graphql.graphiql:
            self.add_api_route("", console, methods=["GET"], include_in_schema=False)
            self.routes.insert(0, self.routes.pop())

    def _connected(self, connection: HTTPConnection) -> Connected:
        """Who asks. A websocket may say so later."""
        header = connection.headers.get("authorization")
        if header is None and connection.scope["type"] == "websocket":
            return Connected(self.engine, None)
        try:
            return Connected(self.engine, authenticate(self.engine.service, header, Scope.READ), header)
        except Refused as refused:
            audit_refused(refused, connection)
            raise HTTPException(refused.status, str(refused), refused.headers) from refused

    async def on_ws_connect(self, context: Connected) -> UnsetType | dict[str, object] | None:
        """Let a websocket in whose first message, or handshake, names a token that may read."""
        said = context.connection_params.get("Authorization") if isinstance(context.connection_params, dict) else None
        if context.principal is None:
            context.header = said if isinstance(said, str) else None
            try:
                await asyncio.to_thread(context.ask_again)
            except NotNow as refused:
                raise ConnectionRejectionError from refused
        if context.principal is not None and context.request is not None:
            audit(context.principal, "websocket", context.request)
        nothing: UnsetType = UNSET
        return nothing

    async def execute_single(self, request: Request, *given: Any, **named: Any) -> ExecutionResult:
        """Answer one operation; when whoever asked goes away, its work ends."""
        named["context"].once = True
        running = asyncio.ensure_future(super().execute_single(request, *given, **named))
        leaving = asyncio.ensure_future(_gone(request))
        try:
            await asyncio.wait((running, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                raise GraphQLRefused(_CLIENT_GONE, "the client is gone")
            return await running
        finally:
            leaving.cancel()
            running.cancel()

    def decode_json(self, data: str | bytes) -> Any:
        """A message of a websocket; nothing at all for what is none, which closes it with 4400."""
        try:
            message = json.loads(data)
        except (ValueError, RecursionError):
            return {}
        return message if _is_message(message) else {}

    def parse_json(self, data: str | bytes) -> Any:
        """The body of a request: one JSON object. Whatever else it is, is the caller's mistake."""
        try:
            body = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise GraphQLRefused(400, "the body is no JSON") from error
        name = body.get("operationName") if isinstance(body, dict) else 0
        if name is not None and not isinstance(name, str):
            raise GraphQLRefused(400, "the body is one JSON object with query, variables and operationName")
        return body


def _is_message(message: Any) -> bool:
    """Whether that is laid out as graphql-transport-ws has it; what it says is looked at elsewhere."""
    if not isinstance(message, dict) or not isinstance(message.get("id", ""), str):
        return False
    asked = message.get("payload")
    if message.get("type") != "subscribe":
        return True
    return (
        isinstance(asked, dict)
        and isinstance(asked.get("query"), str)
        and isinstance(asked.get("variables") or {}, dict)
        and isinstance(asked.get("operationName") or "", str)
    )


async def _gone(request: Request) -> None:
    """Returns when the client has gone. The body has been read by then: nothing else comes."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def router(service: Service, limits: Limits | None = None) -> Router:
    """GraphQL over a service's store, to be included in its application at `/graphql`."""
    return Router(service, limits or Limits(introspection=service.settings.graphql.introspection))
