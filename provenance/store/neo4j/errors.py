"""Translation of the driver's errors into ours: one line that names the store (https://neo4j.com/docs/status-codes/current/)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    DatabaseError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
    UnsupportedServerProduct,
)

from provenance.errors import StoreBusy, StoreError, StoreUnreachable
from provenance.store.neo4j.address import PASSWORD, TIMEOUT, USER, Address, Credentials
from provenance.store.neo4j.drivers import NoAnswerError

_MESSAGES: dict[str, tuple[type[StoreError], str]] = {
    "Security.CredentialsExpired": (StoreUnreachable, "the password of {user} has expired and must be changed first"),
    "Security.AuthenticationRateLimit": (StoreUnreachable, "too many wrong passwords for {user}; wait a moment"),
    "Security.Unauthorized": (StoreUnreachable, "the server rejects {user}: wrong user or password"),
    "Security.Forbidden": (StoreUnreachable, "{user} lacks the permission for this"),
    "Database.DatabaseUnavailable": (StoreUnreachable, "database {database} is not available now"),
    "General.DatabaseUnavailable": (StoreUnreachable, "database {database} is not available now"),
    "Database.DatabaseNotFound": (StoreUnreachable, "database {database} does not exist"),
    "General.ForbiddenOnReadOnlyDatabase": (StoreUnreachable, "database {database} is read-only"),
    "General.WriteOnReadOnlyAccessDatabase": (StoreUnreachable, "database {database} is read-only"),
    "General.MemoryPoolOutOfMemoryError": (StoreUnreachable, "the server has too little memory for this"),
    "General.OutOfMemoryError": (StoreUnreachable, "the server has too little memory for this"),
    "General.TransactionMemoryLimit": (StoreUnreachable, "the server has too little memory for this"),
    "Transaction.TransactionTimedOut": (StoreBusy, "did not answer in time"),
    "Transaction.TransactionTimedOutClientConfiguration": (StoreBusy, "did not answer in time"),
    "Transaction.LockClientStopped": (StoreBusy, "did not answer in time"),
    "Transaction.LockAcquisitionTimeout": (StoreBusy, "is locked by another program"),
}
_UNREACHABLE = "cannot be reached"
_UNREACHABLE_ENCRYPTED = (
    "cannot be reached with encryption, which +s in the address asks for: the server is down, does not encrypt, or has a"
    " certificate that this machine does not trust (+ssc accepts any certificate)"
)


@contextmanager
def translated_errors(address: Address, credentials: Credentials | None) -> Iterator[None]:
    """Raise the driver's errors as StoreErrors that name the store, and errors caused by an interrupt as KeyboardInterrupt: a
    driver that is interrupted while it reads fails during its clean-up on the half-read answer."""
    try:
        yield
    except (Neo4jError, DriverError, BufferError) as error:
        if _interrupted(error):
            raise KeyboardInterrupt from error
        if isinstance(error, BufferError):
            raise
        raise translated(error, address, credentials) from error


def _interrupted(error: BaseException | None) -> bool:
    """Whether an error was raised while an interrupt was being handled."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def translated(error: Neo4jError | DriverError, address: Address, credentials: Credentials | None) -> StoreError:
    """The StoreError for an error of the driver or the server."""
    kind, message = _meaning(error, credentials)
    if message == _UNREACHABLE and "+s" in address.uri.partition(":")[0]:
        message = _UNREACHABLE_ENCRYPTED
    user = "the anonymous user" if credentials is None else f"user {credentials.user}"
    text = message.format(user=user, database=address.database)
    return kind(f"{address.text}: {text} ({one_line(error)})")


def _meaning(error: Neo4jError | DriverError, credentials: Credentials | None) -> tuple[type[StoreError], str]:
    if isinstance(error, AuthError) and credentials is None:
        return StoreUnreachable, f"needs a user and a password: set {USER} and {PASSWORD}, or name a file with both"
    if isinstance(error, Neo4jError):
        known = _MESSAGES.get(".".join((error.code or "").split(".")[2:]))
        if known is not None:
            return known
        if isinstance(error, AuthError):
            return _MESSAGES["Security.Unauthorized"]
        if isinstance(error, DatabaseError):
            return StoreUnreachable, "the server failed: its disk may be full; it may need a restart"
        if isinstance(error, TransientError):
            return StoreUnreachable, "failed"
        return StoreError, "cannot be used"
    if isinstance(error, NoAnswerError):
        return StoreUnreachable, f"the server does not answer: its disk may be full; {TIMEOUT} sets how long to wait"
    if isinstance(error, UnsupportedServerProduct):
        return StoreUnreachable, "is not a Neo4j server that this program supports"
    if isinstance(error, (ServiceUnavailable, SessionExpired)):
        return StoreUnreachable, _UNREACHABLE
    if isinstance(error, ConfigurationError):
        return StoreUnreachable, "cannot be connected to: the address or its settings do not suit the server"
    return StoreUnreachable, "cannot be used"


def one_line(error: BaseException) -> str:
    """The message of an error, in one line."""
    message = getattr(error, "message", None) or str(error)
    return " ".join(str(message).split())[:300]
