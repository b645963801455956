"""The form of an alert: its fields, each with the parser that checks its value. Our own JSON format has these fields.

Every other format is mapped onto this form. The body of an alert holds these fields, then `format`, `original` (the complete
text that it was read from) and `unread` (parts that were ignored, and why).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from provenance.alerts import values
from provenance.alerts.alert import Alert
from provenance.errors import InputError

Fields = Mapping[str, Any]
"""The fields of an alert as the mapping of a format gives them, with the values that the product wrote."""

_SIMPLE: Mapping[str, Callable[[Any], Any]] = {
    "source": values.name,
    "id": values.name,
    "title": values.title,
    "severity": values.severity,
    "time": values.time,
    "host": values.name,
    "hosts": values.names,
    "agent": values.name,
    "user": values.name,
    "rule": values.name,
    "event": values.event,
    "techniques": values.names,
}
_PARTS: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "process": {"pid": values.pid, "command": values.text, "exe": values.text, "start": values.time},
    "file": {"path": values.text, "sha256": values.sha256},
    "network": {
        "remote_ip": values.address,
        "remote_port": values.port,
        "local_ip": values.address,
        "local_port": values.port,
        "protocol": values.name,
    },
}
_REQUIRED = ("source", "id", "title")
PATHS = (*_SIMPLE, *(f"{part}.{name}" for part, fields in _PARTS.items() for name in fields))
"""The names of all fields of the form; `process.pid` is the field `pid` of the part `process`."""


def alert_id(source: str, external_id: str) -> str:
    """The id of an alert: `a` and 32 hexadecimal digits, the same for the same (source, external id) everywhere."""
    key = f"{len(source)}:{source}{external_id}".encode("utf-8", "surrogatepass")
    return f"a{blake2b(key, digest_size=16).hexdigest()}"


def alert(fields: Fields, format: str, original: str, strict: bool) -> Alert:
    """The alert with these fields. An invalid value is an error if `strict`; else it is left out, with a remark in `unread`.
    Raises InputError, which names the field."""
    body: dict[str, Any] = {}
    unread: list[str] = list(fields.get("unread", ()))
    for path, parse, value in _given(fields, unread):
        try:
            if parse is values.time and not strict and values.lacks_offset(value):
                _put(body, path, values.time(f"{value.strip()}+00:00"))
                unread.append(f"{path}: {values.quoted(value)} has no offset and is read as UTC")
            else:
                _put(body, path, parse(value))
        except InputError as error:
            if strict or path in _REQUIRED:
                raise InputError(f"{path}: {error}") from error
            unread.append(f"{path}: {error}")
    if "hosts" in body:
        body["hosts"] = [name for name in body["hosts"] if name != body.get("host")]
        body = {name: value for name, value in body.items() if value != []}
    missing = [name for name in _REQUIRED if name not in body]
    if missing:
        raise InputError(f"missing fields: {', '.join(missing)}")
    body |= {"format": format, "original": original} | ({"unread": unread} if unread else {})
    return Alert(alert_id(body["source"], body["id"]), body["source"], body["id"], body["title"], body)


def _given(fields: Fields, unread: list[str]) -> Iterator[tuple[str, Callable[[Any], Any], Any]]:
    for name, value in fields.items():
        if name in _SIMPLE:
            if value is not None:
                yield name, _SIMPLE[name], value
        elif name in _PARTS:
            yield from _given_part(name, value, unread)
        elif name != "unread":
            unread.append(f"{values.quoted(name)}: unknown field")


def _given_part(part: str, value: Any, unread: list[str]) -> Iterator[tuple[str, Callable[[Any], Any], Any]]:
    if value is None:
        return
    if not isinstance(value, Mapping):
        yield part, _reject_part, value
        return
    for name, item in value.items():
        if name not in _PARTS[part]:
            unread.append(f"{part}.{values.quoted(name)}: unknown field")
        elif item is not None:
            yield f"{part}.{name}", _PARTS[part][name], item


def _reject_part(value: Any) -> Any:
    raise InputError(f"{values.quoted(value)} is not a JSON object")


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    part, _, name = path.rpartition(".")
    (body.setdefault(part, {}) if part else body)[name] = value
