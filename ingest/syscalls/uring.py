"""Operations of io_uring that the kernel audits (since 5.16): URINGOP records instead of SYSCALL (kernel/auditsc.c,
audit_log_uring).

They have no arguments: a descriptor is known by the result of an opening alone, a directory by its inode. What is read and
written through a ring leaves no record (`audit_skip` of io_uring/opdef.c).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..facts import FlowKind
from . import descriptors as opening
from . import files as names
from . import network
from .call import Call
from .table import Handler

NO_ARGUMENTS = (None, None, None, None)
_STANDARD = 3
"""A result below is a place in a table of the ring (a direct descriptor) rather than a descriptor of the process."""


def _openat(call: Call) -> None:
    """openat, openat2: whether to read or to write only a record of openat2 says; else it may be either."""
    if call.result is not None and call.result < _STANDARD:
        path = call.path()
        if path is not None and (path.inode is not None or path.name is not None):
            file = call.file(path, call.fd(0))
            call.mark_acting()
            moment = call.host.moment
            if path.nametype != "CREATE":
                call.host.emit(FlowKind.READ, file, call.image, moment, moment, call.evidence)
            call.host.emit(FlowKind.WROTE, call.image, file, moment, moment, call.evidence)
        return
    opening.openat2(call)


def _fallocate(call: Call) -> None:
    """fallocate(fd, ...): of a descriptor that no record has."""


HANDLERS: Mapping[str, Handler | None] = MappingProxyType(
    {
        "openat": _openat,
        "openat2": _openat,
        "connect": network.connect,
        "accept": network.accept,
        "socket": network.socket,
        "sendmsg": network.send,
        "sendmsg_zc": network.send,
        "send_zc": network.send,
        "recvmsg": network.receive,
        "renameat": names.renameat,
        "unlinkat": names.unlinkat,
        "mkdirat": names.mkdirat,
        "symlinkat": names.symlinkat,
        "linkat": names.linkat,
        "setxattr": names.chmod,
        "fsetxattr": names.fchmod,
        "ftruncate": None,
        "fallocate": None,
        "bind": None,
        "listen": None,
        "shutdown": None,
        "close": None,
        "statx": None,
        "epoll_ctl": None,
        "splice": None,
        "tee": None,
        "pipe": network.pipe,
        "getxattr": None,
        "fgetxattr": None,
        "msg_ring": None,
        "uring_cmd": None,
        "fixed_fd_install": None,
        "waitid": None,
    }
)
"""By the name of the operation (include/uapi/linux/io_uring.h, IORING_OP_*). None: nothing that its record has moves anything,
or the descriptor that it is about is not in it."""
