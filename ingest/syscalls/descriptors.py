"""Opening, duplicating and closing descriptors, and the records that show data moving through them."""

from __future__ import annotations

from ..facts import FlowKind
from ..rules import channels, files, inferred_threads, ledgers
from ..rules.files import PathRecord
from ..rules.handover import STANDARD
from ..state.objects import Description, DescriptionKind, FileNode
from . import terminals
from .arguments import AT_FDCWD, argument_number
from .call import Call

O_ACCMODE = 0o3
O_WRONLY = 0o1
O_RDWR = 0o2
O_CREAT = 0o100
O_TRUNC = 0o1000
O_CLOEXEC = 0o2000000
O_PATH = 0o10000000
O_TMPFILE = 0o20000000
"""Values of include/uapi/asm-generic/fcntl.h, which x86, arm, s390, ppc and riscv share. O_TMPFILE is the kernel's
__O_TMPFILE, without O_DIRECTORY's bit, which they do not share."""

_FILE, _NOTHING = DescriptionKind.FILE, DescriptionKind.NOTHING
"""Looking a member up in its enumeration costs as much as half of opening a file."""
F_DUPFD = 0
F_DUPFD_CLOEXEC = 1030
F_SETFD = 2
CLOSE_RANGE_CLOEXEC = 4
_UNSIGNED = 0xFFFFFFFF


def open_at(call: Call, dirfd: int | None, flags: int) -> None:
    """open, openat, creat: `dirfd` is the place of the directory's argument, `flags` are the open flags."""
    fd = call.result
    path = call.path()
    if fd is None or path is None:
        return
    at = AT_FDCWD if dirfd is None else call.fd(dirfd)
    evidence = call.evidence
    if flags & O_TMPFILE:
        _hold(call, fd, files.new_unnamed(call.host, path), path, flags, None)
        return
    name = call.name_of(path, at)
    if name is None and path.inode is None:
        channels.close(call.host, call.image, fd)
        return
    pseudo = name is not None and name.startswith(files.DESCRIPTOR_FOLDERS) and not flags & O_PATH
    if pseudo and _open_again(call, fd, name or "", bool(flags & O_CLOEXEC)):
        return
    if not files.carries(path.mode):
        if not terminals.open_terminal(call, fd, path, name, bool(flags & O_CLOEXEC)):
            description = Description(_NOTHING, None, call.host.moment, evidence)
            channels.hold(call.host, call.image, fd, description, bool(flags & O_CLOEXEC), evidence)
        return
    file = files.locate(call.host, path, name)
    empties = flags & O_TRUNC or (flags & O_CREAT and path.nametype == "CREATE")
    if empties and not flags & (O_WRONLY | O_RDWR):
        call.host.emit(FlowKind.WROTE, call.image, file, call.host.moment, call.host.moment, evidence)
    _hold(call, fd, file, path, flags, name)


def _open_again(call: Call, fd: int, name: str, cloexec: bool) -> bool:
    """Open what a name stands for that is a descriptor's (`/dev/fd/63`): the same pipe, socket or terminal. A regular file is
    known by the inode of its record, and is opened anew. False when the name is no descriptor's, or that is not known."""
    named = files.descriptor_named(name)
    if named is None:
        return False
    pid, number = named
    holder = call.image if pid is None else call.host.live.get(pid)
    entry = holder.fds.get(number) if holder is not None else None
    if entry is None or entry.description.node is None or entry.description.kind is DescriptionKind.FILE:
        return False
    if holder is call.image:
        channels.duplicate(call.host, call.image, number, fd, cloexec, call.evidence)
    else:
        channels.hold(call.host, call.image, fd, entry.description, cloexec, call.evidence)
    return True


def _hold(call: Call, fd: int, file: FileNode, path: PathRecord, flags: int, name: str | None) -> None:
    mode = flags & O_ACCMODE
    host, evidence = call.host, call.evidence
    description = Description(_FILE, file, host.moment, evidence)
    description.path = name
    description.readable = mode != O_WRONLY and not (
        name in ledgers.LEDGERS and ledgers.reads_own_entry(call.image, path)
    )
    description.writable = mode in (O_WRONLY, O_RDWR) and files.file_type(path.mode) != files.S_IFDIR
    if description.writable:
        call.image.acted = host.moment
    if flags & O_PATH:
        description.kind = _NOTHING
        description.node = None
    channels.hold(host, call.image, fd, description, flags & O_CLOEXEC != 0, evidence)


def open_(call: Call) -> None:
    """open(path, flags, mode)."""
    open_at(call, None, call.arg(1))


def openat(call: Call) -> None:
    """openat(dirfd, path, flags, mode)."""
    open_at(call, 0, call.arg(2))


def openat2(call: Call) -> None:
    """openat2(dirfd, path, how, size): the flags are in memory; kernels since 5.16 add an OPENAT2 record with them."""
    record = call.event.first("OPENAT2")
    flags = argument_number(record.value("oflag") or "", 8) if record is not None else None
    open_at(call, 0, flags if flags is not None else O_RDWR)


def creat(call: Call) -> None:
    """creat(path, mode)."""
    open_at(call, None, O_CREAT | O_WRONLY | O_TRUNC)


def close(call: Call) -> None:
    """close(fd). Once a log shows close, descriptors are believed open until it (channel rule 3)."""
    call.host.records_close = True
    channels.close(call.host, call.image, call.fd(0))


def close_range(call: Call) -> None:
    """close_range(first, last, flags)."""
    first, last = call.arg(0) & _UNSIGNED, call.arg(1) & _UNSIGNED
    for fd in [fd for fd in call.image.fds if first <= fd <= last]:
        if call.arg(2) & CLOSE_RANGE_CLOEXEC:
            table = call.image.table()
            table[fd] = table[fd]._replace(cloexec=True)
        else:
            channels.close(call.host, call.image, fd)


def dup(call: Call) -> None:
    """dup(fd)."""
    if call.result is not None:
        inferred_threads.by_descriptor(call.host, call.image, call.fd(0), call.evidence)
        channels.duplicate(call.host, call.image, call.fd(0), call.result, False, call.evidence)


def dup2(call: Call) -> None:
    """dup2(old, new)."""
    _copy_to(call, False)


def dup3(call: Call) -> None:
    """dup3(old, new, flags)."""
    _copy_to(call, bool(call.arg(2) & O_CLOEXEC))


def _is_outdated(call: Call, fd: int) -> bool:
    """Whether a number may name something else than the log knows: a file that another process opened, and that was closed
    without a record."""
    description = call.image.fds[fd].description
    of_another = description.first < call.image.birth
    return not call.host.records_close and of_another and description.kind in (_FILE, _NOTHING)


def _copy_to(call: Call, cloexec: bool) -> None:
    old, new = call.fd(0), call.fd(1)
    if new in STANDARD and (old not in call.image.fds or _is_outdated(call, old)):
        terminals.copy_to_standard(call, old)
    inferred_threads.by_descriptor(call.host, call.image, old, call.evidence)
    channels.duplicate(call.host, call.image, old, new, cloexec, call.evidence)


def fcntl(call: Call) -> None:
    """fcntl(fd, command, argument): duplication and the close-on-exec flag."""
    command = call.arg(1)
    if command in (F_DUPFD, F_DUPFD_CLOEXEC) and call.result is not None:
        inferred_threads.by_descriptor(call.host, call.image, call.fd(0), call.evidence)
        channels.duplicate(call.host, call.image, call.fd(0), call.result, command == F_DUPFD_CLOEXEC, call.evidence)
    elif command == F_SETFD and call.fd(0) in call.image.fds:
        table = call.image.table()
        table[call.fd(0)] = table[call.fd(0)]._replace(cloexec=bool(call.arg(2) & 1))


def read(call: Call) -> None:
    """read, pread64, readv, preadv, preadv2: (fd, ...)."""
    if call.result:
        channels.data_moved(call.host, call.image, call.fd(0), True, call.evidence)


def write(call: Call) -> None:
    """write, pwrite64, writev, pwritev, pwritev2: (fd, ...)."""
    if call.result:
        channels.data_moved(call.host, call.image, call.fd(0), False, call.evidence)


def vmsplice(call: Call) -> None:
    """vmsplice(fd, ...): memory into the writing end of a pipe, or out of the reading end."""
    description = call.description(call.fd(0))
    if call.result and description is not None:
        channels.data_moved(call.host, call.image, call.fd(0), not description.writable, call.evidence)


def transfer(call: Call, source: int, target: int) -> None:
    """sendfile, copy_file_range, splice, tee: from one descriptor to another, through the caller."""
    if call.result:
        channels.data_moved(call.host, call.image, call.fd(source), True, call.evidence)
        channels.data_moved(call.host, call.image, call.fd(target), False, call.evidence)


def sendfile(call: Call) -> None:
    """sendfile(out, in, offset, count)."""
    transfer(call, 1, 0)


def copy(call: Call) -> None:
    """copy_file_range, splice: (in, offset, out, offset, ...)."""
    transfer(call, 0, 2)


def tee(call: Call) -> None:
    """tee(in, out, length, flags)."""
    transfer(call, 0, 1)


def truncate(call: Call) -> None:
    """truncate(path, length)."""
    path = call.path()
    if path is not None:
        call.change(FlowKind.WROTE, call.file(path))


def ftruncate(call: Call) -> None:
    """ftruncate(fd, length)."""
    file = call.open_file(call.fd(0))
    if file is not None:
        call.change(FlowKind.WROTE, file)


def memfd_create(call: Call) -> None:
    """memfd_create(name, flags): a file without a name, which execveat or /proc/self/fd can run."""
    if call.result is None:
        return
    host = call.host
    file = files.new_in_memory(host)
    description = Description(DescriptionKind.FILE, file, host.moment, call.evidence)
    channels.hold(host, call.image, call.result, description, bool(call.arg(1) & 1), call.evidence)
