"""Settings of the service, from a TOML file and the environment; all are checked before the service starts.

The environment overrides the file: `PROVENANCE_SERVICE_WORKERS` is `workers`, `PROVENANCE_SERVICE_JWT_ISSUER` is `issuer` of
the table `[jwt]`. Error messages name the key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
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
    """How the tokens of an identity provider are checked. Without an issuer none is accepted."""

    issuer: str = ""
    audience: str = ""
    jwks: str = ""
    """A URL (https, or http on loopback) or the path of a file with the provider's keys."""
    scope_claim: str = "scope"


@dataclass(frozen=True, slots=True)
class Graphql:
    """Parts of GraphQL that are switched off by default."""

    introspection: bool = False
    graphiql: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults."""

    bind: str = "127.0.0.1"
    port: int = _setting(8080, 0, 65535)
    hosts: str = ""
    """Further names under which the service is requested, with commas between (`service.peers`)."""
    proxies: str = ""
    """The addresses or networks of the proxies whose `X-Forwarded-For` is believed, with commas between; none by default."""
    processes: int = _setting(1, 0, 64)
    """Processes that trace, beside the one that answers requests; with 0, its own threads trace."""
    workers: int = _setting(2, 0, 64)
    """Threads that trace, in each process."""
    body_bytes: int = _setting(8 << 20, 1024, 1 << 30)
    request_s: float = _setting(60.0, 0.1, 3600)
    requests_a_minute: int = _setting(1200, 1, 10_000_000)
    """The most requests with one token; more are denied with status 429."""
    stop_s: float = _setting(3.0, 0, 600)
    """How long a stop waits for running traces, before it puts them back into the queue."""
    end_s: float = _setting(5.0, 0, 3600)
    """How long a stop takes at most, unless `stop_s` is longer: the process then ends whatever its threads wait for."""
    audit_log: str = ""
    """The file of the audit trail; empty to write it to standard error with the other logs."""
    wait_for_log_h: float = _setting(24.0 * 7, 0, 24 * 3660)
    """How long an alert waits for the log of its host."""
    recompute_after_s: float = _setting(60.0, 0, 86_400)
    """The least age of a result before it is computed again from later logs."""
    recompute_for_h: float = _setting(24.0 * 7, 0, 24 * 3660)
    """How long after its receipt an alert's result is still computed again from later logs."""
    trace_nodes: int = _setting(20_000, 1, 10_000_000)
    trace_edges: int = _setting(100_000, 1, 100_000_000)
    alert_mapping: str = ""
    """The mapping file, for JSON of other products (docs/alerts.md)."""
    alert_hosts: str = ""
    """The file with the table of host aliases (docs/alerts.md)."""
    jwt: Jwt = field(default_factory=Jwt)
    graphql: Graphql = field(default_factory=Graphql)
    outgoing: Mapping[str, Any] = field(default_factory=dict)
    """The table `[outgoing]` of the file, which `webhooks.targets` checks."""


def load(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """The settings of a file (or none) and an environment. Raises InputError for a file that cannot be read, UsageError for
    an unknown key or an invalid value."""
    table = _read(file) if file is not None else {}
    return _settings_of(Settings, table, _variables(environment), "", str(file))


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{file}: invalid TOML: {error}") from error


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)}


def _settings_of(kind: type[T], table: Mapping[str, Any], variables: dict[str, str], prefix: str, file: str) -> T:
    """The settings of a table of the file; the variables that belong to it are removed from `variables`."""
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    for name in table.keys() - known.keys():
        raise UsageError(f"{file}: unknown setting {prefix}{name}: the settings are {', '.join(known)}")
    values: dict[str, Any] = {}
    for name, one in known.items():
        default = one.default_factory() if callable(one.default_factory) else one.default
        key = f"{prefix}{name}"
        if is_dataclass(default):
            inner = table.get(name, {})
            if not isinstance(inner, Mapping):
                raise UsageError(f"{file}: {key}: invalid value: expected a table")
            values[name] = _settings_of(type(default), inner, variables, f"{key}.", file)
            continue
        variable = key.replace(".", "_").upper()
        if variable in variables and not isinstance(default, Mapping):
            values[name] = _parse(f"{PREFIX}{variable}", variables.pop(variable), default, one.metadata)
        elif name in table:
            values[name] = _check(f"{file}: {key}", table[name], default, one.metadata)
    if not prefix:
        for name in variables:
            raise UsageError(f"{PREFIX}{name}: unknown setting")
    return kind(**values)


def _parse(key: str, text: str, default: Any, bounds: Mapping[str, Any]) -> Any:
    """The value of an environment variable, with the type of its default."""
    if isinstance(default, bool):
        if text.lower() not in _TRUE | _FALSE:
            raise UsageError(f"{key}: invalid value {text!r}: expected true or false")
        return text.lower() in _TRUE
    parse: Callable[[str], Any] = {int: int, float: float}.get(type(default), str)
    try:
        value = parse(text)
    except ValueError:
        raise UsageError(f"{key}: invalid value {text!r}: expected a number") from None
    return _check(key, value, default, bounds)


def _check(key: str, value: Any, default: Any, bounds: Mapping[str, Any]) -> Any:
    expected = type(default)
    if expected is float and type(value) is int:
        value = float(value)
    fits = isinstance(value, Mapping) if expected is dict else type(value) is expected
    if not fits:
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", dict: "a table"}
        raise UsageError(f"{key}: invalid value {value!r}: expected {names[expected]}")
    least, most = bounds.get("least"), bounds.get("most")
    if least is not None and not value >= least:
        raise UsageError(f"{key}: invalid value {value}: the least is {least}")
    if most is not None and not value <= most:
        raise UsageError(f"{key}: invalid value {value}: the most is {most}")
    return value
