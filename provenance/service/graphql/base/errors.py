"""What a caller is told of what went wrong: clear when it is the caller's doing, masked when it is ours.

Every error carries `extensions.code`: `BAD_INPUT`, `AMBIGUOUS`, `NOT_FOUND`, `CONFLICT`, `TOO_COSTLY`, `OUT_OF_TIME`,
`TOO_OFTEN`, `FORBIDDEN`, `STORE_UNAVAILABLE`, `INTERNAL`, or `GRAPHQL_INVALID` for what GraphQL itself refuses.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError
from provenance.errors import Ambiguous, Conflict, InputError, NothingFound, OutOfTime, Stopped, StoreError, UsageError

_LOG = logging.getLogger("provenance.graphql")
_MASKED = "something went wrong here, not in the request; the log of the service says what"
_UNAVAILABLE = "the store cannot be read now"


class Refused(UsageError):
    """An operation that is not carried out; `code` says why for machines, `details` what helps to ask better."""

    def __init__(self, code: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.details = dict(details or {})


def told(error: GraphQLError) -> GraphQLError:
    """An error in the form in which it leaves the service; what is ours is logged in full and masked."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        return _with(error, error.message, (error.extensions or {}) | {"code": _code_of_graphql(error)})
    if isinstance(cause, Refused):
        return _with(error, _message(error, cause), {"code": cause.code, **cause.details})
    if isinstance(cause, Ambiguous):
        return _with(error, _message(error, cause), {"code": "AMBIGUOUS", "matches": cause.matches})
    if isinstance(cause, Conflict):
        return _with(error, _message(error, cause), {"code": "CONFLICT", "version": cause.version})
    if isinstance(cause, StoreError):
        _LOG.error("a store failed in an operation", exc_info=cause)
        return _with(error, _UNAVAILABLE, {"code": "STORE_UNAVAILABLE"})
    for kind, code in _CODES.items():
        if isinstance(cause, kind):
            return _with(error, _message(error, cause), {"code": code})
    _LOG.error("an operation failed", exc_info=cause)
    return _with(error, _MASKED, {"code": "INTERNAL"})


_CODES: Mapping[type[Exception], str] = {
    NothingFound: "NOT_FOUND",
    UsageError: "BAD_INPUT",
    InputError: "BAD_INPUT",
    OutOfTime: "OUT_OF_TIME",
    Stopped: "OUT_OF_TIME",
}


def _message(error: GraphQLError, cause: Exception) -> str:
    """GraphQL's own message says besides at which argument or variable a value was refused."""
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
