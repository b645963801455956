"""Peers that programs exchange datagrams with: resolvers, time servers, and others without a connection.

A connection has two ends that records pair. Datagrams have none: what one program sent to a resolver is nowhere recorded as
what another program got from it. So nothing goes on from one to the other through the peer (docs/semantics.md#causality).
"""

from __future__ import annotations

from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node

PROTOCOLS = frozenset(("udp", "icmp", "raw"))
_NAME_AND_TIME_PORTS = frozenset((53, 123, 5353, 5355))
"""Resolvers (DNS, mDNS, LLMNR) and time servers (NTP), in the IANA registry of ports. Programs of all kinds use them."""


def is_datagram_peer(node: Node) -> bool:
    """Whether an entity is a peer that is reached by datagrams. `ip` is the protocol of a socket whose creation no record
    shows: then the port decides."""
    if node.kind is not EntityKind.ENDPOINT:
        return False
    return node.attributes.get("protocol") in PROTOCOLS or is_resolver_or_clock(node)


def is_resolver_or_clock(peer: Node) -> bool:
    """Whether a peer is a resolver or a time server."""
    protocol, port = peer.attributes.get("protocol"), peer.attributes.get("port")
    return protocol in ("udp", "ip") and port in _NAME_AND_TIME_PORTS
