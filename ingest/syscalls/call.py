"""The view of a system call that handlers get: its event, its arguments, its paths and addresses."""

from __future__ import annotations

from ..facts import FlowKind
from ..numbers import number
from ..pyauparse import Columns, Event, Record
from ..pyauparse.values.saddr import SocketAddress, parse_saddr
from ..rules import channels, files
from ..rules.files import PathRecord
from ..state.host import Host
from ..state.objects import Description, FileNode, Image
from .arguments import AT_FDCWD, argument_number, descriptor_number

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
        """The SYSCALL record."""
        record = self.event.first("SYSCALL")
        assert record is not None
        return record

    def arg(self, place: int) -> int:
        """An argument as an unsigned number, whether the log has it in hexadecimal or by name; 0 when it lacks it."""
        text = self.args[place]
        return (argument_number(text) or 0) if text is not None else 0

    def fd(self, place: int) -> int:
        """An argument as a descriptor: 32 bits with a sign."""
        text = self.args[place]
        return descriptor_number(text) if text is not None else 0

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
                return _without_lower_layer(found)
        return found

    def path(self, *nametypes: str) -> PathRecord | None:
        """The last PATH record of one of these name types; of any but PARENT when none is given."""
        for path in reversed(self.paths):
            if path.nametype in nametypes if nametypes else path.nametype != "PARENT":
                return path
        return None

    def base(self, dirfd: int) -> str | None:
        """The directory that relative names start from."""
        if dirfd != AT_FDCWD:
            entry = self.image.fds.get(dirfd)
            return entry.description.path if entry is not None else None
        row = _CWD.first(self.event)
        cwd = row[0] if row is not None else None
        if cwd is not None:
            self.image.cwd = self.image.root + cwd if self.image.root and cwd != self.image.cwd else cwd
        return self.image.cwd

    def file(self, path: PathRecord, dirfd: int = AT_FDCWD) -> FileNode:
        """The file of a PATH record of this call."""
        name = None
        if path.name is not None:
            base = self.base(dirfd) if not path.name.startswith("/") else None
            name = files.absolute(self.image, path.name, base)
        return files.locate(self.host, path, name)

    def name_of(self, path: PathRecord, dirfd: int = AT_FDCWD) -> str:
        """The absolute name in a PATH record of this call."""
        name = path.name or ""
        return files.absolute(self.image, name, None if name.startswith("/") else self.base(dirfd))

    def description(self, fd: int) -> Description | None:
        """What the image has open at `fd`."""
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


def _item(path: PathRecord) -> int:
    return number(path.item) or 0
