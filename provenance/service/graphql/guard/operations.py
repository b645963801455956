"""The guard of every operation: checks its limits, begins and ends its work, and masks its errors."""

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
from provenance.service.access import AccessDenied, audit, audit_denied, authenticate
from provenance.service.auth.tokens import Principal, Scope
from provenance.service.graphql.base.errors import OperationRejected, client_error
from provenance.service.graphql.base.limits import Limits
from provenance.service.graphql.base.work import Engine, Work
from provenance.service.graphql.guard.cost import Measure, measure
from provenance.service.graphql.guard.root_fields import root_fields

_LONGEST = 200
_NEEDS_STREAM = "a subscription needs a websocket, or a request with `Accept: text/event-stream`"


class ConnectionContext(BaseContext):
    """The context of a request, or of a websocket with many operations. `principal` is None until a websocket has sent its token;
    `header` is the text of its token. With `single_answer` subscriptions are not possible."""

    def __init__(self, engine: Engine, principal: Principal | None, header: str | None = None) -> None:
        super().__init__()
        self.engine = engine
        self.principal = principal
        self.header = header
        self.single_answer = False

    def authenticate_again(self) -> None:
        """Checks the token and its rate limit again. Raises OperationRejected."""
        try:
            self.principal = authenticate(self.engine.service, self.header, Scope.READ)
        except AccessDenied as denied:
            if self.request is not None:
                audit_denied(denied, self.request)
            raise OperationRejected("TOO_OFTEN" if denied.status == 429 else "FORBIDDEN", str(denied)) from denied


class OperationGuard(SchemaExtension):
    """The guard of one operation: makes its `Work` the context of the resolvers, and ends it with the operation."""

    def __init__(self) -> None:
        self._measure: Measure | None = None
        self._errors_replaced = False
        self._is_cached = False

    def on_operation(self) -> Iterator[None]:
        """Limits the tokens of the document; after the operation, stops its reads and masks its errors."""
        connection = self.execution_context.context
        self.execution_context.parse_options["max_tokens"] = connection.engine.limits.tokens
        try:
            yield
        finally:
            work = self.execution_context.context
            if isinstance(work, Work):
                work.finish()
        result = self.execution_context.result
        if not self._errors_replaced and result is not None:
            self._replace_errors(result)

    def on_parse(self) -> Iterator[None]:
        """Takes a cached document instead of parsing it again."""
        context = self.execution_context
        context.graphql_document = context.context.engine.documents.get(context.query)
        self._is_cached = context.graphql_document is not None
        yield

    def on_validate(self) -> Iterator[None]:
        """Skips the validation of a cached document, and adds a valid one to the cache."""
        context = self.execution_context
        if self._is_cached:
            context.pre_execution_errors = []
        yield
        if not self._is_cached and not context.pre_execution_errors and context.query and context.graphql_document:
            context.context.engine.documents.add(context.query, context.graphql_document)

    async def on_execute(self) -> AsyncIterator[None]:
        """Measures a valid operation, and rejects it or begins its work. Each operation of a websocket counts as a request."""
        connection = self.execution_context.context
        try:
            if connection.request.scope["type"] == "websocket":
                await asyncio.to_thread(connection.authenticate_again)
            self._begin()
        except OperationRejected as rejected:
            if self.execution_context.operation_type is OperationType.SUBSCRIPTION and not connection.single_answer:
                raise
            error = GraphQLError(str(rejected), original_error=rejected)
            self.execution_context.result = ExecutionResult(data=None, errors=[error])
        yield

    def _begin(self) -> None:
        context, connection = self.execution_context, self.execution_context.context
        operation = self._operation()
        self._measure = self._measure_of(operation)
        _check(self._measure, connection.engine.limits)
        if connection.principal is None:
            raise OperationRejected("FORBIDDEN", "missing token: send it in connection_init")
        if connection.single_answer and operation.operation is CoreType.SUBSCRIPTION:
            raise OperationRejected("BAD_INPUT", _NEEDS_STREAM)
        name = operation.name.value[:_LONGEST] if operation.name is not None else ""
        assert context.graphql_document is not None, "only valid operations are executed"
        fields = root_fields(context.graphql_document, operation)
        audit(connection.principal, f"{operation.operation.value} {name}".strip(), connection.request, fields=fields)
        seconds = None if operation.operation is CoreType.SUBSCRIPTION else connection.engine.limits.seconds
        context.context = Work(connection.engine, connection.principal, seconds, connection.authenticate_again)

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Masks the errors of one result of a stream."""
        self._errors_replaced = True
        self._replace_errors(result)
        yield

    def get_results(self) -> dict[str, Any]:
        """The cost of the operation, which a client can compare with the limit."""
        return {} if self._measure is None else {"cost": self._measure.cost}

    def _operation(self) -> OperationDefinitionNode:
        document = self.execution_context.graphql_document
        assert document is not None, "only valid operations are executed"
        name = self.execution_context._provided_operation_name
        operation = get_operation_ast(document, name)
        if operation is None:
            raise OperationRejected(
                "GRAPHQL_INVALID", "the document has several operations: choose one with operationName"
            )
        return operation

    def _measure_of(self, operation: OperationDefinitionNode) -> Measure:
        context = self.execution_context
        assert context.graphql_document is not None, "only valid operations are executed"
        schema = context.schema._schema
        return measure(schema, context.graphql_document, operation, context.variables or {})

    def _replace_errors(self, result: Any) -> None:
        errors: list[GraphQLError] | None = getattr(result, "errors", None)
        if errors:
            result.errors = [client_error(error) for error in errors]


def _check(measure: Measure, limits: Limits) -> None:
    """Raises OperationRejected for an operation above the limits."""
    for what, amount, most in (
        ("levels of fields", measure.depth, limits.depth),
        ("renamed fields", measure.aliases, limits.aliases),
        ("points of cost", measure.cost, limits.cost),
    ):
        if amount > most:
            message = f"operation too costly: {amount} {what}, at most {most} are allowed"
            raise OperationRejected("TOO_COSTLY", message, {"most": most})
    if measure.introspects and not limits.introspection:
        raise OperationRejected("FORBIDDEN", "introspection is switched off; the schema is published as schema.graphql")
