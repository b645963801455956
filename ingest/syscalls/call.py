"""The view of a system call that handlers get: its event, its arguments, its paths and addresses."""

from __future__ import annotations

from zlib import crc32

from ..facts import UNKNOWN_DIRECTORY, FlowKind
from ..numbers import number
from ..pyauparse import Columns, Event, Record
from ..pyauparse.values.saddr import SocketAddress, parse_saddr
from ..rules import channels, files
from ..rules.files import PathRecord
from ..state.host import Host
from ..state.objects import Description, FileNode, Image
from .arguments import AT_FDCWD, UNKNOWN_FD, argument_number, descriptor_number

_UNKNOWN_SOCKETS = 256
"""Sockets of a process that are kept apart although no record has their descriptors."""
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


_PATH = Columns("PATH", "item", "name", "inode", "dev", "mode", "ouid", "rdev", "nametype|objtype", text=("name",))
_CWD = Columns("CWD", "cwd", text=("cwd",))
_FD_PAIR = Columns("FD_PAIR", "fd0", "fd1")
_path = tuple.__new__
"""Makes a PathRecord without the Python frame of its own constructor."""


def _is_hexadecimal(text: str) -> bool:
    return text[:1] in _HEXADECIMAL and text[-1:] in _HEXADECIMAL


class Call:
    """One system call: its image, arguments and result. `name` is the name of the call in our table."""

    __slots__ = ("_paths", "args", "event", "evidence", "host", "image", "name", "result")

    def __init__(
        self,
        host: Host,
        event: Event,
        image: Image,
        name: str,
        args: tuple[str | None, ...],
        result: int | None,
        evidence: bytes,
    ) -> None:
        self.host = host
        self.event = event
        self.image = image
        self.name = name
        self.args = args
        self.result = result
        self.evidence = evidence
        self._paths: list[PathRecord] | None = None

    @property
    def record(self) -> Record:
        """The SYSCALL record, or that of an io_uring operation (URINGOP), which has no `arch` and no arguments."""
        record = self.event.first("SYSCALL") or self.event.first("URINGOP")
        assert record is not None
        return record

    def arg(self, place: int) -> int:
        """An argument as an unsigned number, whether the log has it in hexadecimal or by name; 0 when it lacks it."""
        text = self.args[place]
        return (argument_number(text) or 0) if text is not None else 0

    def fd(self, place: int) -> int:
        """An argument as a descriptor: 32 bits with a sign; UNKNOWN_FD when the log lacks it."""
        text = self.args[place]
        return descriptor_number(text) if text is not None else UNKNOWN_FD

    def socket_fd(self) -> int:
        """The socket of the call: its first argument, or, where the log lacks it, a number that stands for it, another one for
        another address. Of calls on one unknown socket nothing joins more than the address."""
        fd = self.fd(0)
        address = self.address() if fd == UNKNOWN_FD else None
        if address is None:
            return fd
        return UNKNOWN_FD + 1 + crc32(repr(address).encode("utf-8", "surrogateescape")) % _UNKNOWN_SOCKETS

    @property
    def paths(self) -> list[PathRecord]:
        """The PATH records in order of their item number."""
        if self._paths is None:
            self._paths = self._read_paths()
        return self._paths

    def _read_paths(self) -> list[PathRecord]:
        found = [_path(PathRecord, row) for row in _PATH.all(self.event)]
        if len(found) > 1:
            found.sort(key=_item)
            if any(path.name is None for path in found):
                return _with_its_name(_without_lower_layer(found))
        return found

    def path(self, *nametypes: str) -> PathRecord | None:
        """The last PATH record of one of these name types; of any but PARENT when none is given."""
        for path in reversed(self.paths):
            if path.nametype in nametypes if nametypes else path.nametype != "PARENT":
                return path
        return None

    def base(self, dirfd: int) -> str | None:
        """The directory that relative names begin at; None when no record tells it."""
        if dirfd != AT_FDCWD:
            entry = self.image.fds.get(dirfd)
            known = entry.description.path if entry is not None else None
            return known or UNKNOWN_DIRECTORY
        row = _CWD.first(self.event)
        cwd = row[0] if row is not None else None
        if cwd is not None:
            self.image.cwd = self.image.root + cwd if self.image.root and cwd != self.image.cwd else cwd
        return self.image.cwd

    def file(self, path: PathRecord, dirfd: int = AT_FDCWD) -> FileNode:
        """The file that a PATH record of this call means."""
        return files.locate(self.host, path, self.name_of(path, dirfd))

    def name_of(self, path: PathRecord, dirfd: int = AT_FDCWD) -> str | None:
        """The absolute name that a PATH record of this call gives, `DIR?/name` below a directory that no record tells; None
        for a record without a name."""
        name = path.name
        if name is None:
            return None
        if name.startswith("/"):
            return files.absolute(self.image, name, None)
        base = self.base(dirfd)
        if base is None or base == UNKNOWN_DIRECTORY:
            base = self._parent_of(path, name) or base
        return files.absolute(self.image, name, base)

    def _parent_of(self, path: PathRecord, name: str) -> str | None:
        """The path of the directory that a file is in, by the inode that its PARENT record has: the name in that record is
        not the directory's when the call had a descriptor for it (kernel/auditsc.c, audit_log_name)."""
        parents = [one for one in self.paths if one.nametype == "PARENT"]
        if not parents or "/" in name:
            return None
        of_new = len(parents) > 1 and path.nametype == "CREATE"
        directory = files.by_inode(self.host, parents[1 if of_new else 0])
        return files.newest_name(directory) if directory is not None else None

    def description(self, fd: int) -> Description | None:
        """The open file description of the image at `fd`."""
        entry = self.image.fds.get(fd)
        return entry.description if entry is not None else None

    def open_file(self, fd: int) -> FileNode | None:
        """The file that the image has open at `fd`."""
        description = self.description(fd)
        node = description.node if description is not None else None
        return node if isinstance(node, FileNode) else None

    def pair(self) -> tuple[int, int] | None:
        """The two descriptors that a FD_PAIR record names."""
        row = _FD_PAIR.first(self.event)
        if row is None:
            return None
        first, second = (number(value) for value in row)
        return (first, second) if first is not None and second is not None else None

    def address(self) -> SocketAddress | None:
        """The socket address of the call. One that is interpreted (`saddr={ saddr_fam=inet ...`) goes to the line's end."""
        record = self.event.first("SOCKADDR")
        value = record.value("saddr") if record is not None else None
        if record is None or value is None:
            return None
        if not _is_hexadecimal(value):
            value = record.raw.partition("saddr=")[2]
        return parse_saddr(value, self.record.value("arch"))

    def mark_acting(self) -> None:
        """Mark that the call has an effect that may depend on data the caller has read. Implies `mark_busy`."""
        self.image.acted = self.host.moment
        self.mark_busy()

    def mark_busy(self) -> None:
        """Mark that the caller does more than prepare an execve, so that the channels it inherited are open."""
        self.image.busy = True
        channels.open_inherited(self.host, self.image)

    def change(self, kind: FlowKind, file: FileNode) -> None:
        """Emit that the call changed a file, at this moment."""
        self.mark_acting()
        self.host.emit(kind, self.image, file, self.host.moment, self.host.moment, self.evidence)


def _without_lower_layer(paths: list[PathRecord]) -> list[PathRecord]:
    """The PATH records without those of the lower layer of an overlay: when it copies a file up (the first write to a file of an
    image) it looks up and creates files on another device, and the kernel records these too, without names."""
    devices = {path.device for path in paths if path.name is not None}
    return [path for path in paths if path.name is not None or not devices or path.device in devices]


def _with_its_name(paths: list[PathRecord]) -> list[PathRecord]:
    """With the name of a new file at its own record: kernels that say no name types put it at that of its directory, twice
    recorded, and the file has none (Enterprise Linux 7.5, linux-audit/audit-userspace#168)."""
    named = [path for path in paths if path.name is not None]
    if len(named) != 1 or any(path.nametype is not None for path in paths):
        return paths
    directory = named[0]
    new = [path for path in paths if path.name is None and not _same_inode(path, directory)]
    twice = any(path is not directory and _same_inode(path, directory) for path in paths)
    if len(new) != 1 or not twice or files.file_type(directory.mode) != files.S_IFDIR:
        return paths
    parent = directory._replace(name=None, nametype="PARENT")
    return [parent, new[0]._replace(name=directory.name, nametype="CREATE")]


def _same_inode(one: PathRecord, other: PathRecord) -> bool:
    return (one.inode, one.device) == (other.inode, other.device)


def _item(path: PathRecord) -> int:
    return number(path.item) or 0
