"""The attributes of a node as columns: searched ones have their own, those that many processes share are stored once
(`program`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from provenance.ingest.identity import EntityKind
from provenance.store.sqlite.text import pack_json, pack_text, unpack_json, unpack_text

SHARED = frozenset(
    ("argv", "command", "exe", "comm", "cwd", "uid", "euid", "auid", "user", "tty", "container"),
)
_WIDEST = 1 << 63
ATTRIBUTE_COLUMNS = """
entity.pid, program.attributes, program.command, path.text, entity.ip, entity.port, entity.attributes
"""
"""The columns of `Columns`."""
ATTRIBUTE_JOINS = "LEFT JOIN program ON program.key = entity.program LEFT JOIN path ON path.key = entity.path"


class Columns(NamedTuple):
    """Parts of a node's attributes. `program` is JSON, `command` its text; `rest` is JSON of what has no column."""

    pid: int | None
    program: str | None
    command: bytes | None
    path: bytes | None
    ip: bytes | None
    port: int | None
    rest: str | None


def split(kind: EntityKind, attributes: Mapping[str, Any]) -> Columns:
    """Attributes into columns. A value of another type than the column's stays in `rest`."""
    rest = dict(attributes)
    if kind != EntityKind.PROCESS:
        path, ip = _text(rest, "path"), _text(rest, "ip")
        port = _integer(rest, "port")
        return Columns(None, None, None, path, ip, port, pack_json(rest) if rest else None)
    pid = _integer(rest, "pid")
    shared = {name: rest.pop(name) for name in SHARED if name in rest}
    command = _text(shared, "command")
    if not shared and command is None:
        return Columns(pid, None, None, None, None, None, pack_json(rest) if rest else None)
    argv = shared.get("argv")
    if command is not None and isinstance(argv, list) and unpack_text(command).split(" ") == argv:
        shared["argv"] = None
    return Columns(pid, pack_json(shared), command, None, None, None, pack_json(rest) if rest else None)


def join(columns: Columns) -> dict[str, Any]:
    """The attributes that `split` was given, in order of their names."""
    pid, program, command, path, ip, port, rest = columns
    attributes: dict[str, Any] = unpack_json(program) if program is not None else {}
    if command is not None:
        text = attributes["command"] = unpack_text(command)
        if "argv" in attributes and attributes["argv"] is None:
            attributes["argv"] = text.split(" ")
    if pid is not None:
        attributes["pid"] = pid
    if path is not None:
        attributes["path"] = unpack_text(path)
    if ip is not None:
        attributes["ip"] = unpack_text(ip)
    if port is not None:
        attributes["port"] = port
    if rest is not None:
        attributes.update(unpack_json(rest))
    return dict(sorted(attributes.items()))


def _text(attributes: dict[str, Any], name: str) -> bytes | None:
    return pack_text(attributes.pop(name)) if type(attributes.get(name)) is str else None


def _integer(attributes: dict[str, Any], name: str) -> int | None:
    value = attributes.get(name)
    if type(value) is not int or not -_WIDEST <= value < _WIDEST:
        return None
    del attributes[name]
    return value
