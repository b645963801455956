"""What is a channel, and for how long: the rules that decide whether a trace is an answer or a hairball.

auditd is rarely told to log read and write, so an open descriptor is taken as a channel that may carry data from the
moment it is opened until it is closed or its holder ends. Taken plainly, that joins everything to everything. These
rules part what can carry from what cannot; each rests on what records say (type of file, flags, what was dup'ed where),
never on the name of a program or a path.

1.  **Character devices carry nothing** (PATH mode S_IFCHR): every daemon holds /dev/null, and nothing passes through it.
    A pseudo-terminal is the exception: what is written to its master is read from its slave (`ingest.terminals`).
2.  **Fork hands on every descriptor**, not only 0-2: a server that forks keeps the connection on any number. But what a
    child holds between fork and execve carries nothing (`Image.inherited`): only a child that goes on without execve, or
    does more than prepare one, is taken to use what it inherited.
3.  **Across execve, 0-2 are held and higher numbers are latent.** A descriptor above 2 without close-on-exec is usually a
    leak that the new program does not know of. It becomes a channel again when a record shows its use: dup'ed, read,
    written, sent. Where the log records close, there are no such leaks to guess about: every descriptor is held until its
    close.
4.  **A handed-over end is latent in the parent.** When a forked child has put an accepted connection or the end of a pipe
    on its 0-2 and executes, the parent that still holds its copy above 2 has handed it over; else every session of a
    server would reach every other through the parent that accepts them all.
5.  **A probing connect sends nothing**: a datagram socket connected to 0.0.0.0 or :: (`ingest.syscalls.network`).
6.  **A number used again closes what it named before**, whether or not a close was recorded.
7.  **Data records win.** When read, write, send or receive records show data moving through a channel, they are the flow in
    that direction, and the interval is not.
"""

from __future__ import annotations

from collections import Counter

from ingest.facts import FlowKind
from ingest.host import Host
from ingest.reduce import extend, joinable
from ingest.state import Channel, Description, Descriptor, Image, Opened, Peer, Run, Tracked

_FILE, _SOCKET, _PIPE = Opened.FILE, Opened.SOCKET, Opened.PIPE
_READ, _WROTE, _PIPED = FlowKind.READ, FlowKind.WROTE, FlowKind.PIPED
"""Looking a member up in its enumeration costs more than all else that `kind_in` does."""

STANDARD = (0, 1, 2)
"""Standard input, output and error: the descriptors that a program is given on purpose."""


def kind_in(description: Description, image: Image) -> FlowKind:
    """The kind of the flow from what is open to the image that holds it."""
    kind = description.kind
    if kind is _FILE:
        return _READ
    if kind is _SOCKET:
        mine = description.accepted and description.connected_by == image.id
        return FlowKind.ACCEPTED if mine else FlowKind.RECEIVED
    return _PIPED


def kind_out(description: Description, image: Image) -> FlowKind:
    """The kind of the flow from the image to what it holds open."""
    kind = description.kind
    if kind is _FILE:
        return _WROTE
    if kind is _SOCKET:
        mine = not description.accepted and description.connected_by == image.id
        return FlowKind.CONNECTED if mine else FlowKind.SENT
    return _PIPED


def hold(host: Host, image: Image, fd: int, description: Description, cloexec: bool, evidence: bytes) -> None:
    """The image has `description` at number `fd` from now on; what the number named before is closed (rule 6)."""
    table = image.table()
    former = table.get(fd)
    table[fd] = Descriptor(description, cloexec, False)
    if former is not None:
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
    table[new] = Descriptor(source.description, cloexec, False)
    if former is not None:
        _release(host, image, former)
    description = source.description
    channel = image.channels.get(description)
    if channel is not None:
        channel.refs += 1
    elif description.node is not None and (source.latent or not image.inherited):
        begin(host, image, description, host.moment, 1, description.evidence + evidence)


def begin(host: Host, image: Image, description: Description, start: int, refs: int, evidence: bytes) -> None:
    """Open a channel between the image and what `description` refers to."""
    node = description.node
    assert node is not None
    channel = image.channels[description] = Channel(description, start, evidence)
    channel.refs = refs
    if image.runs:
        if description.readable:
            channel.extends_in = _extendable(image, kind_in(description, image), node, image)
        if description.writable:
            channel.extends_out = _extendable(image, kind_out(description, image), image, description.sink or node)
    if description.readable:
        node.open_out += 1
        image.open_in += 1
    if description.writable:
        (description.sink or node).open_in += 1
        image.open_out += 1


def _extendable(image: Image, kind: FlowKind, source: Tracked, target: Tracked) -> Run | None:
    run = image.runs.get((kind, source.id, target.id))
    return run if run is not None and joinable(source, target, run) else None


def finish(host: Host, image: Image, channel: Channel, end: int) -> None:
    """Close a channel: state what may have passed through it."""
    description = channel.description
    node = description.node
    assert node is not None
    if description.readable:
        if channel.moved_in is None:
            node.open_out -= 1
            image.open_in -= 1
        run = _run(channel, end, channel.moved_in, channel.extends_in)
        _state(host, image, kind_in(description, image), node, image, run)
    if description.writable:
        sink = description.sink or node
        if channel.moved_out is None:
            sink.open_in -= 1
            image.open_out -= 1
        run = _run(channel, end, channel.moved_out, channel.extends_out)
        _state(host, image, kind_out(description, image), image, sink, run)
    if description.remote is not None:
        host.connected(image, description, end)


def _run(channel: Channel, end: int, moved: Run | None, former: Run | None) -> Run:
    if moved is not None:
        return moved
    if former is not None and former.last < channel.start:
        extend(former, end, 1, channel.evidence)
        return former
    return Run(channel.start, end, 1, channel.evidence)


def _state(host: Host, image: Image, kind: FlowKind, source: Tracked, target: Tracked, run: Run) -> None:
    host.emit(kind, source, target, run.first, run.last, run.evidence, run.times)
    if host.reduce and not (source.shared or target.shared):
        image.remember(kind, source.id, target.id, run)


def moved(host: Host, image: Image, fd: int, inward: bool, evidence: bytes) -> Description | None:
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
        channel = _awaken(host, image, entry, evidence)
    if inward:
        channel.moved_in = _move(host, kind_in(description, image), node, image, channel.moved_in, evidence)
    else:
        sink = description.sink or node
        channel.moved_out = _move(host, kind_out(description, image), image, sink, channel.moved_out, evidence)
    return description


def _awaken(host: Host, image: Image, entry: Descriptor, evidence: bytes) -> Channel:
    description = entry.description
    if image.inherited:
        settle(host, image)
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


def _move(host: Host, kind: FlowKind, source: Tracked, target: Tracked, run: Run | None, evidence: bytes) -> Run:
    now = host.moment
    if run is None:
        source.open_out -= 1
        target.open_in -= 1
        run = Run(now, now, 1, evidence)
    elif host.reduce and joinable(source, target, run):
        extend(run, now, 1, evidence)
    else:
        host.emit(kind, source, target, run.first, run.last, run.evidence, run.times)
        run = Run(now, now, 1, evidence)
    source.last_out = now
    target.last_in = now
    return run


def connect(host: Host, image: Image, description: Description, node: Tracked, evidence: bytes) -> None:
    """The socket has a peer from now on, for all that hold it; a former peer's channels end."""
    holders = _holders(host, image, description)
    for holder in holders:
        if description.node is not None:
            settle(host, holder)
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
    return [image, *(other for other in host.live.values() if other is not image and _held(other, description))]


def sent_to(host: Host, image: Image, description: Description, node: Tracked, evidence: bytes) -> None:
    """An unconnected datagram socket sent to `node`: an answer may come until it is closed or one is recorded."""
    host.emit(FlowKind.CONNECTED, image, node, host.moment, host.moment, evidence)
    peers = description.peers = description.peers or {}
    peer = peers.get(node.id)
    if peer is None:
        peers[node.id] = Peer(node, image.id, host.moment, evidence)
        image.open_in += 1


def received_from(host: Host, image: Image, description: Description, node: Tracked, evidence: bytes) -> None:
    """An unconnected datagram socket received from `node`: an answer if it was sent to before, else a request."""
    peer = (description.peers or {}).get(node.id)
    if peer is not None:
        peer.answered = True
    kind = FlowKind.RECEIVED if peer is not None else FlowKind.ACCEPTED
    host.emit(kind, node, image, host.moment, host.moment, evidence)


def _release(host: Host, image: Image, entry: Descriptor) -> None:
    """An entry has left the table: its channel ends when it was the last of its description."""
    description = entry.description
    if entry.latent:
        return
    channel = image.channels.get(description)
    if channel is not None:
        channel.refs -= 1
        if channel.refs == 0:
            del image.channels[description]
            finish(host, image, channel, host.moment)
        return
    if description.peers:
        _forget_peers(host, image, description)
    elif image.inherited and description.node is not None and not _held(image, description):
        image.given_up = image.given_up or []
        image.given_up.append((description, host.moment))


def _held(image: Image, description: Description) -> bool:
    return any(entry.description is description and not entry.latent for entry in image.fds.values())


def _forget_peers(host: Host, image: Image, description: Description) -> None:
    peers = description.peers
    if not peers or _held(image, description):
        return
    for key, peer in list(peers.items()):
        if peer.image == image.id:
            del peers[key]
            image.open_in -= 1
            if not peer.answered:
                host.emit(FlowKind.RECEIVED, peer.node, image, peer.first, host.moment, peer.evidence)


def inherit(host: Host, child: Image, fds: dict[int, Descriptor]) -> None:
    """The child of a fork has the descriptors `fds` of its parent (rule 2); they are not channels yet."""
    child.fds = fds
    child.cow = True
    child.inherited = child.shared = bool(fds)
    share(fds)


def share(fds: dict[int, Descriptor]) -> None:
    """What a child has inherited is stated when it is known to use it, and from its birth on: no flow is joined over it."""
    for entry in fds.values():
        entry.description.inherited = True
        node = entry.description.node
        if node is not None and not entry.latent:
            node.shared = True
            if entry.description.sink is not None:
                entry.description.sink.shared = True


def settle(host: Host, image: Image) -> None:
    """A forked child turns out to run on without execve: what it inherited has been a channel since its birth."""
    if not image.inherited:
        return
    image.inherited = False
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
    """execve: `old` becomes `new` (which may be the same node, for a child that did nothing but prepare this)."""
    kept: dict[int, Descriptor] = {}
    refs: Counter[Description] = Counter()
    for fd, entry in old.fds.items():
        if entry.cloexec:
            continue
        latent = entry.latent or (fd not in STANDARD and not host.records_close)
        kept[fd] = Descriptor(entry.description, False, latent)
        if not latent and entry.description.node is not None:
            refs[entry.description] += 1
    _hand_over(host, old, kept)
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
        _forget_peers(host, old, entry.description)
    if new is not old:
        old.runs = {}
    new.fds = kept
    new.cow = False


def _hand_over(host: Host, child: Image, kept: dict[int, Descriptor]) -> None:
    """Rule 4: what the child has put on 0-2 is latent in the parent that holds its copy above them."""
    parent = host.live.get(child.ppid) if child.ppid is not None else None
    if parent is None or parent is child:
        return
    given = dict.fromkeys(
        entry.description
        for fd, entry in kept.items()
        if fd in STANDARD and (entry.description.accepted or entry.description.kind is _PIPE)
    )
    for description in given:
        numbers = [fd for fd, entry in parent.fds.items() if entry.description is description and not entry.latent]
        if numbers and min(numbers) > 2:
            _make_latent(host, parent, description, numbers)


def _make_latent(host: Host, image: Image, description: Description, numbers: list[int]) -> None:
    table = image.table()
    for fd in numbers:
        table[fd] = Descriptor(description, table[fd].cloexec, True)
    channel = image.channels.pop(description, None)
    if channel is not None:
        finish(host, image, channel, host.moment)
    elif image.inherited:
        image.given_up = image.given_up or []
        image.given_up.append((description, host.moment))


def end(host: Host, image: Image, moment: int) -> None:
    """The image ends: every channel it held closes."""
    settle(host, image)
    channels, image.channels = image.channels, {}
    for channel in channels.values():
        finish(host, image, channel, moment)
    fds, image.fds = image.fds, {}
    for entry in fds.values():
        _forget_peers(host, image, entry.description)
    image.runs = {}
    image.cow = False


def conclude(host: Host) -> None:
    """State every channel still open as if it ended now. The host's state is spent afterwards: checkpoint it before."""
    for image in list(host.live.values()):
        end(host, image, host.moment)
