"""Auditbeat's JSON (elastic/beats, auditd module): each document is one event, with merged records and interpreted values.

The raw records are lost: SYSCALL, EXECVE, CWD, PATH and SOCKADDR are rebuilt from the fields that hold their values.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ..headers import Header
from .laurel import address, encoded

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def recognises(value: dict[str, Any]) -> bool:
    """Whether a JSON object is a document of auditbeat's auditd module."""
    auditd = value.get("auditd")
    return isinstance(auditd, dict) and "@timestamp" in value and "sequence" in auditd


def read(value: dict[str, Any]) -> list[Header] | None:
    """The records of a document; None when its time or serial is invalid. A time without a zone is read as UTC."""
    auditd = value["auditd"]
    try:
        when = datetime.fromisoformat(str(value["@timestamp"]).replace("Z", "+00:00"))
        serial = int(auditd["sequence"])
    except (ValueError, TypeError, OverflowError):
        return None
    if not 0 <= serial <= 0xFFFFFFFF:
        return None
    ms = (when.replace(tzinfo=when.tzinfo or UTC) - _EPOCH) // _MILLISECOND
    node = _nested(value, "host", "name") or _nested(value, "agent", "name") or _nested(value, "beat", "hostname")
    bodies = _bodies(value, auditd)
    return [Header(node if isinstance(node, str) else None, type, ms, serial, body) for type, body in bodies]


def _nested(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _bodies(value: dict[str, Any], auditd: dict[str, Any]) -> list[tuple[str, str]]:
    kind = str(auditd.get("message_type", "")).upper()
    if kind != "SYSCALL":
        return [(kind or "UNKNOWN", _message(value, auditd))]
    found = [("SYSCALL", _syscall(value, auditd))]
    arguments = _nested(value, "process", "args")
    if isinstance(arguments, list) and _nested(auditd, "data", "syscall") in ("execve", "execveat"):
        words = " ".join(f"a{place}={encoded(str(word))}" for place, word in enumerate(arguments))
        found.append(("EXECVE", f"argc={len(arguments)} {words}"))
    cwd = _nested(value, "process", "working_directory")
    if cwd:
        found.append(("CWD", f"cwd={encoded(str(cwd))}"))
    paths = auditd.get("paths")
    found.extend(
        ("PATH", " ".join(f"{name}={_path_value(name, text)}" for name, text in path.items()))
        for path in (paths if isinstance(paths, list) else ())
        if isinstance(path, dict)
    )
    socket = _nested(auditd, "data", "socket") or auditd.get("socket")
    if isinstance(socket, dict):
        parts = {"saddr_fam": socket.get("family"), **{name: socket.get(name) for name in ("addr", "port", "path")}}
        found.append(("SOCKADDR", f"saddr={address(parts)}"))
    return found


def _path_value(name: str, text: Any) -> str:
    return encoded(str(text)) if name == "name" else str(text)


def _syscall(value: dict[str, Any], auditd: dict[str, Any]) -> str:
    data = _mapping(auditd.get("data"))
    process = _mapping(value.get("process"))
    parts = [f"{name}={data[name]}" for name in ("arch", "syscall") if name in data]
    result = auditd.get("result")
    if result in ("success", "fail"):
        parts.append(f"success={'yes' if result == 'success' else 'no'}")
    parts += [f"{name}={data[name]}" for name in ("exit", "a0", "a1", "a2", "a3") if name in data]
    parts.append(f"ppid={_nested(process, 'parent', 'pid') or process.get('ppid') or 0} pid={process.get('pid', 0)}")
    parts += [f"{name}={number}" for name, number in _identities(value).items()]
    tty, session = data.get("tty"), auditd.get("session")
    parts.append(f"tty={tty or '(none)'} ses={4294967295 if session in (None, 'unset') else session}")
    parts += [
        f"{field}={encoded(str(process[name]))}"
        for field, name in (("comm", "name"), ("exe", "executable"))
        if process.get(name)
    ]
    return " ".join(parts)


def _identities(value: dict[str, Any]) -> dict[str, Any]:
    user = _mapping(value.get("user"))
    places = {
        "auid": _nested(user, "audit", "id"),
        "uid": user.get("id"),
        "euid": _nested(user, "effective", "id"),
        "suid": _nested(user, "saved", "id"),
        "fsuid": _nested(user, "filesystem", "id"),
        "gid": _nested(user, "group", "id"),
    }
    return {name: 4294967295 if number == "unset" else number for name, number in places.items() if number is not None}


def _message(value: dict[str, Any], auditd: dict[str, Any]) -> str:
    process = _mapping(value.get("process"))
    parts = [f"pid={process.get('pid', 0)}"]
    parts += [f"{name}={number}" for name, number in _identities(value).items()]
    session = auditd.get("session")
    parts.append(f"ses={4294967295 if session in (None, 'unset') else session}")
    data = _mapping(auditd.get("data"))
    parts += [f"{name}={encoded(str(text))}" for name, text in data.items() if isinstance(text, (str, int))]
    if auditd.get("result"):
        parts.append(f"res={auditd['result']}")
    return " ".join(parts)
