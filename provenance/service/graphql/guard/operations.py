"""What happens around every operation: its work begins and ends, its limits hold, its errors are told as they should be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.fastapi import BaseContext
from strawberry.types.execution import ExecutionResult, StreamExecutionResult
from strawberry.types.graphql import OperationType

from graphql import GraphQLError, OperationDefinitionNode, get_operation_ast
from graphql import OperationType as CoreType
from provenance.service.access import Refused as NotAllowed
from provenance.service.access import audit, audit_refused, authenticate
from provenance.service.auth.tokens import Principal, Scope
from provenance.service.graphql.base.errors import Refused, told
from provenance.service.graphql.base.limits import Limits
from provenance.service.graphql.base.work import Engine, Work
from provenance.service.graphql.guard.cost import Measure, measure
from provenance.service.graphql.guard.root_fields import root_fields

_LONGEST = 200
_STREAMS = "a subscription has many answers: ask over a websocket, or with `Accept: text/event-stream`"


class Connected(BaseContext):
    """A request, or a websocket over which many operations go. `principal` is None until a websocket has said who asks;
    `header` is what it said. `once`: there is one answer, so that nothing can be subscribed to."""

    def __init__(self, engine: Engine, principal: Principal | None, header: str | None = None) -> None:
        super().__init__()
        self.engine = engine
        self.principal = principal
        self.header = header
        self.once = False

    def ask_again(self) -> None:
        """Look once more whether somebody who has been let in may still ask, and not too often. Raises Refused."""
        try:
            self.principal = authenticate(self.engine.service, self.header, Scope.READ)
        except NotAllowed as refused:
            if self.request is not None:
                audit_refused(refused, self.request)
            raise Refused("TOO_OFTEN" if refused.status == 429 else "FORBIDDEN", str(refused)) from refused


class Around(SchemaExtension):
    """Wraps one operation: makes its `Work` the context of its resolvers, and stops that when the operation is over."""

    def __init__(self) -> None:
        self._measure: Measure | None = None
        self._told = False
        self._known = False

    def on_operation(self) -> Iterator[None]:
        """Bound what is parsed; afterwards stop what still runs and tell the errors."""
        connected = self.execution_context.context
        self.execution_context.parse_options["max_tokens"] = connected.engine.limits.tokens
        try:
            yield
        finally:
            work = self.execution_context.context
            if isinstance(work, Work):
                work.finish()
        result = self.execution_context.result
        if not self._told and result is not None:
            self._tell(result)

    def on_parse(self) -> Iterator[None]:
        """A document that is known need not be read again."""
        context = self.execution_context
        context.graphql_document = context.context.engine.documents.get(context.query)
        self._known = context.graphql_document is not None
        yield

    def on_validate(self) -> Iterator[None]:
        """A document that is known is valid; one that is found valid is known from now on."""
        context = self.execution_context
        if self._known:
            context.pre_execution_errors = []
        yield
        if not self._known and not context.pre_execution_errors and context.query and context.graphql_document:
            context.context.engine.documents.keep(context.query, context.graphql_document)

    async def on_execute(self) -> AsyncIterator[None]:
        """Measure a valid operation, refuse one that asks for too much, and begin the work of others. Each operation of a
        websocket counts as a request does."""
        connected = self.execution_context.context
        try:
            if connected.request.scope["type"] == "websocket":
                await asyncio.to_thread(connected.ask_again)
            self._begin()
        except Refused as refused:
            if self.execution_context.operation_type is OperationType.SUBSCRIPTION and not connected.once:
                raise
            error = GraphQLError(str(refused), original_error=refused)
            self.execution_context.result = ExecutionResult(data=None, errors=[error])
        yield

    def _begin(self) -> None:
        context, connected = self.execution_context, self.execution_context.context
        operation = self._operation()
        self._measure = self._measured(operation)
        _check(self._measure, connected.engine.limits)
        if connected.principal is None:
            raise Refused("FORBIDDEN", "nobody has said who asks")
        if connected.once and operation.operation is CoreType.SUBSCRIPTION:
            raise Refused("BAD_INPUT", _STREAMS)
        name = operation.name.value[:_LONGEST] if operation.name is not None else ""
        assert context.graphql_document is not None, "only valid operations are executed"
        asked = root_fields(context.graphql_document, operation)
        audit(connected.principal, f"{operation.operation.value} {name}".strip(), connected.request, fields=asked)
        seconds = None if operation.operation is CoreType.SUBSCRIPTION else connected.engine.limits.seconds
        context.context = Work(connected.engine, connected.principal, seconds, connected.ask_again)

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Tell the errors of one result of a stream."""
        self._told = True
        self._tell(result)
        yield

    def get_results(self) -> dict[str, Any]:
        """The cost of the operation, so that a client sees how near to the limit it is."""
        return {} if self._measure is None else {"cost": self._measure.cost}

    def _operation(self) -> OperationDefinitionNode:
        document = self.execution_context.graphql_document
        assert document is not None, "only valid operations are executed"
        named = self.execution_context._provided_operation_name
        operation = get_operation_ast(document, named)
        if operation is None:
            raise Refused("GRAPHQL_INVALID", "the document has several operations: operationName says which is meant")
        return operation

    def _measured(self, operation: OperationDefinitionNode) -> Measure:
        context = self.execution_context
        assert context.graphql_document is not None, "only valid operations are executed"
        schema = context.schema._schema
        return measure(schema, context.graphql_document, operation, context.variables or {})

    def _tell(self, result: Any) -> None:
        errors: list[GraphQLError] | None = getattr(result, "errors", None)
        if errors:
            result.errors = [told(error) for error in errors]


def _check(measured: Measure, limits: Limits) -> None:
    """Raise Refused for an operation that asks for too much."""
    for what, amount, most in (
        ("levels of fields", measured.depth, limits.depth),
        ("renamed fields", measured.aliases, limits.aliases),
        ("points of cost", measured.cost, limits.cost),
    ):
        if amount > most:
            raise Refused("TOO_COSTLY", f"the operation has {amount} {what}, {most} are possible", {"most": most})
    if measured.introspects and not limits.introspection:
        raise Refused("FORBIDDEN", "introspection is switched off; the schema is published as schema.graphql")
