"""Handover, rule 4 of `ingest.rules.channels`: a connection or pipe that a process makes for a child is not its own channel.

A server that accepts in a loop forks a child for each connection; a shell makes pipes for the commands it starts. Without
this rule, every peer would flow into the server and every command into the shell, and each would be a cause of everything that
is started later. So an accepted connection or the end of a pipe that a forked child takes (it has it on its 0-2 when it
executes, or goes on without execve) is the child's alone when its parent has done nothing between making it and letting
go of it but what handing over takes: fork, pipe, socketpair, dup, close. The same goes for the pipes that it made after
accepting, for this child alone. A parent of which any record shows another effect meanwhile, or data moving, may have been
controlled through it, and keeps its flows.

When the parent has closed its copy before the child is known to take it, the flows are owed: they are emitted as soon as it is
known that no child takes it.
"""

from __future__ import annotations

from ..state.host import Host
from ..state.objects import Channel, Description, DescriptionKind, Descriptor, Image, PendingFlow
from .flows import discard, finish

STANDARD = (0, 1, 2)
"""Standard input, output and error: the descriptors that a program is given on purpose."""
MASTER = "/dev/ptmx"
"""The path of a terminal's master: a helper that is given a copy of it (utempter) does not take it."""
_OWED_KEPT = 64
"""Connections of one image that a child may still take; the owed flows of older ones are emitted."""


def hand_over(
    host: Host, child: Image, held: dict[int, Descriptor], remaining: dict[int, Descriptor], goes_on: bool
) -> None:
    """Hand the descriptors `remaining` over to `child`, which inherited `held`: at its execve, or, with `goes_on`, when it
    continues without one."""
    parent = host.live.get(child.ppid) if child.ppid is not None else None
    if parent is not None and parent is not child:
        for description in dict.fromkeys(e.description for fd, e in remaining.items() if _is_for_child(fd, e, goes_on)):
            if _take_from_parent(host, parent, child, description, goes_on) and description.accepted:
                _hand_over_pipes(host, parent, _pipes(held), description.first)
    if not goes_on:
        for entry in held.values():
            emit_if_untaken(host, entry.description)


def _take_from_parent(host: Host, parent: Image, child: Image, description: Description, goes_on: bool) -> bool:
    """Take a description from the parent. True when the parent made it and has only handed it on, so that its flows are the
    child's; else only the parent's copy becomes latent."""
    owed = description.owed
    if owed is not None and owed.image is parent:
        description.taken_by = child.id
        _remove_owed(description, owed)
        discard(parent, owed.channel)
        return True
    numbers = [fd for fd, entry in parent.fds.items() if entry.description is description and not entry.latent]
    if not numbers or min(numbers) <= max(STANDARD):
        return False
    only_handed_on = _only_handed_on(parent, description)
    if only_handed_on:
        description.taken_by = child.id
    elif goes_on and description.accepted and parent.acted > child.birth:
        description.passed_on = True
    if only_handed_on or not goes_on:
        _make_latent(host, parent, description, numbers)
    return only_handed_on


def accept_again(host: Host, image: Image, description: Description) -> None:
    """An accept of a server returns the number of a former connection: it has closed its copy, and does so after the fork of
    the child that works with it. What the server did after that fork is no sign that the peer caused it."""
    channel = image.channels.get(description)
    if channel is None or _has_moved(channel) or description.made_by != image.id:
        return
    if description.passed_on:
        discard(image, image.channels.pop(description))
        return
    birth = _fork_with(host, description, image)
    if birth is not None and not description.first < image.acted <= birth:
        _owe(host, image, image.channels.pop(description), host.moment)


def keep_if_acted(parent: Image) -> None:
    """A process forks. A connection that it accepted is its own, whatever it does later, if it did something else since: the
    peer may have caused that."""
    for entry in parent.fds.values():
        description = entry.description
        if description.accepted and not description.inherited and parent.acted > description.first:
            description.made_by = None


def _owe(host: Host, image: Image, channel: Channel, moment: int) -> None:
    """Defer the flows of a channel that was closed at `moment` until it is known whether a child takes it."""
    channel.description.owed = PendingFlow(image, channel, moment)
    image.owing.append(channel.description)
    if len(image.owing) > _OWED_KEPT:
        _emit_owed(host, image.owing[0])


def _is_for_child(fd: int, entry: Descriptor, goes_on: bool) -> bool:
    description = entry.description
    if entry.latent or not _can_be_handed_over(description):
        return False
    return fd in STANDARD or (goes_on and description.accepted)


def _can_be_handed_over(description: Description) -> bool:
    return description.accepted or (description.kind is DescriptionKind.PIPE and description.path != MASTER)


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
    """The ids of the pipes whose ends are held. An end of a socketpair has two, one for each direction."""
    ends = [entry.description for entry in held.values() if entry.description.kind is DescriptionKind.PIPE]
    return {node.id for end in ends for node in (end.node, end.sink) if node is not None}


def _hand_over_pipes(host: Host, parent: Image, held: set[int], since: int) -> None:
    """Hand over the pipes that the parent made after accepting and of which the child has an end."""
    for description in dict.fromkeys(
        e.description for e in parent.fds.values() if e.description.kind is DescriptionKind.PIPE
    ):
        numbers = [fd for fd, e in parent.fds.items() if e.description is description and not e.latent]
        known = description.node is not None and description.node.id in held
        if known and description.first > since and numbers and min(numbers) > max(STANDARD):
            channel = parent.channels.get(description)
            if channel is not None and _only_handed_on(parent, description):
                discard(parent, parent.channels.pop(description))
                table = parent.table()
                for fd in numbers:
                    table[fd] = Descriptor(description, table[fd].cloexec, True)


def end(host: Host, image: Image, channel: Channel, moment: int) -> None:
    """Close a channel of `image`: its flows are emitted now, never (a child has taken it), or owed."""
    description = channel.description
    may_be_given = description.inherited and _can_be_handed_over(description)
    if not may_be_given or image.acted > description.first or description.made_by != image.id or _has_moved(channel):
        finish(host, image, channel, moment)
    elif description.taken_by is not None:
        discard(image, channel)
    elif not _may_be_taken(host, description, image):
        finish(host, image, channel, moment)
    else:
        _owe(host, image, channel, moment)


def emit_if_untaken(host: Host, description: Description) -> None:
    """Emit the owed flows of a description when no child can take it any more."""
    if description.owed is not None and not _may_be_taken(host, description, description.owed.image):
        _emit_owed(host, description)


def emit_all_owed(host: Host, image: Image) -> None:
    """Emit all owed flows of an image: no child can take its descriptions any more."""
    for description in list(image.owing):
        _emit_owed(host, description)


def _may_be_taken(host: Host, description: Description, parent: Image) -> bool:
    """Whether a child that inherited the description may still take it: it has neither executed nor gone on without execve."""
    return _fork_with(host, description, parent) is not None


def _fork_with(host: Host, description: Description, parent: Image) -> int | None:
    """When a child was forked that inherited the description and may still take it."""
    for fork in reversed(host.forks.values()):
        if fork.moment < description.first:
            break
        if fork.parent is parent and any(entry.description is description for entry in fork.fds.values()):
            return fork.moment
    for image in host.live.values():
        if image.ppid == parent.pid and image.inherited and image.holds(description):
            return image.birth
    return None


def _emit_owed(host: Host, description: Description) -> None:
    owed = description.owed
    assert owed is not None
    _remove_owed(description, owed)
    finish(host, owed.image, owed.channel, owed.end)


def _remove_owed(description: Description, owed: PendingFlow) -> None:
    owed.image.owing.remove(description)
    description.owed = None
