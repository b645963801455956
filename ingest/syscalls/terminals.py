"""Pseudo-terminals: the one kind of character device that carries data, between the holders of its two ends.

Numbers are those of Documentation/admin-guide/devices.txt: 5:2 is the multiplexer whose opening makes a master, majors
136 to 143 are the slaves. The ioctl that assigns a slave to a master is not audited; openpty(3) opens both
in one process, so a slave belongs to the last unpaired master of its opener or its opener's parent. Where the log has the PATH
record of the file that the kernel creates in devpts for a new master, that record has the slave's number. Since glibc 2.27
openpty opens the slave by another ioctl (TIOCGPTPEER): what shows it then is that its descriptor, which no record explains, is
copied to 0, 1 or 2 by a process whose controlling terminal is a slave, and not its parent's.
"""

from __future__ import annotations

import re

from ..identity import EntityKind, pipe_id
from ..rules import channels, flows
from ..rules.files import PathRecord
from ..rules.handover import MASTER, STANDARD
from ..state.host import Host
from ..state.objects import Description, DescriptionKind, GraphObject
from .call import Call

_MULTIPLEXER = "05:02"
_SLAVE_MAJORS = frozenset(f"{major:02x}" for major in range(136, 144))
_MASTERS_KEPT = 64
_SLAVE = re.compile(r"pts/?(\d{1,7})")
"""The controlling terminal in a SYSCALL record."""
_MINORS, _FIRST_MAJOR = 256, 136


def open_terminal(call: Call, fd: int, path: PathRecord, name: str | None, cloexec: bool) -> bool:
    """Handle the opening of a character device if it is an end of a pseudo-terminal; return whether it was."""
    if any(one.rdev == _MULTIPLEXER for one in call.paths):
        _open_master(call, fd, path.rdev if _is_slave(path.rdev) else None, cloexec)
        return True
    if path.rdev is None or not _is_slave(path.rdev):
        return False
    slave = Description(DescriptionKind.PIPE, None, call.host.moment, call.evidence)
    slave.node, slave.sink = _ends(call, path.rdev, name)
    channels.hold(call.host, call.image, fd, slave, cloexec, call.evidence)
    return True


def _open_master(call: Call, fd: int, slave: str | None, cloexec: bool) -> None:
    """Open a master, whose slave a second PATH record names (the file that the kernel creates in devpts), or later records."""
    host = call.host
    master = Description(DescriptionKind.TERMINAL_MASTER, None, host.moment, call.evidence)
    master.path = MASTER
    if slave is None:
        host.masters.append((call.image.pid, master))
        del host.masters[:-_MASTERS_KEPT]
    else:
        to_slave, to_master = host.terminals[slave] = _new_terminal(host, _name(slave))
        master.kind, master.node, master.sink = DescriptionKind.PIPE, to_master, to_slave
    channels.hold(host, call.image, fd, master, cloexec, call.evidence)


def _is_slave(rdev: str | None) -> bool:
    return rdev is not None and rdev[:2] in _SLAVE_MAJORS


def _name(rdev: str) -> str | None:
    """The path of a slave by its device number; None for an invalid number."""
    try:
        major, minor = (int(part, 16) for part in rdev.split(":"))
    except ValueError:
        return None
    return f"/dev/pts/{(major - _FIRST_MAJOR) * _MINORS + minor}"


def copy_to_standard(call: Call, fd: int) -> None:
    """Handle the copying of an unknown descriptor to 0, 1 or 2: it may be the slave of the process's terminal, if the process or
    its parent holds the master, and none of the three is this slave already."""
    match = _SLAVE.fullmatch(call.record.value("tty") or "")
    if match is None:
        return
    major, minor = divmod(int(match[1]), _MINORS)
    rdev = f"{_FIRST_MAJOR + major:02x}:{minor:02x}"
    known = call.host.terminals.get(rdev)
    standard = [entry.description.node for number in STANDARD if (entry := call.image.fds.get(number)) is not None]
    if known is not None and known[0] in standard:
        return
    if not (_opener_has_another(call, match[0]) if known is None else _holds_master(call, known[0])):
        return
    slave = Description(DescriptionKind.PIPE, None, call.host.moment, call.evidence)
    slave.node, slave.sink = _ends(call, rdev, f"/dev/pts/{match[1]}")
    channels.hold(call.host, call.image, fd, slave, False, call.evidence)


def _opener_has_another(call: Call, terminal: str) -> bool:
    """Whether the calling process or its parent opened a master without a known slave, and has another terminal itself."""
    line = _pair(call)
    opener = next((pid for pid, _ in reversed(call.host.masters) if pid in line), None)
    image = call.host.live.get(opener) if opener is not None else None
    return opener is not None and not (image is not None and image is not call.image and image.tty == terminal)


def _pair(call: Call) -> tuple[int, int | None]:
    """The pids of the calling process and its parent."""
    return call.image.pid, call.image.ppid


def _holds_master(call: Call, to_slave: GraphObject) -> bool:
    """Whether the calling process or its parent holds the master that writes to a slave."""
    images = filter(None, (call.host.live.get(pid or -1) for pid in _pair(call)))
    held = (entry.description for image in images for entry in image.fds.values())
    return any(description.path == MASTER and description.sink is to_slave for description in held)


def _ends(call: Call, rdev: str, name: str | None) -> tuple[GraphObject, GraphObject]:
    """The nodes of a slave: what it reads (the master writes it) and what it writes (the master reads it)."""
    host, line = call.host, _pair(call)
    for place in range(len(host.masters) - 1, -1, -1):
        pid, master = host.masters[place]
        if pid in line:
            del host.masters[place]
            to_slave, to_master = host.terminals[rdev] = _new_terminal(host, name)
            master.kind, master.node, master.sink = DescriptionKind.PIPE, to_master, to_slave
            master.first = host.moment
            _begin_master(call, master)
            return to_slave, to_master
    if rdev not in host.terminals:
        host.terminals[rdev] = _new_terminal(host, name)
    return host.terminals[rdev]


def _new_terminal(host: Host, name: str | None) -> tuple[GraphObject, GraphObject]:
    """The two nodes of a terminal. Images that inherited the master hold a channel only from now on, so no flow may be merged
    across these nodes."""
    ends = GraphObject(pipe_id(host.name, host.moment, 0)), GraphObject(pipe_id(host.name, host.moment, 1))
    for node in ends:
        node.shared = True
        host.describe(EntityKind.PIPE, node.id, host.moment, {"type": "pty", "path": name})
    return ends


def _begin_master(call: Call, master: Description) -> None:
    for image in {call.image, call.host.live.get(call.image.ppid or -1)}:
        if image is None or image.inherited or master in image.channels:
            continue
        refs = sum(1 for entry in image.fds.values() if entry.description is master and not entry.latent)
        if refs:
            flows.begin(call.host, image, master, call.host.moment, refs, call.evidence)
