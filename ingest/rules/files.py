"""Files: which incarnation of which inode a PATH record means, and under which name (docs/semantics.md#files)."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import NamedTuple

from ..facts import UNKNOWN_DIRECTORY, Name
from ..identity import file_id, path_id
from ..numbers import number
from ..state.host import Host
from ..state.objects import FileNode, Image

S_IFMT = 0o170000
S_IFSOCK = 0o140000
S_IFLNK = 0o120000
S_IFREG = 0o100000
S_IFBLK = 0o060000
S_IFDIR = 0o040000
S_IFCHR = 0o020000
S_IFIFO = 0o010000
_INODES_KEPT = 400_000
_NAMES_KEPT = 2 * _INODES_KEPT
MEMORY = "memfd:"
"""Device and name of files made by memfd_create."""


class PathRecord(NamedTuple):
    """The fields of a PATH record, None where it lacks one. `name` is as the call gave it."""

    item: str | None
    name: str | None
    inode: str | None
    device: str | None
    mode: str | None
    owner: str | None
    rdev: str | None
    nametype: str | None


_INTERPRETED_TYPES = {
    "socket": S_IFSOCK,
    "link": S_IFLNK,
    "file": S_IFREG,
    "block": S_IFBLK,
    "dir": S_IFDIR,
    "character": S_IFCHR,
    "fifo": S_IFIFO,
}


@lru_cache(maxsize=4096)
def file_type(mode: str | None) -> int:
    """The S_IFMT bits of a PATH record's mode, octal or as interpreted (`character,666`); 0 when absent or damaged."""
    bits = number(mode or "0", 8)
    return bits & S_IFMT if bits is not None else _INTERPRETED_TYPES.get((mode or "").partition(",")[0], 0)


_DESCRIPTOR = re.compile(r"/(?:dev/fd|proc/(?:self|thread-self|([0-9]{1,10}))(?:/task/[0-9]{1,10})?/fd)/([0-9]{1,10})")
_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


DESCRIPTOR_FOLDERS = ("/dev/", "/proc/")
"""Where the names are that stand for a descriptor."""


def descriptor_named(name: str) -> tuple[int | None, int] | None:
    """The process (None: the one that asks) and the descriptor that a name stands for: `/dev/fd/N`, `/proc/PID/fd/N`,
    `/dev/stdin` and the like (proc(5)). None for any other name."""
    if name in _STANDARD:
        return None, _STANDARD[name]
    if "/fd/" not in name:
        return None
    found = _DESCRIPTOR.fullmatch(name)
    if found is None:
        return None
    return (int(found[1]) if found[1] is not None else None), int(found[2])


def absolute(image: Image, name: str, base: str | None) -> str:
    """The absolute path of `name` for the image, relative to `base`, by default its working directory, which can be unknown
    (`DIR?/name`). Lexical: `..` through a link is not resolved."""
    if name.startswith("/") and not image.root and "/." not in name and "//" not in name and len(name) > 1:
        return name.rstrip("/")  # nearly every name: none of what follows changes it
    if not name.startswith("/"):
        base = base or image.cwd or UNKNOWN_DIRECTORY
        name = f"{base}/{name}" if name else base
    elif image.root:
        name = image.root + name
    if ("/." in name or "//" in name) and not name.startswith(UNKNOWN_DIRECTORY):
        name = posixpath.normpath(name)
        if name.startswith("//"):
            name = name[1:]
    return name.rstrip("/") or name[:1]


def locate(host: Host, path: PathRecord, name: str | None) -> FileNode:
    """The file of a PATH record. `name` is its absolute path, None for a record without a name."""
    if path.inode is None or path.device is None:
        return _by_path(host, name or "", path)
    key = _key(path.device, path.inode, path.mode)
    file = host.inodes.get(key)
    created = path.nametype == "CREATE"
    if file is None or file.ended is not None or created:
        file = _incarnation(host, key, host.moment if created or file is not None else 0, path)
    if name is not None:
        _add_name(host, file, name)
    else:
        host.changed_files[file.id] = file
    return file


def by_inode(host: Host, path: PathRecord) -> FileNode | None:
    """The file that has the inode of a PATH record now; None if no record has named it."""
    file = host.inodes.get(_key(path.device or "", path.inode or "", path.mode))
    return file if file is not None and file.ended is None else None


def newest_name(file: FileNode) -> str | None:
    """The path that a file was seen under last, None when it has none that is known."""
    return max(file.paths, key=lambda path: (file.paths[path][1], path), default=None)


def at_path(host: Host, name: str) -> FileNode | None:
    """The file that has an absolute path now; of several that had it, the one that was last seen under it."""
    if host.named is None:
        host.named = {}
        for file in (*host.inodes.values(), *host.paths.values()):
            for path in file.paths:
                host.named.setdefault(path, []).append(file)
    found = _current_files(host, host.named, name)
    return max(found, key=lambda file: (file.paths[name][1], file.paths[name][0], file.id), default=None)


def _index_name(host: Host, named: dict[str, list[FileNode]], file: FileNode, name: str) -> None:
    """Add a file to the index of paths, and drop files that no longer have the path."""
    if len(named) >= _NAMES_KEPT:
        host.named = None
    else:
        named[name] = [*_current_files(host, named, name), file]


def _current_files(host: Host, named: dict[str, list[FileNode]], name: str) -> list[FileNode]:
    return [file for file in named.get(name, ()) if name in file.paths and _is_current(host, file, name)]


def _is_current(host: Host, file: FileNode, name: str) -> bool:
    """Whether a record with the file's inode, or its path if it has none, would mean this file and no later incarnation."""
    if file.ended is not None:
        return False
    if file.device:
        return host.inodes.get(_key(file.device, str(file.inode), file.mode)) is file
    return host.paths.get(name) is file


def new_unnamed(host: Host, path: PathRecord) -> FileNode:
    """A new file without a name (O_TMPFILE). The name in the record is that of its directory."""
    key = _key(path.device or "", path.inode or "", path.mode)
    return _incarnation(host, key, host.moment, path)


def new_in_memory(host: Host) -> FileNode:
    """A new file of memfd_create, which has no inode that a record would show."""
    key = _key(MEMORY, str(host.moment), None)
    file = _incarnation(host, key, host.moment, PathRecord(None, None, None, MEMORY, None, None, None, None))
    del host.inodes[key]
    _add_name(host, file, MEMORY)
    return file


def set_inode(host: Host, path: PathRecord, file: FileNode) -> None:
    """Take the inode of a PATH record for a file that was known without one (memfd)."""
    if path.inode is not None and path.device is not None:
        file.device, file.inode = path.device, _inode(path.inode)
        host.inodes[_key(path.device, path.inode, path.mode)] = file
        host.changed_files[file.id] = file


def _key(device: str, inode: str, mode: str | None) -> tuple[str, str, int]:
    """The key of a file in `host.inodes`. An inode never changes its type, but on an overlay, whose device has the inodes of
    several file systems, a folder and a file can have the same number (fs/overlayfs, without xino)."""
    return device, inode, file_type(mode) or S_IFREG


def _inode(text: str) -> int:
    """The number of an inode; -1 for text that is none."""
    inode = number(text)
    return inode if inode is not None and inode >= 0 else -1


def _incarnation(host: Host, key: tuple[str, str, int], birth: int, path: PathRecord) -> FileNode:
    device, text, type = key
    inode = _inode(text)
    file = FileNode(file_id(host.name, device, inode, birth, type), device, inode, host.moment)
    file.mode = path.mode
    file.owner = number(path.owner) if path.owner and path.owner.isdigit() else None
    if len(host.inodes) >= _INODES_KEPT:
        _drop_old_inodes(host)
    host.inodes[key] = file
    host.changed_files[file.id] = file
    return file


def _drop_old_inodes(host: Host) -> None:
    """Make space: files older than the log get the same id when they are seen again, so only the state of their names is lost."""
    host.named = None
    excess = len(host.inodes) // 4
    for key, file in list(host.inodes.items()):
        if excess == 0:
            break
        if file.id == file_id(host.name, file.device, file.inode, 0, key[2]):
            del host.inodes[key]
            excess -= 1


def _by_path(host: Host, name: str, path: PathRecord) -> FileNode:
    if not name.startswith("/"):
        return _unplaced(host, name, path)
    file = host.paths.get(name)
    if file is None or file.ended is not None:
        birth = host.moment if file is not None or path.nametype == "CREATE" else 0
        file = FileNode(path_id(host.name, name, birth), "", -1, host.moment)
        file.mode = path.mode
        host.paths[name] = file
        _add_name(host, file, name)
    host.changed_files[file.id] = file
    return file


def _unplaced(host: Host, name: str, path: PathRecord) -> FileNode:
    """A file of which nothing is known that would find it again: the same name below an unknown directory can be another."""
    file = FileNode(path_id(host.name, name, host.moment), "", -1, host.moment)
    file.mode = path.mode
    if name:
        _add_name(host, file, name)
    host.changed_files[file.id] = file
    return file


def _add_name(host: Host, file: FileNode, name: str) -> None:
    span = file.paths.get(name)
    if span is None:
        file.paths[name] = [host.moment, host.moment]
        if host.named is not None:
            _index_name(host, host.named, file, name)
        if not file.born_as:
            file.born_as = name
        host.changed_files[file.id] = file
    else:
        span[1] = host.moment
        if file.id not in host.changed_files:
            host.changed_files[file.id] = file


def add_name(host: Host, file: FileNode, name: str | None, old_name: str | None = None) -> None:
    """The file has one more name (link, rename); None is a name that no record has. `old_name` is a name that the file keeps
    (link). After a link the old name is still known, after a rename only the new one: this distinguishes the two."""
    if name is not None:
        _add_name(host, file, name)
    remains = name if old_name is None else old_name
    if remains in file.paths:
        file.paths[remains][1] = host.moment + 1
    file.ended = None


def remove_name(host: Host, file: FileNode, name: str | None) -> None:
    """A name was removed; with the last known name the incarnation ends. None is a name that no record has: if exactly one name
    of the file is known, it is that one."""
    if name is None:
        name = next(iter(file.paths)) if len(file.paths) == 1 else None
    if name is not None:
        span = file.paths.pop(name, [host.moment])
        host.batch.names.append(Name(file.id, name, span[0], host.moment))
    host.changed_files[file.id] = file
    if host.named is not None and name is not None and not _current_files(host, host.named, name):
        host.named.pop(name, None)
    if not file.paths:
        file.ended = host.moment


def carries(mode: str | None) -> bool:
    """Whether an open file of this type can carry data: a character device cannot (channel rule 1)."""
    return file_type(mode) != S_IFCHR
