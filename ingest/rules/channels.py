"""Channels: which open descriptors may carry data, and for how long. These rules keep a trace precise.

auditd is rarely told to log read and write, so an open descriptor is taken as a channel that may carry data from the
moment it is opened until it is closed or its holder ends. Without more rules,
everything would be connected to everything. These rules exclude what cannot carry data; each uses only what records hold
(file type, flags, which descriptor was duplicated to which), never the name of a program or a path.

1.  **Character devices carry nothing** (PATH mode S_IFCHR): every daemon holds /dev/null, and nothing passes through it.
    A pseudo-terminal is the exception: what is written to its master is read from its slave (`ingest.syscalls.terminals`).
2.  **Fork hands on every descriptor**, not only 0-2: a server that forks keeps the connection on any number. But what a
    child holds between fork and execve carries nothing (`Image.inherited`): only a child that goes on without execve, or
    does more than prepare one, is taken to use what it inherited.
3.  **Across execve, 0-2 are held and higher numbers are latent.** A descriptor above 2 without close-on-exec is usually a
    leak that the new program does not know of. It becomes a channel again when a record shows its use: dup'ed, read,
    written, sent. Where the log records close, there are no such leaks to guess about: every descriptor is held until its
    close.
4.  **A handed-over end is not the parent's.** When a forked child has put an accepted connection or the end of a pipe
    on its 0-2 and executes, or goes on with the connection without execve, the parent that holds its copy above 2 has
    handed it over; else every session of a server would reach every other through the parent that accepts them all
    (`ingest.rules.handover`).
5.  **A probing connect sends nothing**: a datagram socket connected to 0.0.0.0 or :: (`ingest.syscalls.network`).
6.  **A number used again closes what it named before**, whether or not a close was recorded.
7.  **Data records win.** When read, write, send or receive records show data moving through a channel, they are the flow in
    that direction, and the interval is not.
8.  **A login reads its own entry of a ledger** (lastlog, wtmp, utmp), not what another login wrote (`ingest.rules.ledgers`). The
    only rule with names, which nobody but root can give.
"""

from __future__ import annotations

from collections import Counter

from ..state.host import Host
from ..state.objects import Channel, Description, Descriptor, GraphObject, Image
from . import handover
from .datagrams import forget_peers
from .flows import begin, finish, kind_in, kind_out, record_data
from .handover import STANDARD

_entry = tuple.__new__
"""Makes a Descriptor without the Python frame of its own constructor."""


def hold(host: Host, image: Image, fd: int, description: Description, cloexec: bool, evidence: bytes) -> None:
    """The image has `description` open at number `fd` from now on; what the number named before is closed (rule 6)."""
    table = image.table()
    former = table.get(fd)
    table[fd] = _entry(Descriptor, (description, cloexec, False))
    if former is not None:
        if description.accepted and former.description.accepted:
            handover.accept_again(host, image, former.description)
        _release(host, image, former)
    if description.node is not None:
        channel = image.channels.get(description)
        if channel is None:
            begin(host, image, description, host.moment, 1, evidence)
        else:
            channel.refs += 1


def close(host: Host, image: Image, fd: int) -> None:
    """The image no longer has a descriptor `fd`."""
    if fd in image.fds:
        _release(host, image, image.table().pop(fd))


def duplicate(host: Host, image: Image, old: int, new: int, cloexec: bool, evidence: bytes) -> None:
    """`new` names what `old` names. An unknown `old` makes `new` unknown too. A latent one shows its use (rule 3)."""
    source = image.fds.get(old)
    if old == new:
        return
    if source is None:
        close(host, image, new)
        return
    table = image.table()
    former = table.get(new)
    table[new] = _entry(Descriptor, (source.description, cloexec, False))
    if former is not None:
        _release(host, image, former)
    description = source.description
    channel = image.channels.get(description)
    if channel is not None:
        channel.refs += 1
    elif description.node is not None and (source.latent or not image.inherited):
        begin(host, image, description, host.moment, 1, description.evidence + evidence)


def data_moved(host: Host, image: Image, fd: int, inward: bool, evidence: bytes) -> Description | None:
    """A record shows data passing through `fd` (rule 7): into the image when `inward`. The description, if known."""
    entry = image.fds.get(fd)
    if entry is None:
        return None
    description = entry.description
    node = description.node
    if node is None or not (description.readable if inward else description.writable):
        return description
    channel = image.channels.get(description)
    if channel is None:
        channel = _activate(host, image, entry, evidence)
    if inward:
        channel.moved_in = record_data(host, kind_in(description, image), node, image, channel.moved_in, evidence)
    else:
        sink = description.sink or node
        channel.moved_out = record_data(host, kind_out(description, image), image, sink, channel.moved_out, evidence)
    return description


def _activate(host: Host, image: Image, entry: Descriptor, evidence: bytes) -> Channel:
    description = entry.description
    if image.inherited:
        open_inherited(host, image)
        if description in image.channels:
            return image.channels[description]
    table = image.table()
    refs = 0
    for fd, other in list(table.items()):
        if other.description is description:
            table[fd] = Descriptor(description, other.cloexec, False)
            refs += 1
    begin(host, image, description, host.moment, refs, description.evidence + evidence)
    return image.channels[description]


def serve(host: Host, image: Image, ip: str, evidence: bytes) -> None:
    """The image says that it serves the peer `ip`: of the connections from there that it inherited the newest is in use (rule 3),
    and handed over to it (rule 4)."""
    found = {fd: entry for fd, entry in image.fds.items() if _is_from(entry.description, ip)}
    if not found or any(entry.description in image.channels for entry in found.values()):
        return
    fd, newest = max(found.items(), key=lambda item: item[1].description.first)
    if newest.latent:
        taken = {fd: newest._replace(latent=False)}
        handover.hand_over(host, image, taken, taken, goes_on=True)
        _activate(host, image, newest, evidence)


def _is_from(description: Description, ip: str) -> bool:
    return description.accepted and description.remote is not None and description.remote[0] == ip


def connect(host: Host, image: Image, description: Description, node: GraphObject, evidence: bytes) -> None:
    """The socket has a peer from now on, for all images that hold it; the channels to a former peer end."""
    holders = _holders(host, image, description)
    for holder in holders:
        if description.node is not None:
            open_inherited(host, holder)
        channel = holder.channels.pop(description, None)
        if channel is not None:
            finish(host, holder, channel, host.moment)
    description.node = node
    node.shared = node.shared or description.inherited
    description.connected_by = image.id
    description.first = host.moment
    description.evidence = evidence
    for holder in holders:
        refs = sum(1 for entry in holder.fds.values() if entry.description is description and not entry.latent)
        if holder is image or (refs and not holder.inherited):
            begin(host, holder, description, host.moment, max(refs, 1), evidence)


def _holders(host: Host, image: Image, description: Description) -> list[Image]:
    if not description.inherited:
        return [image]
    return [image, *(other for other in host.live.values() if other is not image and other.holds(description))]


def _release(host: Host, image: Image, entry: Descriptor) -> None:
    """End the channel of an entry that has left the table, if it was the last entry of its description."""
    description = entry.description
    if entry.latent:
        return
    channel = image.channels.get(description)
    if channel is not None:
        channel.refs -= 1
        if channel.refs == 0:
            del image.channels[description]
            close_now = handover.end if description.inherited else finish
            close_now(host, image, channel, host.moment)
        return
    if description.owed is not None:
        handover.emit_if_untaken(host, description)
    if description.peers:
        forget_peers(host, image, description)
    elif image.inherited and description.node is not None and not image.holds(description):
        image.given_up = image.given_up or []
        image.given_up.append((description, host.moment))


def inherit(host: Host, child: Image, fds: dict[int, Descriptor]) -> None:
    """The child of a fork has the descriptors `fds` of its parent (rule 2); they are not channels yet."""
    child.fds = fds
    child.cow = True
    child.inherited = child.shared = bool(fds)
    share(fds)


def share(fds: dict[int, Descriptor]) -> None:
    """Mark inherited descriptors: their flows are emitted later, from the child's birth on, so no other flow may be merged
    across."""
    for entry in fds.values():
        entry.description.inherited = True
        node = entry.description.node
        if node is not None and not entry.latent:
            node.shared = True
            if entry.description.sink is not None:
                entry.description.sink.shared = True


def open_inherited(host: Host, image: Image) -> None:
    """Open the inherited channels of a forked child that goes on without execve: they count from its birth."""
    if not image.inherited:
        return
    image.inherited = False
    handover.hand_over(host, image, image.fds, image.fds, goes_on=True)
    refs = Counter(entry.description for entry in image.fds.values() if not entry.latent)
    for description, count in refs.items():
        if description.node is not None and description not in image.channels:
            start = max(image.birth, description.first)
            begin(host, image, description, start, count, description.evidence + image.evidence)
    for description, end in image.given_up or ():
        if description.first > end:
            continue
        held = image.channels.pop(description, None)
        begin(host, image, description, image.birth, 1, description.evidence + image.evidence)
        finish(host, image, image.channels.pop(description), end)
        if held is not None:
            image.channels[description] = held
    image.given_up = None
    image.shared = False


def execute(host: Host, old: Image, new: Image, evidence: bytes) -> None:
    """execve: `old` becomes `new`, the same image for a child that only prepared this execve."""
    remaining: dict[int, Descriptor] = {}
    refs: Counter[Description] = Counter()
    for fd, entry in old.fds.items():
        if entry.cloexec:
            continue
        latent = entry.latent or (fd not in STANDARD and not host.records_close)
        remaining[fd] = _entry(Descriptor, (entry.description, False, latent))
        if not latent and entry.description.node is not None:
            refs[entry.description] += 1
    handover.hand_over(host, old, old.fds, remaining, goes_on=False)
    began = old.birth if new is old else host.moment
    channels, old.channels = old.channels, {}
    for description, channel in channels.items():
        if new is old and description in refs:
            channel.refs = refs.pop(description)
            new.channels[description] = channel
        else:
            finish(host, old, channel, host.moment)
    if old.inherited and new is not old:
        began = host.moment
    for description, count in refs.items():
        begin(host, new, description, max(began, description.first), count, description.evidence + evidence)
    old.inherited = new.inherited = False
    old.shared = new.shared = False
    old.given_up = None
    held, old.fds = old.fds, {}
    for entry in held.values():
        forget_peers(host, old, entry.description)
    if new is not old:
        old.runs = {}
    new.fds = remaining
    new.cow = False


def end(host: Host, image: Image, moment: int) -> None:
    """The image ends: close every channel that it holds."""
    open_inherited(host, image)
    channels, image.channels = image.channels, {}
    for channel in channels.values():
        handover.end(host, image, channel, moment)
    fds, image.fds = image.fds, {}
    for entry in fds.values():
        forget_peers(host, image, entry.description)
        handover.emit_if_untaken(host, entry.description)
    handover.emit_all_owed(host, image)
    image.runs = {}
    image.cow = False


def conclude(host: Host) -> None:
    """Emit every channel still open as if it ended now. Save a checkpoint before: the host's state is unusable afterwards."""
    for image in list(host.live.values()):
        open_inherited(host, image)
    for image in list(host.live.values()):
        end(host, image, host.moment)
