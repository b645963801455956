"""Flows through a channel: their kind, their begin and end, and the runs that are emitted for them.

Which descriptors are channels, and for how long, is decided in `ingest.rules.channels`.
"""

from __future__ import annotations

from ..facts import FlowKind
from ..state.host import Host
from ..state.objects import Channel, Description, DescriptionKind, GraphObject, Image, Run
from .reduce import extend, joinable

_FILE, _SOCKET, _PIPE = DescriptionKind.FILE, DescriptionKind.SOCKET, DescriptionKind.PIPE
_READ, _WROTE, _PIPED = FlowKind.READ, FlowKind.WROTE, FlowKind.PIPED
"""Looking a member up in its enumeration costs more than all else that `kind_in` does."""


def kind_in(description: Description, image: Image) -> FlowKind:
    """The kind of the flow from what is open to the image that holds it."""
    kind = description.kind
    if kind is _FILE:
        return _READ
    if kind is _SOCKET:
        made_by_image = description.accepted and image.id in (description.connected_by, description.taken_by)
        return FlowKind.ACCEPTED if made_by_image else FlowKind.RECEIVED
    return _PIPED


def kind_out(description: Description, image: Image) -> FlowKind:
    """The kind of the flow from the image to what it holds open."""
    kind = description.kind
    if kind is _FILE:
        return _WROTE
    if kind is _SOCKET:
        made_by_image = not description.accepted and description.connected_by == image.id
        return FlowKind.CONNECTED if made_by_image else FlowKind.SENT
    return _PIPED


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


def _extendable(image: Image, kind: FlowKind, source: GraphObject, target: GraphObject) -> Run | None:
    run = image.runs.get((kind, source.id, target.id))
    return run if run is not None and joinable(source, target, run) else None


def finish(host: Host, image: Image, channel: Channel, end: int) -> None:
    """Close a channel and emit the flows that may have passed through it."""
    description = channel.description
    node = description.node
    assert node is not None
    if description.readable:
        if channel.moved_in is None:
            node.open_out -= 1
            image.open_in -= 1
        run = _run(channel, end, channel.moved_in, channel.extends_in)
        _emit(host, image, kind_in(description, image), node, image, run)
    if description.writable:
        sink = description.sink or node
        if channel.moved_out is None:
            sink.open_in -= 1
            image.open_out -= 1
        run = _run(channel, end, channel.moved_out, channel.extends_out)
        _emit(host, image, kind_out(description, image), image, sink, run)
    if description.remote is not None:
        host.emit_connection(image, description, end)


def discard(image: Image, channel: Channel) -> None:
    """Close a channel through which nothing has passed, without a flow."""
    description = channel.description
    node = description.node
    assert node is not None
    if description.readable and channel.moved_in is None:
        node.open_out -= 1
        image.open_in -= 1
    if description.writable and channel.moved_out is None:
        (description.sink or node).open_in -= 1
        image.open_out -= 1


def _run(channel: Channel, end: int, moved: Run | None, former: Run | None) -> Run:
    if moved is not None:
        return moved
    if former is not None and former.last < channel.start:
        extend(former, end, 1, channel.evidence)
        return former
    return Run(channel.start, end, 1, channel.evidence)


def _emit(host: Host, image: Image, kind: FlowKind, source: GraphObject, target: GraphObject, run: Run) -> None:
    host.emit(kind, source, target, run.first, run.last, run.evidence, run.times)
    if host.reduce and not (source.shared or target.shared):
        image.remember(kind, source.id, target.id, run)


def record_data(
    host: Host, kind: FlowKind, source: GraphObject, target: GraphObject, run: Run | None, evidence: bytes
) -> Run:
    """Record that data moves now. `run` are the earlier data records of the channel in this direction. The run to go on from."""
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
