"""Settings of the service: from one TOML file and the environment, each checked before anything starts.

The environment wins over the file: `PROVENANCE_SERVICE_WORKERS` is `workers`, `PROVENANCE_SERVICE_JWT_ISSUER` is `issuer`
of the table `[jwt]`. Messages name the key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from provenance.errors import InputError, UsageError

PREFIX = "PROVENANCE_SERVICE_"
_TRUE, _FALSE = frozenset(("1", "true", "yes", "on")), frozenset(("0", "false", "no", "off"))
T = TypeVar("T")


def _setting(default: T, least: float | None = None, most: float | None = None) -> T:
    made: T = field(default=default, metadata={"least": least, "most": most})
    return made


@dataclass(frozen=True, slots=True)
class Jwt:
    """How tokens of an identity provider are checked; none are accepted while there is no issuer."""

    issuer: str = ""
    audience: str = ""
    jwks: str = ""
    """A URL (https, or http on loopback) or the path of a file with the provider's keys."""
    scope_claim: str = "scope"


@dataclass(frozen=True, slots=True)
class Graphql:
    """What of GraphQL is open beside queries."""

    introspection: bool = False
    graphiql: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with what it is when nothing is said."""

    bind: str = "127.0.0.1"
    port: int = _setting(8080, 0, 65535)
    processes: int = _setting(1, 0, 64)
    """Processes beside the one that answers; with none, its own threads trace."""
    workers: int = _setting(2, 0, 64)
    """Threads that trace, of each process."""
    body_bytes: int = _setting(8 << 20, 1024, 1 << 30)
    request_s: float = _setting(60.0, 0.1, 3600)
    requests_a_minute: int = _setting(1200, 1, 10_000_000)
    """Of one token; more are refused with 429."""
    stop_s: float = _setting(10.0, 0, 600)
    """How long a stop waits for running traces before it puts them back into the queue."""
    audit_log: str = ""
    """A file for the audit trail; it goes with the other logs to standard error otherwise."""
    wait_for_log_h: float = _setting(24.0 * 7, 0, 24 * 3660)
    """How long an alert waits for the log that it speaks of."""
    recompute_after_s: float = _setting(60.0, 0, 86_400)
    """How long a result stays before it is computed again from logs that came since."""
    recompute_for_h: float = _setting(24.0 * 7, 0, 24 * 3660)
    """How long after an alert came in its result still follows the logs."""
    trace_nodes: int = _setting(20_000, 1, 10_000_000)
    trace_edges: int = _setting(100_000, 1, 100_000_000)
    alert_mapping: str = ""
    """A file that says where unknown JSON has the fields of an alert (docs/alerts.md)."""
    alert_hosts: str = ""
    """A file that says which hosts agents and names in alerts mean (docs/alerts.md)."""
    jwt: Jwt = field(default_factory=Jwt)
    graphql: Graphql = field(default_factory=Graphql)
    outgoing: Mapping[str, Any] = field(default_factory=dict)
    """The table `[outgoing]` as it stands in the file: webhooks and hooks check it themselves."""


def load(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """The settings of a file (or none) and an environment. Raises InputError for a file that cannot be read, UsageError
    for a key that there is none of or a value that it cannot have."""
    written = _read(file) if file is not None else {}
    return _table(Settings, written, _of_environment(environment), "", str(file))


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{file}: is no TOML: {error}") from error


def _of_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)}


def _table(kind: type[T], written: Mapping[str, Any], given: dict[str, str], prefix: str, file: str) -> T:
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    for name in written.keys() - known.keys():
        raise UsageError(f"{file}: there is no setting {prefix}{name}; there are {', '.join(known)}")
    values: dict[str, Any] = {}
    for name, one in known.items():
        default = one.default_factory() if callable(one.default_factory) else one.default
        key = f"{prefix}{name}"
        if is_dataclass(default):
            table = written.get(name, {})
            if not isinstance(table, Mapping):
                raise UsageError(f"{file}: {key} is no table")
            values[name] = _table(type(default), table, given, f"{key}.", file)
            continue
        variable = key.replace(".", "_").upper()
        if variable in given and not isinstance(default, Mapping):
            values[name] = _typed(f"{PREFIX}{variable}", given.pop(variable), default, one.metadata)
        elif name in written:
            values[name] = _checked(f"{file}: {key}", written[name], default, one.metadata)
    if not prefix:
        for left in given:
            raise UsageError(f"{PREFIX}{left} is no setting")
    return kind(**values)


def _typed(key: str, text: str, default: Any, bounds: Mapping[str, Any]) -> Any:
    """A value of the environment, which is text."""
    if isinstance(default, bool):
        if text.lower() not in _TRUE | _FALSE:
            raise UsageError(f"{key}: {text!r} is neither true nor false")
        return text.lower() in _TRUE
    parse: Callable[[str], Any] = {int: int, float: float}.get(type(default), str)
    try:
        value = parse(text)
    except ValueError:
        raise UsageError(f"{key}: {text!r} is no number") from None
    return _checked(key, value, default, bounds)


def _checked(key: str, value: Any, default: Any, bounds: Mapping[str, Any]) -> Any:
    expected = type(default)
    if expected is float and type(value) is int:
        value = float(value)
    fits = isinstance(value, Mapping) if expected is dict else type(value) is expected
    if not fits:
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", dict: "a table"}
        raise UsageError(f"{key}: {value!r} is not {names[expected]}")
    for problem in _out_of(value, bounds):
        raise UsageError(f"{key}: {problem}")
    return value


def _out_of(value: Any, bounds: Mapping[str, Any]) -> Iterator[str]:
    least, most = bounds.get("least"), bounds.get("most")
    if least is not None and not value >= least:
        yield f"{value} is less than {least}"
    if most is not None and not value <= most:
        yield f"{value} is more than {most}"
