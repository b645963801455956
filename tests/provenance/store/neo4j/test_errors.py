"""Errors of the driver and the server as errors of the store: each says what the user can do."""

from __future__ import annotations

import pytest
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConfigurationError,
    DatabaseError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TokenExpired,
    TransientError,
)

from provenance.errors import StoreError, StoreUnreachable
from provenance.store.neo4j.address import PASSWORD, Credentials, parse
from provenance.store.neo4j.drivers import NoAnswerError
from provenance.store.neo4j.errors import one_line, translated, translated_errors

ADDRESS = parse("bolt://localhost?case=c1")
SOMEBODY = Credentials("ann", "a password")


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (AuthError("x"), StoreUnreachable, "the server rejects user ann: wrong user or password"),
        (TokenExpired("x"), StoreUnreachable, "the server rejects user ann: wrong user or password"),
        (DatabaseError("x"), StoreUnreachable, "the server failed: its disk may be full; it may need a restart"),
        (TransientError("x"), StoreUnreachable, "failed"),
        (ClientError("x"), StoreError, "cannot be used"),
        (NoAnswerError("x"), StoreUnreachable, "the server does not answer: its disk may be full"),
        (ServiceUnavailable("x"), StoreUnreachable, "cannot be reached"),
        (SessionExpired("x"), StoreUnreachable, "cannot be reached"),
        (ConfigurationError("x"), StoreUnreachable, "cannot be connected to: the address or its settings do not suit"),
        (DriverError("x"), StoreUnreachable, "cannot be used"),
    ],
)
def test_an_error_says_what_is_wrong(error: Neo4jError | DriverError, kind: type[StoreError], message: str) -> None:
    with pytest.raises(StoreError) as caught, translated_errors(ADDRESS, SOMEBODY):
        raise error
    assert type(caught.value) is kind
    assert str(caught.value).startswith(f"{ADDRESS.text}: {message}")
    assert SOMEBODY.password not in str(caught.value)


def test_a_user_without_a_password_is_told_where_to_give_it() -> None:
    assert f"set PROVENANCE_NEO4J_USER and {PASSWORD}" in str(translated(AuthError("x"), ADDRESS, None))


def test_the_message_of_a_server_is_one_short_line() -> None:
    text = one_line(OSError("one\ntwo\r\n  three " + "x" * 1_000))
    assert text.startswith("one two three xxx")
    assert len(text) == 300
