"""The fields of an alert as its body holds them, with checked types. No other module reads a body by its keys.

`provenance.alerts.form` checks the values before it makes a body. The bodies of other writers, as an earlier version took them,
may hold anything: a field with a value of a wrong type counts as missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MOST = 1 << 32


@dataclass(frozen=True, slots=True)
class ProcessFields:
    """The process that an alert is about. `start` is a time as RFC 3339."""

    pid: int | None = None
    command: str | None = None
    exe: str | None = None
    start: str | None = None


@dataclass(frozen=True, slots=True)
class FileFields:
    """The file that an alert is about; `sha256` is the hash of its content, or of the program of the process."""

    path: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class NetworkFields:
    """The connection that an alert is about."""

    remote_ip: str | None = None
    remote_port: int | None = None
    local_ip: str | None = None
    local_port: int | None = None
    protocol: str | None = None


@dataclass(frozen=True, slots=True)
class AlertFields:
    """The fields of an alert (docs/alerts.md), None for one that it lacks. `time` is RFC 3339. `hosts` are other names of its
    host. `original_hosts` are the names that the sender wrote, the first of them None if it named no host but other names; it is
    None unless a table of aliases replaced them. `unread` says what was ignored, and why."""

    severity: str | None = None
    time: str | None = None
    host: str | None = None
    hosts: tuple[str, ...] = ()
    agent: str | None = None
    user: str | None = None
    rule: str | None = None
    event: str | None = None
    techniques: tuple[str, ...] = ()
    process: ProcessFields = ProcessFields()
    file: FileFields = FileFields()
    network: NetworkFields = NetworkFields()
    format: str | None = None
    unread: tuple[str, ...] = ()
    original_hosts: tuple[str | None, ...] | None = None

    @property
    def sent_hosts(self) -> tuple[str | None, ...]:
        """The names that the sender wrote: that of the host, None without one, then the other names."""
        return (self.host, *self.hosts) if self.original_hosts is None else self.original_hosts


def read_fields(body: Mapping[str, Any]) -> AlertFields:
    """The fields in the body of an alert."""
    return AlertFields(
        severity=_text(body, "severity"),
        time=_time(body, "time"),
        host=_text(body, "host"),
        hosts=_texts(body, "hosts"),
        agent=_text(body, "agent"),
        user=_text(body, "user"),
        rule=_text(body, "rule"),
        event=_text(body, "event"),
        techniques=_texts(body, "techniques"),
        process=_process(_part(body, "process")),
        file=_file(_part(body, "file")),
        network=_network(_part(body, "network")),
        format=_text(body, "format"),
        unread=_texts(body, "unread"),
        original_hosts=_original_hosts(body),
    )


def with_hosts(
    body: Mapping[str, Any],
    host: str | None,
    hosts: Sequence[str | None],
    original_hosts: Sequence[str | None] | None,
) -> dict[str, Any]:
    """A body with these names of its host in place of the former ones."""
    rest = {name: value for name, value in body.items() if name not in ("host", "hosts", "said_hosts")}
    rest |= {} if host is None else {"host": host}
    rest |= {"hosts": list(hosts)} if hosts else {}
    return rest if original_hosts is None else rest | {"said_hosts": list(original_hosts)}


def _process(part: Mapping[str, Any]) -> ProcessFields:
    return ProcessFields(_number(part, "pid"), _text(part, "command"), _text(part, "exe"), _time(part, "start"))


def _file(part: Mapping[str, Any]) -> FileFields:
    return FileFields(_text(part, "path"), _text(part, "sha256"))


def _network(part: Mapping[str, Any]) -> NetworkFields:
    return NetworkFields(
        remote_ip=_text(part, "remote_ip"),
        remote_port=_number(part, "remote_port"),
        local_ip=_text(part, "local_ip"),
        local_port=_number(part, "local_port"),
        protocol=_text(part, "protocol"),
    )


def _original_hosts(body: Mapping[str, Any]) -> tuple[str | None, ...] | None:
    value = body.get("said_hosts")
    if not isinstance(value, (list, tuple)) or not value:
        return None
    return tuple(name if isinstance(name, str) else None for name in value)


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}


def _text(part: Mapping[str, Any], name: str) -> str | None:
    value = part.get(name)
    return value if isinstance(value, str) and value else None


def _texts(part: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = part.get(name)
    return tuple(item for item in value if isinstance(item, str) and item) if isinstance(value, (list, tuple)) else ()


def _time(part: Mapping[str, Any], name: str) -> str | None:
    """A time as text. One of a wrong type is not left out, because whoever needs the time rejects it."""
    value = part.get(name)
    return None if value is None else str(value)


def _number(part: Mapping[str, Any], name: str) -> int | None:
    value = part.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST else None
