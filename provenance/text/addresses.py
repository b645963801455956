"""IP addresses as records have them: texts, perhaps with a zone (`fe80::1%eth0`), perhaps names that are no addresses."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address


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


def may_be_another_machine(text: str) -> bool:
    """Whether an address can be another machine's. A name that is no address can."""
    address = parsed(text)
    return address is None or not (address.is_loopback or address.is_unspecified)
