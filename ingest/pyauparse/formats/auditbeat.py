"""Auditbeat's JSON (elastic/beats, auditd module): one event a document, records merged and values interpreted.

auditbeat drops the raw records unless it is configured to send them (`include_raw_message`): SYSCALL, EXECVE, CWD, PATH,
SOCKADDR and the others of a call are rebuilt from the fields that hold their values. The field names depend on the version:
6.x has `event.type`, `process.exe`, `process.cwd`, `process.ppid`, `user.uid`; since 7.0 the names are those of ECS; since 8.0 a
value that is unset or equal to another one is left out.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ..headers import Header
from .text import address, at, encoded, enriched, mapping

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_UNSET = 4294967295
_IDS = (
    ("auid", ("audit", "id"), ("auid",)),
    ("uid", ("id",), ("uid",)),
    ("gid", ("group", "id"), ("gid",)),
    ("euid", ("effective", "id"), ("euid",)),
    ("suid", ("saved", "id"), ("suid",)),
    ("fsuid", ("filesystem", "id"), ("fsuid",)),
    ("egid", ("effective", "group", "id"), ("egid",)),
    ("sgid", ("saved", "group", "id"), ("sgid",)),
    ("fsgid", ("filesystem", "group", "id"), ("fsgid",)),
)
"""The kernel's name of an id, where ECS has it, and where 6.x had it, both below `user`."""
_NAMES = (("AUID", ("audit", "name"), "auid"), ("UID", ("name",), "uid"), ("EUID", ("effective", "name"), "euid"))
_CALL = ("arch", "syscall", "exit", "a0", "a1", "a2", "a3", "tty")
_PARTS = (
    ("FD_PAIR", ("fd0", "fd1")),
    ("MMAP", ("fd", "flags")),
    ("OBJ_PID", ("opid", "oauid", "ouid", "oses", "ocomm")),
    ("OPENAT2", ("oflag", "mode", "resolve")),
    ("TIME_INJOFFSET", ("sec", "nsec")),
)
"""Records of a call whose fields are merged into `auditd.data`, and which fields show that there was one."""
_PATH_TEXTS = ("name",)
_MODULE_CALLS = ("init_module", "finit_module", "delete_module")


def recognises(value: dict[str, Any]) -> bool:
    """Whether a JSON object is a document of auditbeat's auditd module."""
    auditd = value.get("auditd")
    return isinstance(auditd, dict) and "@timestamp" in value and "sequence" in auditd


def node_of(value: dict[str, Any]) -> str | None:
    """The host that a document of any beat is about."""
    for path in (
        ("host", "name"),
        ("host", "hostname"),
        ("agent", "hostname"),
        ("beat", "hostname"),
        ("agent", "name"),
    ):
        name = at(value, *path)
        if isinstance(name, str) and name:
            return name
    return None


def read(value: dict[str, Any]) -> list[Header] | None:
    """The records of a document; None when its time or serial can be none. A time without a zone is UTC."""
    auditd = value["auditd"]
    try:
        when = datetime.fromisoformat(str(value["@timestamp"]).replace("Z", "+00:00"))
        serial = int(auditd["sequence"])
    except (ValueError, TypeError, OverflowError):
        return None
    if not 0 <= serial <= 0xFFFFFFFF:
        return None
    ms = (when.replace(tzinfo=when.tzinfo or UTC) - _EPOCH) // _MILLISECOND
    node = node_of(value)
    return [Header(node, type, ms, serial, body) for type, body in _bodies(value, auditd)]


def named(value: dict[str, Any], headers: list[Header]) -> list[Header]:
    """Records that a document holds as they were, with what it says of their host and users."""
    node, names = node_of(value), enriched(_names(value))
    return [
        header._replace(
            node=header.node or node,
            body=header.body + names if header.type == "SYSCALL" and "\x1d" not in header.body else header.body,
        )
        for header in headers
    ]


def _bodies(value: dict[str, Any], auditd: dict[str, Any]) -> list[tuple[str, str]]:
    data = mapping(auditd.get("data"))
    kind = _kind(value, auditd)
    if not _is_present(data.get("syscall")):
        return [(kind or "UNKNOWN", _message(value, auditd))]
    found = [("SYSCALL", _syscall(value, auditd, data))]
    if kind not in ("SYSCALL", ""):
        found.append((kind, _message(value, auditd)))
    found += _arguments(value, data)
    cwd = at(value, "process", "working_directory") or at(value, "process", "cwd")
    if cwd:
        found.append(("CWD", f"cwd={encoded(str(cwd))}"))
    paths = auditd.get("paths")
    found.extend(("PATH", _path(path)) for path in (paths if isinstance(paths, list) else ()) if isinstance(path, dict))
    socket = data.get("socket") or auditd.get("socket")
    if isinstance(socket, dict):
        found.append(("SOCKADDR", f"saddr={address(socket)}"))
    found += _merged(data)
    title = at(value, "process", "title")
    if isinstance(title, str) and title:
        found.append(("PROCTITLE", f"proctitle={encoded(title)}"))
    return found


def _kind(value: dict[str, Any], auditd: dict[str, Any]) -> str:
    """The type of the record that gave the document its kind. In 6.x `event.type` has it, which ECS uses for a list."""
    kind = auditd.get("message_type") or auditd.get("record_type") or at(value, "event", "type")
    text = kind.upper() if isinstance(kind, str) else ""
    return text if text.replace("_", "").isalnum() else ""


def _is_present(value: Any) -> bool:
    return isinstance(value, (str, int)) and value != ""


def _arguments(value: dict[str, Any], data: dict[str, Any]) -> list[tuple[str, str]]:
    words = at(value, "process", "args")
    if not isinstance(words, list) or str(data["syscall"]) not in ("execve", "execveat", "59", "322", "11", "221"):
        return []
    return [
        (
            "EXECVE",
            " ".join((f"argc={len(words)}", *(f"a{place}={encoded(str(word))}" for place, word in enumerate(words)))),
        )
    ]


def _path(path: dict[str, Any]) -> str:
    return " ".join(
        f"{name}={encoded(str(text)) if name in _PATH_TEXTS else text}"
        for name, text in path.items()
        if not isinstance(text, (dict, list))
    )


def _merged(data: dict[str, Any]) -> list[tuple[str, str]]:
    found = [
        (type, " ".join(f"{name}={_field(name, data[name])}" for name in fields if _is_present(data.get(name))))
        for type, fields in _PARTS
        if _is_present(data.get(fields[0]))
    ]
    if str(data["syscall"]) in _MODULE_CALLS and _is_present(data.get("name")):
        found.append(("KERN_MODULE", f"name={encoded(str(data['name']))}"))
    return found


def _field(name: str, value: Any) -> str:
    return encoded(str(value)) if name == "ocomm" else str(value)


def _syscall(value: dict[str, Any], auditd: dict[str, Any], data: dict[str, Any]) -> str:
    process = mapping(value.get("process"))
    parts = [f"{name}={data[name]}" for name in ("arch", "syscall") if _is_present(data.get(name))]
    result = auditd.get("result")
    if result in ("success", "fail"):
        parts.append(f"success={'yes' if result == 'success' else 'no'}")
    parts += [f"{name}={data[name]}" for name in ("exit", "a0", "a1", "a2", "a3") if _is_present(data.get(name))]
    parts += [f"ppid={_parent(process)}", f"pid={process['pid']}"] if _is_present(process.get("pid")) else []
    ids = _identities(value)
    if "uid" in ids:
        ids.setdefault("euid", ids["uid"])
    parts += [f"{name}={number}" for name, number in ids.items()]
    parts.append(f"tty={data.get('tty') or '(none)'} ses={_session(auditd)}")
    program = process.get("executable") or process.get("exe")
    parts += [
        f"{field}={encoded(str(text))}" for field, text in (("comm", process.get("name")), ("exe", program)) if text
    ]
    return " ".join(parts) + enriched(_names(value))


def _parent(process: dict[str, Any]) -> Any:
    parent = at(process, "parent", "pid")
    return parent if _is_present(parent) else process.get("ppid") or 0


def _session(auditd: dict[str, Any]) -> Any:
    session = auditd.get("session")
    return _UNSET if session in (None, "", "unset") else session


def _identities(value: dict[str, Any]) -> dict[str, Any]:
    user = mapping(value.get("user"))
    found = {}
    for name, place, former in _IDS:
        number = at(user, *place)
        if number is None:
            number = at(user, *former)
        if _is_present(number):
            found[name] = _UNSET if number == "unset" else number
    if "uid" in found:
        found.setdefault("auid", _UNSET)
    return found


def _names(value: dict[str, Any]) -> dict[str, str]:
    user = mapping(value.get("user"))
    found = {}
    for name, place, former in _NAMES:
        text = at(user, *place) or at(user, "name_map", former)
        if isinstance(text, str):
            found[name] = text
    return found


def _message(value: dict[str, Any], auditd: dict[str, Any]) -> str:
    """A record of the kernel or a program alone: `acct`, `op`, `terminal` are in `data`, the others where ECS puts them."""
    process = mapping(value.get("process"))
    parts = [f"pid={process['pid']}"] if _is_present(process.get("pid")) else []
    parts += [f"{name}={number}" for name, number in _identities(value).items()]
    parts.append(f"ses={_session(auditd)}")
    data = mapping(auditd.get("data"))
    call = _CALL if data.get("syscall") else ()
    parts += [f"{name}={encoded(str(text))}" for name, text in data.items() if _is_present(text) and name not in call]
    other_fields = {
        "exe": process.get("executable") or process.get("exe"),
        "comm": process.get("name"),
        "addr": at(value, "source", "ip"),
    }
    parts += [
        f"{name}={encoded(str(text))}" for name, text in other_fields.items() if _is_present(text) and name not in data
    ]
    if auditd.get("result"):
        parts.append(f"res={auditd['result']}")
    return " ".join(parts) + enriched(_names(value))
