"""The errors of operations as clients see them: with their message if the client made the error, masked if the service did.

Every error has `extensions.code`: `BAD_INPUT`, `AMBIGUOUS`, `NOT_FOUND`, `CONFLICT`, `TOO_COSTLY`, `OUT_OF_TIME`, `TOO_OFTEN`,
`FORBIDDEN`, `STORE_UNAVAILABLE`, `INTERNAL`, or `GRAPHQL_INVALID` for an operation that GraphQL itself rejects.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError
from provenance.errors import Ambiguous, Conflict, InputError, NothingFound, OutOfTime, Stopped, StoreError, UsageError

_LOG = logging.getLogger("provenance.graphql")
_MASKED = "internal error: see the log of the service"
_UNAVAILABLE = "the store is unavailable"


class OperationRejected(UsageError):
    """A rejected operation: `code` is the reason for programs, `details` help to make a better request."""

    def __init__(self, code: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.details = dict(details or {})


def client_error(error: GraphQLError) -> GraphQLError:
    """The error that a client receives. An error of the store or the service is logged in full and masked."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        return _with(error, error.message, (error.extensions or {}) | {"code": _code_of_graphql(error)})
    if isinstance(cause, OperationRejected):
        return _with(error, _message(error, cause), {"code": cause.code, **cause.details})
    if isinstance(cause, Ambiguous):
        return _with(error, _message(error, cause), {"code": "AMBIGUOUS", "matches": cause.matches})
    if isinstance(cause, Conflict):
        return _with(error, _message(error, cause), {"code": "CONFLICT", "version": cause.version})
    if isinstance(cause, StoreError):
        _LOG.error("store error in an operation", exc_info=cause)
        return _with(error, _UNAVAILABLE, {"code": "STORE_UNAVAILABLE"})
    for kind, code in _CODES.items():
        if isinstance(cause, kind):
            return _with(error, _message(error, cause), {"code": code})
    _LOG.error("internal error in an operation", exc_info=cause)
    return _with(error, _MASKED, {"code": "INTERNAL"})


_CODES: Mapping[type[Exception], str] = {
    NothingFound: "NOT_FOUND",
    UsageError: "BAD_INPUT",
    InputError: "BAD_INPUT",
    OutOfTime: "OUT_OF_TIME",
    Stopped: "OUT_OF_TIME",
}


def _message(error: GraphQLError, cause: Exception) -> str:
    """The message of an error: GraphQL's own if it holds that of the cause, because it also names the argument or variable."""
    return error.message if str(cause) in error.message else str(cause)


def _code_of_graphql(error: GraphQLError) -> str:
    return str((error.extensions or {}).get("code", "GRAPHQL_INVALID"))


def _with(error: GraphQLError, message: str, extensions: Mapping[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        error.nodes,
        error.source,
        error.positions,
        error.path,
        original_error=None,
        extensions=dict(extensions),
    )
