"""Sockets: creation, addresses, connections and datagrams."""

from __future__ import annotations

import ipaddress

from ..identity import EntityKind, endpoint_id, pipe_id, unix_id
from ..pyauparse.values.saddr import SocketAddress
from ..rules import channels, datagrams, inferred_threads, unrecorded_calls
from ..state.objects import LOCAL, Description, DescriptionKind, GraphObject
from ..state.unrecorded_calls import CONNECTS
from .arguments import UNKNOWN_FD
from .call import Call

SOCK_TYPE_MASK = 0xF
SOCK_CLOEXEC = 0o2000000
MSG_PEEK = 0x2
AF_UNIX, AF_INET, AF_INET6, AF_VSOCK = 1, 2, 10, 40
_INET = ("inet", "inet6")
_REACHING = (*_INET, "unix", "vsock")
"""Families that reach another process or host."""
IN_PROGRESS = (-115, -4)
"""EINPROGRESS of a non-blocking connect and EINTR of an interrupted one: the connection goes on (connect(2))."""
_TYPES = {1: "tcp", 2: "udp", 3: "raw", 5: "sctp"}
"""By socket(2)'s type for the internet families: SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET."""
_UNIX_STREAMS = frozenset(("unix", "ip"))
"""Of AF_UNIX sockets, those that are accepted; `ip` is one whose creation no record shows."""
_DATAGRAM = frozenset(("udp", "raw", "unix-dgram"))


def _protocol(family: int, type: int, protocol: int) -> str:
    if family in (AF_INET, AF_INET6):
        return "icmp" if protocol in (1, 58) else _TYPES.get(type, "ip")
    if family == AF_UNIX:
        return "unix-dgram" if type == 2 else "unix"
    return "vsock" if family == AF_VSOCK else "none"


def socket(call: Call) -> None:
    """socket(domain, type, protocol). Families that reach no other process or host (netlink, ...) carry nothing."""
    if call.result is None:
        return
    has_arguments = call.args[0] is not None
    protocol = _protocol(call.arg(0), call.arg(1) & SOCK_TYPE_MASK, call.arg(2)) if has_arguments else "ip"
    kind = DescriptionKind.NOTHING if protocol == "none" else DescriptionKind.SOCKET
    description = Description(kind, None, call.host.moment, call.evidence)
    description.protocol = protocol
    channels.hold(call.host, call.image, call.result, description, bool(call.arg(1) & SOCK_CLOEXEC), call.evidence)


def _socket(call: Call, fd: int) -> Description:
    """The description at `fd`; a new one when the log does not show how it was opened."""
    description = call.description(fd)
    return description if description is not None else _new_socket(call, fd)


def _new_socket(call: Call, fd: int) -> Description:
    """A socket whose creation is not recorded: the number was closed and used again without records."""
    description = Description(DescriptionKind.SOCKET, None, call.host.moment, call.evidence)
    channels.hold(call.host, call.image, fd, description, False, call.evidence)
    return description


def _connected_socket(call: Call, fd: int, address: SocketAddress) -> Description:
    """The socket at `fd` after a successful connect. If the log knows something else there, that was closed without a record."""
    description = _socket(call, fd)
    known = description.kind is DescriptionKind.SOCKET or (
        description.kind is DescriptionKind.NOTHING and address.family not in _REACHING
    )
    return description if known else _new_socket(call, fd)


def bind(call: Call) -> None:
    """bind(fd, address, length)."""
    address = call.address()
    if address is None or call.fd(0) == UNKNOWN_FD:
        return
    description = _socket(call, call.fd(0))
    if address.family in _INET:
        description.local_ip, description.local_port = address.ip, address.port
    elif address.family == "unix" and address.path:
        description.path = _unix_name(call, address)


def listen(call: Call) -> None:
    """listen(fd, backlog): the host offers a port."""
    call.mark_acting()
    if call.fd(0) == UNKNOWN_FD:
        return
    description = _socket(call, call.fd(0))
    host = call.host
    if description.local_port is not None:
        ip, port = description.local_ip or "", description.local_port
        protocol = description.protocol if description.protocol != "ip" else "tcp"
        attributes = {"protocol": protocol, "ip": ip, "port": port, "listening": True}
        host.describe(EntityKind.ENDPOINT, endpoint_id(host.name, protocol, ip, port), host.moment, attributes)
        host.note(call.event.ms, call.event.serial, "LISTEN", call.image, f"listens on {ip} port {port}")
    elif description.path is not None:
        attributes = {"protocol": "unix", "path": description.path, "listening": True}
        host.describe(EntityKind.ENDPOINT, unix_id(host.name, description.path), host.moment, attributes)


def _unix_name(call: Call, address: SocketAddress) -> str:
    path = address.path or ""
    if address.abstract:
        return "@" + path.lstrip("@")
    record = call.path()
    return (call.name_of(record) if record is not None and record.name else None) or path


def _is_unspecified(ip: str) -> bool:
    """Whether an address is that of no host (0.0.0.0, ::). Interpreted logs have any text in its place."""
    try:
        return ipaddress.ip_address(ip.partition("%")[0]).is_unspecified
    except ValueError:
        return False


def _peer(call: Call, description: Description, address: SocketAddress) -> GraphObject | None:
    """The node of an address; None for one that nothing can be sent to."""
    if address.family in _INET and address.ip is not None and address.port is not None:
        protocol = description.protocol
        if protocol not in ("tcp", "udp", "raw", "icmp", "sctp"):
            protocol = "ip"
        if protocol in ("udp", "ip") and _is_unspecified(address.ip):
            return None
        return call.host.endpoint(protocol, address.ip, address.port)
    if address.family == "unix" and address.path:
        return call.host.unix_endpoint(_unix_name(call, address))
    if address.family == "vsock":
        return call.host.endpoint("vsock", str(address.ip), address.port or 0)
    return None


def connect(call: Call) -> None:
    """connect(fd, address, length). A datagram socket connected to no address is a resolver probing routes.

    Where no socket() was recorded, a number can name a second socket (`_is_another`).
    """
    address = call.address()
    if address is None or not (call.result == 0 or (call.result in IN_PROGRESS and address.family in _INET)):
        return
    unrecorded_calls.note_recorded(call.host, CONNECTS)
    fd = call.socket_fd()
    description = _connected_socket(call, fd, address)
    node = _peer(call, description, address)
    if node is None:
        return
    if _is_another(description, node):
        description = _new_socket(call, fd)
        node = _peer(call, description, address) or node
    call.mark_acting()
    if address.family in _INET and address.ip is not None:
        description.remote = (address.ip, address.port or 0)
    elif address.family == "unix" and address.path and description.protocol in _UNIX_STREAMS:
        description.remote = (_unix_name(call, address), LOCAL)
    channels.connect(call.host, call.image, description, node, call.evidence)
    call.host.emit_connection(call.image, description, call.host.moment)


def _is_another(description: Description, node: GraphObject) -> bool:
    """Whether a connect to `node` shows that a number names another socket than the known one, whose creation is not recorded.
    A connected stream cannot be connected to another peer (EISCONN), and programs connect sockets that they made themselves,
    not those that a fork left to them."""
    if description.protocol != "ip" or description.accepted:
        return description.accepted
    if description.node is None:
        return description.inherited and description.local_port is None
    return description.node is not node


def accept(call: Call) -> None:
    """accept(fd, address, length), accept4(..., flags). An AF_UNIX peer has no name: the listening one stands for it."""
    if call.result is None:
        return
    flags = call.arg(3) if call.name == "accept4" else 0
    description = Description(DescriptionKind.SOCKET, None, call.host.moment, call.evidence)
    inferred_threads.by_listener(call.host, call.image, call.fd(0))
    listener = _socket(call, call.fd(0)) if call.fd(0) != UNKNOWN_FD else description
    description.accepted = True
    description.connected_by = description.made_by = call.image.id
    description.protocol = listener.protocol if listener.protocol != "ip" else "tcp"
    description.local_ip, description.local_port = listener.local_ip, listener.local_port
    address = call.address()
    if address is not None and address.family in _INET:
        description.node = _peer(call, description, address)
        if description.node is not None and address.ip is not None:
            description.remote = (address.ip, address.port or 0)
    elif listener.path is not None:
        description.node = call.host.unix_endpoint(listener.path)
        description.remote = (listener.path, LOCAL)
    elif address is not None and address.family == "unix":
        description.node = call.host.unknown_client("unix")
        description.remote = ("", LOCAL)
    call.mark_busy()
    channels.hold(call.host, call.image, call.result, description, bool(flags & SOCK_CLOEXEC), call.evidence)
    call.host.emit_connection(call.image, description, call.host.moment)


def send(call: Call) -> None:
    """sendto, sendmsg, sendmmsg: through a connection, or to the address of a SOCKADDR record, which wins (udp(7))."""
    call.mark_acting()
    fd = call.socket_fd()
    description = call.description(fd)
    if description is None or description.node is None or description.protocol in _DATAGRAM:
        node = _datagram_peer(call, fd)
        if node is not None and (description is None or node is not description.node):
            datagrams.send_to(call.host, call.image, _socket(call, fd), node, call.evidence)
            return
    channels.data_moved(call.host, call.image, fd, False, call.evidence)


def _datagram_peer(call: Call, fd: int) -> GraphObject | None:
    address = call.address()
    if address is None:
        return None
    description = _socket(call, fd)
    if description.kind is DescriptionKind.NOTHING:
        return None
    if description.protocol == "ip":
        description.protocol = "udp"
    return _peer(call, description, address)


def receive(call: Call) -> None:
    """recvfrom, recvmsg, recvmmsg. A peek leaves the data for a later call, which may be one that is not audited."""
    if not call.result or (call.arg(2 if call.name == "recvmsg" else 3) & MSG_PEEK):
        return
    call.mark_acting()
    fd = call.socket_fd()
    description = channels.data_moved(call.host, call.image, fd, True, call.evidence)
    if description is None or description.node is None:
        node = _datagram_peer(call, fd)
        if node is not None:
            datagrams.receive_from(call.host, call.image, _socket(call, fd), node, call.evidence)


def socketpair(call: Call) -> None:
    """socketpair(domain, type, protocol, pair)."""
    _two_ends(call, "socketpair", True, bool(call.arg(1) & SOCK_CLOEXEC))


def pipe(call: Call) -> None:
    """pipe(pair), pipe2(pair, flags)."""
    _two_ends(call, "pipe", False, call.name == "pipe2" and bool(call.arg(1) & SOCK_CLOEXEC))


def _two_ends(call: Call, type: str, both_ways: bool, cloexec: bool) -> None:
    numbers = call.pair()
    if numbers is None:
        return
    host = call.host
    nodes = [_new_pipe(call, type, number) for number in range(2 if both_ways else 1)]
    for place, fd in enumerate(numbers):
        description = Description(DescriptionKind.PIPE, nodes[0], host.moment, call.evidence)
        description.made_by = call.image.id
        if both_ways:
            description.node, description.sink = nodes[place], nodes[1 - place]
        else:
            description.readable, description.writable = place == 0, place == 1
        channels.hold(host, call.image, fd, description, cloexec, call.evidence)


def _new_pipe(call: Call, type: str, number: int) -> GraphObject:
    node = GraphObject(pipe_id(call.host.name, call.host.moment, number))
    call.host.describe(EntityKind.PIPE, node.id, call.host.moment, {"type": type})
    return node
