"""Addresses of Neo4j stores: server, database, case and credentials."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from provenance.errors import InputError, UsageError

USER = "PROVENANCE_NEO4J_USER"
PASSWORD = "PROVENANCE_NEO4J_PASSWORD"
TIMEOUT = "PROVENANCE_NEO4J_TIMEOUT"
TIMEOUT_S = 600.0
DATABASE = "neo4j"
_SYSTEM = "system"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and a password."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.user!r})"


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed address. `text` is the user's text, for messages; `uri` is for the driver."""

    text: str
    uri: str
    database: str
    case: str


def parse(text: str) -> Address:
    """`SCHEME://HOST[:PORT][/DATABASE][?case=NAME]`; other query parameters are the routing context of a cluster
    (neo4j://) and mean nothing to a single server.

    Raises UsageError, also for a user or a password in the address: every user of a machine can see command lines. Parts that
    would have no effect are rejected, because the graph would be written into another case than intended.
    """
    try:
        parts = urlsplit(text)
        found = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"invalid store {text}: {error}") from None
    if "@" in parts.netloc:
        raise UsageError(
            f"invalid store {parts.scheme}://...{parts.path}: an address must not hold a user or a password; set {USER} and"
            f" {PASSWORD}, or name a file with both"
        )
    if not found[0]:
        raise UsageError(f"invalid store {text}: the host is missing")
    case, routing = _case(text, parts)
    database = parts.path.strip("/") or DATABASE
    if database.casefold() == _SYSTEM:
        raise UsageError(f"invalid store {text}: the database {_SYSTEM} cannot hold a graph")
    return Address(text, urlunsplit((parts.scheme, parts.netloc, "", urlencode(routing), "")), database, case)


def _case(text: str, parts: SplitResult) -> tuple[str, dict[str, str]]:
    """The case, and the other parameters of the query."""
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    query = dict(parameters)
    case = query.pop("case", "")
    if len(case) > _LONGEST or not case.isprintable():
        raise UsageError(f"invalid store {text}: the name of a case has at most {_LONGEST} characters, all printable")
    if "#" in text:
        raise UsageError(f"invalid store {text}: write %23 for # in the name of a case")
    if len(parameters) > len(dict(parameters)):
        raise UsageError(f"invalid store {text}: it gives a parameter twice")
    unknown = [name for name in query if parts.scheme.startswith("bolt") or name.casefold().startswith("case")]
    if unknown:
        raise UsageError(f"invalid store {text}: unknown parameter {unknown[0]}; ?case=NAME names the graph")
    return case, query


def credentials(file: Path | None = None) -> Credentials | None:
    """The user and password of a file (a line each), else of the environment, else None. Raises InputError."""
    if file is None:
        user, password = os.environ.get(USER), os.environ.get(PASSWORD)
        return Credentials(user or "neo4j", password) if password is not None else None
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{file}: cannot read user and password: {getattr(error, 'strerror', None) or error}"
        ) from error
    if len(lines) < 2:
        raise InputError(f"{file}: cannot read user and password: two lines are needed, the user and the password")
    return Credentials(lines[0], lines[1])


def timeout_s() -> float:
    """How many seconds a server may take to answer: from the environment, else ten minutes. Raises UsageError."""
    given = os.environ.get(TIMEOUT)
    if given is None:
        return TIMEOUT_S
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < threading.TIMEOUT_MAX / 100:
        raise UsageError(f"invalid {TIMEOUT}={given}: a number of seconds greater than 0 is needed")
    return seconds
