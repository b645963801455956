"""Names and attributes of files: rename, link, unlink, mkdir, chmod, chown, extended attributes, mount."""

from __future__ import annotations

from ..facts import FlowKind
from ..numbers import number
from ..rules import files
from ..rules.files import PathRecord
from ..state.objects import FileNode
from .arguments import AT_FDCWD
from .call import Call

_MODE_OF = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "fchmodat2": 2}
"""Which argument is the mode."""
_PERMISSIONS = 0o7777
_Named = tuple[str | None, PathRecord]
"""A PATH record and its absolute name."""


def _rename(call: Call, old_at: int, new_at: int) -> None:
    """PARENT, PARENT, DELETE old, (DELETE the file that was there), CREATE new, (CREATE old again: RENAME_EXCHANGE).

    The names that each inode loses and gains show which file was moved where (fs/namei.c, `vfs_rename`).
    """
    deleted = [path for path in call.paths if path.nametype == "DELETE"]
    created = [path for path in call.paths if path.nametype == "CREATE"]
    if not deleted or not created:
        return
    old_names = [(call.name_of(path, new_at if place else old_at), path) for place, path in enumerate(deleted)]
    new_names = [(call.name_of(path, old_at if place else new_at), path) for place, path in enumerate(created)]
    lost = [(name, _existing(call, path, name)) for name, path in old_names]
    for name, file in lost:
        files.remove_name(call.host, file, name)
    for place, (_, file) in enumerate(lost):
        successor = _successor(new_names, old_names[place][1], place)
        if successor is None:
            call.change(FlowKind.DELETED, file)
        else:
            files.add_name(call.host, file, successor[0])
            call.change(FlowKind.RENAMED, file)


def _successor(new_names: list[_Named], old: PathRecord, place: int) -> _Named | None:
    """The new name of a file in place of the one it lost. Without an inode in the records, the first file gets the first."""
    if old.inode is not None:
        same = next((one for one in new_names if (one[1].inode, one[1].device) == (old.inode, old.device)), None)
        if same is not None:
            return same
    return new_names[0] if place == 0 else None


def _existing(call: Call, path: PathRecord, name: str | None) -> FileNode:
    """The file of a PATH record that exists already, whatever name type the call gives it."""
    return files.locate(call.host, path._replace(nametype="NORMAL"), name)


def rename(call: Call) -> None:
    """rename(old, new)."""
    _rename(call, AT_FDCWD, AT_FDCWD)


def renameat(call: Call) -> None:
    """renameat(olddirfd, old, newdirfd, new), renameat2(..., flags)."""
    _rename(call, call.fd(0), call.fd(2))


def _link(call: Call, old_at: int, new_at: int) -> None:
    created = call.path("CREATE")
    if created is None:
        return
    normal = call.path("NORMAL")
    new_name = call.name_of(created, new_at)
    source = normal if normal is not None and normal.inode is not None else created
    old_name = call.name_of(normal, old_at) if normal is not None and normal.name else new_name
    if old_name is not None and old_name.startswith("/proc/"):
        old_name = new_name
    file = _existing(call, source, old_name)
    files.add_name(call.host, file, new_name, old_name)
    call.change(FlowKind.LINKED, file)


def link(call: Call) -> None:
    """link(old, new)."""
    _link(call, AT_FDCWD, AT_FDCWD)


def linkat(call: Call) -> None:
    """linkat(olddirfd, old, newdirfd, new, flags); names an O_TMPFILE file through /proc/self/fd."""
    _link(call, call.fd(0), call.fd(2))


def _create(call: Call, at: int, kind: FlowKind) -> None:
    created = call.path("CREATE")
    if created is not None:
        call.change(kind, call.file(created, at))


def symlink(call: Call) -> None:
    """symlink(target, name): a new inode that is the link itself."""
    _create(call, AT_FDCWD, FlowKind.LINKED)


def symlinkat(call: Call) -> None:
    """symlinkat(target, dirfd, name)."""
    _create(call, call.fd(1), FlowKind.LINKED)


def _remove(call: Call, at: int) -> None:
    path = call.path("DELETE")
    if path is None:
        return
    name = call.name_of(path, at)
    file = _existing(call, path, name)
    files.remove_name(call.host, file, name)
    call.change(FlowKind.DELETED, file)


def unlink(call: Call) -> None:
    """unlink(path), rmdir(path)."""
    _remove(call, AT_FDCWD)


def unlinkat(call: Call) -> None:
    """unlinkat(dirfd, path, flags)."""
    _remove(call, call.fd(0))


def mkdir(call: Call) -> None:
    """mkdir, mknod: (path, ...)."""
    _create(call, AT_FDCWD, FlowKind.WROTE)


def mkdirat(call: Call) -> None:
    """mkdirat, mknodat: (dirfd, path, ...)."""
    _create(call, call.fd(0), FlowKind.WROTE)


def _change_attributes(call: Call, kind: FlowKind, at: int) -> None:
    path = call.path("NORMAL")
    if path is not None:
        file = call.file(path, at)
        _update_mode(call, file, path)
        _set_mode(call, file)
        call.change(kind, file)


def _update_mode(call: Call, file: FileNode, path: PathRecord) -> None:
    if path.mode is not None and path.mode != file.mode:
        file.mode = path.mode
        call.host.changed_files[file.id] = file


def _set_mode(call: Call, file: FileNode) -> None:
    """The PATH record has the mode before the call; what it becomes is an argument."""
    place = _MODE_OF.get(call.name)
    before = number(file.mode, 8)
    if place is None or before is None or call.args[place] is None:
        return
    mode = before & ~_PERMISSIONS | call.arg(place) & _PERMISSIONS
    file.mode = f"0{mode:o}"
    call.host.changed_files[file.id] = file


def chmod(call: Call) -> None:
    """chmod(path, mode), setxattr, lsetxattr, removexattr, lremovexattr: (path, ...)."""
    _change_attributes(call, FlowKind.CHANGED_MODE, AT_FDCWD)


def fchmodat(call: Call) -> None:
    """fchmodat(dirfd, path, mode), fchmodat2, setxattrat, removexattrat."""
    _change_attributes(call, FlowKind.CHANGED_MODE, call.fd(0))


def chown(call: Call) -> None:
    """chown, lchown: (path, owner, group)."""
    _change_attributes(call, FlowKind.CHANGED_OWNER, AT_FDCWD)


def fchownat(call: Call) -> None:
    """fchownat(dirfd, path, owner, group, flags)."""
    _change_attributes(call, FlowKind.CHANGED_OWNER, call.fd(0))


def _change_open_file(call: Call, kind: FlowKind) -> None:
    """A change by descriptor. The PATH record, if there is one, has the inode and no name."""
    path = call.path("NORMAL")
    file = call.open_file(call.fd(0))
    if file is None and path is not None and path.inode is not None:
        file = files.locate(call.host, path, call.name_of(path) if path.name else None)
    if file is not None:
        _set_mode(call, file)
        call.change(kind, file)


def fchmod(call: Call) -> None:
    """fchmod(fd, mode), fsetxattr, fremovexattr."""
    _change_open_file(call, FlowKind.CHANGED_MODE)


def fchown(call: Call) -> None:
    """fchown(fd, owner, group)."""
    _change_open_file(call, FlowKind.CHANGED_OWNER)


def mount(call: Call) -> None:
    """mount, umount2, move_mount: what the names below the target mean changes; no information flows by itself."""
    names = " ".join(path.name or "?" for path in call.paths)
    call.host.note(call.event.ms, call.event.serial, "MOUNT", call.image, f"{call.name} {names}")
