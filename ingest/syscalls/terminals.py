"""Pseudo-terminals: the one kind of character device that carries data, between the holders of its two ends.

Numbers are those of Documentation/admin-guide/devices.txt: 5:2 is the multiplexer whose opening makes a master, majors
136 to 143 are the slaves. The ioctl that assigns a slave to a master is not audited; openpty(3) opens both
in one process, so a slave belongs to the last unpaired master of its opener or its opener's parent. Since glibc 2.27 it opens
the slave by another ioctl (TIOCGPTPEER): what shows it then is that its descriptor, which no record explains, is copied to
0, 1 or 2 by a process whose controlling terminal is a slave, and not its parent's.
"""

from __future__ import annotations

import re

from ..identity import EntityKind, pipe_id
from ..rules import channels, flows
from ..rules.files import PathRecord
from ..state.host import Host
from ..state.objects import Description, Opened, Tracked
from .call import Call

_MULTIPLEXER = "05:02"
_SLAVE_MAJORS = frozenset(f"{major:02x}" for major in range(136, 144))
_MASTERS_KEPT = 64
_SLAVE = re.compile(r"pts/?(\d{1,7})")
"""The controlling terminal in a SYSCALL record."""
_MINORS, _FIRST_MAJOR = 256, 136


def open_terminal(call: Call, fd: int, path: PathRecord, name: str | None, cloexec: bool) -> bool:
    """Handle the opening of a character device if it is an end of a pseudo-terminal; return whether it was."""
    if path.rdev == _MULTIPLEXER:
        master = Description(Opened.TERMINAL_MASTER, None, call.host.moment, call.evidence)
        channels.hold(call.host, call.image, fd, master, cloexec, call.evidence)
        call.host.masters.append((call.image.pid, master))
        del call.host.masters[:-_MASTERS_KEPT]
        return True
    if path.rdev is None or path.rdev[:2] not in _SLAVE_MAJORS:
        return False
    slave = Description(Opened.PIPE, None, call.host.moment, call.evidence)
    slave.node, slave.sink = _ends(call, path.rdev, name)
    channels.hold(call.host, call.image, fd, slave, cloexec, call.evidence)
    return True


def copy_to_standard(call: Call, fd: int) -> None:
    """Handle the copying of an unknown descriptor to 0, 1 or 2: it may be a slave."""
    terminal = call.record.value("tty")
    match = _SLAVE.fullmatch(terminal or "")
    opener = next((pid for pid, _ in reversed(call.host.masters) if pid in (call.image.pid, call.image.ppid)), None)
    if match is None or opener is None:
        return
    parent = call.host.live.get(opener)
    if parent is not None and parent is not call.image and parent.tty == terminal:
        return
    major, minor = divmod(int(match[1]), _MINORS)
    slave = Description(Opened.PIPE, None, call.host.moment, call.evidence)
    slave.node, slave.sink = _ends(call, f"{_FIRST_MAJOR + major:02x}:{minor:02x}", f"/dev/pts/{match[1]}")
    channels.hold(call.host, call.image, fd, slave, False, call.evidence)


def _ends(call: Call, rdev: str, name: str | None) -> tuple[Tracked, Tracked]:
    """The nodes of a slave: what it reads (the master writes it) and what it writes (the master reads it)."""
    host = call.host
    for place in range(len(host.masters) - 1, -1, -1):
        pid, master = host.masters[place]
        if pid in (call.image.pid, call.image.ppid):
            del host.masters[place]
            to_slave, to_master = host.terminals[rdev] = _new_terminal(host, name)
            master.kind, master.node, master.sink = Opened.PIPE, to_master, to_slave
            master.first = host.moment
            _begin_master(call, master)
            return to_slave, to_master
    if rdev not in host.terminals:
        host.terminals[rdev] = _new_terminal(host, name)
    return host.terminals[rdev]


def _new_terminal(host: Host, name: str | None) -> tuple[Tracked, Tracked]:
    """The two nodes of a terminal. Images that inherited the master hold a channel only from now on, so no flow may be merged
    across these nodes."""
    ends = Tracked(pipe_id(host.name, host.moment, 0)), Tracked(pipe_id(host.name, host.moment, 1))
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
