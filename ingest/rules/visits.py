"""Visits: what the log says of who came over an accepted connection, as attributes of its endpoint (docs/semantics.md).

A service that authenticates its peers reports the account and the address (PAM's records), RHEL's sshd the key, the peer's port
and its own address as well (CRYPTO_SESSION, and USER_AUTH with `op=key`). The connection is the newest one from that address that
the service holds. Where no rule records accept, CRYPTO_SESSION itself is the record of one: it names both addresses and both
ports. A command that a peer asks for is run by the account's shell, as `sh -c COMMAND`, by a child of the
service (sshd(8), LOGIN PROCESS). The join across hosts compares all this with the client's command line
(docs/across-hosts.md).
"""

from __future__ import annotations

import ipaddress
from typing import Any

from ..identity import EntityKind
from ..numbers import number
from ..pyauparse import Record
from ..state.host import Host
from ..state.objects import LOCAL, Description, DescriptionKind, GraphObject, Image
from ..state.unrecorded_calls import ARRIVALS
from . import channels

_UNKNOWN = (None, "", "?", "(unknown)")
_MESSAGE_OF_THE_DAY = " run-parts --lsbsysinit /etc/update-motd.d "
"""What Debian's pam_motd has a shell run at each login, in root's name."""
_NO_NUMBER = -2
"""Stands for the descriptor of a connection whose accept is not recorded: its number is unknown."""
_LONGEST = 4096
"""The characters of a command that are stored."""
_MOST_COMMANDS = 32
"""The commands of one connection that are stored."""


def report(host: Host, image: Image, record: Record, address: str, evidence: bytes) -> None:
    """A program says that it serves `address`, and perhaps as which account, with which key and at which of its addresses."""
    port = number(record.get("rport"))
    newest = _newest(image, address) if port is None else None
    node = _by_port(host, address, port) if port is not None else newest.node if newest is not None else None
    if record.type == "CRYPTO_SESSION":
        node = _without_accept(host, image, record, evidence) or node
    if node is None:
        return
    key = record.get("fp") if record.get("op") == "key" or record.get("kind") == "auth-key" else None
    found = {"account": record.get("acct"), "fingerprint": key, "local_ip": record.get("laddr")}
    _describe(host, node, {name: value for name, value in found.items() if value not in _UNKNOWN})


def command(host: Host, image: Image) -> None:
    """A program was executed: it may be the shell by which a service runs what its peer asks for."""
    argv, login = image.argv, host.logins.get(image.ses) if image.ses is not None else None
    if login is None or argv is None or len(argv) != 3 or argv[1] != "-c" or _MESSAGE_OF_THE_DAY in argv[2]:
        return
    if image.uid is not None and image.uid != image.auid:
        return
    parent = host.live.get(image.ppid) if image.ppid is not None else None
    if parent is None or parent is image or parent.exe is None or parent.exe != login.image.exe:
        return
    service = host.live.get(login.image.pid, login.image)
    visit = _newest(parent, None) or _newest(service, None)
    if visit is not None and visit.node is not None:
        _add_request(host, visit, visit.node, argv[2][:_LONGEST])


def _add_request(host: Host, visit: Description, node: GraphObject, command: str) -> None:
    """One more command of the peer: a multiplexed connection serves several (ssh_config(5), ControlMaster)."""
    visit.requests = visit.requests or []
    if len(visit.requests) >= _MOST_COMMANDS:
        return
    visit.requests.append(command)
    several = list(visit.requests) if len(visit.requests) > 1 else None
    _describe(host, node, {"requested": visit.requests[0], "commands": several})


def _by_port(host: Host, address: str, port: int) -> GraphObject | None:
    return host.endpoints.get(("tcp", address, port))


def _without_accept(host: Host, image: Image, record: Record, evidence: bytes) -> GraphObject | None:
    """The peer of a session whose accept no record shows, which the service holds from now on; None for any other session."""
    remote, local = _socket_of(record, "addr", "rport"), _socket_of(record, "laddr", "lport")
    if remote is None or local is None or host.unrecorded[ARRIVALS].recorded:
        return None
    if any(entry.description.remote == remote for entry in image.fds.values()):
        return None
    description = Description(DescriptionKind.SOCKET, None, host.moment, evidence)
    description.accepted = True
    description.connected_by = description.made_by = image.id
    description.protocol = "tcp"
    description.local_ip, description.local_port = local
    description.node = host.endpoint("tcp", *remote)
    description.remote = remote
    channels.hold(host, image, _NO_NUMBER, description, True, evidence)
    host.emit_connection(image, description, host.moment)
    return description.node


def _socket_of(record: Record, ip: str, port: str) -> tuple[str, int] | None:
    known = plain_address(record.get(ip)), number(record.get(port))
    return (known[0], known[1]) if known[0] is not None and known[1] is not None and 0 < known[1] < 65536 else None


def plain_address(text: str | None) -> str | None:
    """An IP address as the log's other records have it, IPv4-mapped ones as IPv4; None for anything else."""
    try:
        ip = ipaddress.ip_address(text or "")
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ip)


def _newest(image: Image, address: str | None) -> Description | None:
    """The newest connection that the image accepted, or was handed, from an address (None: any)."""
    found = [entry.description for entry in image.fds.values() if _is_visit(entry.description, address)]
    return max(found, key=lambda description: description.first) if found else None


def _is_visit(description: Description, address: str | None) -> bool:
    remote = description.remote
    return description.accepted and remote is not None and remote[1] != LOCAL and address in (None, remote[0])


def _describe(host: Host, node: GraphObject, attributes: dict[str, Any]) -> None:
    if attributes:
        host.describe(EntityKind.ENDPOINT, node.id, host.moment, attributes)
