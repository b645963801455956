"""Opening, moving data and names: for each call a log and its expected facts."""

from __future__ import annotations

from tests.ingest.script import AT_FDCWD, DIRECTORY, I386, O_CLOEXEC, O_CREAT, O_RDWR, O_WRONLY, Actor, Script
from tests.ingest.syscalls.stories_process import Story

IN, OUT = "/in -READ-> sh:100", "sh:100 -WROTE-> /out"
BOTH = {IN, OUT}


def open_(s: Script) -> set[str]:
    s.process(100).call("open", 0, O_WRONLY, exit=3, paths=(s.path("/out"),))
    return {OUT}


def openat(s: Script) -> set[str]:
    """Relative to an open directory."""
    sh = s.process(100)
    sh.opens("/srv", fd=3, mode=DIRECTORY)
    sh.opens("x", fd=4, at=3)
    return {"/srv -READ-> sh:100", "/srv/x -READ-> sh:100"}


def openat2(s: Script) -> set[str]:
    """The flags are in memory; OPENAT2 tells them, and without it both directions may be meant."""
    sh = s.process(100)
    how = ("OPENAT2", "oflag=0100001 mode=0 resolve=0x8")
    sh.call("openat2", AT_FDCWD, 0, 0, 24, exit=3, paths=(s.path("/out"),), records=(how,))
    sh.call("openat2", AT_FDCWD, 0, 0, 24, exit=4, paths=(s.path("/in"),))
    return BOTH | {"sh:100 -WROTE-> /in"}


def creat(s: Script) -> set[str]:
    s.process(100).call("creat", 0, 0o644, exit=3, paths=(s.path("/", "PARENT"), s.path("/out", "CREATE")))
    return {OUT}


def _opened(s: Script, arch: str | None = None) -> Actor:
    sh = s.process(100, arch=arch)
    sh.opens("/in", O_RDWR, fd=3)
    sh.opens("/out", O_RDWR, fd=4)
    return sh


def close(s: Script) -> set[str]:
    """After it, the number means nothing."""
    sh = _opened(s)
    sh.closes(3)
    sh.closes(4)
    sh.reads(3)
    return BOTH | {"sh:100 -WROTE-> /in", "/out -READ-> sh:100"}


def close_range(s: Script) -> set[str]:
    sh = s.process(100)
    sh.opens("/in", fd=3)
    sh.call("close_range", 3, 0xFFFFFFFF, 0)
    sh.reads(3)
    sh.opens("/out", O_WRONLY, fd=4)
    return BOTH


def _moves(call: str, inward: bool, arch: str | None = None) -> Story:
    def story(s: Script) -> set[str]:
        sh = s.process(100, arch=arch)
        sh.opens("/file", O_RDWR, fd=3)
        sh.call(call, 3, 0, 8, exit=8)
        sh.call("close", 3)
        return {"/file -READ-> sh:100", "sh:100 -WROTE-> /file"}

    return story


def _between(call: str, source: int, target: int, arch: str | None = None) -> Story:
    """Data moved once from one descriptor to another: the open intervals the other way remain."""

    def story(s: Script) -> set[str]:
        sh = s.process(100, arch=arch)
        sh.opens("/in", fd=3)
        sh.opens("/out", O_WRONLY, fd=4)
        arguments = [0, 0, 0, 0]
        arguments[source], arguments[target] = 3, 4
        sh.call(call, *arguments, exit=8)
        return BOTH

    return story


def _fills_pipe(call: str, *arguments: int) -> Story:
    def story(s: Script) -> set[str]:
        sh = s.process(100)
        sh.pipes(3, 4)
        sh.call(call, *arguments, exit=8)
        return {"sh:100 -PIPED-> pipe", "pipe -PIPED-> sh:100"}

    return story


def _duplicates(call: str, *arguments: int, arch: str | None = None) -> Story:
    """The copy holds what the original held, after the original is closed."""

    def story(s: Script) -> set[str]:
        sh = s.process(100, arch=arch)
        sh.opens("/in", O_CLOEXEC, fd=3)
        sh.call(call, *arguments, exit=7)
        sh.closes(3)
        sh.reads(7)
        return {IN}

    return story


def _truncates(call: str, arch: str | None = None) -> Story:
    def story(s: Script) -> set[str]:
        s.process(100, arch=arch).call(call, 0, 0, paths=(s.path("/out"),))
        return {OUT}

    return story


def _truncates_open(call: str, arch: str | None = None) -> Story:
    def story(s: Script) -> set[str]:
        sh = s.process(100, arch=arch)
        sh.opens("/out", O_WRONLY | O_CREAT, fd=3)
        sh.call(call, 3, 0)
        return {OUT}

    return story


def memfd_create(s: Script) -> set[str]:
    sh = s.process(100)
    sh.call("memfd_create", 0, 1, exit=3)
    sh.closes(3)
    return {"sh:100 -WROTE-> memfd:", "memfd: -READ-> sh:100"}


def _renames(call: str, *arguments: int) -> Story:
    def story(s: Script) -> set[str]:
        paths = (s.path("a", "DELETE", 5), s.path("/home/b", "CREATE", 5))
        s.process(100).call(call, *arguments, paths=paths)
        s.process(101, comm="cat").opens("/home/b", inode=5)
        return {"sh:100 -RENAMED-> /home/a", "/home/a -READ-> cat:101"}

    return story


def _links(call: str, *arguments: int) -> Story:
    def story(s: Script) -> set[str]:
        paths = (s.path("a", "NORMAL", 5), s.path("/", "PARENT"), s.path("/b", "CREATE", 5))
        s.process(100).call(call, *arguments, paths=paths)
        s.process(101, comm="cat").opens("/b", inode=5)
        return {"sh:100 -LINKED-> /home/a", "/home/a -READ-> cat:101"}

    return story


def _makes(call: str, edge: str, *arguments: int, mode: str = DIRECTORY) -> Story:
    def story(s: Script) -> set[str]:
        paths = (s.path("/home", "PARENT"), s.path("n", "CREATE", 9, mode))
        s.process(100).call(call, *arguments, paths=paths)
        return {f"sh:100 -{edge}-> /home/n"}

    return story


def _removes(call: str, *arguments: int) -> Story:
    def story(s: Script) -> set[str]:
        paths = (s.path("/home", "PARENT"), s.path("n", "DELETE", 9))
        s.process(100).call(call, *arguments, paths=paths)
        return {"sh:100 -DELETED-> /home/n"}

    return story


def _changes(call: str, edge: str, *arguments: int, arch: str | None = None) -> Story:
    def story(s: Script) -> set[str]:
        s.process(100, arch=arch).call(call, *arguments, paths=(s.path("n", inode=9),))
        return {f"sh:100 -{edge}-> /home/n"}

    return story


def _changes_open(call: str, edge: str, arch: str | None = None) -> Story:
    """The record names the inode alone."""

    def story(s: Script) -> set[str]:
        sh = s.process(100, arch=arch)
        sh.opens("/in", fd=3)
        sh.call(call, 3, 0o755, paths=(s.path(None, inode=s.inode("/in")),))
        sh.call(call, 9, 0o755, paths=(s.path(None, inode=s.inode("/in")),))
        return {IN, f"sh:100 -{edge}-> /in"}

    return story


def _mounts(call: str) -> Story:
    def story(s: Script) -> set[str]:
        s.process(100).call(call, paths=(s.path("/mnt", mode=DIRECTORY),))
        return {f"# MOUNT sh:100: {call} /mnt"}

    return story


_MODE, _OWNER = "CHANGED_MODE", "CHANGED_OWNER"

STORIES: dict[str, Story] = {
    "open": open_,
    "openat": openat,
    "openat2": openat2,
    "creat": creat,
    "close": close,
    "close_range": close_range,
    "dup": _duplicates("dup", 3),
    "dup2": _duplicates("dup2", 3, 7),
    "dup3": _duplicates("dup3", 3, 7, O_CLOEXEC),
    "fcntl": _duplicates("fcntl", 3, 0, 7),
    "fcntl64": _duplicates("fcntl64", 3, 1030, 7, arch=I386),
    **{call: _moves(call, True) for call in ("read", "pread64", "readv", "preadv", "preadv2")},
    **{call: _moves(call, False) for call in ("write", "pwrite64", "writev", "pwritev", "pwritev2")},
    "sendfile": _between("sendfile", 1, 0),
    "sendfile64": _between("sendfile64", 1, 0, arch=I386),
    "copy_file_range": _between("copy_file_range", 0, 2),
    "splice": _between("splice", 0, 2),
    "tee": _between("tee", 0, 1),
    "vmsplice": _fills_pipe("vmsplice", 4),
    "truncate": _truncates("truncate"),
    "truncate64": _truncates("truncate64", I386),
    "ftruncate": _truncates_open("ftruncate"),
    "ftruncate64": _truncates_open("ftruncate64", I386),
    "memfd_create": memfd_create,
    "rename": _renames("rename"),
    "renameat": _renames("renameat", AT_FDCWD, 0, AT_FDCWD),
    "renameat2": _renames("renameat2", AT_FDCWD, 0, AT_FDCWD),
    "link": _links("link"),
    "linkat": _links("linkat", AT_FDCWD, 0, AT_FDCWD),
    "symlink": _makes("symlink", "LINKED", mode="0120777"),
    "symlinkat": _makes("symlinkat", "LINKED", 0, AT_FDCWD, mode="0120777"),
    "unlink": _removes("unlink"),
    "unlinkat": _removes("unlinkat", AT_FDCWD),
    "rmdir": _removes("rmdir"),
    "mkdir": _makes("mkdir", "WROTE"),
    "mkdirat": _makes("mkdirat", "WROTE", AT_FDCWD),
    "mknod": _makes("mknod", "WROTE", mode="010644"),
    "mknodat": _makes("mknodat", "WROTE", AT_FDCWD, mode="010644"),
    **{call: _changes(call, _MODE) for call in ("chmod", "setxattr", "lsetxattr", "removexattr", "lremovexattr")},
    **{call: _changes(call, _MODE, AT_FDCWD) for call in ("fchmodat", "fchmodat2", "setxattrat", "removexattrat")},
    **{call: _changes_open(call, _MODE) for call in ("fchmod", "fsetxattr", "fremovexattr")},
    **{call: _changes(call, _OWNER) for call in ("chown", "lchown")},
    **{call: _changes(call, _OWNER, arch=I386) for call in ("chown32", "lchown32")},
    "fchown": _changes_open("fchown", _OWNER),
    "fchown32": _changes_open("fchown32", _OWNER, I386),
    "fchownat": _changes("fchownat", _OWNER, AT_FDCWD),
    **{call: _mounts(call) for call in ("mount", "umount2", "move_mount")},
}
