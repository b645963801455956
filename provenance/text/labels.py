"""Labels of nodes: one line of visible text for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from provenance.ingest.facts import UNKNOWN_DIRECTORY, Name
from provenance.ingest.hashes import is_hash
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.escape import visible

_INTERPRETER = re.compile(r"((ba|da|z|k)?sh|python[\d.]*|perl[\d.]*|ruby[\d.]*|php[\d.]*|node|nodejs|lua[\d.]*)")

_PROGRAM = ("command", "exe", "comm")
"""The attributes that name a process's program, the fullest first."""
_COMM = 15
_PARTS = re.compile(r"[-.]")
"""What separates the parts of a program's name, of which an alternative has one: `x86_64-linux-gnu-gcc-12`, `vim.basic`."""
_JOINTS = {"later": " (later ", "also": " (also "}
"""How the label of a file joins its first name to its last: one that replaced it, or one that it has beside it."""
_TWO_NAMES = re.compile(r"(?P<first>.*?) \((?P<how>later|also) (?P<last>.*)\)", re.DOTALL)
_SCRIPT = re.compile(r"[^/;&|<>()\"'$`]*/[^;&|<>()\"'$`]*")
"""A path among the arguments of an interpreter, as opposed to a program text in which there is a slash."""


LOGIN = "login"
"""The protocol of an address that a record of a login names, without a connection."""


def label(node: Node) -> str:
    """The label of a node: a process's command line, a file's path, a peer's address, a session's number and user."""
    return visible(_NAMES[node.kind](node))


def paths(node: Node) -> list[str]:
    """Every path that a file ever had, in order of time, without duplicates, with the bytes of the log."""
    if node.names and (known := dated_paths(node)):
        return list(dict.fromkeys(name.path for name in known))
    first = node.attributes.get("path")
    return [first] if first else []


def short_name(node: Node) -> str:
    """The name of a process's program, with the script it interprets: `mariadbd`, `python3 /srv/app.py`; other
    labels, and `pid 7` for a process whose program no record names, whole."""
    if node.kind is not EntityKind.PROCESS or not any(map(node.attributes.get, _PROGRAM)):
        return label(node)
    first, *rest = label(node).split(" ")
    name = first.rsplit("/", 1)[-1] or first
    if not _INTERPRETER.fullmatch(name):
        return name.rstrip(":")
    script = next((word for word in rest if word and not word.startswith("-")), "")
    return f"{name} {script}" if _SCRIPT.fullmatch(script) else name


def is_interpreter(node: Node) -> bool:
    """Whether a process's program runs what it reads: a shell, Python, Perl and the like."""
    first = label(node).split(" ", 1)[0]
    return _INTERPRETER.fullmatch(first.rsplit("/", 1)[-1].lstrip("-")) is not None


def assumed_name(node: Node) -> str:
    """The name that a process gave itself as the first word of its command line, though neither its program nor the file by which
    it was started has it (`exec -a`): empty for all others. comm is the name of that file, or of the script that it runs, up to
    15 characters (begin_new_exec in fs/exec.c). Case does not count: cron calls its children CRON."""
    argv, exe = node.attributes.get("argv"), str(node.attributes.get("exe") or "")
    comm = str(node.attributes.get("comm") or "")
    if not argv or not exe or not comm or node.attributes.get("forked"):
        return ""
    given = str(argv[0])
    name, program = (_base(text).lower() for text in (given.split(" ", 1)[0].rstrip(":"), exe))
    known = {program, *_PARTS.split(program)}
    is_script = len(argv) > 1 and _base(str(argv[1]))[:_COMM] == comm
    is_known = name in known or name[:_COMM] == comm.lower() or (name and program.startswith(name)) or is_script
    return "" if is_known else given


def _base(path: str) -> str:
    return path.rsplit("/", 1)[-1].lstrip("-")


def is_unknown_client(node: Node) -> bool:
    """Whether a node is the peer of an accepted local connection of which no record says who it is."""
    return node.kind is EntityKind.ENDPOINT and not node.attributes.keys() & {"ip", "path"}


def dated_paths(node: Node) -> list[Name]:
    """The paths of a file in order, each with the first and last moment it is known for. If the first record of a file is of
    its renaming, both are known from then on: the one that is known for longer comes last."""
    known = [name for name in node.names if not is_hash(name.path)]
    return known if len(known) < 2 else sorted(known, key=lambda name: (name.first, name.last))


def dated_hashes(node: Node) -> list[Name]:
    """The hashes of a file's content that the log records, each with its first and last moment."""
    return [name for name in node.names if is_hash(name.path)]


def _process(node: Node) -> str:
    attributes = node.attributes
    if assumed := assumed_name(node):
        rest = " ".join(map(str, attributes["argv"][1:]))
        return f"{attributes['exe']} (calls itself {assumed}) {rest}".rstrip()
    for name in _PROGRAM:
        if attributes.get(name):
            return str(attributes[name])
    return f"pid {attributes.get('pid', '?')}"


class FileLabel(NamedTuple):
    """The parts of a file's label: its first name, its last if it had more than one, and whether it was renamed to that."""

    first: str
    last: str = ""
    is_renamed: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The names."""
        return frozenset((self.first, self.last)) - {""}


def file_label(text: str) -> FileLabel:
    """The parts of the label of a file (`/tmp/x (later /tmp/y)`); other labels have one name."""
    match = _TWO_NAMES.fullmatch(text) if text.endswith(")") else None  # most names end otherwise, and this is faster
    return FileLabel(text) if match is None else FileLabel(match["first"], match["last"], match["how"] == "later")


def _file(node: Node) -> str:
    names = [_unlike_a_joint(path) for path in paths(node) if not _is_part_of_another(path, node)]
    if not names:
        return f"unnamed file, inode {node.attributes.get('inode', '?')}"
    if len(names) == 1:
        return names[0]
    return f"{names[0]}{_JOINTS['later' if _is_renamed(node) else 'also']}{names[-1]})"


def _unlike_a_joint(path: str) -> str:
    """A path in which nothing reads as the words between the two names of a label."""
    for joint in _JOINTS.values():
        path = path.replace(joint, joint.replace("(", "\\x28"))
    return path


def _is_part_of_another(path: str, node: Node) -> bool:
    """Whether another name of a file says more of the same place: its folder, which is unknown in this one, or the folder that
    a link at the root leads to (`/bin` to `/usr/bin`)."""
    known, rest = paths(node), path.removeprefix(UNKNOWN_DIRECTORY)
    return any(other != path and other.endswith(rest) for other in known) if rest != path else f"/usr{path}" in known


def _is_renamed(node: Node) -> bool:
    """Whether a call took a file's first name away and gave it another: the first name is known until the moment from which
    the other is. A link leaves the first name, and a mount or a link of a folder shows it at any time (rules/files.py)."""
    first, *rest = dated_paths(node)
    return any(first.last == name.first for name in rest)


def _endpoint(node: Node) -> str:
    attributes = node.attributes
    if "path" in attributes:
        return f"unix:{attributes['path']}"
    if is_unknown_client(node):
        return "unknown local client"
    ip, port, protocol = (attributes.get(name) for name in ("ip", "port", "protocol"))
    address = f"[{ip}]" if ip and ":" in ip else str(ip)
    where = address if port in (None, 0) else f"{address}:{port}"
    if protocol == LOGIN:
        return f"{LOGIN} from {where}"
    return where if protocol in (None, "ip") else f"{where}/{protocol}"


def _pipe(node: Node) -> str:
    type_, path = node.attributes.get("type", "pipe"), node.attributes.get("path")
    return f"{type_} {path}" if path else str(type_)


def _session(node: Node) -> str:
    attributes = node.attributes
    who = attributes.get("user") or f"uid {attributes.get('auid', '?')}"
    where = attributes.get("address")
    return f"session {attributes.get('ses', '?')} of {who}" + (f" from {where}" if where else "")


_NAMES: Mapping[EntityKind, Callable[[Node], str]] = {
    EntityKind.PROCESS: _process,
    EntityKind.FILE: _file,
    EntityKind.ENDPOINT: _endpoint,
    EntityKind.PIPE: _pipe,
    EntityKind.SESSION: _session,
}
