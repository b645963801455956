"""IP addresses as records have them: texts, perhaps with a zone (`fe80::1%eth0`), perhaps names that are no addresses."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_PRIVATE_NETWORKS = tuple(
    map(
        ip_network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
            *("fc00::/7", "fe80::/10"),
        ),
    )
)


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address without its zone; None for a text that is no address."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def is_loopback(text: str) -> bool:
    """Whether an address stays on its host."""
    address = parsed(text)
    return address is not None and address.is_loopback


def is_private(text: str) -> bool:
    """Whether an address is of a network that is not routed on the Internet (RFC 1918, 4193, 6598, 3927, 4291)."""
    address = parsed(text)
    return address is not None and any(
        address in network for network in _PRIVATE_NETWORKS if network.version == address.version
    )


def may_be_another_machine(text: str) -> bool:
    """Whether an address can be another machine's. A name that is no address can."""
    address = parsed(text)
    return address is None or not (address.is_loopback or address.is_unspecified)
