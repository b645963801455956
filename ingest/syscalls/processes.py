"""Forks, execve and ends of processes, and what one process does to another."""

from __future__ import annotations

from collections.abc import Iterator

from ..clock import LAST
from ..facts import FlowKind
from ..numbers import number
from ..pyauparse import Columns
from ..pyauparse.values.architectures import architecture
from ..rules import files, inferred_threads, losses, processes, visits
from ..rules.identities import note_account, read_identity
from ..state.objects import FileNode, Image
from .arguments import AT_FDCWD
from .call import Call

CLONE_FILES = 0x400
CLONE_THREAD = 0x10000
_FLAGS_SECOND = ("s390x", "s390")
"""Architectures whose clone has the stack first and the flags second (CONFIG_CLONE_BACKWARDS2)."""
CLONE_NEW = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (include/uapi/linux/sched.h)."""
CLONE_NEWTIME = 0x80
"""Of unshare and setns alone: in clone the bit belongs to the exit signal."""
CLONE_NEWPID = 0x20000000
_PROGRAM = Columns("SYSCALL", "exe", "comm", text=("exe", "comm"))
_SELF_FD = ("/proc/self/fd/", "/dev/fd/")


def fork(call: Call) -> None:
    """fork(), vfork()."""
    if call.result:
        parent = inferred_threads.parent_of(call.host, call.image, call.result, call.evidence)
        processes.record_fork(call.host, parent, call.result, call.evidence)


def clone(call: Call) -> None:
    """clone(flags, ...): a thread is not a process. A descriptor table shared by two processes is not followed."""
    flags = call.arg(1 if architecture(call.record.value("arch") or "") in _FLAGS_SECOND else 0)
    if flags & CLONE_THREAD:
        call.image.threads = True
        if call.result:
            processes.record_thread(call.host, call.image, call.result, call.evidence)
        return
    if flags & CLONE_NEW:
        text = f"clone 0x{flags & CLONE_NEW:x}"
        call.host.note(call.event.ms, call.event.serial, "NAMESPACE", call.image, text)
    if flags & CLONE_FILES:
        why = f"pid {call.image.pid} shares its descriptors with a child: what one of the two opens is not known of the other"
        call.host.blind(why, call.host.moment, LAST)
    fork(call)


def clone3(call: Call) -> None:
    """clone3(args, size): the flags are in memory, so the child may be a thread; an event that names it decides."""
    fork(call)
    call.image.threads = True


def execve(call: Call) -> None:
    """execve(path, argv, envp), execveat(dirfd, path, argv, envp, flags)."""
    before = call.image
    memory = [file for path in call.paths if (file := _memory_file(call, before, path.name)) is not None]
    at = call.fd(0) if call.name == "execveat" else AT_FDCWD
    loaded = [call.file(path, at) for path in call.paths if path.inode is not None and not memory]
    if memory:
        files.set_inode(call.host, call.paths[0], memory[0])
        loaded = memory + [call.file(path) for path in call.paths[1:] if path.inode is not None]
    cwd = call.base(AT_FDCWD)
    image = call.image = processes.execute(call.host, before, call.evidence)
    argv = call.event.argv
    image.argv = tuple(argv) if argv is not None else None
    if argv and argv[-1].endswith(losses.CUT_END) and call.event.complete and call.event.argv_gaps:
        call.host.count(losses.CUT)
    record = call.record
    image.exe, image.comm = _PROGRAM.of(record)
    image.cwd = cwd
    read_identity(call.host, image, record)
    visits.command(call.host, image)
    for file in loaded:
        call.host.emit(FlowKind.LOADED, file, image, call.host.moment, call.host.moment, call.evidence)


def _memory_file(call: Call, image: Image, name: str | None) -> FileNode | None:
    """The file without a name that execveat(fd, "") or a path below /proc/self/fd runs."""
    if name is None:
        return None
    if call.name == "execveat" and name == "":
        fd: int | None = call.fd(0)
    elif not name.startswith(_SELF_FD):
        return None
    else:
        fd = number(name.removeprefix(_SELF_FD[0]).removeprefix(_SELF_FD[1]))
    entry = image.fds.get(fd) if fd is not None else None
    node = entry.description.node if entry is not None else None
    return node if isinstance(node, FileNode) and node.device == files.MEMORY else None


def exit_group(call: Call) -> None:
    """exit_group(status)."""
    processes.finish(call.host, call.image, call.host.moment)


def exit_(call: Call) -> None:
    """exit(status) ends one thread; the process ends with it when it has no other."""
    thread = number(call.record.value("pid"))
    if thread is not None and thread != call.image.pid:
        call.host.threads.pop(thread, None)
        return
    if not call.image.threads:
        processes.finish(call.host, call.image, call.host.moment)


def identity(call: Call) -> None:
    """setuid and its family: the record's ids are those after the call, as those of every later record of the process."""
    note_account(call.host, call.image, call.record)


def chdir(call: Call) -> None:
    """chdir(path)."""
    path = call.path()
    if path is not None and path.name is not None:
        call.image.cwd = call.name_of(path)


def fchdir(call: Call) -> None:
    """fchdir(fd)."""
    description = call.description(call.fd(0))
    if description is not None and description.path is not None:
        call.image.cwd = description.path


def chroot(call: Call) -> None:
    """chroot(path): absolute names begin there from now on."""
    path = call.path()
    if path is not None and path.name is not None:
        root = call.name_of(path) or ""
        call.image.root = "" if root == "/" else root.rstrip("/")
        call.host.note(call.event.ms, call.event.serial, "CHROOT", call.image, f"changes its root to {root}")


def pivot_root(call: Call) -> None:
    """pivot_root(new_root, put_old): names then start from another mount, which no path prefix expresses."""
    call.image.root = ""
    call.host.note(
        call.event.ms, call.event.serial, "PIVOT_ROOT", call.image, "changes the root of its mount namespace"
    )


def namespace(call: Call) -> None:
    """unshare(flags), setns(fd, type). unshare also separates what threads share, which is not a new namespace.

    Many services and sandboxes have mounts or a network of their own: only a pid namespace makes a container.
    A type of 0 may be any.
    """
    flags = call.arg(0 if call.name == "unshare" else 1)
    if call.name == "unshare" and not flags & (CLONE_NEW | CLONE_NEWTIME):
        return
    text = f"{call.name} 0x{flags:x}"
    if flags & CLONE_NEWPID or not flags:
        call.image.container = call.image.container or text
        call.host.changed_images[call.image.id] = call.image
    call.host.note(call.event.ms, call.event.serial, "NAMESPACE", call.image, text)


def _targets(call: Call, pid: int | None) -> Iterator[Image]:
    """The processes a call acts on: OBJ_PID records name them; the argument does only outside containers."""
    named = [number(record.value("opid")) for record in call.event.all("OBJ_PID")]
    for target in dict.fromkeys(named or [pid]):
        if target is not None and target > 0:
            yield processes.image_of(call.host, target, call.evidence)


def _act(call: Call, kind: FlowKind, pid: int | None, back: bool = False, forth: bool = True) -> None:
    call.mark_acting()
    for target in _targets(call, pid):
        if target is call.image:
            continue
        if forth:
            call.host.emit(kind, call.image, target, call.host.moment, call.host.moment, call.evidence)
        if back:
            call.host.emit(kind, target, call.image, call.host.moment, call.host.moment, call.evidence)


def kill(call: Call) -> None:
    """kill(pid, signal), tkill, rt_sigqueueinfo. Signal 0 only checks whether the process exists."""
    if call.arg(1):
        _act(call, FlowKind.SIGNALLED, call.fd(0))


def tgkill(call: Call) -> None:
    """tgkill(tgid, tid, signal), rt_tgsigqueueinfo."""
    if call.arg(2):
        _act(call, FlowKind.SIGNALLED, call.fd(0))


def pidfd_send_signal(call: Call) -> None:
    """pidfd_send_signal(pidfd, signal, ...): only OBJ_PID names the process of the descriptor."""
    if call.arg(1):
        _act(call, FlowKind.SIGNALLED, None)


def ptrace(call: Call) -> None:
    """ptrace(request, pid, ...): a tracer reads and writes its target. TRACEME (0) names nobody."""
    if call.arg(0):
        _act(call, FlowKind.TRACED, call.fd(1), back=True)


def read_memory(call: Call) -> None:
    """process_vm_readv(pid, ...)."""
    _act(call, FlowKind.TRACED, call.fd(0), back=True, forth=False)


def write_memory(call: Call) -> None:
    """process_vm_writev(pid, ...)."""
    _act(call, FlowKind.INJECTED, call.fd(0))
