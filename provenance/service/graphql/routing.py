"""The routes of GraphQL: HTTP (POST), websockets (graphql-transport-ws) and server-sent events, all with the service's tokens."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

from cross_web import HTTPException as GraphQLHTTPException
from fastapi import HTTPException
from starlette.requests import HTTPConnection, Request
from strawberry.exceptions import ConnectionRejectionError
from strawberry.fastapi import GraphQLRouter
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.unset import UNSET, UnsetType

from provenance.service.access import AccessDenied, audit, audit_denied, authenticate
from provenance.service.auth.tokens import Scope
from provenance.service.graphql.base.errors import OperationRejected
from provenance.service.graphql.base.limits import Limits
from provenance.service.graphql.base.work import Engine
from provenance.service.graphql.console import console
from provenance.service.graphql.guard import sizes
from provenance.service.graphql.guard.operations import ConnectionContext
from provenance.service.graphql.schema import make_schema
from provenance.service.service import Service

_INIT = timedelta(seconds=10)
_CLIENT_DISCONNECTED = 499
"""The status that nginx logs for a client that has disconnected; it is sent to nobody."""


class Router(GraphQLRouter[ConnectionContext, None]):
    """The router of GraphQL. It accepts one operation in each POST; GET returns the console if that is switched on. The
    websocket of a browser sends its token in `connection_init`, as `{"Authorization": "Bearer TOKEN"}`."""

    def __init__(self, service: Service, limits: Limits) -> None:
        self.engine = Engine(service, limits)
        super().__init__(
            make_schema(),
            graphql_ide=None,
            allow_queries_via_get=False,
            context_getter=self._context_of,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=_INIT,
            max_subscriptions_per_connection=limits.subscriptions,
            include_in_schema=False,
        )
        if service.settings.graphql.graphiql:
            self.add_api_route("", console, methods=["GET"], include_in_schema=False)
            self.routes.insert(0, self.routes.pop())

    def _context_of(self, connection: HTTPConnection) -> ConnectionContext:
        """The context of a connection, with its principal; a websocket can send its token later."""
        header = connection.headers.get("authorization")
        if header is None and connection.scope["type"] == "websocket":
            return ConnectionContext(self.engine, None)
        try:
            return ConnectionContext(self.engine, authenticate(self.engine.service, header, Scope.READ), header)
        except AccessDenied as denied:
            audit_denied(denied, connection)
            raise HTTPException(denied.status, str(denied), denied.headers) from denied

    async def on_ws_connect(self, context: ConnectionContext) -> UnsetType | dict[str, object] | None:
        """Accepts a websocket whose handshake or first message has a token with the scope read."""
        params = context.connection_params
        token = params.get("Authorization") if isinstance(params, dict) else None
        if context.principal is None:
            context.header = token if isinstance(token, str) else None
            try:
                await asyncio.to_thread(context.authenticate_again)
            except OperationRejected as rejected:
                raise ConnectionRejectionError from rejected
        if context.principal is not None and context.request is not None:
            audit(context.principal, "websocket", context.request)
        no_payload: UnsetType = UNSET
        return no_payload

    async def execute_single(self, request: Request, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Answers one operation; its work ends when the client disconnects."""
        kwargs["context"].single_answer = True
        operation = asyncio.ensure_future(super().execute_single(request, *args, **kwargs))
        disconnect = asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait((operation, disconnect), return_when=asyncio.FIRST_COMPLETED)
            if not operation.done():
                raise GraphQLHTTPException(_CLIENT_DISCONNECTED, "the client has disconnected")
            return await operation
        finally:
            disconnect.cancel()
            operation.cancel()

    def decode_json(self, data: str | bytes) -> Any:
        """The message of a websocket; an empty one if it is invalid or too large, which closes the websocket with 4400."""
        if sizes.too_many_values(_encoded(data)):
            return {}
        try:
            message = json.loads(data)
        except (ValueError, RecursionError):
            return {}
        return message if _is_message(message) and not sizes.query_too_long(message.get("payload")) else {}

    def parse_json(self, data: str | bytes) -> Any:
        """The body of a request, which must be one JSON object within the sizes of `guard.sizes`."""
        if sizes.too_many_values(_encoded(data)):
            raise GraphQLHTTPException(413, f"body too large: at most {sizes.MOST_VALUES} values are allowed")
        try:
            body = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise GraphQLHTTPException(400, "invalid body: not JSON") from error
        if sizes.query_too_long(body):
            raise GraphQLHTTPException(413, f"query too long: at most {sizes.LONGEST_QUERY} characters are allowed")
        name = body.get("operationName") if isinstance(body, dict) else 0
        if name is not None and not isinstance(name, str):
            raise GraphQLHTTPException(
                400, "invalid body: expected one JSON object with query, variables and operationName"
            )
        return body


def _encoded(data: str | bytes) -> bytes:
    return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data


def _is_message(message: Any) -> bool:
    """Whether a message has the form of graphql-transport-ws; its contents are checked later."""
    if not isinstance(message, dict) or not isinstance(message.get("id", ""), str):
        return False
    payload = message.get("payload")
    if message.get("type") != "subscribe":
        return True
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("variables") or {}, dict)
        and isinstance(payload.get("operationName") or "", str)
    )


async def _disconnected(request: Request) -> None:
    """Returns when the client has disconnected. The body has been read by then, so no other message comes."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def router(service: Service, limits: Limits | None = None) -> Router:
    """The router of GraphQL for a service; its application includes it at `/graphql`."""
    return Router(service, limits or Limits(introspection=service.settings.graphql.introspection))
