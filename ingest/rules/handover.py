"""Rule 4 of `ingest.rules.channels`: what a process makes for a child and hands on is not a channel of its own.

A server that accepts in a loop forks a child for each connection; a shell makes pipes for the commands it starts. Taken
plainly, the server is entered by every peer and the shell by every command, and each of them is a cause of all that is
started later. So an accepted connection or the end of a pipe that a forked child takes (it has it on its 0-2 when it
executes, or goes on without execve) is the child's alone when its parent has done nothing between making it and letting
go of it but what handing over takes: fork, pipe, socketpair, dup, close. The same goes for the pipes that it made after
accepting, for this child alone. A parent of which any record shows another effect meanwhile, or data moving, may have been
told what to do through it, and keeps its flows.

When the parent has closed its copy before the child is known to take it, the flows are owed: they are stated as soon as it is
known that nobody takes it.
"""

from __future__ import annotations

from ..state.host import Host
from ..state.objects import Channel, Description, Descriptor, Image, Opened, Owed
from .flows import finish, forget

STANDARD = (0, 1, 2)
"""Standard input, output and error: the descriptors that a program is given on purpose."""
_OWED_KEPT = 64
"""Connections of one image whose takers are not known yet; what is owed for older ones is stated."""


def take(host: Host, child: Image, held: dict[int, Descriptor], kept: dict[int, Descriptor], works: bool) -> None:
    """`child`, which held the inherited `held`, goes on with `kept`: by execve, or, with `works`, without."""
    parent = host.live.get(child.ppid) if child.ppid is not None else None
    if parent is not None and parent is not child:
        for description in dict.fromkeys(e.description for fd, e in kept.items() if _is_given(fd, e, works)):
            if _is_taken(host, parent, child, description, works) and description.accepted:
                _give_pipes(host, parent, _pipes(held), description.first)
    if not works:
        for entry in held.values():
            decline(host, entry.description)


def _is_taken(host: Host, parent: Image, child: Image, description: Description, works: bool) -> bool:
    """Take it from its maker, when it is the parent that has only handed it on; else only the copy of the parent."""
    owed = description.owed
    if owed is not None and owed.image is parent:
        description.taken_by = child.id
        _settled(description, owed)
        forget(parent, owed.channel)
        return True
    numbers = [fd for fd, entry in parent.fds.items() if entry.description is description and not entry.latent]
    if not numbers or min(numbers) <= max(STANDARD):
        return False
    only_handed_on = _only_handed_on(parent, description)
    if only_handed_on:
        description.taken_by = child.id
    if only_handed_on or not works:
        _make_latent(host, parent, description, numbers)
    return only_handed_on


def _is_given(fd: int, entry: Descriptor, works: bool) -> bool:
    description = entry.description
    if entry.latent or not (description.accepted or description.kind is Opened.PIPE):
        return False
    return fd in STANDARD or (works and description.accepted)


def _only_handed_on(parent: Image, description: Description) -> bool:
    channel = parent.channels.get(description)
    return description.made_by == parent.id and parent.acted <= description.first and not _has_moved(channel)


def _has_moved(channel: Channel | None) -> bool:
    return channel is not None and (channel.moved_in is not None or channel.moved_out is not None)


def _make_latent(host: Host, image: Image, description: Description, numbers: list[int]) -> None:
    table = image.table()
    for fd in numbers:
        table[fd] = Descriptor(description, table[fd].cloexec, True)
    channel = image.channels.pop(description, None)
    if channel is not None:
        end(host, image, channel, host.moment)
    elif image.inherited:
        image.given_up = image.given_up or []
        image.given_up.append((description, host.moment))


def _pipes(held: dict[int, Descriptor]) -> set[int]:
    """The pipes of which ends are held: an end of a socketpair has two, one for each direction."""
    ends = [entry.description for entry in held.values() if entry.description.kind is Opened.PIPE]
    return {node.id for end in ends for node in (end.node, end.sink) if node is not None}


def _give_pipes(host: Host, parent: Image, held: set[int], since: int) -> None:
    """The pipes that the parent made after accepting, and of which the child has an end, are for this child alone."""
    for description in dict.fromkeys(e.description for e in parent.fds.values() if e.description.kind is Opened.PIPE):
        numbers = [fd for fd, e in parent.fds.items() if e.description is description and not e.latent]
        known = description.node is not None and description.node.id in held
        if known and description.first > since and numbers and min(numbers) > max(STANDARD):
            channel = parent.channels.get(description)
            if channel is not None and _only_handed_on(parent, description):
                forget(parent, parent.channels.pop(description))
                table = parent.table()
                for fd in numbers:
                    table[fd] = Descriptor(description, table[fd].cloexec, True)


def end(host: Host, image: Image, channel: Channel, moment: int) -> None:
    """A channel of `image` closes: its flows are stated now, never (a child has taken it), or owed."""
    description = channel.description
    may_be_given = description.inherited and (description.accepted or description.kind is Opened.PIPE)
    if not may_be_given or image.acted > description.first or description.made_by != image.id or _has_moved(channel):
        finish(host, image, channel, moment)
    elif description.taken_by is not None:
        forget(image, channel)
    elif not _may_be_taken(host, description, image):
        finish(host, image, channel, moment)
    else:
        description.owed = Owed(image, channel, moment)
        image.owing.append(description)
        if len(image.owing) > _OWED_KEPT:
            _state(host, image.owing[0])


def decline(host: Host, description: Description) -> None:
    """A child that might have taken it has not: when it was the last, what is owed is stated."""
    if description.owed is not None and not _may_be_taken(host, description, description.owed.image):
        _state(host, description)


def pay(host: Host, image: Image) -> None:
    """Nobody will be known any more to take what the image has let go of."""
    for description in list(image.owing):
        _state(host, description)


def _may_be_taken(host: Host, description: Description, parent: Image) -> bool:
    """Whether a child that has inherited it is still to execute, or to show that it does not."""
    for fork in reversed(host.forks.values()):
        if fork.moment < description.first:
            break
        if fork.parent is parent and any(entry.description is description for entry in fork.fds.values()):
            return True
    pid = parent.pid
    return any(image.ppid == pid and image.inherited and image.holds(description) for image in host.live.values())


def _state(host: Host, description: Description) -> None:
    owed = description.owed
    assert owed is not None
    _settled(description, owed)
    finish(host, owed.image, owed.channel, owed.end)


def _settled(description: Description, owed: Owed) -> None:
    owed.image.owing.remove(description)
    description.owed = None
