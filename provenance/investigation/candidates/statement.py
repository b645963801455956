"""The statement of an alert: its fields that say what to search for, with times and events as numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from provenance.alerts.alert import Alert
from provenance.errors import UsageError

_EVENT = re.compile(r"(\d{1,11})\.(\d{3}):(\d{1,10})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Statement:
    """The fields of an alert (docs/alerts.md). Times are ms since the epoch."""

    id: str
    names: tuple[str, ...] = ()
    """Names and addresses of the alert's host, the most likely first."""
    at: int | None = None
    event: tuple[int, int] | None = None
    """The time (ms) and serial of an audit event."""
    pid: int | None = None
    command: str | None = None
    exe: str | None = None
    start: int | None = None
    path: str | None = None
    sha256: str | None = None
    remote_ip: str | None = None
    remote_port: int | None = None
    local_ip: str | None = None
    local_port: int | None = None
    user: str | None = None

    @property
    def names_process(self) -> bool:
        """Whether it has a pid, a command line or a program."""
        return self.pid is not None or self.command is not None or self.exe is not None

    @property
    def names_anything(self) -> bool:
        """Whether it names something to search for besides a host."""
        known = (self.event, self.path, self.sha256, self.remote_ip, self.user)
        return self.names_process or any(value is not None for value in known)

    def summary(self) -> str:
        """The fields that identify what the alert is about, in one line."""
        known = {
            "event": self.event and event_text(self.event),
            "pid": self.pid,
            "command": self.command,
            "program": self.exe,
            "file": self.path,
            "SHA-256": self.sha256,
            "peer": self.remote_ip and _address(self.remote_ip, self.remote_port),
            "or": self.local_ip and _address(self.local_ip, self.local_port),
            "user": self.user,
        }
        return ", ".join(f"{name} {str(value)[:80]}" for name, value in known.items() if value is not None)


def statement_of(alert: Alert, at: int | None = None) -> Statement:
    """The statement of an alert. `at` (ms since the epoch) replaces its time. Raises UsageError for an invalid time."""
    fields = alert.fields
    process, network, file = fields.process, fields.network, fields.file
    return Statement(
        id=alert.id,
        names=tuple(name for name in dict.fromkeys((fields.host, *fields.hosts)) if name is not None),
        at=at if at is not None else _moment(fields.time),
        event=_event(fields.event or ""),
        pid=process.pid,
        command=process.command,
        exe=process.exe,
        start=_moment(process.start),
        path=file.path,
        sha256=file.sha256,
        remote_ip=network.remote_ip,
        remote_port=network.remote_port,
        local_ip=network.local_ip,
        local_port=network.local_port,
        user=fields.user,
    )


def event_text(event: tuple[int, int]) -> str:
    """The time and serial number of an event as audit records write them."""
    ms, serial = event
    return f"{ms // 1000}.{ms % 1000:03}:{serial}"


def _event(text: str) -> tuple[int, int] | None:
    match = _EVENT.fullmatch(text)
    return (int(match[1]) * 1000 + int(match[2]), int(match[3])) if match else None


def _address(ip: str, port: int | None) -> str:
    return ip if port is None else f"{ip}:{port}"


def _moment(time: str | None) -> int | None:
    if time is None:
        return None
    try:
        when = datetime.fromisoformat(time)
    except ValueError as error:
        raise UsageError(f"invalid time {time!r}: expected RFC 3339") from error
    return round(when.timestamp() * 1000)
