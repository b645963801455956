"""Datagram sockets without a peer: the addresses that they sent to, and which may still answer."""

from __future__ import annotations

from ..facts import FlowKind
from ..state.host import Host
from ..state.objects import Description, GraphObject, Image, Peer


def send_to(host: Host, image: Image, description: Description, node: GraphObject, evidence: bytes) -> None:
    """An unconnected datagram socket sent to `node`: an answer may come until it is closed or one is recorded."""
    host.emit(FlowKind.CONNECTED, image, node, host.moment, host.moment, evidence)
    peers = description.peers = description.peers or {}
    peer = peers.get(node.id)
    if peer is None:
        peers[node.id] = Peer(node, image.id, host.moment, evidence)
        image.open_in += 1


def receive_from(host: Host, image: Image, description: Description, node: GraphObject, evidence: bytes) -> None:
    """An unconnected datagram socket received from `node`: an answer if it was sent to before, else a request."""
    peer = (description.peers or {}).get(node.id)
    if peer is not None:
        peer.answered = True
    kind = FlowKind.RECEIVED if peer is not None else FlowKind.ACCEPTED
    host.emit(kind, node, image, host.moment, host.moment, evidence)


def forget_peers(host: Host, image: Image, description: Description) -> None:
    """Emit the answers that an image may have received, when it has closed its last descriptor of the socket."""
    peers = description.peers
    if not peers or image.holds(description):
        return
    for key, peer in list(peers.items()):
        if peer.image == image.id:
            del peers[key]
            image.open_in -= 1
            if not peer.answered:
                host.emit(FlowKind.RECEIVED, peer.node, image, peer.first, host.moment, peer.evidence)
