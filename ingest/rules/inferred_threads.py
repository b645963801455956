"""Threads whose clone no record shows, on kernels that write their numbers as pids (`ingest.rules.threads`).

Two things prove that a number is a thread's. Its fork made a child whose parent, by the records of the child, is another number:
`ppid=` is always that of a process. And a child of a process with such threads uses a descriptor that no record gave to the
process, but to one such number alone, which has the same parent, program, user and session as the process and no child. A number
that a child names as its parent is a process, so the children of a server that forks are never joined. What may be threads, and
is not proved to be, becomes a blind interval; if only one process can have such threads, it also has a flow to that process, with
its doubt, so that who came in by a thread is a candidate of what the process did. That is the only one of its kind that has
children or ran its program by a recorded execve, or a daemon that nothing but its children's records names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..clock import RANK_BITS
from ..facts import Blind, FlowKind
from ..state.host import Host
from ..state.objects import Descriptor, Fork, Image
from . import channels, processes, threads
from .identities import Member

_AFTERLIFE = 1000 << RANK_BITS
_INIT = 1
_LISTED = 8
_MOST_PAIRED = 64
"""So many numbers of a program lead to so many others; a pool of threads has hundreds."""
_BY_FORK: dict[str, Any] = {
    "confidence": 0.9,
    "reason": "a thread whose clone is not recorded: the child that it forked has the other process as its parent",
}
_BY_EXECVE: dict[str, Any] = {
    "confidence": 0.8,
    "reason": "a thread whose clone is not recorded: the child that it forked just before ran a program at once, and has the "
    "other process as its parent",
}
_NEARBY = 256
"""The numbers of the threads that a daemon begins with are this near to its own."""
_LIKELY: dict[str, Any] = {
    "confidence": 0.5,
    "reason": "one may be a thread of the other: it has no child, and parent, program, user and session are the same if known",
}
_BY_DESCRIPTOR: dict[str, Any] = {
    "confidence": 0.7,
    "reason": "a thread whose clone is not recorded: a child of the other process uses a descriptor that only it was given",
}


def by_fork(
    host: Host, thread: Image, ppid: int, member: Member, evidence: bytes, at_once: bool = False
) -> Image | None:
    """The process that `thread` is of, when the child that it forked names `ppid` as its parent, and the child is as `member`
    says. A child whose first record is an execve does not say which program its parent ran, so its record must come `at_once`.
    From now on the records of the thread are those of the process. None when that proves nothing."""
    if not _may_be_thread(host, thread) or ppid in (_INIT, thread.ppid, thread.pid):
        return None
    process, detail = host.live.get(ppid), _BY_FORK
    if process is not None and not process.observed_only:
        if not _alike(thread, process):
            return None
    elif (member.auid, member.ses) != (thread.auid, thread.ses):
        return None
    elif member.exe is None and at_once and member.uid == thread.uid:
        detail = _BY_EXECVE
    elif member.exe is None or member.exe != thread.exe:
        return None
    process = processes.image_of(host, ppid, evidence)
    _join(host, process, thread, evidence, detail)
    return process


def of_new_child(host: Host, pid: int, ppid: int, member: Member, evidence: bytes) -> None:
    """The first event of a process comes: correct the parent in the record of its fork if that was a thread."""
    fork = host.forks.get(pid)
    if fork is None or fork.parent.pid == ppid:
        return
    at_once = host.moment - fork.moment < _AFTERLIFE
    process = by_fork(host, fork.parent, ppid, member, fork.evidence + evidence, at_once)
    if process is not None:
        moment = max(fork.moment, process.birth)
        host.forks[pid] = Fork(process, {**process.fds, **fork.fds}, moment, fork.evidence)


def parent_of(host: Host, caller: Image, child: int, evidence: bytes) -> Image:
    """The process that forked `child` by the record of `caller`: another one when the child came first, and named that as its
    parent. The record of a vfork comes after the execve of the child."""
    known = host.live.get(child)
    if known is None or known.ppid is None or known.ppid == caller.pid or known.confirmed:
        return caller
    if host.moment - known.birth > _AFTERLIFE:
        return caller
    member = Member(known.uid, known.auid, known.ses, known.exe if known.forked else None)
    return by_fork(host, caller, known.ppid, member, evidence, True) or caller


def by_descriptor(host: Host, image: Image, fd: int, evidence: bytes) -> None:
    """Join the thread that was given the descriptor `fd`, which `image` uses and no record gave to it."""
    if host.thread_numbers != threads.WRITTEN or fd in image.fds or image.ppid is None:
        return
    process = image if _has_threads(host, image) else host.live.get(image.ppid)
    if process is None or not _has_threads(host, process) or fd in process.fds:
        return
    alike = [one for one in host.live.values() if one is not process and one is not image and _alike(one, process)]
    found = [one for one in alike if fd in one.fds and one.birth < image.birth]
    if len(found) != 1 or not _may_be_thread(host, found[0]) or any(_is_process(one) for one in alike):
        return
    entry = found[0].fds[fd]
    _join(host, process, found[0], evidence, _BY_DESCRIPTOR)
    if image is not process:
        image.table()[fd] = entry
        channels.share({fd: entry})


def by_listener(host: Host, image: Image, fd: int) -> None:
    """Recognise a kernel that writes the numbers of threads: `image`, which has done nothing before, accepts at a socket that no
    record gave to it, but that its like made at this number. A child would have inherited it, and would have that as parent."""
    if host.thread_numbers != threads.UNKNOWN or image.busy or fd in image.fds or not _may_be_thread(host, image):
        return
    likes = (one for one in host.live.values() if one.pid < image.pid and not one.forked and _alike(one, image))
    if any(_made_listener(one, fd, image.birth) for one in likes):
        host.thread_numbers = threads.WRITTEN


def _made_listener(process: Image, fd: int, before: int) -> bool:
    entry = process.fds.get(fd)
    if entry is None or entry.description.accepted or entry.description.inherited:
        return False
    bound = entry.description.local_port is not None or entry.description.path is not None
    return bound and process.birth < entry.description.first < before


def conclude(host: Host) -> None:
    """Report numbers that may be threads of one process, when the log ends."""
    if host.thread_numbers != threads.WRITTEN:
        return
    groups: dict[tuple[object, ...], list[Image]] = {}
    for image in host.live.values():
        if image.exe is not None and image.ppid is not None:
            groups.setdefault((image.ppid, image.exe, image.uid, image.auid, image.ses), []).append(image)
    for group in groups.values():
        doubtful = [image for image in group if _may_be_thread(host, image)]
        others = [image for image in group if image not in doubtful]
        if doubtful and not others:
            others = _without_records(host, doubtful)
        if doubtful and len(doubtful) + len(others) > 1:
            host.batch.blinds.append(
                Blind(host.name, min(one.birth for one in doubtful), host.moment, _why(doubtful, others))
            )
            _lead_to_process(host, doubtful, others)


def _without_records(host: Host, doubtful: list[Image]) -> list[Image]:
    """The process that children of a daemon's account and session name as their parent, and that has no record of its own: a
    process all of whose recorded calls its threads made. Its number is the next one below theirs among the children of init.
    Many daemons are root's, so of these several threads must show it, with numbers nearby."""
    one, lowest = doubtful[0], min(image.pid for image in doubtful)
    below = [image for image in host.live.values() if 1 < image.pid < lowest and image.ppid in (_INIT, None)]
    nearest = max(below, key=lambda image: image.pid, default=None)
    if one.ppid != _INIT or nearest is None or not nearest.observed_only:
        return []
    if not one.uid and (len(doubtful) == 1 or lowest - nearest.pid > _NEARBY):
        return []
    children = [image for image in (*host.live.values(), *host.ended.values()) if image.ppid == nearest.pid]
    other_program = any(child.forked and child.exe not in (None, one.exe) for child in children)
    account = (one.uid, one.auid, one.ses)
    alike = any((child.uid, child.auid, child.ses) == account for child in children)
    return [nearest] if alike and not other_program else []


def _lead_to_process(host: Host, doubtful: list[Image], others: list[Image]) -> None:
    """What may be threads of one process leads there, and it leads to those that accept nothing: they may do what others were
    told. Where several processes are alike, nothing says of which one. A daemon's threads lead from those that accept to the
    others, where no record names the process."""
    accepting = [one for one in doubtful if any(entry.description.accepted for entry in one.fds.values())]
    workers = [one for one in doubtful if one not in accepting]
    if not others and all(one.ppid == _INIT for one in doubtful):
        pairs = [(one, other) for one in accepting[:_MOST_PAIRED] for other in workers[:_MOST_PAIRED]]
    elif len(others) == 1:
        process = others[0]
        possible = [one for one in doubtful if _may_be_of(host, one, process)]
        pairs = [(one, process) for one in possible] + [(process, one) for one in possible if one in workers]
    else:
        return
    for one, other in pairs:
        since = max(one.birth, other.birth)
        host.emit(FlowKind.SPAWNED, one, other, since, host.moment, one.evidence + other.evidence, 1, _LIKELY)


def _may_be_of(host: Host, thread: Image, process: Image) -> bool:
    """Whether what may be a thread can be one of this process. Init starts a daemon, and the workers of a server that forks have
    the server as parent: so it can if the parent of both is init, or runs another program and has run this one by execve, which
    would be recorded of a second process too."""
    if _has_threads(host, process) or process.observed_only:
        return True
    if thread.pid < process.pid or (thread.birth < process.birth and not process.forked):
        return False
    parent = host.live.get(process.ppid or 0)
    other_program = parent is not None and parent.exe not in (None, process.exe)
    return process.ppid == _INIT or (not process.forked and other_program)


def _why(doubtful: list[Image], others: list[Image]) -> str:
    known = sorted(image.pid for image in others)
    pids = sorted(image.pid for image in doubtful)
    listed = ", ".join(map(str, pids[:_LISTED])) + (f" and {len(pids) - _LISTED} more" if len(pids) > _LISTED else "")
    of = f"pid {known[0]}" if len(known) == 1 else "one process, or of several"
    who = f"pids {listed} may be threads" if len(pids) > 1 else f"pid {listed} may be a thread"
    return (
        f"{who} of {of}: their clones are not recorded, and this kernel writes the numbers of threads as "
        "pids; what one of them did may be a cause of what another did"
    )


def _has_threads(host: Host, process: Image) -> bool:
    return process.threads and process.pid in host.threads.values()


def _may_be_thread(host: Host, image: Image) -> bool:
    """Whether nothing shows that a number is a process: it ran no program, no fork record made it, and no child names it."""
    return (
        host.thread_numbers != threads.NOT_WRITTEN
        and host.live.get(image.pid) is image
        and image.forked
        and not image.confirmed
        and image.container is None
        and not _is_process(image)
    )


def _is_process(image: Image) -> bool:
    return bool(image.children.confirmed or image.children.unconfirmed)


def _alike(one: Image, other: Image) -> bool:
    """Whether two numbers have what threads share."""
    fields = ("ppid", "exe", "uid", "auid", "ses")
    return one.exe is not None and all(getattr(one, field) == getattr(other, field) for field in fields)


def _join(host: Host, process: Image, thread: Image, evidence: bytes, detail: dict[str, Any]) -> None:
    """The records of a thread are those of the process from now on. What it did before stays with its own image, from which what
    it was given leads to the process."""
    host.thread_numbers = threads.WRITTEN
    if process.observed_only:
        process.observed_only = False
        for name in ("ppid", "argv", "exe", "comm", "cwd", "root", "uid", "euid", "auid", "ses", "user", "tty"):
            setattr(process, name, getattr(thread, name))
    for fd, entry in _own(thread, process):
        if entry.description.made_by == thread.id:
            entry.description.made_by = process.id
        channels.hold(host, process, fd, entry.description, entry.cloexec, entry.description.evidence)
    threads.begin(host, process, thread.pid)
    host.changed_images[process.id] = process
    since = max(thread.birth, process.birth)
    host.emit(FlowKind.SPAWNED, thread, process, since, host.moment, thread.evidence + evidence, 1, detail)
    processes.finish(host, thread, host.moment)


def _own(thread: Image, process: Image) -> Iterator[tuple[int, Descriptor]]:
    yield from [(fd, entry) for fd, entry in thread.fds.items() if fd not in process.fds]
