"""Pids and the images behind them (docs/semantics.md#processes): births, forks, execve, reparenting, ends.

A fork's record may come before its child's first event, after it, or after the child's exit (vfork); inside a container
it names a pid that nothing else in the log uses. So a child becomes real when an event names it, as subject or as parent,
and the fork's record confirms it whenever it comes.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from ..clock import RANK_BITS
from ..facts import FlowKind
from ..identity import process_id
from ..pyauparse import Event, Record
from ..state.host import Host
from ..state.objects import Descriptor, Fork, Image
from ..state.unrecorded_calls import ENDS, FORKS, OPENINGS, PROGRAMS
from . import channels, handover, sessions, threads, unrecorded_calls
from .identities import OUTSIDE, Member, read_identity

_ENDED_KEPT = 4096
_FORKS_KEPT = 4096
_AFTERLIFE = 1000 << RANK_BITS
"""For this long after exit_group, events of other threads can still come; a pid is not used again within this time."""


def subject_image(host: Host, pid: int, ppid: int, evidence: bytes, member: Member = OUTSIDE) -> Image:
    """The image that the current event is about; created when the event is the first to name it. `member` is what the event says
    of its session."""
    image = host.live.get(pid)
    if image is None and (process := threads.process_of(host, pid, ppid, member.exe)) is not None:
        return process
    if image is not None:
        if image.ppid is None or image.ppid == ppid or _parent_gone(host, image):
            image.ppid = ppid
            host.changed_images[image.id] = image
            return image
        finish(host, image, host.moment)
    former = host.ended.get(pid) if pid not in host.forks else None
    if former is not None and former.ppid == ppid and host.moment - (former.end or 0) < _AFTERLIFE and former.confirmed:
        return former
    return _create(host, pid, ppid, evidence, member)


def _parent_gone(host: Host, image: Image) -> bool:
    """Whether the parent has ended (or is another process by now), so that another one may have adopted the child."""
    parent = host.live.get(image.ppid) if image.ppid is not None else None
    return parent is None or parent.birth > image.birth


def _create(host: Host, pid: int, ppid: int, evidence: bytes, member: Member) -> Image:
    fork = host.forks.get(pid)
    if fork is not None:
        if _is_child_of(host, fork, ppid):
            del host.forks[pid]
            return _child(host, fork.parent, pid, ppid, fork.moment, fork.fds, fork.evidence, True)
        if fork.parent.pid != ppid and host.live.get(fork.parent.pid) is fork.parent:
            del host.forks[pid]
    parent, detail = member_image(host, ppid, pid, evidence, member), None
    descent = sessions.descent(host, pid, pid, member) if parent.ses != member.ses else None
    if descent is not None and descent.copied:
        parent, detail = descent.image, descent.detail
    channels.open_inherited(host, parent)
    image = _child(host, parent, pid, ppid, host.moment, parent.fds, evidence, False, detail)
    if descent is not None and not descent.copied:
        _join(host, descent, image, evidence)
    return image


def _is_child_of(host: Host, fork: Fork, ppid: int) -> bool:
    parent = fork.parent
    if parent.pid == ppid:
        return True
    if parent.children.foreign:
        return False
    adopted = host.live.get(parent.pid) is None or host.live[parent.pid].incarnation != parent.incarnation
    return parent.ppid == ppid or adopted


def image_of(host: Host, pid: int, evidence: bytes) -> Image:
    """The live image of a pid that a record names; a new one, marked `observed_only`, when nothing else is known of the pid."""
    image = host.live.get(pid) or threads.process_of(host, pid)
    if image is None:
        fork = host.forks.pop(pid, None)
        if fork is not None and not fork.parent.children.foreign:
            return _child(host, fork.parent, pid, fork.parent.pid, fork.moment, fork.fds, fork.evidence, True)
        image = Image(process_id(host.name, pid, host.moment), pid, None, host.moment, evidence)
        image.observed_only = True
        host.live[pid] = image
        host.changed_images[image.id] = image
    return image


def member_image(host: Host, pid: int, newest: int, evidence: bytes, member: Member) -> Image:
    """As `image_of`, for a pid that a process of a session names as its parent or its own, where `newest` is the pid of that
    process: an image that nothing else is known of descends from the process that began the session."""
    if pid in host.live or pid in host.forks:
        return image_of(host, pid, evidence)
    descent = sessions.descent(host, pid, newest, member)
    image = image_of(host, pid, evidence)
    if descent is not None:
        image.auid, image.ses = member.auid, member.ses
        ancestor = descent.image
        ancestor.cow = True
        channels.inherit(host, image, ancestor.fds)
        _join(host, descent, image, evidence)
    return image


def _join(host: Host, descent: sessions.Descent, image: Image, evidence: bytes) -> None:
    """Emit that an image descends from another, by which processes in between no record says."""
    moment = image.birth if descent.image.end is None else min(descent.image.end, image.birth)
    host.emit(FlowKind.SPAWNED, descent.image, image, moment, moment, descent.evidence + evidence, 1, descent.detail)


def _child(
    host: Host,
    parent: Image,
    pid: int,
    ppid: int,
    birth: int,
    fds: dict[int, Descriptor],
    evidence: bytes,
    confirmed: bool,
    detail: dict[str, Any] | None = None,
) -> Image:
    image = Image(process_id(host.name, pid, birth), pid, ppid, birth, evidence)
    image.parent = parent.id
    image.forked = True
    image.confirmed = confirmed
    image.argv, image.exe, image.ids = parent.argv, parent.exe, parent.ids
    image.inherit(parent)
    parent.cow = parent.cow or fds is parent.fds
    channels.inherit(host, image, fds)
    if confirmed:
        parent.children.confirmed += 1
    else:
        parent.children.unconfirmed += 1
    host.live[pid] = image
    host.ended.pop(pid, None)
    host.threads.pop(pid, None)
    host.changed_images[image.id] = image
    host.emit(FlowKind.SPAWNED, parent, image, birth, birth, evidence, 1, detail)
    return image


def record_fork(host: Host, parent: Image, child: int, evidence: bytes) -> None:
    """Record that `parent` forked a child with this pid (in the parent's pid namespace)."""
    channels.open_inherited(host, parent)
    parent.busy = True
    for image in (host.live.get(child), host.ended.get(child)):
        if image is not None and image.ppid == parent.pid and not image.confirmed:
            image.confirmed = True
            parent.children.confirmed += 1
            parent.children.unconfirmed -= 1
            if image.parent == parent.id:
                both = image.evidence + evidence
                host.emit(FlowKind.SPAWNED, parent, image, image.birth, image.birth, both)
            return
    killed = host.live.get(child)
    if killed is not None and killed.ppid == parent.pid:
        finish(host, killed, host.moment)
    parent.last_out = host.moment
    parent.cow = True
    handover.keep_if_acted(parent)
    channels.share(parent.fds)
    if len(host.forks) >= _FORKS_KEPT:
        for pid in list(islice(host.forks, _FORKS_KEPT // 4)):
            del host.forks[pid]
    host.threads.pop(child, None)
    host.forks.pop(child, None)
    host.forks[child] = Fork(parent, parent.fds, host.moment, evidence)


def record_thread(host: Host, process: Image, number: int, evidence: bytes) -> None:
    """Record that a process has a new thread of this number. A record of the thread may have come first: then an image of that
    number that was born now, with the same parent, is the beginning of the thread."""
    known = host.live.get(number)
    threads.begin(host, process, number)
    if known is None or known is process or known.ppid != process.ppid:
        return
    if known.forked and not known.confirmed and host.moment - known.birth < _AFTERLIFE:
        host.emit(FlowKind.SPAWNED, process, known, known.birth, known.birth, evidence)
        finish(host, known, host.moment)


def execute(host: Host, image: Image, evidence: bytes) -> Image:
    """execve succeeded: return the image that runs from now on. A child that only prepared the execve stays the same image."""
    unrecorded_calls.note_recorded(host, PROGRAMS)
    unrecorded_calls.add_sign(host, OPENINGS)
    if image.forked:
        unrecorded_calls.add_sign(host, ENDS)
        if not image.confirmed:
            unrecorded_calls.add_sign(host, FORKS)
    if image.forked and not image.busy:
        channels.execute(host, image, image, evidence)
        new = image
    else:
        channels.open_inherited(host, image)
        new = Image(process_id(host.name, image.pid, host.moment), image.pid, image.ppid, host.moment, evidence)
        new.inherit(image)
        new.confirmed = image.confirmed
        new.parent = image.id
        new.incarnation = image.incarnation
        new.children = image.children
        channels.execute(host, image, new, evidence)
        image.end = host.moment
        host.changed_images[image.id] = image
        host.live[image.pid] = new
        host.emit(FlowKind.EXECUTED, image, new, host.moment, host.moment, evidence)
    new.forked = new.busy = new.threads = new.observed_only = False
    host.changed_images[new.id] = new
    return new


def finish(host: Host, image: Image, moment: int) -> None:
    """The process ends."""
    if host.live.get(image.pid) is not image:
        return
    channels.end(host, image, moment)
    image.end = moment
    host.changed_images[image.id] = image
    del host.live[image.pid]
    if len(host.ended) >= _ENDED_KEPT:
        for pid in list(islice(host.ended, _ENDED_KEPT // 4)):
            del host.ended[pid]
    host.ended.pop(image.pid, None)
    host.ended[image.pid] = image


def restart(host: Host) -> None:
    """The machine restarted: end all processes and drop pids and terminal numbers."""
    for image in list(host.live.values()):
        finish(host, image, host.moment)
    for table in (host.ended, host.forks, host.threads, host.masters, host.terminals, host.logins, host.elevated):
        table.clear()


def describe_from(host: Host, image: Image, event: Event, record: Record) -> None:
    """Describe an image from the first record about it, when the log holds no execve of it.

    PROCTITLE is what the process shows of itself and can be forged and cut
    (docs/audit-format.md#5-a-process-writes-its-own-title), yet it is all there is.
    """
    read_identity(host, image, record)
    image.exe = record.get("exe")
    image.comm = record.get("comm")
    title = event.first("PROCTITLE")
    text = title.get("proctitle") if title is not None else None
    if text:
        image.argv = tuple(text.rstrip("\0").split("\0"))
    elif image.comm is not None:
        image.argv = (image.comm,)
